/* A stray system call on x86-64: its registers in the context that the signal handler gets, and the look of its
 * instruction. */
#include <ucontext.h>

#define STRAY_ARCH 0xc000003e /* AUDIT_ARCH_X86_64 */
#define STRAY_CLONE_CHILD_TID 3

/* The seventh is the number. The kernel has put back what the call clobbered, and stands behind the instruction. */
static inline void stray_arguments(const ucontext_t *context, long ret[7])
{
	static const int registers[7] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9, REG_RAX};

	for (int i = 0; i < 7; i++)
		ret[i] = context->uc_mcontext.gregs[registers[i]];
}

static inline void stray_answered(ucontext_t *context, long result)
{
	context->uc_mcontext.gregs[REG_RAX] = result;
}

static inline uintptr_t stray_address(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

static inline void stray_set_stack(ucontext_t *context, long stack)
{
	context->uc_mcontext.gregs[REG_RSP] = stack;
}

static inline long stray_stack(const ucontext_t *context)
{
	return context->uc_mcontext.gregs[REG_RSP];
}

/* rt_sigreturn(2) of a frame at this stack pointer, by the instruction at `gate`. */
__attribute__((noreturn)) static inline void stray_return_from(long stack, long number, uintptr_t gate)
{
	__asm__ volatile("movq %0, %%rsp\n\tjmp *%2" : : "r"(stack), "a"(number), "r"(gate) : "memory");
	__builtin_unreachable();
}

/* The distance of a call instruction followed by a return, within a function that does nothing else; -1 if none. */
static inline int stray_gate_in(const unsigned char *code)
{
	for (int i = 0; i < 24; i++) {
		if (code[i] == 0x0f && code[i + 1] == 0x05 && code[i + 2] == 0xc3)
			return i;
	}
	return -1;
}

/* Two neighbouring bytes of a system call. */
#define STRAY_PAIR_FIRST 0x0f
#define STRAY_PAIR_SECOND 0x05

/* Is the pair at `code`, whose bytes from -8 to 7 can be read, a system call? The two bytes also appear within distances and
 * constants; these are told by what stands around them: no instruction that follows a system call begins with 00, with
 * ff ff, or has 00 as its second byte; a relative call or jump ends in 00 or ff. A return from a signal handler, which
 * unwinders look for by its bytes, concerns nobody else. */
static inline bool stray_is_call(const unsigned char *code)
{
	static const unsigned char sigreturn[] = {0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00};

	if (code[2] == 0x00 || code[3] == 0x00 || (code[2] == 0xff && code[3] == 0xff))
		return false;
	if ((code[-1] == 0xe8 || code[-1] == 0xe9) && code[3] == 0xff)
		return false;
	return memcmp(code - sizeof(sigreturn), sigreturn, sizeof(sigreturn)) != 0;
}
