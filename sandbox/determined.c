/* Clocks and random numbers that are the same in every run: see determined.h. */
#include "determined.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

static struct {
	long (*clock_gettime)(int id, struct timespec *ret);
	enum policy_clock clock;
	int64_t clock_ns;
	uint64_t seed;
	uint64_t used; /* numbers taken from the sequence, of 64 bits each */
} state;

static long determined_clock(int id, struct timespec *ret)
{
	int64_t ns = state.clock_ns;
	long result = 0;
	if (id != CLOCK_REALTIME || state.clock == POLICY_CLOCK_OFFSET)
		result = state.clock_gettime(id, ret);
	if (id != CLOCK_REALTIME || result < 0)
		return result;
	if (state.clock == POLICY_CLOCK_OFFSET && __builtin_add_overflow(ns, ret->tv_sec * SECOND + ret->tv_nsec, &ns))
		ns = INT64_MAX;
	if (ns < 0)
		ns = 0; /* preview1 has no times before 1970 */
	*ret = (struct timespec){ .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };
	return 0;
}

/* splitmix64: number i of a seed's sequence, without anything to keep but i. */
static uint64_t number(uint64_t i)
{
	uint64_t z = state.seed + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A request takes whole numbers, so that threads need to agree on nothing but their count. */
static long determined_random(void *buf, size_t len, unsigned flags)
{
	(void)flags;
	uint64_t i = __atomic_fetch_add(&state.used, (len + 7) / 8, __ATOMIC_RELAXED);
	for (size_t done = 0; done < len; i++) {
		uint64_t value = number(i);
		size_t n = len - done < sizeof(value) ? len - done : sizeof(value);
		memcpy((char *)buf + done, &value, n);
		done += n;
	}
	return (long)len;
}

void determined_install(struct wasi_host *host, const struct policy *p)
{
	state.clock_gettime = host->clock_gettime;
	state.clock = p->clock;
	state.clock_ns = (int64_t)p->clock_ns;
	state.seed = p->seed;
	if (p->clock != POLICY_CLOCK_REAL)
		host->clock_gettime = determined_clock;
	if (p->seeded)
		host->getrandom = determined_random;
}
