/* Signals pass, but for SIGSYS where strays are caught: a blocked or replaced SIGSYS would end the process at the next
 * one. The guest sees its own idea of SIGSYS. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>

#include "guest.h"
#include "stray.h"

#define OURS (1ull << (SIGSYS - 1))

typedef void (*handler_info)(int, siginfo_t *, void *);

/* What the guest wants to happen on SIGSYS. */
static _Atomic(uintptr_t) guest_handler; /* SIG_DFL, SIG_IGN, or a function */
static _Atomic(int) guest_flags;

const sigset_t *signals_without_ours(const sigset_t *set, sigset_t *copy)
{
	if (!set || !stray_armed)
		return set;
	*copy = *set;
	sigdelset(copy, SIGSYS);
	return copy;
}

void signal_deliver_sigsys(siginfo_t *info, void *context)
{
	uintptr_t handler = atomic_load(&guest_handler);
	int flags = atomic_load(&guest_flags);

	if (handler == (uintptr_t)SIG_IGN)
		return;
	if (handler == (uintptr_t)SIG_DFL) {
		struct sigaction fatal = {.sa_handler = SIG_DFL};
		NEXT(sigaction)(SIGSYS, &fatal, NULL);
		RAW(SYS_tgkill, RAW(SYS_getpid), RAW(SYS_gettid), SIGSYS);
		return;
	}
	if (flags & (int)SA_RESETHAND)
		atomic_store(&guest_handler, (uintptr_t)SIG_DFL);
	if (flags & SA_SIGINFO)
		((handler_info)handler)(SIGSYS, info, context);
	else
		((void (*)(int))handler)(SIGSYS);
}

static void exchange(uintptr_t *handler, int *flags, bool set)
{
	uintptr_t old_handler = set ? atomic_exchange(&guest_handler, *handler) : atomic_load(&guest_handler);
	int old_flags = set ? atomic_exchange(&guest_flags, *flags) : atomic_load(&guest_flags);

	*handler = old_handler;
	*flags = old_flags;
}

/* A handler may open and close while it interrupts a call that does. */
static void note_handler(uintptr_t handler)
{
	static atomic_bool noted;

	if (handler == (uintptr_t)SIG_DFL || handler == (uintptr_t)SIG_IGN || atomic_load_explicit(&noted, memory_order_relaxed))
		return;
	wasi_ctx_expect_signals(shim.ctx);
	atomic_store(&noted, true);
}

WRAPPER(int, sigaction, (int sig, const struct sigaction *restrict action, struct sigaction *restrict old))
{
	struct sigaction copy;

	if (action)
		note_handler((uintptr_t)action->sa_sigaction);
	if (!stray_armed)
		return NEXT(sigaction)(sig, action, old);
	if (sig == SIGSYS) {
		uintptr_t handler = action ? (uintptr_t)action->sa_sigaction : 0;
		int flags = action ? action->sa_flags : 0;
		exchange(&handler, &flags, action != NULL);
		if (old) {
			memset(old, 0, sizeof(*old));
			old->sa_sigaction = (handler_info)handler;
			old->sa_flags = flags;
		}
		return 0;
	}
	if (action && sigismember(&action->sa_mask, SIGSYS) == 1) {
		copy = *action;
		sigdelset(&copy.sa_mask, SIGSYS);
		action = &copy;
	}
	return NEXT(sigaction)(sig, action, old);
}

/* The family of signal(3): only SIGSYS is of interest. */
static sighandler_t set_sigsys(sighandler_t handler, int flags)
{
	uintptr_t value = (uintptr_t)handler;

	exchange(&value, &flags, true);
	return (sighandler_t)value;
}
#define SIGNAL_LIKE(name, next, flags)                                    \
	WRAPPER(sighandler_t, name, (int sig, sighandler_t handler))      \
	{                                                                 \
		note_handler((uintptr_t)handler);                         \
		if (stray_armed && sig == SIGSYS)                         \
			return set_sigsys(handler, flags);                \
		return NEXT(next)(sig, handler);                          \
	}
SIGNAL_LIKE(signal, signal, SA_RESTART)
SIGNAL_LIKE(sysv_signal, __sysv_signal, (int)SA_RESETHAND)
SIGNAL_LIKE(sigset, sigset, 0)

