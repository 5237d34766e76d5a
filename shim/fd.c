/* Duplicates, flags, control, and descriptors that come from nowhere: pipes, event counters, timers. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <termios.h>

#include "gate.h"
#include "guest.h"
#include "libc.h"
#include "place.h"

static int dup_from(int fd, int at_least, bool cloexec)
{
	wasi_fd_t made;

	if (hidden(fd))
		return fail_with(EBADF);
	if (hidden(at_least))
		return fail_with(EINVAL);
	wasi_errno_t e = wasi_fd_dup(shim.ctx, (wasi_fd_t)fd, (wasi_fd_t)at_least, &made);
	if (e)
		return fail(e);
	if (!cloexec)
		fd_set_cloexec((int)made, false);
	spot_dup(fd, (int)made);
	return fd_note((int)made);
}

int fd_dup_to(int fd, int to, bool cloexec)
{
	if (hidden(fd) || hidden(to))
		return fail_with(EBADF);
	wasi_errno_t e = wasi_fd_dup_to(shim.ctx, (wasi_fd_t)fd, (wasi_fd_t)to);
	if (e)
		return fail(e);
	if (fd != to) {
		fd_set_cloexec(to, cloexec);
		spot_dup(fd, to);
	}
	return fd_note(to);
}

WRAPPER(int, dup, (int fd))
{
	int made = dup_from(fd, 0, false);

	/* Where not even number 0 is below the limit, F_DUPFD finds its argument wrong. */
	return made < 0 && errno == EINVAL ? fail_with(EMFILE) : made;
}

WRAPPER(int, dup2, (int fd, int to))
{
	return fd_dup_to(fd, to, false);
}

WRAPPER(int, dup3, (int fd, int to, int flags))
{
	if (fd == to || (flags & ~O_CLOEXEC))
		return fail_with(EINVAL);
	return fd_dup_to(fd, to, flags & O_CLOEXEC);
}

/* wasi-libc's fcntl: close-on-exec always, flags through the core, no locks, no duplicates. */
static int fcntl_strict(int fd, int command, long argument)
{
	wasi_fdstat_t stat;
	wasi_fdflags_t flags = 0;
	int result = 0;

	/* Not even whether it is open is asked. */
	if (command == F_GETFD || command == F_SETFD)
		return command == F_GETFD ? FD_CLOEXEC : 0;
	wasi_errno_t e = wasi_fd_fdstat_get(shim.ctx, (wasi_fd_t)fd, &stat);
	if (e)
		return fail(e);
	switch (command) {
	case F_GETFL:
		result |= stat.fs_flags & WASI_FDFLAGS_APPEND ? O_APPEND : 0;
		result |= stat.fs_flags & WASI_FDFLAGS_NONBLOCK ? O_NONBLOCK : 0;
		result |= stat.fs_flags & WASI_FDFLAGS_SYNC ? O_SYNC : 0;
		result |= stat.fs_flags & WASI_FDFLAGS_DSYNC ? O_DSYNC : 0;
		if (stat.fs_rights_base & WASI_RIGHTS_FD_WRITE)
			result |= stat.fs_rights_base & (WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_READDIR) ? O_RDWR : O_WRONLY;
		return result;
	case F_SETFL:
		flags |= argument & O_APPEND ? WASI_FDFLAGS_APPEND : 0;
		flags |= argument & O_NONBLOCK ? WASI_FDFLAGS_NONBLOCK : 0;
		flags |= stat.fs_flags & (WASI_FDFLAGS_SYNC | WASI_FDFLAGS_DSYNC | WASI_FDFLAGS_RSYNC);
		e = wasi_fd_fdstat_set_flags(shim.ctx, (wasi_fd_t)fd, flags);
		return e ? fail(e) : 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return fail_with(ENOTSUP);
	default:
		return fail_with(EINVAL);
	}
}

WRAPPER(int, fcntl, (int fd, int command, ...))
{
	va_list ap;

	va_start(ap, command);
	long argument = va_arg(ap, long);
	va_end(ap);

	if (shim.strict)
		return fcntl_strict(fd, command, argument);
	if (hidden(fd))
		return fail_with(EBADF);
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		return dup_from(fd, (int)argument, command == F_DUPFD_CLOEXEC);
	/* What is left acts on a descriptor that the guest has: flags, locks, owners, pipe sizes, seals, leases. The
	 * core asks the kernel for the flags when it needs them. */
	int host_fd = fd_host_for(fd, 0);
	if (host_fd < 0)
		return -1;
	if (command == F_SETLKW || command == F_OFD_SETLKW)
		return (int)raw_result(gate_wait(SYS_fcntl, host_fd, command, argument, 0, 0, 0));
	return (int)raw_result(RAW(SYS_fcntl, host_fd, command, argument));
}

/* No cancellation point in the C library either. */
WRAPPER(int, flock, (int fd, int operation))
{
	int host_fd = fd_host_for(fd, 0);

	return host_fd < 0 ? -1 : (int)raw_result(RAW(SYS_flock, host_fd, operation));
}

WRAPPER(int, lockf, (int fd, int command, off_t len))
{
	/* lockf is fcntl in the C library, and the number is the kernel's. */
	return fd_host_for(fd, 0) < 0 ? -1 : NEXT(lockf)(fd, command, len);
}

static bool is_terminal_request(unsigned long request)
{
	/* The terminal's requests are 0x54xx; putting input into it would reach whoever reads there next. */
	return (request >> 8) == 0x54 && request != TIOCSTI && request != TIOCLINUX;
}

