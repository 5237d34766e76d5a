/* The three forms of an audit. */
#include <string.h>
#include <sys/wait.h>

#include "audit.h"
#include "json.h"
#include "version.h"

/* Names come from files: what a terminal would act on is shown as a dot. */
static size_t print_name(FILE *out, const char *name)
{
	size_t n = 0;
	for (; name[n]; n++)
		fputc((unsigned char)name[n] < 0x20 || name[n] == 0x7f ? '.' : name[n], out);
	return n;
}

static void print_counts(FILE *out, const struct audited *file)
{
	fprintf(out, "%zu imported", file->n);
	for (int v = 0; v < SURFACE_COUNT; v++) {
		if (file->counts[v])
			fprintf(out, ", %zu %s", file->counts[v], surface_word((enum surface_verdict)v));
	}
	fputc('\n', out);
}

/* The names of one group in lines; a star marks what older releases of wasi-libc lack. Returns how many there were. */
static size_t print_group(FILE *out, const struct audited *file, size_t first, bool *starred)
{
	const struct surface_group *group = file->findings[first].answer.group;
	size_t i = first, column = 0;
	for (; i < file->n && file->findings[i].answer.group == group; i++) {
		const struct finding *f = &file->findings[i];
		if (column == 0 || column + strlen(f->symbol->name) > 100) {
			fprintf(out, "%s    ", column ? "\n" : "");
			column = 4;
		}
		if (column > 4)
			fputc(' ', out);
		column += print_name(out, f->symbol->name) + 1;
		if (group->verdict == SURFACE_FOREIGN && f->symbol->library) {
			fputs(" (", out);
			column += print_name(out, f->symbol->library) + 3;
			fputc(')', out);
		}
		if (f->answer.newer)
			fputc('*', out);
		if (f->called == CALLED)
			fputc('!', out);
		*starred |= f->answer.newer;
	}
	fprintf(out, "\n        %s", group->text);
	if (group->verdict == SURFACE_STUB)
		fprintf(out, " (%s)", group->detail);
	if (group->way)
		fprintf(out, "\n        way out: %s", group->way);
	if (group->detail && group->verdict != SURFACE_STUB)
		fprintf(out, ": %s", group->detail);
	fputc('\n', out);
	return i - first;
}

/* What the run adds: how much of what is not portable the program came to. */
static void print_run(FILE *out, const struct audited *file)
{
	size_t called = 0, noticed = 0;
	for (size_t i = 0; i < file->n; i++) {
		if (file->findings[i].answer.group->verdict > SURFACE_STUB)
			continue;
		called += file->findings[i].called == CALLED;
		noticed += file->findings[i].called != CALLED_UNKNOWN;
	}
	if (WIFSIGNALED(file->run->status))
		fprintf(out, "\n  INCOMPLETE: the run was ended by signal %d; marked is what was called until then\n", WTERMSIG(file->run->status));
	if (!file->run->n) {
		fputs("\n  the run did not come to a function that is watched\n", out);
		return;
	}
	fprintf(out, "\n  ! called in the run: %zu of %zu that do not work and that a run notices\n", called, noticed);
}

static void print_text(FILE *out, const struct audited *files, size_t n, bool all)
{
	for (size_t k = 0; k < n; k++) {
		const struct audited *file = &files[k];
		if (!file->read)
			continue;
		bool starred = false;
		fprintf(out, "%s%s: %s: %s\n", k ? "\n" : "", file->path, file->symbols.kind,
			!file->portable ? "not portable" : file->counts[SURFACE_FOREIGN] ? "portable, but for other libraries" : "portable");
		if (file->symbols.bad_members)
			fprintf(out, "  incomplete: %zu members could not be read\n", file->symbols.bad_members);
		for (size_t i = 0; i < file->n;) {
			enum surface_verdict verdict = file->findings[i].answer.group->verdict;
			if (verdict == SURFACE_PORTABLE && !all)
				break;
			fprintf(out, "\n  %s: %s\n", surface_word(verdict), surface_text(verdict));
			while (i < file->n && file->findings[i].answer.group->verdict == verdict)
				i += print_group(out, file, i, &starred);
		}
		if (starred)
			fputs("\n  * not in releases of wasi-libc as old as Debian 12's\n", out);
		if (file->run)
			print_run(out, file);
		fputs("\n  ", out);
		print_counts(out, file);
	}
}

