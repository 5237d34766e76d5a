/* Types of the text format: value types, definitions, type uses. */
#include "text_assembler.h"
#include "text_number.h"

#include <string.h>

struct type_word {
	const char *word;
	uint8_t code;
};

static const struct type_word numeric_types[] = {
	{"i32", 0x7f}, {"i64", 0x7e}, {"f32", 0x7d}, {"f64", 0x7c}, {"v128", 0x7b}};

/* Heap types, and the nullable references to them, which have the same codes. */
static const struct type_word heap_types[] = {
	{"func", 0x70},	 {"extern", 0x6f}, {"any", 0x6e},  {"eq", 0x6d},       {"i31", 0x6c},	 {"struct", 0x6b},
	{"array", 0x6a}, {"exn", 0x69},	   {"none", 0x71}, {"noextern", 0x72}, {"nofunc", 0x73}, {"noexn", 0x74},
};
static const struct type_word ref_types[] = {
	{"funcref", 0x70}, {"externref", 0x6f},	    {"anyref", 0x6e},	   {"eqref", 0x6d},
	{"i31ref", 0x6c},  {"structref", 0x6b},	    {"arrayref", 0x6a},	   {"exnref", 0x69},
	{"nullref", 0x71}, {"nullexternref", 0x72}, {"nullfuncref", 0x73}, {"nullexnref", 0x74},
};

