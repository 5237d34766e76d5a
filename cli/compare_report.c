/* What a comparison says: for people, and as JUnit XML. */
#include <inttypes.h>
#include <stdlib.h>

#include "compare.h"

const char *const section_names[SECTION_COUNT] = {
	[SECTION_STDOUT] = "stdout",
	[SECTION_STDERR] = "stderr",
	[SECTION_STATUS] = "status",
	[SECTION_TREE] = "tree",
	[SECTION_TRACE] = "trace",
};

void pair_print_difference(FILE *out, const struct pair *pair)
{
	if (pair->first == SECTION_COUNT)
		return;
	const struct rows *rows = &pair->rows[pair->first];
	size_t row = rows_difference(rows);
	fprintf(out, "  first difference: %s, line %zu (left native, right wasm)\n", section_names[pair->first], rows->at[row].line);
	rows_print(out, rows, row);
}

/* Text in XML: characters that XML cannot hold become question marks. */
static void print_xml(FILE *out, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			/* Bytes of the programs' output need not be UTF-8; shown is what is safe in any case. */
			fputc((*s < 0x20 && *s != '\n') || *s >= 0x7f ? '?' : *s, out);
		}
	}
}

void pairs_write_junit(FILE *out, const struct pair *pairs, size_t n)
{
	size_t failures = 0;
	double seconds = 0;
	for (size_t i = 0; i < n; i++) {
		failures += pairs[i].first != SECTION_COUNT;
		seconds += pairs[i].native.seconds + pairs[i].wasm.seconds;
	}
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<testsuite name=\"wasiward compare\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n",
		n, failures, seconds);
	for (size_t i = 0; i < n; i++) {
		const struct pair *pair = &pairs[i];
		fputs("  <testcase classname=\"compare\" name=\"", out);
		print_xml(out, pair->name);
		fprintf(out, "\" time=\"%.3f\"", pair->native.seconds + pair->wasm.seconds);
		if (pair->first == SECTION_COUNT) {
			fputs("/>\n", out);
			continue;
		}
		fprintf(out, ">\n    <failure message=\"%s differs\">", section_names[pair->first]);
		char *text = NULL;
		size_t len;
		FILE *memory = open_memstream(&text, &len);
		if (memory) {
			pair_print_difference(memory, pair);
			fclose(memory);
			print_xml(out, text);
		}
		free(text);
		fputs("</failure>\n  </testcase>\n", out);
	}
	fputs("</testsuite>\n", out);
}
