/* Data: read, write, their positioned forms, seek and tell. */
#include <limits.h>
#include <string.h>

#include "internal.h"

/* The lists have the host's layout, so they are passed on as they are. */
_Static_assert(sizeof(wasi_iovec_t) == sizeof(struct iovec), "iovec");
_Static_assert(offsetof(wasi_iovec_t, buf_len) == offsetof(struct iovec, iov_len), "iovec");
_Static_assert(sizeof(wasi_ciovec_t) == sizeof(struct iovec), "ciovec");

/* What one call may move at most: the kernel's own limit, and well within the 32 bits of the answer. */
#define MAX_TRANSFER 0x7ffff000UL

wasi_errno_t soft_wait(wasi_call_t *c, wasi_entry_t *e, short events, bool block)
{
	struct pollfd pfd = {.fd = e->host_fd, .events = events};
	struct timespec now = {0};
	long ready = HOST_RETRY(c, ppoll(&pfd, 1, block ? NULL : &now, NULL, 8));

	if (ready < 0)
		return host_error(ready);
	return ready == 0 ? WASI_ERRNO_AGAIN : WASI_ERRNO_SUCCESS;
}

typedef long transfer_fn(wasi_call_t *c, wasi_entry_t *e, const struct iovec *iov, int count, int64_t offset);

/* A borrowed descriptor: the guest's non-blocking mode, not the host's. */
static long soft_transfer(wasi_call_t *c, wasi_entry_t *e, transfer_fn *fn, const struct iovec *iov, int count,
			  int64_t offset, short events)
{
	for (;;) {
		bool nonblock = atomic_load(&e->soft->flags) & WASI_FDFLAGS_NONBLOCK;
		wasi_errno_t error = nonblock ? soft_wait(c, e, events, false) : WASI_ERRNO_SUCCESS;
		long result = error ? -wasi_errno_to_host(error) : fn(c, e, iov, count, offset);

		/* EAGAIN although the guest wants to wait: somebody else made the description non-blocking. */
		if (result != -EAGAIN || nonblock)
			return result;
		error = soft_wait(c, e, events, true);
		if (error)
			return -wasi_errno_to_host(error);
	}
}

static wasi_errno_t transfer(wasi_call_t *c, wasi_entry_t *e, transfer_fn *fn, const void *list, size_t count,
			     int64_t offset, short events, wasi_size_t *ret)
{
	const struct iovec *iov = list;
	static const struct iovec nothing = {(void *)"", 0};
	struct iovec first;
	long result;

	if (unlikely(!fn))
		return WASI_ERRNO_NOTSUP;
	if (unlikely(count == 0)) {
		iov = &nothing;
		count = 1;
	}
	if (unlikely(count > IOV_MAX))
		count = IOV_MAX;
	/* A first buffer beyond the limit would make the kernel refuse the list instead of cutting it. */
	if (unlikely(iov->iov_len > MAX_TRANSFER)) {
		first = (struct iovec){iov->iov_base, MAX_TRANSFER};
		iov = &first;
		count = 1;
	}
	if (unlikely(e->soft))
		result = soft_transfer(c, e, fn, iov, (int)count, offset, events);
	else
		result = fn(c, e, iov, (int)count, offset);
	/* Not every file system calls reading a directory by its name, and the kernel asks none about a list of nothings. */
	if (unlikely(result < 0 || (result == 0 && count > 1)) && entry_class(c, e) == CLASS_DIRECTORY)
		return WASI_ERRNO_ISDIR;
	if (unlikely(result < 0))
		return host_error(result);
	*ret = (wasi_size_t)result;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_fd_read(wasi_call_t *c, wasi_entry_t *fd, const wasi_iovec_t *iovs, size_t iovs_len,
			  wasi_size_t *nread)
{
	return transfer(c, fd, fd->ops->read, iovs, iovs_len, -1, POLLIN, nread);
}

wasi_errno_t call_fd_write(wasi_call_t *c, wasi_entry_t *fd, const wasi_ciovec_t *iovs, size_t iovs_len,
			   wasi_size_t *nwritten)
{
	return transfer(c, fd, fd->ops->write, iovs, iovs_len, -1, POLLOUT, nwritten);
}

wasi_errno_t call_fd_pread(wasi_call_t *c, wasi_entry_t *fd, const wasi_iovec_t *iovs, size_t iovs_len,
			   wasi_filesize_t offset, wasi_size_t *nread)
{
	if (offset > INT64_MAX)
		return WASI_ERRNO_INVAL;
	return transfer(c, fd, fd->ops->read, iovs, iovs_len, (int64_t)offset, POLLIN, nread);
}

wasi_errno_t call_fd_pwrite(wasi_call_t *c, wasi_entry_t *fd, const wasi_ciovec_t *iovs, size_t iovs_len,
			    wasi_filesize_t offset, wasi_size_t *nwritten)
{
	if (offset > INT64_MAX)
		return WASI_ERRNO_INVAL;
	return transfer(c, fd, fd->ops->write, iovs, iovs_len, (int64_t)offset, POLLOUT, nwritten);
}

static wasi_errno_t seek(wasi_call_t *c, wasi_entry_t *e, int64_t offset, int whence, wasi_filesize_t *ret)
{
	long result;

	if (!e->ops->seek)
		return WASI_ERRNO_NOTSUP;
	result = e->ops->seek(c, e, offset, whence);
	if (result < 0)
		return host_error(result);
	*ret = (wasi_filesize_t)result;
	return WASI_ERRNO_SUCCESS;
}

_Static_assert(WASI_WHENCE_SET == SEEK_SET && WASI_WHENCE_CUR == SEEK_CUR && WASI_WHENCE_END == SEEK_END, "whence");

wasi_errno_t call_fd_seek(wasi_call_t *c, wasi_entry_t *fd, wasi_filedelta_t offset, wasi_whence_t whence,
			  wasi_filesize_t *newoffset)
{
	/* Asking for the position is tell in another form. */
	bool tell = offset == 0 && whence == WASI_WHENCE_CUR;
	wasi_errno_t error = need(c, fd, tell ? WASI_RIGHTS_FD_TELL : WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL);

	return error ? error : seek(c, fd, offset, whence, newoffset);
}

wasi_errno_t call_fd_tell(wasi_call_t *c, wasi_entry_t *fd, wasi_filesize_t *offset)
{
	return seek(c, fd, 0, SEEK_CUR, offset);
}
