/* fcntl: status flags that can be read and set, access modes, descriptor flags. */
#include "twin.h"

static void show_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	printf("  flags:%s%s%s\n", flags & O_APPEND ? " append" : "", flags & O_NONBLOCK ? " nonblock" : "",
	       flags < 0 ? errno_name(errno) : "");
}

int main(void)
{
	put("work", "");
	int fd = FD(open("work", O_RDWR));
	show_flags(fd);
	SHOW(fcntl(fd, F_SETFL, O_APPEND));
	show_flags(fd);
	SHOW(write(fd, "abc", 3));
	SHOW(lseek(fd, 0, SEEK_SET));
	SHOW(write(fd, "def", 3));
	SHOW(fcntl(fd, F_SETFL, 0));
	show_flags(fd);
	SHOW(lseek(fd, 0, SEEK_SET));
	SHOW(write(fd, "X", 1));
	SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
	show_flags(fd);
	cat("work");
	int appending = FD(open("work", O_WRONLY | O_APPEND | O_NONBLOCK));
	show_flags(appending);
	SHOW(fcntl(99, F_GETFL));
	SHOW(fcntl(99, F_SETFL, 0));
	SHOW(fcntl(99, F_GETFD));
	return 0;
}
