/* Clocks advance, have a resolution, and sleeping lasts at least as long as asked. */
#include <sys/time.h>
#include <time.h>

#include "twin.h"

static long long now(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(void)
{
	struct timespec res;
	SHOW(clock_getres(CLOCK_REALTIME, &res));
	printf("resolution plausible: %d\n", res.tv_sec == 0 && res.tv_nsec > 0);
	SHOW(clock_getres(CLOCK_MONOTONIC, &res));
	long long before = now(CLOCK_MONOTONIC);
	struct timespec pause = {0, 20000000};
	SHOW(nanosleep(&pause, NULL));
	long long slept = now(CLOCK_MONOTONIC) - before;
	printf("slept at least as long as asked: %d, not a second more: %d\n", slept >= 20000000, slept < 1000000000);
	before = now(CLOCK_MONOTONIC);
	SHOW(usleep(10000));
	printf("usleep: %d\n", now(CLOCK_MONOTONIC) - before >= 10000000);
	struct timeval tv;
	SHOW(gettimeofday(&tv, NULL));
	time_t t = time(NULL);
	printf("time and gettimeofday agree: %d, after 2020: %d\n", t - tv.tv_sec <= 1, t > 1577836800);
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec -= 1;
	SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
	return 0;
}
