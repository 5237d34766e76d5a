/* The launcher's life while the program runs: signals go in, the end comes out.
 *
 * What a terminal sends reaches the program by itself, which is in the foreground or in the launcher's own process group; what
 * somebody sent with kill(2) reaches the launcher alone and is passed on. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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
		terminal_stopped(&w->terminal, w->program, WSTOPSIG(*ret_status));
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

/* What to do about a program without the shim: nothing but a word where the wall keeps everything. */
static int without_shim(struct wall *w)
{
	shim_end(&w->shim);
	if (!w->exact || !w->namespaces || !w->seccomp)
		return WALL_NO_SHIM;
	dprintf(2, "wasiward: the shim did not come into the program, which runs behind the wall alone\n");
	return 0;
}

/* Milliseconds until a time of now(), at least 0; -1 for 0, which never comes. */
static int until(double end)
{
	double left = end > 0 ? end - now() : 0;
	return end <= 0 ? -1 : left <= 0 ? 0 : left > 1e6 ? 1000000000 : (int)(left * 1000) + 1;
}

/* Waits for a signal, for output or the shim, until `end` (a time of now(), 0: for ever). Returns a signal that was sent to
 * us by somebody, else 0, or one of WALL_…. */
static int wait_once(struct wall *w, double end)
{
	struct pump *pump = &w->pump;
	struct pollfd fds[4] = { { .fd = w->signals, .events = POLLIN },
				 { .fd = pump->from[0], .events = POLLIN },
				 { .fd = pump->from[1], .events = POLLIN },
				 { .fd = w->shim.from, .events = POLLIN } };
	int wait = until(end), shim_wait = until(w->shim.look);
	if (wait == 0)
		return WALL_TIMED_OUT;
	if (shim_wait == 0)
		return shim_is_absent(&w->shim, w->program, now()) ? without_shim(w) : 0;
	if (poll(fds, 4, shim_wait >= 0 && (wait < 0 || shim_wait < wait) ? shim_wait : wait) <= 0)
		return 0;
	if (fds[3].revents)
		shim_hear(&w->shim, now());
	for (int i = 0; i < 2; i++) {
		if (fds[1 + i].revents && !pump_move(pump, i))
			return WALL_OUTPUT_FULL;
	}
	struct signalfd_siginfo info;
	if (!fds[0].revents || read(w->signals, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGCHLD || info.ssi_code > 0)
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
	int status;
	double seconds = (double)w->rules->limits.time_ns / 1e9, end = seconds > 0 ? now() + seconds : 0;
	shim_begin(&w->shim, now());
	while (!look(w, &status)) {
		int what = wait_once(w, end);
		if (what < 0) {
			kill_all(w, true);
			terminal_take(&w->terminal);
			cgroup_leave(&w->cgroup);
			return what;
		}
		if (what)
			kill(w->program, what);
	}
	kill_all(w, false);
	terminal_take(&w->terminal);
	cgroup_leave(&w->cgroup);
	if (!drain(&w->pump))
		return WALL_OUTPUT_FULL;
	/* What could not be started, or was ended from outside, says so itself. */
	bool started = WIFEXITED(status) && (WEXITSTATUS(status) < 125 || WEXITSTATUS(status) > 127);
	if (w->shim.from >= 0)
		shim_hear(&w->shim, now());
	if (w->shim.deadline > 0 && started && without_shim(w) < 0)
		return WALL_NO_SHIM;
	return status;
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
