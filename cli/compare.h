/* `wasiward compare`: what its files share. */
#ifndef WASIWARD_COMPARE_H
#define WASIWARD_COMPARE_H

#include <regex.h>
#include <stdio.h>

#include "cli.h"
#include "lines.h"

/* In the order in which a difference is shown: what a program said tells more than how it ended. */
enum section { SECTION_STDOUT, SECTION_STDERR, SECTION_STATUS, SECTION_TREE, SECTION_TRACE, SECTION_COUNT };
extern const char *const section_names[SECTION_COUNT];

struct ignore_rule {
	enum section section;
	bool whole; /* else the lines that the pattern finds */
	regex_t pattern;
};

struct compare_options {
	struct rules_dir *dirs;
	size_t n_dirs;
	const char **env;
	size_t n_env;
	struct ignore_rule *rules;
	size_t n_rules;
	const char *clock, *random, *runtime, *wasm; /* as written; NULL if not given */
	const char *input, *all, *junit, *keep, *known;
	bool update;
	unsigned timeout;
	char **argv; /* NULL-terminated: native, module, arguments; only the arguments for a pair of --all */
};

/* What came of one program. */
struct side {
	struct lines sections[SECTION_COUNT];
	double seconds;
};

/* Runs a program in fresh copies beneath the directory `scratch`, which is made. Ends the process (125) when that cannot be
 * done. argv0: what the program sees as its name. */
void compare_run(const struct compare_options *options, const char *program, char *const *arguments, const char *argv0, bool native,
		 const char *scratch, struct side *ret_side);

/* A pair, compared. */
struct pair {
	char *name;
	struct side native, wasm;
	struct rows rows[SECTION_COUNT];
	enum section first; /* the first section that differs; SECTION_COUNT: none does */
	size_t n_known;     /* rows that differ, and are known to */
};

/* Whether a section is left out as a whole. */
bool compare_ignores(const struct compare_options *options, enum section section);

/* Prints the first difference of a pair with its context, or nothing. */
void pair_print_difference(FILE *out, const struct pair *pair);

/* Writes all pairs as JUnit XML. */
void pairs_write_junit(FILE *out, const struct pair *pairs, size_t n);

#endif
