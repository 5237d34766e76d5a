/* Constants that scripts pass, and patterns that results must match. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "script.h"
#include "text_number.h"

/* ---- constants ---- */

/* (ref.null heap), (ref.extern n), (ref.host n), (ref.func): cursor behind the word. The heap type's word says the type. */
static const struct {
	const char *word;
	engine_type_t type;
} heap_words[] = {
	{"func", ENGINE_FUNCREF},      {"extern", ENGINE_EXTERNREF},	 {"any", ENGINE_ANYREF},     {"eq", ENGINE_EQREF},
	{"i31", ENGINE_I31REF},	       {"struct", ENGINE_STRUCTREF},	 {"array", ENGINE_ARRAYREF}, {"exn", ENGINE_EXNREF},
	{"none", ENGINE_NULLREF},      {"noextern", ENGINE_NOEXTERNREF}, {"nofunc", ENGINE_NOFUNCREF}, {"noexn", ENGINE_NOEXNREF},
};

/* A reference to something of the host's, as a value of extern. */
static union engine_value host_reference(struct text *t)
{
	uint64_t number = text_natural(t, 32);
	return (union engine_value){.external = (void *)(uintptr_t)(number + 1)}; /* 0 is a reference, NULL is none */
}

/* The same as a value of any. */
static union engine_value internal_reference(struct text *t)
{
	return engine_ref_host(host_reference(t).external);
}

/* ret_upper: of a v128, whose lower half is the result. */
static union engine_value constant(struct script *s, engine_type_t *ret_type, union engine_value *ret_upper)
{
	struct text *t = &s->text;
	union engine_value value = {.bits = 0};
	text_expect(t, TOKEN_LPAR, "a constant");
	if (text_accept_word(t, "i32.const")) {
		*ret_type = ENGINE_I32;
		value.i32 = (uint32_t)text_integer(t, 32);
	} else if (text_accept_word(t, "i64.const")) {
		*ret_type = ENGINE_I64;
		value.i64 = text_integer(t, 64);
	} else if (text_accept_word(t, "f32.const")) {
		*ret_type = ENGINE_F32;
		value.i32 = text_f32(t);
	} else if (text_accept_word(t, "f64.const")) {
		*ret_type = ENGINE_F64;
		value.i64 = text_f64(t);
	} else if (text_accept_word(t, "v128.const")) {
		uint8_t bytes[16];
		*ret_type = ENGINE_V128;
		text_v128(t, bytes);
		memcpy(&value, bytes, 8);
		memcpy(ret_upper, bytes + 8, 8);
	} else if (text_accept_word(t, "ref.extern")) {
		*ret_type = ENGINE_EXTERNREF;
		value = host_reference(t);
	} else if (text_accept_word(t, "ref.host")) {
		*ret_type = ENGINE_ANYREF;
		value = internal_reference(t);
	} else if (text_accept_word(t, "ref.null")) {
		*ret_type = ENGINE_EXTERNREF;
		for (size_t i = 0; i < sizeof heap_words / sizeof heap_words[0]; i++)
			if (text_accept_word(t, heap_words[i].word)) {
				*ret_type = heap_words[i].type;
				break;
			}
		text_accept(t, TOKEN_ID);
	} else {
		text_unexpected(t, "a constant");
	}
	text_expect(t, TOKEN_RPAR, ")");
	return value;
}

size_t script_constants(struct script *s, union engine_value *values, engine_type_t *types, size_t room)
{
	size_t n = 0, at = 0;
	for (; at + 2 <= room && text_is(&s->text, TOKEN_LPAR); n++) {
		union engine_value upper = {.bits = 0}, value = constant(s, &types[n], &upper);
		values[at++] = value;
		if (types[n] == ENGINE_V128)
			values[at++] = upper;
	}
	return n;
}

/* ---- patterns ---- */

