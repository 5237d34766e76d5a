/* Names: made, removed, moved, linked, read; and the current directory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "alloc.h"
#include "file.h"
#include "guest.h"

WRAPPER(int, mkdirat, (int dirfd, const char *path, mode_t mode))
{
	struct place p;

	return place_result(AT_PLACE(p, dirfd, path, false,
				     wasi_path_create_directory_mode(shim.ctx, p.fd, p.path, p.len, shim.strict ? 0777 : mode)));
}

WRAPPER(int, mkdir, (const char *path, mode_t mode))
{
	return wrap_mkdirat(AT_FDCWD, path, mode);
}

static int call_mknod(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	struct place p;

	return place_result(AT_PLACE(p, dirfd, path, false,
				     wasi_path_create_node(shim.ctx, p.fd, p.path, p.len, mode, dev)));
}

WRAPPER(int, mknodat, (int dirfd, const char *path, mode_t mode, dev_t dev))
{
	return call_mknod(dirfd, path, mode, dev);
}

WRAPPER(int, mknod, (const char *path, mode_t mode, dev_t dev))
{
	return call_mknod(AT_FDCWD, path, mode, dev);
}

WRAPPER_UNDECLARED(int, __xmknod, (int version, const char *path, mode_t mode, dev_t *dev))
{
	return version ? fail_with(EINVAL) : call_mknod(AT_FDCWD, path, mode, *dev);
}

WRAPPER_UNDECLARED(int, __xmknodat, (int version, int dirfd, const char *path, mode_t mode, dev_t *dev))
{
	return version ? fail_with(EINVAL) : call_mknod(dirfd, path, mode, *dev);
}

WRAPPER(int, mkfifoat, (int dirfd, const char *path, mode_t mode))
{
	return call_mknod(dirfd, path, S_IFIFO | (mode & 07777), 0);
}

WRAPPER(int, mkfifo, (const char *path, mode_t mode))
{
	return call_mknod(AT_FDCWD, path, S_IFIFO | (mode & 07777), 0);
}

WRAPPER(int, unlinkat, (int dirfd, const char *path, int flags))
{
	struct place p;

	if (flags & ~AT_REMOVEDIR)
		return fail_with(EINVAL);
	return place_result(AT_PLACE(p, dirfd, path, false,
				     flags ? wasi_path_remove_directory(shim.ctx, p.fd, p.path, p.len)
					   : wasi_path_unlink_file(shim.ctx, p.fd, p.path, p.len)));
}

WRAPPER(int, unlink, (const char *path))
{
	return wrap_unlinkat(AT_FDCWD, path, 0);
}

WRAPPER(int, rmdir, (const char *path))
{
	return wrap_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

WRAPPER(int, remove, (const char *path))
{
	if (wrap_unlinkat(AT_FDCWD, path, 0) == 0)
		return 0;
	return errno == EISDIR ? wrap_unlinkat(AT_FDCWD, path, AT_REMOVEDIR) : -1;
}

WRAPPER(int, renameat2, (int old_dirfd, const char *old_path, int new_dirfd, const char *new_path, unsigned flags))
{
	struct place p, q;

	int error = AT_PLACES(p, old_dirfd, old_path, false, q, new_dirfd, new_path,
			      flags ? wasi_path_rename_flags(shim.ctx, p.fd, p.path, p.len, q.fd, q.path, q.len, flags)
				    : wasi_path_rename(shim.ctx, p.fd, p.path, p.len, q.fd, q.path, q.len));
	return place_result(error);
}

WRAPPER(int, renameat, (int old_dirfd, const char *old_path, int new_dirfd, const char *new_path))
{
	return wrap_renameat2(old_dirfd, old_path, new_dirfd, new_path, 0);
}

WRAPPER(int, rename, (const char *old_path, const char *new_path))
{
	return wrap_renameat2(AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
}

/* A name for an open file. */
static int link_number(int number, int new_dirfd, const char *new_path)
{
	struct place p;

	if (hidden(number))
		return fail_with(EBADF);
	return place_result(AT_PLACE_FOR("linkat", p, new_dirfd, new_path, false,
					 wasi_path_link_fd(shim.ctx, (wasi_fd_t)number, p.fd, p.path, p.len)));
}

