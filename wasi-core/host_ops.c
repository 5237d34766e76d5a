/* The methods of everything behind a host descriptor: files, directories, streams, sockets. */
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/* ---- data ---- */

static long host_read(wasi_call_t *c, wasi_entry_t *e, const struct iovec *iov, int count, int64_t offset)
{
	if (offset >= 0 && likely(count == 1))
		return HOST_RETRY(c, pread64(e->host_fd, iov->iov_base, iov->iov_len, offset));
	if (offset >= 0)
		return HOST_RETRY(c, preadv(e->host_fd, iov, count, offset));
	if (likely(count == 1))
		return HOST_RETRY(c, read(e->host_fd, iov->iov_base, iov->iov_len));
	return HOST_RETRY(c, readv(e->host_fd, iov, count));
}

/* RWF_APPEND, for a borrowed descriptor: its host flags are not ours to change. */
#define WRITE_APPEND 0x10

static long host_write(wasi_call_t *c, wasi_entry_t *e, const struct iovec *iov, int count, int64_t offset)
{
	if (unlikely(e->soft) && !e->host_append && atomic_load(&e->soft->flags) & WASI_FDFLAGS_APPEND)
		return HOST_RETRY(c, pwritev2(e->host_fd, iov, count, offset, WRITE_APPEND));
	if (offset >= 0 && likely(count == 1))
		return HOST_RETRY(c, pwrite64(e->host_fd, iov->iov_base, iov->iov_len, offset));
	if (offset >= 0)
		return HOST_RETRY(c, pwritev(e->host_fd, iov, count, offset));
	if (likely(count == 1))
		return HOST_RETRY(c, write(e->host_fd, iov->iov_base, iov->iov_len));
	return HOST_RETRY(c, writev(e->host_fd, iov, count));
}

static long host_seek(wasi_call_t *c, wasi_entry_t *e, int64_t offset, int whence)
{
	return c->host->lseek(e->host_fd, offset, whence);
}

/* ---- the object itself ---- */

static wasi_errno_t host_stat(wasi_call_t *c, wasi_entry_t *e, unsigned mask, struct statx *ret)
{
	long result = HOST_RETRY(c, statx(e->host_fd, "", AT_EMPTY_PATH, mask, ret));

	/* Of these two kinds the mode says all. */
	if (unlikely(atomic_load_explicit(&e->base, memory_order_relaxed) & RIGHTS_LATER) && result >= 0 &&
	    mask & STATX_TYPE && (S_ISREG(ret->stx_mode) || S_ISDIR(ret->stx_mode)))
		entry_learn(c, e, ret->stx_mode);
	return host_error(result);
}

static wasi_errno_t host_statfs(wasi_call_t *c, wasi_entry_t *e, struct statfs *ret)
{
	return host_error(HOST_RETRY(c, fstatfs(e->host_fd, ret)));
}

static wasi_errno_t host_set_times(wasi_call_t *c, wasi_entry_t *e, const struct timespec times[2])
{
	if (entry_class(c, e) == CLASS_DIRECTORY)
		return host_error(HOST_RETRY(c, utimensat(e->host_fd, ".", times, AT_SYMLINK_NOFOLLOW)));
	if (e->opath)
		return host_error(HOST_RETRY(c, utimensat(e->host_fd, "", times, AT_EMPTY_PATH)));
	return host_error(HOST_RETRY(c, utimensat(e->host_fd, NULL, times, 0)));
}

static wasi_errno_t host_set_size(wasi_call_t *c, wasi_entry_t *e, int64_t size)
{
	return host_error(HOST_RETRY(c, ftruncate(e->host_fd, size)));
}

static wasi_errno_t host_allocate(wasi_call_t *c, wasi_entry_t *e, int64_t offset, int64_t len)
{
	return host_error(HOST_RETRY(c, fallocate(e->host_fd, 0, offset, len)));
}

static wasi_errno_t host_advise(wasi_call_t *c, wasi_entry_t *e, int64_t offset, int64_t len, int advice)
{
	return host_error(c->host->fadvise64(e->host_fd, offset, len, advice));
}

long fd_set_aside(wasi_call_t *c, wasi_entry_t *e, int fd)
{
	long high;

	if (c->ctx->config.numbering != WASI_NUMBERING_HOST)
		return fd;
	high = c->host->fcntl(fd, F_DUPFD_CLOEXEC, e->host_fd);
	if (high < 0)
		return fd;
	c->host->close(fd);
	return high;
}

