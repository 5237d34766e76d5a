/* Raw system calls, by an instruction that the kernel lets pass once strays are caught. */
#ifndef SHIM_GATE_H
#define SHIM_GATE_H

/* A system call instruction followed by a return. */
extern const unsigned char *shim_gate;
/* gate_<arch>.S. Returns the kernel's value. */
long shim_gate_call(long number, long a, long b, long c, long d, long e, long f);

/* The same as a cancellation point: the thread may be ended in there, and unwinds. No lock may be held. */
long gate_cancellable(long number, long a, long b, long c, long d, long e, long f);

/* The core's host calls, through the gate; those that may wait are cancellation points. */
struct wasi_host;
extern const struct wasi_host shim_host;

#endif
