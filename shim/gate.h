/* Raw system calls, by an instruction that the kernel lets pass once strays are caught. */
#ifndef SHIM_GATE_H
#define SHIM_GATE_H

#include "host_syscall.h"
#include "libc.h"
#include "shim.h"
#include "stray.h"

/* A system call instruction followed by a return. */
extern const unsigned char *shim_gate;
/* gate_<arch>.S. Returns the kernel's value. */
long shim_gate_call(long number, long a, long b, long c, long d, long e, long f);

/* The same, inline as long as strays are not caught: each return that the processor has not foreseen costs. */
static inline __attribute__((always_inline)) long gate_call(long number, long a, long b, long c, long d, long e, long f)
{
	return likely(!stray_armed) ? host_syscall(number, a, b, c, d, e, f) : shim_gate_call(number, a, b, c, d, e, f);
}

/* The same as a cancellation point: the thread may be ended in there, and unwinds. No lock may be held. */
long gate_cancellable(long number, long a, long b, long c, long d, long e, long f);
static inline __attribute__((always_inline)) long gate_wait(long number, long a, long b, long c, long d, long e, long f)
{
	/* With one thread there is nobody to cancel it, but itself before. */
	return likely(libc_single_threaded()) ? gate_call(number, a, b, c, d, e, f)
					      : gate_cancellable(number, a, b, c, d, e, f);
}

/* The core's host calls, through the gate; those that may wait are cancellation points. */
struct wasi_host;
extern const struct wasi_host shim_host;

#endif
