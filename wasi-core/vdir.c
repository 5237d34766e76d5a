/* Synthetic, read-only directories: the ones above preopens, and those that hold single granted files.
 *
 * A path is resolved here up to the entry it names. An entry with a host object behind it goes on as a lookup of one
 * name, never followed, in the host directory it was granted from; anything else exists only in this file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "internal.h"

struct item {
	char *name, *host_name; /* host_name NULL: an empty synthetic directory */
	int host_dir;
	wasi_rights_t rights;
};

struct vdir {
	atomic_uint refs;
	uint64_t ino;
	size_t count;
	struct item items[];
};

static uint64_t hash(uint64_t seed, const char *text)
{
	for (uint64_t h = seed ^ 0xcbf29ce484222325;; text++) {
		if (!*text)
			return h >> 1 | 1;
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	}
}

static void vdir_share(wasi_entry_t *e)
{
	struct vdir *v = e->data;

	if (v)
		atomic_fetch_add(&v->refs, 1);
}

static void vdir_release(wasi_entry_t *e)
{
	struct vdir *v = e->data;

	if (!v || atomic_fetch_sub(&v->refs, 1) != 1)
		return;
	for (size_t i = 0; i < v->count; i++) {
		free(v->items[i].name);
		free(v->items[i].host_name);
	}
	free(v);
}

/* ---- resolving ---- */

enum target_kind { TARGET_SELF, TARGET_EMPTY, TARGET_HOST };

struct target {
	enum target_kind kind;
	const struct item *item;
	bool whole;	 /* HOST: the item itself, not something beneath it */
	wasi_entry_t at; /* HOST: stands in for the directory to go on in; path has been replaced by the rest */
};

static void target_drop(wasi_call_t *c, struct target *t)
{
	if (t->kind == TARGET_HOST && !t->whole)
		c->host->close(t->at.host_fd);
}

static const struct item *find(const struct vdir *v, const char *name, size_t len)
{
	for (size_t i = 0; v && i < v->count; i++) {
		if (strlen(v->items[i].name) == len && memcmp(v->items[i].name, name, len) == 0)
			return &v->items[i];
	}
	return NULL;
}

