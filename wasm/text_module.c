/* Modules of the text format: binding names, then field by field. */
#include "text_assembler.h"

#include <string.h>

#include "text_number.h"
#include "utf8.h"

static const char *const space_names[] = {
	[SPACE_TYPE] = "type",	       [SPACE_FUNC] = "function",     [SPACE_TABLE] = "table",
	[SPACE_MEMORY] = "memory",     [SPACE_GLOBAL] = "global",     [SPACE_TAG] = "tag",
	[SPACE_ELEM] = "elem segment", [SPACE_DATA] = "data segment", [SPACE_LOCAL] = "local",
	[SPACE_FIELD] = "field",
};

/* Fields that define something that can be imported and exported: their word, kind in the binary format, section. */
static const struct {
	const char *word;
	enum text_space space;
	uint8_t kind;
} externs[] = {
	{"func", SPACE_FUNC, 0},     {"table", SPACE_TABLE, 1}, {"memory", SPACE_MEMORY, 2},
	{"global", SPACE_GLOBAL, 3}, {"tag", SPACE_TAG, 4},
};
enum { N_EXTERNS = sizeof(externs) / sizeof(externs[0]) };

/* The index in externs of the next token, or -1. */
static int extern_word(const struct text *t)
{
	for (int i = 0; i < N_EXTERNS; i++)
		if (token_is_word(t, text_peek(t), externs[i].word))
			return i;
	return -1;
}

/* ---- names ---- */

void text_bind(struct assembler *a, enum text_space space, uint32_t scope, const struct token *id, uint32_t index)
{
	struct text_name name = text_id_of(a->t, id);
	if (!symtab_add(a->t, &a->symbols, space, scope, name, index))
		text_fail(a->t, id->at, "duplicate %s $%.*s", space == SPACE_FUNC ? "func" : space_names[space],
			  (int)(name.len < 80 ? name.len : 80), name.p);
}

bool token_is_index(const struct text *t, const struct token *token)
{
	return token->kind == TOKEN_ID || token_is_natural(t, token);
}

static uint32_t index_in(struct assembler *a, enum text_space space, uint32_t scope)
{
	struct text *t = a->t;
	uint32_t index;
	if (!text_is(t, TOKEN_ID))
		return (uint32_t)text_natural(t, 32);
	struct text_name name = text_id_of(t, text_peek(t));
	if (!symtab_find(&a->symbols, space, scope, name, &index))
		text_fail(t, text_peek(t)->at, "unknown %s $%.*s", space_names[space],
			  (int)(name.len < 80 ? name.len : 80), name.p);
	t->pos++;
	return index;
}

uint32_t text_index(struct assembler *a, enum text_space space)
{
	return index_in(a, space, 0);
}

uint32_t text_local(struct assembler *a)
{
	return index_in(a, SPACE_LOCAL, a->func);
}

uint32_t text_field(struct assembler *a, uint32_t type)
{
	return index_in(a, SPACE_FIELD, type);
}

/* (@name "…"), which says what a debugger shall call a thing. */
static bool name_annotation(struct assembler *a, struct text_name *ret_name)
{
	struct text *t = a->t;
	struct annotation *annotation = text_annotation(t, ANNOTATION_NAME);
	if (!annotation)
		return false;
	const struct token *token = &t->inner[annotation->first];
	if (annotation->n != 1 || token->kind != TOKEN_STRING)
		text_fail(t, annotation->at, "@name annotation: unexpected token, expected one string");
	*ret_name = text_string_of(t, token);
	if (utf8_invalid((const uint8_t *)ret_name->p, ret_name->len))
		text_fail(t, token->at, "@name annotation: malformed UTF-8 encoding");
	return true;
}

/* Counts a definition and binds its name, if there is one at the cursor, which stays behind it. */
static void define(struct assembler *a, enum text_space space)
{
	struct text *t = a->t;
	struct text_name name;
	uint32_t index = a->counts[space]++;
	bool named = text_is(t, TOKEN_ID);
	if (named) {
		text_bind(a, space, 0, text_peek(t), index);
		name = text_id_of(t, text_peek(t));
		t->pos++;
	}
	named |= name_annotation(a, &name);
	if (named) {
		a->n_names[space]++;
		bytes_unsigned(t, &a->names[space], index);
		bytes_name(t, &a->names[space], name);
	}
}

/* ---- first pass ---- */

/* Whether the list around the cursor holds (word …). */
static bool has_list(struct text *t, const char *word)
{
	uint32_t start = t->pos;
	bool found = false;
	while (!found && !text_is(t, TOKEN_RPAR) && !text_is(t, TOKEN_END)) {
		found = text_is_list(t, word);
		if (text_accept(t, TOKEN_LPAR))
			text_skip_list(t);
		else
			t->pos++;
	}
	t->pos = start;
	return found;
}

