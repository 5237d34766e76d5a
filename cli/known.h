/* Known differences between a native program and its module: a file that compare reads and, with --update, writes.
 *
 *     # why this is so
 *     stdout < a line that only the native program has
 *     trace > a line that only the module has
 *
 * Each line excuses one line of a difference. */
#ifndef WASIWARD_KNOWN_H
#define WASIWARD_KNOWN_H

#include "compare.h"

struct known {
	struct known_line {
		char *text;           /* as in the file */
		bool excuses, used;   /* else a comment or blank */
		enum section section; /* of those that excuse */
		bool native;
		const char *line; /* in text */
	} *lines;
	size_t n;
};

/* Reads a file; one that is missing has no lines. Ends the process (125) on lines that say nothing. */
void known_read(const char *path, struct known *ret_known);

/* Marks the rows of a section that the file excuses, and the lines that do so as used. */
void known_excuse(struct known *known, enum section section, struct rows *rows);

/* How many lines excused nothing. */
size_t known_unused(const struct known *known);

/* Writes the file anew: without lines that excused nothing, with one for each row of the pair that is different and not
 * excused. Nothing is written where there is nothing to say and no file. Ends the process (125) when it cannot be written. */
void known_update(const char *path, const struct known *known, const struct pair *pair);

#endif
