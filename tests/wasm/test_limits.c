/* Modules at the limits, built here: what is too much is an error or a trap, and what is not works. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "support.h"

struct bytes {
	unsigned char *p;
	size_t len, room;
};

static void put(struct bytes *b, unsigned byte)
{
	if (b->len == b->room) {
		b->room = b->room ? b->room * 2 : 4096;
		b->p = realloc(b->p, b->room);
		cr_assert_not_null(b->p);
	}
	b->p[b->len++] = (unsigned char)byte;
}

static void put_leb(struct bytes *b, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		put(b, (v & 0x7f) | 0x80);
	put(b, v);
}

static void put_text(struct bytes *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(b, (unsigned char)s[i]);
}
#define PUT(b, literal) put_text(b, literal, sizeof(literal) - 1)

static void put_section(struct bytes *b, unsigned id, const struct bytes *body)
{
	put(b, id);
	put_leb(b, (uint32_t)body->len);
	put_text(b, (const char *)body->p, body->len);
}

/* One function "f" (i32) → i32 with this body (locals included), and a memory of min to max pages. */
static struct bytes module(const struct bytes *body, uint32_t min, uint32_t max)
{
	struct bytes b = {0}, memory = {0}, code = {0};
	PUT(&b, "\0asm\1\0\0\0" "\1\6\1\x60\1\x7f\1\x7f" "\3\2\1\0");
	PUT(&memory, "\1\1");
	put_leb(&memory, min);
	put_leb(&memory, max);
	put_section(&b, 5, &memory);
	PUT(&b, "\7\5\1\1f\0\0");
	put(&code, 1);
	put_leb(&code, (uint32_t)body->len);
	put_text(&code, (const char *)body->p, body->len);
	put_section(&b, 10, &code);
	free(memory.p);
	free(code.p);
	return b;
}

static enum engine_error_kind run(struct bytes body, uint32_t min, uint32_t max, uint32_t arg, uint32_t *ret,
				  struct engine_error *error)
{
	struct bytes b = module(&body, min, max);
	engine_module_t *loaded = NULL;
	engine_instance_t *instance;
	engine_store_t *store = new_store();
	enum engine_error_kind kind = engine_module_load(b.p, b.len, &loaded, error);
	if (kind == ENGINE_OK)
		kind = engine_instantiate(store, loaded, NULL, NULL, &instance, error);
	union engine_value result = {.bits = 0}, value = {.bits = arg};
	if (kind == ENGINE_OK)
		kind = engine_call(store, export_func(instance, "f"), &value, &result, error);
	*ret = (uint32_t)result.bits;
	engine_store_free(store);
	engine_module_free(loaded);
	free(b.p);
	free(body.p);
	return kind;
}

static struct bytes with_locals(uint32_t n)
{
	struct bytes b = {0};
	put(&b, 1);
	put_leb(&b, n);
	put(&b, 0x7f);
	PUT(&b, "\x20\0\x21"); /* the last local = the argument; result: last + first local */
	put_leb(&b, n);
	put(&b, 0x20);
	put_leb(&b, n);
	PUT(&b, "\x20\1\x6a\x0b");
	return b;
}

Test(limits, locals)
{
	uint32_t result;
	struct engine_error error;
	cr_assert_eq(run(with_locals(49999), 1, 1, 42, &result, &error), ENGINE_OK, "%s", error.message);
	cr_assert_eq(result, 42);
	cr_assert_eq(run(with_locals(50001), 1, 1, 42, &result, &error), ENGINE_LIMIT);
	cr_assert_eq(run(with_locals(4000000000), 1, 1, 42, &result, &error), ENGINE_LIMIT);
}

Test(limits, huge_br_table)
{
	enum { N = 1000000 };
	struct bytes b = {0};
	uint32_t result;
	struct engine_error error;
	PUT(&b, "\0\2\x40\2\x40\x20\0\x0e"); /* block block (br_table 0 0 … 1) end return 1 end 2 */
	put_leb(&b, N);
	for (uint32_t i = 0; i < N; i++)
		put(&b, i == N - 1);
	PUT(&b, "\0\x0b\x41\1\x0f\x0b\x41\2\x0b");
	struct bytes copy = {malloc(b.len), b.len, b.len};
	memcpy(copy.p, b.p, b.len);
	cr_assert_eq(run(copy, 1, 1, N - 1, &result, &error), ENGINE_OK, "%s", error.message);
	cr_assert_eq(result, 2);
	cr_assert_eq(run(b, 1, 1, UINT32_MAX, &result, &error), ENGINE_OK, "%s", error.message);
	cr_assert_eq(result, 1);
}

