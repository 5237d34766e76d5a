/* Path resolution. Every lookup is (directory, relative path) and stays beneath that directory in every single step,
 * whatever symbolic links say and whoever renames directories meanwhile.
 *
 * The kernel does it where it can (openat2 with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS); path_walk.c does it
 * otherwise. Paths are never cleaned lexically: `x/../y` needs x. Built with the option resolver=both, every resolution
 * is done by both and compared.
 *
 * A path whose last component is to be created, removed or moved is split: its parent is opened beneath, the rest is
 * one component for an *at call that does not follow it. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#if WASI_RESOLVER == 'b'
#define RESOLVER_COMPARES 1
#else
#define RESOLVER_COMPARES 0
#endif

/* The kernel answers EAGAIN when a rename elsewhere disturbed a `..`; after this many the walker takes over. */
#define EAGAIN_RETRIES 16

wasi_errno_t path_copy(struct path *ret, const char *text, size_t len)
{
	if (len == 0)
		return WASI_ERRNO_NOENT;
	if (memchr(text, '\0', len))
		return WASI_ERRNO_INVAL;
	if (text[0] == '/')
		return WASI_ERRNO_NOTCAPABLE;
	if (len >= PATH_BYTES)
		return WASI_ERRNO_NAMETOOLONG;
	memcpy(ret->text, text, len);
	ret->text[len] = '\0';
	ret->len = len;
	return WASI_ERRNO_SUCCESS;
}

void path_drop(wasi_call_t *c, struct path_ref *ref)
{
	if (ref->close_dir)
		c->host->close(ref->dir);
	ref->close_dir = false;
}

/* -EXDEV if the path leads out; -ENOSYS if the walker has to do it. */
static long kernel_open(wasi_call_t *c, int dir, const char *path, int flags, unsigned mode)
{
	struct wasi_open_how how = {
		.flags = (uint64_t)(unsigned)flags,
		.mode = flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? mode : 0,
		.resolve = WASI_RESOLVE_BENEATH | WASI_RESOLVE_NO_MAGICLINKS,
	};
	long fd = -EAGAIN;

	if (WASI_RESOLVER == 'w' || atomic_load_explicit(&c->ctx->no_openat2, memory_order_relaxed))
		return -ENOSYS;
	for (int i = 0; i < EAGAIN_RETRIES && fd == -EAGAIN; i++)
		fd = HOST_RETRY(c, openat2(dir, path, &how, sizeof(how)));
	if (fd == -EAGAIN)
		return flags & O_NONBLOCK ? fd : -ENOSYS;
	if (fd == -EPERM) {
		/* A seccomp filter that does not know the call, or a true EPERM (O_NOATIME, sealed files): ask for ".".
		 */
		struct wasi_open_how probe = {.flags = O_PATH | O_CLOEXEC, .resolve = WASI_RESOLVE_BENEATH};
		long probed = c->host->openat2(dir, ".", &probe, sizeof(probe));

		if (probed >= 0)
			c->host->close((int)probed);
		else if (probed == -EPERM)
			fd = -ENOSYS;
	}
	if (fd == -ENOSYS)
		atomic_store_explicit(&c->ctx->no_openat2, true, memory_order_relaxed);
	return fd;
}

/* Whether the walk's final name has become a link since the walk looked at it. */
static bool became_link(wasi_call_t *c, int dir, const char *name)
{
	struct statx st;

	return c->host->statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_TYPE, &st) >= 0 &&
	       S_ISLNK(st.stx_mode);
}

static wasi_errno_t walker_open(wasi_call_t *c, int dir, const char *path, int flags, unsigned mode, bool follow,
				int *ret_fd)
{
	bool create = flags & O_CREAT, tmpfile = (flags & O_TMPFILE) == O_TMPFILE;
	enum walk_mode walk = !follow || (create && flags & O_EXCL) ? WALK_NOFOLLOW : WALK_FOLLOW;
	struct path name;

	for (int i = 0; i < EAGAIN_RETRIES; i++) {
		struct path_ref ref;
		wasi_errno_t error = path_walk(c, dir, path, walk, create && !tmpfile, &name, &ref);
		bool raced = false;
		long fd;

		if (error)
			return error;
		fd = HOST_RETRY(c, openat(ref.dir, ref.name, flags | O_NOFOLLOW, mode));
		/* O_PATH opens links, O_DIRECTORY calls them notdir, anything else loop. */
		if (walk == WALK_FOLLOW)
			raced = fd == -ELOOP || (fd == -ENOTDIR && became_link(c, ref.dir, ref.name)) ||
				(fd >= 0 && flags & O_PATH && became_link(c, (int)fd, ""));
		path_drop(c, &ref);
		if (!raced) {
			*ret_fd = (int)fd;
			return host_error(fd);
		}
		if (fd >= 0)
			c->host->close((int)fd);
	}
	return WASI_ERRNO_LOOP;
}

#if RESOLVER_COMPARES
static bool same_object(wasi_call_t *c, int a, int b)
{
	struct statx x = {0}, y = {0};

	c->host->statx(a, "", AT_EMPTY_PATH, STATX_INO, &x);
	c->host->statx(b, "", AT_EMPTY_PATH, STATX_INO, &y);
	return x.stx_ino == y.stx_ino && x.stx_dev_major == y.stx_dev_major && x.stx_dev_minor == y.stx_dev_minor;
}

