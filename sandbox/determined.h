/* Clocks and random numbers that are the same in every run: for tests. */
#ifndef WASIWARD_DETERMINED_H
#define WASIWARD_DETERMINED_H

#include "host.h"
#include "policy.h"

/* Puts what the policy asks for into the slots of a host table; what was there serves the rest. One policy a process. The
 * realtime clock only: waiting, which counts on the monotonic clock, takes its time as ever. */
void determined_install(struct wasi_host *host, const struct policy *policy);

#endif
