/* The commands about modules: defining, instantiating, registering, and asserting that one is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

/* ---- names ---- */

static struct named *find(struct named_list *list, struct text_name name)
{
	for (size_t i = list->count; i-- > 0;)
		if (list->items[i].name.len == name.len && memcmp(list->items[i].name.p, name.p, name.len) == 0)
			return &list->items[i];
	return NULL;
}

static void set(struct named_list *list, struct text_name name, struct named module)
{
	struct named *old = find(list, name);
	module.name = name;
	if (old) {
		*old = module;
		return;
	}
	list->items = checked(realloc(list->items, (list->count + 1) * sizeof *list->items));
	list->items[list->count++] = module;
}

static struct text_name optional_id(struct text *t)
{
	struct text_name name = {NULL, 0};
	if (text_is(t, TOKEN_ID))
		name = text_id_of(t, &t->tokens[t->pos++]);
	return name;
}

struct named *script_target(struct script *s)
{
	struct text_name id = optional_id(&s->text);
	return id.p ? find(&s->ids, id) : &s->current;
}

/* ---- loading ---- */

/* Keeps a binary for as long as the script runs, and loads it. */
static enum engine_error_kind load_binary(struct script *s, struct bytes binary, engine_module_t **ret_module,
					  struct engine_error *error)
{
	size_t index = s->n_modules++;
	s->modules = checked(realloc(s->modules, s->n_modules * sizeof *s->modules));
	s->binaries = checked(realloc(s->binaries, s->n_modules * sizeof *s->binaries));
	s->modules[index] = NULL;
	s->binaries[index] = binary.p;
	enum engine_error_kind kind =
		engine_module_load(binary.p ? binary.p : (uint8_t *)"", binary.len, &s->modules[index], error);
	if (kind != ENGINE_OK)
		s->modules[index] = NULL;
	*ret_module = s->modules[index];
	return kind;
}

static enum engine_error_kind assemble_quoted(struct script *s, struct bytes *binary, struct engine_error *error)
{
	struct text_name quoted = text_strings(&s->text);
	return text_assemble(quoted.p, quoted.len, &binary->p, &binary->len, error);
}

/* A module in any of its forms, cursor behind "(module" and id; to is set behind the module's end. */
static enum engine_error_kind load(struct script *s, bool validate, engine_module_t **ret_module,
				   struct engine_error *error)
{
	struct text *t = &s->text;
	struct bytes binary = {0};
	enum engine_error_kind kind = ENGINE_OK;
	if (text_accept_word(t, "binary")) {
		struct text_name bytes = text_strings(t);
		bytes_put(t, &binary, bytes.p, bytes.len);
		text_expect(t, TOKEN_RPAR, ")");
	} else if (text_accept_word(t, "quote")) {
		kind = assemble_quoted(s, &binary, error);
		text_expect(t, TOKEN_RPAR, ")");
	} else {
		uint32_t start = t->pos;
		bool alone = start == 0; /* the script is one module's fields */
		kind = text_module(t, alone ? TOKEN_END : TOKEN_RPAR, &binary);
		*error = *t->error;
		t->pos = alone ? t->n_tokens - 1 : start;
		if (!alone)
			text_skip_list(t);
	}
	*ret_module = NULL;
	if (kind != ENGINE_OK) {
		bytes_free(&binary);
		return kind;
	}
	kind = load_binary(s, binary, ret_module, error);
	if (kind == ENGINE_OK)
		engine_module_set_features(*ret_module, s->features);
	return kind == ENGINE_OK && validate ? engine_module_validate(*ret_module, error) : kind;
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct script *s = user;
	struct named *module = find(&s->registered, (struct text_name){import->module, import->module_len});
	if (module && module->instance)
		return engine_export(module->instance, import->name, import->name_len, ret_extern);
	return import->module_len == strlen("spectest") &&
	       memcmp(import->module, "spectest", import->module_len) == 0 &&
	       spectest_resolve(&s->spectest, import->name, import->name_len, ret_extern);
}

