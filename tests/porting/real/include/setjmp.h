/* setjmp by WebAssembly's exceptions: clang -mllvm -wasm-enable-sjlj -mexception-handling rewrites its callers, setjmp.c has
 * what they call. */
#ifndef ABSENT_SETJMP_H
#define ABSENT_SETJMP_H

typedef struct {
	unsigned id; /* of the call of setjmp that filled it */
} jmp_buf[1];

int setjmp(jmp_buf env) __attribute__((returns_twice));
void longjmp(jmp_buf env, int value) __attribute__((noreturn));
#define _setjmp setjmp
#define _longjmp longjmp

#endif
