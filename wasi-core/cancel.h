/* What a thread that is cancelled in a host call lets go of. glibc ends it by unwinding, which runs what the cleanup attribute
 * names; musl only runs the handlers that it was told of. */
#ifndef WASI_CANCEL_H
#define WASI_CANCEL_H

#include <pthread.h>

#if defined(__GLIBC__)
struct cancel_handler {
	char unused;
};

static inline void cancel_handler_push(struct cancel_handler *h, void (*function)(void *), void *argument)
{
	(void)h;
	(void)function;
	(void)argument;
}

static inline void cancel_handler_pop(struct cancel_handler *h)
{
	(void)h;
}
#else
/* pthread_cleanup_push, which opens a block that its counterpart has to close, in two functions. */
struct cancel_handler {
	struct __ptcb cleanup;
};

static inline void cancel_handler_push(struct cancel_handler *h, void (*function)(void *), void *argument)
{
	_pthread_cleanup_push(&h->cleanup, function, argument);
}

static inline void cancel_handler_pop(struct cancel_handler *h)
{
	_pthread_cleanup_pop(&h->cleanup, 0);
}
#endif

#endif