WRAPPER(int, ioctl, (int fd, ioctl_request request_, ...))
{
	unsigned request = (unsigned)request_; /* of which the kernel reads no more */
	va_list ap;

	va_start(ap, request_);
	void *argument = va_arg(ap, void *);
	va_end(ap);

	if (request == FIOCLEX || request == FIONCLEX)
		return fd_host_for(fd, 0) < 0 ? -1 : fd_set_cloexec(fd, request == FIOCLEX);
	int host_fd = fd_host_for(fd, 0);
	if (host_fd < 0)
		return -1;
	if (request == FIONREAD || request == FIONBIO || (!shim.strict && is_terminal_request(request)))
		return (int)raw_result(RAW(SYS_ioctl, host_fd, request, argument));
	return fail_with(shim.strict ? EINVAL : ENOTTY);
}

WRAPPER(int, isatty, (int fd))
{
	if (shim.strict) {
		/* wasi-libc's rule: a character device that can neither seek nor tell. */
		wasi_fdstat_t stat;
		wasi_errno_t e = hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_fdstat_get(shim.ctx, (wasi_fd_t)fd, &stat);
		if (e) {
			fail(e);
			return 0;
		}
		if (stat.fs_filetype == WASI_FILETYPE_CHARACTER_DEVICE &&
		    !(stat.fs_rights_base & (WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL)))
			return 1;
		errno = ENOTTY;
		return 0;
	}
	char termios[128]; /* the kernel's struct is smaller */
	int host_fd = fd_host_for(fd, 0);
	return host_fd >= 0 && raw_result(RAW(SYS_ioctl, host_fd, TCGETS, termios)) == 0;
}

/* The terminal's name in the guest's world is /dev/tty, if any. */
static int terminal_name(int fd, char *buf, size_t len)
{
	static const char name[] = "/dev/tty";
	int saved = errno;

	if (!wrap_isatty(fd)) {
		int error = errno;
		errno = saved;
		return error;
	}
	if (len < sizeof(name))
		return ERANGE;
	memcpy(buf, name, sizeof(name));
	return 0;
}

WRAPPER(char *, ttyname, (int fd))
{
	static char name[16];
	int error = terminal_name(fd, name, sizeof(name));

	if (error)
		errno = error;
	return error ? NULL : name;
}

WRAPPER(int, ttyname_r, (int fd, char *buf, size_t len))
{
	return terminal_name(fd, buf, len);
}

WRAPPER_UNDECLARED(int, __ttyname_r_chk, (int fd, char *buf, size_t len, size_t room))
{
	return terminal_name(fd, buf, len < room ? len : room);
}

/* ---- descriptors that name nothing of the host's ---- */

static int make_pipe(int fds[2], int flags)
{
	int made[2];

	if (!guest_writable(fds, 2 * sizeof(*fds)))
		return fail_with(EFAULT);
	long result = RAW(SYS_pipe2, made, flags);
	if (result < 0)
		return (int)raw_result(result);
	return fd_adopt_pair(made, fds);
}

WRAPPER(int, pipe, (int fds[2]))
{
	return make_pipe(fds, 0);
}

WRAPPER(int, pipe2, (int fds[2], int flags))
{
	return make_pipe(fds, flags);
}

WRAPPER(int, eventfd, (unsigned value, int flags))
{
	return fd_adopt_result(RAW(SYS_eventfd2, value, flags));
}

WRAPPER(int, epoll_create, (int size))
{
	return size <= 0 ? fail_with(EINVAL) : fd_adopt_result(RAW(SYS_epoll_create1, 0));
}

WRAPPER(int, epoll_create1, (int flags))
{
	return fd_adopt_result(RAW(SYS_epoll_create1, flags));
}

WRAPPER(int, timerfd_create, (clockid_t clock, int flags))
{
	return fd_adopt_result(RAW(SYS_timerfd_create, clock, flags));
}

WRAPPER(int, signalfd, (int fd, const sigset_t *mask, int flags))
{
	if (fd != -1 && fd_host_for(fd, 0) < 0)
		return -1;
	long result = RAW(SYS_signalfd4, fd, mask, 8, flags);
	return fd == -1 ? fd_adopt_result(result) : (int)raw_result(result);
}

WRAPPER(int, memfd_create, (const char *name, unsigned flags))
{
	return fd_adopt_result(RAW(SYS_memfd_create, name, flags));
}

WRAPPER(int, pidfd_open, (pid_t pid, unsigned flags))
{
	return fd_adopt_result(RAW(SYS_pidfd_open, pid, flags));
}

WRAPPER(int, inotify_init, (void))
{
	return fd_adopt_result(RAW(SYS_inotify_init1, 0));
}

WRAPPER(int, inotify_init1, (int flags))
{
	return fd_adopt_result(RAW(SYS_inotify_init1, flags));
}

/* The kernel watches the object, so it is enough to name it by a descriptor. */
WRAPPER(int, inotify_add_watch, (int fd, const char *path, uint32_t mask))
{
	struct place p;
	int object;
	bool follow = !(mask & IN_DONT_FOLLOW);

	if (fd_host_for(fd, 0) < 0)
		return -1;
	int error = AT_PLACE(p, AT_FDCWD, path, follow,
			     wasi_path_host(shim.ctx, p.fd, follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0, p.path, p.len,
					    &object));
	if (error)
		return fail_with(error);
	char name[32];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", object);
	mask &= ~(uint32_t)IN_DONT_FOLLOW;
	long result = RAW(SYS_inotify_add_watch, fd, name, mask);
	/* Behind the wall there is no /proc; but there the kernel knows the guest's names. */
	char guest[PATH_MAX];
	if (result == -ENOENT && place_name(AT_FDCWD, path, guest) == 0 && place_is(guest, object))
		result = RAW(SYS_inotify_add_watch, fd, guest, mask);
	RAW(SYS_close, object);
	return (int)raw_result(result);
}
