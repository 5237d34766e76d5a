/* @stdin some input
 * poll and select: files and standard streams are ready, timeouts pass, closed descriptors are told. */
#include <poll.h>
#include <sys/select.h>
#include <time.h>

#include "twin.h"

static long long now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int main(void)
{
	int file = open("hello.txt", O_RDONLY);
	struct pollfd one = {.fd = file, .events = POLLIN};
	SHOW(poll(&one, 1, 1000));
	printf("  readable %d\n", (one.revents & POLLIN) != 0);
	struct pollfd out = {.fd = 1, .events = POLLOUT};
	SHOW(poll(&out, 1, 1000));
	printf("  writable %d\n", (out.revents & POLLOUT) != 0);
	struct pollfd in = {.fd = 0, .events = POLLIN};
	SHOW(poll(&in, 1, 1000));
	printf("  readable %d\n", (in.revents & POLLIN) != 0);
	struct pollfd two[2] = {{.fd = file, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
	SHOW(poll(two, 2, -1));
	long long before = now();
	SHOW(poll(NULL, 0, 30));
	printf("  waited %d\n", now() - before >= 29);
	fd_set readable, writable;
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_SET(file, &readable);
	FD_SET(1, &writable);
	struct timeval tv = {1, 0};
	SHOW(select((file > 1 ? file : 1) + 1, &readable, &writable, NULL, &tv));
	printf("  file %d stdout %d\n", FD_ISSET(file, &readable) != 0, FD_ISSET(1, &writable) != 0);
	return 0;
}
