/* Bytes that are no module: the reason and where. */
#include "support.h"

static void expect_refused(const char *bytes, size_t len, enum engine_error_kind kind, size_t offset, const char *text)
{
	engine_module_t *module;
	struct engine_error error;
	cr_assert_eq(engine_module_load(bytes, len, &module, &error), kind, "%s", error.message);
	cr_assert_eq(error.offset, offset, "%s at %zu", error.message, error.offset);
	cr_assert_not_null(strstr(error.message, text), "%s", error.message);
}
#define REFUSED(bytes, kind, offset, text) expect_refused(bytes, sizeof(bytes) - 1, kind, offset, text)
#define HEAD "\0asm\1\0\0\0"

Test(decode, empty)
{
	REFUSED("", ENGINE_MALFORMED, 0, "unexpected end");
}

Test(decode, wrong_magic)
{
	REFUSED("\177ELF\1\0\0\0", ENGINE_MALFORMED, 0, "magic header not detected");
}

Test(decode, component)
{
	REFUSED("\0asm\x0d\0\1\0", ENGINE_MALFORMED, 4, "component");
}

Test(decode, section_beyond_file)
{
	REFUSED(HEAD "\1\5\1", ENGINE_MALFORMED, 8, "length out of bounds");
}

Test(decode, count_larger_than_file)
{
	REFUSED(HEAD "\1\5\xff\xff\xff\xff\x0f", ENGINE_MALFORMED, 10, "unexpected end");
}

Test(decode, overlong_number)
{
	REFUSED(HEAD "\1\6\x80\x80\x80\x80\x80\0", ENGINE_MALFORMED, 10, "integer representation too long");
}

Test(decode, number_too_large)
{
	REFUSED(HEAD "\1\5\x80\x80\x80\x80\x70", ENGINE_MALFORMED, 10, "integer too large");
}

Test(decode, sections_out_of_order)
{
	REFUSED(HEAD "\3\1\0\1\1\0", ENGINE_MALFORMED, 11, "unexpected content after last section");
}

Test(decode, section_size_mismatch)
{
	REFUSED(HEAD "\1\2\0\0", ENGINE_MALFORMED, 11, "section size mismatch");
}

Test(decode, function_without_body)
{
	REFUSED(HEAD "\1\4\1\x60\0\0\3\2\1\0", ENGINE_MALFORMED, 18, "inconsistent lengths");
}

Test(decode, bad_utf8)
{
	REFUSED(HEAD "\0\2\1\xff", ENGINE_MALFORMED, 11, "malformed UTF-8 encoding");
}

Test(decode, too_many_parameters)
{
	char bytes[8 + 2 + 1100] = HEAD "\1\xc2\x08\1\x60\xbd\x08";
	memset(bytes + 15, ENGINE_I32, 1085);
	expect_refused(bytes, 8 + 3 + 1090, ENGINE_LIMIT, 13, "too many parameters");
}

Test(decode, vector_instruction_that_is_no_constant)
{
	REFUSED(HEAD "\6\6\1\x7b\0\xfd\x0e\x0b", ENGINE_INVALID, 13, "constant expression required");
}

/* Any prefix of a module is refused or accepted, but never read past its end (run under ASan). */
Test(decode, prefixes)
{
	size_t len;
	const char *bytes = module_bytes("consumer", &len);
	for (size_t n = 0; n < len; n++) {
		char *copy = malloc(n ? n : 1);
		memcpy(copy, bytes, n);
		engine_module_t *module;
		struct engine_error error;
		if (engine_module_load(copy, n, &module, &error) == ENGINE_OK) {
			engine_module_validate(module, &error);
			engine_module_free(module);
		}
		free(copy);
	}
}

