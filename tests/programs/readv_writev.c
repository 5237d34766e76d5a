/* Scatter and gather, empty pieces, many pieces. */
#include <sys/uio.h>

#include "twin.h"

int main(void)
{
	char a[4] = "", b[8] = "";
	struct iovec out[4] = {{"one", 3}, {"", 0}, {"two", 3}, {"three", 5}};
	struct iovec in[3] = {{a, 3}, {NULL, 0}, {b, 7}};
	int fd = open("work", O_RDWR | O_CREAT | O_TRUNC, 0666);
	SHOW(writev(fd, out, 4));
	SHOW(writev(fd, out, 0));
	SHOW(lseek(fd, 0, SEEK_SET));
	SHOW(readv(fd, in, 3));
	printf("  \"%s\" \"%s\"\n", a, b);
	SHOW(readv(fd, in, 3));
	SHOW(readv(fd, in, 3));
	SHOW(preadv(fd, in, 1, 6));
	printf("  \"%s\"\n", a);
	SHOW(pwritev(fd, out, 1, 20));
	static char digits[] = "0123456789";
	static struct iovec many[500];
	for (int i = 0; i < 500; i++)
		many[i] = (struct iovec){&digits[i % 10], 1};
	SHOW(writev(fd, many, 500));
	SHOW(lseek(fd, 0, SEEK_END));
	return 0;
}
