/* Strays: catching them, and answering them as stray.def says. See stray.h. */
#include "stray.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "code.h"
#include "file.h"
#include "gate.h"
#include "guest.h"
#include "host.h"
#include "host_numbers.h"
#include "stray_arch.h"
#include "trace.h"

/* Newer than the headers of Debian 12. */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH 2 /* si_code */
#endif
bool stray_armed;
static bool stray_impossible;
static struct code_range library; /* the C library's code */

/* ---- answers ---- */

/* What the C function behind a row answers, as the kernel reports it. */
static long from_c(long result)
{
	return result == -1 ? -(long)errno : result;
}
#define CALL(symbol, a)                                                                                            \
	(((long (*)(long, long, long, long, long, long))shim_target(INDEX_##symbol))((a)[0], (a)[1], (a)[2], (a)[3], \
										      (a)[4], (a)[5]))
#define ANSWER_INT(symbol, a) from_c((int)CALL(symbol, a))
#define ANSWER_LONG(symbol, a) from_c(CALL(symbol, a))
#define ANSWER_MAP(symbol, a) from_c(CALL(symbol, a))
#define ANSWER_ERR(symbol, a) (-(long)(int)CALL(symbol, a))

/* <linux/openat2.h>, beside those that the core asks for */
#define RESOLVE_IN_ROOT 0x10
#define RESOLVE_CACHED 0x20
#define RESOLVE_ALL 0x3f

static long stray_openat2(const long a[6])
{
	struct wasi_open_how how;

	if ((size_t)a[3] < sizeof(how))
		return -EINVAL;
	if (!guest_readable((const void *)a[2], sizeof(how)))
		return -EFAULT;
	how = *(const struct wasi_open_how *)a[2];
	/* As a kernel that knows no more fields. */
	if ((size_t)a[3] > sizeof(how))
		return (size_t)a[3] > 4096 || !guest_readable((const void *)a[2], (size_t)a[3]) ? -EFAULT : -E2BIG;
	if (how.resolve & ~(uint64_t)RESOLVE_ALL || (how.resolve & RESOLVE_IN_ROOT && how.resolve & WASI_RESOLVE_BENEATH) ||
	    how.flags > UINT32_MAX)
		return -EINVAL;
	/* Nothing is known to be in the kernel's cache. */
	if (how.resolve & RESOLVE_CACHED)
		return -EAGAIN;
	/* What the core cannot promise; programs have a plan for kernels without. Magic links are never followed. */
	if (how.resolve & ~(uint64_t)(WASI_RESOLVE_BENEATH | WASI_RESOLVE_NO_MAGICLINKS))
		return -ENOSYS;
	if (how.resolve & WASI_RESOLVE_BENEATH) {
		int fd = file_open_beneath((int)a[0], (const char *)a[1], (int)how.flags, (mode_t)how.mode);
		return fd < 0 ? -(long)errno : fd;
	}
	return ANSWER_INT(openat, ((const long[6]){a[0], a[1], (long)how.flags, (long)how.mode}));
}

/* The flags stand behind both halves of the offset. */
static long stray_preadv2(const long a[6])
{
	return ANSWER_LONG(preadv2, ((const long[6]){a[0], a[1], a[2], a[3], a[5]}));
}

static long stray_pwritev2(const long a[6])
{
	return ANSWER_LONG(pwritev2, ((const long[6]){a[0], a[1], a[2], a[3], a[5]}));
}

static long stray_faccessat(const long a[6])
{
	return ANSWER_INT(faccessat, ((const long[6]){a[0], a[1], a[2]}));
}

static long stray_faccessat2(const long a[6])
{
	return ANSWER_INT(faccessat, a);
}

static long stray_fchmodat(const long a[6])
{
	return ANSWER_INT(fchmodat, ((const long[6]){a[0], a[1], a[2]}));
}

static long stray_getcwd(const long a[6])
{
	const char *name = (const char *)CALL(getcwd, a);

	return name ? (long)strlen(name) + 1 : -(long)errno;
}

/* The kernel's sets have 8 bytes. */
static long stray_signalfd4(const long a[6])
{
	sigset_t set;

	if (a[2] != 8)
		return -EINVAL;
	if (!guest_readable((const void *)a[1], 8))
		return -EFAULT;
	sigemptyset(&set);
	memcpy(&set, (const void *)a[1], 8);
	return ANSWER_INT(signalfd, ((const long[6]){a[0], (long)&set, a[3]}));
}

/* Every child gets a memory and a table of descriptors of its own; what wants less is left to the C library's threads. */
static long stray_clone(const long a[6])
{
	unsigned long flags = (unsigned long)a[0];
	int *parent_tid = (int *)a[2], *child_tid = (int *)a[STRAY_CLONE_CHILD_TID];

	if (flags & (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
		     CLONE_NEWCGROUP))
		return -EPERM;
	if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_FILES) || (flags & CLONE_VM && !(flags & CLONE_VFORK)))
		return -ENOSYS;
	if ((flags & CLONE_PARENT_SETTID && !guest_writable(parent_tid, sizeof(*parent_tid))) ||
	    (flags & CLONE_CHILD_SETTID && !guest_writable(child_tid, sizeof(*child_tid))))
		return -EFAULT;
	long pid = ANSWER_INT(fork, ((const long[6]){0}));
	if (pid > 0 && flags & CLONE_PARENT_SETTID)
		*parent_tid = (int)pid;
	if (pid == 0) {
		if (flags & CLONE_CHILD_SETTID)
			*child_tid = (int)RAW(SYS_gettid);
		if (flags & CLONE_CHILD_CLEARTID)
			RAW(SYS_set_tid_address, child_tid);
	}
	return pid;
}

