/* Calls in a normal form, in which a native program's trace and a module's can be compared: see normal.def. */
#ifndef WASIWARD_NORMAL_H
#define WASIWARD_NORMAL_H

#include "trace.h"

/* What the descriptors stand for. Zero-initialised. */
struct normal {
	char **names; /* by number; NULL if nothing was opened there. Owned */
	size_t n;
};

/* Says what a descriptor is from now on: a preopen's name, "stdin". name: copied. */
void normal_name(struct normal *normal, unsigned fd, const char *name);

/* The call in normal form, malloced: descriptors as the paths that were opened, the errno by name, and only what both worlds
 * have. NULL if such calls are not compared. Remembers what the call opens. */
char *normal_line(struct normal *normal, const struct call *call);

void normal_free(struct normal *normal);

#endif
