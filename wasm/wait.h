/* Threads that wait for a place in a memory: memory.atomic.wait and notify. One list for all stores of the process, as their
 * threads may share a memory. */
#ifndef WASIWARD_WAIT_H
#define WASIWARD_WAIT_H

#include <stdatomic.h>
#include <stdint.h>

/* The first three are wasm's results. */
enum wait_result { WAIT_OK, WAIT_NOT_EQUAL, WAIT_TIMED_OUT, WAIT_INTERRUPTED };

/* Waits until somebody notifies p, if there is still `expected` in it.
 * p: 4 or 8 bytes (`size`) in a memory, aligned; nanoseconds: how long at most, negative for ever.
 * interrupt: looked at every now and then; when it is set, the result is WAIT_INTERRUPTED. */
enum wait_result wait_for(const void *p, unsigned size, uint64_t expected, int64_t nanoseconds, const atomic_bool *interrupt);

/* Wakes at most `count` of the threads that wait for p, those first that came first. Returns how many. */
uint32_t wait_notify(const void *p, uint32_t count);

#endif
