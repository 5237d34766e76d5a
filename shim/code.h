/* The code that is loaded into the process: whose it is, and whether it could make system calls. */
#ifndef SHIM_CODE_H
#define SHIM_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct code_range {
	uintptr_t start, end;
};

/* The executable segment of the object that an address is in. False if there is none. */
bool code_find(uintptr_t address, struct code_range *ret_range);

/* Remembers which code is the C library's, the loader's, the kernel's (vDSO) and the shim's. */
void code_note_ours(void);
/* Whether an address is within it. May be called in signal handlers. */
bool code_is_ours(uintptr_t address);

/* Whether anything else that is loaded has system call instructions, or is too large to look. */
bool code_may_call(void);

#endif
