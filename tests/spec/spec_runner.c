/* Runs the commands of one spec script, as wast2json wrote them down, against the engine.
 *
 *     spec_runner [--no-guard-pages] [--validate-first] [--verbose] SCRIPT.json
 *
 * Output, one line each:  FAIL line: what  |  SKIP line: reason  |  AT line (verbose)  |  SUM passed failed skipped
 * Passed counts assertions only; failed also counts modules and actions that should simply have worked. Without
 * --validate-first function bodies are validated when they are first called, as in a normal run. */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "spectest.h"

enum { MAX_VALUES = 1024 };

/* A module under a name: $id of the script, or the string of a register command. instance is NULL if there should be
 * one but it was skipped or failed; why then says so. */
struct named {
	const char *name;
	size_t len;
	engine_instance_t *instance;
	const char *why;
};

struct names {
	struct named *items;
	size_t count;
};

struct runner {
	char dir[4096];
	bool no_guard_pages, validate_first, verbose;
	engine_store_t *store;
	struct spectest spectest;
	struct named current;
	struct names ids, registered;
	engine_module_t **modules;
	void **files;
	size_t n_modules;
	const char *missing; /* set by resolve when an import's module is one that was skipped */
	long line;
	unsigned passed, failed, skipped;
};

/* ---- reports ---- */

__attribute__((format(printf, 2, 3))) static void fail(struct runner *runner, const char *format, ...)
{
	va_list ap;
	runner->failed++;
	printf("FAIL %ld: ", runner->line);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

static void skip(struct runner *runner, const char *reason)
{
	runner->skipped++;
	printf("SKIP %ld: %s\n", runner->line, reason);
}

static const char *kind_name(enum engine_error_kind kind)
{
	static const char *const names[] = {
		[ENGINE_OK] = "success",
		[ENGINE_MALFORMED] = "malformed",
		[ENGINE_INVALID] = "invalid",
		[ENGINE_UNSUPPORTED] = "unsupported",
		[ENGINE_LIMIT] = "limit",
		[ENGINE_UNLINKABLE] = "unlinkable",
		[ENGINE_TRAP] = "trap",
		[ENGINE_EXCEPTION] = "exception",
		[ENGINE_EXIT] = "exit",
		[ENGINE_NOMEM] = "out of memory",
	};
	return names[kind];
}

static void *checked(void *pointer)
{
	if (!pointer) {
		fputs("out of memory\n", stderr);
		exit(2);
	}
	return pointer;
}

/* ---- names ---- */

static struct named *find(struct names *names, const char *name, size_t len)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].len == len && memcmp(names->items[i].name, name, len) == 0)
			return &names->items[i];
	return NULL;
}

static void set_name(struct names *names, const json_t *name, struct named module)
{
	module.name = json_string_value(name);
	module.len = json_string_length(name);
	struct named *old = find(names, module.name, module.len);
	if (old) {
		*old = module;
		return;
	}
	names->items = checked(realloc(names->items, (names->count + 1) * sizeof *names->items));
	names->items[names->count++] = module;
}

/* The module that an action or register command is about. */
static struct named *target(struct runner *runner, const json_t *id)
{
	if (!id)
		return &runner->current;
	return find(&runner->ids, json_string_value(id), json_string_length(id));
}

/* ---- values ---- */

static union engine_value parse_value(const json_t *json)
{
	union engine_value value = {.bits = 0};
	const char *type = json_string_value(json_object_get(json, "type"));
	const char *text = json_string_value(json_object_get(json, "value"));
	if (!text || strcmp(text, "null") == 0)
		return value;
	uint64_t bits = strtoull(text, NULL, 10);
	if (strcmp(type, "externref") == 0)
		value.external = (void *)(uintptr_t)(bits + 1); /* 0 is a reference, NULL is not */
	else if (type[1] == '3')
		value.i32 = (uint32_t)bits;
	else
		value.i64 = bits;
	return value;
}

static bool nan_matches(uint64_t bits, const char *text, unsigned fraction_bits, uint64_t exponent)
{
	uint64_t quiet = UINT64_C(1) << (fraction_bits - 1), fraction = bits & ((quiet << 1) - 1);
	if ((bits & exponent) != exponent)
		return false;
	return strcmp(text, "nan:canonical") == 0 ? fraction == quiet : (fraction & quiet) != 0;
}

