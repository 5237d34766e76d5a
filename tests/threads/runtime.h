/* Threads for a freestanding module, in the manner of pthreads: create, join, mutexes, condition variables, all on
 * wasi-threads and the atomic instructions. Debian's C library for wasm has no threads, so these programs have none. */
#ifndef TEST_THREADS_RUNTIME_H
#define TEST_THREADS_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

struct buffer {
	const void *base;
	size_t len;
};
IMPORT("wasi_snapshot_preview1", "fd_write") int fd_write(int fd, const struct buffer *iovs, size_t n, size_t *ret);
IMPORT("wasi_snapshot_preview1", "proc_exit") _Noreturn void proc_exit(int code);
IMPORT("wasi_snapshot_preview1", "args_sizes_get") int args_sizes_get(size_t *count, size_t *bytes);
IMPORT("wasi_snapshot_preview1", "args_get") int args_get(char **args, char *buffer);
IMPORT("wasi", "thread-spawn") int32_t thread_spawn(void *argument);

/* ---- output ---- */

static inline void print(const char *text)
{
	struct buffer iov = {text, 0};
	size_t n;
	while (text[iov.len])
		iov.len++;
	fd_write(1, &iov, 1, &n);
}

static inline void print_number(const char *what, unsigned n)
{
	char digits[12], *p = digits + sizeof(digits) - 1;
	*p = 0;
	*--p = '\n';
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	print(what);
	print(p);
}

/* ---- mutexes and condition variables ---- */

typedef struct {
	int32_t state; /* 0 free, 1 held, 2 held and somebody waits */
} mutex_t;

static inline void mutex_lock(mutex_t *m)
{
	int32_t seen = 0;
	if (__atomic_compare_exchange_n(&m->state, &seen, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	while (__atomic_exchange_n(&m->state, 2, __ATOMIC_SEQ_CST))
		__builtin_wasm_memory_atomic_wait32(&m->state, 2, -1);
}

static inline void mutex_unlock(mutex_t *m)
{
	if (__atomic_exchange_n(&m->state, 0, __ATOMIC_SEQ_CST) == 2)
		__builtin_wasm_memory_atomic_notify(&m->state, 1);
}

typedef struct {
	int32_t turn;
} cond_t;

static inline void cond_wait(cond_t *c, mutex_t *m)
{
	int32_t turn = __atomic_load_n(&c->turn, __ATOMIC_SEQ_CST);
	mutex_unlock(m);
	__builtin_wasm_memory_atomic_wait32(&c->turn, turn, -1);
	mutex_lock(m);
}

static inline void cond_broadcast(cond_t *c)
{
	__atomic_fetch_add(&c->turn, 1, __ATOMIC_SEQ_CST);
	__builtin_wasm_memory_atomic_notify(&c->turn, ~0u);
}

/* ---- threads ---- */

enum { STACK_BYTES = 16384, TLS_BYTES = 256 };

/* The first two fields are what start.s reads. */
typedef struct {
	void *stack_top, *tls;
	void *(*run)(void *);
	void *argument, *result;
	int32_t done;
	_Alignas(16) char stack[STACK_BYTES];
	_Alignas(16) char tls_block[TLS_BYTES];
} thread_t;

/* Called by wasi_thread_start (start.s) once the thread has its stack and its thread-local variables. */
void thread_main(int32_t id, thread_t *t);
void thread_main(int32_t id, thread_t *t)
{
	(void)id;
	t->result = t->run(t->argument);
	__atomic_store_n(&t->done, 1, __ATOMIC_SEQ_CST);
	__builtin_wasm_memory_atomic_notify(&t->done, ~0u);
}

/* Made by the linker: thread-local variables at p, as they begin. */
void __wasm_init_tls(void *p);

/* Returns 0, or an errno. */
static inline int thread_create(thread_t *t, void *(*run)(void *), void *argument)
{
	if (__builtin_wasm_tls_size() > TLS_BYTES)
		__builtin_trap();
	*t = (thread_t){.stack_top = t->stack + STACK_BYTES, .tls = t->tls_block, .run = run, .argument = argument};
	int32_t id = thread_spawn(t);
	return id > 0 ? 0 : -id;
}

static inline void *thread_join(thread_t *t)
{
	while (!__atomic_load_n(&t->done, __ATOMIC_SEQ_CST))
		__builtin_wasm_memory_atomic_wait32(&t->done, 0, -1);
	return t->result;
}

#endif
