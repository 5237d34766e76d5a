#include "wait.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum {
	SLICE_NS = 100000000, /* how late an interruption may be noticed */
	SECOND_NS = 1000000000
};

struct waiter {
	const void *p;
	pthread_cond_t wake;
	bool woken;
	struct waiter *next;
};

/* Whoever waits is not in a hurry: one lock and one list, in the order of arrival. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct waiter *first;

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static bool equals(const void *p, unsigned size, uint64_t expected)
{
	return size == 8 ? __atomic_load_n((const uint64_t *)p, __ATOMIC_SEQ_CST) == expected
			 : __atomic_load_n((const uint32_t *)p, __ATOMIC_SEQ_CST) == (uint32_t)expected;
}

static void leave(const struct waiter *waiter)
{
	struct waiter **at = &first;
	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
}

enum wait_result wait_for(const void *p, unsigned size, uint64_t expected, int64_t nanoseconds, const atomic_bool *interrupt)
{
	/* More than 2^63 ns after the machine's start is never. */
	uint64_t start = now(), end = nanoseconds < 0 ? UINT64_MAX : start + (uint64_t)nanoseconds;
	pthread_mutex_lock(&lock);
	if (!equals(p, size, expected)) {
		pthread_mutex_unlock(&lock);
		return WAIT_NOT_EQUAL;
	}
	struct waiter self = {.p = p};
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&self.wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	struct waiter **last = &first;
	while (*last)
		last = &(*last)->next;
	*last = &self;
	enum wait_result result = WAIT_OK;
	while (!self.woken && result == WAIT_OK) {
		uint64_t at = now(), until = end - at > SLICE_NS && end > at ? at + SLICE_NS : end;
		if (at >= end)
			result = WAIT_TIMED_OUT;
		else if (atomic_load(interrupt))
			result = WAIT_INTERRUPTED;
		else
			pthread_cond_timedwait(&self.wake, &lock,
					       &(struct timespec){(time_t)(until / SECOND_NS), (long)(until % SECOND_NS)});
	}
	if (!self.woken)
		leave(&self);
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&self.wake);
	return result;
}

uint32_t wait_notify(const void *p, uint32_t count)
{
	uint32_t n = 0;
	pthread_mutex_lock(&lock);
	for (struct waiter **at = &first; *at && n < count;) {
		struct waiter *waiter = *at;
		if (waiter->p != p) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->woken = true;
		pthread_cond_signal(&waiter->wake);
		n++;
	}
	pthread_mutex_unlock(&lock);
	return n;
}
