/* One host function for each row of wasi.def, made by the preprocessor.
 *
 * A row is walked four times, each time in another mode of kinds.def:
 *
 *     TYPE   the wasm words of the parameters, as a string
 *     TAKE   one local variable for each parameter of the C function, filled from the words; checks all pointers
 *     PASS   those variables, as arguments
 *     GIVE   after the call: converts results that do not already lie in guest memory, frees host storage
 *
 * A trap found by TAKE lets the remaining TAKEs run idle, so that nothing is called and GIVE can always free. */
#include "wasi_imports.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.def"
#include "sequence.h"
#include "wasi_frame.h"
#include "wasi_unstable.h"

/* The wire's structures are used in place: their layout is the contract. */
#define LAYOUT(type, size, align) \
	_Static_assert(sizeof(type) == (size) && _Alignof(type) == (align), #type " differs from the wire's")
#define FIELD(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field)
LAYOUT(wasi_fdstat_t, 24, 8);
FIELD(wasi_fdstat_t, fs_flags, 2);
FIELD(wasi_fdstat_t, fs_rights_base, 8);
FIELD(wasi_fdstat_t, fs_rights_inheriting, 16);
LAYOUT(wasi_filestat_t, 64, 8);
FIELD(wasi_filestat_t, ino, 8);
FIELD(wasi_filestat_t, filetype, 16);
FIELD(wasi_filestat_t, nlink, 24);
FIELD(wasi_filestat_t, size, 32);
FIELD(wasi_filestat_t, atim, 40);
FIELD(wasi_filestat_t, mtim, 48);
FIELD(wasi_filestat_t, ctim, 56);
LAYOUT(wasi_dirent_t, 24, 8);
FIELD(wasi_dirent_t, d_ino, 8);
FIELD(wasi_dirent_t, d_namlen, 16);
FIELD(wasi_dirent_t, d_type, 20);
LAYOUT(wasi_prestat_t, 8, 4);
FIELD(wasi_prestat_t, pr_name_len, 4);
LAYOUT(wasi_subscription_t, 48, 8);
FIELD(wasi_subscription_t, tag, 8);
FIELD(wasi_subscription_t, u.clock.id, 16);
FIELD(wasi_subscription_t, u.clock.timeout, 24);
FIELD(wasi_subscription_t, u.clock.precision, 32);
FIELD(wasi_subscription_t, u.clock.flags, 40);
FIELD(wasi_subscription_t, u.fd_readwrite.file_descriptor, 16);
LAYOUT(wasi_event_t, 32, 8);
FIELD(wasi_event_t, error, 8);
FIELD(wasi_event_t, type, 10);
FIELD(wasi_event_t, fd_readwrite.nbytes, 16);
FIELD(wasi_event_t, fd_readwrite.flags, 24);
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures go to the guest in the host's byte order");

struct guest_iovec {
	uint32_t buf, len;
};
LAYOUT(struct guest_iovec, 8, 4);

/* ---- guest pointers ---- */

__attribute__((format(printf, 2, 3))) static void trap(struct frame *frame, const char *format, ...)
{
	char message[200];
	int used = snprintf(message, sizeof message, "%s: ", frame->call);
	va_list ap;
	va_start(ap, format);
	vsnprintf(message + used, sizeof message - (size_t)used, format, ap);
	va_end(ap);
	frame->kind = engine_trap(frame->caller, message);
}

void *frame_guest(struct frame *frame, const char *parameter, uint32_t addr, uint64_t count, size_t size, size_t align)
{
	/* What an empty buffer of a module without memory points to. */
	static max_align_t nothing;

	if (frame->kind != ENGINE_OK)
		return NULL;
	uint64_t bytes = count * size, room = frame->caller->memory_bytes;
	if (addr > room || bytes > room - addr) {
		trap(frame, "%s: out of bounds pointer 0x%x (%llu bytes, memory has %llu)", parameter, addr,
		     (unsigned long long)bytes, (unsigned long long)room);
		return NULL;
	}
	if (count > 0 && addr % align != 0) {
		trap(frame, "%s: misaligned pointer 0x%x (needs %zu)", parameter, addr, align);
		return NULL;
	}
	return frame->caller->memory ? frame->caller->memory + addr : (void *)&nothing;
}

/* ---- TAKE ---- */

uint32_t frame_word(struct frame *frame, size_t size)
{
	uint32_t word = (frame->next++)->i32;
	if (size < sizeof word && word >> (8 * size) != 0)
		frame->error = WASI_ERRNO_INVAL;
	return word;
}

static uint64_t frame_word64(struct frame *frame, size_t size)
{
	(void)size;
	return (frame->next++)->i64;
}

static void *take_out(struct frame *frame, const char *parameter, size_t size, size_t align)
{
	return frame_guest(frame, parameter, (frame->next++)->i32, 1, size, align);
}

static void *take_bytes(struct frame *frame, const char *parameter, size_t *ret_len)
{
	uint32_t addr = (frame->next++)->i32;
	*ret_len = (frame->next++)->i32;
	return frame_guest(frame, parameter, addr, *ret_len, 1, 1);
}

const char *frame_path(struct frame *frame, const char *parameter, size_t *ret_len, char **ret_copy)
{
	const char *path = take_bytes(frame, parameter, ret_len);
	if (!path || !frame->caller->memory_shared)
		return path;
	if (*ret_len > WASI_IMPORTS_MAX_PATH)
		*ret_len = WASI_IMPORTS_MAX_PATH;
	*ret_copy = malloc(*ret_len + 1); /* malloc(0) may be NULL */
	if (!*ret_copy)
		frame->error = WASI_ERRNO_NOMEM;
	else
		memcpy(*ret_copy, path, *ret_len);
	return *ret_copy;
}

/* Reads a guest's list of buffers into iovs, which has room for WASI_IMPORTS_MAX_IOVS. Returns how many there are. What
 * is cut off is not looked at. */
static size_t take_iovs(struct frame *frame, const char *parameter, wasi_iovec_t *iovs)
{
	uint32_t addr = (frame->next++)->i32;
	size_t count = (frame->next++)->i32;
	const uint8_t *list = frame_guest(frame, parameter, addr, count, sizeof(struct guest_iovec), _Alignof(struct guest_iovec));
	if (!list)
		return 0;
	if (count > WASI_IMPORTS_MAX_IOVS)
		count = WASI_IMPORTS_MAX_IOVS;
	uint64_t room = UINT32_MAX; /* the result is one word */
	for (size_t i = 0; i < count; i++) {
		struct guest_iovec iov;
		memcpy(&iov, list + i * sizeof iov, sizeof iov);
		iovs[i].buf = frame_guest(frame, parameter, iov.buf, iov.len, 1, 1);
		if (!iovs[i].buf)
			return 0;
		iovs[i].buf_len = iov.len < room ? iov.len : room;
		room -= iovs[i].buf_len;
	}
	return count;
}

/* args_get and environ_get: the strings go straight into guest memory, the vector of host pointers is translated. */
struct strings {
	char **host;
	uint8_t *vector;
	char *buffer;
	uint32_t buffer_addr;
	size_t count;
};

static struct strings take_strings(struct frame *frame, const char *parameter, const struct wasi_string_sizes *sizes)
{
	struct strings strings = {.count = sizes->count};
	uint32_t vector_addr = (frame->next++)->i32;
	strings.buffer_addr = (frame->next++)->i32;
	strings.vector = frame_guest(frame, parameter, vector_addr, strings.count, sizeof(uint32_t), _Alignof(uint32_t));
	strings.buffer = frame_guest(frame, parameter, strings.buffer_addr, sizes->bytes, 1, 1);
	if (frame->kind != ENGINE_OK)
		return strings;
	/* One more than needed: calloc(0) may be NULL. */
	strings.host = calloc(strings.count + 1, sizeof *strings.host);
	if (!strings.host)
		frame->error = WASI_ERRNO_NOMEM;
	return strings;
}

static void give_strings(struct strings *strings, bool success)
{
	for (size_t i = 0; success && i < strings->count; i++) {
		uint32_t addr = strings->buffer_addr + (uint32_t)(strings->host[i] - strings->buffer);
		memcpy(strings->vector + i * sizeof addr, &addr, sizeof addr);
	}
	free(strings->host);
}

struct poll {
	wasi_subscription_t *subscriptions;
	wasi_event_t *events;
	size_t count;
};

/* The subscriptions are copied: the guest's two arrays may overlap. */
static struct poll take_poll(struct frame *frame, const char *parameter)
{
	struct poll poll = {0};
	uint32_t in_addr = (frame->next++)->i32;
	uint32_t out_addr = (frame->next++)->i32;
	poll.count = (frame->next++)->i32;
	const void *in = frame_guest(frame, parameter, in_addr, poll.count, sizeof(wasi_subscription_t), _Alignof(wasi_subscription_t));
	poll.events = frame_guest(frame, "out", out_addr, poll.count, sizeof(wasi_event_t), _Alignof(wasi_event_t));
	if (frame->kind != ENGINE_OK)
		return poll;
	if (poll.count <= WASI_IMPORTS_MAX_POLL)
		poll.subscriptions = malloc((poll.count + 1) * sizeof *poll.subscriptions);
	if (!poll.subscriptions)
		frame->error = WASI_ERRNO_NOMEM;
	else
		memcpy(poll.subscriptions, in, poll.count * sizeof *poll.subscriptions);
	return poll;
}

/* ---- the modes ---- */

#define TYPE_A(t, a, n) TYPE_##t(a, n) TYPE_B
#define TYPE_B(t, a, n) TYPE_##t(a, n) TYPE_A
#define TYPE_A_END
#define TYPE_B_END
#define TYPE_F(rights, n) "i"
#define TYPE_P(kind, n) KIND_##kind(TYPE, n)
#define TYPE_SCALAR(word, ctype, show, n) #word
#define TYPE_OUT(ctype, show, n) "i"
#define TYPE_PATH(n) "ii"
#define TYPE_OUT_BUF(n) "ii"
#define TYPE_IOVS(ctype, n) "ii"
#define TYPE_STRINGS(which, n) "ii"
#define TYPE_POLL(n) "iii"

#define TAKE_A(t, a, n) TAKE_##t(a, n) TAKE_B
#define TAKE_B(t, a, n) TAKE_##t(a, n) TAKE_A
#define TAKE_A_END
#define TAKE_B_END
#define TAKE_F(rights, n) wasi_fd_t n = frame_word(&frame, sizeof n);
#define TAKE_P(kind, n) KIND_##kind(TAKE, n)
#define TAKE_SCALAR(word, ctype, show, n) ctype n = (ctype)WORD_##word(&frame, sizeof n);
#define WORD_i frame_word
#define WORD_I frame_word64
#define TAKE_OUT(ctype, show, n) ctype *n = take_out(&frame, #n, sizeof *n, _Alignof(ctype));
#define TAKE_PATH(n) \
	size_t n##_len; \
	char *n##_copy = NULL; \
	const char *n = frame_path(&frame, #n, &n##_len, &n##_copy);
#define TAKE_OUT_BUF(n) \
	size_t n##_len; \
	void *n = take_bytes(&frame, #n, &n##_len);
#define TAKE_IOVS(ctype, n) \
	_Static_assert(sizeof(ctype) == sizeof(wasi_iovec_t), "both kinds of list look alike"); \
	wasi_iovec_t n[WASI_IMPORTS_MAX_IOVS]; \
	size_t n##_len = take_iovs(&frame, #n, n);
#define TAKE_STRINGS(which, n) struct strings n = take_strings(&frame, #n, &imports->which);
#define TAKE_POLL(n) struct poll n = take_poll(&frame, #n);

#define PASS_A(t, a, n) PASS_##t(a, n) PASS_B
#define PASS_B(t, a, n) PASS_##t(a, n) PASS_A
#define PASS_A_END
#define PASS_B_END
#define PASS_F(rights, n) , n
#define PASS_P(kind, n) KIND_##kind(PASS, n)
#define PASS_SCALAR(word, ctype, show, n) , n
#define PASS_OUT(ctype, show, n) , n
#define PASS_PATH(n) , n, n##_len
#define PASS_OUT_BUF(n) , n, n##_len
#define PASS_IOVS(ctype, n) , (const ctype *)n, n##_len
#define PASS_STRINGS(which, n) , n.host, n.buffer
#define PASS_POLL(n) , n.subscriptions, n.events, n.count

#define GIVE_A(t, a, n) GIVE_##t(a, n) GIVE_B
#define GIVE_B(t, a, n) GIVE_##t(a, n) GIVE_A
#define GIVE_A_END
#define GIVE_B_END
#define GIVE_F(rights, n)
#define GIVE_P(kind, n) KIND_##kind(GIVE, n)
#define GIVE_SCALAR(word, ctype, show, n)
#define GIVE_OUT(ctype, show, n)
#define GIVE_PATH(n) free(n##_copy);
#define GIVE_OUT_BUF(n)
#define GIVE_IOVS(ctype, n)
#define GIVE_STRINGS(which, n) give_strings(&n, called && frame.error == WASI_ERRNO_SUCCESS);
#define GIVE_POLL(n) free(n.subscriptions);

/* proc_exit is the one call that gives no errno back: EXITS(name) is 1 for it, 0 for every other. */
#define EXITS_proc_exit , 1
#define EXITS(name) EXITS_(EXITS_##name, 0, 0)
#define EXITS_(...) EXITS__(__VA_ARGS__)
#define EXITS__(a, b, ...) b

enum engine_error_kind frame_finish(const struct frame *frame, union engine_value *values)
{
	if (frame->kind != ENGINE_OK)
		return frame->kind;
	values[0] = (union engine_value){.i32 = frame->error};
	return ENGINE_OK;
}

#define WASI(name, seq) \
	static enum engine_error_kind import_##name(struct engine_caller *caller, union engine_value *values) \
	{ \
		struct wasi_imports *imports = caller->data; \
		struct frame frame = {.caller = caller, .call = #name, .next = values}; \
		WASI_WALK(TAKE_A seq) \
		bool called = frame.kind == ENGINE_OK && frame.error == WASI_ERRNO_SUCCESS; \
		if (called) \
			frame.error = wasi_##name(imports->ctx WASI_WALK(PASS_A seq)); \
		WASI_WALK(GIVE_A seq) \
		if (EXITS(name) && frame.kind == ENGINE_OK) \
			return engine_exit(caller, values[0].i32); \
		return frame_finish(&frame, values); \
	}
#include "wasi.def"

const struct wasi_import wasi_import_table[WASI_IMPORT_COUNT] = {
#define WASI(name, seq) {#name, "" WASI_WALK(TYPE_A seq), !EXITS(name), import_##name},
#include "wasi.def"
};

/* ---- linking ---- */

wasi_errno_t wasi_imports_init(struct wasi_imports *imports, wasi_ctx_t *ctx, engine_store_t *store)
{
	*imports = (struct wasi_imports){.ctx = ctx, .store = store};
	wasi_errno_t error = wasi_args_sizes_get(ctx, &imports->args.count, &imports->args.bytes);
	if (error == WASI_ERRNO_SUCCESS)
		error = wasi_environ_sizes_get(ctx, &imports->environ.count, &imports->environ.bytes);
	return error;
}

static bool same_types(const engine_type_t *a, const engine_type_t *b, uint32_t n)
{
	return n == 0 || memcmp(a, b, n * sizeof *a) == 0;
}

/* wanted: the import's type. If it has this content, it may still be a member of a recursion group: then it is the one. */
static engine_func_t *make_func(struct wasi_imports *imports, size_t index, engine_host_fn *fn,
				const struct engine_functype *wanted)
{
	enum { MAX_PARAMS = 16 };
	const struct wasi_import *row = &wasi_import_table[index];
	engine_type_t params[MAX_PARAMS], result = ENGINE_I32;
	struct engine_functype type = {.params = params, .results = &result, .n_results = row->result};
	for (const char *word = row->params; *word && type.n_params < MAX_PARAMS; word++)
		params[type.n_params++] = *word == 'I' ? ENGINE_I64 : ENGINE_I32;
	if (wanted->n_params == type.n_params && wanted->n_results == type.n_results &&
	    same_types(wanted->params, params, type.n_params) && same_types(wanted->results, &result, type.n_results))
		type.defined = wanted->defined;
	return engine_func_host(imports->store, &type, fn, imports);
}

static bool equals(const char *bytes, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(bytes, text, len) == 0;
}

bool wasi_imports_resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct wasi_imports *imports = user;
	imports->refusal[0] = '\0';
	bool unstable = equals(import->module, import->module_len, WASI_UNSTABLE_MODULE);
	if (!unstable && !equals(import->module, import->module_len, WASI_IMPORTS_MODULE))
		return false;
	size_t index = 0;
	while (index < WASI_IMPORT_COUNT && !equals(import->name, import->name_len, wasi_import_table[index].name))
		index++;
	engine_host_fn *fn = NULL;
	if (index < WASI_IMPORT_COUNT && import->kind == ENGINE_EXTERN_FUNC)
		fn = unstable ? wasi_unstable_fn((enum wasi_import_index)index) : wasi_import_table[index].fn;
	if (!fn) {
		snprintf(imports->refusal, sizeof imports->refusal, "%.*s has no %s named %.*s", (int)import->module_len,
			 import->module, import->kind == ENGINE_EXTERN_FUNC ? "function" : "import other than functions",
			 import->name_len < 64 ? (int)import->name_len : 64, import->name);
		return false;
	}
	engine_func_t **func = &imports->funcs[unstable][index];
	if (!*func || imports->types[unstable][index] != import->func.defined)
		*func = make_func(imports, index, fn, &import->func);
	imports->types[unstable][index] = import->func.defined;
	if (!*func) {
		snprintf(imports->refusal, sizeof imports->refusal, "out of memory");
		return false;
	}
	*ret_extern = (struct engine_extern){.kind = ENGINE_EXTERN_FUNC, .u.func = *func};
	return true;
}
