/* The strict profile's paths: what wasi-libc does, step by step. Preopens are found by the longest prefix, the newest
 * first; nothing is normalised before; the current directory is a string; without a match there is no such file. */
#include <stdlib.h>

#include "place.h"

/* A name without leading "/" and "./"; a lone "." is the empty prefix. */
static const char *strip_prefix(const char *path)
{
	for (;;) {
		if (path[0] == '/')
			path++;
		else if (path[0] == '.' && path[1] == '/')
			path += 2;
		else if (path[0] == '.' && path[1] == '\0')
			path++;
		else
			return path;
	}
}

/* The prefix at a component boundary. */
static bool prefix_matches(const char *prefix, size_t len, const char *path)
{
	if (strncmp(path, prefix, len) != 0)
		return false;
	/* A trailing slash of the prefix may be missing in the path. */
	while (len > 0 && prefix[len - 1] == '/')
		len--;
	return len == 0 || path[len] == '/' || path[len] == '\0';
}

int strict_init(void)
{
	for (size_t i = 0; i < shim.policy->n_dirs; i++) {
		const struct policy_dir *dir = &shim.policy->dirs[i];
		wasi_errno_t e = wasi_ctx_add_preopen(shim.ctx, (wasi_fd_t)(3 + i), dir->fd, dir->guest, dir->base,
						      dir->inheriting, NULL);
		if (e)
			return wasi_errno_to_host(e);
	}
	return 0;
}

int strict_find(struct place *p, int dirfd, const char *path)
{
	if (dirfd != AT_FDCWD && path[0] != '/') {
		if (!*path)
			return ENOENT;
		p->fd = (wasi_fd_t)dirfd;
		p->path = path;
		p->len = strlen(path);
		return 0;
	}
	if (path[0] != '/') {
		/* cwd + "/" + path, a single leading "./" removed; "", "." and "./" are the cwd itself. */
		char cwd[PATH_MAX];

		if (path[0] == '.' && path[1] == '/')
			path += 2;
		if (path[0] == '.' && path[1] == '\0')
			path++;
		cwd_get(cwd);
		size_t cwd_len = strlen(cwd), len = strlen(path);
		/* Behind "/" the name is as it is, and its length is the core's to judge. */
		if (cwd_len > 1) {
			if (cwd_len + 1 + len >= sizeof(p->buf))
				return ENAMETOOLONG;
			memcpy(p->buf, cwd, cwd_len);
			p->buf[cwd_len] = '/';
			memcpy(p->buf + cwd_len + 1, path, len + 1);
			path = p->buf;
		}
	}
	while (*path == '/')
		path++;

	size_t best_len = 0;
	bool found = false;
	for (size_t i = shim.policy->n_dirs; i-- > 0;) {
		const char *prefix = strip_prefix(shim.policy->dirs[i].guest);
		size_t len = strlen(prefix);
		if ((!found || len > best_len) && prefix_matches(prefix, len, path)) {
			found = true;
			best_len = len;
			p->fd = (wasi_fd_t)(3 + i);
		}
	}
	if (!found)
		return ENOENT;
	path += best_len;
	while (*path == '/')
		path++;
	p->path = *path ? path : ".";
	p->len = strlen(p->path);
	return 0;
}
