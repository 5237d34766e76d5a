/* Job control: an interactive program gets a process group of its own and the terminal, as a shell gives it to a job.
 *
 * Otherwise it would be in the launcher's group, which has no number in the program's PID namespace, and nothing that a
 * shell in there could give the terminal back to. The launcher then does a shell's part: it takes the terminal when the
 * program stops or ends, stops itself so that whoever started it notices, and hands the terminal over when it goes on. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "wall.h"

void terminal_open(struct terminal *t)
{
	/* Only as a job by itself: in a pipeline the others of the group need the terminal, too. */
	pid_t group = getpgrp();
	t->fd = -1;
	if (tcgetpgrp(0) == group && tcgetpgrp(1) == group && group == getpid())
		t->fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
}

void terminal_child(const struct terminal *t)
{
	if (t->fd >= 0 && setpgid(0, 0) == 0)
		tcsetpgrp(t->fd, getpid());
}

void terminal_take(const struct terminal *t)
{
	if (t->fd >= 0 && tcgetpgrp(t->fd) != getpgrp())
		tcsetpgrp(t->fd, getpgrp());
}

/* Whether nobody of our session is there to continue us. */
static bool is_orphaned(void)
{
	pid_t session = getsid(0);
	return session == getpid() || getsid(getppid()) != session;
}

void terminal_stopped(const struct terminal *t, pid_t program, int signal)
{
	if (t->fd < 0) {
		kill(getpid(), SIGSTOP);
		kill(program, SIGCONT);
		return;
	}
	/* It reached for the terminal after we were called to the foreground: no reason to stop. */
	bool called = (signal == SIGTTIN || signal == SIGTTOU) && tcgetpgrp(t->fd) == getpgrp();
	if (!called) {
		if (tcgetpgrp(t->fd) == program)
			terminal_take(t);
		if (!is_orphaned())
			kill(getpid(), SIGSTOP);
	}
	if (tcgetpgrp(t->fd) == getpgrp())
		tcsetpgrp(t->fd, program);
	kill(-program, SIGCONT);
}
