/* Finding places, and finding them again by the guest's own rules when the kernel says that a path leads out. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"
#include "place.h"

#define MAX_LINKS 40

/* ---- the current directory ---- */

/* Readers take no lock: chdir replaces the string, and the old ones live on until many more have been replaced. */
#define RETIRED 64
struct cwd {
	wasi_fd_t fd;     /* the granted directory that it is or lies in, if no other is beneath; else WASI_FD_AUTO */
	const char *rest; /* in name: from there */
	size_t rest_len;
	char name[];
};
static _Atomic(struct cwd *) cwd;
static _Atomic(struct cwd *) retired[RETIRED];
static atomic_uint retired_at;

void cwd_get(char *buf)
{
	const struct cwd *here = atomic_load(&cwd);

	strcpy(buf, here ? here->name : "/");
}

void cwd_set(const char *name)
{
	size_t len = strlen(name);
	struct cwd *here = malloc(sizeof(*here) + len + 1);

	if (here) {
		memcpy(here->name, name, len + 1);
		here->fd = shim.strict ? WASI_FD_AUTO : ns_grant(here->name, &here->rest);
		here->rest_len = here->fd == WASI_FD_AUTO ? 0 : strlen(here->rest);
		struct cwd *old = atomic_exchange(&cwd, here);
		free(atomic_exchange(&retired[atomic_fetch_add(&retired_at, 1) % RETIRED], old));
	}
}

/* ---- places ---- */

int place_find(struct place *p, int dirfd, const char *path)
{
	char base[PATH_MAX];

	p->number = -1;
	p->dirfd = dirfd;
	p->asked = path;
	p->why = NULL;
	if (unlikely(!guest_string(path)))
		return EFAULT;
	if (unlikely(shim.strict))
		return strict_find(p, dirfd, path);
	if (path[0] == '/')
		return ns_find(p, NULL, path);
	if (dirfd == AT_FDCWD) {
		const struct cwd *here = atomic_load_explicit(&cwd, memory_order_acquire);
		/* `.` and `..` at the front are for ns_find. */
		if (path[0] == '.' || path[0] == '\0' || here->fd == WASI_FD_AUTO)
			return ns_find(p, here->name, path);
		size_t at = here->rest_len, len = strlen(path);
		p->fd = here->fd;
		p->path = path;
		p->len = len;
		if (len >= PATH_MAX || at + 1 + len >= sizeof(p->buf))
			return ENAMETOOLONG;
		if (at) {
			memcpy(p->buf, here->rest, at);
			p->buf[at++] = '/';
			memcpy(p->buf + at, path, len + 1);
			p->path = p->buf;
			p->len = at + len;
		}
		return 0;
	}
	if (hidden(dirfd))
		return EBADF;
	if (path[0] == '\0')
		return ENOENT;
	/* Beneath most directories a descriptor is all that is needed; with grants beneath it, names count. */
	if (unlikely(spot_special(dirfd)) && spot_copy(dirfd, base))
		return ns_find(p, base, path);
	p->fd = (wasi_fd_t)dirfd;
	p->path = path;
	p->len = strlen(path);
	return p->len < PATH_MAX ? 0 : ENAMETOOLONG;
}

int place_name(int dirfd, const char *path, char *buf)
{
	size_t at = 0, len = strlen(path);

	/* No printf: this is on the way of every open. */
	if (path[0] != '/') {
		if (dirfd == AT_FDCWD)
			cwd_get(buf);
		else if (!spot_copy(dirfd, buf))
			return ENOENT;
		at = strlen(buf);
		if (at > 1)
			buf[at++] = '/';
	}
	if (at + len >= PATH_MAX)
		return ENAMETOOLONG;
	memcpy(buf + at, path, len + 1);
	return 0;
}

/* ---- resolving by name ---- */

