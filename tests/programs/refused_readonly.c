/* @dir data::/:ro
 * A read-only grant: reading works, everything that changes something is refused and changes nothing. */
#include <time.h>

#include "twin.h"

int main(void)
{
	struct timespec times[2] = {{1, 0}, {1, 0}};
	cat("hello.txt");
	cat("dir/a");
	FD(open("hello.txt", O_WRONLY));
	FD(open("hello.txt", O_RDWR));
	FD(open("hello.txt", O_RDONLY | O_TRUNC));
	FD(open("new", O_RDONLY | O_CREAT, 0666));
	FD(open("new", O_WRONLY | O_CREAT, 0666));
	PTR(fopen("hello.txt", "a"));
	SHOW(mkdir("new", 0777));
	SHOW(rmdir("empty"));
	SHOW(unlink("hello.txt"));
	SHOW(rename("hello.txt", "other"));
	SHOW(link("hello.txt", "other"));
	SHOW(symlink("hello.txt", "other"));
	SHOW(truncate("hello.txt", 0));
	SHOW(utimensat(AT_FDCWD, "hello.txt", times, 0));
	int fd = FD(open("hello.txt", O_RDONLY));
	SHOW(write(fd, "x", 1));
	SHOW(pwrite(fd, "x", 1, 0));
	printf("ftruncate fails: %d\n", ftruncate(fd, 0) < 0);
	SHOW(futimens(fd, times));
	SHOW(access("hello.txt", R_OK));
	SHOW(access("hello.txt", W_OK));
	cat("hello.txt");
	return 0;
}
