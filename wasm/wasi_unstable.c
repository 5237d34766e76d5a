#include "wasi_unstable.h"

#include <stdlib.h>
#include <string.h>

#include "wasi_frame.h"

/* ---- layouts ---- */

struct filestat0 {
	uint64_t dev, ino;
	uint8_t filetype, pad[3];
	uint32_t nlink;
	uint64_t size, atim, mtim, ctim;
};
_Static_assert(sizeof(struct filestat0) == 56 && offsetof(struct filestat0, nlink) == 20, "filestat of preview0");

struct subscription0 {
	uint64_t userdata;
	uint8_t tag, pad0[7];
	union {
		struct {
			uint64_t identifier; /* means nothing */
			uint32_t id, pad;
			uint64_t timeout, precision;
			uint16_t flags, pad1[3];
		} clock;
		uint32_t fd;
	} u;
};
_Static_assert(sizeof(struct subscription0) == 56 && offsetof(struct subscription0, u.clock.timeout) == 32,
	       "subscription of preview0");

static void put_filestat(struct filestat0 *out, const wasi_filestat_t *st)
{
	*out = (struct filestat0){
		.dev = st->dev, .ino = st->ino, .filetype = st->filetype, .size = st->size,
		.nlink = st->nlink < UINT32_MAX ? (uint32_t)st->nlink : UINT32_MAX,
		.atim = st->atim, .mtim = st->mtim, .ctim = st->ctim,
	};
}

static wasi_subscription_t get_subscription(const struct subscription0 *in)
{
	wasi_subscription_t s = {.userdata = in->userdata, .tag = in->tag};
	if (in->tag == WASI_EVENTTYPE_CLOCK) {
		s.u.clock.id = in->u.clock.id;
		s.u.clock.timeout = in->u.clock.timeout;
		s.u.clock.precision = in->u.clock.precision;
		s.u.clock.flags = in->u.clock.flags;
	} else {
		s.u.fd_readwrite.file_descriptor = in->u.fd;
	}
	return s;
}

/* ---- calls ---- */

static bool called(const struct frame *frame)
{
	return frame->kind == ENGINE_OK && frame->error == WASI_ERRNO_SUCCESS;
}

static enum engine_error_kind unstable_fd_seek(struct engine_caller *caller, union engine_value *values)
{
	static const uint8_t whences[] = {WASI_WHENCE_CUR, WASI_WHENCE_END, WASI_WHENCE_SET};
	if (values[2].i32 < sizeof whences) /* others are inval there, too */
		values[2].i32 = whences[values[2].i32];
	return wasi_import_table[WASI_IMPORT_fd_seek].fn(caller, values);
}

static enum engine_error_kind unstable_fd_filestat_get(struct engine_caller *caller, union engine_value *values)
{
	struct wasi_imports *imports = caller->data;
	struct frame frame = {.caller = caller, .call = "fd_filestat_get", .next = values};
	wasi_fd_t fd = frame_word(&frame, sizeof fd);
	struct filestat0 *buf = frame_guest(&frame, "buf", frame_word(&frame, 4), 1, sizeof *buf, _Alignof(struct filestat0));
	wasi_filestat_t st;
	if (called(&frame))
		frame.error = wasi_fd_filestat_get(imports->ctx, fd, &st);
	if (called(&frame))
		put_filestat(buf, &st);
	return frame_finish(&frame, values);
}

static enum engine_error_kind unstable_path_filestat_get(struct engine_caller *caller, union engine_value *values)
{
	struct wasi_imports *imports = caller->data;
	struct frame frame = {.caller = caller, .call = "path_filestat_get", .next = values};
	wasi_fd_t fd = frame_word(&frame, sizeof fd);
	wasi_lookupflags_t flags = frame_word(&frame, sizeof flags);
	size_t path_len;
	char *copy = NULL;
	const char *path = frame_path(&frame, "path", &path_len, &copy);
	struct filestat0 *buf = frame_guest(&frame, "buf", frame_word(&frame, 4), 1, sizeof *buf, _Alignof(struct filestat0));
	wasi_filestat_t st;
	if (called(&frame))
		frame.error = wasi_path_filestat_get(imports->ctx, fd, flags, path, path_len, &st);
	if (called(&frame))
		put_filestat(buf, &st);
	free(copy);
	return frame_finish(&frame, values);
}

static enum engine_error_kind unstable_poll_oneoff(struct engine_caller *caller, union engine_value *values)
{
	struct wasi_imports *imports = caller->data;
	struct frame frame = {.caller = caller, .call = "poll_oneoff", .next = values};
	uint32_t in_addr = frame_word(&frame, 4), out_addr = frame_word(&frame, 4), n = frame_word(&frame, 4);
	const struct subscription0 *in = frame_guest(&frame, "in", in_addr, n, sizeof *in, _Alignof(struct subscription0));
	wasi_event_t *out = frame_guest(&frame, "out", out_addr, n, sizeof *out, _Alignof(wasi_event_t));
	wasi_size_t *nevents = frame_guest(&frame, "nevents", frame_word(&frame, 4), 1, sizeof *nevents, _Alignof(wasi_size_t));
	wasi_subscription_t *subscriptions = NULL;
	if (called(&frame)) {
		if (n <= WASI_IMPORTS_MAX_POLL)
			subscriptions = malloc((n + (size_t)1) * sizeof *subscriptions);
		if (!subscriptions)
			frame.error = WASI_ERRNO_NOMEM;
	}
	if (called(&frame)) {
		for (uint32_t i = 0; i < n; i++)
			subscriptions[i] = get_subscription(&in[i]);
		frame.error = wasi_poll_oneoff(imports->ctx, subscriptions, out, n, nevents);
	}
	free(subscriptions);
	return frame_finish(&frame, values);
}

engine_host_fn *wasi_unstable_fn(enum wasi_import_index index)
{
	switch (index) {
	case WASI_IMPORT_fd_seek:
		return unstable_fd_seek;
	case WASI_IMPORT_fd_filestat_get:
		return unstable_fd_filestat_get;
	case WASI_IMPORT_path_filestat_get:
		return unstable_path_filestat_get;
	case WASI_IMPORT_poll_oneoff:
		return unstable_poll_oneoff;
	case WASI_IMPORT_sock_accept:
		return NULL;
	default:
		return wasi_import_table[index].fn;
	}
}
