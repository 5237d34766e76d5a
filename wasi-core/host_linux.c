/* The only place with system calls.
 *
 * A preloaded front end replaces open, read, close … for the whole process, so the core must reach the kernel without
 * them: each row of host.def becomes a function around one inline system call.
 *
 * COOKIE: a kernel filter can tell the core's own calls from stray ones by a secret value in an argument register that
 * the call does not use. host.def passes COOKIE there; until a front end sets one it is zero, which the kernel ignores.
 * Rows with six real arguments cannot carry it and have to be allowed or denied as a whole. */
#include "host.h"

#include <errno.h>

#include "host_numbers.h"
#include "host_syscall.h"

#define COOKIE 0L

#define HOST_CALL(number, a, b, c, d, e, f) \
	host_syscall(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define HOST_UNPACK(...) __VA_ARGS__
#define HOST_CALL_(...) HOST_CALL(__VA_ARGS__)

#define HOST(name, params, args)                                       \
	static long linux_##name params                                \
	{                                                              \
		return HOST_CALL_(SYS_##name, HOST_UNPACK args);       \
	}
#include "host.def"

static long linux_clock_gettime(int id, struct timespec *ret)
{
	return clock_gettime(id, ret) == 0 ? 0 : -(long)errno;
}

const struct wasi_host *wasi_host_linux(void)
{
	static const struct wasi_host host = {
#define HOST(name, params, args) .name = linux_##name,
#include "host.def"
		.clock_gettime = linux_clock_gettime,
	};

	return &host;
}
