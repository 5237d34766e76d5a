/* The end of a run, and its reports: see ending.h.
 *
 * Behind the wall there is no call that waits for a signal, and none that sends one. So each signal has a descriptor that says
 * whether it has come; it stays pending until the reports are written, and then is let through. */
#include "ending.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

static const int signals[] = { SIGALRM, SIGINT, SIGTERM, SIGHUP };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]), BY_STATUS = 0x100, BY_SIGNAL = 0x200, VALUE = 0xff, PATIENCE_MS = 1000 };

static struct {
	ending_report_fn *report; /* NULL: there are none */
	void *user;
	void (*late)(void);
	struct pollfd come[SIGNALS]; /* -1: ignored, and is not waited for */
	pthread_t first;
	_Atomic(engine_store_t *) store;
	atomic_int how;	   /* BY_…, and the status or signal; 0: not asked for */
	atomic_bool taken; /* somebody is writing the reports */
} state;

void ending_prepare(ending_report_fn *report, void *user)
{
	state.report = report;
	state.user = user;
	state.first = pthread_self();
	for (size_t i = 0; i < SIGNALS; i++) {
		struct sigaction now;
		sigset_t one;
		state.come[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (sigaction(signals[i], NULL, &now) < 0 || now.sa_handler == SIG_IGN)
			continue;
		sigemptyset(&one);
		sigaddset(&one, signals[i]);
		pthread_sigmask(SIG_BLOCK, &one, NULL);
		state.come[i].fd = signalfd(-1, &one, SFD_CLOEXEC | SFD_NONBLOCK);
		if (state.come[i].fd < 0)
			cli_die(CLI_FAILED, "cannot wait for signals: %s", strerror(errno));
	}
}

/* The first one to ask decides. */
static void ask(int how)
{
	int none = 0;
	atomic_compare_exchange_strong(&state.how, &none, how);
	engine_store_t *store = state.store;
	if (store)
		engine_interrupt(store);
}

void ending_watch(engine_store_t *store)
{
	engine_store_t *none = NULL;
	if (atomic_compare_exchange_strong(&state.store, &none, store) && state.how)
		engine_interrupt(store);
}

bool ending_asked(void)
{
	return state.how;
}

static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

__attribute__((noreturn)) static void leave(void)
{
	const int how = state.how, value = how & VALUE;
	fflush(stdout);
	if (how & BY_STATUS)
		_exit(value);
	sigset_t one;
	sigemptyset(&one);
	sigaddset(&one, value);
	signal(value, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	_exit(128 + value);
}

/* Writes the reports, once; whoever comes second waits for the end of the process. */
__attribute__((noreturn)) static void finish(bool all)
{
	while (atomic_exchange(&state.taken, true))
		rest();
	state.report(state.user, all);
	leave();
}

void ending_end(int status)
{
	if (!state.report) {
		fflush(stdout);
		_exit(status);
	}
	bool first = pthread_equal(pthread_self(), state.first);
	ask(BY_STATUS | (status & VALUE));
	for (int ms = 0; !first && ms < PATIENCE_MS; ms++)
		rest();
	finish(first);
}

static void *wait_for_signals(void *unused)
{
	(void)unused;
	int signal = 0;
	while (!signal) {
		if (poll(state.come, SIGNALS, -1) < 0) {
			rest(); /* want of memory may pass, and a limit that nobody keeps is none */
			continue;
		}
		for (size_t i = 0; i < SIGNALS; i++) {
			if (state.come[i].revents & POLLIN)
				signal = signals[i];
		}
	}
	if (signal == SIGALRM)
		state.late();
	ask(signal == SIGALRM ? BY_STATUS | CLI_LIMIT : BY_SIGNAL | signal);
	for (int ms = 0; ms < PATIENCE_MS; ms++)
		rest();
	finish(false);
}

void ending_start(void (*late)(void))
{
	if (!state.report)
		return;
	state.late = late;
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, NULL, wait_for_signals, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		cli_die(CLI_FAILED, "no thread to wait for signals: %s", strerror(error));
	pthread_detach(thread);
}
