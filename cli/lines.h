/* Lists of lines, and two of them side by side. */
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

/* Two lists, laid side by side: lines that both have are in one row, and between those the others, first with first. */
struct rows {
	struct row {
		const char *a, *b; /* NULL: that side has no line here. Borrowed */
		size_t line;       /* number of a's line, from 1; if it has none, of the next one */
		bool same;
		bool known; /* different, and that is known; for others to set */
	} *at;
	size_t n;
};

/* Finds the longest common part of both. Very long lists that differ nearly everywhere are laid side by side as they are. */
struct rows lines_align(const struct lines *a, const struct lines *b);
void rows_free(struct rows *rows);

/* Index of the first row that differs and is not known, or SIZE_MAX if there is none. */
size_t rows_difference(const struct rows *rows);

/* Prints the rows around one, in two columns: "  " for equal lines, "! " for different ones, "~ " for known differences. */
void rows_print(FILE *out, const struct rows *rows, size_t around);

#endif