/* Resolves with the kernel, the walker, and the kernel again, and dies if the kernel agrees with itself but not with
 * the walker, and that over and over: something else may be renaming, but not in step with us forever. Magic links are
 * the one honest difference: the kernel refuses them as such, the walker reads them as text. */
static void compare_resolvers(wasi_call_t *c, int dir, const char *path, bool follow)
{
	int flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);

	for (int i = 0; i < 1000; i++) {
		int walked = -1;
		long kernel = kernel_open(c, dir, path, flags, 0), after;
		wasi_errno_t by_walker = walker_open(c, dir, path, flags, 0, follow, &walked),
			     by_kernel = path_error(kernel);
		bool same = by_walker == by_kernel && (by_walker || same_object(c, (int)kernel, walked));

		after = kernel_open(c, dir, path, flags, 0);
		if (path_error(after) != by_kernel || (!by_kernel && !same_object(c, (int)kernel, (int)after)))
			same = true;
		if (by_kernel == WASI_ERRNO_LOOP && by_walker != WASI_ERRNO_SUCCESS)
			same = true;
		/* Not resolved at all, or out of means: interrupted, injected, no descriptors left. */
		if (kernel == -ENOSYS || kernel == -EAGAIN || kernel == -EINTR || by_walker == WASI_ERRNO_MFILE ||
		    by_walker == WASI_ERRNO_NFILE || by_walker == WASI_ERRNO_NOMEM)
			same = true;
		if (kernel >= 0)
			c->host->close((int)kernel);
		if (after >= 0)
			c->host->close((int)after);
		if (walked >= 0)
			c->host->close(walked);
		if (same)
			return;
		/* Out of step with whoever takes as long for a rename as we take here. */
		for (int pause = i % 16; pause > 0; pause--)
			c->host->sched_yield();
	}
	abort();
}
#endif

wasi_errno_t path_open_beneath(wasi_call_t *c, int dir, const char *path, int flags, unsigned mode, bool follow,
			       int *ret_fd)
{
	long fd;

#if RESOLVER_COMPARES
	compare_resolvers(c, dir, path, follow);
#endif
	/* Lookups are the core's own business and never cross an exec; what a caller opens does if he says so. */
	flags |= (flags & O_PATH ? O_CLOEXEC : 0) | (follow ? 0 : O_NOFOLLOW);
	fd = kernel_open(c, dir, path, flags, mode);
	if (fd == -ENOSYS)
		return walker_open(c, dir, path, flags, mode, follow, ret_fd);
	*ret_fd = (int)fd;
	return path_error(fd);
}

/* Cuts trailing slashes down to one and returns the last component's start. */
static char *last_component(struct path *path, bool *ret_slash)
{
	char *end = path->text + path->len, *p;

	*ret_slash = end[-1] == '/';
	while (end > path->text && end[-1] == '/')
		end--;
	if (*ret_slash)
		*++end = '\0';
	for (p = end - (*ret_slash ? 1 : 0); p > path->text && p[-1] != '/'; p--)
		;
	path->len = (size_t)(end - path->text);
	return p;
}

static bool is_dots(const char *name, size_t dots)
{
	return strncmp(name, "..", dots) == 0 && (name[dots] == '\0' || name[dots] == '/');
}

wasi_errno_t path_parent(wasi_call_t *c, int dir, struct path *path, struct path_ref *ret)
{
	bool slash;
	char *name = last_component(path, &slash);
	wasi_errno_t error;

	*ret = (struct path_ref){.dir = dir, .name = name, .flags = AT_SYMLINK_NOFOLLOW};
	if (is_dots(name, 1) || is_dots(name, 2)) {
		ret->dotdot = is_dots(name, 2);
		ret->name = ".";
		if (name == path->text && !ret->dotdot)
			return WASI_ERRNO_SUCCESS;
		error = path_open_beneath(c, dir, path->text, O_PATH | O_DIRECTORY, 0, true, &ret->dir);
	} else if (name == path->text) {
		return WASI_ERRNO_SUCCESS;
	} else {
		name[-1] = '\0';
		error = path_open_beneath(c, dir, path->text, O_PATH | O_DIRECTORY, 0, true, &ret->dir);
	}
	ret->close_dir = error == WASI_ERRNO_SUCCESS;
	return error;
}

wasi_errno_t path_lookup(wasi_call_t *c, int dir, struct path *path, bool follow, struct path_ref *ret)
{
	wasi_errno_t error;

	*ret = (struct path_ref){.dir = dir, .name = path->text, .flags = AT_SYMLINK_NOFOLLOW};
	if (path->len == 1 && path->text[0] == '.')
		return WASI_ERRNO_SUCCESS;
	if (!follow && !memchr(path->text, '/', path->len) && !is_dots(path->text, 2))
		return WASI_ERRNO_SUCCESS;
	ret->name = "";
	ret->flags |= AT_EMPTY_PATH;
	error = path_open_beneath(c, dir, path->text, O_PATH, 0, follow, &ret->dir);
	ret->close_dir = error == WASI_ERRNO_SUCCESS;
	return error;
}

wasi_errno_t path_follow_to_name(wasi_call_t *c, int dir, struct path *path, struct path_ref *ret)
{
	struct path name;
	wasi_errno_t error = path_walk(c, dir, path->text, WALK_FOLLOW, false, &name, ret);

	if (error)
		return error;
	memcpy(path, &name, sizeof(name));
	if (ret->name == name.text)
		ret->name = path->text;
	return WASI_ERRNO_SUCCESS;
}
