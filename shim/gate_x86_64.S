/* shim_gate_call(number, a, b, c, d, e, f): a raw system call, made by the instruction that shim_gate points to. Until
 * strays are funnelled that is the one below; then it is one of the C library's, whose calls the kernel lets pass. */
	.text
	.p2align 4
	.globl shim_gate_call
	.hidden shim_gate_call
	.type shim_gate_call, @function
shim_gate_call:
	.cfi_startproc
	endbr64
	movq %rdi, %rax
	movq %rsi, %rdi
	movq %rdx, %rsi
	movq %rcx, %rdx
	movq %r8, %r10
	movq %r9, %r8
	movq 8(%rsp), %r9
	jmp *shim_gate(%rip)
gate:	endbr64
	syscall
	ret
	.cfi_endproc
	.size shim_gate_call, . - shim_gate_call

	.data
	.p2align 3
	.globl shim_gate
	.hidden shim_gate
	.type shim_gate, @object
shim_gate:
	.quad gate
	.size shim_gate, 8

	.section .note.GNU-stack, "", @progbits
