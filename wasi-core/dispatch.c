/* The public calls, generated from wasi.def and native.def: one order of checks for all of them.
 *
 * For each row the preprocessor writes three functions around the body, call_<name>():
 *
 *     run_<name>     checks enumerations and flags, looks the descriptors up, checks kinds and rights, calls the body,
 *                    lets the descriptors go
 *     traced_<name>  the same with a trace event afterwards
 *     wasi_<name>    one branch to choose between them */
#include <string.h>

#include "cancel.h"
#include "trace.h"

/* Known values, by the `show` of kinds.def; what is not an enumeration or a set of flags is always known. */
#define KNOWN_fd(v) true
#define KNOWN_timestamp(v) true
#define KNOWN_u64(v) true
#define KNOWN_s64(v) true
#define KNOWN_rights(v) true
#define KNOWN_clockid(v) ((v) <= WASI_CLOCKID_THREAD_CPUTIME_ID)
#define KNOWN_advice(v) ((v) <= WASI_ADVICE_NOREUSE)
#define KNOWN_whence(v) ((v) <= WASI_WHENCE_END)
#define KNOWN_fdflags(v) ((v) < 1 << 5)
#define KNOWN_fstflags(v) ((v) < 1 << 4)
#define KNOWN_lookupflags(v) ((v) < 1 << 1)
#define KNOWN_oflags(v) ((v) < 1 << 4)
#define KNOWN_riflags(v) ((v) < 1 << 2)
#define KNOWN_siflags(v) ((v) == 0)
#define KNOWN_sdflags(v) ((v) >= 1 && (v) <= 3)

