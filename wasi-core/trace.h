/* Putting a finished call into words. */
#ifndef WASI_TRACE_H
#define WASI_TRACE_H

#include "internal.h"

/* Text of bounded size; what does not fit is cut and ends in "...". */
struct trace_text {
	size_t len;
	char bytes[6144];
};

void trace_name(struct trace_text *t, const char *name); /* ", name=" */
void trace_quoted(struct trace_text *t, const char *bytes, size_t len);
void trace_number(struct trace_text *t, uint64_t number);

/* One printer for each `show` of kinds.def. */
#define TRACE_PRINTERS(X)                                                                                              \
	X(fd)                                                                                                          \
	X(clockid) X(timestamp) X(u64) X(s64) X(rights) X(advice) X(whence) X(fdflags) X(fstflags) X(lookupflags)      \
		X(oflags) X(riflags) X(siflags) X(sdflags) X(hex) X(oct) X(id)
#define TRACE_DECLARE(show) void trace_show_##show(struct trace_text *t, uint64_t value);
TRACE_PRINTERS(TRACE_DECLARE)
void trace_show_fdstat_at(struct trace_text *t, const wasi_fdstat_t *stat);
void trace_show_filestat_at(struct trace_text *t, const wasi_filestat_t *stat);
void trace_show_prestat_at(struct trace_text *t, const wasi_prestat_t *stat);

uint64_t trace_clock(wasi_ctx_t *ctx);
bool trace_is_denial(wasi_errno_t error);

#endif