static void print_json(FILE *out, const struct audited *files, size_t n)
{
	struct json j = { .out = out };
	json_open(&j, NULL, '{');
	json_number(&j, "format", 1);
	json_open(&j, "files", '[');
	for (size_t k = 0; k < n; k++) {
		const struct audited *file = &files[k];
		json_open(&j, NULL, '{');
		json_text(&j, "path", file->path);
		json_text(&j, "error", file->symbols.trouble[0] ? file->symbols.trouble : NULL);
		if (file->read) {
			json_text(&j, "kind", file->symbols.kind);
			json_bool(&j, "portable", file->portable);
			json_open(&j, "counts", '{');
			for (int v = 0; v < SURFACE_COUNT; v++)
				json_number(&j, surface_word((enum surface_verdict)v), (int64_t)file->counts[v]);
			json_close(&j, '}');
			json_open(&j, "symbols", '[');
			for (size_t i = 0; i < file->n; i++) {
				const struct finding *f = &file->findings[i];
				json_open(&j, NULL, '{');
				json_text(&j, "name", f->symbol->name);
				json_text(&j, "written", f->answer.written);
				json_text(&j, "kind", f->symbol->object ? "object" : "function");
				json_text(&j, "library", f->symbol->library);
				json_text(&j, "verdict", surface_word(f->answer.group->verdict));
				json_text(&j, "group", f->answer.group->id);
				json_text(&j, "detail", f->answer.group->detail);
				json_bool(&j, "newer", f->answer.newer);
				if (f->called != CALLED_UNKNOWN)
					json_bool(&j, "called", f->called == CALLED);
				json_close(&j, '}');
			}
			json_close(&j, ']');
		}
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_open(&j, "groups", '[');
	const struct surface_group *group;
	for (unsigned i = 0; (group = surface_group_at(i)); i++) {
		json_open(&j, NULL, '{');
		json_text(&j, "id", group->id);
		json_text(&j, "verdict", surface_word(group->verdict));
		json_text(&j, "text", group->text);
		json_text(&j, "way", group->way);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
}

static const char *sarif_level(enum surface_verdict verdict)
{
	return verdict <= SURFACE_LIBRARY ? "error" : verdict == SURFACE_STUB ? "warning" : verdict < SURFACE_PORTABLE ? "note" : "none";
}

static void sarif_message(struct json *j, const char *key, const char *text)
{
	json_open(j, key, '{');
	json_text(j, "text", text);
	json_close(j, '}');
}

static void sarif_result(struct json *j, const struct audited *file, const struct finding *f)
{
	const struct surface_group *group = f->answer.group;
	char text[512];
	snprintf(text, sizeof(text), "%s: %s%s%s", f->answer.written, group->text, group->way ? "; way out: " : "",
		 group->way ? group->way : "");
	json_open(j, NULL, '{');
	json_text(j, "ruleId", group->id);
	json_text(j, "level", sarif_level(group->verdict));
	if (f->called != CALLED_UNKNOWN) {
		json_open(j, "properties", '{');
		json_bool(j, "called", f->called == CALLED);
		json_close(j, '}');
	}
	sarif_message(j, "message", text);
	json_open(j, "locations", '[');
	json_open(j, NULL, '{');
	json_open(j, "physicalLocation", '{');
	json_open(j, "artifactLocation", '{');
	json_text(j, "uri", file->path);
	json_close(j, '}');
	json_close(j, '}');
	json_open(j, "logicalLocations", '[');
	json_open(j, NULL, '{');
	json_text(j, "name", f->symbol->name);
	json_text(j, "kind", f->symbol->object ? "variable" : "function");
	json_close(j, '}');
	json_close(j, ']');
	json_close(j, '}');
	json_close(j, ']');
	json_close(j, '}');
}

static void print_sarif(FILE *out, const struct audited *files, size_t n, bool all)
{
	struct json j = { .out = out };
	const struct surface_group *group;
	json_open(&j, NULL, '{');
	json_text(&j, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_text(&j, "version", "2.1.0");
	json_open(&j, "runs", '[');
	json_open(&j, NULL, '{');
	json_open(&j, "tool", '{');
	json_open(&j, "driver", '{');
	json_text(&j, "name", "wasiward audit");
	json_text(&j, "version", WASIWARD_VERSION);
	json_open(&j, "rules", '[');
	for (unsigned i = 0; (group = surface_group_at(i)); i++) {
		json_open(&j, NULL, '{');
		json_text(&j, "id", group->id);
		sarif_message(&j, "shortDescription", group->text);
		if (group->way)
			sarif_message(&j, "help", group->way);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	json_close(&j, '}');
	json_open(&j, "results", '[');
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < files[k].n; i++) {
			if (all || files[k].findings[i].answer.group->verdict != SURFACE_PORTABLE)
				sarif_result(&j, &files[k], &files[k].findings[i]);
		}
	}
	json_close(&j, ']');
	json_close(&j, '}');
	json_close(&j, ']');
	json_close(&j, '}');
}

void audit_print(FILE *out, enum audit_format format, const struct audited *files, size_t n, bool all)
{
	if (format == AUDIT_JSON)
		print_json(out, files, n);
	else if (format == AUDIT_SARIF)
		print_sarif(out, files, n, all);
	else
		print_text(out, files, n, all);
}
