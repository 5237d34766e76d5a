/* The kernel as the wall sees it: one function, so that tests can put a weaker kernel in its place, or one that fails
 * at a chosen step. */
#ifndef WASIWARD_KERNEL_H
#define WASIWARD_KERNEL_H

#include <stdint.h>

struct wall_kernel {
	/* A raw system call. Returns its result or -errno. */
	long (*call)(struct wall_kernel *kernel, long number, const long args[6]);
};

/* The one we run on. */
struct wall_kernel *wall_kernel_linux(void);

static inline long wall_call6(struct wall_kernel *k, long number, long a, long b, long c, long d, long e, long f)
{
	return k->call(k, number, (const long[6]){ a, b, c, d, e, f });
}
#define WALL_ARG(x) (long)(intptr_t)(x)
#define KCALL5(k, n, a, b, c, d, e) \
	wall_call6(k, n, WALL_ARG(a), WALL_ARG(b), WALL_ARG(c), WALL_ARG(d), WALL_ARG(e), 0)
#define KCALL4(k, n, a, b, c, d) KCALL5(k, n, a, b, c, d, 0)
#define KCALL3(k, n, a, b, c) KCALL5(k, n, a, b, c, 0, 0)
#define KCALL2(k, n, a, b) KCALL5(k, n, a, b, 0, 0, 0)
#define KCALL1(k, n, a) KCALL5(k, n, a, 0, 0, 0, 0)

#endif