/* The same with each byte changed to a few values. */
Test(decode, mutations)
{
	static const char *const names[] = {"consumer", "traps", "shapes"};
	static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x40, 0x0b};
	for (size_t m = 0; m < 3; m++) {
		size_t len;
		const char *bytes = module_bytes(names[m], &len);
		char *copy = malloc(len);
		for (size_t i = 8; i < len; i++) {
			for (size_t v = 0; v < sizeof(values); v++) {
				memcpy(copy, bytes, len);
				copy[i] = (char)values[v];
				engine_module_t *module;
				struct engine_error error;
				if (engine_module_load(copy, len, &module, &error) == ENGINE_OK) {
					engine_module_validate(module, &error);
					engine_module_free(module);
				}
			}
		}
		free(copy);
	}
}

/* ---- bodies ---- */

Test(validate, lazily)
{
	struct engine_error error;
	engine_module_t *module = load("lazy");
	cr_assert_eq(engine_module_validate(module, &error), ENGINE_INVALID);
	cr_assert_not_null(strstr(error.message, "type mismatch"), "%s", error.message);
	engine_store_t *store = new_store();
	engine_instance_t *instance;
	cr_assert_eq(engine_instantiate(store, module, NULL, NULL, &instance, &error), ENGINE_OK);
	expect_result(store, instance, "good", 42, 0);
	union engine_value r[1];
	cr_assert_eq(call(store, instance, "bad", 0, NULL, r, &error), ENGINE_INVALID);
	cr_assert_neq(error.offset, SIZE_MAX);
	cr_assert_eq(call(store, instance, "calls_bad", 0, NULL, r, &error), ENGINE_INVALID);
	cr_assert_eq(call(store, instance, "bad", 0, NULL, r, &error), ENGINE_INVALID);
	expect_result(store, instance, "good", 42, 0);
	engine_store_free(store);
	engine_module_free(module);
}

/* type (func), one function with the given code as its body */
static enum engine_error_kind validate_body(const unsigned char *code, size_t len, struct engine_error *ret_error)
{
	static const unsigned char head[] = "\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0";
	unsigned char *bytes = malloc(len + 64), *p = bytes;
	memcpy(p, head, sizeof(head) - 1);
	p += sizeof(head) - 1;
	size_t sizes[] = {len + 6, len};
	*p++ = 10;
	for (int i = 0; i < 2; i++) {
		size_t n = sizes[i];
		for (int k = 0; k < 5; k++, n >>= 7)
			*p++ = (unsigned char)((n & 0x7f) | (k < 4 ? 0x80 : 0));
		if (i == 0)
			*p++ = 1;
	}
	memcpy(p, code, len);
	p += len;
	engine_module_t *module;
	enum engine_error_kind kind = engine_module_load(bytes, (size_t)(p - bytes), &module, ret_error);
	if (kind == ENGINE_OK) {
		kind = engine_module_validate(module, ret_error);
		engine_module_free(module);
	}
	free(bytes);
	return kind;
}

Test(validate, too_many_locals_is_a_limit)
{
	struct engine_error error;
	cr_assert_eq(validate_body((const unsigned char *)"\1\xd1\x86\3\x7f\x0b", 6, &error), ENGINE_LIMIT, "%s",
		     error.message);
	cr_assert_eq(validate_body((const unsigned char *)"\1\xd0\x86\3\x7f\x0b", 6, &error), ENGINE_OK, "%s",
		     error.message);
}

Test(validate, deep_nesting_is_a_limit)
{
	size_t n = 60000;
	unsigned char *code = malloc(1 + 3 * n + 1);
	code[0] = 0;
	for (size_t i = 0; i < n; i++)
		memcpy(code + 1 + 2 * i, "\2\x40", 2);
	memset(code + 1 + 2 * n, 0x0b, n + 1);
	struct engine_error error;
	cr_assert_eq(validate_body(code, 1 + 3 * n + 1, &error), ENGINE_LIMIT, "%s", error.message);
	free(code);
}

