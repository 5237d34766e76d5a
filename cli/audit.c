/* `wasiward audit`: what of a native program wasi-libc has. Reading is in symbols*.c, judging in surface.c, printing in
 * audit_print.c. */
#include "audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define OPTIONS_DEF "audit.def"
#include "option_rows.h"

static const struct option_set options = {
	.command = "audit",
	.head = "Usage: wasiward audit [OPTIONS] FILE…\n"
		"       wasiward audit [OPTIONS] --run [OPTIONS OF run] [--] PROGRAM [ARGS]…\n\n"
		"Reads which symbols each FILE (an ELF program, library or object, or an archive of objects) imports, and says\n"
		"what wasi-libc has for them: what is absent, what always fails, what needs a flag, and the way out of each.\n"
		"Symbols that one FILE defines for another are not counted.\n",
	.tail = "\nExit status: 0 if everything is portable, 1 if something is not, 125 if a FILE cannot be read.\n\n"
		"Examples:\n"
		"  wasiward audit /usr/bin/jq\n"
		"  wasiward audit --format sarif -o audit.sarif build/*.o\n"
		"  wasiward audit --fail-on emulated tool libtool-core.a\n"
		"  wasiward audit -o report --run --dir . tar cf backup.tar src\n",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.mixed = true,
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All that any of the files defines, sorted. */
static const char **all_definitions(const struct audited *files, size_t n_files, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < n_files; i++)
		n += files[i].symbols.n;
	const char **names = cli_alloc(n * sizeof(*names));
	n = 0;
	for (size_t i = 0; i < n_files; i++) {
		for (size_t k = 0; k < files[i].symbols.n; k++) {
			if (files[i].symbols.list[k].defined)
				names[n++] = files[i].symbols.list[k].name;
		}
	}
	qsort(names, n, sizeof(*names), compare_names);
	*ret_n = n;
	return names;
}

/* Worst first; within a verdict the groups together, and names in order. */
static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	if (x->answer.group->verdict != y->answer.group->verdict)
		return x->answer.group->verdict < y->answer.group->verdict ? -1 : 1;
	int order = strcmp(x->answer.group->id, y->answer.group->id);
	if (!order)
		order = strcmp(x->answer.written, y->answer.written);
	return order ? order : strcmp(x->symbol->name, y->symbol->name);
}

static void judge(struct audited *file, const char **definitions, size_t n_definitions, enum surface_verdict fail_on)
{
	const struct symbols *s = &file->symbols;
	file->findings = cli_alloc(s->n * sizeof(*file->findings));
	for (size_t i = 0; i < s->n; i++) {
		const struct symbol *symbol = &s->list[i];
		if (symbol->defined || bsearch(&symbol->name, definitions, n_definitions, sizeof(*definitions), compare_names))
			continue;
		struct surface_answer answer = surface_find(symbol->name, symbol->version);
		/* What may be missing natively may be missing there. */
		if (symbol->weak && answer.group->verdict != SURFACE_PORTABLE && !symbol->version)
			continue;
		file->findings[file->n++] = (struct finding){ symbol, answer };
	}
	for (size_t i = 0; file->run && i < file->n; i++) {
		struct finding *f = &file->findings[i];
		if (reached_is_noticed(f->symbol->name))
			f->called = reached_has(file->run, f->symbol->name) ? CALLED : CALLED_NOT;
	}
	qsort(file->findings, file->n, sizeof(*file->findings), compare_findings);
	/* An archive's members import the same symbols again and again. */
	size_t kept = 0;
	for (size_t i = 0; i < file->n; i++) {
		if (!kept || strcmp(file->findings[kept - 1].symbol->name, file->findings[i].symbol->name))
			file->findings[kept++] = file->findings[i];
	}
	file->n = kept;
	file->portable = true;
	for (size_t i = 0; i < file->n; i++) {
		enum surface_verdict verdict = file->findings[i].answer.group->verdict;
		file->counts[verdict]++;
		file->portable &= verdict > fail_on;
	}
}

int cmd_audit(int argc, char **argv)
{
	static const char *const formats[] = { [AUDIT_TEXT] = "text", [AUDIT_JSON] = "json", [AUDIT_SARIF] = "sarif" };
	enum audit_format format = AUDIT_TEXT;
	enum surface_verdict fail_on = SURFACE_STUB;
	const char *output = NULL, *verdicts[SURFACE_FOREIGN];
	bool all = false;

	for (int i = 0; i < SURFACE_FOREIGN; i++)
		verdicts[i] = surface_word((enum surface_verdict)i);
	/* What stands behind --run is run's. */
	int run_at = 0;
	while (run_at < argc && strcmp(argv[run_at], "--run") && strcmp(argv[run_at], "--"))
		run_at++;
	bool running = run_at < argc && !strcmp(argv[run_at], "--run");
	int n_run = argc - run_at;
	char **run_arguments = argv + run_at;
	if (running)
		argc = run_at;
	optind = 0;
	for (int id; (id = options_next(&options, argc, argv)) != OPTION_END;) {
		switch (id) {
		case OPTION_FAIL_ON:
			fail_on = (enum surface_verdict)options_choice("fail-on", optarg, verdicts, SURFACE_FOREIGN);
			break;
		case OPTION_ALL:
			all = true;
			break;
		case OPTION_FORMAT:
			format = (enum audit_format)options_choice("format", optarg, formats, 3);
			break;
		case OPTION_OUTPUT:
			output = optarg;
			break;
		case OPTION_HELP:
			options_help(&options, stdout);
			return 0;
		}
	}
	struct reached reached;
	char *run_path[1];
	if (running) {
		if (optind < argc)
			cli_die(CLI_FAILED, "%s: with --run, the program that is run is the one that is audited", argv[optind]);
		run_arguments[0] = cli_copy("run");
		audit_run(n_run, run_arguments, &reached);
		run_path[0] = reached.path;
		argv = run_path;
		argc = 1;
		optind = 0;
	}
	if (optind >= argc)
		cli_die(CLI_FAILED, "no file is named; see wasiward audit --help");

	size_t n = (size_t)(argc - optind), n_definitions;
	struct audited *files = cli_alloc(n * sizeof(*files));
	int status = 0;
	for (size_t i = 0; i < n; i++) {
		files[i].path = argv[optind + (int)i];
		files[i].run = running ? &reached : NULL;
		files[i].read = symbols_read(files[i].path, &files[i].symbols);
		if (files[i].symbols.trouble[0]) {
			const struct symbols *s = &files[i].symbols;
			if (files[i].read)
				cli_complain("%s: %zu of %zu members cannot be read: %s", files[i].path, s->bad_members,
					     s->members + s->bad_members, s->trouble);
			else
				cli_complain("%s: %s", files[i].path, s->trouble);
			status = CLI_FAILED;
		}
	}
	const char **definitions = all_definitions(files, n, &n_definitions);
	for (size_t i = 0; i < n; i++) {
		if (!files[i].read)
			continue;
		judge(&files[i], definitions, n_definitions, fail_on);
		if (!files[i].portable && !status)
			status = 1;
	}
	FILE *out = output ? fopen(output, "we") : stdout;
	if (!out)
		cli_die(CLI_FAILED, "%s: %s", output, strerror(errno));
	audit_print(out, format, files, n, all);
	if (fflush(out) || ferror(out))
		cli_die(CLI_FAILED, "%s: %s", output ? output : "standard output", strerror(errno));
	return status;
}