static enum engine_error_kind instantiate(struct script *s, engine_module_t *module, engine_instance_t **ret_instance,
					  struct engine_error *error)
{
	return engine_instantiate(s->store, module, resolve, s, ret_instance, error);
}

/* ---- commands ---- */

/* (module instance $name $definition) */
static void module_instance(struct script *s)
{
	struct engine_error error = {0};
	struct text_name name = optional_id(&s->text), of = optional_id(&s->text);
	struct named *definition = of.p ? find(&s->definitions, of) : &s->definition;
	if (!definition || !definition->module) {
		script_fail(s, "module instance: no such definition");
		return;
	}
	struct named module = {.module = definition->module};
	enum engine_error_kind kind = instantiate(s, module.module, &module.instance, &error);
	if (kind != ENGINE_OK) {
		module.instance = NULL;
		script_fail(s, "module: %s: %s", kind_name(kind), error.message);
	}
	s->current = module;
	if (name.p)
		set(&s->ids, name, module);
}

void script_module(struct script *s)
{
	struct text *t = &s->text;
	struct engine_error error = {0};
	struct named module = {0};
	if (text_accept_word(t, "instance")) {
		module_instance(s);
		return;
	}
	bool definition = text_accept_word(t, "definition");
	uint32_t at_id = t->pos;
	struct text_name id = optional_id(t);
	if (id.p && !token_is_word(t, text_peek(t), "binary") && !token_is_word(t, text_peek(t), "quote"))
		t->pos = at_id; /* the assembler wants to see it */
	enum engine_error_kind kind = load(s, s->validate_first, &module.module, &error);
	if (kind == ENGINE_OK && !definition)
		kind = instantiate(s, module.module, &module.instance, &error);
	if (kind != ENGINE_OK) {
		module.instance = NULL;
		script_fail(s, "module: %s: %s", kind_name(kind), error.message);
	}
	s->definition = module;
	if (id.p)
		set(&s->definitions, id, module);
	if (definition)
		return;
	s->current = module;
	if (id.p)
		set(&s->ids, id, module);
}

void script_register(struct script *s)
{
	struct text_name name = text_strings(&s->text);
	struct named *module = script_target(s);
	if (!module)
		script_fail(s, "register: no such module");
	else
		set(&s->registered, name, *module);
}

void script_bad_module(struct script *s, enum engine_error_kind want)
{
	struct text *t = &s->text;
	struct engine_error error = {0};
	engine_module_t *module;
	engine_instance_t *instance;
	if (!text_accept_list(t, "module"))
		text_unexpected(t, "(module …)");
	bool run = want == ENGINE_UNLINKABLE || want == ENGINE_TRAP;
	uint32_t at_id = t->pos;
	if (text_accept(t, TOKEN_ID) && !token_is_word(t, text_peek(t), "binary") &&
	    !token_is_word(t, text_peek(t), "quote"))
		t->pos = at_id;
	enum engine_error_kind kind = load(s, !run || s->validate_first, &module, &error);
	if (kind == ENGINE_OK && run)
		kind = instantiate(s, module, &instance, &error);
	struct text_name expected = text_strings(t);
	if (kind == want) {
		s->passed++;
		if (!words_match(error.message, expected))
			script_other_words(s, error.message, expected);
	} else {
		script_fail(s, "expected %s (%.*s), got %s: %s", kind_name(want), (int)expected.len, expected.p,
			    kind_name(kind), error.message);
	}
}

void script_free_modules(struct script *s)
{
	for (size_t i = 0; i < s->n_modules; i++) {
		if (s->modules[i])
			engine_module_free(s->modules[i]);
		free(s->binaries[i]);
	}
	free(s->modules);
	free(s->binaries);
	free(s->ids.items);
	free(s->definitions.items);
	free(s->registered.items);
}
