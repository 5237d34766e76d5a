/* `wasiward compare`: options, pairs, and what is left out. Running is in compare_run.c, printing in compare_report.c. */
#include "compare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "known.h"
#include "tree.h"

#define OPTIONS_DEF "compare.def"
#include "option_rows.h"

static const struct option_set options = {
	.command = "compare",
	.head = "Usage: wasiward compare [OPTIONS] NATIVE MODULE [--] [ARGS]…\n"
		"       wasiward compare [OPTIONS] --all DIR\n\n"
		"Runs a native program (under run --profile strict) and the same program as a WebAssembly module, each in fresh\n"
		"copies of the granted directories, and compares exit status, standard output, standard error, the trees of files\n"
		"that result (names, kinds, modes, contents and times), and what both asked for: their calls, in a normal form.\n"
		"Shows the first difference, side by side.\n",
	.tail = "\nExit status: 0 if there is no difference, 1 if there is one, 125 when wasiward itself fails.\n\n"
		"Examples:\n"
		"  wasiward compare --dir testdata::/ ./tool tool.wasm -- --convert in.txt out.txt\n"
		"  wasiward compare --ignore stderr --ignore 'stdout:^pid ' ./tool tool.wasm\n"
		"  wasiward compare --dir fixture::/ --all build/pairs --junit compare.xml\n",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
};

#define APPEND(list, n, value) \
	do { \
		(list) = reallocarray((list), (n) + 1, sizeof(*(list))); \
		if (!(list)) \
			cli_die(CLI_FAILED, "out of memory"); \
		(list)[(n)++] = (value); \
	} while (0)

static struct ignore_rule parse_rule(const char *text)
{
	size_t len = strcspn(text, ":");
	char *name = cli_copy_n(text, len);
	struct ignore_rule rule = { .whole = !text[len] };
	rule.section = (enum section)options_choice("ignore", name, section_names, SECTION_COUNT);
	free(name);
	int error = rule.whole ? 0 : regcomp(&rule.pattern, text + len + 1, REG_EXTENDED | REG_NOSUB);
	if (error) {
		char why[200];
		regerror(error, &rule.pattern, why, sizeof(why));
		cli_die(CLI_FAILED, "--ignore %s: %s", text, why);
	}
	return rule;
}

/* Parses options on top of those that are there. */
static void parse(struct compare_options *o, int argc, char **argv)
{
	optind = 0;
	for (int id; (id = options_next(&options, argc, argv)) != OPTION_END;) {
		char *end;
		switch (id) {
		case OPTION_DIR:
			APPEND(o->dirs, o->n_dirs, cli_parse_dir(optarg));
			break;
		case OPTION_ENV:
			APPEND(o->env, o->n_env, optarg);
			break;
		case OPTION_CLOCK:
			cli_set_rule(&(struct rules){ 0 }, RULE_CLOCK, "clock", optarg);
			o->clock = optarg;
			break;
		case OPTION_RUNTIME:
			cli_set_rule(&(struct rules){ 0 }, RULE_RUNTIME, "runtime", optarg);
			o->runtime = optarg;
			break;
		case OPTION_RANDOM:
			cli_set_rule(&(struct rules){ 0 }, RULE_RANDOM, "random", optarg);
			o->random = optarg;
			break;
		case OPTION_WASM:
			o->wasm = optarg;
			break;
		case OPTION_STDIN:
			o->input = optarg;
			break;
		case OPTION_IGNORE:
			APPEND(o->rules, o->n_rules, parse_rule(optarg));
			break;
		case OPTION_KNOWN:
			o->known = optarg;
			break;
		case OPTION_UPDATE:
			o->update = true;
			break;
		case OPTION_TIMEOUT:
			o->timeout = (unsigned)strtoul(optarg, &end, 10);
			if (!*optarg || *end || !o->timeout)
				cli_die(CLI_FAILED, "--timeout %s: must be a number of seconds", optarg);
			break;
		case OPTION_PAIRS:
			o->all = optarg;
			break;
		case OPTION_JUNIT:
			o->junit = optarg;
			break;
		case OPTION_KEEP:
			o->keep = optarg;
			break;
		case OPTION_HELP:
			options_help(&options, stdout);
			cli_finish(0);
		}
	}
	o->argv = argv + optind;
}

bool compare_ignores(const struct compare_options *o, enum section section)
{
	for (size_t i = 0; i < o->n_rules; i++) {
		if (o->rules[i].section == section && o->rules[i].whole)
			return true;
	}
	return false;
}

static bool ignored(const struct compare_options *o, enum section section, const char *line)
{
	for (size_t i = 0; i < o->n_rules; i++) {
		const struct ignore_rule *rule = &o->rules[i];
		if (rule->section == section && (rule->whole || !regexec(&rule->pattern, line, 0, NULL, 0)))
			return true;
	}
	return false;
}

