/* `wasiward trace`: what its files share. */
#ifndef WASIWARD_TRACE_CALLS_H
#define WASIWARD_TRACE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One line of a trace as run --trace or trace -o writes it, taken apart. Strings point into the line. */
struct call {
	const char *time;    /* "14:03:07.123456"; "" if the line has none */
	uint64_t at_us;      /* the same, as microseconds of the day */
	int pid;             /* 0 for modules */
	char *name, *args;   /* args: "fd=3, path=\"a\"" */
	unsigned error;
	const char *error_name; /* "success" for 0 */
	char *results;       /* "" if there are none */
	const char *missing; /* rights that were missing, "" if none */
	const char *function; /* what the program called: of its C library, or of the module; "" if unknown */
	uint64_t duration_us;
};

/* Takes a line (without newline) apart, changing it. False if it is none of a trace; then it is unchanged. */
bool call_parse(char *line, struct call *ret_call);

/* The next parameter of a list "name=value, name=value"; false at the end. Name and value point into the list, which is not
 * changed. */
struct parameter {
	const char *name, *value;
	size_t name_len, value_len;
	bool quoted; /* value is without its quotes, still escaped */
};
bool parameter_next(const char **list, struct parameter *ret_parameter);

/* The value without escapes, malloced. */
char *parameter_unescape(const struct parameter *parameter);

struct filter {
	enum { FILTER_CALL, FILTER_PATH, FILTER_ERRNO } what;
	bool negated;
	char **words; /* NULL-terminated */
};

/* Parses WHAT=LIST; ends the process on mistakes (125). */
struct filter filter_parse(const char *text);
bool filter_fits(const struct filter *filter, const struct call *call);

/* How calls are written. */
struct trace_style {
	FILE *out;
	bool json, time, relative, duration;
	size_t max_string;
	/* What was before. */
	uint64_t last_us;
	int first_pid;
};
void trace_write_call(struct trace_style *style, const struct call *call);
void trace_write_other(struct trace_style *style, const char *line);
/* status: of waitpid(2). */
void trace_write_exit(struct trace_style *style, int status);

/* The table. */
struct tally {
	struct tally_row {
		char *name;
		uint64_t calls, errors, us;
	} *rows;
	size_t n;
};
void tally_add(struct tally *tally, const struct call *call);
void tally_write(struct trace_style *style, struct tally *tally);

#endif
