/* The state of a descriptor and of the object behind it. */
#include <string.h>

#include "internal.h"

#include "stat.h"

wasi_errno_t need_slow(wasi_call_t *c, wasi_entry_t *e, wasi_rights_t rights)
{
	wasi_errno_t error = entry_know(c, e);
	wasi_rights_t missing = rights & ~atomic_load(&e->base);
	enum wasi_class class = (enum wasi_class)e->class;

	if (error || !missing)
		return error;
	if (missing & ~rights_usable(class)) {
		error = rights_kind_error(class, missing);
		if (error != WASI_ERRNO_NOTCAPABLE)
			return error;
	}
	return lack(c, e, missing);
}

/* ---- descriptor state ---- */

wasi_errno_t call_fd_fdstat_get(wasi_call_t *c, wasi_entry_t *fd, wasi_fdstat_t *stat)
{
	wasi_fdflags_t flags;
	wasi_errno_t error = entry_know(c, fd);

	if (!error)
		error = entry_flags(c, fd, &flags);
	if (error)
		return error;
	*stat = (wasi_fdstat_t){
		.fs_filetype = fd->filetype,
		.fs_flags = flags,
		.fs_rights_base = atomic_load(&fd->base),
		.fs_rights_inheriting = atomic_load(&fd->inheriting),
	};
	return WASI_ERRNO_SUCCESS;
}

#define SYNC_FLAGS (WASI_FDFLAGS_DSYNC | WASI_FDFLAGS_RSYNC | WASI_FDFLAGS_SYNC)

wasi_errno_t call_fd_fdstat_set_flags(wasi_call_t *c, wasi_entry_t *fd, wasi_fdflags_t flags)
{
	wasi_fdflags_t old;
	wasi_errno_t error;
	long host;

	/* Setting a directory's flags is allowed and without effect; they are always shown as 0. */
	if (entry_class(c, fd) == CLASS_DIRECTORY)
		return flags & SYNC_FLAGS ? WASI_ERRNO_NOTSUP : WASI_ERRNO_SUCCESS;
	error = entry_flags(c, fd, &old);
	if (error)
		return error;
	/* Linux ignores these bits here without a word. */
	if ((flags ^ old) & SYNC_FLAGS)
		return WASI_ERRNO_NOTSUP;
	if (fd->soft) {
		if (fd->host_append && !(flags & WASI_FDFLAGS_APPEND))
			return WASI_ERRNO_NOTSUP;
		atomic_store(&fd->soft->flags, flags & (WASI_FDFLAGS_APPEND | WASI_FDFLAGS_NONBLOCK));
		return WASI_ERRNO_SUCCESS;
	}
	host = c->host->fcntl(fd->host_fd, F_GETFL, 0);
	if (host >= 0) {
		host &= ~(long)(O_APPEND | O_NONBLOCK);
		host |= (flags & WASI_FDFLAGS_APPEND ? O_APPEND : 0) | (flags & WASI_FDFLAGS_NONBLOCK ? O_NONBLOCK : 0);
		host = c->host->fcntl(fd->host_fd, F_SETFL, host);
	}
	return host_error(host);
}

