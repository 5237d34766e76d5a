/* Sockets that were handed in. */
#include "core_test.h"

#include <signal.h>
#include <sys/un.h>

SUITE(sock_accept);
SUITE(sock_recv);
SUITE(sock_send);
SUITE(sock_shutdown);

static wasi_size_t n;
static wasi_roflags_t roflags;
static char buf[16];

static wasi_fd_t a_file(void)
{
	return open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
}

static wasi_fd_t listener(struct sockaddr_un *address, wasi_rights_t base)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	wasi_fd_t fd;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "%s/s", w.root);
	cr_assert(bind(s, (struct sockaddr *)address, sizeof(*address)) == 0 && listen(s, 5) == 0);
	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, s, base, 0, true, &fd));
	return fd;
}

Test(sock_accept, gives_a_connected_socket)
{
	struct sockaddr_un address;
	wasi_fd_t fd = listener(&address, WASI_RIGHTS_ALL), got;
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	struct wasi_fd_info info;

	cr_assert(connect(client, (struct sockaddr *)&address, sizeof(address)) == 0);
	FAILS(INVAL, wasi_sock_accept(w.ctx, fd, WASI_FDFLAGS_APPEND, &got));
	OK(wasi_sock_accept(w.ctx, fd, WASI_FDFLAGS_NONBLOCK, &got));
	OK(wasi_ctx_fd_info(w.ctx, got, &info));
	cr_assert(info.filetype == WASI_FILETYPE_SOCKET_STREAM && info.flags == WASI_FDFLAGS_NONBLOCK);
	cr_assert(fcntl(info.host_fd, F_GETFD) & FD_CLOEXEC);
	FAILS(AGAIN, wasi_sock_recv(w.ctx, got, IN(buf, 1), 0, &n, &roflags));
	cr_assert(write(client, "x", 1) == 1);
	OK(wasi_fd_read(w.ctx, got, IN(buf, 1), &n));
}

Test(sock_accept, refuses)
{
	struct sockaddr_un address;
	wasi_fd_t got;
	int other;

	FAILS(NOTCAPABLE, wasi_sock_accept(w.ctx, listener(&address, WASI_RIGHTS_FD_READ), 0, &got));
	FAILS(NOTSOCK, wasi_sock_accept(w.ctx, a_file(), 0, &got));
	FAILS(INVAL, wasi_sock_accept(w.ctx, socket_end(&other), 0, &got));
	FAILS(BADF, wasi_sock_accept(w.ctx, NO_FD, 0, &got));
}

Test(sock_recv, peeks_waits_and_ends)
{
	int other;
	wasi_fd_t fd = socket_end(&other);

	cr_assert(write(other, "ab", 2) == 2);
	OK(wasi_sock_recv(w.ctx, fd, IN(buf, 16), WASI_RIFLAGS_RECV_PEEK, &n, &roflags));
	cr_assert_eq(n, 2);
	OK(wasi_sock_recv(w.ctx, fd, IN(buf, 2), WASI_RIFLAGS_RECV_WAITALL, &n, &roflags));
	cr_assert(n == 2 && roflags == 0 && memcmp(buf, "ab", 2) == 0);
	close(other);
	OK(wasi_sock_recv(w.ctx, fd, IN(buf, 16), 0, &n, &roflags));
	cr_assert_eq(n, 0);
}

Test(sock_recv, a_cut_datagram_is_told)
{
	int ends[2];
	wasi_fd_t fd;

	cr_assert(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, ends[0], WASI_RIGHTS_ALL, 0, true, &fd));
	cr_assert(write(ends[1], "abcdef", 6) == 6);
	OK(wasi_sock_recv(w.ctx, fd, IN(buf, 2), 0, &n, &roflags));
	cr_assert(n == 2 && roflags == WASI_ROFLAGS_RECV_DATA_TRUNCATED);
}

Test(sock_recv, refuses)
{
	int other;
	wasi_fd_t fd = socket_end(&other);

	FAILS(INVAL, wasi_sock_recv(w.ctx, fd, IN(buf, 1), 4, &n, &roflags));
	FAILS(NOTSOCK, wasi_sock_recv(w.ctx, a_file(), IN(buf, 1), 0, &n, &roflags));
	FAILS(NOTSOCK, wasi_sock_recv(w.ctx, w.dir, IN(buf, 1), 0, &n, &roflags));
	/* the kind comes before the rights */
	FAILS(NOTSOCK, wasi_sock_recv(w.ctx, open_file("f", 0, 0), IN(buf, 1), 0, &n, &roflags));
	FAILS(BADF, wasi_sock_recv(w.ctx, NO_FD, IN(buf, 1), 0, &n, &roflags));
	OK(wasi_fd_fdstat_set_rights(w.ctx, fd, WASI_RIGHTS_FD_WRITE, 0));
	FAILS(NOTCAPABLE, wasi_sock_recv(w.ctx, fd, IN(buf, 1), 0, &n, &roflags));
}

Test(sock_send, sends_and_raises_no_signal)
{
	int other;
	wasi_fd_t fd = socket_end(&other);

	OK(wasi_sock_send(w.ctx, fd, OUT("hello", 5), 0, &n));
	cr_assert(n == 5 && read(other, buf, 16) == 5);
	close(other);
	signal(SIGPIPE, SIG_DFL);
	FAILS(PIPE, wasi_sock_send(w.ctx, fd, OUT("x", 1), 0, &n));
}

Test(sock_send, refuses)
{
	int other;
	wasi_fd_t fd = socket_end(&other);

	FAILS(INVAL, wasi_sock_send(w.ctx, fd, OUT("x", 1), 1, &n));
	FAILS(NOTSOCK, wasi_sock_send(w.ctx, a_file(), OUT("x", 1), 0, &n));
	FAILS(BADF, wasi_sock_send(w.ctx, NO_FD, OUT("x", 1), 0, &n));
	OK(wasi_fd_fdstat_set_rights(w.ctx, fd, WASI_RIGHTS_FD_READ, 0));
	FAILS(NOTCAPABLE, wasi_sock_send(w.ctx, fd, OUT("x", 1), 0, &n));
}

Test(sock_shutdown, one_direction_or_both)
{
	int other;
	wasi_fd_t fd = socket_end(&other);

	OK(wasi_sock_shutdown(w.ctx, fd, WASI_SDFLAGS_WR));
	cr_assert(read(other, buf, 1) == 0);
	cr_assert(write(other, "x", 1) == 1);
	OK(wasi_sock_recv(w.ctx, fd, IN(buf, 1), 0, &n, &roflags));
	cr_assert_eq(n, 1);
	OK(wasi_sock_shutdown(w.ctx, fd, WASI_SDFLAGS_RD | WASI_SDFLAGS_WR));
	cr_assert(send(other, "x", 1, MSG_NOSIGNAL) < 0);
}

Test(sock_shutdown, refuses)
{
	int other;
	wasi_fd_t fd = socket_end(&other);

	FAILS(INVAL, wasi_sock_shutdown(w.ctx, fd, 0));
	FAILS(INVAL, wasi_sock_shutdown(w.ctx, fd, 4));
	FAILS(NOTSOCK, wasi_sock_shutdown(w.ctx, a_file(), WASI_SDFLAGS_WR));
	FAILS(BADF, wasi_sock_shutdown(w.ctx, NO_FD, WASI_SDFLAGS_WR));
	OK(wasi_fd_fdstat_set_rights(w.ctx, fd, WASI_RIGHTS_FD_READ, 0));
	FAILS(NOTCAPABLE, wasi_sock_shutdown(w.ctx, fd, WASI_SDFLAGS_WR));
}
