/* Data calls on open descriptors. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "gate.h"
#include "guest.h"
#include "loan.h"

_Static_assert(sizeof(struct iovec) == sizeof(wasi_iovec_t) &&
		       offsetof(struct iovec, iov_len) == offsetof(wasi_iovec_t, buf_len),
	       "the core's vectors are the host's");

/* What the vector points to is the kernel's to look at. */
static bool vector_readable(const struct iovec *iov, int count)
{
	return count <= 0 || guest_readable(iov, (size_t)count * sizeof(*iov));
}

/* The way of nearly all data calls: the kernel's own, with a descriptor that the core lends. Returns from the wrapper
 * unless nothing was lent; what follows then is the core's own call. */
#define LENT(by, guest_fd, rights, number, ...)                                                         \
	do {                                                                                            \
		LOAN_SCOPED struct loan loan_;                                                          \
		loan_begin(&loan_, shim.ctx, hidden(guest_fd) ? WASI_FD_AUTO : (wasi_fd_t)(guest_fd), rights); \
		if (likely(loan_.entry))                                                                \
			return raw_result(by(number, loan_.entry->host_fd, __VA_ARGS__));               \
	} while (0)

#define TRANSFER(call)                          \
	({                                      \
		wasi_size_t done_ = 0;          \
		wasi_errno_t e_ = call;         \
		likely(!e_) ? (ssize_t)done_ : fail(e_); \
	})

/* pread and pwrite: a descriptor that only lacks the right to seek is a pipe to its user. */
static ssize_t fail_at(int fd, wasi_errno_t e, wasi_rights_t transfer)
{
	int host_fd;

	if (e == WASI_ERRNO_NOTCAPABLE && wasi_fd_host(shim.ctx, (wasi_fd_t)fd, transfer, &host_fd) == WASI_ERRNO_SUCCESS)
		e = WASI_ERRNO_SPIPE;
	return fail(e);
}

#define TRANSFER_AT(fd, right, call)                                 \
	({                                                           \
		wasi_size_t done_ = 0;                               \
		wasi_errno_t e_ = call;                              \
		likely(!e_) ? (ssize_t)done_ : fail_at(fd, e_, right); \
	})

WRAPPER(ssize_t, read, (int fd, void *buf, size_t len))
{
	LENT(gate_wait, fd, WASI_RIGHTS_FD_READ, SYS_read, (long)buf, (long)len, 0, 0, 0);

	wasi_iovec_t iov = {buf, len};
	return TRANSFER(hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_read(shim.ctx, (wasi_fd_t)fd, &iov, 1, &done_));
}

WRAPPER(ssize_t, write, (int fd, const void *buf, size_t len))
{
	LENT(gate_wait, fd, WASI_RIGHTS_FD_WRITE, SYS_write, (long)buf, (long)len, 0, 0, 0);

	wasi_ciovec_t iov = {buf, len};
	return TRANSFER(hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_write(shim.ctx, (wasi_fd_t)fd, &iov, 1, &done_));
}

static ssize_t read_at(int fd, const struct iovec *iov, int count, off_t offset)
{
	if (hidden(fd))
		return fail_with(EBADF);
	if (count < 0 || count > IOV_MAX || offset < 0)
		return fail_with(EINVAL);
	return TRANSFER_AT(fd, WASI_RIGHTS_FD_READ,
			   wasi_fd_pread(shim.ctx, (wasi_fd_t)fd, (const wasi_iovec_t *)iov, (size_t)count,
					 (uint64_t)offset, &done_));
}

static ssize_t write_at(int fd, const struct iovec *iov, int count, off_t offset)
{
	if (hidden(fd))
		return fail_with(EBADF);
	if (count < 0 || count > IOV_MAX || offset < 0)
		return fail_with(EINVAL);
	return TRANSFER_AT(fd, WASI_RIGHTS_FD_WRITE,
			   wasi_fd_pwrite(shim.ctx, (wasi_fd_t)fd, (const wasi_ciovec_t *)iov, (size_t)count,
					  (uint64_t)offset, &done_));
}

