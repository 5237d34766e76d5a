/* Limits of a module: see module_limits.h. */
#include "module_limits.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli.h"
#include "ending.h"

static struct {
	struct wasi_host next; /* the slots that were there before */
	uint64_t output, left;
	char name[256];
	/* Made beforehand: a signal handler cannot format. */
	char too_late[512];
} state;

static bool counted(int fd)
{
	return fd == STDOUT_FILENO || fd == STDERR_FILENO;
}

/* What is let of a list of pieces: of the first that is not empty, as much as may still come. Writing less than was asked
 * is allowed, and whoever has more to say asks again. */
static struct iovec let(const struct iovec *iov, int count, size_t *ret_asked)
{
	int i = 0;
	while (i < count - 1 && !iov[i].iov_len)
		i++;
	uint64_t left = __atomic_load_n(&state.left, __ATOMIC_RELAXED);
	*ret_asked = iov[i].iov_len;
	return (struct iovec){ .iov_base = iov[i].iov_base, .iov_len = *ret_asked < left ? *ret_asked : (size_t)left };
}

/* Counts what was written, and ends the process when that was the last. */
static long count(long written, struct iovec let, size_t asked)
{
	if (written < 0)
		return written;
	__atomic_fetch_sub(&state.left, (uint64_t)written, __ATOMIC_RELAXED);
	if ((size_t)written == let.iov_len && let.iov_len < asked) {
		cli_complain("%s: ended after %" PRIu64 " bytes of output", state.name, state.output);
		ending_end(CLI_LIMIT);
	}
	return written;
}

/* The slots that write, each on counted descriptors for one piece. */
static long put_pieces(int fd, const struct iovec *iov, int n)
{
	if (!counted(fd) || n <= 0)
		return state.next.writev(fd, iov, n);
	size_t asked;
	struct iovec part = let(iov, n, &asked);
	return count(state.next.writev(fd, &part, 1), part, asked);
}

static long put(int fd, const void *bytes, size_t len)
{
	return put_pieces(fd, &(struct iovec){ (void *)(uintptr_t)bytes, len }, 1);
}

static long put_at(int fd, const struct iovec *iov, int n, int64_t offset)
{
	if (!counted(fd) || n <= 0)
		return state.next.pwritev(fd, iov, n, offset);
	size_t asked;
	struct iovec part = let(iov, n, &asked);
	return count(state.next.pwritev(fd, &part, 1, offset), part, asked);
}

static long put_with_flags(int fd, const struct iovec *iov, int n, int64_t offset, int flags)
{
	if (!counted(fd) || n <= 0)
		return state.next.pwritev2(fd, iov, n, offset, flags);
	size_t asked;
	struct iovec part = let(iov, n, &asked);
	return count(state.next.pwritev2(fd, &part, 1, offset, flags), part, asked);
}

static long put_message(int fd, const struct msghdr *message, int flags)
{
	if (!counted(fd) || !message->msg_iovlen)
		return state.next.sendmsg(fd, message, flags);
	size_t asked;
	struct iovec part = let(message->msg_iov, (int)message->msg_iovlen, &asked);
	struct msghdr one = { .msg_iov = &part, .msg_iovlen = 1 };
	return count(state.next.sendmsg(fd, &one, flags), part, asked);
}

void module_limits_install(struct wasi_host *host, const struct policy_limits *l)
{
	if (!l->output)
		return;
	state.next = *host;
	state.output = state.left = l->output;
	host->write = put;
	host->writev = put_pieces;
	host->pwritev = put_at;
	host->pwritev2 = put_with_flags;
	host->sendmsg = put_message;
}

void module_limits_say_late(void)
{
	ssize_t n = write(STDERR_FILENO, state.too_late, strlen(state.too_late));
	(void)n;
}

static void out_of_time(int signal)
{
	(void)signal;
	module_limits_say_late();
	_exit(CLI_LIMIT);
}

void module_limits_start(const char *name, const struct policy_limits *l)
{
	snprintf(state.name, sizeof(state.name), "%s", name);
	if (l->file_size) {
		struct rlimit limit = { l->file_size, l->file_size };
		if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
			cli_die(CLI_FAILED, "cannot limit files: %s", strerror(errno));
		signal(SIGXFSZ, SIG_IGN); /* fbig, not the end */
	}
	if (!l->time_ns)
		return;
	double seconds = (double)l->time_ns / 1e9;
	snprintf(state.too_late, sizeof(state.too_late), "wasiward: %s: ended after %g seconds\n", state.name, seconds);
	struct sigaction action = { .sa_handler = out_of_time };
	sigaction(SIGALRM, &action, NULL);
	struct itimerval timer = { .it_value = { .tv_sec = (time_t)seconds,
						 .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6) } };
	if (!timer.it_value.tv_sec && !timer.it_value.tv_usec)
		timer.it_value.tv_usec = 1;
	setitimer(ITIMER_REAL, &timer, NULL);
}
