/* Sockets that exist without an address: pairs, and what was inherited or received. */
#include <sys/socket.h>
#include <sys/syscall.h>

#include "gate.h"
#include "guest.h"
#include "libc.h"
#include "shim.h"

WRAPPER(int, socketpair, (int domain, int type, int protocol, int fds[2]))
{
	int made[2];

	if (domain != AF_UNIX)
		return fail_with(EACCES);
	if (!guest_writable(fds, 2 * sizeof(*fds)))
		return fail_with(EFAULT);
	long result = RAW(SYS_socketpair, domain, type, protocol, made);
	if (result < 0)
		return (int)raw_result(result);
	return fd_adopt_pair(made, fds);
}

WRAPPER(int, accept4, (int fd, struct sockaddr *address, socklen_t *len, int flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_SOCK_ACCEPT);

	return host_fd < 0 ? -1 : fd_adopt_result(gate_cancellable(SYS_accept4, host_fd, (long)address, (long)len, flags, 0, 0));
}

WRAPPER(int, accept, (int fd, struct sockaddr *address, socklen_t *len))
{
	return wrap_accept4(fd, address, len, 0);
}

WRAPPER(int, shutdown, (int fd, int how))
{
	static const wasi_sdflags_t hows[] = {
		[SHUT_RD] = WASI_SDFLAGS_RD, [SHUT_WR] = WASI_SDFLAGS_WR, [SHUT_RDWR] = WASI_SDFLAGS_RD | WASI_SDFLAGS_WR};

	if (hidden(fd))
		return fail_with(EBADF);
	if ((unsigned)how > SHUT_RDWR)
		return fail_with(EINVAL);
	wasi_errno_t e = wasi_sock_shutdown(shim.ctx, (wasi_fd_t)fd, hows[how]);
	return e ? fail(e) : 0;
}

WRAPPER(int, getsockopt, (int fd, int level, int option, void *value, socklen_t *len))
{
	int host_fd = fd_host_for(fd, 0);

	return host_fd < 0 ? -1 : (int)raw_result(RAW(SYS_getsockopt, host_fd, level, option, value, len));
}

/* ---- data ---- */

WRAPPER(ssize_t, send, (int fd, const void *buf, size_t len, int flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_WRITE);

	return host_fd < 0 ? -1 : raw_result(gate_cancellable(SYS_sendto, host_fd, (long)buf, (long)len, flags, 0, 0));
}

WRAPPER(ssize_t, recv, (int fd, void *buf, size_t len, int flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_READ);

	return host_fd < 0 ? -1 : raw_result(gate_cancellable(SYS_recvfrom, host_fd, (long)buf, (long)len, flags, 0, 0));
}

extern void __chk_fail(void) __attribute__((noreturn));

WRAPPER_UNDECLARED(ssize_t, __recv_chk, (int fd, void *buf, size_t len, size_t room, int flags))
{
	if (len > room)
		__chk_fail();
	return wrap_recv(fd, buf, len, flags);
}

/* A datagram to an address is a connection of its own, and no address is granted. */
WRAPPER(ssize_t, sendto,
	(int fd, const void *buf, size_t len, int flags, const struct sockaddr *address, socklen_t address_len))
{
	(void)address_len;
	return address ? fail_with(EACCES) : wrap_send(fd, buf, len, flags);
}

/* No address, and no descriptors but the guest's own. */
static bool may_send(const struct msghdr *message)
{
	if (!guest_readable(message, sizeof(*message)) ||
	    (message->msg_controllen && !guest_readable(message->msg_control, message->msg_controllen)))
		return fail_with(EFAULT) == 0;
	if (message->msg_name)
		return fail_with(EACCES) == 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR((struct msghdr *)message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(0))
			continue;
		for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			if (fd_host_for(fd, 0) < 0)
				return false;
		}
	}
	return true;
}

WRAPPER(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_WRITE);
	struct msghdr sent;

	if (host_fd < 0 || !may_send(message))
		return -1;
	sent = *message;
	libc_message_for_kernel(&sent);
	return raw_result(gate_cancellable(SYS_sendmsg, host_fd, (long)&sent, flags, 0, 0, 0));
}

WRAPPER(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, mmsg_flags flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_WRITE);

	if (count > 1024) /* as the kernel */
		count = 1024;
	if (!guest_readable(messages, count * sizeof(*messages)))
		return fail_with(EFAULT);
	for (unsigned i = 0; i < count; i++) {
		if (!may_send(&messages[i].msg_hdr))
			return -1;
		libc_message_for_kernel(&messages[i].msg_hdr);
	}
	return host_fd < 0 ? -1 : (int)raw_result(RAW(SYS_sendmmsg, host_fd, messages, count, flags));
}

/* Descriptors that came along enter the table with what their kind and mode allow. Directories say nothing about the
 * rights that the sender had, so what lies beneath them can be read only. */
static void adopt_received(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			fd_adopt_received(fd);
		}
	}
}

WRAPPER(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_READ);

	if (host_fd < 0)
		return -1;
	if (!guest_readable(message, sizeof(*message)))
		return fail_with(EFAULT);
	libc_message_room_for_kernel(message);
	ssize_t n = raw_result(gate_cancellable(SYS_recvmsg, host_fd, (long)message, flags, 0, 0, 0));
	if (n >= 0)
		adopt_received(message);
	return n;
}

WRAPPER(int, recvmmsg, (int fd, struct mmsghdr *messages, unsigned count, mmsg_flags flags, struct timespec *timeout))
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_READ);

	if (host_fd < 0)
		return -1;
	if (count > 1024) /* as the kernel */
		count = 1024;
	if (!guest_readable(messages, count * sizeof(*messages)))
		return fail_with(EFAULT);
	for (unsigned i = 0; i < count; i++)
		libc_message_room_for_kernel(&messages[i].msg_hdr);
	int n = (int)raw_result(RAW(SYS_recvmmsg, host_fd, messages, count, flags, timeout));

	for (int i = 0; i < n; i++)
		adopt_received(&messages[i].msg_hdr);
	return n;
}