WRAPPER(ssize_t, pread, (int fd, void *buf, size_t len, off_t offset))
{
	LENT(gate_wait, fd, WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK, SYS_pread64, (long)buf, (long)len, offset, 0, 0);
	return read_at(fd, &(struct iovec){buf, len}, 1, offset);
}

WRAPPER(ssize_t, pwrite, (int fd, const void *buf, size_t len, off_t offset))
{
	LENT(gate_wait, fd, WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_SEEK, SYS_pwrite64, (long)buf, (long)len, offset, 0, 0);
	return write_at(fd, &(struct iovec){(void *)buf, len}, 1, offset);
}

WRAPPER(ssize_t, preadv, (int fd, const struct iovec *iov, int count, off_t offset))
{
	if (!vector_readable(iov, count))
		return fail_with(EFAULT);
	return read_at(fd, iov, count, offset);
}

WRAPPER(ssize_t, pwritev, (int fd, const struct iovec *iov, int count, off_t offset))
{
	if (!vector_readable(iov, count))
		return fail_with(EFAULT);
	return write_at(fd, iov, count, offset);
}

WRAPPER(ssize_t, readv, (int fd, const struct iovec *iov, int count))
{
	LENT(gate_wait, fd, WASI_RIGHTS_FD_READ, SYS_readv, (long)iov, count, 0, 0, 0);
	if (!vector_readable(iov, count))
		return fail_with(EFAULT);
	if (count < 0 || count > IOV_MAX)
		return fail_with(EINVAL);
	return TRANSFER(hidden(fd) ? WASI_ERRNO_BADF
				   : wasi_fd_read(shim.ctx, (wasi_fd_t)fd, (const wasi_iovec_t *)iov, (size_t)count,
						  &done_));
}

WRAPPER(ssize_t, writev, (int fd, const struct iovec *iov, int count))
{
	LENT(gate_wait, fd, WASI_RIGHTS_FD_WRITE, SYS_writev, (long)iov, count, 0, 0, 0);
	if (!vector_readable(iov, count))
		return fail_with(EFAULT);
	if (count < 0 || count > IOV_MAX)
		return fail_with(EINVAL);
	return TRANSFER(hidden(fd) ? WASI_ERRNO_BADF
				   : wasi_fd_write(shim.ctx, (wasi_fd_t)fd, (const wasi_ciovec_t *)iov, (size_t)count,
						   &done_));
}

/* Linux's flags are the kernel's business once the right is there. */
WRAPPER(ssize_t, preadv2, (int fd, const struct iovec *iov, int count, off_t offset, int flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_READ);

	return host_fd < 0 ? -1 : raw_result(RAW(SYS_preadv2, host_fd, iov, count, offset, 0, flags));
}

WRAPPER(ssize_t, pwritev2, (int fd, const struct iovec *iov, int count, off_t offset, int flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_WRITE);

	return host_fd < 0 ? -1 : raw_result(RAW(SYS_pwritev2, host_fd, iov, count, offset, 0, flags));
}

extern void __chk_fail(void) __attribute__((noreturn));

WRAPPER_UNDECLARED(ssize_t, __read_chk, (int fd, void *buf, size_t len, size_t room))
{
	if (len > room)
		__chk_fail();
	return wrap_read(fd, buf, len);
}

WRAPPER_UNDECLARED(ssize_t, __pread_chk, (int fd, void *buf, size_t len, off_t offset, size_t room))
{
	if (len > room)
		__chk_fail();
	return wrap_pread(fd, buf, len, offset);
}

/* ---- positions and sizes ---- */

