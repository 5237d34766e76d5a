/* Loading the seccomp filters: see filter.h. */
#include "filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "filters.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static long load(struct wall_kernel *k, const struct sock_filter *code, size_t n)
{
	struct sock_fprog program = { .len = (unsigned short)n, .filter = (struct sock_filter *)(uintptr_t)code };
	return KCALL3(k, SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

long wall_filter_load(struct wall_kernel *k, enum wall_filter filter)
{
	if (filter == WALL_FILTER_WASM)
		return load(k, wasm_filter, COUNT(wasm_filter));
	/* The short one first: the second load happens under the first filter, which must still let it. */
	long result = load(k, native_values_filter, COUNT(native_values_filter));
	return result < 0 ? result : load(k, native_filter, COUNT(native_filter));
}
