/* Sockets: preview1 can only use and accept what it was given. */
#include <limits.h>
#include <string.h>

#include "internal.h"

wasi_errno_t call_sock_accept(wasi_call_t *c, wasi_entry_t *fd, wasi_fdflags_t flags, wasi_fd_t *ro_fd)
{
	wasi_errno_t error = WASI_ERRNO_SUCCESS;
	wasi_entry_t *e;
	long host_fd;

	if (flags & ~(unsigned)WASI_FDFLAGS_NONBLOCK)
		return WASI_ERRNO_INVAL;
	if (fd->soft && atomic_load(&fd->soft->flags) & WASI_FDFLAGS_NONBLOCK)
		error = soft_wait(c, fd, POLLIN, false);
	if (error)
		return error;
	host_fd = HOST_RETRY(c, accept4(fd->host_fd, NULL, NULL,
					SOCK_CLOEXEC | (flags & WASI_FDFLAGS_NONBLOCK ? SOCK_NONBLOCK : 0)));
	if (host_fd < 0)
		return host_error(host_fd);
	error = entry_from_host(c, (int)host_fd, true, &e);
	if (error) {
		c->host->close((int)host_fd);
		return error;
	}
	atomic_store(&e->base, rights_usable(CLASS_SOCKET));
	error = table_install(c, e, WASI_FD_AUTO, 0, ro_fd);
	if (error)
		entry_put(c, e);
	return error;
}

static struct msghdr message(const void *list, size_t count)
{
	return (struct msghdr){.msg_iov = (struct iovec *)list, .msg_iovlen = count > IOV_MAX ? IOV_MAX : count};
}

/* A borrowed socket's non-blocking mode is the guest's own: for one call, by flag. */
static int soft_flag(wasi_entry_t *e)
{
	return e->soft && atomic_load(&e->soft->flags) & WASI_FDFLAGS_NONBLOCK ? MSG_DONTWAIT : 0;
}

wasi_errno_t call_sock_recv(wasi_call_t *c, wasi_entry_t *fd, const wasi_iovec_t *ri_data, size_t ri_data_len,
			    wasi_riflags_t ri_flags, wasi_size_t *ro_datalen, wasi_roflags_t *ro_flags)
{
	struct msghdr msg = message(ri_data, ri_data_len);
	int flags = (ri_flags & WASI_RIFLAGS_RECV_PEEK ? MSG_PEEK : 0) |
		    (ri_flags & WASI_RIFLAGS_RECV_WAITALL ? MSG_WAITALL : 0) | soft_flag(fd);
	/* Descriptors sent along must not appear in the process: there is no room for them, so the kernel drops them.
	 */
	long result = HOST_RETRY(c, recvmsg(fd->host_fd, &msg, flags));

	if (result < 0)
		return host_error(result);
	*ro_datalen = (wasi_size_t)result;
	*ro_flags = msg.msg_flags & MSG_TRUNC ? WASI_ROFLAGS_RECV_DATA_TRUNCATED : 0;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_sock_send(wasi_call_t *c, wasi_entry_t *fd, const wasi_ciovec_t *si_data, size_t si_data_len,
			    wasi_siflags_t si_flags, wasi_size_t *so_datalen)
{
	struct msghdr msg = message(si_data, si_data_len);
	long result = HOST_RETRY(c, sendmsg(fd->host_fd, &msg, MSG_NOSIGNAL | soft_flag(fd)));

	(void)si_flags;
	if (result < 0)
		return host_error(result);
	*so_datalen = (wasi_size_t)result;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_sock_shutdown(wasi_call_t *c, wasi_entry_t *fd, wasi_sdflags_t how)
{
	/* preview1 has bits, Linux an enumeration. */
	static const int host_how[] = {[WASI_SDFLAGS_RD] = SHUT_RD,
				       [WASI_SDFLAGS_WR] = SHUT_WR,
				       [WASI_SDFLAGS_RD | WASI_SDFLAGS_WR] = SHUT_RDWR};

	return host_error(c->host->shutdown(fd->host_fd, host_how[how]));
}