/* A directory that can be read and synced: the host's descriptor, or one opened from it when that is O_PATH. */
wasi_errno_t host_scan_fd(wasi_call_t *c, wasi_entry_t *e, int *ret)
{
	int expected = -1;
	long fd;

	*ret = e->opath ? atomic_load(&e->scan_fd) : e->host_fd;
	if (*ret >= 0)
		return WASI_ERRNO_SUCCESS;
	fd = HOST_RETRY(c, openat(e->host_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
	if (fd >= 0)
		fd = fd_set_aside(c, e, (int)fd);
	if (fd < 0)
		return host_error(fd);
	if (atomic_compare_exchange_strong(&e->scan_fd, &expected, (int)fd)) {
		table_reserve(c->ctx, (int)fd);
		*ret = (int)fd;
	} else {
		c->host->close((int)fd);
		*ret = expected;
	}
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t host_sync(wasi_call_t *c, wasi_entry_t *e, bool data_only)
{
	int fd = e->host_fd;
	wasi_errno_t error = entry_class(c, e) == CLASS_DIRECTORY ? host_scan_fd(c, e, &fd) : WASI_ERRNO_SUCCESS;

	if (error)
		return error;
	return host_error(data_only ? HOST_RETRY(c, fdatasync(fd)) : HOST_RETRY(c, fsync(fd)));
}

static wasi_errno_t host_chmod(wasi_call_t *c, wasi_entry_t *e, unsigned mode)
{
	if (entry_class(c, e) == CLASS_DIRECTORY)
		return host_error(HOST_RETRY(c, fchmodat(e->host_fd, ".", mode)));
	return host_error(HOST_RETRY(c, fchmod(e->host_fd, mode)));
}

static wasi_errno_t host_chown(wasi_call_t *c, wasi_entry_t *e, unsigned uid, unsigned gid)
{
	return host_error(HOST_RETRY(c, fchownat(e->host_fd, "", uid, gid, AT_EMPTY_PATH)));
}

/* ---- what lies beneath ---- */

static wasi_errno_t host_open(wasi_call_t *c, wasi_entry_t *e, struct path *path, const struct open_request *request,
			      wasi_entry_t **ret)
{
	/* A guest without signals must not hang in the open of a FIFO; a native program expects to. */
	bool quick = c->ctx->config.numbering == WASI_NUMBERING_LOWEST && !(request->flags & O_NONBLOCK);
	int flags = request->flags | O_NOCTTY | (request->inherit ? 0 : O_CLOEXEC) | (quick ? O_NONBLOCK : 0);
	wasi_entry_t *opened;
	wasi_errno_t error;
	int fd;

	error = path_open_beneath(c, e->host_fd, path->text, flags, request->mode, request->follow, &fd);
	if (error)
		return error;
	opened = entry_around(c, fd, true);
	if (!opened) {
		c->host->close(fd);
		return WASI_ERRNO_NOMEM;
	}
	if (quick) {
		long result = c->host->fcntl(fd, F_SETFL, request->flags & (O_APPEND | O_DIRECT | O_NOATIME));

		if (result < 0) {
			entry_put(c, opened);
			return host_error(result);
		}
	}
	entry_ask_later(opened, request->base, request->inheriting);
	/* O_TMPFILE has O_DIRECTORY in it. */
	if ((request->flags & O_TMPFILE) == O_DIRECTORY)
		entry_learn(c, opened, S_IFDIR);
	opened->inherit = request->inherit;
	opened->domain = e->domain;
	opened->root_dev = e->root_dev;
	opened->root_ino = e->root_ino;
	*ret = opened;
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t host_lookup(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, enum lookup_for why,
				struct path_ref *ret)
{
	(void)why;
	return path_lookup(c, e->host_fd, path, follow, ret);
}

static wasi_errno_t host_parent(wasi_call_t *c, wasi_entry_t *e, struct path *path, struct path_ref *ret)
{
	return path_parent(c, e->host_fd, path, ret);
}

static wasi_errno_t host_path_stat(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, unsigned mask,
				   struct statx *ret)
{
	struct path_ref ref;
	wasi_errno_t error;
	int look = memchr(path->text, '/', path->len) ? look_fd(c, e, path->text) : -1;

	if (look >= 0) {
		int flags = AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
		long result = HOST_RETRY(c, statx(look, path->text, flags, mask, ret));

		if (result != -ELOOP)
			return host_error(result);
	}
	/* A single name that turns out not to be a link needs no resolving. */
	if (follow && !memchr(path->text, '/', path->len) && strcmp(path->text, "..") != 0) {
		long result = HOST_RETRY(c, statx(e->host_fd, path->text, AT_SYMLINK_NOFOLLOW, mask | STATX_TYPE, ret));

		if (result < 0 || !S_ISLNK(ret->stx_mode))
			return host_error(result);
	}
	error = path_lookup(c, e->host_fd, path, follow, &ref);
	if (error)
		return error;
	error = host_error(HOST_RETRY(c, statx(ref.dir, ref.name, ref.flags, mask, ret)));
	path_drop(c, &ref);
	return error;
}

static wasi_errno_t host_path_access(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, int mode,
				     int flags)
{
	struct path_ref ref;
	wasi_errno_t error;
	int look = memchr(path->text, '/', path->len) ? look_fd(c, e, path->text) : -1;

	if (look >= 0) {
		int nofollow = follow ? 0 : AT_SYMLINK_NOFOLLOW;
		long result = HOST_RETRY(c, faccessat2(look, path->text, mode, flags | nofollow));

		if (result != -ELOOP)
			return host_error(result);
	}
	error = path_lookup(c, e->host_fd, path, follow, &ref);
	if (error)
		return error;
	error = host_error(HOST_RETRY(c, faccessat2(ref.dir, ref.name, mode, flags | ref.flags)));
	path_drop(c, &ref);
	return error;
}

static wasi_errno_t host_path_statfs(wasi_call_t *c, wasi_entry_t *e, struct path *path, struct statfs *ret)
{
	int fd;
	wasi_errno_t error = path_open_beneath(c, e->host_fd, path->text, O_PATH, 0, true, &fd);

	if (error)
		return error;
	error = host_error(HOST_RETRY(c, fstatfs(fd, ret)));
	c->host->close(fd);
	return error;
}

const struct wasi_ops host_ops = {
	.read = host_read,
	.write = host_write,
	.seek = host_seek,
	.stat = host_stat,
	.statfs = host_statfs,
	.set_times = host_set_times,
	.set_size = host_set_size,
	.allocate = host_allocate,
	.advise = host_advise,
	.sync = host_sync,
	.chmod = host_chmod,
	.chown = host_chown,
	.readdir = host_readdir,
	.open = host_open,
	.lookup = host_lookup,
	.parent = host_parent,
	.path_stat = host_path_stat,
	.path_access = host_path_access,
	.path_statfs = host_path_statfs,
};

/* ---- entries ---- */

wasi_filetype_t filetype_of_mode(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return WASI_FILETYPE_REGULAR_FILE;
	case S_IFDIR:
		return WASI_FILETYPE_DIRECTORY;
	case S_IFLNK:
		return WASI_FILETYPE_SYMBOLIC_LINK;
	case S_IFCHR:
		return WASI_FILETYPE_CHARACTER_DEVICE;
	case S_IFBLK:
		return WASI_FILETYPE_BLOCK_DEVICE;
	case S_IFSOCK:
		return WASI_FILETYPE_SOCKET_STREAM;
	default:
		return WASI_FILETYPE_UNKNOWN; /* FIFOs have no type in preview1; socket_stream would invite sock_* */
	}
}

static enum wasi_class classify(wasi_call_t *c, wasi_entry_t *e, wasi_filetype_t *filetype)
{
	char termios[128]; /* struct termios of any architecture */
	int type = SOCK_STREAM;
	unsigned len = sizeof(type);

	switch (*filetype) {
	case WASI_FILETYPE_DIRECTORY:
		return CLASS_DIRECTORY;
	case WASI_FILETYPE_REGULAR_FILE:
	case WASI_FILETYPE_BLOCK_DEVICE:
		return CLASS_FILE;
	case WASI_FILETYPE_SOCKET_STREAM:
		c->host->getsockopt(e->host_fd, SOL_SOCKET, SO_TYPE, &type, &len);
		if (type == SOCK_DGRAM)
			*filetype = WASI_FILETYPE_SOCKET_DGRAM;
		return CLASS_SOCKET;
	case WASI_FILETYPE_CHARACTER_DEVICE:
		/* wasi-libc tells terminals by the missing right to seek, so other devices keep it only if it works. */
		return c->host->ioctl(e->host_fd, TCGETS, termios) >= 0 ? CLASS_TERMINAL
		       : c->host->lseek(e->host_fd, 0, SEEK_CUR) >= 0   ? CLASS_CHARACTER
									  : CLASS_PIPE;
	default:
		return CLASS_PIPE;
	}
}

void entry_ask_later(wasi_entry_t *e, wasi_rights_t base, wasi_rights_t inheriting)
{
	e->asked = base;
	atomic_store_explicit(&e->inheriting, inheriting | RIGHTS_LATER, memory_order_relaxed);
	atomic_store_explicit(&e->base, (base & RIGHTS_OF_ANY_KIND) | RIGHTS_LATER, memory_order_relaxed);
}

/* All learn the same, and whoever is first to take RIGHTS_LATER away settles each of the two: what somebody narrows after
 * that stays narrow. */
void entry_learn(wasi_call_t *c, wasi_entry_t *e, unsigned mode)
{
	wasi_filetype_t filetype = filetype_of_mode(mode);
	enum wasi_class class = classify(c, e, &filetype);
	wasi_rights_t old;

	atomic_store_explicit(&e->class, (uint8_t)class, memory_order_relaxed);
	atomic_store_explicit(&e->filetype, filetype, memory_order_relaxed);
	old = atomic_load_explicit(&e->inheriting, memory_order_relaxed);
	if (old & RIGHTS_LATER)
		atomic_compare_exchange_strong(&e->inheriting, &old, class == CLASS_DIRECTORY ? old & ~RIGHTS_LATER : 0);
	old = atomic_load_explicit(&e->base, memory_order_relaxed);
	if (old & RIGHTS_LATER)
		atomic_compare_exchange_strong(&e->base, &old, e->asked & rights_usable(class));
}

wasi_errno_t entry_ask(wasi_call_t *c, wasi_entry_t *e)
{
	struct statx st;
	long result = HOST_RETRY(c, statx(e->host_fd, "", AT_EMPTY_PATH, STATX_TYPE, &st));

	if (result >= 0)
		entry_learn(c, e, st.stx_mode);
	return host_error(result);
}

wasi_entry_t *entry_around(wasi_call_t *c, int fd, bool owned)
{
	wasi_entry_t *e = entry_new(c);

	if (!e)
		return NULL;
	e->ops = &host_ops;
	e->host_fd = fd;
	e->owned = owned;
	return e;
}

wasi_errno_t entry_from_host(wasi_call_t *c, int fd, bool owned, wasi_entry_t **ret)
{
	struct statx st;
	long result = HOST_RETRY(c, statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &st));
	wasi_entry_t *e;

	if (result < 0)
		return host_error(result);
	e = entry_around(c, fd, owned);
	if (!e)
		return WASI_ERRNO_NOMEM;
	entry_learn(c, e, st.stx_mode);
	e->root_ino = st.stx_ino;
	e->root_dev = ((uint64_t)st.stx_dev_major << 32) | st.stx_dev_minor;
	*ret = e;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t entry_flags(wasi_call_t *c, wasi_entry_t *e, wasi_fdflags_t *ret)
{
	long flags;

	*ret = 0;
	if (e->host_fd < 0 || entry_class(c, e) == CLASS_DIRECTORY)
		return WASI_ERRNO_SUCCESS;
	flags = c->host->fcntl(e->host_fd, F_GETFL, 0);
	if (flags < 0)
		return host_error(flags);
	if (e->soft)
		*ret = atomic_load(&e->soft->flags);
	else
		*ret = (wasi_fdflags_t)((flags & O_APPEND ? WASI_FDFLAGS_APPEND : 0) |
					(flags & O_NONBLOCK ? WASI_FDFLAGS_NONBLOCK : 0));
	if ((flags & O_SYNC) == O_SYNC)
		*ret |= WASI_FDFLAGS_SYNC | WASI_FDFLAGS_RSYNC;
	else if (flags & O_DSYNC)
		*ret |= WASI_FDFLAGS_DSYNC;
	return WASI_ERRNO_SUCCESS;
}