static void leave_out(const struct compare_options *o, struct side *side)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		struct lines *lines = &side->sections[s];
		size_t kept = 0;
		for (size_t i = 0; i < lines->n; i++) {
			if (ignored(o, (enum section)s, lines->at[i]))
				free(lines->at[i]);
			else
				lines->at[kept++] = lines->at[i];
		}
		lines->n = kept;
	}
}

static char *join(const char *dir, const char *name, const char *suffix)
{
	char *path;
	if (asprintf(&path, "%s/%s%s", dir, name, suffix) < 0)
		cli_die(CLI_FAILED, "out of memory");
	return path;
}

/* The file of known differences: --known names it, or the directory where NAME.known is; with --all, that is DIR. NULL: none. */
static char *known_path(const struct compare_options *o, const char *name)
{
	const char *place = o->known ? o->known : o->all;
	struct stat st;
	if (!place)
		return NULL;
	if (stat(place, &st) == 0 && S_ISDIR(st.st_mode))
		return join(place, name, ".known");
	return cli_copy(place);
}

/* Runs both and finds out where they differ. name: owned by the pair from now on. */
static struct pair compare_pair(const struct compare_options *o, const char *native, const char *module, char *const *arguments,
				char *name, const char *scratch)
{
	struct pair pair = { .name = name, .first = SECTION_COUNT };
	char *native_dir = join(scratch, "native", ""), *wasm_dir = join(scratch, "wasm", "");
	compare_run(o, native, arguments, name, true, native_dir, &pair.native);
	compare_run(o, module, arguments, name, false, wasm_dir, &pair.wasm);
	free(native_dir);
	free(wasm_dir);
	leave_out(o, &pair.native);
	leave_out(o, &pair.wasm);
	char *path = known_path(o, name);
	struct known known = { 0 };
	if (path)
		known_read(path, &known);
	for (int s = 0; s < SECTION_COUNT; s++) {
		pair.rows[s] = lines_align(&pair.native.sections[s], &pair.wasm.sections[s]);
		known_excuse(&known, (enum section)s, &pair.rows[s]);
	}
	if (o->update)
		known_update(path, &known, &pair);
	else if (known_unused(&known))
		cli_complain("%s: %zu of its lines excuse nothing any more; --update takes them out", path, known_unused(&known));
	for (int s = SECTION_COUNT; s-- > 0;) {
		struct rows *section = &pair.rows[s];
		for (size_t i = 0; i < section->n; i++) {
			section->at[i].known |= o->update && !section->at[i].same;
			pair.n_known += section->at[i].known;
		}
		if (rows_difference(section) != SIZE_MAX)
			pair.first = (enum section)s;
	}
	free(path);
	return pair;
}

static void print_pair(const struct pair *pair)
{
	printf("%s: ", pair->name);
	if (pair->first == SECTION_COUNT) {
		if (pair->n_known)
			printf("same, but for %zu known differences\n", pair->n_known);
		else
			puts("same");
		return;
	}
	const char *between = "DIFFERS in ";
	for (int s = 0; s < SECTION_COUNT; s++) {
		if (rows_difference(&pair->rows[s]) != SIZE_MAX) {
			printf("%s%s", between, section_names[s]);
			between = ", ";
		}
	}
	putchar('\n');
	pair_print_difference(stdout, pair);
}

/* "tool" for "build/tool.wasm". */
static char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t len = strlen(base);
	if (len > 5 && !strcmp(base + len - 5, ".wasm"))
		len -= 5;
	return cli_copy_n(base, len);
}

/* The words of NAME.compare on top of the options; leaves the arguments in argv. */
static struct compare_options options_of_pair(const struct compare_options *base, const char *name)
{
	struct compare_options o = *base;
	struct lines words = { 0 };
	lines_add(&words, cli_copy("compare"));
	char *path = join(base->all, name, ".compare");
	int error = lines_add_file(&words, AT_FDCWD, path, "");
	if (error && error != ENOENT)
		cli_die(CLI_FAILED, "%s: %s", path, strerror(error));
	free(path);
	/* The lists grow by reallocation, and the next pair starts from the base again. */
	o.dirs = memcpy(cli_alloc(o.n_dirs * sizeof(*o.dirs)), o.dirs ? o.dirs : (void *)"", o.n_dirs * sizeof(*o.dirs));
	o.env = memcpy(cli_alloc(o.n_env * sizeof(*o.env)), o.env ? o.env : (void *)"", o.n_env * sizeof(*o.env));
	o.rules = memcpy(cli_alloc(o.n_rules * sizeof(*o.rules)), o.rules ? o.rules : (void *)"", o.n_rules * sizeof(*o.rules));
	int argc = (int)words.n;
	lines_add(&words, NULL);
	parse(&o, argc, words.at);
	return o;
}

