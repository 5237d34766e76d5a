/* New threads and processes: strays are caught in these, too. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <threads.h>

#include "libc.h"
#include "process.h"
#include "stray.h"

struct thread_start {
	void *(*function)(void *);
	void *argument;
};

static void *run_thread(void *start_)
{
	struct thread_start start = *(struct thread_start *)start_;

	free(start_);
	stray_arm_thread();
	return start.function(start.argument);
}

WRAPPER(int, pthread_create,
	(pthread_t *restrict thread, const pthread_attr_t *restrict attr, void *(*function)(void *), void *restrict argument))
{
	libc_thread_made();
	if (!stray_armed)
		return NEXT(pthread_create)(thread, attr, function, argument);
	struct thread_start *start = malloc(sizeof(*start));
	if (!start)
		return EAGAIN;
	*start = (struct thread_start){function, argument};
	int error = NEXT(pthread_create)(thread, attr, run_thread, start);
	if (error)
		free(start);
	return error;
}

struct thrd_start {
	thrd_start_t function;
	void *argument;
};

static int run_thrd(void *start_)
{
	struct thrd_start start = *(struct thrd_start *)start_;

	free(start_);
	stray_arm_thread();
	return start.function(start.argument);
}

WRAPPER(int, thrd_create, (thrd_t *thread, thrd_start_t function, void *argument))
{
	libc_thread_made();
	if (!stray_armed)
		return NEXT(thrd_create)(thread, function, argument);
	struct thrd_start *start = malloc(sizeof(*start));
	if (!start)
		return thrd_nomem;
	*start = (struct thrd_start){function, argument};
	int result = NEXT(thrd_create)(thread, run_thrd, start);
	if (result != thrd_success)
		free(start);
	return result;
}

/* ---- clone(2) ---- */

struct clone_start {
	int (*function)(void *);
	void *argument;
	bool process; /* with a memory of its own */
};

static int run_clone(void *start_)
{
	struct clone_start start = *(struct clone_start *)start_;

	free(start_);
	if (start.process)
		fork_in_child();
	else
		stray_arm_thread();
	return start.function(start.argument);
}

/* Threads share everything, processes nothing. What shares its memory but not its descriptors could not use our table of
 * them, except for the moment before an exec: that child gets a memory of its own. */
WRAPPER(int, clone, (int (*function)(void *), void *stack, int flags, void *argument, ...))
{
	va_list ap;

	va_start(ap, argument);
	int *parent_tid = va_arg(ap, int *);
	void *tls = va_arg(ap, void *);
	int *child_tid = va_arg(ap, int *);
	va_end(ap);

	if (!function || !stack)
		return fail_with(EINVAL);
	if (flags & (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
		     CLONE_NEWCGROUP))
		return fail_with(EPERM);
	if (flags & CLONE_VFORK && !(flags & (CLONE_FILES | CLONE_SIGHAND)))
		flags &= ~(CLONE_VM | CLONE_VFORK);
	bool process = !(flags & CLONE_VM);
	if (process == !!(flags & CLONE_FILES))
		return fail_with(ENOSYS);
	struct clone_start *start = malloc(sizeof(*start));
	if (!start)
		return fail_with(ENOMEM);
	*start = (struct clone_start){function, argument, process};
	if (process)
		fork_prepare();
	else
		libc_thread_made();
	int pid = NEXT(clone)(run_clone, stack, flags, start, parent_tid, tls, child_tid);
	int error = errno;
	if (process)
		fork_in_parent();
	/* A thread frees it. */
	if (pid < 0 || process)
		free(start);
	return pid < 0 ? fail_with(error) : pid;
}
