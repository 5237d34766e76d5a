/* The counting build (-Dengine_dispatch=count): how often each IR instruction ran, and which followed which. */
#ifndef WASIWARD_COUNTS_H
#define WASIWARD_COUNTS_H

#include <stdint.h>

/* The instruction with this handler is about to run. Not for several threads. */
void counts_note(uint64_t handler);

/* Writes what was counted since the last report to stderr. */
void counts_report(void);

#endif
