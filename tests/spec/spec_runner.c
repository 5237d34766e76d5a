/* Runs the commands of one spec script against the engine.
 *
 *     spec_runner [--no-guard-pages] [--validate-first] [--portable] [--legacy-exceptions] [--collect-always]
 *                 [--count-instructions] [--verbose] [--skip=LINE]... SCRIPT.wast
 *
 * Output, one line each:  FAIL line: what  |  SKIP line: reason  |  AT line and WORDS line: … (verbose)
 *                         SUM passed failed skipped other-words
 * Passed counts assertions only; failed also counts modules and actions that should simply have worked. Without
 * --validate-first function bodies are validated when they are first called, as in a normal run. --portable: SIMD as on
 * machines without the instructions that this one may have. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"
#include "script.h"

/* ---- reports ---- */

void script_fail(struct script *s, const char *format, ...)
{
	va_list ap;
	s->failed++;
	printf("FAIL %zu: ", s->line);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

void script_skip(struct script *s, const char *format, ...)
{
	va_list ap;
	s->skipped++;
	printf("SKIP %zu: ", s->line);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

void script_other_words(struct script *s, const char *said, struct text_name expected)
{
	s->other_words++;
	if (s->verbose)
		printf("WORDS %zu: \"%.*s\" expected, the engine says \"%s\"\n", s->line, (int)expected.len, expected.p,
		       said);
}

const char *kind_name(enum engine_error_kind kind)
{
	static const char *const names[] = {
		[ENGINE_OK] = "success",      [ENGINE_MALFORMED] = "malformed",
		[ENGINE_INVALID] = "invalid", [ENGINE_UNSUPPORTED] = "unsupported",
		[ENGINE_LIMIT] = "limit",     [ENGINE_UNLINKABLE] = "unlinkable",
		[ENGINE_TRAP] = "trap",	      [ENGINE_EXCEPTION] = "exception",
		[ENGINE_EXIT] = "exit",	      [ENGINE_NOMEM] = "out of memory",
	};
	return names[kind];
}

void *checked(void *pointer)
{
	if (!pointer) {
		fputs("out of memory\n", stderr);
		exit(2);
	}
	return pointer;
}

bool words_match(const char *message, struct text_name expected)
{
	size_t len = strlen(message) < expected.len ? strlen(message) : expected.len;
	return len > 0 && strncmp(message, expected.p, len) == 0;
}

/* ---- commands ---- */

static void assert_malformed(struct script *s)
{
	script_bad_module(s, ENGINE_MALFORMED);
}

static void assert_invalid(struct script *s)
{
	script_bad_module(s, ENGINE_INVALID);
}

static void assert_unlinkable(struct script *s)
{
	script_bad_module(s, ENGINE_UNLINKABLE);
}

static const struct command {
	const char *word;
	void (*run)(struct script *s);
} commands[] = {
	{"module", script_module},
	{"register", script_register},
	{"assert_return", script_assert_return},
	{"assert_trap", script_assert_trap},
	{"assert_exhaustion", script_assert_trap},
	{"assert_exception", script_assert_exception},
	{"assert_malformed", assert_malformed},
	{"assert_malformed_custom", assert_malformed},
	{"assert_invalid", assert_invalid},
	{"assert_invalid_custom", assert_invalid},
	{"assert_unlinkable", assert_unlinkable},
};

static const struct command *command_at(const struct text *t)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (text_is_list(t, commands[i].word))
			return &commands[i];
	return NULL;
}

static bool is_action(const struct text *t)
{
	return text_is_list(t, "invoke") || text_is_list(t, "get");
}

static bool is_skipped(const struct script *s)
{
	for (size_t i = 0; i < s->n_skips; i++)
		if (s->skips[i] == s->line)
			return true;
	return false;
}

/* Runs one command; whatever it does with the cursor, the next one begins behind its end. */
static void run_command(struct script *s)
{
	struct text *t = &s->text;
	jmp_buf on_fail;
	volatile uint32_t end = t->n_tokens - 1;
	uint32_t start = t->pos;
	for (; s->line_at < text_peek(t)->at; s->line_at++)
		s->line += t->source[s->line_at] == '\n';
	if (s->verbose) {
		printf("AT %zu\n", s->line);
		fflush(stdout);
	}
	t->on_fail = &on_fail;
	if (setjmp(on_fail) == 0) {
		text_expect(t, TOKEN_LPAR, "a command");
		text_skip_list(t);
		end = t->pos;
		t->pos = start;
		const struct command *command = command_at(t);
		if (is_skipped(s)) {
			script_skip(s, "listed");
		} else if (command) {
			t->pos += 2;
			command->run(s);
		} else if (is_action(t)) {
			script_action(s);
		} else {
			t->pos++;
			text_unexpected(t, "a command");
		}
	} else {
		script_fail(s, "script: %s", s->text_error.message);
	}
	t->pos = end;
}

static void run_commands(struct script *s)
{
	struct text *t = &s->text;
	jmp_buf on_fail;
	t->on_fail = &on_fail;
	if (setjmp(on_fail)) {
		script_fail(s, "script: %s", s->text_error.message);
		return;
	}
	text_lex(t, t->source, t->len);
	/* A script may be a module's fields alone. */
	if (!command_at(t) && !is_action(t)) {
		s->line = 1;
		script_module(s);
		return;
	}
	while (!text_is(t, TOKEN_END))
		run_command(s);
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0) {
		perror(path);
		exit(2);
	}
	long size = ftell(file);
	rewind(file);
	char *bytes = checked(malloc((size_t)size + 1));
	*ret_len = fread(bytes, 1, (size_t)size, file);
	fclose(file);
	return bytes;
}