static bool matches(union engine_value value, const json_t *expected)
{
	const char *type = json_string_value(json_object_get(expected, "type"));
	const char *text = json_string_value(json_object_get(expected, "value"));
	if (strcmp(type, "funcref") == 0)
		return (!text || strcmp(text, "null") == 0) == !value.func || (!text && value.func);
	if (strcmp(type, "externref") == 0 && !text)
		return value.external;
	if (text && strncmp(text, "nan:", 4) == 0)
		return type[1] == '3' ? nan_matches(value.i32, text, 23, 0x7f800000)
				      : nan_matches(value.i64, text, 52, UINT64_C(0x7ff0000000000000));
	union engine_value want = parse_value(expected);
	return strcmp(type, "i32") == 0 || strcmp(type, "f32") == 0 ? value.i32 == want.i32 : value.bits == want.bits;
}

/* The engine's message may go on after the specification's words, or stop short of an index that they end in. */
static bool words_match(const char *message, const char *text)
{
	size_t len = strlen(message) < strlen(text) ? strlen(message) : strlen(text);
	return len > 0 && strncmp(message, text, len) == 0;
}

/* ---- modules ---- */

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct runner *runner = user;
	struct named *module = find(&runner->registered, import->module, import->module_len);
	if (module && module->instance)
		return engine_export(module->instance, import->name, import->name_len, ret_extern);
	if (module)
		runner->missing = module->why;
	return import->module_len == strlen("spectest") && memcmp(import->module, "spectest", import->module_len) == 0 &&
	       spectest_resolve(&runner->spectest, import->name, import->name_len, ret_extern);
}

static void *read_file(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0) {
		perror(path);
		exit(2);
	}
	long size = ftell(file);
	rewind(file);
	void *bytes = checked(malloc((size_t)size + 1));
	*ret_len = fread(bytes, 1, (size_t)size, file);
	fclose(file);
	return bytes;
}

/* Loads the module of a command, and validates its bodies if asked. */
static enum engine_error_kind load(struct runner *runner, const json_t *command, bool validate,
				   engine_module_t **ret_module, struct engine_error *error)
{
	char path[8192];
	size_t len, index = runner->n_modules++;
	snprintf(path, sizeof path, "%s/%s", runner->dir, json_string_value(json_object_get(command, "filename")));
	runner->modules = checked(realloc(runner->modules, (index + 1) * sizeof *runner->modules));
	runner->files = checked(realloc(runner->files, (index + 1) * sizeof *runner->files));
	runner->modules[index] = NULL;
	runner->files[index] = read_file(path, &len);
	enum engine_error_kind kind = engine_module_load(runner->files[index], len, &runner->modules[index], error);
	if (kind != ENGINE_OK)
		runner->modules[index] = NULL;
	else if (validate)
		kind = engine_module_validate(runner->modules[index], error);
	*ret_module = runner->modules[index];
	return kind;
}

static enum engine_error_kind load_and_instantiate(struct runner *runner, const json_t *command,
						   engine_instance_t **ret_instance, struct engine_error *error)
{
	engine_module_t *module;
	runner->missing = NULL;
	enum engine_error_kind kind = load(runner, command, runner->validate_first, &module, error);
	if (kind == ENGINE_OK)
		kind = engine_instantiate(runner->store, module, resolve, runner, ret_instance, error);
	return kind;
}

static bool is_text(struct runner *runner, const json_t *command)
{
	const char *type = json_string_value(json_object_get(command, "module_type"));
	if (!type || strcmp(type, "text") != 0)
		return false;
	skip(runner, "about the text format, which this engine does not read");
	return true;
}

/* A module that needs what the engine does not have yet is skipped, and so is what depends on a skipped one. */
static bool skip_unsupported(struct runner *runner, enum engine_error_kind kind, const struct engine_error *error)
{
	if (kind == ENGINE_UNLINKABLE && runner->missing) {
		skip(runner, runner->missing);
		return true;
	}
	if (kind != ENGINE_UNSUPPORTED)
		return false;
	char reason[300];
	snprintf(reason, sizeof reason, "unsupported: %s", error->message);
	skip(runner, reason);
	return true;
}