static wasi_errno_t enter_host(wasi_call_t *c, struct path *path, const char *rest, bool slash, struct target *t)
{
	long fd;

	t->kind = TARGET_HOST;
	t->at.host_fd = t->item->host_dir;
	t->at.ops = &host_ops;
	if (!*rest) {
		t->whole = true;
		path->len =
			(size_t)snprintf(path->text, sizeof(path->text), "%s%s", t->item->host_name, slash ? "/" : "");
		return path->len < sizeof(path->text) ? WASI_ERRNO_SUCCESS : WASI_ERRNO_NAMETOOLONG;
	}
	fd = HOST_RETRY(
		c, openat(t->item->host_dir, t->item->host_name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC, 0));
	if (fd < 0)
		return host_error(fd);
	t->at.host_fd = (int)fd;
	path->len = strlen(rest);
	memmove(path->text, rest, path->len + 1);
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t resolve(wasi_call_t *c, wasi_entry_t *e, struct path *path, struct target *t)
{
	const char *p = path->text;

	memset(t, 0, sizeof(*t));
	t->kind = TARGET_SELF;
	while (*p) {
		size_t len = strcspn(p, "/");
		const char *rest = p + len + strspn(p + len, "/");

		if (len == 2 && memcmp(p, "..", 2) == 0) {
			if (t->kind == TARGET_SELF)
				return WASI_ERRNO_NOTCAPABLE;
			t->kind = TARGET_SELF;
		} else if (len != 1 || *p != '.') {
			t->item = t->kind == TARGET_SELF ? find(e->data, p, len) : NULL;
			if (!t->item)
				return WASI_ERRNO_NOENT;
			if (t->item->host_name)
				return enter_host(c, path, rest, p[len] == '/', t);
			t->kind = TARGET_EMPTY;
		}
		p = rest;
	}
	return WASI_ERRNO_SUCCESS;
}

/* ---- what it looks like ---- */

static void synthetic_stat(uint64_t ino, struct statx *ret)
{
	*ret = (struct statx){
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = 4096,
		.stx_nlink = 2,
		.stx_mode = S_IFDIR | 0555,
		.stx_ino = ino,
	};
}

static uint64_t own_ino(const wasi_entry_t *e)
{
	return e->root_ino;
}

static wasi_errno_t vdir_stat(wasi_call_t *c, wasi_entry_t *e, unsigned mask, struct statx *ret)
{
	(void)c;
	(void)mask;
	synthetic_stat(own_ino(e), ret);
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t vdir_statfs(wasi_call_t *c, wasi_entry_t *e, struct statfs *ret)
{
	(void)c;
	(void)e;
	/* A read-only tmpfs without room. */
	*ret = (struct statfs){
		.f_type = 0x01021994, .f_bsize = 4096, .f_namelen = 255, .f_frsize = 4096, .f_flags = ST_RDONLY};
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t vdir_path_stat(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, unsigned mask,
				   struct statx *ret)
{
	struct target t;
	wasi_errno_t error = resolve(c, e, path, &t);

	if (error)
		return error;
	if (t.kind == TARGET_HOST) {
		error = host_ops.path_stat(c, &t.at, path, follow && !t.whole, mask | STATX_TYPE, ret);
		target_drop(c, &t);
		if (!error && t.whole && follow && S_ISLNK(ret->stx_mode))
			error = WASI_ERRNO_LOOP;
		return error;
	}
	synthetic_stat(t.kind == TARGET_EMPTY ? hash(own_ino(e), t.item->name) : own_ino(e), ret);
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t vdir_path_access(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, int mode,
				     int flags)
{
	struct target t;
	wasi_errno_t error = resolve(c, e, path, &t);

	if (error)
		return error;
	if (t.kind != TARGET_HOST)
		return mode & 2 ? WASI_ERRNO_ROFS : WASI_ERRNO_SUCCESS;
	error = host_ops.path_access(c, &t.at, path, follow && !t.whole, mode, flags);
	target_drop(c, &t);
	if (!error && ((mode & 4 && !(t.item->rights & WASI_RIGHTS_FD_READ)) ||
		       (mode & 2 && !(t.item->rights & WASI_RIGHTS_FD_WRITE))))
		error = WASI_ERRNO_ACCES;
	return error;
}

static wasi_errno_t vdir_path_statfs(wasi_call_t *c, wasi_entry_t *e, struct path *path, struct statfs *ret)
{
	struct target t;
	wasi_errno_t error = resolve(c, e, path, &t);

	if (error)
		return error;
	if (t.kind != TARGET_HOST)
		return vdir_statfs(c, e, ret);
	error = host_ops.path_statfs(c, &t.at, path, ret);
	target_drop(c, &t);
	return error;
}

/* Item numbers as cookies: 1 is after `.`, 2 after `..`, and the items cannot change. */
static wasi_errno_t vdir_readdir(wasi_call_t *c, wasi_entry_t *e, void *buf, size_t len, wasi_dircookie_t cookie,
				 size_t *ret_used)
{
	const struct vdir *v = e->data;
	size_t count = 2 + (v ? v->count : 0), used = 0;

	for (uint64_t i = cookie; i < count && used < len; i++) {
		const char *name = i == 0 ? "." : i == 1 ? ".." : v->items[i - 2].name;
		wasi_dirent_t record = {.d_next = i + 1, .d_namlen = (uint32_t)strlen(name)};
		struct path path = {.len = strlen(name)};
		struct statx st;
		size_t n;

		synthetic_stat(own_ino(e), &st);
		if (i >= 2 && path.len < sizeof(path.text)) {
			memcpy(path.text, name, path.len + 1);
			if (vdir_path_stat(c, e, &path, false, STATX_INO, &st))
				synthetic_stat(hash(own_ino(e), name), &st);
		}
		record.d_ino = identity(c->ctx, st.stx_ino);
		record.d_type = filetype_of_mode(st.stx_mode);
		n = len - used < sizeof(record) ? len - used : sizeof(record);
		memcpy((char *)buf + used, &record, n);
		used += n;
		n = len - used < record.d_namlen ? len - used : record.d_namlen;
		memcpy((char *)buf + used, name, n);
		used += n;
	}
	*ret_used = used;
	return WASI_ERRNO_SUCCESS;
}

/* ---- opening, and refusing ---- */

static wasi_errno_t open_synthetic(wasi_call_t *c, wasi_entry_t *e, const struct target *t,
				   const struct open_request *request, wasi_entry_t **ret)
{
	wasi_entry_t *opened;

	if (request->flags & O_CREAT)
		return request->flags & O_EXCL ? WASI_ERRNO_EXIST : WASI_ERRNO_ISDIR;
	if ((request->flags & O_ACCMODE) != O_RDONLY || request->flags & O_TRUNC)
		return WASI_ERRNO_ISDIR;
	opened = entry_new(c);
	if (!opened)
		return WASI_ERRNO_NOMEM;
	opened->ops = &vdir_ops;
	opened->class = CLASS_DIRECTORY;
	opened->filetype = WASI_FILETYPE_DIRECTORY;
	opened->inherit = request->inherit;
	opened->domain = e->domain;
	opened->root_ino = t->kind == TARGET_EMPTY ? hash(own_ino(e), t->item->name) : own_ino(e);
	atomic_store(&opened->base, request->base & rights_usable(CLASS_DIRECTORY));
	atomic_store(&opened->inheriting, request->inheriting);
	if (t->kind == TARGET_SELF) {
		opened->data = e->data;
		vdir_share(opened);
	}
	*ret = opened;
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t vdir_open(wasi_call_t *c, wasi_entry_t *e, struct path *path, const struct open_request *request,
			      wasi_entry_t **ret)
{
	struct open_request host_request = *request;
	wasi_rights_t missing;
	struct target t;
	wasi_errno_t error = resolve(c, e, path, &t);

	if (error == WASI_ERRNO_NOENT && request->flags & O_CREAT)
		return WASI_ERRNO_ROFS;
	if (error)
		return error;
	if (t.kind != TARGET_HOST)
		return open_synthetic(c, e, &t, request, ret);

	/* Reading and writing must have been granted; the harmless rights that come with a request are just cut. */
	missing = request->base | (request->flags & O_TRUNC ? (wasi_rights_t)WASI_RIGHTS_FD_WRITE : 0);
	missing &= (WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE) & ~t.item->rights;
	if (missing)
		error = lack(c, e, missing);
	else if (t.whole && request->flags & O_CREAT && request->flags & O_EXCL)
		error = WASI_ERRNO_EXIST;
	if (!error) {
		if (t.whole) {
			host_request.flags &= ~(O_CREAT | O_EXCL);
			host_request.follow = false;
		} else if (request->flags & O_CREAT && !(t.item->rights & WASI_RIGHTS_PATH_CREATE_FILE)) {
			error = WASI_ERRNO_ROFS;
		}
		host_request.base &= t.item->rights;
		host_request.inheriting &= t.item->rights;
		t.at.domain = (uint32_t)t.item->rights;
	}
	if (!error)
		error = host_ops.open(c, &t.at, path, &host_request, ret);
	target_drop(c, &t);
	return error;
}

static wasi_errno_t vdir_lookup(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, enum lookup_for why,
				struct path_ref *ret)
{
	struct target t;
	wasi_errno_t error = resolve(c, e, path, &t);

	if (error)
		return error;
	if (t.kind != TARGET_HOST)
		return why == LOOKUP_TO_CHANGE ? WASI_ERRNO_ROFS : WASI_ERRNO_INVAL;
	if (why == LOOKUP_TO_CHANGE)
		error = WASI_ERRNO_ROFS;
	else
		error = path_lookup(c, t.at.host_fd, path, follow && !t.whole, ret);
	if (!error && !t.whole && ret->dir == t.at.host_fd)
		ret->close_dir = true;
	else
		target_drop(c, &t);
	return error;
}

static wasi_errno_t vdir_parent(wasi_call_t *c, wasi_entry_t *e, struct path *path, struct path_ref *ret)
{
	(void)c;
	(void)e;
	(void)path;
	(void)ret;
	return WASI_ERRNO_ROFS;
}

static wasi_errno_t vdir_set_times(wasi_call_t *c, wasi_entry_t *e, const struct timespec times[2])
{
	(void)c;
	(void)e;
	(void)times;
	return WASI_ERRNO_ROFS;
}

static wasi_errno_t vdir_chmod(wasi_call_t *c, wasi_entry_t *e, unsigned mode)
{
	(void)c;
	(void)e;
	(void)mode;
	return WASI_ERRNO_ROFS;
}

static wasi_errno_t vdir_chown(wasi_call_t *c, wasi_entry_t *e, unsigned uid, unsigned gid)
{
	(void)c;
	(void)e;
	(void)uid;
	(void)gid;
	return WASI_ERRNO_ROFS;
}

static wasi_errno_t vdir_sync(wasi_call_t *c, wasi_entry_t *e, bool data_only)
{
	(void)c;
	(void)e;
	(void)data_only;
	return WASI_ERRNO_SUCCESS;
}

const struct wasi_ops vdir_ops = {
	.stat = vdir_stat,
	.statfs = vdir_statfs,
	.set_times = vdir_set_times,
	.sync = vdir_sync,
	.chmod = vdir_chmod,
	.chown = vdir_chown,
	.readdir = vdir_readdir,
	.open = vdir_open,
	.lookup = vdir_lookup,
	.parent = vdir_parent,
	.path_stat = vdir_path_stat,
	.path_access = vdir_path_access,
	.path_statfs = vdir_path_statfs,
	.release = vdir_release,
	.share = vdir_share,
};

/* ---- making one ---- */

static struct vdir *vdir_new(size_t count, const struct wasi_vdir_entry *entries)
{
	struct vdir *v = calloc(1, sizeof(*v) + count * sizeof(v->items[0]));

	if (!v)
		return NULL;
	atomic_init(&v->refs, 1);
	for (; v->count < count; v->count++) {
		struct item *item = &v->items[v->count];
		const struct wasi_vdir_entry *from = &entries[v->count];

		item->host_dir = from->host_dir;
		item->rights = from->rights;
		item->name = strdup(from->name);
		if (from->host_dir >= 0)
			item->host_name = strdup(from->host_name);
		if (!item->name || (from->host_dir >= 0 && !item->host_name)) {
			v->count++;
			vdir_release(&(wasi_entry_t){.data = v});
			return NULL;
		}
	}
	return v;
}

wasi_errno_t wasi_ctx_add_vdir(wasi_ctx_t *ctx, wasi_fd_t at, const char *name, size_t count,
			       const struct wasi_vdir_entry *entries, wasi_fd_t *ret_fd)
{
	wasi_errno_t error = WASI_ERRNO_NOMEM;
	wasi_entry_t *e;
	wasi_call_t c;

	call_begin(&c, ctx);
	e = entry_new(&c);
	if (!e)
		return error;
	e->ops = &vdir_ops;
	e->class = CLASS_DIRECTORY;
	e->filetype = WASI_FILETYPE_DIRECTORY;
	e->preopen = true;
	e->name = strdup(name);
	e->data = vdir_new(count, entries);
	e->root_ino = hash(0, name);
	atomic_store(&e->base, wasi_rights_preopen_base());
	atomic_store(&e->inheriting, wasi_rights_preopen_inheriting());
	e->domain = UINT32_MAX; /* nothing can be moved into it or out of it */
	if (e->name && e->data)
		error = table_install(&c, e, at, 0, ret_fd);
	if (error) {
		entry_put(&c, e);
		return error;
	}
	for (size_t i = 0; i < count; i++)
		table_reserve(ctx, entries[i].host_dir);
	return WASI_ERRNO_SUCCESS;
}
