/* posix_fallocate grows and never shrinks. */
#include "twin.h"

int main(void)
{
	struct stat st;
	int fd = FD(open("new", O_RDWR | O_CREAT, 0644));
	SHOW(posix_fallocate(fd, 0, 100));
	fstat(fd, &st);
	printf("%lld bytes\n", (long long)st.st_size);
	SHOW(posix_fallocate(fd, 10, 20));
	fstat(fd, &st);
	printf("%lld bytes\n", (long long)st.st_size);
	SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
	SHOW(fsync(fd));
	SHOW(fdatasync(fd));
	SHOW(close(fd));
	return 0;
}
