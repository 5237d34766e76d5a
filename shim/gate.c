/* The core's host calls as the shim makes them: host.def once more, through the gate. */
#include "gate.h"

#include <errno.h>
#include <pthread.h>

#include "host.h"
#include "host_numbers.h"
#include "libc.h"
#include "shim.h"

long gate_cancellable(long number, long a, long b, long c, long d, long e, long f)
{
	int old;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	long result = gate_call(number, a, b, c, d, e, f);
	pthread_setcanceltype(old, NULL);
	return result;
}

/* Calls that may wait for somebody. The number is a constant, so this costs nothing. */
static inline __attribute__((always_inline)) bool may_wait(long number)
{
	switch (number) {
	case SYS_read:
	case SYS_write:
	case SYS_readv:
	case SYS_writev:
	case SYS_pread64:
	case SYS_pwrite64:
	case SYS_preadv:
	case SYS_pwritev:
	case SYS_ppoll:
	case SYS_accept4:
	case SYS_recvmsg:
	case SYS_sendmsg:
	case SYS_fsync:
	case SYS_fdatasync:
		return true;
	default:
		return false;
	}
}

#define COOKIE 0L
#define CALL(number, a, b, c, d, e, f)                                                                                 \
	(may_wait(number) ? gate_wait(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))      \
			  : gate_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))
#define UNPACK(...) __VA_ARGS__
#define CALL_(...) CALL(__VA_ARGS__)

#define HOST(name, params, args)                           \
	static long gate_##name params                     \
	{                                                  \
		return CALL_(SYS_##name, UNPACK args);     \
	}
#include "host.def"

static long gate_clock_gettime(int id, struct timespec *ret)
{
	return NEXT(clock_gettime)(id, ret) == 0 ? 0 : -(long)errno;
}

const struct wasi_host shim_host = {
#define HOST(name, params, args) .name = gate_##name,
#include "host.def"
	.clock_gettime = gate_clock_gettime,
};

long raw6(long number, long a, long b, long c, long d, long e, long f)
{
	return shim_gate_call(number, a, b, c, d, e, f);
}
