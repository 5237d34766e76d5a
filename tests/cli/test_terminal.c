/* Job control on a terminal: interactive programs behind the wall, and the command as a job of an interactive shell. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct session {
	pid_t pid;
	int fd;
	char seen[65536]; /* all that came */
	size_t len, read; /* read: what was expected already lies before it */
};

/* Starts a command as the leader of a session with a terminal of 24 lines and 80 columns. */
static struct session *start(const char *const *argv)
{
	struct session *s = calloc(1, sizeof(*s));
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	s->pid = forkpty(&s->fd, NULL, NULL, &size);
	if (s->pid == 0) {
		/* Whoever started the tests in the background has these ignored. */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		setenv("PS1", "$ ", 1);
		setenv("ENV", "", 1);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return s;
}
#define START(...) start((const char *const[]){ __VA_ARGS__, NULL })

/* Reads until text comes, behind what was expected before. */
static void expect(struct session *s, const char *text)
{
	char *at;
	while (!(at = strstr(s->seen + s->read, text))) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };
		ssize_t n = poll(&p, 1, 15000) > 0 ? read(s->fd, s->seen + s->len, sizeof(s->seen) - 1 - s->len) : 0;
		cr_assert_gt(n, 0, "no \"%s\" in: %s", text, s->seen);
		s->len += (size_t)n;
	}
	s->read = (size_t)(at - s->seen) + strlen(text);
}

static void type(struct session *s, const char *text)
{
	cr_assert_eq(write(s->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* The exit status, after everything that was written has been read. */
static int end(struct session *s)
{
	for (ssize_t n; (n = read(s->fd, s->seen + s->len, sizeof(s->seen) - 1 - s->len)) > 0;)
		s->len += (size_t)n;
	int status;
	waitpid(s->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define WASIWARD getenv("WASIWARD")

Test(terminal, a_shell_controls_its_jobs)
{
	struct session *s = START(WASIWARD, "run", "--env", "PS1=$ ", "sh", "-i");
	expect(s, "$ ");
	type(s, "sleep 100 & jobs\n");
	expect(s, "Running");
	expect(s, "$ ");
	type(s, "cat\n");
	expect(s, "cat\r\n");
	type(s, "typed\n");
	expect(s, "typed\r\ntyped\r\n");
	type(s, "\x1a");
	expect(s, "Stopped");
	expect(s, "$ ");
	type(s, "fg\n");
	expect(s, "cat\r\n");
	type(s, "again\n");
	expect(s, "again\r\nagain\r\n");
	type(s, "\x03");
	expect(s, "$ ");
	type(s, "kill %1; exit 3\n");
	cr_expect_eq(end(s), 3);
	cr_expect_not(strstr(s->seen, "tty"), "%s", s->seen);
	cr_expect_not(strstr(s->seen, "job control"), "%s", s->seen);
}

/* The command as the shell's job: stopped, continued, in the background, and the shell has its terminal back at the end. */
Test(terminal, a_shell_controls_the_command)
{
	struct session *s = START("sh", "-i");
	expect(s, "$ ");
	type(s, "$WASIWARD run cat\n");
	expect(s, "cat\r\n");
	type(s, "typed\n");
	expect(s, "typed\r\ntyped\r\n");
	type(s, "\x1a");
	expect(s, "Stopped");
	expect(s, "$ ");
	/* In the background it stops when it reads. */
	type(s, "bg; sleep 1; jobs; echo looked\n");
	expect(s, "Stopped");
	expect(s, "looked\r\n$ ");
	type(s, "fg\n");
	expect(s, "cat\r\n");
	type(s, "again\n");
	expect(s, "again\r\nagain\r\n");
	type(s, "\x03");
	expect(s, "$ ");
	type(s, "echo $(($? - 128))\n");
	expect(s, "\r\n2\r\n$ ");
	/* Called to the foreground without having stopped. */
	type(s, "$WASIWARD run sh -c 'sleep 1; read x; echo got $x' &\n");
	expect(s, "$ ");
	type(s, "fg\n");
	expect(s, "fg\r\n");
	type(s, "line\n");
	expect(s, "got line\r\n");
	/* In a pipeline everybody shares the terminal, and ^C reaches all. */
	expect(s, "$ ");
	type(s, "$WASIWARD run cat | $WASIWARD run cat\n");
	expect(s, "run cat\r\n");
	type(s, "typed\n");
	expect(s, "typed\r\ntyped\r\n");
	type(s, "\x03");
	expect(s, "$ ");
	type(s, "exit 5\n");
	cr_expect_eq(end(s), 5);
}

/* Where nobody could continue it, the program is not left stopped. */
Test(terminal, without_a_shell_it_goes_on)
{
	struct session *s = START(WASIWARD, "run", "sh", "-c", "echo ready; cat; exit 4");
	expect(s, "ready\r\n");
	type(s, "\x1a");
	expect(s, "^Z");
	type(s, "typed\n");
	expect(s, "typed\r\ntyped\r\n");
	type(s, "\x04");
	cr_expect_eq(end(s), 4);
}

Test(terminal, a_new_size_is_told)
{
	struct session *s = START(WASIWARD, "run", "sh", "-c", "trap 'stty size; exit 6' WINCH; stty size; while :; do sleep 0.1; done");
	expect(s, "24 80");
	struct winsize size = { .ws_row = 40, .ws_col = 132 };
	cr_assert_eq(ioctl(s->fd, TIOCSWINSZ, &size), 0);
	expect(s, "40 132");
	cr_expect_eq(end(s), 6);
}

/* What a limit ends, gives the terminal back, too. */
Test(terminal, a_time_limit_gives_it_back)
{
	struct session *s = START("sh", "-i");
	expect(s, "$ ");
	type(s, "$WASIWARD run --timeout 0.3 cat; echo $((300 + $?))\n");
	expect(s, "424\r\n");
	expect(s, "$ ");
	type(s, "cat; exit 7\n");
	expect(s, "cat; exit 7\r\n");
	type(s, "typed\n");
	expect(s, "typed\r\ntyped\r\n");
	type(s, "\x04");
	cr_expect_eq(end(s), 7);
}