static void run_module(struct runner *runner, const json_t *command)
{
	struct engine_error error = {0};
	struct named module = {0};
	const json_t *id = json_object_get(command, "name");
	enum engine_error_kind kind = load_and_instantiate(runner, command, &module.instance, &error);
	if (kind != ENGINE_OK) {
		module.instance = NULL;
		module.why = "its module was skipped";
		if (!skip_unsupported(runner, kind, &error)) {
			module.why = NULL;
			fail(runner, "module: %s: %s", kind_name(kind), error.message);
		}
	}
	runner->current = module;
	if (id)
		set_name(&runner->ids, id, module);
}

static void run_register(struct runner *runner, const json_t *command)
{
	struct named *module = target(runner, json_object_get(command, "name"));
	if (!module)
		fail(runner, "register: no such module");
	else
		set_name(&runner->registered, json_object_get(command, "as"), *module);
}

/* assert_malformed, assert_invalid, assert_unlinkable, assert_uninstantiable: `want` is how it must end. */
static void run_bad_module(struct runner *runner, const json_t *command, enum engine_error_kind want)
{
	struct engine_error error = {0};
	engine_module_t *module;
	engine_instance_t *instance;
	enum engine_error_kind kind;
	if (is_text(runner, command))
		return;
	const char *text = json_string_value(json_object_get(command, "text"));
	runner->missing = NULL;
	if (want == ENGINE_MALFORMED || want == ENGINE_INVALID)
		kind = load(runner, command, true, &module, &error);
	else
		kind = load_and_instantiate(runner, command, &instance, &error);
	if (skip_unsupported(runner, kind, &error))
		return;
	/* The threads proposal's scripts are older than several memories and tables. */
	if (kind == ENGINE_OK && (strcmp(text, "multiple memories") == 0 || strcmp(text, "multiple tables") == 0))
		skip(runner, "superseded: several memories and tables are valid in 3.0");
	else if (kind != want)
		fail(runner, "expected %s (%s), got %s: %s", kind_name(want), text, kind_name(kind), error.message);
	else if (want == ENGINE_TRAP && !words_match(error.message, text))
		fail(runner, "expected trap \"%s\", got \"%s\"", text, error.message);
	else
		runner->passed++;
}

static void run_assert_malformed(struct runner *runner, const json_t *command)
{
	run_bad_module(runner, command, ENGINE_MALFORMED);
}

static void run_assert_invalid(struct runner *runner, const json_t *command)
{
	run_bad_module(runner, command, ENGINE_INVALID);
}

static void run_assert_unlinkable(struct runner *runner, const json_t *command)
{
	run_bad_module(runner, command, ENGINE_UNLINKABLE);
}

static void run_assert_uninstantiable(struct runner *runner, const json_t *command)
{
	run_bad_module(runner, command, ENGINE_TRAP);
}

/* ---- actions ---- */

struct outcome {
	enum engine_error_kind kind;
	struct engine_error error;
	size_t n_results;
	union engine_value results[MAX_VALUES];
};

/* Performs an action. Returns false if that was impossible; the command is then counted already. */
static bool perform(struct runner *runner, const json_t *command, struct outcome *outcome)
{
	const json_t *action = json_object_get(command, "action"), *field = json_object_get(action, "field");
	struct named *module = target(runner, json_object_get(action, "module"));
	struct engine_extern export;
	if (module && !module->instance && module->why) {
		skip(runner, module->why);
		return false;
	}
	if (!module || !module->instance ||
	    !engine_export(module->instance, json_string_value(field), json_string_length(field), &export)) {
		fail(runner, "action: no module, or it has no export \"%s\"", json_string_value(field));
		return false;
	}
	outcome->kind = ENGINE_OK;
	if (strcmp(json_string_value(json_object_get(action, "type")), "get") == 0) {
		outcome->n_results = 1;
		outcome->results[0] = engine_global_get(export.u.global);
		return true;
	}
	const json_t *args = json_object_get(action, "args");
	struct engine_functype type = engine_func_type(export.u.func);
	union engine_value values[MAX_VALUES];
	if (type.n_params != json_array_size(args) || type.n_params > MAX_VALUES || type.n_results > MAX_VALUES) {
		fail(runner, "action: \"%s\" takes %u arguments", json_string_value(field), type.n_params);
		return false;
	}
	for (size_t i = 0; i < type.n_params; i++)
		values[i] = parse_value(json_array_get(args, i));
	outcome->n_results = type.n_results;
	outcome->kind = engine_call(runner->store, export.u.func, values, outcome->results, &outcome->error);
	return true;
}

