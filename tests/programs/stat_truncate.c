/* ftruncate, truncate, posix_fallocate, posix_fadvise: sizes and offsets afterwards. */
#include "twin.h"

static void size(const char *path)
{
	struct stat st;
	stat(path, &st);
	printf("  %s: %lld bytes\n", path, (long long)st.st_size);
}

int main(void)
{
	put("work", "0123456789");
	int fd = open("work", O_RDWR);
	SHOW(lseek(fd, 8, SEEK_SET));
	SHOW(ftruncate(fd, 4));
	size("work");
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(ftruncate(fd, 12));
	size("work");
	char text[12];
	SHOW(pread(fd, text, 12, 0));
	printf("grown part is zero: %d\n", memcmp(text + 4, "\0\0\0\0\0\0\0\0", 8) == 0);
	SHOW(ftruncate(fd, -1));
	int reader = open("work", O_RDONLY);
	printf("ftruncate of a reader fails: %d\n", ftruncate(reader, 1) < 0);
	SHOW(truncate("work", 3));
	size("work");
	SHOW(truncate("none", 3));
	SHOW(truncate("dir", 0));
	printf("posix_fallocate: %s\n", errno_name(posix_fallocate(fd, 0, 100)));
	size("work");
	printf("posix_fallocate shorter: %s\n", errno_name(posix_fallocate(fd, 0, 10)));
	size("work");
	printf("posix_fallocate nothing: %s\n", errno_name(posix_fallocate(fd, 0, 0)));
	printf("posix_fadvise: %s\n", errno_name(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL)));
	printf("posix_fadvise unknown: %s\n", errno_name(posix_fadvise(fd, 0, 0, 77)));
	printf("posix_fadvise negative: %s\n", errno_name(posix_fadvise(fd, -1, 0, POSIX_FADV_NORMAL)));
	return 0;
}
