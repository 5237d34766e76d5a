/* shim_gate_call(number, a, b, c, d, e, f): a raw system call, made by the instruction that shim_gate points to. Until
 * strays are funnelled that is the one below; then it is one of the C library's, whose calls the kernel lets pass. */
	.text
	.p2align 4
	.globl shim_gate_call
	.hidden shim_gate_call
	.type shim_gate_call, %function
shim_gate_call:
	.cfi_startproc
	mov x8, x0
	mov x0, x1
	mov x1, x2
	mov x2, x3
	mov x3, x4
	mov x4, x5
	mov x5, x6
	adrp x16, shim_gate
	ldr x16, [x16, :lo12:shim_gate]
	br x16
gate:	svc #0
	ret
	.cfi_endproc
	.size shim_gate_call, . - shim_gate_call

	.data
	.p2align 3
	.globl shim_gate
	.hidden shim_gate
	.type shim_gate, %object
shim_gate:
	.xword gate
	.size shim_gate, 8

	.section .note.GNU-stack, "", %progbits
