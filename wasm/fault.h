/* What the machine's registers say at a fault within a handler. All that depends on the architecture is here. */
#ifndef WASIWARD_FAULT_H
#define WASIWARD_FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct fault {
	uint64_t at;	    /* address of the faulting machine instruction */
	const uint64_t *pc; /* the handler's first and second argument */
	uint64_t *sp;
};

/* Handlers stand between two of these when they touch guarded memory: the compiler must have pc and sp in the registers
 * they came in, so that fault_registers finds them there. Costs no instruction. clang takes that to the letter and uses the
 * registers for something else between the two, unless it has to believe that they are changed: what the second one takes from
 * them is then what the first one has left there, of which there is no other copy. gcc makes loads longer if it is told that. */
#if defined(__x86_64__) && defined(__clang__)
#define PIN_REGISTERS(pc, sp) __asm__ volatile("" : "+D"(pc), "+S"(sp) : : "memory")
#elif defined(__x86_64__)
#define PIN_REGISTERS(pc, sp) __asm__ volatile("" : : "D"(pc), "S"(sp) : "memory")
#elif defined(__aarch64__)
#define PIN_REGISTERS(pc, sp) \
	do { \
		register const uint64_t *x0_ __asm__("x0") = (pc); \
		register uint64_t *x1_ __asm__("x1") = (sp); \
		__asm__ volatile("" : "+r"(x0_), "+r"(x1_) : : "memory"); \
		(pc) = x0_; \
		(sp) = x1_; \
	} while (0)
#else
#define PIN_REGISTERS(pc, sp) __asm__ volatile("" : "+r"(pc), "+r"(sp) : : "memory")
#endif

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
