/* Directories that cannot be opened or read. */
#include "twin.h"

int main(void)
{
	PTR(opendir("gone"));
	PTR(opendir("hello.txt"));
	PTR(opendir(""));
	PTR(opendir("loop"));
	PTR(opendir("escape"));
	PTR(opendir("to-dir"));
	PTR(opendir("dir/"));
	int fd = FD(open("hello.txt", O_RDONLY));
	PTR(fdopendir(fd));
	return 0;
}