/* A megabyte of pushes, of nested tables, of locals read and written: linear, or the test runs into its timeout. */
Test(validate, large_bodies_in_linear_time, .timeout = 20)
{
	size_t n = 1 << 20;
	unsigned char *code = malloc(n + 64);
	struct engine_error error;
	memcpy(code, "\1\x80\x80\2\x7f", 5); /* 32768 locals */
	size_t len = 5;
	while (len < n) {
		memcpy(code + len, "\x20\1\x21\2\x20\2\x22\1\x1a", 9);
		len += 9;
	}
	code[len++] = 0x0b;
	cr_assert_eq(validate_body(code, len, &error), ENGINE_OK, "%s", error.message);
	len = 1;
	code[0] = 0;
	memcpy(code + len, "\2\x40\x41\0\x0e\xf0\xff\x3f", 8); /* br_table with 1,048,560 labels of a block */
	len += 8;
	memset(code + len, 0, n - len);
	cr_assert_eq(validate_body(code, n, &error), ENGINE_MALFORMED);
	free(code);
}

/* What the spec scripts, all of which are text, cannot write or do not try. */
Test(validate, refuses_what_no_script_writes)
{
#define BODY(bytes) HEAD "\1\4\1\x60\0\0\3\2\1\0\5\3\1\0\1\12" bytes
	static const struct {
		const char *bytes;
		size_t len;
		enum engine_error_kind kind;
		const char *text;
	} modules[] = {
#define CASE(bytes, kind, text) {bytes, sizeof(bytes) - 1, kind, text}
		CASE(BODY("\x9\1\7\0\2\x40\5\xb\xb\xb"), ENGINE_MALFORMED, "else without if"),
		CASE(BODY("\xa\1\x8\0\x1f\x40\1\4\0\xb\xb"), ENGINE_MALFORMED, "catch"),
		CASE(BODY("\xb\1\x9\0\x41\0\xfe\x10\1\0\x1a\xb"), ENGINE_INVALID, "alignment must be natural"),
		CASE(BODY("\x7\1\5\0\xfe\3\1\xb"), ENGINE_MALFORMED, ""),
		CASE(HEAD "\xc\1\2\xb\3\1\1\0", ENGINE_MALFORMED, "inconsistent lengths"),
		CASE(HEAD "\xc\1\1\xb\5\2\1\0\1\0", ENGINE_MALFORMED, "inconsistent lengths"),
		CASE(HEAD "\4\4\1\x70\2\0", ENGINE_MALFORMED, ""),
		CASE(HEAD "\1\4\1\x60\0\0\xd\3\1\1\0", ENGINE_MALFORMED, ""),
		CASE(HEAD "\x9\2\1\x8", ENGINE_MALFORMED, "segment"),
		CASE(HEAD "\4\x9\1\x40\1\x70\0\1\xd0\x70\xb", ENGINE_MALFORMED, ""),
	};
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		engine_module_t *module = NULL;
		struct engine_error error;
		enum engine_error_kind kind = engine_module_load(modules[i].bytes, modules[i].len, &module, &error);
		if (kind == ENGINE_OK)
			kind = engine_module_validate(module, &error);
		cr_expect_eq(kind, modules[i].kind, "%zu: %d %s", i, kind, error.message);
		cr_expect_not_null(strstr(error.message, modules[i].text), "%zu: %s", i, error.message);
	}
	static const char *const texts[] = {
		"(module (global i32 (i32.add (i32.const 1) (i64.const 2))))", "(module (global i64 (i32.add (i64.const 1) (i32.const 2))))",
		"(module (global i32 (i32.add (i32.const 1))))", "(module (global i64 (i64.mul)))",
		"(module (type $s (struct (field (ref any)))) (global (ref $s) (struct.new_default $s)))",
		"(module (type $s (struct (field (ref any)))) (func (drop (struct.new_default $s))))",
		"(module (type $s (struct (field i32))) (func (param (ref $s)) (drop (struct.get $s 1 (local.get 0)))))",
		"(module (func (param anyref) (block (br_on_non_null 0 (local.get 0)))))"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct engine_error error;
		cr_expect_null(load_text(texts[i], &error), "%s", texts[i]);
		cr_expect_eq(error.kind, ENGINE_INVALID, "%s: %s", texts[i], error.message);
	}
}
