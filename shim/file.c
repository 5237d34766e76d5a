/* The open and close family. */
#include <sys/syscall.h>

#include "file.h"
#include "guest.h"

/* What a descriptor can carry only if it was opened to write, or to read. */
#define WRITE_CLASS                                                                             \
	((wasi_rights_t)(WASI_RIGHTS_FD_DATASYNC | WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_ALLOCATE | \
			 WASI_RIGHTS_FD_FILESTAT_SET_SIZE))
#define READ_CLASS ((wasi_rights_t)(WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_READDIR))

/* Everything that the directory passes on and the access mode can use; in posix what the mode promises in any case, so
 * that opening fails where the directory refuses it. wasi-libc asks for no more than it can get, and writing fails. */
static wasi_rights_t rights_for(int flags, wasi_rights_t inheriting)
{
	if (shim.strict && (flags & O_ACCMODE) != O_RDWR)
		return inheriting & ~((flags & O_ACCMODE) == O_WRONLY ? READ_CLASS : WRITE_CLASS);
	if (shim.strict)
		return inheriting;
	switch (flags & O_ACCMODE) {
	case O_WRONLY:
		return (inheriting & ~READ_CLASS) | WASI_RIGHTS_FD_WRITE;
	case O_RDWR:
		return inheriting | WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE;
	default:
		return (inheriting & ~WRITE_CLASS) | (flags & O_DIRECTORY ? 0 : WASI_RIGHTS_FD_READ);
	}
}

static wasi_rights_t inheriting_of(wasi_fd_t fd)
{
	const struct policy_dir *dir = grant_of(fd);
	struct wasi_fd_info info;

	if (dir)
		return dir->inheriting;
	return wasi_ctx_fd_info(shim.ctx, fd, &info) ? 0 : info.inheriting;
}

static wasi_errno_t open_there(const struct place *p, int flags, mode_t mode, wasi_fd_t *ret)
{
	wasi_rights_t inheriting = inheriting_of(p->fd);
	wasi_rights_t base = rights_for(flags, inheriting);
	wasi_lookupflags_t lookup = flags & O_NOFOLLOW ? 0 : WASI_LOOKUPFLAGS_SYMLINK_FOLLOW;
	wasi_oflags_t oflags = 0;
	wasi_fdflags_t fdflags = 0;
	/* Nothing crosses an exec in the strict profile, because there is none. */
	unsigned host_flags = (unsigned)flags & (O_CLOEXEC | O_DIRECT | O_NOATIME);

	if (shim.strict)
		host_flags |= O_CLOEXEC;

	if (flags & O_PATH) {
		int fd;
		if (flags & O_DIRECTORY) {
			struct statx stx;
			wasi_errno_t e = wasi_path_stat(shim.ctx, p->fd, lookup, p->path, p->len, STATX_TYPE, &stx);
			if (!e && !S_ISDIR(stx.stx_mode))
				e = WASI_ERRNO_NOTDIR;
			if (e)
				return e;
		}
		wasi_errno_t e = wasi_path_host(shim.ctx, p->fd, lookup, p->path, p->len, &fd);
		/* A synthetic directory has no object of the host's behind it: an ordinary descriptor of it will do. */
		if (e == WASI_ERRNO_INVAL)
			return open_there(p, (flags & ~O_PATH) | O_DIRECTORY, mode, ret);
		if (e)
			return e;
		if (!(flags & O_CLOEXEC) && !shim.strict)
			fd_set_cloexec(fd, false);
		base = inheriting & ~(READ_CLASS | WRITE_CLASS);
		e = wasi_ctx_add_fd(shim.ctx, (wasi_fd_t)fd, fd, base, inheriting, true, NULL);
		if (e)
			RAW(SYS_close, fd);
		*ret = (wasi_fd_t)fd;
		return e;
	}
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return wasi_path_open_tmpfile(shim.ctx, p->fd, p->path, p->len, base, mode, host_flags, ret);

	oflags |= flags & O_CREAT ? WASI_OFLAGS_CREAT : 0;
	oflags |= flags & O_EXCL ? WASI_OFLAGS_EXCL : 0;
	oflags |= flags & O_TRUNC ? WASI_OFLAGS_TRUNC : 0;
	oflags |= flags & O_DIRECTORY ? WASI_OFLAGS_DIRECTORY : 0;
	fdflags |= flags & O_APPEND ? WASI_FDFLAGS_APPEND : 0;
	fdflags |= flags & O_NONBLOCK ? WASI_FDFLAGS_NONBLOCK : 0;
	if ((flags & O_SYNC) == O_SYNC)
		fdflags |= WASI_FDFLAGS_SYNC;
	else if (flags & O_DSYNC)
		fdflags |= WASI_FDFLAGS_DSYNC;
	/* Preview1 has no modes; modules make files with what the umask leaves of this. */
	if (shim.strict)
		mode = 0666;
	return wasi_path_open_mode(shim.ctx, p->fd, lookup, p->path, p->len, oflags, base, inheriting, fdflags, mode,
				   host_flags, ret);
}

