#include "mock.h"

#include <string.h>

#include "kinds.def"
#include "sequence.h"

struct mock_core mock_core;
const char *const mock_args[MOCK_ARGC] = {"a", "", "bcde"};

static void note_scalar(uint64_t value)
{
	mock_core.scalars[mock_core.n_scalars++] = value;
}

static void note_buffer(const void *buffer, size_t len)
{
	mock_core.buffer = buffer;
	mock_core.buffer_len = len;
	memcpy(mock_core.start, buffer, len < sizeof mock_core.start ? len : sizeof mock_core.start);
}

static void note_iovs(const void *list, size_t count)
{
	const wasi_iovec_t *iovs = list;
	mock_core.n_iovs = count;
	mock_core.iovs_bytes = 0;
	for (size_t i = 0; i < count; i++) {
		mock_core.iovs[i] = iovs[i];
		mock_core.iovs_bytes += iovs[i].buf_len;
	}
}

static void give_strings(char **vector, char *buffer)
{
	for (size_t i = 0; i < MOCK_ARGC; i++) {
		vector[i] = buffer;
		buffer = stpcpy(buffer, mock_args[i]) + 1;
	}
}

static void note_poll(const wasi_subscription_t *in, wasi_event_t *out, size_t count)
{
	note_scalar(count);
	if (count > 0) {
		memset(out, 0x5a, count * sizeof *out);
		mock_core.subscription = in[0];
	}
}

#define NOTE_A(t, a, n) NOTE_##t(a, n) NOTE_B
#define NOTE_B(t, a, n) NOTE_##t(a, n) NOTE_A
#define NOTE_A_END
#define NOTE_B_END
#define NOTE_F(rights, n) note_scalar(n);
#define NOTE_P(kind, n) KIND_##kind(NOTE, n)
#define NOTE_SCALAR(word, ctype, show, n) note_scalar((uint64_t)n);
#define NOTE_OUT(ctype, show, n) memset(n, 0x5a, sizeof *n);
#define NOTE_PATH(n) note_buffer(n, n##_len);
#define NOTE_OUT_BUF(n) note_buffer(n, n##_len);
#define NOTE_IOVS(ctype, n) note_iovs(n, n##_len);
#define NOTE_STRINGS(which, n) give_strings(n, n##_buf);
#define NOTE_POLL(n) note_poll(n, out, nsubscriptions);

#define WASI(call, seq) \
	wasi_errno_t wasi_##call(wasi_ctx_t *ctx WASI_WALK(WASI_PARAM_A seq)) \
	{ \
		(void)ctx; \
		mock_core.calls++; \
		mock_core.name = #call; \
		mock_core.n_scalars = 0; \
		WASI_WALK(NOTE_A seq) \
		return mock_core.answer; \
	}
#include "wasi.def"
