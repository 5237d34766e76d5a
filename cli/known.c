/* Known differences: see known.h. */
#include "known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "SECTION < LINE"; false if it is anything else. */
static bool parse(struct known_line *l)
{
	size_t len = strcspn(l->text, " ");
	const char *rest = l->text + len;
	for (int s = 0; s < SECTION_COUNT; s++) {
		if (strlen(section_names[s]) != len || memcmp(l->text, section_names[s], len))
			continue;
		if (rest[0] != ' ' || (rest[1] != '<' && rest[1] != '>') || (rest[2] && rest[2] != ' '))
			return false;
		l->excuses = true;
		l->section = (enum section)s;
		l->native = rest[1] == '<';
		l->line = rest + 2 + (rest[2] == ' ');
		return true;
	}
	return false;
}

static void add(struct known *known, char *text)
{
	known->lines = reallocarray(known->lines, known->n + 1, sizeof(*known->lines));
	if (!known->lines)
		cli_die(CLI_FAILED, "out of memory");
	known->lines[known->n++] = (struct known_line){ .text = text };
}

void known_read(const char *path, struct known *known)
{
	*known = (struct known){ 0 };
	FILE *file = fopen(path, "re");
	if (!file) {
		if (errno != ENOENT)
			cli_die(CLI_FAILED, "%s: %s", path, strerror(errno));
		return;
	}
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	while ((len = getline(&text, &room, file)) > 0) {
		if (text[len - 1] == '\n')
			text[len - 1] = '\0';
		add(known, cli_copy(text));
		struct known_line *l = &known->lines[known->n - 1];
		if (l->text[0] && l->text[0] != '#' && !parse(l))
			cli_die(CLI_FAILED, "%s, line %zu: write SECTION < LINE, SECTION > LINE or # COMMENT", path, known->n);
	}
	if (ferror(file))
		cli_die(CLI_FAILED, "%s: %s", path, strerror(errno));
	free(text);
	fclose(file);
}

/* The line of the file that excuses this one and is not used up, or NULL. A missing line needs no excuse. */
static struct known_line *excuse(struct known *known, enum section section, bool native, const char *line)
{
	for (size_t i = 0; i < known->n; i++) {
		struct known_line *l = &known->lines[i];
		if (l->excuses && !l->used && l->section == section && l->native == native && !strcmp(l->line, line))
			return l;
	}
	return NULL;
}

void known_excuse(struct known *known, enum section section, struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->at[i];
		if (row->same)
			continue;
		struct known_line *a = row->a ? excuse(known, section, true, row->a) : NULL;
		struct known_line *b = row->b ? excuse(known, section, false, row->b) : NULL;
		row->known = (!row->a || a) && (!row->b || b);
		if (a && row->known)
			a->used = true;
		if (b && row->known)
			b->used = true;
	}
}

size_t known_unused(const struct known *known)
{
	size_t n = 0;
	for (size_t i = 0; i < known->n; i++)
		n += known->lines[i].excuses && !known->lines[i].used;
	return n;
}

static size_t write_new(FILE *out, const struct pair *pair)
{
	size_t n = 0;
	for (int s = 0; s < SECTION_COUNT; s++) {
		const struct rows *rows = &pair->rows[s];
		for (size_t i = 0; i < rows->n; i++) {
			const struct row *row = &rows->at[i];
			if (row->same || row->known)
				continue;
			if (!n++)
				fputs("# new: say why\n", out);
			if (row->a)
				fprintf(out, "%s < %s\n", section_names[s], row->a);
			if (row->b)
				fprintf(out, "%s > %s\n", section_names[s], row->b);
		}
	}
	return n;
}

void known_update(const char *path, const struct known *known, const struct pair *pair)
{
	char *text = NULL;
	size_t len;
	FILE *memory = open_memstream(&text, &len);
	if (!memory)
		cli_die(CLI_FAILED, "out of memory");
	for (size_t i = 0; i < known->n; i++) {
		if (!known->lines[i].excuses || known->lines[i].used)
			fprintf(memory, "%s\n", known->lines[i].text);
	}
	size_t added = write_new(memory, pair);
	if (fclose(memory))
		cli_die(CLI_FAILED, "out of memory");
	if (added || known_unused(known)) {
		FILE *out = fopen(path, "we");
		if (!out || fwrite(text, 1, len, out) != len || fclose(out))
			cli_die(CLI_FAILED, "%s: %s", path, strerror(errno));
	}
	free(text);
}
