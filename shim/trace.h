/* What the policy wants people to read. */
#ifndef SHIM_TRACE_H
#define SHIM_TRACE_H

#include "place.h"

/* Switches on what the policy asks for. */
void trace_init(void);

/* Explains once why a program is not executed. */
void explain_exec(const char *path, int error, const char *why);

#endif
