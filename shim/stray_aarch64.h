/* A stray system call on aarch64: its registers in the context that the signal handler gets, and the look of its
 * instruction. */
#include <ucontext.h>

#define STRAY_ARCH 0xc00000b7 /* AUDIT_ARCH_AARCH64 */
#define STRAY_CLONE_CHILD_TID 4

/* The seventh is the number. The kernel stands behind the instruction. */
static inline void stray_arguments(const ucontext_t *context, long ret[7])
{
	for (int i = 0; i < 6; i++)
		ret[i] = (long)context->uc_mcontext.regs[i];
	ret[6] = (long)context->uc_mcontext.regs[8];
}

static inline void stray_answered(ucontext_t *context, long result)
{
	context->uc_mcontext.regs[0] = (unsigned long)result;
}

static inline uintptr_t stray_address(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.pc;
}

static inline void stray_set_stack(ucontext_t *context, long stack)
{
	context->uc_mcontext.sp = (unsigned long)stack;
}

static inline long stray_stack(const ucontext_t *context)
{
	return (long)context->uc_mcontext.sp;
}

/* rt_sigreturn(2) of a frame at this stack pointer, by the instruction at `gate`. */
__attribute__((noreturn)) static inline void stray_return_from(long stack, long number, uintptr_t gate)
{
	__asm__ volatile("mov sp, %0\n\tmov x8, %1\n\tbr %2" : : "r"(stack), "r"(number), "r"(gate) : "x8", "memory");
	__builtin_unreachable();
}

/* The distance of a call instruction followed by a return, within a function that does nothing else; -1 if none. */
static inline int stray_gate_in(const unsigned char *code)
{
	static const unsigned char call_and_return[] = {0x01, 0x00, 0x00, 0xd4, 0xc0, 0x03, 0x5f, 0xd6};

	for (int i = 0; i < 24; i += 4) {
		if (memcmp(code + i, call_and_return, sizeof(call_and_return)) == 0)
			return i;
	}
	return -1;
}

/* Two neighbouring bytes of a system call, the upper half of its instruction. */
#define STRAY_PAIR_FIRST 0x00
#define STRAY_PAIR_SECOND 0xd4

/* Is the pair at `code`, whose bytes from -8 to 7 can be read, part of a system call? */
static inline bool stray_is_call(const unsigned char *code)
{
	return ((uintptr_t)code & 3) == 2 && code[-2] == 0x01 && code[-1] == 0x00;
}
