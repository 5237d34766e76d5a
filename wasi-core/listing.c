/* fd_readdir on the host's directories, in the three ways of enum wasi_listing. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "stat.h"

/* linux_dirent64, as getdents64 gives it. */
struct host_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* What a descriptor remembers between calls, under its dir_lock. */
struct listing {
	int64_t *at; /* COUNTED: the host's position before entry i, for all i < n */
	struct item {
		wasi_dirent_t record;
		char *name;
	} *items; /* SORTED: the directory as it was at cookie 0 */
	size_t n, room;
};

void listing_free(struct listing *l)
{
	if (!l)
		return;
	for (size_t i = 0; l->items && i < l->n; i++)
		free(l->items[i].name);
	free(l->items);
	free(l->at);
	free(l);
}

static wasi_filetype_t dirent_type(wasi_call_t *c, int dir, const struct host_dirent *d)
{
	struct statx st;

	/* DT_x is the file type part of a mode, shifted. */
	if (d->type)
		return filetype_of_mode((unsigned)d->type << 12);
	if (c->host->statx(dir, d->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0)
		return WASI_FILETYPE_UNKNOWN;
	return filetype_of_mode(st.stx_mode);
}

/* The parent of a preopen is not the guest's business: there `..` is reported as the directory itself. */
static uint64_t dotdot_ino(wasi_call_t *c, wasi_entry_t *e, uint64_t ino)
{
	struct statx st;

	if (c->host->statx(e->host_fd, "", AT_EMPTY_PATH, STATX_INO, &st) < 0)
		return 0;
	if (st.stx_ino == e->root_ino && (((uint64_t)st.stx_dev_major << 32) | st.stx_dev_minor) == e->root_dev)
		return st.stx_ino;
	return ino;
}

static wasi_dirent_t record_of(wasi_call_t *c, wasi_entry_t *e, int fd, const struct host_dirent *d, wasi_dircookie_t next)
{
	uint64_t ino = strcmp(d->name, "..") == 0 ? dotdot_ino(c, e, d->ino) : d->ino;

	return (wasi_dirent_t){
		.d_next = next,
		.d_ino = identity(c->ctx, ino),
		.d_namlen = (uint32_t)strlen(d->name),
		.d_type = dirent_type(c, fd, d),
	};
}

/* Where records go. */
struct packer {
	char *buf;
	size_t len, used;
};

static void pack_bytes(struct packer *p, const void *bytes, size_t n)
{
	size_t room = p->len - p->used;

	memcpy(p->buf + p->used, bytes, n < room ? n : room);
	p->used += n < room ? n : room;
}

/* Copies as much as fits; a record may be cut anywhere, which tells the guest that there is more. */
static void pack(struct packer *p, const wasi_dirent_t *record, const char *name)
{
	pack_bytes(p, record, sizeof(*record));
	pack_bytes(p, name, record->d_namlen);
}

/* Makes room for one more element in one of the two lists. */
static void *grow(struct listing *l, void *list, size_t size)
{
	if (list && l->n < l->room)
		return list;
	size_t room = l->room ? l->room * 2 : 64;
	void *more = reallocarray(list, room, size);
	if (more)
		l->room = room;
	return more;
}

/* Notes where the host goes on behind entry number n - 1. False for want of memory. */
static bool note_position(struct listing *l, uint64_t entry, int64_t at)
{
	if (entry == l->n) {
		int64_t *more = grow(l, l->at, sizeof(*more));
		if (!more)
			return false;
		l->at = more;
		l->n++;
	}
	l->at[entry] = at;
	return true;
}

/* HOST and COUNTED: entries as the host gives them, from the host's position on. */
static wasi_errno_t list_host(wasi_call_t *c, wasi_entry_t *e, int fd, struct packer *p, wasi_dircookie_t cookie)
{
	_Alignas(struct host_dirent) char raw[8192];
	struct listing *l = e->listing;
	int64_t from = l ? l->at[cookie] : (int64_t)cookie;
	long result = c->host->lseek(fd, from, SEEK_SET);

	while (result >= 0 && p->used < p->len) {
		result = HOST_RETRY(c, getdents64(fd, raw, sizeof(raw)));
		if (result <= 0)
			break;
		for (long at = 0; at < result && p->used < p->len;) {
			const struct host_dirent *d = (const void *)(raw + at);

			if (l && !note_position(l, cookie + 1, d->off))
				return WASI_ERRNO_NOMEM;
			cookie = l ? cookie + 1 : (wasi_dircookie_t)d->off;
			wasi_dirent_t record = record_of(c, e, fd, d, cookie);
			pack(p, &record, d->name);
			at += d->reclen;
		}
	}
	/* An error after some records is reported by the next call. */
	return p->used > 0 ? WASI_ERRNO_SUCCESS : host_error(result);
}

/* `.` and `..` first, then by bytes. */
static int compare_items(const void *a, const void *b)
{
	const char *x = ((const struct item *)a)->name, *y = ((const struct item *)b)->name;
	int x_rank = strcmp(x, ".") == 0 ? 0 : strcmp(x, "..") == 0 ? 1 : 2;
	int y_rank = strcmp(y, ".") == 0 ? 0 : strcmp(y, "..") == 0 ? 1 : 2;

	return x_rank != y_rank ? x_rank - y_rank : strcmp(x, y);
}

static wasi_errno_t take_snapshot(wasi_call_t *c, wasi_entry_t *e, int fd, struct listing *l)
{
	_Alignas(struct host_dirent) char raw[8192];
	long result = c->host->lseek(fd, 0, SEEK_SET);

	while (result >= 0) {
		result = HOST_RETRY(c, getdents64(fd, raw, sizeof(raw)));
		if (result <= 0)
			break;
		for (long at = 0; at < result;) {
			const struct host_dirent *d = (const void *)(raw + at);
			struct item *more = grow(l, l->items, sizeof(*more));
			char *name = strdup(d->name);

			if (more)
				l->items = more;
			if (!more || !name) {
				free(name);
				return WASI_ERRNO_NOMEM;
			}
			l->items[l->n++] = (struct item){record_of(c, e, fd, d, 0), name};
			at += d->reclen;
		}
	}
	if (result < 0)
		return host_error(result);
	if (l->n)
		qsort(l->items, l->n, sizeof(*l->items), compare_items);
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t list_sorted(wasi_call_t *c, wasi_entry_t *e, int fd, struct packer *p, wasi_dircookie_t cookie)
{
	if (!e->listing || cookie == 0) {
		struct listing *fresh = calloc(1, sizeof(*fresh));
		wasi_errno_t error = fresh ? take_snapshot(c, e, fd, fresh) : WASI_ERRNO_NOMEM;

		if (error) {
			listing_free(fresh);
			return error;
		}
		listing_free(e->listing);
		e->listing = fresh;
	}
	for (uint64_t i = cookie; i < e->listing->n && p->used < p->len; i++) {
		e->listing->items[i].record.d_next = i + 1;
		pack(p, &e->listing->items[i].record, e->listing->items[i].name);
	}
	return WASI_ERRNO_SUCCESS;
}

/* COUNTED: entry 0 is at the host's position 0. */
static wasi_errno_t begin_counted(wasi_entry_t *e, wasi_dircookie_t cookie)
{
	if (!e->listing) {
		struct listing *fresh = calloc(1, sizeof(*fresh));

		if (!fresh || !note_position(fresh, 0, 0)) {
			free(fresh);
			return WASI_ERRNO_NOMEM;
		}
		e->listing = fresh;
	}
	return cookie < e->listing->n ? WASI_ERRNO_SUCCESS : WASI_ERRNO_INVAL;
}

wasi_errno_t host_readdir(wasi_call_t *c, wasi_entry_t *e, void *buf, size_t len, wasi_dircookie_t cookie, size_t *ret_used)
{
	pthread_mutex_t *lock = &c->ctx->dir_locks[((uintptr_t)e / sizeof(*e)) % DIR_LOCKS];
	struct packer p = {buf, len, 0};
	int fd;
	wasi_errno_t error = host_scan_fd(c, e, &fd);

	if (error)
		return error;
	if (cookie > INT64_MAX)
		return WASI_ERRNO_INVAL;
	pthread_mutex_lock(lock);
	if (c->ctx->config.listing == WASI_LISTING_SORTED) {
		error = list_sorted(c, e, fd, &p, cookie);
	} else {
		if (c->ctx->config.listing == WASI_LISTING_COUNTED)
			error = begin_counted(e, cookie);
		if (!error)
			error = list_host(c, e, fd, &p, cookie);
	}
	pthread_mutex_unlock(lock);
	*ret_used = p.used;
	return error;
}