/* Grows by the argument, then reads the last byte that a memory of 4 GiB has. */
static struct bytes grow_and_read(void)
{
	struct bytes b = {0};
	PUT(&b, "\0\x20\0\x40\0\x1a\x41\x7f\x2d\0\0\x0b");
	return b;
}

Test(limits, memory_of_4_gib)
{
	uint32_t result;
	struct engine_error error;
	cr_assert_eq(run(grow_and_read(), 1, 65536, 65534, &result, &error), ENGINE_TRAP);
	enum engine_error_kind kind = run(grow_and_read(), 1, 65536, 65535, &result, &error);
	/* A machine may not have it to give; then grow says so and the access traps. */
	cr_assert(kind == ENGINE_OK || kind == ENGINE_TRAP);
	if (kind == ENGINE_OK)
		cr_assert_eq(result, 0);
	cr_assert_neq(run(grow_and_read(), 1, 65537, 0, &result, &error), ENGINE_OK);
}

static enum engine_error_kind instantiate_bytes(const char *bytes, size_t len, const struct engine_config *config,
						struct engine_error *error)
{
	engine_module_t *loaded = NULL;
	engine_instance_t *instance;
	engine_store_t *store = engine_store_new(config);
	enum engine_error_kind kind = engine_module_load(bytes, len, &loaded, error);
	if (kind == ENGINE_OK)
		kind = engine_instantiate(store, loaded, NULL, NULL, &instance, error);
	engine_store_free(store);
	engine_module_free(loaded);
	return kind;
}
#define EXPECT_KIND(wanted, literal, config) \
	do { \
		struct engine_error e_; \
		enum engine_error_kind k_ = instantiate_bytes("\0asm\1\0\0\0" literal, sizeof("\0asm\1\0\0\0" literal) - 1, config, &e_); \
		cr_assert_eq(k_, wanted, "%d: %s", k_, e_.message); \
	} while (0)

Test(limits, sizes_that_types_allow_and_we_do_not)
{
	const struct engine_config two_pages = {.max_memory = 2 * 65536};
	EXPECT_KIND(ENGINE_OK, "\5\3\1\0\2", &two_pages);
	EXPECT_KIND(ENGINE_LIMIT, "\5\3\1\0\3", &two_pages);
	/* (memory i64 2^33) */
	EXPECT_KIND(ENGINE_LIMIT, "\5\7\1\4\x80\x80\x80\x80\x20", NULL);
	/* (table 10,000,001 funcref), (table i64 2^63 funcref) */
	EXPECT_KIND(ENGINE_LIMIT, "\4\7\1\x70\0\x81\xad\xe2\4", NULL);
	EXPECT_KIND(ENGINE_LIMIT, "\4\x0d\1\x70\4\x80\x80\x80\x80\x80\x80\x80\x80\x80\1", NULL);
}

/* for (;;) if (memory.grow(1) < 0) return memory.size */
Test(limits, growing_page_by_page_under_load)
{
	struct bytes b = {0};
	uint32_t result;
	struct engine_error error;
	PUT(&b, "\0\3\x40\x41\1\x40\0\x41\0\x4e\x04\x40"); /* loop; grow 1 >= 0; if: store at the new end */
	PUT(&b, "\x3f\0\x41\x10\x74\x41\4\x6b\x41\x07\x36\2\0\x0c\1\x0b\x0b\x3f\0\x0b");
	cr_assert_eq(run(b, 1, 2000, 0, &result, &error), ENGINE_OK, "%s", error.message);
	cr_assert_eq(result, 2000);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) /* it needs terabytes */
Test(limits, growing_with_little_address_space)
{
	uint32_t result;
	struct engine_error error;
	struct rlimit limit = {512 << 20, 512 << 20};
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	cr_assert_eq(run(grow_and_read(), 1, 65536, 65535, &result, &error), ENGINE_TRAP);
	cr_assert_neq(run(grow_and_read(), 65536, 65536, 0, &result, &error), ENGINE_OK);
}
#endif

/* ---- how many of each there may be ---- */

enum { TYPE = 1, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT, TAG };

