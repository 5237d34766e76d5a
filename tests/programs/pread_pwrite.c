/* pread and pwrite leave the offset alone; holes; bad offsets. */
#include "twin.h"

int main(void)
{
	char text[16] = "";
	int fd = open("work", O_RDWR | O_CREAT | O_TRUNC, 0666);
	SHOW(pwrite(fd, "abcdef", 6, 0));
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(pread(fd, text, 3, 2));
	printf("  \"%s\"\n", text);
	SHOW(pread(fd, text, 8, 4));
	SHOW(pread(fd, text, 8, 6));
	SHOW(pread(fd, text, 8, 1000));
	SHOW(pread(fd, text, 0, 0));
	SHOW(pwrite(fd, "Z", 1, 9));
	SHOW(pread(fd, text, 10, 0));
	printf("  hole is zero: %d\n", memcmp(text + 6, "\0\0\0Z", 4) == 0);
	SHOW(pwrite(fd, "", 0, 5000));
	struct stat st;
	fstat(fd, &st);
	printf("  size %lld\n", (long long)st.st_size);
	SHOW(pread(fd, text, 1, -1));
	SHOW(pwrite(fd, "x", 1, -1));
	SHOW(lseek(fd, 0, SEEK_CUR));
	return 0;
}