WRAPPER(int, sighold, (int sig))
{
	return stray_armed && sig == SIGSYS ? 0 : NEXT(sighold)(sig);
}

WRAPPER(int, sigignore, (int sig))
{
	return stray_armed && sig == SIGSYS ? (set_sigsys(SIG_IGN, 0), 0) : NEXT(sigignore)(sig);
}

WRAPPER(int, sigprocmask, (int how, const sigset_t *restrict set, sigset_t *restrict old))
{
	sigset_t copy;

	return NEXT(sigprocmask)(how, how == SIG_UNBLOCK ? set : signals_without_ours(set, &copy), old);
}

WRAPPER(int, pthread_sigmask, (int how, const sigset_t *restrict set, sigset_t *restrict old))
{
	sigset_t copy;

	return NEXT(pthread_sigmask)(how, how == SIG_UNBLOCK ? set : signals_without_ours(set, &copy), old);
}

WRAPPER(int, sigsuspend, (const sigset_t *set))
{
	sigset_t copy;

	return NEXT(sigsuspend)(signals_without_ours(set, &copy));
}

WRAPPER(int, epoll_pwait, (int fd, struct epoll_event *events, int count, int timeout, const sigset_t *set))
{
	sigset_t copy;

	return NEXT(epoll_pwait)(fd, events, count, timeout, signals_without_ours(set, &copy));
}

WRAPPER(int, epoll_pwait2,
	(int fd, struct epoll_event *events, int count, const struct timespec *timeout, const sigset_t *set))
{
	sigset_t copy;

	return NEXT(epoll_pwait2)(fd, events, count, timeout, signals_without_ours(set, &copy));
}

/* ---- the kernel's form ---- */

struct kernel_sigaction {
	uintptr_t handler;
	unsigned long flags;
#ifdef SA_RESTORER
	uintptr_t restorer;
#elif defined(__x86_64__)
	uintptr_t restorer;
#endif
	uint64_t mask;
};

long signal_kernel_action(const long a[6])
{
	struct kernel_sigaction action;

	if (a[3] != sizeof(action.mask))
		return -EINVAL;
	if ((a[1] && !guest_readable((const void *)a[1], sizeof(action))) ||
	    (a[2] && !guest_writable((void *)a[2], sizeof(action))))
		return -EFAULT;
	if (a[1]) {
		action = *(const struct kernel_sigaction *)a[1];
		note_handler(action.handler);
	}
	if (stray_armed && a[0] == SIGSYS) {
		uintptr_t handler = a[1] ? action.handler : 0;
		int flags = a[1] ? (int)action.flags : 0;
		exchange(&handler, &flags, a[1] != 0);
		if (a[2])
			*(struct kernel_sigaction *)a[2] =
				(struct kernel_sigaction){.handler = handler, .flags = (unsigned)flags};
		return 0;
	}
	if (a[1] && stray_armed)
		action.mask &= ~OURS;
	return RAW(SYS_rt_sigaction, a[0], a[1] ? &action : NULL, a[2], a[3]);
}

long signal_kernel_mask(const long a[6], uint64_t *blocked)
{
	uint64_t set = 0, old;

	if (a[3] != sizeof(set))
		return -EINVAL;
	if ((a[1] && !guest_readable((const void *)a[1], sizeof(set))) ||
	    (a[2] && !guest_writable((void *)a[2], sizeof(old))))
		return -EFAULT;
	if (a[1]) {
		set = *(const uint64_t *)a[1];
		if (stray_armed && a[0] != SIG_UNBLOCK)
			set &= ~OURS;
	}
	if (!blocked)
		return RAW(SYS_rt_sigprocmask, a[0], a[1] ? &set : NULL, a[2], a[3]);
	old = *blocked;
	if (a[1]) {
		switch (a[0]) {
		case SIG_BLOCK:
			*blocked |= set;
			break;
		case SIG_UNBLOCK:
			*blocked &= ~set;
			break;
		case SIG_SETMASK:
			*blocked = set;
			break;
		default:
			return -EINVAL;
		}
	}
	if (a[2])
		*(uint64_t *)a[2] = old;
	return 0;
}
