/* Options of a subcommand: see option_table.h. */
#include "option_table.h"

#include <string.h>

#include "cli.h"
#include "nearest.h"

/* Prints text in lines of at most `width` columns, each but the first behind `indent` spaces. Counts bytes of UTF-8
 * continuation as nothing. */
static void print_wrapped(FILE *out, const char *text, int indent, int width)
{
	int column = indent;
	while (*text) {
		size_t len = strcspn(text, " ");
		int columns = 0;
		for (size_t i = 0; i < len; i++)
			columns += (text[i] & 0xc0) != 0x80;
		if (column > indent && column + 1 + columns > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += columns;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void options_help(const struct option_set *set, FILE *out)
{
	fputs(set->head, out);
	for (size_t i = 0; i < set->n_rows; i++) {
		const struct option_row *row = &set->rows[i];
		if (!row->name) {
			fprintf(out, "\n%s:\n", row->help);
			continue;
		}
		fputs("  ", out);
		if (row->short_name)
			fprintf(out, "-%c, ", row->short_name);
		fprintf(out, "--%s", row->name);
		if (row->arg == ARG_YES)
			fprintf(out, " %s", row->metavar);
		if (row->arg == ARG_MAYBE)
			fprintf(out, "[=%s]", row->metavar);
		fprintf(out, "\n%10s", "");
		print_wrapped(out, row->help, 10, 100);
	}
	fputs(set->tail, out);
}

int options_choice(const char *option, const char *text, const char *const *words, int n)
{
	struct nearest search = nearest_start(text, strlen(text));
	for (int i = 0; i < n; i++) {
		if (!strcmp(text, words[i]))
			return i;
		nearest_try(&search, words[i]);
	}
	const char *near = nearest_result(&search);
	if (near)
		cli_die(CLI_FAILED, "--%s %s: did you mean \"%s\"?", option, text, near);
	if (n == 2)
		cli_die(CLI_FAILED, "--%s %s: must be %s or %s", option, text, words[0], words[1]);
	char list[256] = "";
	for (int i = 0; i < n; i++) {
		if (strlen(list) + strlen(words[i]) + 3 < sizeof(list))
			strcat(strcat(list, i ? ", " : ""), words[i]);
	}
	cli_die(CLI_FAILED, n == 1 ? "--%s %s: must be %s" : "--%s %s: must be one of %s", option, text, list);
}

__attribute__((noreturn)) static void unknown_option(const struct option_set *set, const char *word)
{
	if (strncmp(word, "--", 2))
		cli_die(CLI_FAILED, "no option \"%.2s\"; see wasiward %s --help", word, set->command);
	size_t len = strcspn(word + 2, "=");
	struct nearest search = nearest_start(word + 2, len);
	for (size_t i = 0; i < set->n_rows; i++) {
		if (set->rows[i].name)
			nearest_try(&search, set->rows[i].name);
	}
	const char *near = nearest_result(&search);
	cli_die(CLI_FAILED, "no option \"%.*s\"%s%s%s; see wasiward %s --help", (int)len + 2, word,
		near ? ", did you mean \"--" : "", near ? near : "", near ? "\"?" : "", set->command);
}

int options_next(const struct option_set *set, int argc, char **argv)
{
	struct option longs[64] = { 0 };
	/* "+": stop at the first argument. ":": tell a missing value from an unknown option. */
	char shorts[200] = "+:";
	size_t n_longs = 0, n_shorts = 2;
	if (set->mixed) {
		strcpy(shorts, ":");
		n_shorts = 1;
	}
	for (size_t i = 0; i < set->n_rows && n_longs < 63; i++) {
		const struct option_row *row = &set->rows[i];
		if (!row->name)
			continue;
		longs[n_longs++] = (struct option){ row->name, (int)row->arg, NULL, row->id };
		if (row->short_name) {
			shorts[n_shorts++] = row->short_name;
			for (int colons = 0; colons < (int)row->arg; colons++)
				shorts[n_shorts++] = ':';
		}
	}
	opterr = 0;
	int before = optind;
	int id = getopt_long(argc, argv, shorts, longs, NULL);
	switch (id) {
	case -1:
		return OPTION_END;
	case ':':
		cli_die(CLI_FAILED, "%s needs a value; see wasiward %s --help", argv[optind - 1], set->command);
	case '?':
		/* getopt has moved past a bad long option, and may still stand on a word of short ones. */
		unknown_option(set, argv[optind > before && optind > 1 ? optind - 1 : optind]);
	}
	for (size_t i = 0; i < set->n_rows; i++) {
		if (set->rows[i].name && set->rows[i].short_name == id)
			return set->rows[i].id;
	}
	return id;
}
