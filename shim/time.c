/* Clocks and sleeping as wasi-libc does them (strict only; posix goes straight to the vDSO), and randomness. */
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <threads.h>
#include <time.h>

#include "guest.h"
#include "stray.h"

#define SECOND 1000000000ull

/* preview1's number of a clock, or -1 with errno. */
static int clock_number(clockid_t id)
{
	switch (id) {
	case CLOCK_REALTIME:
		return WASI_CLOCKID_REALTIME;
	case CLOCK_MONOTONIC:
		return WASI_CLOCKID_MONOTONIC;
	case CLOCK_PROCESS_CPUTIME_ID:
		return WASI_CLOCKID_PROCESS_CPUTIME_ID;
	case CLOCK_THREAD_CPUTIME_ID:
		return WASI_CLOCKID_THREAD_CPUTIME_ID;
	default:
		return fail_with(EINVAL);
	}
}

static struct timespec from_ns(wasi_timestamp_t ns)
{
	return (struct timespec){(time_t)(ns / SECOND), (long)(ns % SECOND)};
}

WRAPPER(int, clock_gettime, (clockid_t id, struct timespec *t))
{
	wasi_timestamp_t ns;
	int number = clock_number(id);
	wasi_errno_t e = number < 0 ? WASI_ERRNO_INVAL : wasi_clock_time_get(shim.ctx, (wasi_clockid_t)number, 1, &ns);

	if (e)
		return fail(e);
	*t = from_ns(ns);
	return 0;
}

WRAPPER(int, clock_getres, (clockid_t id, struct timespec *t))
{
	wasi_timestamp_t ns;
	int number = clock_number(id);
	wasi_errno_t e = number < 0 ? WASI_ERRNO_INVAL : wasi_clock_res_get(shim.ctx, (wasi_clockid_t)number, &ns);

	if (e)
		return fail(e);
	if (t)
		*t = from_ns(ns);
	return 0;
}

WRAPPER(int, gettimeofday, (struct timeval *tv, void *zone))
{
	struct timespec t = {0};

	(void)zone;
	if (wrap_clock_gettime(CLOCK_REALTIME, &t))
		return -1;
	*tv = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
	return 0;
}

WRAPPER(time_t, time, (time_t *ret))
{
	struct timespec t = {0};

	wrap_clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

WRAPPER(int, timespec_get, (struct timespec *t, int base))
{
	return base == TIME_UTC && wrap_clock_gettime(CLOCK_REALTIME, t) == 0 ? base : 0;
}

WRAPPER_UNDECLARED(int, ftime, (struct timeb *b))
{
	struct timespec t = {0};

	if (wrap_clock_gettime(CLOCK_REALTIME, &t))
		return -1;
	*b = (struct timeb){.time = t.tv_sec, .millitm = (unsigned short)(t.tv_nsec / 1000000)};
	return 0;
}

/* ---- sleeping: one subscription ---- */

static int sleep_on(wasi_clockid_t clock, const struct timespec *t, bool absolute)
{
	wasi_subscription_t in = {.tag = WASI_EVENTTYPE_CLOCK};
	wasi_event_t out;
	wasi_size_t n;

	if (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= (long)SECOND)
		return EINVAL;
	in.u.clock.id = clock;
	in.u.clock.timeout = (wasi_timestamp_t)t->tv_sec * SECOND + (wasi_timestamp_t)t->tv_nsec;
	in.u.clock.flags = absolute ? WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME : 0;
	return wasi_poll_oneoff(shim.ctx, &in, &out, 1, &n) || out.error ? ENOTSUP : 0;
}

WRAPPER(int, clock_nanosleep, (clockid_t id, int flags, const struct timespec *t, struct timespec *left))
{
	int saved = errno, number = clock_number(id);

	errno = saved;
	if (number < 0 || (flags & ~TIMER_ABSTIME))
		return EINVAL;
	if (left)
		*left = (struct timespec){0};
	return sleep_on((wasi_clockid_t)number, t, flags & TIMER_ABSTIME);
}

WRAPPER(int, nanosleep, (const struct timespec *t, struct timespec *left))
{
	int error = wrap_clock_nanosleep(CLOCK_REALTIME, 0, t, left);

	return error ? fail_with(error) : 0;
}

WRAPPER(int, thrd_sleep, (const struct timespec *t, struct timespec *left))
{
	return wrap_clock_nanosleep(CLOCK_REALTIME, 0, t, left) ? -2 : 0;
}

WRAPPER(int, usleep, (useconds_t us))
{
	struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};

	return wrap_nanosleep(&t, NULL);
}

WRAPPER(unsigned, sleep, (unsigned seconds))
{
	struct timespec t = {(time_t)seconds, 0};

	return wrap_nanosleep(&t, NULL) ? seconds : 0;
}

/* ---- waiting for descriptors, as wasi-libc: poll_oneoff ---- */

