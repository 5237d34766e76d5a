/* The assembler beyond what the spec scripts ask: bytes, places of errors, and texts made to hurt. */
#include "support.h"

#include <stdlib.h>

#include "text.h"

struct result {
	enum engine_error_kind kind;
	struct engine_error error;
	uint8_t *bytes;
	size_t len, line, column;
};

static struct result assemble_n(const char *source, size_t len)
{
	struct result r = {.bytes = NULL};
	r.kind = text_assemble(source, len, &r.bytes, &r.len, &r.error);
	if (r.error.offset != SIZE_MAX)
		text_position(source, r.error.offset, &r.line, &r.column);
	return r;
}

static struct result assemble(const char *source)
{
	return assemble_n(source, strlen(source));
}

#define HEAD "\0asm\1\0\0\0"

static void expect_bytes(const char *source, const char *bytes, size_t len)
{
	struct result r = assemble(source);
	cr_assert_eq(r.kind, ENGINE_OK, "%s: %s", source, r.error.message);
	cr_expect_arr_eq(r.bytes, bytes, r.len < len ? r.len : len, "%s", source);
	cr_expect_eq(r.len, len, "%s: %zu bytes", source, r.len);
	free(r.bytes);
}
#define BYTES(source, bytes) expect_bytes(source, bytes, sizeof(bytes) - 1)

static void expect_error(const char *source, size_t line, size_t column, const char *message)
{
	struct result r = assemble(source);
	cr_assert_eq(r.kind, ENGINE_MALFORMED, "%s", source);
	cr_expect(strstr(r.error.message, message), "%s: %s", source, r.error.message);
	cr_expect(r.line == line && r.column == column, "%s: at %zu:%zu", source, r.line, r.column);
}

Test(text, an_empty_module)
{
	BYTES("(module)", HEAD);
	BYTES("", HEAD);
	BYTES(";; nothing but (; a comment", HEAD);
}

Test(text, equal_type_uses_share_a_type)
{
	BYTES("(func (param i32)) (func (param i32)) (type (func))",
	      HEAD "\1\x08\2\x60\0\0\x60\1\x7f\0\3\3\2\1\1\x0a\7\2\2\0\x0b\2\0\x0b");
}

Test(text, locals_of_one_type_in_a_row_are_one_group)
{
	BYTES("(func (local i32) (local $x i32) (local i64 i32))",
	      HEAD "\1\4\1\x60\0\0\3\2\1\0\x0a\x0a\1\x08\3\2\x7f\1\x7e\1\x7f\x0b");
}

Test(text, folded_and_plain_instructions_are_the_same)
{
	struct result plain =
		assemble("(func (result i32) i32.const 1 if (result i32) i32.const 2 else i32.const 3 end)");
	struct result folded = assemble(
		"(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))))");
	cr_assert(plain.kind == ENGINE_OK && folded.kind == ENGINE_OK);
	cr_expect_eq(plain.len, folded.len);
	cr_expect_arr_eq(plain.bytes, folded.bytes, plain.len);
	free(plain.bytes);
	free(folded.bytes);
}

Test(text, names_go_to_the_name_section)
{
	BYTES("(module $m (global $g i32 (i32.const 0)))", HEAD "\6\6\1\x7f\0\x41\0\x0b"
								"\0\x0f\4name"
								"\0\2\1m"
								"\7\4\1\0\1g");
}

Test(text, quoted_ids_are_the_ids_they_spell)
{
	BYTES("(func $f) (start $\"f\") (export \"\\u{66}\" (func $\"\\66\"))",
	      HEAD "\1\4\1\x60\0\0\3\2\1\0\7\5\1\1f\0\0\x08\1\0\x0a\4\1\2\0\x0b\0\x0b\4name\1\4\1\0\1f");
}

Test(text, custom_sections_stand_where_they_say)
{
	BYTES("(@custom \"c\" (before first) \"1\" \"2\") (memory 1)", HEAD "\0\4\1c"
									    "12"
									    "\5\3\1\0\1");
	BYTES("(memory 1) (@custom \"c\")", HEAD "\5\3\1\0\1"
						 "\0\2\1c");
}

Test(text, errors_say_line_and_column)
{
	expect_error("(module\n  (func\n    i32.cosnt 1))", 3, 5, "unknown operator i32.cosnt");
	expect_error("(func (drop (i32.const 0x1_0000_0000)))", 1, 24, "constant out of range");
	expect_error("(func\n\t(br $out))", 2, 6, "unknown label $out");
	expect_error("(func $ä)", 1, 8, "illegal character");
	expect_error("(func (local $a i32)\n (local $a i32))", 2, 9, "duplicate local $a");
	expect_error("(module (func)", 1, 15, "unexpected end");
	expect_error("(module) (module)", 1, 10, "unexpected token (");
	expect_error("(func block $a end $b)", 1, 20, "mismatching label");
	expect_error("(data \"\\u{110000}\")", 1, 8, "illegal escape");
	expect_error("\"Grüße\" $x", 1, 1, "unexpected token");
}