static long stray_prctl(const long a[6])
{
	if (shim.strict)
		return -ENOSYS;
	if (a[0] == PR_SET_SYSCALL_USER_DISPATCH)
		return -EPERM;
	return raw6(SYS_prctl, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long stray_rt_sigaction(const long a[6])
{
	return shim.strict ? -ENOSYS : signal_kernel_action(a);
}

static long stray_rt_sigprocmask(const long a[6])
{
	return shim.strict ? -ENOSYS : signal_kernel_mask(a, NULL);
}

static long stray_rt_sigsuspend(const long a[6])
{
	uint64_t mask;

	if (shim.strict)
		return -ENOSYS;
	if (!guest_readable((const void *)a[0], sizeof(mask)))
		return -EFAULT;
	mask = *(const uint64_t *)a[0];
	if (stray_armed)
		mask &= ~(1ull << (SIGSYS - 1));
	return RAW(SYS_rt_sigsuspend, &mask, a[1]);
}

#ifdef SYS_open
static long stray_eventfd(const long a[6])
{
	return ANSWER_INT(eventfd, ((const long[6]){a[0], 0}));
}

static long stray_signalfd(const long a[6])
{
	return stray_signalfd4((const long[6]){a[0], a[1], a[2], 0});
}

static long stray_fork(const long a[6])
{
	(void)a;
	return ANSWER_INT(fork, ((const long[6]){0}));
}

/* The child of a vfork would close its parent's entries. */
#define stray_vfork stray_fork

static long stray_time(const long a[6])
{
	if (a[0] && !guest_writable((void *)a[0], sizeof(time_t)))
		return -EFAULT;
	return from_c((long)((time_t (*)(time_t *))shim_target(INDEX_time))((time_t *)a[0]));
}
#endif

#define SELF(call, a) raw6(SYS_##call, (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5])

long stray_answer(long number, const long a[6])
{
	switch (number) {
#define STRAY(call, symbol, result) \
	case SYS_##call:            \
		return ANSWER_##result(symbol, a);
#define SPECIAL(call)    \
	case SYS_##call: \
		return stray_##call(a);
#define OWN(call)        \
	case SYS_##call: \
		return SELF(call, a);
#define POSIX(call)      \
	case SYS_##call: \
		return shim.strict ? -ENOSYS : SELF(call, a);
#define REFUSED(call, error) \
	case SYS_##call:     \
		return -error;
#include "stray.def"
	default:
		return -ENOSYS;
	}
}

/* A number's name, for the trace; NULL for those without a row. */
static const char *name_of(long number)
{
	switch (number) {
#define STRAY(call, symbol, result) \
	case SYS_##call:            \
		return #call;
#define SPECIAL(call) STRAY(call, , )
#define OWN(call) STRAY(call, , )
#define POSIX(call) STRAY(call, , )
#define REFUSED(call, error) STRAY(call, , )
#include "stray.def"
	default:
		return NULL;
	}
}

/* ---- syscall(2) ---- */

WRAPPER(long, syscall, (long number, ...))
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	/* What many call in place of a function that the C library lacks. */
	if (likely(number == SYS_futex || number == SYS_gettid))
		return raw_result(raw6(number, a[0], a[1], a[2], a[3], a[4], a[5]));
	if (unlikely(shim.policy->trace))
		trace_stray(number, name_of(number));
	return raw_result(stray_answer(number, a));
}

/* ---- the signal ---- */

/* Where the guest's alternate stack is set on the way back from the handler. */
static long change_stack(ucontext_t *context, const long a[6])
{
	stack_t old = context->uc_stack;
	uintptr_t at = (uintptr_t)stray_stack(context), base = (uintptr_t)old.ss_sp;
	bool on_it = !(old.ss_flags & SS_DISABLE) && at > base && at - base <= old.ss_size;

	if ((a[0] && !guest_readable((const void *)a[0], sizeof(old))) ||
	    (a[1] && !guest_writable((void *)a[1], sizeof(old))))
		return -EFAULT;
	if (a[0]) {
		const stack_t *wanted = (const stack_t *)a[0];
		if (on_it)
			return -EPERM;
		if (!(wanted->ss_flags & SS_DISABLE) && wanted->ss_size < (size_t)MINSIGSTKSZ)
			return -ENOMEM;
		context->uc_stack = *wanted;
	}
	if (a[1]) {
		old.ss_flags = on_it ? SS_ONSTACK : old.ss_flags & SS_DISABLE;
		*(stack_t *)a[1] = old;
	}
	return 0;
}

/* Calls that mean the interrupted context, not the handler's; the others as stray_answer does. */
static long answer_in_context(ucontext_t *context, long number, const long a[6])
{
	long result;

	switch (number) {
	case SYS_rt_sigreturn:
		stray_return_from(stray_stack(context), number, (uintptr_t)shim_gate);
	case SYS_rt_sigprocmask:
		return shim.strict ? -ENOSYS : signal_kernel_mask(a, (uint64_t *)(void *)&context->uc_sigmask);
	case SYS_sigaltstack:
		return shim.strict ? -ENOSYS : change_stack(context, a);
	case SYS_clone:
		result = stray_clone(a);
		if (result == 0 && a[1])
			stray_set_stack(context, a[1]);
		return result;
	default:
		return stray_answer(number, a);
	}
}

static void on_sigsys(int sig, siginfo_t *info, void *context_)
{
	ucontext_t *context = context_;
	int saved = errno;
	long a[7], result;

	(void)sig;
	if (info->si_code != SYS_USER_DISPATCH) {
		signal_deliver_sigsys(info, context);
		errno = saved;
		return;
	}
	stray_arguments(context, a);
	if (info->si_arch != STRAY_ARCH) {
		result = -ENOSYS;
	} else if (code_is_ours(stray_address(context))) {
		result = raw6(a[6], a[0], a[1], a[2], a[3], a[4], a[5]);
	} else {
		if (unlikely(shim.policy->trace))
			trace_stray(a[6], name_of(a[6]));
		result = answer_in_context(context, a[6], a);
	}
	stray_answered(context, result);
	errno = saved;
}

/* ---- arming ---- */

void stray_arm_thread(void)
{
	uint64_t sigsys = 1ull << (SIGSYS - 1);

	if (!stray_armed)
		return;
	RAW(SYS_rt_sigprocmask, SIG_UNBLOCK, &sigsys, NULL, sizeof(sigsys));
	RAW(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, library.start, library.end - library.start, 0);
}

void stray_arm(void)
{
	struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK}, old;
	const unsigned char *code = (const unsigned char *)NEXT(getppid);
	int at = stray_gate_in(code);

	if (stray_armed || stray_impossible)
		return;
	stray_impossible = true;
	if (at < 0 || !code_find((uintptr_t)code, &library))
		return;
	if (NEXT(sigaction)(SIGSYS, &action, &old))
		return;
	if (RAW(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, library.start, library.end - library.start,
		0)) {
		NEXT(sigaction)(SIGSYS, &old, NULL);
		return;
	}
	shim_gate = code + at;
	stray_impossible = false;
	stray_armed = true;
	stray_arm_thread();
}

void stray_look(void)
{
	if (!stray_armed && !stray_impossible && code_may_call())
		stray_arm();
}

/* ---- what may make more code or more of a process ---- */

WRAPPER(int, mprotect, (void *address, size_t len, int protection))
{
	if (unlikely(protection & PROT_EXEC))
		stray_arm();
	return (int)raw_result(RAW(SYS_mprotect, address, len, protection));
}

WRAPPER(int, prctl, (int option, ...))
{
	long a[6] = {option};
	va_list ap;

	va_start(ap, option);
	for (int i = 1; i < 5; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return (int)raw_result(stray_prctl(a));
}
