/* Limits of a module that the engine and the core do not keep themselves: time, output, the size of files. */
#ifndef WASIWARD_MODULE_LIMITS_H
#define WASIWARD_MODULE_LIMITS_H

#include "host.h"
#include "policy.h"

/* Counts what is written to standard output and standard error. One module a process. */
void module_limits_install(struct wasi_host *host, const struct policy_limits *limits);

/* Starts the clock, and limits files; name: of the module, for the message. To be called before the wall. Ends the process
 * with 124 when a limit is passed. */
void module_limits_start(const char *name, const struct policy_limits *limits);

/* Prints that the time is over, for whoever has SIGALRM (ending.h). Async-signal-safe. */
void module_limits_say_late(void);

#endif
