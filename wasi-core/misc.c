/* The calls without a descriptor: arguments, environment, clocks, randomness, and the end. */
#include <string.h>
#include <time.h>

#include "internal.h"

static wasi_errno_t get_strings(const struct strings *strings, char **list, char *buf)
{
	char *p = buf;

	if (strings->bytes)
		memcpy(buf, strings->text, strings->bytes);
	for (size_t i = 0; i < strings->count; i++) {
		list[i] = p;
		p += strlen(p) + 1;
	}
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_args_get(wasi_call_t *c, char **argv, char *argv_buf)
{
	return get_strings(&c->ctx->args, argv, argv_buf);
}

wasi_errno_t call_args_sizes_get(wasi_call_t *c, wasi_size_t *argc, wasi_size_t *argv_buf_size)
{
	*argc = (wasi_size_t)c->ctx->args.count;
	*argv_buf_size = (wasi_size_t)c->ctx->args.bytes;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_environ_get(wasi_call_t *c, char **environ, char *environ_buf)
{
	return get_strings(&c->ctx->environ, environ, environ_buf);
}

wasi_errno_t call_environ_sizes_get(wasi_call_t *c, wasi_size_t *environc, wasi_size_t *environ_buf_size)
{
	*environc = (wasi_size_t)c->ctx->environ.count;
	*environ_buf_size = (wasi_size_t)c->ctx->environ.bytes;
	return WASI_ERRNO_SUCCESS;
}

/* The numbers happen to be Linux's. */
_Static_assert((int)WASI_CLOCKID_REALTIME == CLOCK_REALTIME && (int)WASI_CLOCKID_MONOTONIC == CLOCK_MONOTONIC &&
		       (int)WASI_CLOCKID_PROCESS_CPUTIME_ID == CLOCK_PROCESS_CPUTIME_ID &&
		       (int)WASI_CLOCKID_THREAD_CPUTIME_ID == CLOCK_THREAD_CPUTIME_ID,
	       "clock ids");

wasi_errno_t call_clock_res_get(wasi_call_t *c, wasi_clockid_t id, wasi_timestamp_t *resolution)
{
	struct timespec ts;
	long result = c->host->clock_getres((int)id, &ts);

	if (result < 0)
		return host_error(result);
	*resolution = (wasi_timestamp_t)ts.tv_sec * 1000000000 + (wasi_timestamp_t)ts.tv_nsec;
	if (*resolution == 0)
		*resolution = 1;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_clock_time_get(wasi_call_t *c, wasi_clockid_t id, wasi_timestamp_t precision, wasi_timestamp_t *time)
{
	struct timespec ts;
	long result = c->host->clock_gettime((int)id, &ts);
	wasi_timestamp_t now;

	(void)precision;
	if (result < 0)
		return host_error(result);
	/* 64 bits of nanoseconds end in 2554, and begin in 1970. */
	if (ts.tv_sec < 0 || (uint64_t)ts.tv_sec >= UINT64_MAX / 1000000000)
		return WASI_ERRNO_OVERFLOW;
	now = (wasi_timestamp_t)ts.tv_sec * 1000000000 + (wasi_timestamp_t)ts.tv_nsec;
	*time = id == WASI_CLOCKID_MONOTONIC ? now - c->ctx->monotonic_zero : now;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_proc_exit(wasi_call_t *c, wasi_exitcode_t rval)
{
	/* The caller tells the front end, after the trace. */
	c->exiting = true;
	c->exit_code = rval;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_proc_raise(wasi_call_t *c, wasi_signal_t sig)
{
	(void)c;
	(void)sig;
	return WASI_ERRNO_NOSYS;
}

wasi_errno_t call_sched_yield(wasi_call_t *c)
{
	c->host->sched_yield();
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_random_get(wasi_call_t *c, void *buf, size_t buf_len)
{
	char *p = buf;

	/* Long requests come back short when a signal arrives; intr would lose what is there, so this always goes on.
	 */
	while (buf_len > 0) {
		long got = c->host->getrandom(p, buf_len, 0);

		if (got == -EINTR)
			continue;
		if (got < 0)
			return host_error(got);
		p += got;
		buf_len -= (size_t)got;
	}
	return WASI_ERRNO_SUCCESS;
}
