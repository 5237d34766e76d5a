/* The symbols that the shim puts in front of the C library's: for each row of wrap.def a thunk that jumps through a
 * slot. A slot is empty until the first call; then shim_lazy asks shim_resolve (resolve.c) where the row leads in this
 * profile, with all argument registers kept. So the library costs nothing at start-up but its mapping: no relocation,
 * no symbol lookup. %r11 is the only register that a call may clobber and that carries no argument (%r10 may). */

#define PASSED(name, family, reason)

	.bss
	.p2align 6
	.globl shim_slots
	.hidden shim_slots
	.type shim_slots, @object
shim_slots:
#define WRAP(name, family, strict, posix) .zero 8;
#include "wrap.def"
#define PASSED(name, family, reason)
	.size shim_slots, . - shim_slots

	.text
	.set index, 0
#define WRAP(name, family, strict, posix)	\
	.globl name;				\
	.type name, @function;			\
	.p2align 4;				\
name:	.cfi_startproc;				\
	endbr64;				\
	movq shim_slots + index * 8(%rip), %r11; \
	testq %r11, %r11;			\
	jz 1f;					\
	jmp *%r11;				\
1:	movl $index, %r11d;			\
	jmp shim_lazy;				\
	.cfi_endproc;				\
	.size name, . - name;			\
	.set index, index + 1;
#if defined(WASIWARD_MUSL)
/* musl has no such symbol to put ours before: ours is for the shim alone. */
#define KERNEL(name, family, strict, posix) \
	.hidden name;			\
	WRAP(name, family, strict, posix)
#endif
#include "wrap.def"

	.p2align 4
	.type shim_lazy, @function
shim_lazy:
	.cfi_startproc
	pushq %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	subq $192, %rsp
	movq %rax, (%rsp)
	movq %rdi, 8(%rsp)
	movq %rsi, 16(%rsp)
	movq %rdx, 24(%rsp)
	movq %rcx, 32(%rsp)
	movq %r8, 40(%rsp)
	movq %r9, 48(%rsp)
	movq %r10, 56(%rsp)
	movups %xmm0, 64(%rsp)
	movups %xmm1, 80(%rsp)
	movups %xmm2, 96(%rsp)
	movups %xmm3, 112(%rsp)
	movups %xmm4, 128(%rsp)
	movups %xmm5, 144(%rsp)
	movups %xmm6, 160(%rsp)
	movups %xmm7, 176(%rsp)
	movl %r11d, %edi
	movq 8(%rbp), %rsi /* where the call comes from */
	call shim_resolve
	movq %rax, %r11
	movq (%rsp), %rax
	movq 8(%rsp), %rdi
	movq 16(%rsp), %rsi
	movq 24(%rsp), %rdx
	movq 32(%rsp), %rcx
	movq 40(%rsp), %r8
	movq 48(%rsp), %r9
	movq 56(%rsp), %r10
	movups 64(%rsp), %xmm0
	movups 80(%rsp), %xmm1
	movups 96(%rsp), %xmm2
	movups 112(%rsp), %xmm3
	movups 128(%rsp), %xmm4
	movups 144(%rsp), %xmm5
	movups 160(%rsp), %xmm6
	movups 176(%rsp), %xmm7
	leave
	.cfi_def_cfa %rsp, 8
	jmp *%r11
	.cfi_endproc
	.size shim_lazy, . - shim_lazy

	.section .note.GNU-stack, "", @progbits
