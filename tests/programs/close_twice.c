/* After close every call says EBADF; standard descriptors can be closed, too. */
#include <sys/uio.h>

#include "twin.h"

int main(void)
{
	char buffer[8];
	struct stat st;
	struct iovec iov = {buffer, sizeof buffer};
	int fd = open("hello.txt", O_RDWR);
	SHOW(close(fd));
	SHOW(close(fd));
	SHOW(read(fd, buffer, 1));
	SHOW(write(fd, "x", 1));
	SHOW(write(fd, "", 0));
	SHOW(readv(fd, &iov, 1));
	SHOW(writev(fd, &iov, 0));
	SHOW(pread(fd, buffer, 1, 0));
	SHOW(pwrite(fd, "x", 1, 0));
	SHOW(lseek(fd, 0, SEEK_SET));
	SHOW(fstat(fd, &st));
	SHOW(ftruncate(fd, 0));
	SHOW(fsync(fd));
	SHOW(fdatasync(fd));
	SHOW(futimens(fd, NULL));
	SHOW(isatty(fd));
	SHOW(close(-1));
	SHOW(close(0));
	SHOW(read(0, buffer, 1));
	fd = open("hello.txt", O_RDONLY);
	SHOW(read(fd, buffer, 5));
	return 0;
}