WRAPPER(off_t, lseek, (int fd, off_t offset, int whence))
{
	static const wasi_whence_t whences[] = {
		[SEEK_SET] = WASI_WHENCE_SET, [SEEK_CUR] = WASI_WHENCE_CUR, [SEEK_END] = WASI_WHENCE_END};
	wasi_filesize_t at;
	wasi_errno_t e;

	LENT(gate_call, fd, WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL, SYS_lseek, offset, whence, 0, 0, 0);
	if (hidden(fd))
		return fail_with(EBADF);
	if ((unsigned)whence >= 3) {
		/* SEEK_DATA and SEEK_HOLE: preview1 has no word for them. */
		int host_fd = shim.strict ? fail_with(EINVAL) : fd_host_for(fd, WASI_RIGHTS_FD_SEEK);
		return host_fd < 0 ? -1 : raw_result(RAW(SYS_lseek, host_fd, offset, whence));
	}
	e = wasi_fd_seek(shim.ctx, (wasi_fd_t)fd, offset, whences[whence], &at);
	if (likely(!e))
		return (off_t)at;
	/* A directory's position: rewinding one is what old code does with it. */
	if (e == WASI_ERRNO_ISDIR && !shim.strict) {
		int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_READDIR);
		return host_fd < 0 ? -1 : raw_result(RAW(SYS_lseek, host_fd, offset, whence));
	}
	if (e == WASI_ERRNO_NOTCAPABLE)
		e = WASI_ERRNO_SPIPE;
	return fail(e);
}

static int done(wasi_errno_t e)
{
	return likely(!e) ? 0 : fail(e);
}

WRAPPER(int, ftruncate, (int fd, off_t size))
{
	if (hidden(fd))
		return fail_with(EBADF);
	if (size < 0)
		return fail_with(EINVAL);
	wasi_errno_t e = wasi_fd_filestat_set_size(shim.ctx, (wasi_fd_t)fd, (uint64_t)size);
	return done(e == WASI_ERRNO_NOTCAPABLE ? WASI_ERRNO_INVAL : e);
}

WRAPPER(int, fsync, (int fd))
{
	return done(hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_sync(shim.ctx, (wasi_fd_t)fd));
}

WRAPPER(int, fdatasync, (int fd))
{
	if (hidden(fd))
		return fail_with(EBADF);
	wasi_errno_t e = wasi_fd_datasync(shim.ctx, (wasi_fd_t)fd);
	/* preview1 gives this right to writers only, Linux to everybody. */
	if (e == WASI_ERRNO_NOTCAPABLE || e == WASI_ERRNO_ISDIR)
		e = wasi_fd_sync(shim.ctx, (wasi_fd_t)fd);
	return done(e);
}

WRAPPER(int, syncfs, (int fd))
{
	int host_fd = fd_host_for(fd, 0);

	return host_fd < 0 ? -1 : (int)raw_result(RAW(SYS_fsync, host_fd));
}

WRAPPER(int, fallocate, (int fd, int mode, off_t offset, off_t len))
{
	if (hidden(fd))
		return fail_with(EBADF);
	if (mode == 0 && offset >= 0 && len > 0)
		return done(wasi_fd_allocate(shim.ctx, (wasi_fd_t)fd, (uint64_t)offset, (uint64_t)len));
	/* Punching holes and the like changes contents. */
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_ALLOCATE);
	return host_fd < 0 ? -1 : (int)raw_result(RAW(SYS_fallocate, host_fd, mode, offset, len));
}

WRAPPER(int, posix_fallocate, (int fd, off_t offset, off_t len))
{
	int saved = errno, error = 0;

	if (hidden(fd))
		return EBADF;
	if (offset < 0 || len <= 0)
		return EINVAL;
	wasi_errno_t e = wasi_fd_allocate(shim.ctx, (wasi_fd_t)fd, (uint64_t)offset, (uint64_t)len);
	if (e) {
		fail(e);
		error = errno;
	}
	errno = saved;
	return error;
}

WRAPPER(int, posix_fadvise, (int fd, off_t offset, off_t len, int advice))
{
	static const wasi_advice_t advices[] = {
		[POSIX_FADV_NORMAL] = WASI_ADVICE_NORMAL,
		[POSIX_FADV_RANDOM] = WASI_ADVICE_RANDOM,
		[POSIX_FADV_SEQUENTIAL] = WASI_ADVICE_SEQUENTIAL,
		[POSIX_FADV_WILLNEED] = WASI_ADVICE_WILLNEED,
		[POSIX_FADV_DONTNEED] = WASI_ADVICE_DONTNEED,
		[POSIX_FADV_NOREUSE] = WASI_ADVICE_NOREUSE,
	};

	if (hidden(fd))
		return EBADF;
	if ((unsigned)advice >= sizeof(advices) || offset < 0 || len < 0)
		return EINVAL;
	wasi_errno_t e = wasi_fd_advise(shim.ctx, (wasi_fd_t)fd, (uint64_t)offset, (uint64_t)len, advices[advice]);
	return e == WASI_ERRNO_NOTCAPABLE ? EBADF : wasi_errno_to_host(e);
}

