/* Lists of lines: see lines.h. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

enum { MAX_BYTES = 64 << 20, COLUMN = 56, CONTEXT = 3 };

void lines_add(struct lines *lines, char *line)
{
	if (lines->n == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 32;
		lines->at = reallocarray(lines->at, lines->room, sizeof(*lines->at));
		if (!lines->at)
			cli_die(CLI_FAILED, "out of memory");
	}
	lines->at[lines->n++] = line;
}

static char *make_line(const char *prefix, const char *bytes, size_t len)
{
	size_t nuls = 0, prefix_len = strlen(prefix);
	for (size_t i = 0; i < len; i++)
		nuls += !bytes[i];
	char *line = cli_alloc(prefix_len + len + 2 * nuls + 1), *to = line + prefix_len;
	memcpy(line, prefix, prefix_len);
	for (size_t i = 0; i < len; i++) {
		if (bytes[i]) {
			*to++ = bytes[i];
		} else {
			memcpy(to, "\xe2\x90\x80", 3);
			to += 3;
		}
	}
	return line;
}

int lines_add_file(struct lines *lines, int dir_fd, const char *name, const char *prefix)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return errno;
	char *text = NULL;
	size_t room = 0, total = 0;
	ssize_t n;
	while (total < MAX_BYTES && (n = getline(&text, &room, file)) > 0) {
		bool whole = text[n - 1] == '\n';
		total += (size_t)n;
		lines_add(lines, make_line(prefix, text, (size_t)n - whole));
		if (!whole)
			lines_add(lines, make_line(prefix, "\\ no newline at the end", 23));
	}
	int error = ferror(file) ? errno : 0;
	free(text);
	fclose(file);
	return error;
}

void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->at[i]);
	free(lines->at);
	*lines = (struct lines){ 0 };
}

static bool equal(const struct lines *a, const struct lines *b, size_t i)
{
	return i < a->n && i < b->n && !strcmp(a->at[i], b->at[i]);
}

size_t lines_difference(const struct lines *a, const struct lines *b)
{
	size_t n = a->n > b->n ? a->n : b->n;
	for (size_t i = 0; i < n; i++) {
		if (!equal(a, b, i))
			return i;
	}
	return SIZE_MAX;
}

/* One side's line, cut to its column, with what a terminal would act on as dots. Returns the columns printed. */
static int print_cell(FILE *out, const char *line)
{
	int columns = 0;
	for (const unsigned char *s = (const unsigned char *)line; *s; s++) {
		bool first = (*s & 0xc0) != 0x80;
		if (first && columns == COLUMN - 1 && s[1]) {
			fputs("…", out);
			return columns + 1;
		}
		columns += first;
		fputc(*s < 0x20 || *s == 0x7f ? '.' : *s, out);
	}
	return columns;
}

void lines_print_beside(FILE *out, const struct lines *a, const struct lines *b, size_t around)
{
	size_t first = around > CONTEXT ? around - CONTEXT : 0;
	size_t n = a->n > b->n ? a->n : b->n;
	for (size_t i = first; i < n && i <= around + CONTEXT; i++) {
		fputs(equal(a, b, i) ? "    " : "  ! ", out);
		int columns = print_cell(out, i < a->n ? a->at[i] : "");
		fprintf(out, "%*s | ", COLUMN - columns, "");
		print_cell(out, i < b->n ? b->at[i] : "");
		fputc('\n', out);
	}
}