/* Imports come before all definitions: *defined is the word of one that was there. */
static void bind_extern(struct assembler *a, int which, const char **defined)
{
	struct text *t = a->t;
	size_t at = text_peek(t)->at;
	t->pos++;
	define(a, externs[which].space);
	while (text_accept_list(t, "export"))
		text_skip_list(t);
	if (!text_is_list(t, "import"))
		*defined = which ? externs[which].word : "function";
	else if (*defined)
		text_fail(t, at, "import after %s", *defined);
	if (externs[which].space == SPACE_TABLE && has_list(t, "elem"))
		a->counts[SPACE_ELEM]++;
	if (externs[which].space == SPACE_MEMORY && has_list(t, "data"))
		a->counts[SPACE_DATA]++;
}

static void bind_import(struct assembler *a, const char *defined)
{
	struct text *t = a->t;
	size_t at = text_peek(t)->at;
	t->pos++;
	if (defined)
		text_fail(t, at, "import after %s", defined);
	text_utf8(t);
	text_utf8(t);
	text_expect(t, TOKEN_LPAR, "(");
	int which = extern_word(t);
	if (which < 0)
		text_unexpected(t, "func, table, memory, global or tag");
	t->pos++;
	define(a, externs[which].space);
	text_skip_list(t);
}

static void bind_types(struct assembler *a)
{
	struct text *t = a->t;
	if (text_accept_word(t, "type")) {
		define(a, SPACE_TYPE);
		return;
	}
	t->pos++; /* rec */
	while (text_accept_list(t, "type")) {
		define(a, SPACE_TYPE);
		text_skip_list(t);
	}
}

static void bind_field(struct assembler *a, const char **defined)
{
	struct text *t = a->t;
	int which = extern_word(t);
	if (which >= 0)
		bind_extern(a, which, defined);
	else if (token_is_word(t, text_peek(t), "import"))
		bind_import(a, *defined);
	else if (token_is_word(t, text_peek(t), "type") || token_is_word(t, text_peek(t), "rec"))
		bind_types(a);
	else if (text_accept_word(t, "elem"))
		define(a, SPACE_ELEM);
	else if (text_accept_word(t, "data"))
		define(a, SPACE_DATA);
	else if (!token_is_word(t, text_peek(t), "export") && !token_is_word(t, text_peek(t), "start"))
		text_fail(t, text_peek(t)->at, "unknown operator or unexpected token %.*s, expected a module field",
			  (int)(text_peek(t)->len < 80 ? text_peek(t)->len : 80), t->source + text_peek(t)->at);
	text_skip_list(t);
}

/* Notes where fields begin, up to what closes the module. */
static void bind_fields(struct assembler *a, enum token_kind close)
{
	struct text *t = a->t;
	const char *defined = NULL;
	while (!text_is(t, close)) {
		text_expect(t, TOKEN_LPAR, "( or )");
		bytes_put(t, &a->fields, &t->pos, sizeof(t->pos));
		bind_field(a, &defined);
	}
}

/* ---- fields ---- */

/* (export "name") … and (import "module" "name") of a definition; true if it is imported. */
static bool inline_externs(struct assembler *a, int which)
{
	struct text *t = a->t;
	text_accept(t, TOKEN_ID);
	while (text_accept_list(t, "export")) {
		struct bytes *out = text_item(a, TEXT_EXPORT);
		bytes_name(t, out, text_utf8(t));
		bytes_byte(t, out, externs[which].kind);
		bytes_unsigned(t, out, a->next[externs[which].space]);
		text_expect(t, TOKEN_RPAR, ")");
	}
	if (!text_accept_list(t, "import"))
		return false;
	struct bytes *out = text_item(a, TEXT_IMPORT);
	bytes_name(t, out, text_utf8(t));
	bytes_name(t, out, text_utf8(t));
	text_expect(t, TOKEN_RPAR, ")");
	return true;
}

static void extern_type(struct assembler *a, int which, enum text_param_names names)
{
	struct text *t = a->t;
	struct bytes *out = &a->sections[TEXT_IMPORT];
	bytes_byte(t, out, externs[which].kind);
	switch (externs[which].space) {
	case SPACE_FUNC:
		bytes_unsigned(t, out, text_type_use(a, names));
		break;
	case SPACE_TABLE:
		a->items.len = 0;
		text_limits(a, &a->items);
		text_reftype(a, out);
		bytes_append(t, out, &a->items);
		break;
	case SPACE_MEMORY:
		text_limits(a, out);
		break;
	case SPACE_GLOBAL:
		text_global_type(a, out);
		break;
	default:
		bytes_byte(t, out, 0);
		bytes_unsigned(t, out, text_type_use(a, names));
	}
}

