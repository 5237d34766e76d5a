/* Extended attributes, by name and by descriptor. */
#include <sys/xattr.h>

#include "guest.h"
#include "place.h"

/* The core says nomsg where Linux says that there is no such attribute. */
static int attribute_errno(int error)
{
	return error == ENOMSG ? ENODATA : error;
}

static int done(wasi_errno_t e)
{
	return likely(!e) ? 0 : fail_with(attribute_errno(path_errno(e)));
}

/* An attribute's name: its length, or -1 with errno. */
static ssize_t name_len(const char *name)
{
	if (!guest_string(name))
		return fail_with(EFAULT);
	return (ssize_t)strlen(name);
}

static wasi_lookupflags_t lookup(bool follow)
{
	return follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0;
}

/* ---- by name ---- */

static ssize_t get(const char *path, const char *name, void *value, size_t size, bool follow)
{
	struct place p;
	wasi_size_t n = 0;
	ssize_t len = name_len(name);

	if (len < 0)
		return -1;
	int error = AT_PLACE(p, AT_FDCWD, path, follow,
			     wasi_path_getxattr(shim.ctx, p.fd, lookup(follow), p.path, p.len, name, (size_t)len, value, size, &n));
	return error ? fail_with(attribute_errno(error)) : (ssize_t)n;
}

static ssize_t list(const char *path, char *names, size_t size, bool follow)
{
	struct place p;
	wasi_size_t n = 0;
	int error = AT_PLACE(p, AT_FDCWD, path, follow,
			     wasi_path_listxattr(shim.ctx, p.fd, lookup(follow), p.path, p.len, names, size, &n));

	return error ? fail_with(attribute_errno(error)) : (ssize_t)n;
}

static int set(const char *path, const char *name, const void *value, size_t size, int how, bool follow)
{
	struct place p;
	ssize_t len = name_len(name);

	if (len < 0)
		return -1;
	int error = AT_PLACE(p, AT_FDCWD, path, follow,
			     wasi_path_setxattr(shim.ctx, p.fd, lookup(follow), p.path, p.len, name, (size_t)len, value, size,
						(uint32_t)how));
	return place_result(attribute_errno(error));
}

static int take_away(const char *path, const char *name, bool follow)
{
	struct place p;
	ssize_t len = name_len(name);

	if (len < 0)
		return -1;
	int error = AT_PLACE(p, AT_FDCWD, path, follow,
			     wasi_path_removexattr(shim.ctx, p.fd, lookup(follow), p.path, p.len, name, (size_t)len));
	return place_result(attribute_errno(error));
}

WRAPPER(ssize_t, getxattr, (const char *path, const char *name, void *value, size_t size))
{
	return get(path, name, value, size, true);
}

WRAPPER(ssize_t, lgetxattr, (const char *path, const char *name, void *value, size_t size))
{
	return get(path, name, value, size, false);
}

WRAPPER(ssize_t, listxattr, (const char *path, char *names, size_t size))
{
	return list(path, names, size, true);
}

WRAPPER(ssize_t, llistxattr, (const char *path, char *names, size_t size))
{
	return list(path, names, size, false);
}

WRAPPER(int, setxattr, (const char *path, const char *name, const void *value, size_t size, int how))
{
	return set(path, name, value, size, how, true);
}

WRAPPER(int, lsetxattr, (const char *path, const char *name, const void *value, size_t size, int how))
{
	return set(path, name, value, size, how, false);
}

WRAPPER(int, removexattr, (const char *path, const char *name))
{
	return take_away(path, name, true);
}

WRAPPER(int, lremovexattr, (const char *path, const char *name))
{
	return take_away(path, name, false);
}

/* ---- by descriptor ---- */

WRAPPER(ssize_t, fgetxattr, (int fd, const char *name, void *value, size_t size))
{
	wasi_size_t n = 0;
	ssize_t len = name_len(name);

	if (len < 0)
		return -1;
	wasi_errno_t e = hidden(fd) ? WASI_ERRNO_BADF
				    : wasi_fd_getxattr(shim.ctx, (wasi_fd_t)fd, name, (size_t)len, value, size, &n);
	return e ? done(e) : (ssize_t)n;
}

WRAPPER(ssize_t, flistxattr, (int fd, char *names, size_t size))
{
	wasi_size_t n = 0;
	wasi_errno_t e = hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_listxattr(shim.ctx, (wasi_fd_t)fd, names, size, &n);

	return e ? done(e) : (ssize_t)n;
}

WRAPPER(int, fsetxattr, (int fd, const char *name, const void *value, size_t size, int how))
{
	ssize_t len = name_len(name);

	if (len < 0)
		return -1;
	return done(hidden(fd) ? WASI_ERRNO_BADF
			       : wasi_fd_setxattr(shim.ctx, (wasi_fd_t)fd, name, (size_t)len, value, size, (uint32_t)how));
}

WRAPPER(int, fremovexattr, (int fd, const char *name))
{
	ssize_t len = name_len(name);

	if (len < 0)
		return -1;
	return done(hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_removexattr(shim.ctx, (wasi_fd_t)fd, name, (size_t)len));
}
