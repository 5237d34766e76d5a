/* A file that is removed while it is open stays readable. */
#include "twin.h"

int main(void)
{
	char text[16] = "";
	struct stat st;
	int fd = FD(open("hello.txt", O_RDONLY));
	SHOW(unlink("hello.txt"));
	SHOW(access("hello.txt", F_OK));
	SHOW(read(fd, text, 5));
	puts(text);
	SHOW(fstat(fd, &st));
	printf("%d links\n", (int)st.st_nlink);
	SHOW(close(fd));
	SHOW(rmdir("dir"));
	SHOW(rmdir("empty"));
	SHOW(rmdir("hello.txt"));
	return 0;
}
