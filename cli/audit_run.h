/* `wasiward audit --run`: what a program called in a run. */
#ifndef WASIWARD_AUDIT_RUN_H
#define WASIWARD_AUDIT_RUN_H

#include <stdbool.h>
#include <stddef.h>

struct reached {
	char *path;   /* of the program, on the host */
	char **names; /* functions of the C library that were called, sorted */
	size_t n;
	int status; /* of waitpid(2) */
};

/* Runs what the arguments of `run` say (argv[0]: "run"), to its end. Ends the process when there is nothing that can be audited
 * to run: as run does, and with 125 for what is no native program. */
void audit_run(int argc, char **argv, struct reached *ret_reached);

/* Whether a symbol is one of those that a run can notice at all: those that stand in the shim's table. */
bool reached_is_noticed(const char *symbol);
bool reached_has(const struct reached *reached, const char *symbol);

#endif
