/* The posix profile's name space: a tree of the granted guest paths.
 *
 * Its inner nodes (`/`, or `/tmp` when only /tmp/x is granted) are synthetic directories, made in the core when first
 * used. Nothing in the tree is a symbolic link, so walking it by name, `.` and `..` included, is exact; what is left of
 * a path at a granted directory is for the core to resolve beneath it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "place.h"

struct node {
	struct node *parent, *child, *next;
	const struct policy_dir *dir;
	const struct policy_file *file;
	_Atomic wasi_fd_t fd; /* in the core's table; WASI_FD_AUTO until made */
	size_t len;
	char name[];
};

static struct node *root;
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static wasi_fd_t next_hidden = HIDDEN_BASE;

static struct node *node_new(struct node *parent, const char *name, size_t len)
{
	struct node *n = calloc(1, sizeof(*n) + len + 1);

	if (!n)
		return NULL;
	n->parent = parent ? parent : n;
	n->fd = WASI_FD_AUTO;
	n->len = len;
	memcpy(n->name, name, len);
	if (parent) {
		n->next = parent->child;
		parent->child = n;
	}
	return n;
}

static struct node *node_child(const struct node *n, const char *name, size_t len)
{
	struct node *c = n->child;

	while (c && !(c->len == len && memcmp(c->name, name, len) == 0))
		c = c->next;
	return c;
}

/* The node of a guest path, made if need be. */
static struct node *node_make(const char *path)
{
	struct node *n = root;

	while (n) {
		path += strspn(path, "/");
		size_t len = strcspn(path, "/");
		if (len == 0)
			break;
		struct node *c = node_child(n, path, len);
		n = c ? c : node_new(n, path, len);
		path += len;
	}
	return n;
}

/* Whether a guest path is seen through a granted directory. One that is the root lies under everything else. */
static bool is_covered(const char *path)
{
	for (struct node *n = root; n;) {
		if (n->dir && n != root)
			return true;
		path += strspn(path, "/");
		size_t len = strcspn(path, "/");
		if (len == 0)
			break;
		n = node_child(n, path, len);
		path += len;
	}
	return false;
}

void ns_fork_prepare(void)
{
	pthread_mutex_lock(&making);
}

void ns_fork_done(void)
{
	pthread_mutex_unlock(&making);
}

int ns_init(void)
{
	struct policy *policy = shim.policy;

	root = node_new(NULL, "", 0);
	for (size_t i = 0; i < policy->n_dirs; i++) {
		struct policy_dir *dir = &policy->dirs[i];
		struct node *n = root ? node_make(dir->guest) : NULL;
		if (!n)
			return ENOMEM;
		wasi_errno_t e = wasi_ctx_add_preopen(shim.ctx, next_hidden, dir->fd, dir->guest, dir->base,
						      dir->inheriting, NULL);
		if (e)
			return wasi_errno_to_host(e);
		if (dir->look_fd > 0)
			wasi_ctx_add_look(shim.ctx, next_hidden, dir->look_fd);
		n->dir = dir;
		n->fd = next_hidden++;
	}
	for (size_t i = 0; i < policy->n_files; i++) {
		if (is_covered(policy->files[i].guest))
			continue;
		struct node *n = node_make(policy->files[i].guest);
		if (!n)
			return ENOMEM;
		n->file = &policy->files[i];
	}
	return 0;
}

const struct policy_dir *grant_of(wasi_fd_t fd)
{
	size_t first = shim.strict ? 3 : HIDDEN_BASE;

	return fd >= first && fd - first < shim.policy->n_dirs ? &shim.policy->dirs[fd - first] : NULL;
}

/* The core's directory for a synthetic node. */
static int node_fd(struct node *n, wasi_fd_t *ret)
{
	wasi_errno_t e = WASI_ERRNO_SUCCESS;

	*ret = n->fd;
	if (likely(*ret != WASI_FD_AUTO))
		return 0;
	pthread_mutex_lock(&making);
	if (n->fd == WASI_FD_AUTO) {
		struct wasi_vdir_entry *entries;
		size_t count = 0;

		for (struct node *c = n->child; c; c = c->next)
			count++;
		entries = calloc(count + 1, sizeof(*entries));
		count = 0;
		for (struct node *c = n->child; entries && c; c = c->next) {
			struct wasi_vdir_entry *entry = &entries[count++];
			*entry = (struct wasi_vdir_entry){.name = c->name, .host_dir = -1};
			if (c->file) {
				entry->host_dir = c->file->dir_fd;
				entry->host_name = c->file->name;
				entry->rights = c->file->rights;
			}
		}
		e = entries ? wasi_ctx_add_vdir(shim.ctx, next_hidden, n->name, count, entries, NULL)
			    : WASI_ERRNO_NOMEM;
		if (!e)
			n->fd = next_hidden++;
		free(entries);
	}
	*ret = n->fd;
	pthread_mutex_unlock(&making);
	return e ? wasi_errno_to_host(e) : 0;
}

/* The place is the node itself. */
static int at_node(struct place *p, struct node *n, bool slash)
{
	p->path = ".";
	p->len = 1;
	if (n->file) {
		if (slash)
			return ENOTDIR;
		p->path = n->name;
		p->len = n->len;
		n = n->parent;
	}
	return node_fd(n, &p->fd);
}

/* Walks as far as the tree knows. *ret: where it ended; returns what is left of the path, "" if nothing, or NULL for a
 * name that is not there. */