/* The link at a resolved guest name: 0 and its contents, EINVAL if it is no link, or another errno. */
static int read_link(struct place *p, const char *name, char *target)
{
	wasi_size_t len;

	int error = shim.strict ? strict_find(p, AT_FDCWD, name) : ns_find(p, NULL, name);
	if (error)
		return error;
	if (p->len == 1 && p->path[0] == '.')
		return EINVAL; /* a node of the tree */
	wasi_errno_t e = wasi_path_readlink(shim.ctx, p->fd, p->path, p->len, target, PATH_MAX - 1, &len);
	if (e)
		return e == WASI_ERRNO_NOTSUP ? EINVAL : path_errno(e);
	target[len] = '\0';
	return len ? 0 : ENOENT;
}

/* Resolves an absolute guest name component by component, as the kernel would if the guest's tree were real. `done` is
 * resolved already, `todo` is still to come. p is scratch. */
static int resolve(struct place *p, const char *name, bool follow, bool must_exist, char *done)
{
	char todo[PATH_MAX * 2], target[PATH_MAX];
	size_t len = 0, at = 0;
	int links = 0;

	if (strlen(name) >= PATH_MAX)
		return ENAMETOOLONG;
	strcpy(todo, name);
	done[0] = '\0';
	for (;;) {
		at += strspn(todo + at, "/");
		size_t n = strcspn(todo + at, "/");
		if (n == 0)
			break;
		if (n == 1 && todo[at] == '.') {
			at++;
			continue;
		}
		if (n == 2 && todo[at] == '.' && todo[at + 1] == '.') {
			while (len > 0 && done[--len] != '/')
				;
			done[len] = '\0';
			at += 2;
			continue;
		}
		size_t parent = len;
		if (len + 1 + n >= PATH_MAX)
			return ENAMETOOLONG;
		done[len++] = '/';
		memcpy(done + len, todo + at, n);
		len += n;
		done[len] = '\0';
		at += n;

		bool last = todo[at + strspn(todo + at, "/")] == '\0', slash = todo[at] == '/';
		if (last && !follow && !slash)
			break;
		int error = read_link(p, done, target);
		if (error == EINVAL)
			continue;
		if (error == ENOENT && last && !must_exist)
			break;
		if (error)
			return error;
		if (++links > MAX_LINKS)
			return ELOOP;
		size_t target_len = strlen(target), rest = strlen(todo + at);
		if (target_len + rest >= sizeof(todo))
			return ENAMETOOLONG;
		memmove(todo + target_len, todo + at, rest + 1);
		memcpy(todo, target, target_len);
		at = 0;
		len = target[0] == '/' ? 0 : parent;
		done[len] = '\0';
	}
	if (len == 0)
		strcpy(done, "/");
	return 0;
}

int place_resolve(int dirfd, const char *path, bool follow, bool must_exist, char *buf)
{
	char name[PATH_MAX];
	struct place p;
	int error = place_name(dirfd, path, name);

	p.number = -1;
	return error ? error : resolve(&p, name, follow, must_exist, buf);
}

bool place_again(struct place *p, bool follow)
{
	char name[PATH_MAX], done[PATH_MAX + 1];
	wasi_fd_t old_fd = p->fd;
	const char *why = p->why;
	struct place scratch;

	if (shim.strict || place_name(p->dirfd, p->asked, name))
		return false;
	scratch.number = -1;
	size_t len = strlen(name);
	int error = resolve(&scratch, name, follow, false, done);
	if (error) {
		/* Keep the core's refusal, unless the path ends at one of the process's own descriptors. */
		if (scratch.number >= 0)
			p->number = scratch.number;
		return false;
	}
	if (len > 1 && name[len - 1] == '/' && strlen(done) < PATH_MAX - 1)
		strcat(done, "/");
	const char *asked = p->asked;
	int dirfd = p->dirfd;
	char old_path[PATH_MAX];
	strcpy(old_path, p->path);
	error = ns_find(&scratch, NULL, done);
	if (error) {
		p->why = "it leads to a place that is not granted";
		p->number = scratch.number;
		return false;
	}
	if (scratch.fd == old_fd && strcmp(scratch.path, old_path) == 0)
		return false;
	p->fd = scratch.fd;
	p->len = scratch.len;
	memcpy(p->buf, scratch.path, scratch.len + 1);
	p->path = p->buf;
	p->number = -1;
	p->asked = asked;
	p->dirfd = dirfd;
	p->why = why;
	return true;
}
