/* Put before the probe's files when they are compiled with musl (-include): what its C library lacks, by system calls. The
 * cases then try the same through strays. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../shim/libc_musl.h"

/* musl programs call no fortified names. */
static inline int __open_2(const char *path, int flags)
{
	return open(path, flags);
}
#define __open64_2 __open_2

static inline int __openat_2(int dirfd, const char *path, int flags)
{
	return openat(dirfd, path, flags);
}

#define STATX_ALL 0x0fffU
#define CLOSE_RANGE_CLOEXEC (1U << 2)

static inline int probe_statx(int fd, const char *path, int flags, unsigned mask, struct statx *st)
{
	return (int)syscall(SYS_statx, fd, path, flags, mask, st);
}
#define statx(...) probe_statx(__VA_ARGS__)

static inline ssize_t probe_preadv2(int fd, const struct iovec *iov, int n, off_t at, int flags)
{
	return syscall(SYS_preadv2, fd, iov, (long)n, at, 0L, (long)flags);
}
#define preadv2(...) probe_preadv2(__VA_ARGS__)

static inline int probe_close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}
#define close_range(...) probe_close_range(__VA_ARGS__)
#define closefrom(first) probe_close_range(first, ~0U, 0)

static inline int probe_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}
#define renameat2(...) probe_renameat2(__VA_ARGS__)

/* There is no system call of this name, and no way round it. */
static inline int probe_scandirat(int dirfd, const char *path, struct dirent ***ret, int (*select)(const struct dirent *),
				  int (*compare)(const struct dirent **, const struct dirent **))
{
	char name[64];
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return -1;
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	int n = scandir(name, ret, select, compare);
	close(fd);
	return n;
}
#define scandirat(...) probe_scandirat(__VA_ARGS__)
