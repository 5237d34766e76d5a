/* Access modes: what a descriptor opened one way refuses to do. */
#include "twin.h"

static void use(const char *name, int fd)
{
	char buffer[4] = "abc";
	printf("-- %s\n", name);
	SHOW(read(fd, buffer, 3));
	SHOW(write(fd, "xyz", 3));
	SHOW(read(fd, buffer, 0));
	SHOW(write(fd, "", 0));
	SHOW(pread(fd, buffer, 3, 0));
	SHOW(pwrite(fd, "p", 1, 1));
	SHOW(lseek(fd, 0, SEEK_CUR));
	printf("status flags: %s\n", fcntl(fd, F_GETFL) < 0 ? errno_name(errno) : "ok");
	SHOW(fsync(fd));
	close(fd);
}

int main(void)
{
	put("work", "0123456789");
	use("read only", open("work", O_RDONLY));
	use("write only", open("work", O_WRONLY));
	use("read and write", open("work", O_RDWR));
	cat("work");
	use("closed", open("none", O_RDONLY));
	return 0;
}