/* A section that says it has n things, with room for them: the limit is noticed before any is looked at. */
static enum engine_error_kind load_count(unsigned section, uint32_t n, struct engine_error *error)
{
	struct bytes b = {0}, body = {0};
	engine_module_t *loaded = NULL;
	PUT(&b, "\0asm\1\0\0\0");
	put_leb(&body, n);
	for (uint32_t i = 0; i < n; i++)
		put(&body, 0);
	put_section(&b, section, &body);
	enum engine_error_kind kind = engine_module_load(b.p, b.len, &loaded, error);
	engine_module_free(loaded);
	free(b.p);
	free(body.p);
	return kind;
}

Test(limits, things_in_a_module)
{
	static const struct {
		unsigned section;
		uint32_t most;
		const char *what;
	} rows[] = {
		{TYPE, 1000000, "types"},     {IMPORT, 1000000, "imports"},	   {FUNCTION, 1000000, "functions"},
		{TABLE, 100000, "tables"},    {MEMORY, 100, "memories"},	   {GLOBAL, 1000000, "globals"},
		{EXPORT, 1000000, "exports"}, {ELEMENT, 1000000, "element segments"}, {CODE, 1000000, "functions"},
		{DATA, 1000000, "data segments"}, {TAG, 1000000, "tags"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_error error;
		char text[128];
		snprintf(text, sizeof(text), "too many %s: %u, the limit is %u", rows[i].what, rows[i].most + 1, rows[i].most);
		cr_expect_eq(load_count(rows[i].section, rows[i].most + 1, &error), ENGINE_LIMIT, "%s", text);
		cr_expect_str_eq(error.message, text);
		/* One less is wrong for another reason. */
		cr_expect_neq(load_count(rows[i].section, rows[i].most, &error), ENGINE_LIMIT, "%s", rows[i].what);
	}
}

/* One type: a function of n parameters or results, or a structure of n fields. */
static enum engine_error_kind load_type(unsigned form, uint32_t n, uint32_t results, struct engine_error *error)
{
	struct bytes b = {0}, body = {0};
	engine_module_t *loaded = NULL;
	PUT(&b, "\0asm\1\0\0\0");
	put(&body, 1);
	put(&body, form);
	put_leb(&body, n);
	for (uint32_t i = 0; i < n; i++)
		put_text(&body, "\x7f\0", form == 0x5f ? 2 : 1);
	if (form == 0x60)
		put_leb(&body, results);
	for (uint32_t i = 0; i < results; i++)
		put(&body, 0x7f);
	put_section(&b, TYPE, &body);
	enum engine_error_kind kind = engine_module_load(b.p, b.len, &loaded, error);
	engine_module_free(loaded);
	free(b.p);
	free(body.p);
	return kind;
}

Test(limits, parts_of_a_type)
{
	struct engine_error error;
	cr_expect_eq(load_type(0x60, 1000, 1000, &error), ENGINE_OK, "%s", error.message);
	cr_expect_eq(load_type(0x60, 1001, 0, &error), ENGINE_LIMIT, "%s", error.message);
	cr_expect_eq(load_type(0x60, 0, 1001, &error), ENGINE_LIMIT, "%s", error.message);
	cr_expect_eq(load_type(0x5f, 10000, 0, &error), ENGINE_OK, "%s", error.message);
	cr_expect_eq(load_type(0x5f, 10001, 0, &error), ENGINE_LIMIT, "%s", error.message);
}

/* n structures, each a subtype of the one before. */
static enum engine_error_kind load_subtypes(uint32_t n, struct engine_error *error)
{
	struct bytes b = {0}, body = {0};
	engine_module_t *loaded = NULL;
	PUT(&b, "\0asm\1\0\0\0");
	put_leb(&body, n);
	PUT(&body, "\x50\0\x5f\0");
	for (uint32_t i = 1; i < n; i++) {
		PUT(&body, "\x50\1");
		put_leb(&body, i - 1);
		PUT(&body, "\x5f\0");
	}
	put_section(&b, TYPE, &body);
	enum engine_error_kind kind = engine_module_load(b.p, b.len, &loaded, error);
	engine_module_free(loaded);
	free(b.p);
	free(body.p);
	return kind;
}

Test(limits, depth_of_subtypes)
{
	struct engine_error error;
	cr_expect_eq(load_subtypes(63, &error), ENGINE_OK, "%s", error.message);
	cr_expect_eq(load_subtypes(200000, &error), ENGINE_LIMIT, "%d %s", error.kind, error.message);
}

static struct bytes nested(uint32_t depth)
{
	struct bytes b = {0};
	put(&b, 0);
	for (uint32_t i = 0; i < depth; i++)
		PUT(&b, "\2\x40");
	for (uint32_t i = 0; i < depth; i++)
		put(&b, 0x0b);
	PUT(&b, "\x20\0\x0b");
	return b;
}

/* n constants on the stack, then all but one dropped. */
static struct bytes deep(uint32_t n)
{
	struct bytes b = {0};
	put(&b, 0);
	for (uint32_t i = 0; i < n; i++)
		PUT(&b, "\x41\5");
	for (uint32_t i = 1; i < n; i++)
		put(&b, 0x1a);
	put(&b, 0x0b);
	return b;
}

static struct bytes of_nops(uint32_t bytes)
{
	struct bytes b = {0};
	put(&b, 0);
	for (uint32_t i = 4; i < bytes; i++)
		put(&b, 1);
	PUT(&b, "\x20\0\x0b");
	return b;
}

Test(limits, function_bodies)
{
	uint32_t result;
	struct engine_error error;
	cr_expect_eq(run(nested(49999), 1, 1, 42, &result, &error), ENGINE_OK, "%s", error.message);
	cr_expect_eq(result, 42);
	cr_expect_eq(run(nested(50000), 1, 1, 42, &result, &error), ENGINE_LIMIT);
	cr_expect_eq(run(deep(65000), 1, 1, 42, &result, &error), ENGINE_OK, "%s", error.message);
	cr_expect_eq(result, 5);
	cr_expect_eq(run(deep(65536), 1, 1, 42, &result, &error), ENGINE_LIMIT);
	cr_expect_eq(run(deep(1000000), 1, 1, 42, &result, &error), ENGINE_LIMIT);
	cr_expect_eq(run(of_nops(7654321), 1, 1, 42, &result, &error), ENGINE_OK, "%s", error.message);
	cr_expect_eq(result, 42);
	cr_expect_eq(run(of_nops(7654322), 1, 1, 42, &result, &error), ENGINE_LIMIT);
}

/* (global i32 (i32.const 0)) with n constants and n - 1 additions */
static enum engine_error_kind load_constant(uint32_t n, struct engine_error *error)
{
	struct bytes b = {0}, body = {0};
	engine_module_t *loaded = NULL;
	PUT(&b, "\0asm\1\0\0\0");
	PUT(&body, "\1\x7f\0");
	for (uint32_t i = 0; i < n; i++)
		PUT(&body, "\x41\1");
	for (uint32_t i = 1; i < n; i++)
		put(&body, 0x6a);
	put(&body, 0x0b);
	put_section(&b, GLOBAL, &body);
	enum engine_error_kind kind = engine_module_load(b.p, b.len, &loaded, error);
	engine_module_free(loaded);
	free(b.p);
	free(body.p);
	return kind;
}

Test(limits, constant_expressions_and_segments)
{
	struct engine_error error;
	cr_expect_eq(load_constant(10000, &error), ENGINE_OK, "%s", error.message);
	cr_expect_eq(load_constant(20000, &error), ENGINE_LIMIT, "%s", error.message);
	/* (elem func …) of 10,000,001 functions */
	struct bytes b = {0}, body = {0};
	engine_module_t *loaded = NULL;
	PUT(&b, "\0asm\1\0\0\0");
	PUT(&body, "\1\1\0\x81\xad\xe2\4");
	for (uint32_t i = 0; i < 10000001; i++)
		put(&body, 0);
	put_section(&b, ELEMENT, &body);
	cr_expect_eq(engine_module_load(b.p, b.len, &loaded, &error), ENGINE_LIMIT, "%s", error.message);
	free(b.p);
	free(body.p);
}

Test(limits, size_of_a_module)
{
	size_t len = (size_t)5 << 30;
	void *nothing = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (nothing == MAP_FAILED)
		cr_skip_test("no address space of 5 GiB");
	engine_module_t *loaded = NULL;
	struct engine_error error;
	cr_expect_eq(engine_module_load(nothing, len, &loaded, &error), ENGINE_LIMIT, "%s", error.message);
	munmap(nothing, len);
}
