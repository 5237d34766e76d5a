/* Holes read as zeros. */
#include "twin.h"

int main(void)
{
	char text[8] = "";
	int fd = FD(open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0644));
	SHOW(lseek(fd, 10000, SEEK_SET));
	SHOW(write(fd, "end", 3));
	SHOW(pread(fd, text, 4, 9998));
	printf("%d %d %c%c\n", text[0], text[1], text[2], text[3]);
	SHOW(ftruncate(fd, 9999));
	SHOW(lseek(fd, 0, SEEK_END));
	SHOW(ftruncate(fd, -1));
	SHOW(close(fd));
	return 0;
}
