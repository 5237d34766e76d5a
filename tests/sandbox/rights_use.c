/* Uses one right in the granted directory, by functions of the C library: natively through the shim, as a module through the
 * engine.
 *
 * usage: rights_use RIGHT      prints "used" or "refused: " and why */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__wasm__)
#include <wasi/api.h>
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
	return ENOSYS; /* sock_shutdown, sock_accept: a grant has no sockets */
}

int main(int argc, char **argv)
{
	int error = argc == 2 ? use(argv[1]) : EINVAL;
	if (error)
		printf("refused: %s\n", strerror(error));
	else
		puts("used");
	return 0;
}
