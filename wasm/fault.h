/* What the machine's registers say at a fault within a handler. One definition per architecture. */
#ifndef WASIWARD_FAULT_H
#define WASIWARD_FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct fault {
	uint64_t at;	    /* address of the faulting machine instruction */
	const uint64_t *pc; /* the handler's first and second argument, as far as it has not moved them on */
	uint64_t *sp;
};

static inline bool fault_registers(const void *context, struct fault *ret)
{
#if defined(__x86_64__)
	const greg_t *r = ((const ucontext_t *)context)->uc_mcontext.gregs;
	*ret = (struct fault){(uint64_t)r[REG_RIP], (const uint64_t *)r[REG_RDI], (uint64_t *)r[REG_RSI]};
	return true;
#elif defined(__aarch64__)
	const mcontext_t *m = &((const ucontext_t *)context)->uc_mcontext;
	*ret = (struct fault){m->pc, (const uint64_t *)m->regs[0], (uint64_t *)m->regs[1]};
	return true;
#else
	(void)context, (void)ret;
	return false;
#endif
}

#endif
