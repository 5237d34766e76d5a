/* The launcher's life while the program runs: signals go in, the end comes out.
 *
 * The launcher stays in the program's process group, so what a terminal sends reaches both and is not passed on twice;
 * what somebody sent with kill(2) reaches the launcher alone. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

int wall_wait(struct wall *w, double seconds)
{
	/* The program's end of a pipe is the program's to close. */
	close(0);
	close(1);
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	double end = seconds > 0 ? now() + seconds : 0;
	for (;;) {
		int status;
		if (look(w, &status)) {
			kill_all(w, false);
			return status;
		}
		siginfo_t info;
		int signal;
		if (end > 0) {
			double left = end - now();
			if (left <= 0) {
				kill_all(w, true);
				return WALL_TIMED_OUT;
			}
			struct timespec t = { .tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9) };
			signal = sigtimedwait(&all, &info, &t);
		} else {
			signal = sigwaitinfo(&all, &info);
		}
		if (signal > 0 && signal != SIGCHLD && info.si_code <= 0)
			kill(w->program, signal);
	}
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