WRAPPER(ssize_t, readahead, (int fd, off_t offset, size_t len))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_READ);

	return host_fd < 0 ? -1 : raw_result(RAW(SYS_readahead, host_fd, offset, len));
}

WRAPPER(int, sync_file_range, (int fd, off_t offset, off_t len, unsigned flags))
{
	int host_fd = fd_host_for(fd, 0);

	return host_fd < 0 ? -1 : (int)raw_result(RAW(SYS_sync_file_range, host_fd, offset, len, flags));
}

/* ---- from one descriptor to another ---- */

WRAPPER(ssize_t, copy_file_range, (int in, off_t *in_at, int out, off_t *out_at, size_t len, unsigned flags))
{
	wasi_filesize_t copied;

	if (hidden(in) || hidden(out))
		return fail_with(EBADF);
	if (flags)
		return fail_with(EINVAL);
	wasi_errno_t e = wasi_fd_copy_range(shim.ctx, (wasi_fd_t)in, in_at, (wasi_fd_t)out, out_at, len, &copied);
	return e ? fail(e) : (ssize_t)copied;
}

/* The two descriptors with the rights to read and to write; false with errno. */
static bool both(int in, int out, int *host_in, int *host_out)
{
	*host_in = fd_host_for(in, WASI_RIGHTS_FD_READ);
	*host_out = *host_in < 0 ? -1 : fd_host_for(out, WASI_RIGHTS_FD_WRITE);
	return *host_out >= 0;
}

WRAPPER(ssize_t, sendfile, (int out, int in, off_t *offset, size_t len))
{
	int host_in, host_out;

	return both(in, out, &host_in, &host_out) ? raw_result(RAW(SYS_sendfile, host_out, host_in, offset, len)) : -1;
}

WRAPPER(ssize_t, splice, (int in, off_t *in_at, int out, off_t *out_at, size_t len, unsigned flags))
{
	int host_in, host_out;

	return both(in, out, &host_in, &host_out)
		       ? raw_result(RAW(SYS_splice, host_in, in_at, host_out, out_at, len, flags))
		       : -1;
}

WRAPPER(ssize_t, tee, (int in, int out, size_t len, unsigned flags))
{
	int host_in, host_out;

	return both(in, out, &host_in, &host_out) ? raw_result(RAW(SYS_tee, host_in, host_out, len, flags)) : -1;
}

WRAPPER(ssize_t, vmsplice, (int fd, const struct iovec *iov, size_t count, unsigned flags))
{
	int host_fd = fd_host_for(fd, 0);

	return host_fd < 0 ? -1 : raw_result(RAW(SYS_vmsplice, host_fd, iov, count, flags));
}

/* ---- formatted, without a stream: formats are the caller's ---- */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static int print(int fd, const char *format, va_list ap)
{
	char *text;
	int len = vasprintf(&text, format, ap);

	if (len < 0)
		return -1;
	for (int at = 0; at < len;) {
		ssize_t n = wrap_write(fd, text + at, (size_t)(len - at));
		if (n < 0) {
			if (errno == EINTR)
				continue;
			len = -1;
			break;
		}
		at += (int)n;
	}
	free(text);
	return len;
}

WRAPPER(int, vdprintf, (int fd, const char *format, va_list ap))
{
	return print(fd, format, ap);
}

WRAPPER_UNDECLARED(int, __vdprintf_chk, (int fd, int flag, const char *format, va_list ap))
{
	(void)flag;
	return print(fd, format, ap);
}

WRAPPER(int, dprintf, (int fd, const char *format, ...))
{
	va_list ap;

	va_start(ap, format);
	int n = print(fd, format, ap);
	va_end(ap);
	return n;
}

WRAPPER_UNDECLARED(int, __dprintf_chk, (int fd, int flag, const char *format, ...))
{
	va_list ap;

	(void)flag;
	va_start(ap, format);
	int n = print(fd, format, ap);
	va_end(ap);
	return n;
}