WRAPPER(int, linkat, (int old_dirfd, const char *old_path, int new_dirfd, const char *new_path, int flags))
{
	struct place p, q;
	bool follow = flags & AT_SYMLINK_FOLLOW;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return fail_with(EINVAL);
	if (!guest_string(old_path) || !guest_string(new_path))
		return fail_with(EFAULT);
	if (flags & AT_EMPTY_PATH && !*old_path && old_dirfd != AT_FDCWD)
		return link_number(old_dirfd, new_dirfd, new_path);
	/* Names of one's own descriptors, by which files without a name are given one. */
	if (follow && !shim.strict && place_find(&p, old_dirfd, old_path) && p.number >= 0)
		return link_number(p.number, new_dirfd, new_path);
	int error = AT_PLACES(p, old_dirfd, old_path, follow, q, new_dirfd, new_path,
			      wasi_path_link(shim.ctx, p.fd, follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0, p.path,
					     p.len, q.fd, q.path, q.len));
	return place_result(error);
}

WRAPPER(int, link, (const char *old_path, const char *new_path))
{
	return wrap_linkat(AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
}

WRAPPER(int, symlinkat, (const char *contents, int dirfd, const char *path))
{
	struct place p;

	if (!guest_string(contents))
		return fail_with(EFAULT);
	return place_result(AT_PLACE(p, dirfd, path, false,
				     wasi_path_symlink(shim.ctx, contents, strlen(contents), p.fd, p.path, p.len)));
}

WRAPPER(int, symlink, (const char *contents, const char *path))
{
	return wrap_symlinkat(contents, AT_FDCWD, path);
}

WRAPPER(ssize_t, readlinkat, (int dirfd, const char *path, char *buf, size_t len))
{
	struct place p;
	wasi_size_t used = 0;
	const char *name = shim.policy->program;

	if (len == 0)
		return fail_with(EINVAL);
	if (!guest_string(path))
		return fail_with(EFAULT);
	/* The guest's name of the running program, which many ask for to find their own data. */
	if (unlikely(name && !shim.strict && strcmp(path, "/proc/self/exe") == 0) && place_find(&p, dirfd, path)) {
		used = (wasi_size_t)strlen(name);
		if (!guest_writable(buf, used < len ? used : len))
			return fail_with(EFAULT);
		memcpy(buf, name, used < len ? used : len);
		return (ssize_t)(used < len ? used : len);
	}
	int error = AT_PLACE(p, dirfd, path, false,
			     wasi_path_readlink(shim.ctx, p.fd, p.path, p.len, buf, len, &used));
	return error ? fail_with(error) : (ssize_t)used;
}

WRAPPER(ssize_t, readlink, (const char *path, char *buf, size_t len))
{
	return wrap_readlinkat(AT_FDCWD, path, buf, len);
}

extern void __chk_fail(void) __attribute__((noreturn));

WRAPPER_UNDECLARED(ssize_t, __readlink_chk, (const char *path, char *buf, size_t len, size_t room))
{
	if (len > room)
		__chk_fail();
	return wrap_readlinkat(AT_FDCWD, path, buf, len);
}

WRAPPER_UNDECLARED(ssize_t, __readlinkat_chk, (int dirfd, const char *path, char *buf, size_t len, size_t room))
{
	if (len > room)
		__chk_fail();
	return wrap_readlinkat(dirfd, path, buf, len);
}

WRAPPER(int, truncate, (const char *path, off_t size))
{
	if (size < 0)
		return fail_with(EINVAL);
	int fd = file_open(AT_FDCWD, path, O_WRONLY | O_CLOEXEC | O_NONBLOCK, 0, __func__);
	if (fd < 0)
		return -1;
	wasi_errno_t e = wasi_fd_filestat_set_size(shim.ctx, (wasi_fd_t)fd, (uint64_t)size);
	fd_close(fd);
	return e ? fail_path(e) : 0;
}

/* ---- whole names ---- */

/* Strict has no tree to walk: names are resolved by what the preopens answer, as musl's realpath does. */
static int resolve_checked(const char *path, char *done)
{
	struct stat st;
	size_t len;

	int error = place_resolve(AT_FDCWD, path, true, true, done);
	if (error)
		return error;
	/* The walk skips what is no link; a file in the middle, or nothing at the end, shows here. */
	len = strlen(path);
	if (fstatat(AT_FDCWD, done, &st, AT_SYMLINK_NOFOLLOW))
		return errno;
	return len && path[len - 1] == '/' && !S_ISDIR(st.st_mode) ? ENOTDIR : 0;
}

WRAPPER(char *, realpath, (const char *path, char *buf))
{
	char done[PATH_MAX];

	if (!path || !*path) {
		errno = path ? ENOENT : EINVAL;
		return NULL;
	}
	int saved = errno, error = resolve_checked(path, done);
	if (error) {
		errno = error;
		return NULL;
	}
	errno = saved;
	if (!buf && !(buf = guest_malloc(strlen(done) + 1)))
		return NULL;
	return strcpy(buf, done);
}

WRAPPER(char *, canonicalize_file_name, (const char *path))
{
	return wrap_realpath(path, NULL);
}

WRAPPER_UNDECLARED(char *, __realpath_chk, (const char *path, char *buf, size_t room))
{
	if (room < PATH_MAX)
		__chk_fail();
	return wrap_realpath(path, buf);
}

/* ---- the current directory ---- */

/* The directory with this absolute guest name must be there, and may be entered. */
static int call_chdir(const char *name)
{
	struct place p;
	struct statx x;

	int error = AT_PLACE(p, AT_FDCWD, name, true,
			     wasi_path_stat(shim.ctx, p.fd, WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.path, p.len, STATX_TYPE, &x));
	if (!error && !S_ISDIR(x.stx_mode))
		error = ENOTDIR;
	if (!error && !shim.strict)
		error = AT_PLACE(p, AT_FDCWD, name, true,
				 wasi_path_access(shim.ctx, p.fd, WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.path, p.len, X_OK,
						  AT_EACCESS));
	return error;
}

/* wasi-libc stores what was said, not normalised. */
static int enter_strict(const char *path)
{
	char name[PATH_MAX];
	int error = call_chdir(path);

	if (!error) {
		if (path[0] == '.' && path[1] == '/')
			path += 2;
		if (path[0] == '.' && path[1] == '\0')
			path++;
		if (*path == '\0')
			return 0;
		error = place_name(AT_FDCWD, path, name);
	}
	if (!error)
		cwd_set(name);
	return error;
}

static int change_to(int dirfd, const char *path)
{
	char done[PATH_MAX];
	int error = place_resolve(dirfd, path, true, true, done);

	if (!error)
		error = call_chdir(done);
	if (!error)
		cwd_set(done);
	return error;
}

WRAPPER(int, chdir, (const char *path))
{
	if (!guest_string(path))
		return fail_with(EFAULT);
	if (!*path)
		return fail_with(ENOENT);
	return place_result(shim.strict ? enter_strict(path) : change_to(AT_FDCWD, path));
}

WRAPPER(int, fchdir, (int fd))
{
	char name[PATH_MAX];
	struct stat here, there;

	if (fstat(fd, &here))
		return -1;
	if (!S_ISDIR(here.st_mode))
		return fail_with(ENOTDIR);
	if (!spot_copy(fd, name))
		return fail_with(EACCES);
	/* The directory may have been moved since: then its name leads elsewhere. */
	if (fstatat(AT_FDCWD, name, &there, 0) || here.st_dev != there.st_dev || here.st_ino != there.st_ino)
		return fail_with(EACCES);
	return place_result(change_to(AT_FDCWD, name));
}

WRAPPER(char *, getcwd, (char *buf, size_t size))
{
	char name[PATH_MAX];

	cwd_get(name);
	size_t len = strlen(name) + 1;
	if (buf ? size < len : size && size < len) {
		errno = buf && size == 0 ? EINVAL : ERANGE;
		return NULL;
	}
	if (!buf && !(buf = guest_malloc(size ? size : len)))
		return NULL;
	if (!guest_writable(buf, len)) {
		errno = EFAULT;
		return NULL;
	}
	return memcpy(buf, name, len);
}

WRAPPER_UNDECLARED(char *, __getcwd_chk, (char *buf, size_t size, size_t room))
{
	if (size > room)
		__chk_fail();
	return wrap_getcwd(buf, size);
}

WRAPPER(char *, getwd, (char *buf))
{
	return wrap_getcwd(buf, PATH_MAX);
}

WRAPPER_UNDECLARED(char *, __getwd_chk, (char *buf, size_t room))
{
	return wrap_getcwd(buf, room);
}

WRAPPER(char *, get_current_dir_name, (void))
{
	return wrap_getcwd(NULL, 0);
}
