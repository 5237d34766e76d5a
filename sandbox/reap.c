/* The launcher's life while the program runs: signals go in, the end comes out.
 *
 * The launcher stays in the program's process group, so what a terminal sends reaches both and is not passed on twice;
 * what somebody sent with kill(2) reaches the launcher alone. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wall.h"

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* True when the program has ended. A stop is passed on to whoever watches the launcher. */
static bool look(struct wall *w, int *ret_status)
{
	pid_t pid;
	while ((pid = waitpid(w->program, ret_status, WNOHANG | WUNTRACED)) > 0) {
		if (!WIFSTOPPED(*ret_status))
			return true;
		kill(getpid(), SIGSTOP);
		kill(w->program, SIGCONT);
	}
	return false;
}

static void wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Everything that is left dies with the namespace's PID 1. That one is only gone when the program, our own child, has
 * been waited for. */
static void kill_all(struct wall *w, bool program_too)
{
	if (w->init > 0)
		kill(w->init, SIGKILL);
	if (program_too) {
		kill(w->program, SIGKILL);
		wait_for(w->program);
	}
	if (w->init > 0)
		wait_for(w->init);
	w->init = 0;
}

/* Waits for a signal or for output until `end` (a time of now(), 0: for ever). Returns a signal that was sent to us by
 * somebody, else 0; WALL_TIMED_OUT or WALL_OUTPUT_FULL. */
static int wait_once(struct pump *pump, int signals, double end)
{
	struct pollfd fds[3] = { { .fd = signals, .events = POLLIN },
				 { .fd = pump->from[0], .events = POLLIN },
				 { .fd = pump->from[1], .events = POLLIN } };
	int wait = -1;
	if (end > 0) {
		double left = end - now();
		if (left <= 0)
			return WALL_TIMED_OUT;
		wait = left > 1e6 ? 1000000000 : (int)(left * 1000) + 1;
	}
	if (poll(fds, 3, wait) <= 0)
		return 0;
	for (int i = 0; i < 2; i++) {
		if (fds[1 + i].revents && !pump_move(pump, i))
			return WALL_OUTPUT_FULL;
	}
	struct signalfd_siginfo info;
	if (!fds[0].revents || read(signals, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGCHLD || info.ssi_code > 0)
		return 0;
	return (int)info.ssi_signo;
}

/* What is left in the pipes when nobody can write any more. */
static bool drain(struct pump *pump)
{
	for (int i = 0; i < 2; i++) {
		while (pump->from[i] >= 0) {
			struct pollfd p = { .fd = pump->from[i], .events = POLLIN };
			if (poll(&p, 1, -1) > 0 && !pump_move(pump, i))
				return false;
		}
	}
	return true;
}

int wall_wait(struct wall *w)
{
	/* The program's end of a pipe is the program's to close. */
	close(0);
	close(1);
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	int signals = signalfd(-1, &all, SFD_CLOEXEC), status;
	double seconds = (double)w->rules->limits.time_ns / 1e9, end = seconds > 0 ? now() + seconds : 0;
	while (!look(w, &status)) {
		int what = wait_once(&w->pump, signals, end);
		if (what < 0) {
			kill_all(w, true);
			cgroup_leave(&w->cgroup);
			return what;
		}
		if (what)
			kill(w->program, what);
	}
	kill_all(w, false);
	cgroup_leave(&w->cgroup);
	return drain(&w->pump) ? status : WALL_OUTPUT_FULL;
}

void wall_end_as(int status)
{
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	int signal = WTERMSIG(status);
	/* The same end, but only one core dump: the program's, if any. */
	struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigaction(signal, &action, NULL);
	sigset_t set;
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	kill(getpid(), signal);
	_exit(128 + signal);
}