/* Bits of a float against nan:canonical, nan:arithmetic or a number, of 32 or 64 bits. */
static bool float_matches(struct text *t, unsigned bits, uint64_t value)
{
	unsigned fraction_bits = bits == 32 ? 23 : 52;
	uint64_t quiet = UINT64_C(1) << (fraction_bits - 1), fraction = value & ((quiet << 1) - 1);
	uint64_t exponent = bits == 32 ? 0x7f800000 : UINT64_C(0x7ff0000000000000);
	if (text_accept_word(t, "nan:canonical"))
		return (value & exponent) == exponent && fraction == quiet;
	if (text_accept_word(t, "nan:arithmetic"))
		return (value & exponent) == exponent && (fraction & quiet);
	return (bits == 32 ? text_f32(t) : text_f64(t)) == value;
}

static bool is_reference(engine_type_t type)
{
	uint8_t code = (uint8_t)type;
	return code < ENGINE_V128;
}

/* A reference against the pattern behind "(": ref.null and its like. */
static bool reference_matches(struct script *s, engine_type_t type, union engine_value value)
{
	static const struct {
		const char *word;
		engine_type_t type, hierarchy;
	} kinds[] = {
		{"ref.func", ENGINE_FUNCREF, ENGINE_FUNCREF},	{"ref.exn", ENGINE_EXNREF, ENGINE_EXNREF},
		{"ref.any", ENGINE_ANYREF, ENGINE_ANYREF},	{"ref.eq", ENGINE_EQREF, ENGINE_ANYREF},
		{"ref.i31", ENGINE_I31REF, ENGINE_ANYREF},	{"ref.struct", ENGINE_STRUCTREF, ENGINE_ANYREF},
		{"ref.array", ENGINE_ARRAYREF, ENGINE_ANYREF},
	};
	struct text *t = &s->text;
	if (!is_reference(type))
		return false;
	if (text_accept_word(t, "ref.null"))
		return !value.bits;
	if (text_accept_word(t, "ref.extern") && engine_type_matches(type, ENGINE_EXTERNREF))
		return text_is(t, TOKEN_RPAR) ? value.bits != 0 : value.bits == host_reference(t).bits;
	if (text_accept_word(t, "ref.host") && engine_type_matches(type, ENGINE_ANYREF))
		return value.bits == internal_reference(t).bits;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (text_accept_word(t, kinds[i].word))
			return engine_type_matches(type, kinds[i].hierarchy) &&
			       engine_ref_matches(value, kinds[i].type | ENGINE_NON_NULL);
	return false;
}

/* The lanes behind v128.const. All are read, whether they match or not. */
static bool vector_matches(struct script *s, const union engine_value *value)
{
	unsigned log2_bytes;
	bool is_float, matches = true;
	if (!text_shape(&s->text, &log2_bytes, &is_float))
		text_unexpected(&s->text, "a shape");
	for (size_t at = 0, bytes = (size_t)1 << log2_bytes; at < 16; at += bytes) {
		uint64_t lane = 0;
		memcpy(&lane, (const uint8_t *)value + at, bytes);
		matches &= is_float ? float_matches(&s->text, (unsigned)bytes * 8, lane)
				    : text_integer(&s->text, (unsigned)bytes * 8) == lane;
	}
	return matches;
}

static bool one_matches(struct script *s, engine_type_t type, const union engine_value *at)
{
	struct text *t = &s->text;
	union engine_value value = *at;
	if (text_accept_word(t, "v128.const"))
		return type == ENGINE_V128 && vector_matches(s, at);
	if (text_accept_word(t, "i32.const"))
		return text_integer(t, 32) == value.i32 && type == ENGINE_I32;
	if (text_accept_word(t, "i64.const"))
		return text_integer(t, 64) == value.i64 && type == ENGINE_I64;
	if (text_accept_word(t, "f32.const"))
		return float_matches(t, 32, value.i32) && type == ENGINE_F32;
	if (text_accept_word(t, "f64.const"))
		return float_matches(t, 64, value.i64) && type == ENGINE_F64;
	return reference_matches(s, type, value);
}

bool script_matches(struct script *s, engine_type_t type, const union engine_value *value)
{
	struct text *t = &s->text;
	bool matches = false;
	if (text_accept_list(t, "either")) {
		while (!text_is(t, TOKEN_RPAR))
			matches |= script_matches(s, type, value);
		t->pos++;
		return matches;
	}
	uint32_t start = t->pos;
	text_expect(t, TOKEN_LPAR, "a result");
	matches = one_matches(s, type, value);
	t->pos = start + 1;
	text_skip_list(t);
	return matches;
}