enum {
	REF = 0x64,
	REF_NULL = 0x63,
	REC = 0x4e,
	SUB_FINAL = 0x4f,
	SUB = 0x50,
	FUNC = 0x60,
	STRUCT = 0x5f,
	ARRAY = 0x5e
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The code of the next token in a list of words, or 0; the token stays. */
static uint8_t word_code(const struct text *t, const struct type_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (token_is_word(t, text_peek(t), words[i].word))
			return words[i].code;
	return 0;
}

void text_heaptype(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	uint8_t code = word_code(t, heap_types, N_OF(heap_types));
	if (code) {
		t->pos++;
		bytes_byte(t, out, code);
	} else if (token_is_index(t, text_peek(t))) {
		bytes_signed(t, out, text_index(a, SPACE_TYPE));
	} else {
		text_unexpected(t, "a heap type");
	}
}

bool text_at_reftype(const struct assembler *a)
{
	return word_code(a->t, ref_types, N_OF(ref_types)) || text_is_list(a->t, "ref");
}

bool text_reftype_parts(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	uint8_t code = word_code(t, ref_types, N_OF(ref_types));
	if (code) {
		t->pos++;
		bytes_byte(t, out, code);
		return true;
	}
	if (!text_accept_list(t, "ref"))
		text_unexpected(t, "a reference type");
	bool nullable = text_accept_word(t, "null");
	text_heaptype(a, out);
	text_expect(t, TOKEN_RPAR, ")");
	return nullable;
}

void text_reftype(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	uint8_t code = word_code(t, ref_types, N_OF(ref_types));
	if (code) {
		t->pos++;
		bytes_byte(t, out, code);
		return;
	}
	size_t at = out->len;
	bytes_byte(t, out, REF);
	if (text_reftype_parts(a, out)) {
		uint8_t heap = out->p[at + 1];
		out->p[at] = REF_NULL;
		/* Abstract heap types have one-byte codes with the sign bit of the number; their nullable references
		 * are short. */
		if (out->len == at + 2 && (heap & 0x40)) {
			out->p[at] = heap;
			out->len = at + 1;
		}
	}
}

void text_valtype(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	uint8_t code = word_code(t, numeric_types, N_OF(numeric_types));
	if (code) {
		t->pos++;
		bytes_byte(t, out, code);
	} else if (text_at_reftype(a)) {
		text_reftype(a, out);
	} else {
		text_unexpected(t, "a value type");
	}
}

/* A value type or a packed one, perhaps in (mut …). */
static void field_type(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	bool mutable_ = text_accept_list(t, "mut");
	if (text_accept_word(t, "i8"))
		bytes_byte(t, out, 0x78);
	else if (text_accept_word(t, "i16"))
		bytes_byte(t, out, 0x77);
	else
		text_valtype(a, out);
	if (mutable_)
		text_expect(t, TOKEN_RPAR, ")");
	bytes_byte(t, out, mutable_);
}

void text_limits(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	bool is64 = text_accept_word(t, "i64");
	if (!is64)
		text_accept_word(t, "i32");
	uint64_t min = text_natural(t, 64), max = 0;
	bool has_max = text_is(t, TOKEN_NUMBER);
	if (has_max)
		max = text_natural(t, 64);
	bool shared = text_accept_word(t, "shared");
	bytes_byte(t, out, (uint8_t)(has_max | shared << 1 | is64 << 2));
	bytes_unsigned(t, out, min);
	if (has_max)
		bytes_unsigned(t, out, max);
}

void text_global_type(struct assembler *a, struct bytes *out)
{
	bool mutable_ = text_accept_list(a->t, "mut");
	text_valtype(a, out);
	if (mutable_)
		text_expect(a->t, TOKEN_RPAR, ")");
	bytes_byte(a->t, out, mutable_);
}

/* ---- function types ---- */

/* (word type*) or, where allowed, (param $name type); returns how many. */
static uint32_t type_list(struct assembler *a, const char *word, struct bytes *out, enum text_param_names names)
{
	struct text *t = a->t;
	uint32_t n = 0;
	while (text_accept_list(t, word)) {
		if (names != TEXT_NO_NAMES && text_is(t, TOKEN_ID)) {
			if (names == TEXT_LOCAL_NAMES)
				text_bind(a, SPACE_LOCAL, a->func, text_peek(t), n);
			t->pos++;
			text_valtype(a, out);
			n++;
			text_expect(t, TOKEN_RPAR, ")");
			continue;
		}
		for (; !text_accept(t, TOKEN_RPAR); n++)
			text_valtype(a, out);
	}
	return n;
}

/* (param …)* (result …)*: to a->signature, with the counts in a. */
static void signature(struct assembler *a, enum text_param_names names)
{
	struct text *t = a->t;
	a->params.len = a->results.len = a->signature.len = 0;
	a->n_params = type_list(a, "param", &a->params, names);
	a->n_results = type_list(a, "result", &a->results, TEXT_NO_NAMES);
	bytes_unsigned(t, &a->signature, a->n_params);
	bytes_append(t, &a->signature, &a->params);
	bytes_unsigned(t, &a->signature, a->n_results);
	bytes_append(t, &a->signature, &a->results);
}

/* Notes the next type. encoded: the signature of a function type, else NULL. usable: a type use without a name may mean
 * it. */
static void note_type(struct assembler *a, const struct bytes *encoded, uint32_t n_params, bool usable)
{
	struct text *t = a->t;
	struct text_type type = {.n_params = n_params};
	if (encoded) {
		char *copy = pool_alloc(&t->pool, encoded->len, 1);
		if (!copy)
			text_no_memory(t);
		memcpy(copy, encoded->p, encoded->len);
		type.signature = (struct text_name){copy, encoded->len};
		if (usable) /* the first of equal ones stays */
			symtab_add(t, &a->symbols, SPACE_SIGNATURE, 0, type.signature,
				   (uint32_t)(a->types.len / sizeof(struct text_type)));
	}
	bytes_put(t, &a->types, &type, sizeof(type));
}

static uint32_t implicit_type(struct assembler *a)
{
	struct text_name name = {(const char *)a->signature.p, a->signature.len};
	uint32_t index;
	if (symtab_find(&a->symbols, SPACE_SIGNATURE, 0, name, &index))
		return index;
	index = (uint32_t)(a->types.len / sizeof(struct text_type));
	note_type(a, &a->signature, a->n_params, true);
	struct bytes *out = text_item(a, TEXT_TYPE);
	bytes_byte(a->t, out, FUNC);
	bytes_append(a->t, out, &a->signature);
	return index;
}

uint32_t text_type_use(struct assembler *a, enum text_param_names names)
{
	struct text *t = a->t;
	bool named = text_accept_list(t, "type");
	uint32_t index = 0;
	size_t at = text_peek(t)->at;
	if (named) {
		index = text_index(a, SPACE_TYPE);
		text_expect(t, TOKEN_RPAR, ")");
	}
	signature(a, names);
	uint32_t n_params = a->n_params;
	if (!named) {
		index = implicit_type(a);
	} else {
		/* Without parameters and results said twice, what the index means is the validator's business. */
		const struct text_type *type = text_type_at(a, index);
		bool silent = a->n_params + a->n_results == 0;
		if (!type && !silent)
			text_fail(t, at, "unknown type %u", index);
		if (type && !silent &&
		    (!type->signature.p || type->signature.len != a->signature.len ||
		     memcmp(type->signature.p, a->signature.p, a->signature.len) != 0))
			text_fail(t, at, "inline function type differs from the type it names");
		if (type && silent)
			n_params = type->n_params;
	}
	if (names == TEXT_LOCAL_NAMES)
		a->n_locals = n_params;
	return index;
}

void text_block_type(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	if (text_is_list(t, "type")) {
		bytes_signed(t, out, text_type_use(a, TEXT_NO_NAMES));
		return;
	}
	signature(a, TEXT_NO_NAMES);
	if (a->n_params == 0 && a->n_results == 0)
		bytes_byte(t, out, 0x40);
	else if (a->n_params == 0 && a->n_results == 1)
		bytes_append(t, out, &a->results);
	else
		bytes_signed(t, out, implicit_type(a));
}

/* ---- definitions ---- */

static void struct_type(struct assembler *a, uint32_t index, struct bytes *out)
{
	struct text *t = a->t;
	struct bytes *fields = &a->params; /* free while no signature is read */
	uint32_t n = 0;
	fields->len = 0;
	while (text_accept_list(t, "field")) {
		if (text_is(t, TOKEN_ID)) {
			text_bind(a, SPACE_FIELD, index, text_peek(t), n++);
			t->pos++;
			field_type(a, fields);
			text_expect(t, TOKEN_RPAR, ")");
			continue;
		}
		for (; !text_accept(t, TOKEN_RPAR); n++)
			field_type(a, fields);
	}
	bytes_byte(t, out, STRUCT);
	bytes_unsigned(t, out, n);
	bytes_append(t, out, fields);
}

/* (func …), (struct …) or (array …). usable: as in note_type. */
static void composite_type(struct assembler *a, uint32_t index, bool usable, struct bytes *out)
{
	struct text *t = a->t;
	if (text_accept_list(t, "func")) {
		signature(a, TEXT_IGNORED_NAMES);
		bytes_byte(t, out, FUNC);
		bytes_append(t, out, &a->signature);
		note_type(a, &a->signature, a->n_params, usable);
	} else if (text_accept_list(t, "struct")) {
		struct_type(a, index, out);
		note_type(a, NULL, 0, false);
	} else if (text_accept_list(t, "array")) {
		bytes_byte(t, out, ARRAY);
		field_type(a, out);
		note_type(a, NULL, 0, false);
	} else {
		text_unexpected(t, "a definition: (func …), (struct …) or (array …)");
	}
	text_expect(t, TOKEN_RPAR, ")");
}

/* Behind "(type" up to its closing parenthesis. alone: not in a group of several. */
static void sub_type(struct assembler *a, bool alone, struct bytes *out)
{
	struct text *t = a->t;
	uint32_t index = (uint32_t)(a->types.len / sizeof(struct text_type));
	text_accept(t, TOKEN_ID);
	if (!text_accept_list(t, "sub")) {
		composite_type(a, index, alone, out);
		text_expect(t, TOKEN_RPAR, ")");
		return;
	}
	bool final = text_accept_word(t, "final");
	struct bytes *supers = &a->results; /* free here, too */
	uint32_t n = 0;
	supers->len = 0;
	for (; token_is_index(t, text_peek(t)); n++)
		bytes_unsigned(t, supers, text_index(a, SPACE_TYPE));
	if (n > 0 || !final) {
		bytes_byte(t, out, final ? SUB_FINAL : SUB);
		bytes_unsigned(t, out, n);
		bytes_append(t, out, supers);
	}
	composite_type(a, index, alone && n == 0 && final, out);
	text_expect(t, TOKEN_RPAR, ")");
	text_expect(t, TOKEN_RPAR, ")");
}

void text_type_definition(struct assembler *a)
{
	sub_type(a, true, text_item(a, TEXT_TYPE));
}

void text_rec_definition(struct assembler *a)
{
	struct text *t = a->t;
	uint32_t n = 0, start = t->pos;
	for (; text_accept_list(t, "type"); n++)
		text_skip_list(t);
	t->pos = start;
	struct bytes *out = text_item(a, TEXT_TYPE);
	if (n != 1) {
		bytes_byte(t, out, REC);
		bytes_unsigned(t, out, n);
	}
	while (text_accept_list(t, "type"))
		sub_type(a, n == 1, out);
	text_expect(t, TOKEN_RPAR, ")");
}
