/* Lists of lines: see lines.h. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

enum { MAX_BYTES = 64 << 20, MAX_CELLS = 1 << 22, COLUMN = 56, CONTEXT = 3 };

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

/* ---- side by side ---- */

static void add_row(struct rows *rows, const char *a, const char *b, size_t line)
{
	rows->at[rows->n++] = (struct row){ .a = a, .b = b, .line = line + 1, .same = a && b && !strcmp(a, b) };
}

/* Lengths of the longest common part of a[i…] and b[j…], as a table of (n_a + 1) × (n_b + 1). NULL if that is too large. */
static uint32_t *common_lengths(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	if ((n_a + 1) > MAX_CELLS / (n_b + 1))
		return NULL;
	size_t width = n_b + 1;
	uint32_t *table = cli_alloc((n_a + 1) * width * sizeof(*table));
	for (size_t i = n_a; i-- > 0;) {
		for (size_t j = n_b; j-- > 0;) {
			uint32_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];
			table[i * width + j] = !strcmp(a[i], b[j]) ? table[(i + 1) * width + j + 1] + 1 : down > right ? down : right;
		}
	}
	return table;
}

/* Lines between two common ones: first with first. */
static void add_hunk(struct rows *rows, char *const *a, size_t from_a, size_t to_a, char *const *b, size_t from_b, size_t to_b)
{
	while (from_a < to_a || from_b < to_b) {
		add_row(rows, from_a < to_a ? a[from_a] : NULL, from_b < to_b ? b[from_b] : NULL, from_a);
		from_a += from_a < to_a;
		from_b += from_b < to_b;
	}
}

struct rows lines_align(const struct lines *a, const struct lines *b)
{
	struct rows rows = { .at = cli_alloc((a->n + b->n + 1) * sizeof(*rows.at)) };
	size_t i = 0, j = 0, end_a = a->n, end_b = b->n;
	while (i < end_a && i < end_b && !strcmp(a->at[i], b->at[i]))
		i++;
	while (end_a > i && end_b > i && !strcmp(a->at[end_a - 1], b->at[end_b - 1])) {
		end_a--;
		end_b--;
	}
	for (size_t k = 0; k < i; k++)
		add_row(&rows, a->at[k], b->at[k], k);
	size_t start = j = i, from_a = i, from_b = i, width = end_b - start + 1;
	uint32_t *table = common_lengths(a->at + start, end_a - start, b->at + start, end_b - start);
	while (table && i < end_a && j < end_b) {
		uint32_t here = table[(i - start) * width + j - start];
		if (!strcmp(a->at[i], b->at[j])) {
			add_hunk(&rows, a->at, from_a, i, b->at, from_b, j);
			add_row(&rows, a->at[i], b->at[j], i);
			from_a = ++i;
			from_b = ++j;
		} else if (table[(i - start + 1) * width + j - start] == here) {
			i++;
		} else {
			j++;
		}
	}
	free(table);
	add_hunk(&rows, a->at, from_a, end_a, b->at, from_b, end_b);
	for (; end_a < a->n; end_a++, end_b++)
		add_row(&rows, a->at[end_a], b->at[end_b], end_a);
	return rows;
}

void rows_free(struct rows *rows)
{
	free(rows->at);
	*rows = (struct rows){ 0 };
}

size_t rows_difference(const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (!rows->at[i].same && !rows->at[i].known)
			return i;
	}
	return SIZE_MAX;
}

/* A line, cut to so many columns, with what a terminal would act on as dots. Returns the columns printed. */
static size_t print_safe(FILE *out, const char *line, size_t max)
{
	size_t columns = 0;
	for (const unsigned char *s = (const unsigned char *)line; *s; s++) {
		bool first = (*s & 0xc0) != 0x80;
		if (first && columns == max - 1 && s[1]) {
			fputs("…", out);
			return columns + 1;
		}
		columns += first;
		fputc(*s < 0x20 || *s == 0x7f ? '.' : *s, out);
	}
	return columns;
}

/* A line that its column cut. */
static void print_whole(FILE *out, const char *side, const char *line)
{
	size_t columns = 0;
	for (const unsigned char *s = (const unsigned char *)(line ? line : ""); *s; s++)
		columns += (*s & 0xc0) != 0x80;
	if (columns <= COLUMN)
		return;
	fprintf(out, "    %s ", side);
	print_safe(out, line, SIZE_MAX);
	fputc('\n', out);
}

void rows_print(FILE *out, const struct rows *rows, size_t around)
{
	for (size_t i = around > CONTEXT ? around - CONTEXT : 0; i < rows->n && i <= around + CONTEXT; i++) {
		const struct row *row = &rows->at[i];
		fputs(row->same ? "    " : row->known ? "  ~ " : "  ! ", out);
		size_t columns = print_safe(out, row->a ? row->a : "", COLUMN);
		fprintf(out, "%*s | ", COLUMN - (int)columns, "");
		print_safe(out, row->b ? row->b : "", COLUMN);
		fputc('\n', out);
	}
	print_whole(out, "left: ", rows->at[around].a);
	print_whole(out, "right:", rows->at[around].b);
}
