/* System calls that a program makes past the C library's functions.
 *
 * syscall(2) is a function like the others. Instructions of the program's own are caught by the kernel's syscall user
 * dispatch: in a thread that is armed, a call from anywhere but the C library's code becomes a SIGSYS, whose handler
 * answers it as stray.def says. The kernel drops this at exec, so the next program's loader is not troubled, and the
 * shim there arms itself again. */
#ifndef SHIM_STRAY_H
#define SHIM_STRAY_H

#include <signal.h>

#include "shim.h"

/* Whether strays are caught in this process. */
extern bool stray_armed;

/* Looks at the code that is loaded, and arms the calling thread if any of it could make system calls itself; also to be
 * called when there is more code. A kernel without dispatch leaves strays to the wall. */
void stray_look(void);
/* The same without looking. */
void stray_arm(void);
/* Arms a new thread, or the only one of a forked child, if the process is armed. */
void stray_arm_thread(void);

/* Answers a system call. Returns the kernel's value: a result or -errno. */
long stray_answer(long number, const long a[6]);

/* ---- signal.c ---- */

/* A set without SIGSYS, if that is ours: the set itself or *copy. NULL for NULL. */
const sigset_t *signals_without_ours(const sigset_t *set, sigset_t *copy);
/* A SIGSYS that is no stray: what the guest would have got. */
void signal_deliver_sigsys(siginfo_t *info, void *context);
/* rt_sigaction(2) and rt_sigprocmask(2) with the kernel's arguments; *blocked is the mask to be changed. */
long signal_kernel_action(const long a[6]);
long signal_kernel_mask(const long a[6], uint64_t *blocked);

#endif
