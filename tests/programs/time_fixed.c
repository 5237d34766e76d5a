/* A clock that stands still.
 * @option --clock=fixed:1709209800.25 */
#include <sys/time.h>
#include <time.h>

#include "twin.h"

int main(void)
{
	struct timespec t, again, pause = { 0, 2000000 };
	struct timeval tv;
	SHOW(time(NULL));
	SHOW(clock_gettime(CLOCK_REALTIME, &t));
	printf("%lld.%09ld\n", (long long)t.tv_sec, t.tv_nsec);
	SHOW(gettimeofday(&tv, NULL));
	printf("%lld.%06ld\n", (long long)tv.tv_sec, (long)tv.tv_usec);
	char text[64];
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime(&t.tv_sec));
	puts(text);
	clock_gettime(CLOCK_MONOTONIC, &t);
	SHOW(nanosleep(&pause, NULL));
	clock_gettime(CLOCK_MONOTONIC, &again);
	printf("waiting takes time: %d\n", again.tv_sec > t.tv_sec || again.tv_nsec >= t.tv_nsec + 2000000);
	return 0;
}
