/* int run_shown(pc, sp, mem, r0, x, frame): shown.h. */
	.text
	.balign 16
	.globl run_shown
	.hidden run_shown
	.type run_shown, @function
run_shown:
	.cfi_startproc
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %r9, %rbp
	call *(%rdi)
	pop %rbp
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size run_shown, . - run_shown
	.section .note.GNU-stack, "", %progbits