static void import_field(struct assembler *a)
{
	struct text *t = a->t;
	struct bytes *out = text_item(a, TEXT_IMPORT);
	bytes_name(t, out, text_utf8(t));
	bytes_name(t, out, text_utf8(t));
	t->pos++;
	int which = extern_word(t);
	t->pos++;
	text_accept(t, TOKEN_ID);
	a->next[externs[which].space]++;
	extern_type(a, which, TEXT_IGNORED_NAMES);
	text_expect(t, TOKEN_RPAR, ")");
}

static void locals(struct assembler *a)
{
	struct text *t = a->t;
	uint32_t groups = 0, run = 0;
	a->locals.len = a->items.len = a->type.len = 0;
	/* items: the groups so far; type: that of the current run; offset: the type just read. */
	while (text_accept_list(t, "local")) {
		bool named = text_is(t, TOKEN_ID);
		if (named) {
			text_bind(a, SPACE_LOCAL, a->func, text_peek(t), a->n_locals);
			t->pos++;
		}
		while (named || !text_is(t, TOKEN_RPAR)) {
			a->offset.len = 0;
			text_valtype(a, &a->offset);
			a->n_locals++;
			bool same = run > 0 && a->offset.len == a->type.len &&
				    memcmp(a->offset.p, a->type.p, a->type.len) == 0;
			if (!same && run > 0) {
				bytes_unsigned(t, &a->items, run);
				bytes_append(t, &a->items, &a->type);
				groups++;
			}
			run = same ? run + 1 : 1;
			a->type.len = 0;
			bytes_append(t, &a->type, &a->offset);
			if (named)
				break;
		}
		text_expect(t, TOKEN_RPAR, ")");
	}
	bytes_unsigned(t, &a->locals, groups + (run > 0));
	bytes_append(t, &a->locals, &a->items);
	if (run > 0) {
		bytes_unsigned(t, &a->locals, run);
		bytes_append(t, &a->locals, &a->type);
	}
}

static void func_field(struct assembler *a)
{
	struct text *t = a->t;
	a->func = a->next[SPACE_FUNC];
	if (inline_externs(a, 0)) {
		extern_type(a, 0, TEXT_LOCAL_NAMES);
	} else {
		bytes_unsigned(t, text_item(a, TEXT_FUNCTION), text_type_use(a, TEXT_LOCAL_NAMES));
		locals(a);
		a->body.len = a->pending.len = a->labels.len = a->frames.len = a->body_marks.len = 0;
		text_expression(a, &a->body);
		struct bytes *out = text_item(a, TEXT_CODE);
		bytes_unsigned(t, out, a->locals.len + a->body.len);
		bytes_append(t, out, &a->locals);
		const struct text_mark *marks = (const void *)a->body_marks.p;
		for (size_t i = 0; i < a->body_marks.len / sizeof(*marks); i++)
			text_mark(a, &a->marks, TEXT_CODE, out->len + marks[i].offset, marks[i].at);
		bytes_append(t, out, &a->body);
	}
	a->next[SPACE_FUNC]++;
}

/* A table with its elements: their number is its size. */
static void table_of_elements(struct assembler *a, uint32_t index, bool is64)
{
	struct text *t = a->t;
	a->type.len = 0;
	text_reftype(a, &a->type);
	struct bytes *out = text_item(a, TEXT_TABLE);
	bytes_append(t, out, &a->type);
	if (!text_accept_list(t, "elem"))
		text_unexpected(t, "(elem …)");
	uint32_t n = text_inline_elem(a, index, is64);
	bytes_byte(t, out, (uint8_t)(1 | is64 << 2));
	bytes_unsigned(t, out, n);
	bytes_unsigned(t, out, n);
}

static void table_field(struct assembler *a)
{
	struct text *t = a->t;
	uint32_t index = a->next[SPACE_TABLE];
	bool imported = inline_externs(a, 1);
	a->next[SPACE_TABLE]++;
	if (imported) {
		extern_type(a, 1, TEXT_NO_NAMES);
		return;
	}
	bool is64 = token_is_word(t, text_peek(t), "i64"), address = is64 || token_is_word(t, text_peek(t), "i32");
	if (text_peek_at(t, address)->kind != TOKEN_NUMBER) {
		t->pos += address;
		table_of_elements(a, index, is64);
		return;
	}
	struct bytes *out = text_item(a, TEXT_TABLE);
	a->items.len = a->type.len = 0;
	text_limits(a, &a->items);
	text_reftype(a, &a->type);
	bool initial = !text_is(t, TOKEN_RPAR);
	if (initial)
		bytes_put(t, out, "\x40", 2);
	bytes_append(t, out, &a->type);
	bytes_append(t, out, &a->items);
	if (initial)
		text_expression(a, out);
}