static int is_native(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return len > 7 && !strcmp(entry->d_name + len - 7, ".native");
}

static struct pair *compare_all(const struct compare_options *base, const char *scratch, size_t *ret_n)
{
	struct dirent **entries;
	int n_entries = scandir(base->all, &entries, is_native, alphasort);
	if (n_entries < 0)
		cli_die(CLI_FAILED, "--all %s: %s", base->all, strerror(errno));
	struct pair *pairs = cli_alloc((size_t)n_entries * sizeof(*pairs));
	size_t n = 0;
	for (int i = 0; i < n_entries; i++) {
		char *name = cli_copy_n(entries[i]->d_name, strlen(entries[i]->d_name) - 7);
		char *native = join(base->all, name, ".native"), *module = join(base->all, name, ".wasm");
		char *place = join(scratch, name, "");
		if (access(module, R_OK) == 0) {
			struct compare_options o = options_of_pair(base, name);
			if (mkdir(place, 0700) < 0)
				cli_die(CLI_FAILED, "%s: %s", place, strerror(errno));
			pairs[n] = compare_pair(&o, native, module, o.argv, name, place);
			print_pair(&pairs[n++]);
			if (!base->keep)
				tree_remove(place);
		} else {
			cli_complain("%s: has no module %s", native, module);
		}
		free(native);
		free(module);
		free(place);
		free(entries[i]);
	}
	free(entries);
	*ret_n = n;
	return pairs;
}

/* Where we work, as long as it is to be removed at the end, which may come by cli_die. */
static char *temporary;

static void remove_temporary(void)
{
	if (temporary)
		tree_remove(temporary);
}

static char *make_scratch(const struct compare_options *o)
{
	if (o->keep) {
		if (mkdir(o->keep, 0700) < 0)
			cli_die(CLI_FAILED, "--keep %s: %s", o->keep, strerror(errno));
		return cli_copy(o->keep);
	}
	const char *tmp = getenv("TMPDIR");
	char *dir = join(tmp && *tmp ? tmp : "/tmp", "wasiward-compare-XXXXXX", "");
	if (!mkdtemp(dir))
		cli_die(CLI_FAILED, "%s: %s", dir, strerror(errno));
	temporary = dir;
	atexit(remove_temporary);
	return dir;
}

/* Dies unless the two are what they are said to be; returns the native program's path. */
static char *check_programs(const char *native_name, const char *module_name)
{
	struct program native, module;
	program_find(native_name, &native);
	program_find(module_name, &module);
	if (native.kind == PROGRAM_WASM)
		cli_die(CLI_FAILED, "%s is a module; first comes the native program", native_name);
	if (module.kind != PROGRAM_WASM)
		cli_die(CLI_FAILED, "%s is no module", module_name);
	close(native.fd);
	close(module.fd);
	free(module.path);
	return native.path;
}

int cmd_compare(int argc, char **argv)
{
	struct compare_options o = { .timeout = 60 };
	parse(&o, argc, argv);
	if (o.update && !o.known && !o.all)
		cli_die(CLI_FAILED, "--update writes a file that --known names");
	size_t n = 1;
	struct pair *pairs;
	char *scratch;
	if (o.all) {
		if (o.argv[0])
			cli_die(CLI_FAILED, "--all takes no programs, but %s is named", o.argv[0]);
		scratch = make_scratch(&o);
		pairs = compare_all(&o, scratch, &n);
	} else {
		if (!o.argv[0] || !o.argv[1])
			cli_die(CLI_FAILED, "two programs must be named; see wasiward compare --help");
		char *native = check_programs(o.argv[0], o.argv[1]);
		char **arguments = o.argv + 2;
		if (*arguments && !strcmp(*arguments, "--"))
			arguments++;
		scratch = make_scratch(&o);
		pairs = cli_alloc(sizeof(*pairs));
		pairs[0] = compare_pair(&o, native, o.argv[1], arguments, base_name(o.argv[1]), scratch);
		print_pair(&pairs[0]);
	}
	size_t different = 0;
	for (size_t i = 0; i < n; i++)
		different += pairs[i].first != SECTION_COUNT;
	if (o.all)
		printf("%zu pairs: %zu passed, %zu failed\n", n, n - different, different);
	if (o.junit) {
		FILE *out = fopen(o.junit, "we");
		if (!out)
			cli_die(CLI_FAILED, "--junit %s: %s", o.junit, strerror(errno));
		pairs_write_junit(out, pairs, n);
		if (fclose(out))
			cli_die(CLI_FAILED, "--junit %s: %s", o.junit, strerror(errno));
	}
	if (fflush(stdout))
		cli_die(CLI_FAILED, "standard output: %s", strerror(errno));
	if (o.all && !n)
		cli_die(CLI_FAILED, "--all %s: there is no pair NAME.native, NAME.wasm", o.all);
	return different ? 1 : 0;
}