Test(text, a_place_in_the_binary_leads_back_to_the_text)
{
	static const char source[] = "(func (result i32)\n  (i32.add (i32.const 1)\n    (i64.const 2)))";
	struct result r = assemble(source);
	engine_module_t *module;
	struct engine_error error;
	size_t at, line, column;
	cr_assert_eq(engine_module_load(r.bytes, r.len, &module, &error), ENGINE_OK);
	cr_assert_eq(engine_module_validate(module, &error), ENGINE_INVALID);
	cr_assert(text_locate(source, sizeof(source) - 1, error.offset, &at));
	text_position(source, at, &line, &column);
	cr_expect(line == 2 && column == 4, "at %zu:%zu: %s", line, column, error.message);
	cr_expect_not(text_locate(source, sizeof(source) - 1, 0, &at), "the header comes from nowhere");
	engine_module_free(module);
	free(r.bytes);
}

/* prefix, n times `open`, middle, n times `close`, suffix */
static struct result nested(const char *prefix, const char *open, size_t n, const char *middle, const char *close,
			    const char *suffix)
{
	size_t open_len = strlen(open), close_len = strlen(close), len = 0;
	char *source = malloc(strlen(prefix) + n * (open_len + close_len) + strlen(middle) + strlen(suffix) + 1);
	cr_assert(source);
	len = (size_t)(stpcpy(source, prefix) - source);
	for (size_t i = 0; i < n; i++, len += open_len)
		memcpy(source + len, open, open_len);
	len = (size_t)(stpcpy(source + len, middle) - source);
	for (size_t i = 0; i < n; i++, len += close_len)
		memcpy(source + len, close, close_len);
	strcpy(source + len, suffix);
	struct result r = assemble(source);
	free(source);
	return r;
}

Test(text, depth_costs_no_stack)
{
	enum { DEEP = 300000 };
	struct result r = nested("(func (drop ", "(i32.eqz ", DEEP, "(i32.const 0)", ")", "))");
	cr_expect_eq(r.kind, ENGINE_OK, "%s", r.error.message);
	free(r.bytes);
	r = nested("(func ", "(block ", DEEP, "", ")", ")");
	cr_expect_eq(r.kind, ENGINE_OK, "%s", r.error.message);
	free(r.bytes);
	r = nested("(func ", "(if (then ", DEEP, "", "))", ")");
	cr_expect_eq(r.kind, ENGINE_OK, "%s", r.error.message);
	free(r.bytes);
	r = nested("(func)", "(;", DEEP, "", ";)", "");
	cr_expect_eq(r.kind, ENGINE_OK, "%s", r.error.message);
	free(r.bytes);
	cr_expect_eq(nested("", "(", DEEP, "", "", "").kind, ENGINE_MALFORMED);
	cr_expect_eq(nested("(func ", "(block ", DEEP, "", "", "").kind, ENGINE_MALFORMED);
	cr_expect_eq(nested("(@a ", "(", DEEP, "", ")", "").kind, ENGINE_MALFORMED, "one parenthesis short");
}

Test(text, every_beginning_of_a_module_is_refused_or_assembled)
{
	static const char source[] =
		"(module $m (type $t (sub (struct (field $a (mut i32)) i8))) (@custom \"c\" (after type) \"x\")"
		" (table $u 1 funcref (ref.null func)) (memory (data \"a\\00\\u{20ac}\"))"
		" (func $f (export \"f\") (param $p i32) (result f32) (local $l v128)"
		" (if $i (local.get $p) (then (br_table $i 0 (i32.const -1)))) (f32.const -0x1.8p-3))"
		" (elem $e (table $u) (offset (i32.const 0)) func $f))";
	for (size_t n = 0; n < sizeof(source) - 1; n++) {
		char *copy = malloc(n ? n : 1); /* of its own, so that reading beyond it is found */
		memcpy(copy, source, n);
		struct result r = assemble_n(copy, n);
		cr_expect(n == 0 || r.kind == ENGINE_MALFORMED, "%zu bytes", n);
		cr_expect(r.kind == ENGINE_OK || r.error.offset <= n, "%zu bytes: at %zu", n, r.error.offset);
		free(r.bytes);
		free(copy);
	}
}

Test(text, texts_are_told_from_binaries)
{
	cr_expect(text_looks_like("(module)", 8));
	cr_expect(text_looks_like("\n  ;; x", 7));
	cr_expect_not(text_looks_like("\0asm", 4));
	cr_expect_not(text_looks_like("", 0));
	cr_expect_not(text_looks_like("; x", 3));
}
