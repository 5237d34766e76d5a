/* The thunks of thunk_x86_64.S for aarch64: x16 and x17 are the registers that a call may clobber; x0-x8 and v0-v7
 * carry arguments. */

#define PASSED(name, family, reason)

	.bss
	.p2align 6
	.globl shim_slots
	.hidden shim_slots
	.type shim_slots, %object
shim_slots:
#define WRAP(name, family, strict, posix) .zero 8;
#include "wrap.def"
#define PASSED(name, family, reason)
	.size shim_slots, . - shim_slots

	.text
	.set index, 0
#define WRAP(name, family, strict, posix)	\
	.globl name;				\
	.type name, %function;			\
	.p2align 4;				\
name:	.cfi_startproc;				\
	hint 34;				\
	adrp x16, shim_slots + index * 8;	\
	ldr x16, [x16, :lo12:shim_slots + index * 8]; \
	cbz x16, 1f;				\
	br x16;					\
1:	mov w17, index;				\
	b shim_lazy;				\
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
	.type shim_lazy, %function
shim_lazy:
	.cfi_startproc
	stp x29, x30, [sp, #-224]!
	.cfi_def_cfa_offset 224
	.cfi_offset x29, -224
	.cfi_offset x30, -216
	mov x29, sp
	stp x0, x1, [sp, #16]
	stp x2, x3, [sp, #32]
	stp x4, x5, [sp, #48]
	stp x6, x7, [sp, #64]
	str x8, [sp, #80]
	stp q0, q1, [sp, #96]
	stp q2, q3, [sp, #128]
	stp q4, q5, [sp, #160]
	stp q6, q7, [sp, #192]
	mov w0, w17
	mov x1, x30 /* where the call comes from */
	bl shim_resolve
	mov x16, x0
	ldp x0, x1, [sp, #16]
	ldp x2, x3, [sp, #32]
	ldp x4, x5, [sp, #48]
	ldp x6, x7, [sp, #64]
	ldr x8, [sp, #80]
	ldp q0, q1, [sp, #96]
	ldp q2, q3, [sp, #128]
	ldp q4, q5, [sp, #160]
	ldp q6, q7, [sp, #192]
	ldp x29, x30, [sp], #224
	.cfi_def_cfa_offset 0
	br x16
	.cfi_endproc
	.size shim_lazy, . - shim_lazy

	.section .note.GNU-stack, "", %progbits