static const char *walk(struct node *n, const char *path, struct node **ret)
{
	for (;;) {
		path += strspn(path, "/");
		size_t len = strcspn(path, "/");

		*ret = n;
		if (len == 0)
			return "";
		if (n->file)
			return NULL;
		if (len == 1 && path[0] == '.') {
			path++;
			continue;
		}
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			n = n->parent;
			path += 2;
			continue;
		}
		struct node *c = node_child(n, path, len);
		if (!c)
			return n->dir ? path : NULL;
		n = c;
		path += len;
	}
}

wasi_fd_t ns_grant(const char *name, const char **rest)
{
	struct node *n;

	*rest = walk(root, name, &n);
	return *rest && n->dir && (**rest || !n->child) ? (wasi_fd_t)n->fd : WASI_FD_AUTO;
}

bool ns_is_special(const char *name)
{
	struct node *n;
	const char *rest = walk(root, name, &n);

	return rest && !*rest && n->child;
}

/* A decimal descriptor number, or -1. */
static int number_in(const char *text)
{
	int n = 0;

	for (const char *s = text; *s; s++) {
		if (*s < '0' || *s > '9' || n > 1000000)
			return -1;
		n = n * 10 + (*s - '0');
	}
	return *text ? n : -1;
}

/* Names of the process's own descriptors, wherever nothing is granted. */
static int descriptor_name(const char *path)
{
	static const char *const dirs[] = {"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"};
	static const char *const streams[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};

	for (int i = 0; i < 3; i++) {
		if (strncmp(path, dirs[i], strlen(dirs[i])) == 0)
			return number_in(path + strlen(dirs[i]));
		if (strcmp(path, streams[i]) == 0)
			return i;
	}
	return -1;
}

/* The same names as directories. */
static bool lists_descriptors(const char *path)
{
	static const char *const dirs[] = {"/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"};

	for (int i = 0; i < 3; i++) {
		size_t len = strlen(dirs[i]);
		if (strncmp(path, dirs[i], len) == 0 && path[len + strspn(path + len, "/")] == '\0')
			return true;
	}
	return false;
}

#define DESCRIPTORS (HIDDEN_BASE + 90000) /* where the picture stands in the core's table */

/* The guest's descriptors as a directory: a picture of now, made anew for each look. */
static int descriptors_place(struct place *p)
{
	struct name {
		char text[12];
	};
	size_t room = (size_t)fd_top() + 1, count = 0;
	struct wasi_vdir_entry *entries = calloc(room, sizeof(*entries));
	struct name *numbers = calloc(room, sizeof(*numbers));
	wasi_errno_t e = WASI_ERRNO_NOMEM;

	for (size_t fd = 0; entries && numbers && fd < room; fd++) {
		struct wasi_fd_info info;
		if (wasi_ctx_fd_info(shim.ctx, (wasi_fd_t)fd, &info))
			continue;
		snprintf(numbers[count].text, sizeof(numbers[count].text), "%u", (unsigned)fd);
		entries[count] = (struct wasi_vdir_entry){.name = numbers[count].text, .host_dir = -1};
		count++;
	}
	pthread_mutex_lock(&making);
	if (entries && numbers) {
		wasi_ctx_forget(shim.ctx, DESCRIPTORS);
		e = wasi_ctx_add_vdir(shim.ctx, DESCRIPTORS, "fd", count, entries, NULL);
	}
	pthread_mutex_unlock(&making);
	free(entries);
	free(numbers);
	p->fd = DESCRIPTORS;
	p->path = ".";
	p->len = 1;
	return e ? wasi_errno_to_host(e) : 0;
}

/* base with path behind it, into p->buf; `..` at the front of path eats components of base, which has no links. */
static int join(struct place *p, const char *base, const char **path)
{
	size_t base_len = strlen(base);

	while (base_len > 1 && (*path)[0] == '.') {
		if ((*path)[1] == '/') {
			*path += 1;
		} else if ((*path)[1] == '.' && ((*path)[2] == '/' || (*path)[2] == '\0')) {
			while (base_len > 1 && base[base_len - 1] != '/')
				base_len--;
			if (base_len > 1)
				base_len--;
			*path += 2;
		} else {
			break;
		}
		*path += strspn(*path, "/");
	}
	size_t len = strlen(*path);
	if (len >= PATH_MAX)
		return ENAMETOOLONG;
	if (base_len + 1 + len >= sizeof(p->buf))
		return ENAMETOOLONG;
	memcpy(p->buf, base, base_len);
	if (len) {
		p->buf[base_len] = '/';
		memcpy(p->buf + base_len + 1, *path, len + 1);
	} else {
		p->buf[base_len] = '\0';
	}
	*path = p->buf;
	return 0;
}

int ns_find(struct place *p, const char *base, const char *path)
{
	struct node *n;
	int error;

	if (path[0] == '\0')
		return ENOENT;
	bool slash = path[strlen(path) - 1] == '/';
	if (path[0] == '/') {
		if (strlen(path) >= PATH_MAX)
			return ENAMETOOLONG;
	} else if ((error = join(p, base, &path))) {
		return error;
	}
	const char *rest = walk(root, path, &n);
	if (!rest) {
		p->number = descriptor_name(path);
		if (lists_descriptors(path))
			return descriptors_place(p);
		return n->file ? ENOTDIR : ENOENT;
	}
	if (!*rest)
		return at_node(p, n, slash);
	p->fd = n->fd;
	p->path = rest;
	p->len = strlen(rest);
	return 0;
}
