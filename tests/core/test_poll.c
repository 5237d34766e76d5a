/* poll_oneoff. */
#include "core_test.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

SUITE(poll_oneoff);

#define MS 1000000ull
#define HOUR (3600 * 1000 * MS) /* does not come while a test runs */
#define CLOCK(id_, timeout_, flags_)                                                                                   \
	{                                                                                                              \
		.userdata = 7, .tag = WASI_EVENTTYPE_CLOCK, .u.clock = {                                               \
			.id = (id_),                                                                                   \
			.timeout = (timeout_),                                                                         \
			.flags = (flags_)                                                                              \
		}                                                                                                      \
	}
#define READ(fd_)                                                                                                      \
	{                                                                                                              \
		.userdata = 8, .tag = WASI_EVENTTYPE_FD_READ, .u.fd_readwrite = {(fd_) }                               \
	}
#define WRITE(fd_)                                                                                                     \
	{                                                                                                              \
		.userdata = 9, .tag = WASI_EVENTTYPE_FD_WRITE, .u.fd_readwrite = {(fd_) }                              \
	}
#define MONOTONIC WASI_CLOCKID_MONOTONIC
#define ABSTIME WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME

static wasi_event_t events[8];

static wasi_size_t poll_for(const wasi_subscription_t *subs, size_t n)
{
	wasi_size_t got = 42;

	memset(events, 0xff, sizeof(events));
	OK(wasi_poll_oneoff(w.ctx, subs, events, n, &got));
	cr_assert(got >= 1 && got <= n);
	return got;
}

static wasi_timestamp_t now(wasi_clockid_t id)
{
	wasi_timestamp_t t;

	OK(wasi_clock_time_get(w.ctx, id, 0, &t));
	return t;
}

Test(poll_oneoff, nothing_or_too_much_is_inval)
{
	static wasi_subscription_t many[65537];
	wasi_size_t n = 42;

	FAILS(INVAL, wasi_poll_oneoff(w.ctx, many, events, 0, &n));
	FAILS(INVAL, wasi_poll_oneoff(w.ctx, many, events, 65537, &n));
	many[0].tag = 3;
	FAILS(INVAL, wasi_poll_oneoff(w.ctx, many, events, 1, &n));
	cr_assert_eq(n, 42);
}

static wasi_timestamp_t longest; /* that the host was asked to wait */

static long note_longest(struct pollfd *fds, size_t n, struct timespec *timeout, const void *mask, size_t size)
{
	wasi_timestamp_t asked = timeout ? (wasi_timestamp_t)timeout->tv_sec * 1000 * MS + (wasi_timestamp_t)timeout->tv_nsec : UINT64_MAX;

	longest = asked > longest ? asked : longest;
	return wasi_host_linux()->ppoll(fds, n, timeout, mask, size);
}

Test(poll_oneoff, waits_as_long_as_asked)
{
	static const wasi_clockid_t ids[] = {WASI_CLOCKID_REALTIME, MONOTONIC};

	fake_host(NULL)->ppoll = note_longest;
	for (int i = 0; i < 4; i++) {
		wasi_timestamp_t start = now(MONOTONIC);
		wasi_clockid_t id = ids[i % 2];
		wasi_subscription_t sub = CLOCK(id, i < 2 ? 20 * MS : now(id) + 20 * MS, i < 2 ? 0 : ABSTIME);

		cr_assert_eq(poll_for(&sub, 1), 1);
		cr_assert(events[0].error == 0 && events[0].userdata == 7 && events[0].type == WASI_EVENTTYPE_CLOCK);
		/* Never less. How much more is the machine's affair, as long as we do not ask for it. */
		cr_assert(now(MONOTONIC) - start >= 19 * MS);
		cr_assert(longest > 0 && longest <= 20 * MS, "%llu ns", (unsigned long long)longest);
		longest = 0;
	}
}

Test(poll_oneoff, times_in_the_past_and_at_the_end_of_time)
{
	int other;
	wasi_subscription_t subs[] = {CLOCK(MONOTONIC, 0, ABSTIME), CLOCK(WASI_CLOCKID_REALTIME, 1, ABSTIME)};
	wasi_subscription_t far[] = {CLOCK(MONOTONIC, UINT64_MAX, 0), WRITE(pipe_end(1, WASI_RIGHTS_ALL, &other))};

	cr_assert_eq(poll_for(subs, 2), 2);
	cr_assert_eq(poll_for(far, 2), 1);
	cr_assert_eq(events[0].userdata, 9);
}

Test(poll_oneoff, one_bad_clock_is_one_bad_event)
{
	wasi_subscription_t subs[] = {CLOCK(WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, 0), CLOCK(99, 0, 0),
				      CLOCK(MONOTONIC, 0, 2), CLOCK(MONOTONIC, 0, 0)};

	cr_assert_eq(poll_for(subs, 4), 4);
	cr_assert(events[0].error == WASI_ERRNO_INVAL && events[1].error == WASI_ERRNO_INVAL &&
		  events[2].error == WASI_ERRNO_INVAL && events[3].error == 0);
}