static void run_action(struct runner *runner, const json_t *command)
{
	struct outcome outcome;
	if (perform(runner, command, &outcome) && outcome.kind != ENGINE_OK)
		fail(runner, "action: %s: %s", kind_name(outcome.kind), outcome.error.message);
}

static void run_assert_return(struct runner *runner, const json_t *command)
{
	struct outcome outcome;
	const json_t *expected = json_object_get(command, "expected");
	if (!perform(runner, command, &outcome))
		return;
	if (outcome.kind != ENGINE_OK) {
		fail(runner, "%s: %s", kind_name(outcome.kind), outcome.error.message);
		return;
	}
	if (outcome.n_results != json_array_size(expected)) {
		fail(runner, "%zu results, expected %zu", outcome.n_results, json_array_size(expected));
		return;
	}
	for (size_t i = 0; i < outcome.n_results; i++) {
		const json_t *want = json_array_get(expected, i);
		if (!matches(outcome.results[i], want)) {
			const char *text = json_string_value(json_object_get(want, "value"));
			fail(runner, "result %zu is 0x%" PRIx64 ", expected %s %s (0x%" PRIx64 ")", i, outcome.results[i].bits,
			     json_string_value(json_object_get(want, "type")), text ? text : "any", parse_value(want).bits);
			return;
		}
	}
	runner->passed++;
}

static void run_assert_trap(struct runner *runner, const json_t *command)
{
	struct outcome outcome;
	const char *text = json_string_value(json_object_get(command, "text"));
	if (!perform(runner, command, &outcome))
		return;
	if (outcome.kind != ENGINE_TRAP)
		fail(runner, "expected trap \"%s\", got %s", text, kind_name(outcome.kind));
	else if (!words_match(outcome.error.message, text))
		fail(runner, "expected trap \"%s\", got \"%s\"", text, outcome.error.message);
	else
		runner->passed++;
}

/* ---- scripts ---- */

static const struct {
	const char *type;
	void (*run)(struct runner *, const json_t *);
} commands[] = {
	{"module", run_module},
	{"register", run_register},
	{"action", run_action},
	{"assert_return", run_assert_return},
	{"assert_trap", run_assert_trap},
	{"assert_exhaustion", run_assert_trap},
	{"assert_malformed", run_assert_malformed},
	{"assert_invalid", run_assert_invalid},
	{"assert_unlinkable", run_assert_unlinkable},
	{"assert_uninstantiable", run_assert_uninstantiable},
};

static void run_command(struct runner *runner, const json_t *command)
{
	const char *type = json_string_value(json_object_get(command, "type"));
	runner->line = (long)json_integer_value(json_object_get(command, "line"));
	if (runner->verbose) {
		printf("AT %ld\n", runner->line);
		fflush(stdout);
	}
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].type, type) == 0) {
			commands[i].run(runner, command);
			return;
		}
	}
	fail(runner, "unknown command %s", type);
}

static void run_script(struct runner *runner, const json_t *script)
{
	const json_t *list = json_object_get(script, "commands");
	struct engine_config config = {.no_guard_pages = runner->no_guard_pages};
	runner->store = checked(engine_store_new(&config));
	if (!spectest_make(&runner->spectest, runner->store))
		checked(NULL);
	for (size_t i = 0; i < json_array_size(list); i++)
		run_command(runner, json_array_get(list, i));
	engine_store_free(runner->store);
	for (size_t i = 0; i < runner->n_modules; i++) {
		engine_module_free(runner->modules[i]);
		free(runner->files[i]);
	}
	free(runner->modules);
	free(runner->files);
	free(runner->ids.items);
	free(runner->registered.items);
}

int main(int argc, char **argv)
{
	static struct runner runner;
	const char *path = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--no-guard-pages") == 0)
			runner.no_guard_pages = true;
		else if (strcmp(argv[i], "--validate-first") == 0)
			runner.validate_first = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			runner.verbose = true;
		else
			path = argv[i];
	}
	json_error_t error;
	json_t *script = path ? json_load_file(path, JSON_ALLOW_NUL, &error) : NULL;
	if (!script) {
		fprintf(stderr, "spec_runner: %s\n", path ? error.text : "no script named");
		return 2;
	}
	const char *slash = strrchr(path, '/');
	snprintf(runner.dir, sizeof runner.dir, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	run_script(&runner, script);
	json_decref(script);
	printf("SUM %u %u %u\n", runner.passed, runner.failed, runner.skipped);
	return runner.failed > 0;
}
