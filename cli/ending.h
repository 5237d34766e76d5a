/* How a module's run ends, so that its reports (--samples, --stats) are written whoever ends it: the module, a limit, another thread
 * of the module, or a signal (INT, TERM, HUP) that would have ended the process. */
#ifndef WASIWARD_ENDING_H
#define WASIWARD_ENDING_H

#include <stdbool.h>

#include "engine.h"

/* Writes the reports. all: false if the module's first thread still runs, so that nothing of its store may be looked at. */
typedef void ending_report_fn(void *user, bool all);

/* Has reports written. For the thread that will run the module, before there is any other. Without this, ending_end just ends the
 * process, and signals do what they always do. */
void ending_prepare(ending_report_fn *report, void *user);

/* The store that the first thread runs, to be interrupted. Only the first call counts. */
void ending_watch(engine_store_t *store);

/* Waits for signals from now on, in a thread of its own; SIGALRM is the time limit's, which late announces. For behind the wall,
 * which the thread is to be under, too. Does nothing if there are no reports. Ends the process if that cannot be done (125). */
void ending_start(void (*late)(void));

/* Whether the module is being ended: its trap is not its own then. */
bool ending_asked(void);

/* Ends the process with this status, or the one, or the signal, that was asked for before; after the reports. From any thread:
 * the module's first one is interrupted, and after a second of waiting in a call left behind. */
__attribute__((noreturn)) void ending_end(int status);

#endif