#define CHECK_A(t, a, n) CHECK_##t(a, n) CHECK_B
#define CHECK_B(t, a, n) CHECK_##t(a, n) CHECK_A
#define CHECK_A_END
#define CHECK_B_END
#define CHECK_F(rights, n)
#define CHECK_P(kind, n) KIND_##kind(CHECK, n)
#define CHECK_SCALAR(word, ctype, show, n) \
	if (unlikely(!KNOWN_##show(n)))    \
		error = WASI_ERRNO_INVAL;
#define CHECK_OUT(ctype, show, n)
#define CHECK_PATH(n)
#define CHECK_OUT_BUF(n)
#define CHECK_IOVS(ctype, n)
#define CHECK_STRINGS(which, n)
#define CHECK_POLL(n)
#define CHECK_HOST(ctype, show, n)

/* The rights of the rows, by their short names. A_SOCKET is no right: the object must be a socket. */
enum row_rights {
#define RIGHT(NAME, name, TYPES, EFFECT, text) NAME = WASI_RIGHTS_##NAME,
#include "rights.def"
	A_SOCKET = 1 << WASI_RIGHT_COUNT,
};

static inline __attribute__((always_inline)) wasi_errno_t take(wasi_call_t *c, wasi_fd_t fd, unsigned rights,
							       wasi_entry_t **ret)
{
	wasi_entry_t *e = entry_get(c, fd);

	if (unlikely(!e))
		return WASI_ERRNO_BADF;
	*ret = e;
	if (rights & A_SOCKET && entry_class(c, e) != CLASS_SOCKET)
		return WASI_ERRNO_NOTSOCK;
	rights &= ~(unsigned)A_SOCKET;
	return rights ? need(c, e, rights) : WASI_ERRNO_SUCCESS;
}

/* An entry in use. It is let go at the end of the call, also of one that never returns: a thread may be cancelled while it
 * waits in the host, and unwinds from there. */
struct held {
	wasi_call_t *c;
	wasi_entry_t *entry;
	struct cancel_handler cancel;
};

static inline __attribute__((always_inline)) void let_go(struct held *held)
{
	cancel_handler_pop(&held->cancel);
	if (likely(held->entry))
		entry_put(held->c, held->entry);
}

__attribute__((unused)) static void let_go_cancelled(void *held_)
{
	struct held *held = held_;

	if (held->entry)
		entry_put(held->c, held->entry);
}

#define TAKE_A(t, a, n) TAKE_##t(a, n) TAKE_B
#define TAKE_B(t, a, n) TAKE_##t(a, n) TAKE_A
#define TAKE_A_END
#define TAKE_B_END
#define TAKE_F(rights, n)                                                \
	__attribute__((cleanup(let_go))) struct held n##_held = {.c = c}; \
	cancel_handler_push(&n##_held.cancel, let_go_cancelled, &n##_held); \
	if (likely(!error))                                              \
		error = take(c, n, rights, &n##_held.entry);
#define TAKE_P(kind, n)

/* The body's arguments; and (ARG) the public function's own. */
#define PASS_A(t, a, n) PASS_##t(a, n) PASS_B
#define PASS_B(t, a, n) PASS_##t(a, n) PASS_A
#define PASS_A_END
#define PASS_B_END
#define PASS_F(rights, n) , n##_held.entry
#define PASS_P(kind, n) KIND_##kind(PASS, n)
#define PASS_SCALAR(word, ctype, show, n) , n
#define PASS_OUT(ctype, show, n) , n
#define PASS_PATH(n) , n, n##_len
#define PASS_OUT_BUF(n) , n, n##_len
#define PASS_IOVS(ctype, n) , n, n##_len
#define PASS_STRINGS(which, n) , n, n##_buf
#define PASS_POLL(n) , n, out, nsubscriptions
#define PASS_HOST(ctype, show, n) , n
#define ARG_A(t, a, n) ARG_##t(a, n) ARG_B
#define ARG_B(t, a, n) ARG_##t(a, n) ARG_A
#define ARG_A_END
#define ARG_B_END
#define ARG_F(rights, n) , n
#define ARG_P(kind, n) KIND_##kind(PASS, n)

/* Parameters as text. */
#define SHOW_A(t, a, n) SHOW_##t(a, n) SHOW_B
#define SHOW_B(t, a, n) SHOW_##t(a, n) SHOW_A
#define SHOW_A_END
#define SHOW_B_END
#define SHOW_F(rights, n) SHOW_SCALAR(i, wasi_fd_t, fd, n)
#define SHOW_P(kind, n) KIND_##kind(SHOW, n)
#define SHOW_SCALAR(word, ctype, show, n) trace_name(text, #n), trace_show_##show(text, (uint64_t)n);
#define SHOW_OUT(ctype, show, n)
#define SHOW_PATH(n) trace_name(text, #n), trace_quoted(text, n, n##_len);
#define SHOW_OUT_BUF(n) trace_name(text, #n "_len"), trace_number(text, n##_len);
#define SHOW_IOVS(ctype, n) trace_name(text, #n), show_bytes(text, (const struct iovec *)n, n##_len);
#define SHOW_STRINGS(which, n)
#define SHOW_POLL(n) trace_name(text, "nsubscriptions"), trace_number(text, nsubscriptions);
#define SHOW_HOST(ctype, show, n) HOST_SHOW_##show(n)
#define HOST_SHOW_skip(n)
#define HOST_SHOW_oct(n) SHOW_SCALAR(i, unsigned, oct, n)
#define HOST_SHOW_hex(n) SHOW_SCALAR(i, unsigned, hex, n)
#define HOST_SHOW_id(n) SHOW_SCALAR(i, unsigned, id, n)

/* Results as text. */
#define TELL_A(t, a, n) TELL_##t(a, n) TELL_B
#define TELL_B(t, a, n) TELL_##t(a, n) TELL_A
#define TELL_A_END
#define TELL_B_END
#define TELL_F(rights, n)
#define TELL_P(kind, n) KIND_##kind(TELL, n)
#define TELL_SCALAR(word, ctype, show, n)
#define TELL_OUT(ctype, show, n) trace_name(text, #n), TELL_OUT_##show(n);
#define TELL_OUT_u64(n) trace_show_u64(text, *n)
#define TELL_OUT_timestamp(n) trace_show_timestamp(text, *n)
#define TELL_OUT_fd(n) trace_show_fd(text, *n)
#define TELL_OUT_hex(n) trace_show_hex(text, *n)
#define TELL_OUT_fdstat(n) trace_show_fdstat_at(text, n)
#define TELL_OUT_filestat(n) trace_show_filestat_at(text, n)
#define TELL_OUT_prestat(n) trace_show_prestat_at(text, n)
#define TELL_PATH(n)
#define TELL_OUT_BUF(n)
#define TELL_IOVS(ctype, n)
#define TELL_STRINGS(which, n)
#define TELL_POLL(n)
#define TELL_HOST(ctype, show, n)

static void show_bytes(struct trace_text *text, const struct iovec *iov, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += iov[i].iov_len;
	trace_number(text, bytes);
}

struct traced {
	struct trace_sink *sink;
	uint64_t start, end;
	struct trace_text args, results;
};

/* Whether this call is to be reported. */
static bool trace_wants(struct traced *traced, wasi_call_t *c, wasi_errno_t error)
{
	traced->end = trace_clock(c->ctx);
	traced->args.len = traced->results.len = 0;
	traced->args.bytes[0] = traced->results.bytes[0] = '\0';
	return !traced->sink->only_denials || trace_is_denial(error);
}

static void trace_emit(const struct traced *traced, const wasi_call_t *c, const char *name, wasi_errno_t error)
{
	traced->sink->fn(traced->sink->user, &(struct wasi_trace_event){
						     .name = name,
						     .args = traced->args.bytes,
						     .results = traced->results.bytes,
						     .error = error,
						     .missing = error == WASI_ERRNO_NOTCAPABLE ? c->missing : 0,
						     .missing_fd = error == WASI_ERRNO_NOTCAPABLE ? c->missing_fd
												  : WASI_FD_AUTO,
						     .start_ns = traced->start,
						     .duration_ns = traced->end - traced->start,
					     });
}

/* proc_exit leaves last, so that it is traced although on_exit may not come back. */
static void leave(const wasi_call_t *c)
{
	if (c->exiting && c->ctx->config.on_exit)
		c->ctx->config.on_exit(c->ctx->config.user, c->exit_code);
}

#define CALL(name, seq)                                                                                                \
	static inline __attribute__((always_inline)) wasi_errno_t run_##name(wasi_call_t *c WASI_WALK(WASI_PARAM_A seq)) \
	{                                                                                                              \
		wasi_errno_t error = WASI_ERRNO_SUCCESS;                                                               \
		WASI_WALK(CHECK_A seq)                                                                                 \
		WASI_WALK(TAKE_A seq)                                                                                  \
		if (likely(!error))                                                                                    \
			error = call_##name(c WASI_WALK(PASS_A seq));                                                  \
		return error;                                                                                          \
	}                                                                                                              \
	static __attribute__((noinline, cold)) wasi_errno_t traced_##name(                                             \
		struct trace_sink *sink, wasi_ctx_t *ctx WASI_WALK(WASI_PARAM_A seq))                                  \
	{                                                                                                              \
		wasi_call_t c;                                                                                         \
		struct traced traced;                                                                                  \
		struct trace_text *text = &traced.args;                                                                \
		wasi_errno_t error;                                                                                    \
                                                                                                                       \
		call_begin(&c, ctx);                                                                                   \
		traced.sink = sink;                                                                                    \
		traced.start = trace_clock(ctx);                                                                       \
		error = run_##name(&c WASI_WALK(ARG_A seq));                                                           \
		if (trace_wants(&traced, &c, error)) {                                                                 \
			WASI_WALK(SHOW_A seq)                                                                          \
			text = &traced.results;                                                                        \
			if (!error) {                                                                                  \
				WASI_WALK(TELL_A seq)                                                                  \
			}                                                                                              \
			(void)text;                                                                                    \
			trace_emit(&traced, &c, #name, error);                                                         \
		}                                                                                                      \
		leave(&c);                                                                                             \
		return error;                                                                                          \
	}                                                                                                              \
	wasi_errno_t wasi_##name(wasi_ctx_t *ctx WASI_WALK(WASI_PARAM_A seq))                                          \
	{                                                                                                              \
		struct trace_sink *sink = atomic_load_explicit(&ctx->trace, memory_order_acquire);                     \
		wasi_call_t c;                                                                                         \
		wasi_errno_t error;                                                                                    \
                                                                                                                       \
		if (unlikely(sink))                                                                                    \
			return traced_##name(sink, ctx WASI_WALK(ARG_A seq));                                          \
		call_begin(&c, ctx);                                                                                   \
		error = run_##name(&c WASI_WALK(ARG_A seq));                                                           \
		if (__builtin_strcmp(#name, "proc_exit") == 0)                                                         \
			leave(&c);                                                                                     \
		return error;                                                                                          \
	}

#define WASI(name, seq) CALL(name, seq)
#include "wasi.def"
#define NATIVE(name, seq) CALL(name, seq)
#include "native.def"

#define WASI(name, seq) +1
_Static_assert(0
#include "wasi.def"
		       == 46,
	       "preview1 has 46 calls");
