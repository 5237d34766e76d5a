/* What the engine did for a module: --stats. */
#ifndef WASIWARD_WASM_STATS_H
#define WASIWARD_WASM_STATS_H

#include "cli.h"
#include "wasm_link.h"

/* Prints to standard error what the first thread's store did and, where instructions are counted, those of it and of the
 * threads that have ended, or do so within a second; with count_code, the first thread's code, too. linked: of the
 * first thread, whose store does not run any more. */
void wasm_stats_print(const struct run_options *o, const struct wasm_linked *linked);

/* Keeps what a thread's instance has counted, if it has; before its store is freed. Called by any thread. */
void wasm_stats_keep(const struct wasm_linked *linked);

#endif
