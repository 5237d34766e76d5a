/* The commands that call functions and read globals. */
#include <inttypes.h>
#include <stdio.h>

#include "script.h"

enum { MAX_VALUES = 1024 };

struct outcome {
	enum engine_error_kind kind;
	struct engine_error error;
	size_t n_results;
	union engine_value results[MAX_VALUES];
	engine_type_t types[MAX_VALUES];
};

static void call(struct script *s, engine_func_t *func, struct text_name name, struct outcome *outcome)
{
	struct engine_functype type = engine_func_type(func);
	union engine_value values[MAX_VALUES];
	engine_type_t types[MAX_VALUES];
	size_t n = script_constants(s, values, types, MAX_VALUES);
	if (type.n_params != n || type.result_values > MAX_VALUES)
		text_fail(&s->text, text_peek(&s->text)->at, "\"%.*s\" takes %u arguments", (int)name.len, name.p, type.n_params);
	outcome->n_results = type.n_results;
	for (size_t i = 0; i < type.n_results; i++)
		outcome->types[i] = type.results[i];
	outcome->kind = engine_call(s->store, func, values, outcome->results, &outcome->error);
}

/* Performs the action at the cursor, which is then behind it. */
static void perform(struct script *s, struct outcome *outcome)
{
	struct text *t = &s->text;
	struct engine_extern export;
	bool invoke = text_accept_list(t, "invoke"), mutable_;
	if (!invoke && !text_accept_list(t, "get"))
		text_unexpected(t, "(invoke …) or (get …)");
	struct named *module = script_target(s);
	struct text_name name = text_strings(t);
	enum engine_extern_kind kind = invoke ? ENGINE_EXTERN_FUNC : ENGINE_EXTERN_GLOBAL;
	if (!module || !module->instance || !engine_export(module->instance, name.p, name.len, &export) ||
	    export.kind != kind)
		text_fail(t, text_peek(t)->at, "no module, or it has no export \"%.*s\"", (int)name.len, name.p);
	outcome->kind = ENGINE_OK;
	outcome->error = (struct engine_error){0};
	if (invoke) {
		call(s, export.u.func, name, outcome);
	} else {
		outcome->n_results = 1;
		outcome->types[0] = engine_global_type(export.u.global, &mutable_);
		outcome->results[0] = engine_global_get(export.u.global);
		outcome->results[1].i64 = engine_global_get_upper(export.u.global);
	}
	text_expect(t, TOKEN_RPAR, ")");
}

void script_action(struct script *s)
{
	struct outcome outcome;
	perform(s, &outcome);
	if (outcome.kind != ENGINE_OK)
		script_fail(s, "action: %s: %s", kind_name(outcome.kind), outcome.error.message);
}

void script_assert_return(struct script *s)
{
	struct text *t = &s->text;
	struct outcome outcome;
	perform(s, &outcome);
	if (outcome.kind != ENGINE_OK) {
		script_fail(s, "%s: %s", kind_name(outcome.kind), outcome.error.message);
		return;
	}
	size_t i = 0;
	const union engine_value *value = outcome.results;
	for (; i < outcome.n_results && text_is(t, TOKEN_LPAR); i++) {
		size_t at = text_peek(t)->at;
		if (!script_matches(s, outcome.types[i], value)) {
			const struct token *last = text_peek(t) - 1; /* of the pattern */
			script_fail(s, "result %zu is 0x%" PRIx64 " of type 0x%x, expected %.*s", i, value->bits,
				    outcome.types[i], (int)(last->at + last->len - at), t->source + at);
			return;
		}
		value += outcome.types[i] == ENGINE_V128 ? 2 : 1;
	}
	if (i < outcome.n_results || !text_is(t, TOKEN_RPAR))
		script_fail(s, "%zu results, expected another number", outcome.n_results);
	else
		s->passed++;
}

void script_assert_trap(struct script *s)
{
	struct text *t = &s->text;
	struct outcome outcome;
	if (text_is_list(t, "module")) {
		script_bad_module(s, ENGINE_TRAP);
		return;
	}
	perform(s, &outcome);
	struct text_name expected = text_strings(t);
	if (outcome.kind == ENGINE_TRAP && words_match(outcome.error.message, expected))
		s->passed++;
	else
		script_fail(s, "expected trap \"%.*s\", got %s: %s", (int)expected.len, expected.p,
			    kind_name(outcome.kind), outcome.error.message);
}

void script_assert_exception(struct script *s)
{
	struct outcome outcome;
	perform(s, &outcome);
	if (outcome.kind == ENGINE_EXCEPTION)
		s->passed++;
	else
		script_fail(s, "expected an exception, got %s: %s", kind_name(outcome.kind), outcome.error.message);
}