int main(int argc, char **argv)
{
	struct script script = {.line = 1};
	const char *path = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--portable") == 0)
			ir_use_portable_handlers();
		else if (strcmp(argv[i], "--no-guard-pages") == 0)
			script.no_guard_pages = true;
		else if (strcmp(argv[i], "--validate-first") == 0)
			script.validate_first = true;
		else if (strcmp(argv[i], "--legacy-exceptions") == 0)
			script.features |= ENGINE_FEATURE_LEGACY_EXCEPTIONS;
		else if (strcmp(argv[i], "--one-memory-and-table") == 0)
			script.features |= ENGINE_FEATURE_ONE_MEMORY | ENGINE_FEATURE_ONE_TABLE;
		else if (strcmp(argv[i], "--collect-always") == 0)
			script.collect_always = true;
		else if (strcmp(argv[i], "--count-instructions") == 0)
			script.count_instructions = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			script.verbose = true;
		else if (strncmp(argv[i], "--skip=", 7) == 0 && script.n_skips < MAX_SKIPS)
			script.skips[script.n_skips++] = strtoul(argv[i] + 7, NULL, 10);
		else
			path = argv[i];
	}
	if (!path) {
		fputs("usage: spec_runner [--no-guard-pages] [--validate-first] [--portable] [--legacy-exceptions] "
		      "[--one-memory-and-table] [--collect-always] [--count-instructions] [--verbose] [--skip=LINE]... SCRIPT.wast\n", stderr);
		return 2;
	}
	struct engine_config config = {.no_guard_pages = script.no_guard_pages,
				       .collect_always = script.collect_always,
				       .count_instructions = script.count_instructions};
	char *source = read_file(path, &script.text.len);
	script.text.source = source;
	script.text.error = &script.text_error;
	script.store = checked(engine_store_new(&config));
	if (!spectest_make(&script.spectest, script.store))
		checked(NULL);
	run_commands(&script);
	printf("SUM %u %u %u %u\n", script.passed, script.failed, script.skipped, script.other_words);
	engine_store_free(script.store);
	script_free_modules(&script);
	text_free(&script.text);
	free(source);
	return script.failed > 0;
}
