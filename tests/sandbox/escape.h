/* Attempts to reach what was not granted: see escape.c. */
#ifndef TEST_ESCAPE_H
#define TEST_ESCAPE_H

#include <stddef.h>

/* An attempt returns a negative errno when it was stopped, anything else when it got through. */
#define THROUGH 1

struct attempt {
	const char *name;
	long (*run)(void);
	const char *group; /* run by --group; NULL: with all the others */
};

/* The host path of the directory outside, and of the file in it that must not be read. */
extern const char *outside;
const char *secret(void);

/* openat(2), raw, from the current directory. */
long open_path(const char *path, int flags);

/* Runs a program in a child with this environment; its wait status, or a negative errno. */
long run_program(const char *path, char *const argv[], char *const env[]);

extern const struct attempt more_attempts[]; /* escape_more.c; the last one has no name */

#endif
