/* Uses one right in the current directory, by raw system calls: what the kernel keeps when the shim is not asked.
 *
 * usage: escape_rights RIGHT…      prints "RIGHT used" or "RIGHT stopped ERRNO" for each */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raw.h"

#define RAW(n, a, b, c, d, e) raw(n, L(a), L(b), L(c), L(d), L(e), 0)
#define HERE AT_FDCWD

static char buf[4096];

static long with_file(int flags, long (*use)(long fd))
{
	long fd = RAW(SYS_openat, HERE, "a.txt", flags, 0644, 0);
	return fd < 0 ? fd : use(fd);
}

#define USE(name, call)             \
	static long name(long fd)    \
	{                           \
		return call;        \
	}
USE(use_read, RAW(SYS_read, fd, buf, 1, 0, 0))
USE(use_write, RAW(SYS_write, fd, "x", 1, 0, 0))
USE(use_seek, RAW(SYS_lseek, fd, 1, SEEK_SET, 0, 0))
USE(use_sync, RAW(SYS_fsync, fd, 0, 0, 0, 0))
USE(use_datasync, RAW(SYS_fdatasync, fd, 0, 0, 0, 0))
USE(use_flags, RAW(SYS_fcntl, fd, F_SETFL, O_APPEND, 0, 0))
USE(use_tell, RAW(SYS_lseek, fd, 0, SEEK_CUR, 0, 0))
USE(use_advise, RAW(SYS_fadvise64, fd, 0, 0, 0, 0))
USE(use_allocate, RAW(SYS_fallocate, fd, 0, 0, 100, 0))
USE(use_stat, RAW(SYS_fstat, fd, buf, 0, 0, 0))
USE(use_size, RAW(SYS_ftruncate, fd, 1, 0, 0, 0))
USE(use_times, RAW(SYS_utimensat, fd, 0, 0, 0, 0))
USE(use_poll, RAW(SYS_poll, (&(struct pollfd){ .fd = (int)fd, .events = POLLIN }), 1, 0, 0, 0))
USE(use_list, RAW(SYS_getdents64, fd, buf, sizeof(buf), 0, 0))

static long readdir_here(void)
{
	long fd = RAW(SYS_openat, HERE, ".", O_RDONLY | O_DIRECTORY, 0, 0);
	return fd < 0 ? fd : use_list(fd);
}

static long use(const char *right)
{
#define RIGHT(name, result)          \
	if (!strcmp(right, #name))   \
		return result;
	RIGHT(fd_datasync, with_file(O_RDONLY, use_datasync))
	RIGHT(fd_read, with_file(O_RDONLY, use_read))
	RIGHT(fd_seek, with_file(O_RDONLY, use_seek))
	RIGHT(fd_fdstat_set_flags, with_file(O_RDONLY, use_flags))
	RIGHT(fd_sync, with_file(O_RDONLY, use_sync))
	RIGHT(fd_tell, with_file(O_RDONLY, use_tell))
	RIGHT(fd_write, with_file(O_WRONLY, use_write))
	RIGHT(fd_advise, with_file(O_RDONLY, use_advise))
	RIGHT(fd_allocate, with_file(O_WRONLY, use_allocate))
	RIGHT(path_create_directory, RAW(SYS_mkdirat, HERE, "new-dir", 0755, 0, 0))
	RIGHT(path_create_file, RAW(SYS_openat, HERE, "new-file", O_WRONLY | O_CREAT | O_EXCL, 0644, 0))
	RIGHT(path_link_source, RAW(SYS_linkat, HERE, "a.txt", HERE, "hard", 0))
	RIGHT(path_link_target, RAW(SYS_linkat, HERE, "a.txt", HERE, "hard2", 0))
	RIGHT(path_open, RAW(SYS_openat, HERE, "a.txt", O_RDONLY, 0, 0))
	RIGHT(fd_readdir, readdir_here())
	RIGHT(path_readlink, RAW(SYS_readlinkat, HERE, "link", buf, sizeof(buf), 0))
	RIGHT(path_rename_source, RAW(SYS_renameat2, HERE, "move-me", HERE, "moved", 0))
	RIGHT(path_rename_target, RAW(SYS_renameat2, HERE, "move-me", HERE, "moved", 0))
	RIGHT(path_filestat_get, RAW(SYS_newfstatat, HERE, "a.txt", buf, 0, 0))
	RIGHT(path_filestat_set_size, RAW(SYS_openat, HERE, "a.txt", O_WRONLY | O_TRUNC, 0, 0))
	RIGHT(path_filestat_set_times, RAW(SYS_utimensat, HERE, "a.txt", 0, 0, 0))
	RIGHT(fd_filestat_get, with_file(O_RDONLY, use_stat))
	RIGHT(fd_filestat_set_size, with_file(O_WRONLY, use_size))
	RIGHT(fd_filestat_set_times, with_file(O_RDONLY, use_times))
	RIGHT(path_symlink, RAW(SYS_symlinkat, "a.txt", HERE, "new-link", 0, 0))
	RIGHT(path_remove_directory, RAW(SYS_unlinkat, HERE, "empty", AT_REMOVEDIR, 0, 0))
	RIGHT(path_unlink_file, RAW(SYS_unlinkat, HERE, "remove-me", 0, 0, 0))
	RIGHT(poll_fd_readwrite, with_file(O_RDONLY, use_poll))
	/* On a socket that is standard input; a new one is another matter. */
	RIGHT(sock_shutdown, RAW(SYS_shutdown, 0, SHUT_WR, 0, 0, 0))
	RIGHT(sock_accept, RAW(SYS_accept4, 0, 0, 0, 0, 0))
	RIGHT(socket, RAW(SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0))
#undef RIGHT
	return -ENOSYS;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		long result = use(argv[i]);
		if (result < 0)
			printf("%s stopped %s\n", argv[i], strerrorname_np((int)-result));
		else
			printf("%s used\n", argv[i]);
	}
	return 0;
}