/* Opening a name of one of the process's own descriptors. */
static int open_number(int number, int flags)
{
	wasi_fd_t fd;
	wasi_errno_t e = hidden(number) ? WASI_ERRNO_NOENT : wasi_fd_dup(shim.ctx, (wasi_fd_t)number, 0, &fd);

	if (e)
		return fail_with(e == WASI_ERRNO_BADF ? ENOENT : path_errno(e));
	if (!(flags & O_CLOEXEC))
		fd_set_cloexec((int)fd, false);
	spot_dup(number, (int)fd);
	return fd_note((int)fd);
}

int file_open(int dirfd, const char *path, int flags, mode_t mode, const char *call)
{
	struct place p;
	wasi_fd_t opened = 0;
	bool follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	int error = place_find(&p, dirfd, path);

	if (unlikely(error)) {
		if (p.number >= 0)
			return open_number(p.number, flags);
		return fail_with(place_missing(&p, error, call));
	}
	wasi_errno_t e = open_there(&p, flags, mode, &opened);
	if (unlikely(e == WASI_ERRNO_NOTCAPABLE)) {
		if (place_again(&p, follow))
			e = open_there(&p, flags, mode, &opened);
		else if (p.number >= 0)
			return open_number(p.number, flags);
	}
	if (unlikely(e))
		return fail_with(place_error(&p, e, call));

	int fd = fd_note((int)opened);
	/* It may be a directory, which to find out would cost more than to note its name. */
	if ((flags & (O_ACCMODE | O_CREAT)) == O_RDONLY && !shim.strict) {
		char name[PATH_MAX];
		spot_set(fd, place_name(dirfd, path, name) ? NULL : name);
	}
	return fd;
}

/* Does the path lead out of the directory? Else something was refused for want of a right. */
static bool leads_out(int dir, const char *path, bool follow)
{
	int object;
	wasi_errno_t e = wasi_path_host(shim.ctx, (wasi_fd_t)dir, follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0, path,
					strlen(path), &object);

	if (!e)
		RAW(SYS_close, object);
	return e == WASI_ERRNO_NOTCAPABLE;
}

int file_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
	struct place p = {.number = -1};
	wasi_fd_t opened = 0;
	int dir = dirfd;

	if (!guest_string(path))
		return fail_with(EFAULT);
	if (path[0] == '/')
		return fail_with(EXDEV);
	if (dirfd == AT_FDCWD)
		dir = file_open(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, "openat2");
	if (hidden(dir))
		return dirfd == AT_FDCWD ? -1 : fail_with(EBADF);
	/* The core keeps to the directory itself; there is no second look in the guest's tree. */
	p.fd = (wasi_fd_t)dir;
	p.path = path;
	p.len = strlen(path);
	wasi_errno_t e = open_there(&p, flags, mode, &opened);
	int error = e == WASI_ERRNO_NOTCAPABLE && leads_out(dir, path, !(flags & O_NOFOLLOW)) ? EXDEV : path_errno(e);
	if (dir != dirfd)
		fd_close(dir);
	return e ? fail_with(error) : fd_note((int)opened);
}

#define MODE_ARGUMENT(flags)                                           \
	({                                                             \
		mode_t mode_ = 0;                                      \
		if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
			va_list ap;                                    \
			va_start(ap, flags);                           \
			mode_ = va_arg(ap, mode_t);                    \
			va_end(ap);                                    \
		}                                                      \
		mode_;                                                 \
	})

WRAPPER(int, open, (const char *path, int flags, ...))
{
	return file_open(AT_FDCWD, path, flags, MODE_ARGUMENT(flags), __func__);
}

WRAPPER(int, openat, (int dirfd, const char *path, int flags, ...))
{
	return file_open(dirfd, path, flags, MODE_ARGUMENT(flags), __func__);
}

WRAPPER(int, creat, (const char *path, mode_t mode))
{
	return file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode, __func__);
}

/* The fortified forms are for callers that gave no mode. */
WRAPPER_UNDECLARED(int, __open_2, (const char *path, int flags))
{
	return file_open(AT_FDCWD, path, flags, 0, "open");
}

WRAPPER_UNDECLARED(int, __openat_2, (int dirfd, const char *path, int flags))
{
	return file_open(dirfd, path, flags, 0, "openat");
}

WRAPPER(int, close, (int fd))
{
	return fd_close(fd);
}

/* Sweeps meet the guest's own descriptors only. */
static int close_between(unsigned first, unsigned last, bool mark_only)
{
	unsigned top = (unsigned)fd_top();

	for (unsigned fd = first; fd <= last && fd <= top; fd++) {
		int host_fd;
		if (wasi_fd_host(shim.ctx, fd, 0, &host_fd))
			continue;
		if (mark_only)
			fd_set_cloexec((int)fd, true);
		else
			fd_close((int)fd);
	}
	return 0;
}

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

WRAPPER(int, close_range, (unsigned first, unsigned last, int flags))
{
	/* CLOSE_RANGE_UNSHARE (2) means nothing to a process that shares its table with nobody. */
	if (first > last || (flags & ~(int)(CLOSE_RANGE_CLOEXEC | 2)))
		return fail_with(EINVAL);
	return close_between(first, last, flags & (int)CLOSE_RANGE_CLOEXEC);
}

WRAPPER(void, closefrom, (int first))
{
	close_between(first < 0 ? 0 : (unsigned)first, UINT_MAX, false);
}