static void memory_field(struct assembler *a)
{
	struct text *t = a->t;
	uint32_t index = a->next[SPACE_MEMORY];
	bool imported = inline_externs(a, 2);
	a->next[SPACE_MEMORY]++;
	if (imported) {
		extern_type(a, 2, TEXT_NO_NAMES);
		return;
	}
	bool is64 = token_is_word(t, text_peek(t), "i64"), address = is64 || token_is_word(t, text_peek(t), "i32");
	struct bytes *out = text_item(a, TEXT_MEMORY);
	const struct token *word = text_peek_at(t, address + 1u);
	if (text_peek_at(t, address)->kind != TOKEN_LPAR || !token_is_word(t, word, "data")) {
		text_limits(a, out);
		return;
	}
	t->pos += address + 2u;
	uint64_t pages = text_inline_data(a, index, is64);
	bytes_byte(t, out, (uint8_t)(1 | is64 << 2));
	bytes_unsigned(t, out, pages);
	bytes_unsigned(t, out, pages);
}

static void global_field(struct assembler *a)
{
	bool imported = inline_externs(a, 3);
	a->next[SPACE_GLOBAL]++;
	if (imported) {
		extern_type(a, 3, TEXT_NO_NAMES);
		return;
	}
	struct bytes *out = text_item(a, TEXT_GLOBAL);
	text_global_type(a, out);
	text_expression(a, out);
}

static void tag_field(struct assembler *a)
{
	bool imported = inline_externs(a, 4);
	a->next[SPACE_TAG]++;
	if (imported) {
		extern_type(a, 4, TEXT_IGNORED_NAMES);
		return;
	}
	struct bytes *out = text_item(a, TEXT_TAG);
	bytes_byte(a->t, out, 0);
	bytes_unsigned(a->t, out, text_type_use(a, TEXT_IGNORED_NAMES));
}

static void export_field(struct assembler *a)
{
	struct text *t = a->t;
	struct bytes *out = text_item(a, TEXT_EXPORT);
	bytes_name(t, out, text_utf8(t));
	text_expect(t, TOKEN_LPAR, "(");
	int which = extern_word(t);
	if (which < 0)
		text_unexpected(t, "func, table, memory, global or tag");
	t->pos++;
	bytes_byte(t, out, externs[which].kind);
	bytes_unsigned(t, out, text_index(a, externs[which].space));
	text_expect(t, TOKEN_RPAR, ")");
}

static void start_field(struct assembler *a)
{
	if (a->has_start)
		text_fail(a->t, text_peek(a->t)->at, "multiple start sections");
	a->has_start = true;
	bytes_unsigned(a->t, &a->sections[TEXT_START], text_index(a, SPACE_FUNC));
}

/* Everything but types, which are read before. The cursor is at the field's word. */
static void field(struct assembler *a)
{
	static void (*const readers[])(struct assembler *) = {func_field, table_field, memory_field, global_field,
							      tag_field};
	struct text *t = a->t;
	int which = extern_word(t);
	if (token_is_word(t, text_peek(t), "type") || token_is_word(t, text_peek(t), "rec"))
		return;
	t->pos++;
	if (which >= 0)
		readers[which](a);
	else if (token_is_word(t, text_peek(t) - 1, "import"))
		import_field(a);
	else if (token_is_word(t, text_peek(t) - 1, "export"))
		export_field(a);
	else if (token_is_word(t, text_peek(t) - 1, "start"))
		start_field(a);
	else if (token_is_word(t, text_peek(t) - 1, "elem"))
		text_elem(a);
	else
		text_data(a);
	text_expect(t, TOKEN_RPAR, ")");
}

void text_read_module(struct assembler *a, enum token_kind close)
{
	struct text *t = a->t;
	uint32_t start = t->pos;
	struct text_name name;
	if (name_annotation(a, &name))
		a->module_name = name;
	else if (close == TOKEN_RPAR && text_is(t, TOKEN_ID))
		a->module_name = text_id_of(t, text_peek(t));
	if (close == TOKEN_RPAR && text_accept(t, TOKEN_ID) && name_annotation(a, &name))
		a->module_name = name;
	bind_fields(a, close);
	uint32_t end = t->pos;
	const uint32_t *fields = (const void *)a->fields.p;
	size_t n_fields = a->fields.len / sizeof(*fields);
	for (size_t i = 0; i < n_fields; i++) {
		t->pos = fields[i];
		if (text_accept_word(t, "type"))
			text_type_definition(a);
		else if (text_accept_word(t, "rec"))
			text_rec_definition(a);
	}
	for (size_t i = 0; i < n_fields; i++) {
		t->pos = fields[i];
		field(a);
	}
	text_custom_annotations(a, start, end);
	t->pos = end;
	text_expect(t, close, close == TOKEN_RPAR ? ")" : "the end");
}