wasi_errno_t call_fd_fdstat_set_rights(wasi_call_t *c, wasi_entry_t *fd, wasi_rights_t fs_rights_base,
				       wasi_rights_t fs_rights_inheriting)
{
	wasi_errno_t error = entry_know(c, fd);
	wasi_rights_t wider = fs_rights_base & ~atomic_load(&fd->base);

	if (error)
		return error;
	wider |= fs_rights_inheriting & ~atomic_load(&fd->inheriting);
	if (wider)
		return lack(c, fd, wider);
	/* Two threads narrowing at once must not undo each other. */
	atomic_fetch_and(&fd->base, fs_rights_base);
	atomic_fetch_and(&fd->inheriting, fs_rights_inheriting);
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_fd_prestat_get(wasi_call_t *c, wasi_entry_t *fd, wasi_prestat_t *buf)
{
	(void)c;
	/* badf it must be: it is what ends wasi-libc's scan for preopens. */
	if (!fd->preopen || !fd->name)
		return WASI_ERRNO_BADF;
	*buf = (wasi_prestat_t){.tag = WASI_PREOPENTYPE_DIR, .pr_name_len = (wasi_size_t)strlen(fd->name)};
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_fd_prestat_dir_name(wasi_call_t *c, wasi_entry_t *fd, void *path, size_t path_len)
{
	(void)c;
	if (!fd->preopen || !fd->name)
		return WASI_ERRNO_BADF;
	if (path_len < strlen(fd->name))
		return WASI_ERRNO_NAMETOOLONG;
	memcpy(path, fd->name, strlen(fd->name));
	return WASI_ERRNO_SUCCESS;
}

/* ---- attributes ---- */

static wasi_timestamp_t stamp(struct statx_timestamp t)
{
	if (t.tv_sec < 0)
		return 0;
	if ((uint64_t)t.tv_sec >= UINT64_MAX / 1000000000)
		return UINT64_MAX;
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A bijection with a secret: different files stay different, and neither number can be told from the other. */
uint64_t identity(wasi_ctx_t *ctx, uint64_t number)
{
	if (!ctx->config.hash_identity)
		return number;
	number ^= ctx->identity_key;
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
	number = (number ^ number >> 27) * 0x94d049bb133111eb;
	return number ^ number >> 31;
}

/* The C library's encoding of a device number, so that native programs can compare. */
static uint64_t device(unsigned major, unsigned minor)
{
	return (minor & 0xff) | (uint64_t)(major & 0xfff) << 8 | (uint64_t)(minor & ~0xffu) << 12 |
	       (uint64_t)(major & ~0xfffu) << 32;
}

void filestat_from_statx(wasi_ctx_t *ctx, const struct statx *st, wasi_filestat_t *ret)
{
	*ret = (wasi_filestat_t){
		.dev = identity(ctx, device(st->stx_dev_major, st->stx_dev_minor)),
		.ino = identity(ctx, st->stx_ino),
		.filetype = filetype_of_mode(st->stx_mode),
		.nlink = st->stx_nlink,
		.size = st->stx_size,
		.atim = stamp(st->stx_atime),
		.mtim = stamp(st->stx_mtime),
		.ctim = stamp(st->stx_ctime),
	};
}

wasi_errno_t call_fd_filestat_get(wasi_call_t *c, wasi_entry_t *fd, wasi_filestat_t *buf)
{
	struct statx st;
	wasi_errno_t error = fd->ops->stat(c, fd, STATX_BASIC_STATS, &st);

	if (!error)
		error = entry_know(c, fd);
	if (error)
		return error;
	filestat_from_statx(c->ctx, &st, buf);
	buf->filetype = fd->filetype; /* knows datagram sockets */
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t times_to_host(wasi_timestamp_t atim, wasi_timestamp_t mtim, wasi_fstflags_t flags, struct timespec ret[2])
{
	if ((flags & WASI_FSTFLAGS_ATIM && flags & WASI_FSTFLAGS_ATIM_NOW) ||
	    (flags & WASI_FSTFLAGS_MTIM && flags & WASI_FSTFLAGS_MTIM_NOW))
		return WASI_ERRNO_INVAL;
	ret[0] = (struct timespec){(time_t)(atim / 1000000000), (long)(atim % 1000000000)};
	ret[1] = (struct timespec){(time_t)(mtim / 1000000000), (long)(mtim % 1000000000)};
	if (!(flags & WASI_FSTFLAGS_ATIM))
		ret[0].tv_nsec = flags & WASI_FSTFLAGS_ATIM_NOW ? UTIME_NOW : UTIME_OMIT;
	if (!(flags & WASI_FSTFLAGS_MTIM))
		ret[1].tv_nsec = flags & WASI_FSTFLAGS_MTIM_NOW ? UTIME_NOW : UTIME_OMIT;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_fd_filestat_set_times(wasi_call_t *c, wasi_entry_t *fd, wasi_timestamp_t atim, wasi_timestamp_t mtim,
					wasi_fstflags_t fst_flags)
{
	struct timespec times[2];
	wasi_errno_t error = times_to_host(atim, mtim, fst_flags, times);

	if (error)
		return error;
	return fd->ops->set_times ? fd->ops->set_times(c, fd, times) : WASI_ERRNO_NOTSUP;
}

wasi_errno_t call_fd_filestat_set_size(wasi_call_t *c, wasi_entry_t *fd, wasi_filesize_t size)
{
	if (size > INT64_MAX)
		return WASI_ERRNO_INVAL;
	return fd->ops->set_size ? fd->ops->set_size(c, fd, (int64_t)size) : WASI_ERRNO_NOTSUP;
}

wasi_errno_t call_fd_allocate(wasi_call_t *c, wasi_entry_t *fd, wasi_filesize_t offset, wasi_filesize_t len)
{
	if (len == 0 || offset > INT64_MAX || len > INT64_MAX)
		return WASI_ERRNO_INVAL;
	if (offset + len > INT64_MAX)
		return WASI_ERRNO_FBIG;
	return fd->ops->allocate ? fd->ops->allocate(c, fd, (int64_t)offset, (int64_t)len) : WASI_ERRNO_NOTSUP;
}

wasi_errno_t call_fd_advise(wasi_call_t *c, wasi_entry_t *fd, wasi_filesize_t offset, wasi_filesize_t len,
			    wasi_advice_t advice)
{
	/* Not the order of Linux (normal, random, sequential, willneed, dontneed, noreuse). */
	static const int host_advice[] = {
		[WASI_ADVICE_NORMAL] = POSIX_FADV_NORMAL,     [WASI_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
		[WASI_ADVICE_RANDOM] = POSIX_FADV_RANDOM,     [WASI_ADVICE_WILLNEED] = POSIX_FADV_WILLNEED,
		[WASI_ADVICE_DONTNEED] = POSIX_FADV_DONTNEED, [WASI_ADVICE_NOREUSE] = POSIX_FADV_NOREUSE,
	};

	if (entry_class(c, fd) == CLASS_DIRECTORY)
		return WASI_ERRNO_BADF;
	if (offset > INT64_MAX || len > INT64_MAX || offset + len > INT64_MAX)
		return WASI_ERRNO_INVAL;
	if (!fd->ops->advise)
		return WASI_ERRNO_NOTSUP;
	return fd->ops->advise(c, fd, (int64_t)offset, (int64_t)len, host_advice[advice]);
}

wasi_errno_t call_fd_sync(wasi_call_t *c, wasi_entry_t *fd)
{
	return fd->ops->sync ? fd->ops->sync(c, fd, false) : WASI_ERRNO_NOTSUP;
}

wasi_errno_t call_fd_datasync(wasi_call_t *c, wasi_entry_t *fd)
{
	/* Directories have no fd_datasync, which would make opening them an opening for writing; fd_sync covers it. */
	bool directory = entry_class(c, fd) == CLASS_DIRECTORY;
	wasi_errno_t error = need(c, fd, directory ? WASI_RIGHTS_FD_SYNC : WASI_RIGHTS_FD_DATASYNC);

	if (error)
		return error;
	return fd->ops->sync ? fd->ops->sync(c, fd, true) : WASI_ERRNO_NOTSUP;
}