Test(poll_oneoff, descriptors_that_cannot_be_waited_for)
{
	int other;
	wasi_fd_t no_poll = pipe_end(0, WASI_RIGHTS_FD_READ, &other), write_end = pipe_end(1, WASI_RIGHTS_ALL, &other);
	wasi_subscription_t subs[] = {READ(NO_FD), READ(no_poll), READ(write_end), CLOCK(MONOTONIC, HOUR, 0)};

	cr_assert_eq(poll_for(subs, 4), 3);
	cr_assert(events[0].error == WASI_ERRNO_BADF && events[0].userdata == 8 &&
		  events[0].type == WASI_EVENTTYPE_FD_READ);
	cr_assert(events[1].error == WASI_ERRNO_NOTCAPABLE && events[2].error == WASI_ERRNO_NOTCAPABLE);
}

Test(poll_oneoff, only_what_is_ready_is_reported)
{
	int a, b;
	wasi_subscription_t subs[] = {READ(pipe_end(0, WASI_RIGHTS_ALL, &a)), READ(pipe_end(0, WASI_RIGHTS_ALL, &b)),
				      CLOCK(MONOTONIC, HOUR, 0)};

	cr_assert(write(b, "abc", 3) == 3);
	subs[1].userdata = 99;
	cr_assert_eq(poll_for(subs, 3), 1);
	cr_assert(events[0].userdata == 99 && events[0].fd_readwrite.nbytes == 3 && events[0].fd_readwrite.flags == 0);
	close(a);
	cr_assert_eq(poll_for(subs, 1), 1);
	cr_assert(events[0].error == 0 && events[0].fd_readwrite.flags == WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP);
}

Test(poll_oneoff, a_pipe_without_readers_hangs_up_on_the_writer)
{
	int other;
	wasi_subscription_t sub = WRITE(pipe_end(1, WASI_RIGHTS_ALL, &other));

	close(other);
	cr_assert_eq(poll_for(&sub, 1), 1);
	cr_assert(events[0].error == 0 && events[0].fd_readwrite.flags == WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP);
}

Test(poll_oneoff, files_and_directories_are_always_ready)
{
	wasi_fd_t fd;
	make_file("f", "hello");
	fd = open_file("f", 0, RIGHTS_RW);
	wasi_subscription_t subs[] = {READ(fd), WRITE(fd), READ(w.dir), WRITE(w.dir), CLOCK(MONOTONIC, HOUR, 0)};

	cr_assert_eq(poll_for(subs, 5), 4);
	cr_assert(events[0].fd_readwrite.nbytes == 5 && events[1].error == 0 && events[2].error == 0);
	cr_assert_eq(events[3].error, WASI_ERRNO_ISDIR);
}

Test(poll_oneoff, output_is_writable_before_a_clock_fires)
{
	int other;
	wasi_subscription_t subs[] = {CLOCK(MONOTONIC, HOUR, 0), WRITE(pipe_end(1, WASI_RIGHTS_ALL, &other))};

	cr_assert_eq(poll_for(subs, 2), 1);
	cr_assert_eq(events[0].type, WASI_EVENTTYPE_FD_WRITE);
}

Test(poll_oneoff, events_may_be_written_over_the_subscriptions)
{
	union {
		wasi_subscription_t in[3];
		wasi_event_t out[3];
	} u = {.in = {CLOCK(MONOTONIC, 0, 0), READ(NO_FD), READ(NO_FD)}};
	wasi_size_t n;

	u.in[2].userdata = 55;
	OK(wasi_poll_oneoff(w.ctx, u.in, u.out, 3, &n));
	cr_assert(n == 3 && u.out[1].userdata == 8 && u.out[2].userdata == 55 && u.out[2].error == WASI_ERRNO_BADF);
}

static void nothing(int signal)
{
	(void)signal;
}

Test(poll_oneoff, a_signal_does_not_shorten_the_wait_unless_wanted)
{
	struct sigaction action = {.sa_handler = nothing};
	struct itimerval every = {{0, 5000}, {0, 5000}};
	wasi_subscription_t sub = CLOCK(MONOTONIC, 50 * MS, 0), far = CLOCK(MONOTONIC, HOUR, 0);
	wasi_timestamp_t start = now(MONOTONIC);
	wasi_size_t n;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	poll_for(&sub, 1);
	cr_assert(now(MONOTONIC) - start >= 50 * MS);
	remake_world(&(struct wasi_ctx_config){.return_eintr = true});
	FAILS(INTR, wasi_poll_oneoff(w.ctx, &far, events, 1, &n));
}

Test(poll_oneoff, descriptors_are_let_go_again)
{
	int other;
	wasi_fd_t fd = pipe_end(0, WASI_RIGHTS_ALL, &other);
	wasi_subscription_t subs[] = {READ(fd), READ(fd), CLOCK(MONOTONIC, 0, 0)};
	char c;

	poll_for(subs, 3);
	OK(wasi_fd_close(w.ctx, fd));
	signal(SIGPIPE, SIG_IGN);
	cr_assert(write(other, &c, 1) < 0 && errno == EPIPE);
}