static int poll_for(struct pollfd *fds, size_t count, const struct timespec *timeout)
{
	wasi_subscription_t *in = calloc(count * 2 + 1, sizeof(*in));
	wasi_event_t *out = calloc(count * 2 + 1, sizeof(*out));
	wasi_size_t got = 0;
	size_t n = 0;
	int ready = 0;

	if (!in || !out) {
		free(in);
		free(out);
		return fail_with(ENOMEM);
	}
	for (size_t i = 0; i < count; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		for (int writes = 0; writes < 2; writes++) {
			if (!(fds[i].events & (writes ? POLLOUT | POLLWRNORM : POLLIN | POLLRDNORM)))
				continue;
			in[n].userdata = i;
			in[n].tag = writes ? WASI_EVENTTYPE_FD_WRITE : WASI_EVENTTYPE_FD_READ;
			in[n++].u.fd_readwrite.file_descriptor = (wasi_fd_t)fds[i].fd;
		}
	}
	if (timeout) {
		in[n].userdata = UINT64_MAX;
		in[n].tag = WASI_EVENTTYPE_CLOCK;
		in[n].u.clock.id = WASI_CLOCKID_REALTIME;
		in[n++].u.clock.timeout = (wasi_timestamp_t)timeout->tv_sec * SECOND + (wasi_timestamp_t)timeout->tv_nsec;
	}
	/* Nothing to wait for is an error in wasi-libc as well. */
	wasi_errno_t e = n ? wasi_poll_oneoff(shim.ctx, in, out, n, &got) : WASI_ERRNO_NOTSUP;
	for (wasi_size_t i = 0; !e && i < got; i++) {
		if (out[i].userdata >= count)
			continue;
		struct pollfd *p = &fds[out[i].userdata];
		bool fresh = p->revents == 0;
		if (out[i].error == WASI_ERRNO_PIPE)
			p->revents |= POLLHUP;
		else if (out[i].error == WASI_ERRNO_BADF)
			p->revents |= POLLNVAL;
		else if (out[i].error)
			p->revents |= POLLERR;
		else if (out[i].fd_readwrite.flags & WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP)
			p->revents |= out[i].type == WASI_EVENTTYPE_FD_READ ? POLLHUP | POLLIN : POLLHUP;
		else
			p->revents |= out[i].type == WASI_EVENTTYPE_FD_READ ? POLLIN | POLLRDNORM : POLLOUT | POLLWRNORM;
		ready += fresh && p->revents;
	}
	free(in);
	free(out);
	return e ? fail(e) : ready;
}

WRAPPER(int, ppoll, (struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask))
{
	sigset_t copy;

	if (!shim.strict)
		return NEXT(ppoll)(fds, count, timeout, signals_without_ours(mask, &copy));
	/* No signals in this profile. */
	return poll_for(fds, count, timeout);
}

WRAPPER(int, poll, (struct pollfd *fds, nfds_t count, int timeout))
{
	struct timespec t = {timeout / 1000, timeout % 1000 * 1000000L};

	return poll_for(fds, count, timeout < 0 ? NULL : &t);
}

extern void __chk_fail(void) __attribute__((noreturn));

WRAPPER_UNDECLARED(int, __poll_chk, (struct pollfd *fds, nfds_t count, int timeout, size_t room))
{
	if (room / sizeof(*fds) < count)
		__chk_fail();
	return wrap_poll(fds, count, timeout);
}

WRAPPER_UNDECLARED(int, __ppoll_chk,
		   (struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room))
{
	if (room / sizeof(*fds) < count)
		__chk_fail();
	return wrap_ppoll(fds, count, timeout, mask);
}

WRAPPER(int, pselect,
	(int n, fd_set *readable, fd_set *writable, fd_set *exceptional, const struct timespec *timeout,
	 const sigset_t *mask))
{
	struct pollfd fds[FD_SETSIZE];
	nfds_t count = 0;
	sigset_t copy;
	int ready = 0;

	if (!shim.strict)
		return NEXT(pselect)(n, readable, writable, exceptional, timeout, signals_without_ours(mask, &copy));
	if (n < 0 || n > FD_SETSIZE)
		return fail_with(EINVAL);
	for (int fd = 0; fd < n; fd++) {
		short events = 0;
		events |= readable && FD_ISSET(fd, readable) ? POLLIN : 0;
		events |= writable && FD_ISSET(fd, writable) ? POLLOUT : 0;
		if (events)
			fds[count++] = (struct pollfd){.fd = fd, .events = events};
	}
	if (poll_for(fds, count, timeout) < 0)
		return -1;
	for (nfds_t i = 0; i < count; i++) {
		if (fds[i].revents & POLLNVAL)
			return fail_with(EBADF);
	}
	for (nfds_t i = 0; i < count; i++) {
		short got = fds[i].revents;
		if (fds[i].events & POLLIN && !(got & (POLLIN | POLLHUP | POLLERR)))
			FD_CLR(fds[i].fd, readable);
		else
			ready += fds[i].events & POLLIN ? 1 : 0;
		if (fds[i].events & POLLOUT && !(got & (POLLOUT | POLLERR)))
			FD_CLR(fds[i].fd, writable);
		else
			ready += fds[i].events & POLLOUT ? 1 : 0;
	}
	if (exceptional)
		FD_ZERO(exceptional);
	return ready;
}

WRAPPER(int, select, (int n, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout))
{
	struct timespec t = {0};

	if (timeout)
		t = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
	return wrap_pselect(n, readable, writable, exceptional, timeout ? &t : NULL, NULL);
}

/* ---- randomness ---- */

WRAPPER(ssize_t, getrandom, (void *buf, size_t len, unsigned flags))
{
	if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return fail_with(EINVAL);
	if (unlikely(shim.policy->seeded) && !guest_writable(buf, len))
		return fail_with(EFAULT);
	wasi_errno_t e = wasi_random_get(shim.ctx, buf, len);
	return e ? fail(e) : (ssize_t)len;
}

WRAPPER(int, getentropy, (void *buf, size_t len))
{
	if (len > 256)
		return fail_with(EIO);
	wasi_errno_t e = wasi_random_get(shim.ctx, buf, len);
	return e ? fail(e) : 0;
}
