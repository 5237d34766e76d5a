/* Samples of what a module executes: --samples. */
#ifndef WASIWARD_SAMPLES_H
#define WASIWARD_SAMPLES_H

#include "engine.h"

/* Opens the file that they are written to; before the wall, where the name would mean another file. Ends the process if it
 * cannot be opened (125). */
void samples_open(const char *file);

/* Starts the clock of this process's CPU time, if there is such a file; when the process is the one that runs the module, and
 * before the wall is up. */
void samples_start(void);

/* Takes samples of a store from now on, in the thread that runs it. */
void samples_of(engine_store_t *store);

/* Writes what was seen: a line a stack, "outermost;…;innermost COUNT". Does nothing if there is no file. */
void samples_write(void);

#endif
