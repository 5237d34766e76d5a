/* A spec script being run: what its commands share. */
#ifndef WASIWARD_TEST_SCRIPT_H
#define WASIWARD_TEST_SCRIPT_H

#include "engine.h"
#include "spectest.h"
#include "text.h"

/* A module under a name: an id of the script, or the string of a register command. */
struct named {
	struct text_name name;
	engine_module_t *module;     /* NULL if it failed */
	engine_instance_t *instance; /* likewise, and NULL for definitions */
};

struct named_list {
	struct named *items;
	size_t count;
};

enum { MAX_SKIPS = 32 };

struct script {
	struct text text;
	struct engine_error text_error;
	unsigned features; /* of enum engine_feature */
	bool no_guard_pages, validate_first, collect_always, count_instructions, verbose;
	engine_store_t *store;
	struct spectest spectest;
	struct named current, definition; /* what commands without an id are about */
	struct named_list ids, definitions, registered;
	engine_module_t **modules;
	uint8_t **binaries;
	size_t n_modules;
	size_t line, line_at; /* of the command that runs, and its place in the source */
	unsigned passed, failed, skipped, other_words;
	size_t skips[MAX_SKIPS], n_skips; /* lines of commands that are left out */
};

/* ---- reports (spec_runner.c): one line each, with the command's line ---- */

void script_fail(struct script *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void script_skip(struct script *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The engine says something else than the script: noted, since engines may choose their words. */
void script_other_words(struct script *s, const char *said, struct text_name expected);
const char *kind_name(enum engine_error_kind kind);
void *checked(void *pointer);

/* True if message begins with the expected words, or with all of them but an index at their end. */
bool words_match(const char *message, struct text_name expected);

/* ---- modules (script_modules.c) ---- */

/* (module …), cursor behind "(module". */
void script_module(struct script *s);
void script_register(struct script *s);

/* assert_malformed and its like, cursor behind the word; want: how loading or instantiating must end. */
void script_bad_module(struct script *s, enum engine_error_kind want);

/* The module of an action: its id, if one follows, or the current one. NULL if there is none. */
struct named *script_target(struct script *s);
void script_free_modules(struct script *s);

/* ---- values (script_values.c) ---- */

/* Constants up to the closing parenthesis of the list. Returns how many; types say of what type each is, and
 * room how many values there may be (a v128 is two). */
size_t script_constants(struct script *s, union engine_value *values, engine_type_t *types, size_t room);

/* Whether a value matches the pattern at the cursor, which is moved past it. */
bool script_matches(struct script *s, engine_type_t type, const union engine_value *value);

/* ---- actions (script_actions.c) ---- */

/* invoke and get as commands, cursor at the opening parenthesis. */
void script_action(struct script *s);
void script_assert_return(struct script *s);
/* assert_trap, assert_exhaustion: of an action or, assert_trap only, of a module. */
void script_assert_trap(struct script *s);
/* assert_exception: an exception that nobody catches. */
void script_assert_exception(struct script *s);

#endif
