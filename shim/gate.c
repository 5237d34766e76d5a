/* The core's host calls as the shim makes them: host.def once more, through the gate. */
#include "gate.h"

#include <errno.h>
#include <sys/syscall.h>

#include "host.h"
#include "shim.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define COOKIE 0L
#define CALL(number, a, b, c, d, e, f) \
	shim_gate_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
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
