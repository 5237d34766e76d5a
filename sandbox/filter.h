/* The seccomp filters: compiled by libseccomp when the project is built (gen_filter.c, from syscalls.def), loaded here.
 * Building 300 rules at each start would cost more than everything else the wall does. */
#ifndef WASIWARD_FILTER_H
#define WASIWARD_FILTER_H

#include <stddef.h>

#include "kernel.h"

enum wall_filter {
	WALL_FILTER_NATIVE, /* native programs */
	WALL_FILTER_WASM,   /* the interpreter's process: no new programs, no new processes */
	WALL_FILTER_JIT     /* in addition: memory that was written is not executed */
};

/* Loads it into the calling thread; no_new_privs must be set. Returns 0 or -errno. */
long wall_filter_load(struct wall_kernel *kernel, enum wall_filter filter);

/* Lets only those execute programs who have `secret` in the register of execveat's sixth argument, of which the kernel
 * makes no use and which it clears when a program starts: the launcher, once. Returns 0 or -errno. */
long wall_exec_gate(struct wall_kernel *kernel, uint64_t secret);

#endif
