# Where a thread begins: its instance is new and has the stack pointer and the thread-local variables of a first thread.
	.globaltype __stack_pointer, i32
	.functype __wasm_init_tls (i32) -> ()
	.functype thread_main (i32, i32) -> ()

	.globl	wasi_thread_start
	.type	wasi_thread_start,@function
	.export_name	wasi_thread_start, wasi_thread_start
wasi_thread_start:
	.functype wasi_thread_start (i32, i32) -> ()
	local.get 1
	i32.load 0
	global.set __stack_pointer
	local.get 1
	i32.load 4
	call __wasm_init_tls
	local.get 0
	local.get 1
	call thread_main
	end_function
