/* Options of a subcommand, from a list of rows (options.def, audit.def …): help, parsing, and what was meant. */
#ifndef WASIWARD_OPTION_TABLE_H
#define WASIWARD_OPTION_TABLE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_arg { ARG_NO = no_argument, ARG_YES = required_argument, ARG_MAYBE = optional_argument };

enum {
	OPTION_NONE = 0x100, /* the id of a heading; every other id is above it, and so above every short option */
	OPTION_END = -1
};

struct option_row {
	int id;
	const char *name; /* NULL: a heading, whose text is `help` */
	char short_name;  /* or 0 */
	enum option_arg arg;
	const char *metavar, *help;
};

struct option_set {
	const char *command;    /* "run" */
	const char *head, *tail; /* help before and behind the options */
	const struct option_row *rows;
	size_t n_rows;
	bool mixed; /* options may stand behind arguments; else the first argument ends them */
};

/* For the rows of a set: includes of a .def file between these give the ids and the rows. */
#define OPTION_ROW(ID, name, short_name, ARG, metavar, help) { OPTION_##ID, name, short_name, ARG_##ARG, metavar, help },
#define OPTION_HEADING(heading) { OPTION_NONE, NULL, 0, ARG_NO, NULL, heading },

/* The next option's id, with getopt's optarg set; OPTION_END when argv[optind] is the first argument. Ends the process
 * on mistakes (125). Start with optind = 0. */
int options_next(const struct option_set *set, int argc, char **argv);

void options_help(const struct option_set *set, FILE *out);

/* Index of `text` among the words, or the end of the process with the nearest one named. */
int options_choice(const char *option, const char *text, const char *const *words, int n);

#endif
