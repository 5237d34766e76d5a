/* Lists of lines, and the first difference between two of them. */
#ifndef WASIWARD_LINES_H
#define WASIWARD_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct lines {
	char **at; /* owned, without newlines; may hold any bytes but NUL and newline */
	size_t n, room;
};

/* Takes ownership of the line. */
void lines_add(struct lines *lines, char *line);

/* Splits a file's contents, each line behind a prefix. NULs become U+2400; a missing last newline is said in a line of its
 * own. At most 64 MiB are read. Returns 0 or an errno. */
int lines_add_file(struct lines *lines, int dir_fd, const char *name, const char *prefix);

void lines_free(struct lines *lines);

/* Index of the first line that differs, or SIZE_MAX if there is none. */
size_t lines_difference(const struct lines *a, const struct lines *b);

/* Prints both around a line, side by side: "  " for equal lines, "! " for different ones. */
void lines_print_beside(FILE *out, const struct lines *a, const struct lines *b, size_t around);

#endif
