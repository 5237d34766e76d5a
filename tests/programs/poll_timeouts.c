/* poll with nothing to wait for, and select on files. */
#include <poll.h>
#include <sys/select.h>

#include "twin.h"

int main(void)
{
	int fd = FD(open("hello.txt", O_RDONLY));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	SHOW(poll(&p, 1, 1000));
	printf("readable: %d\n", (p.revents & POLLIN) != 0);
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	struct timeval t = { 1, 0 };
	SHOW(select(fd + 1, &set, NULL, NULL, &t));
	printf("set: %d\n", FD_ISSET(fd, &set) != 0);
	return 0;
}
