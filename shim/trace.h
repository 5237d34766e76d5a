/* What the policy wants people to read. */
#ifndef SHIM_TRACE_H
#define SHIM_TRACE_H

#include "place.h"

/* Switches on what the policy asks for. */
void trace_init(void);

/* A system call past the C library; name: NULL if it has no row. */
void trace_stray(long number, const char *name);

/* The library function that the guest called last in this thread; kept while calls are traced, else NULL. */
extern __thread const char *trace_function;

/* Notes the first call of a library function, where the policy asks for it. */
void trace_reached(const char *function);

/* Explains once why a program is not executed. */
void explain_exec(const char *path, int error, const char *why);

#endif
