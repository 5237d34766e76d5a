/* What threads of a module do, chosen by the first letter of the first argument: see test_threads.c. */
#include "runtime.h"

enum { THREADS = 8, TIMES = 2000, ITEMS = 500 };

static thread_t threads[THREADS];
static mutex_t lock;
static unsigned counter;
static _Thread_local unsigned own = 7;

static void *count(void *argument)
{
	for (int i = 0; i < TIMES; i++) {
		mutex_lock(&lock);
		counter++; /* not atomic: the lock must do */
		mutex_unlock(&lock);
		own++;
	}
	return (void *)((uintptr_t)argument + own);
}

static void counting(void)
{
	uintptr_t sum = 0;
	for (int i = 0; i < THREADS; i++)
		if (thread_create(&threads[i], count, (void *)(i * 100000)))
			proc_exit(10);
	for (int i = 0; i < THREADS; i++)
		sum += (uintptr_t)thread_join(&threads[i]);
	print_number("counter ", counter);
	print_number("results ", (unsigned)sum);
	print_number("own ", own);
}

/* One place between producer and consumer. */
static cond_t changed;
static unsigned place, produced;

static void *produce(void *argument)
{
	(void)argument;
	for (unsigned i = 1; i <= ITEMS; i++) {
		mutex_lock(&lock);
		while (place)
			cond_wait(&changed, &lock);
		place = i;
		produced++;
		cond_broadcast(&changed);
		mutex_unlock(&lock);
	}
	return NULL;
}

static void queueing(void)
{
	unsigned sum = 0;
	for (int i = 0; i < 2; i++)
		if (thread_create(&threads[i], produce, NULL))
			proc_exit(10);
	for (int i = 0; i < 2 * ITEMS; i++) {
		mutex_lock(&lock);
		while (!place)
			cond_wait(&changed, &lock);
		sum += place;
		place = 0;
		cond_broadcast(&changed);
		mutex_unlock(&lock);
	}
	for (int i = 0; i < 2; i++)
		thread_join(&threads[i]);
	print_number("produced ", produced);
	print_number("sum ", sum);
}

static void wait_for_ever(void)
{
	static int32_t never;
	__builtin_wasm_memory_atomic_wait32(&never, 0, -1);
}

static void *stay(void *argument)
{
	(void)argument;
	wait_for_ever();
	return NULL;
}

static void *leave(void *argument)
{
	proc_exit((int)(uintptr_t)argument);
}

static void *trap(void *argument)
{
	(void)argument;
	__builtin_trap();
}

/* Starts threads that stay until one is refused, and ends with them running. */
static void crowding(void)
{
	static thread_t one;
	unsigned n = 0;
	int error;
	/* All on one stack: they do not return. */
	while (!(error = thread_create(&one, stay, NULL)))
		n++;
	print_number("threads ", n);
	print_number("error ", (unsigned)error);
}

EXPORT("_start") void start(void)
{
	static char buffer[1024], *args[16];
	_Alignas(16) static char tls[TLS_BYTES];
	__wasm_init_tls(tls);
	size_t n, bytes;
	if (args_sizes_get(&n, &bytes) || n > 16 || bytes > sizeof(buffer) || args_get(args, buffer) || n < 2)
		proc_exit(9);
	switch (args[1][0]) {
	case 'c':
		counting();
		break;
	case 'q':
		queueing();
		break;
	case 'x':
		thread_create(&threads[0], leave, (void *)7);
		wait_for_ever();
		break;
	case 't':
		thread_create(&threads[0], trap, NULL);
		wait_for_ever();
		break;
	case 'r':
		thread_create(&threads[0], stay, NULL);
		print("returning\n");
		break;
	case 'm':
		crowding();
		break;
	}
}
