/* Uses one right in the granted directory, by functions of the C library: natively through the shim, as a module through the
 * engine.
 *
 * usage: rights_use RIGHT [drop]      prints "used" or "refused: " and why
 *
 * drop: takes the right from standard input first; no option of the command can do that to what is inherited. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

#if !defined(__wasm__)
#pragma weak __wasi_fd_fdstat_get
#pragma weak __wasi_fd_fdstat_set_rights
#endif

static char buf[4096];

/* 0, or an errno. */
static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int list(void)
{
	DIR *dir = opendir(".");
	if (!dir)
		return errno;
	errno = 0;
	return readdir(dir) ? 0 : errno ? errno : ENOENT;
}

static int tell(int fd)
{
#if defined(__wasm__)
	__wasi_filesize_t at;
	return __wasi_fd_tell(fd, &at); /* lseek asks fd_seek */
#else
	return outcome(lseek(fd, 0, SEEK_CUR));
#endif
}

static int ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	if (poll(&p, 1, 0) < 0)
		return errno;
	return p.revents & (POLLERR | POLLNVAL) ? EBADF : 0;
}

static int drop_from_input(__wasi_rights_t right)
{
	__wasi_fdstat_t stat;
	__wasi_errno_t error = __wasi_fd_fdstat_get(0, &stat);
	return error ? error : __wasi_fd_fdstat_set_rights(0, stat.fs_rights_base & ~right, stat.fs_rights_inheriting & ~right);
}

static int use(const char *right)
{
	int fd = -1;
#define RIGHT(name, flags, result)                                 \
	if (!strcmp(right, #name)) {                               \
		fd = (flags) < 0 ? 0 : open("a.txt", (flags));     \
		return fd < 0 ? errno : (result);                  \
	}
#define NO_FILE (-1)
	RIGHT(fd_datasync, O_RDWR, outcome(fdatasync(fd)))
	RIGHT(fd_read, O_RDONLY, outcome(read(fd, buf, 1)))
	RIGHT(fd_seek, O_RDONLY, outcome(lseek(fd, 1, SEEK_SET)))
	RIGHT(fd_fdstat_set_flags, O_RDWR, outcome(fcntl(fd, F_SETFL, O_APPEND)))
	RIGHT(fd_sync, O_RDWR, outcome(fsync(fd)))
	RIGHT(fd_tell, O_RDONLY, tell(fd))
	RIGHT(fd_write, O_WRONLY, outcome(write(fd, "x", 1)))
	RIGHT(fd_advise, O_RDONLY, posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL))
	RIGHT(fd_allocate, O_RDWR, posix_fallocate(fd, 0, 100))
	RIGHT(path_create_directory, NO_FILE, outcome(mkdir("new-dir", 0755)))
	RIGHT(path_create_file, NO_FILE, outcome(open("new-file", O_WRONLY | O_CREAT | O_EXCL, 0644)))
	RIGHT(path_link_source, NO_FILE, outcome(link("a.txt", "hard")))
	RIGHT(path_link_target, NO_FILE, outcome(link("a.txt", "hard")))
	RIGHT(path_open, NO_FILE, outcome(open("a.txt", O_RDONLY)))
	RIGHT(fd_readdir, NO_FILE, list())
	RIGHT(path_readlink, NO_FILE, outcome(readlink("link", buf, sizeof(buf))))
	RIGHT(path_rename_source, NO_FILE, outcome(rename("move-me", "moved")))
	RIGHT(path_rename_target, NO_FILE, outcome(rename("move-me", "moved")))
	RIGHT(path_filestat_get, NO_FILE, outcome(stat("a.txt", (struct stat *)(void *)buf)))
	RIGHT(path_filestat_set_size, NO_FILE, outcome(open("a.txt", O_WRONLY | O_TRUNC)))
	RIGHT(path_filestat_set_times, NO_FILE, outcome(utimensat(AT_FDCWD, "a.txt", NULL, 0)))
	RIGHT(fd_filestat_get, O_RDONLY, outcome(fstat(fd, (struct stat *)(void *)buf)))
	RIGHT(fd_filestat_set_size, O_RDWR, outcome(ftruncate(fd, 1)))
	RIGHT(fd_filestat_set_times, O_RDWR, outcome(futimens(fd, NULL)))
	RIGHT(path_symlink, NO_FILE, outcome(symlink("a.txt", "new-link")))
	RIGHT(path_remove_directory, NO_FILE, outcome(rmdir("empty")))
	RIGHT(path_unlink_file, NO_FILE, outcome(unlink("remove-me")))
	RIGHT(poll_fd_readwrite, O_RDONLY, ready(fd))
	/* Standard input is the socket. */
	RIGHT(sock_shutdown, NO_FILE, outcome(shutdown(0, SHUT_WR)))
	RIGHT(sock_accept, NO_FILE, outcome(accept(0, NULL, NULL)))
	return ENOSYS;
}

int main(int argc, char **argv)
{
	int error = argc > 2 ? drop_from_input(strcmp(argv[1], "sock_accept") ? __WASI_RIGHTS_SOCK_SHUTDOWN : __WASI_RIGHTS_SOCK_ACCEPT) : 0;
	if (error) {
		printf("cannot drop the right: %d\n", error);
		return 1;
	}
	error = argc > 1 ? use(argv[1]) : EINVAL;
	if (error)
		printf("refused: %s\n", strerror(error));
	else
		puts("used");
	return 0;
}
