/* Counting instructions. The other tests run in stores that count, too (TEST_COUNT). */
#include <stdio.h>
#include <stdlib.h>

#include "dump.h"
#include "support.h"

enum { ROOM = 64 };

static engine_store_t *counting_store(void)
{
	return new_store_with((struct engine_config){.count_instructions = true});
}

static uint64_t executed(const engine_store_t *store)
{
	struct engine_stats stats;
	engine_stats(store, &stats);
	return stats.instructions;
}

/* How often up to three instructions, given by name, ran one after the other; 0 if they never did. */
static uint64_t count_of(const engine_store_t *store, const char *a, const char *b, const char *c)
{
	struct engine_opcode_count counts[ROOM];
	const char *const names[] = {a, b, c};
	unsigned length = c ? 3 : b ? 2 : 1;
	size_t n = engine_opcode_counts(store, length, counts, ROOM);
	cr_assert_leq(n, ROOM);
	for (size_t i = 0; i < n; i++) {
		unsigned same = 0;
		while (same < length && !strcmp(counts[i].names[same], names[same]))
			same++;
		if (same == length)
			return counts[i].count;
	}
	return 0;
}

static uint64_t sum_of(const engine_store_t *store, unsigned length)
{
	struct engine_opcode_count counts[ROOM];
	size_t n = engine_opcode_counts(store, length, counts, ROOM);
	cr_assert_leq(n, ROOM);
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		cr_assert(i == 0 || counts[i].count <= counts[i - 1].count, "the most frequent first");
		for (unsigned k = 0; k < 3; k++)
			cr_assert_eq(counts[i].names[k] != NULL, k < length);
		sum += counts[i].count;
	}
	return sum;
}

static const char calls_text[] =
	"(module (func $nothing)"
	" (func (export \"calls\") (param $n i32)"
	"  (loop $l (call $nothing) (call $nothing)"
	"   (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
	" (func (export \"trap\") (param i32) (unreachable))"
	" (func (export \"nothing\")))";

Test(counts, are_exact)
{
	engine_store_t *store = counting_store();
	engine_instance_t *m = instantiate_text(store, calls_text, NULL, NULL);
	cr_assert_eq(executed(store), 0);
	struct engine_error error;
	cr_assert_eq(call(store, m, "calls", ARGS(1000), NULL, &error), ENGINE_OK);
	cr_assert_eq(count_of(store, "call", NULL, NULL), 2000);
	cr_assert_eq(count_of(store, "return_void", NULL, NULL), 2001);
	cr_assert_eq(count_of(store, "call", "return_void", NULL), 2000);
	cr_assert_eq(count_of(store, "return_void", "call", NULL), 1000);
	cr_assert_eq(count_of(store, "return_void", "call", "return_void"), 1000);
	/* Each call from outside begins anew: its first instruction follows nothing, and its second is third of nothing. */
	cr_assert_eq(sum_of(store, 1), executed(store));
	cr_assert_eq(sum_of(store, 2), executed(store) - 1);
	cr_assert_eq(sum_of(store, 3), executed(store) - 2);
	uint64_t before = executed(store);
	cr_assert_eq(call(store, m, "nothing", ARGS(0), NULL, &error), ENGINE_OK);
	cr_assert_eq(executed(store), before + 1);
	cr_assert_eq(sum_of(store, 2), before - 1);
	engine_store_free(store);
}

/* The example of docs/engine.md. */
Test(counts, have_the_names_of_the_ir)
{
	if (getenv("TEST_NO_GUARD") || getenv("TEST_UNFUSED"))
		cr_skip_test("other instructions");
	engine_store_t *store = counting_store();
	engine_instance_t *m = instantiate_text(store,
		"(module (memory 1) (func (export \"sum\") (param $p i32) (param $n i32) (result i32) (local $s i32)"
		" (loop $again"
		"  (local.set $s (i32.add (local.get $s) (i32.load offset=16 (local.get $p))))"
		"  (local.set $p (i32.add (local.get $p) (i32.const 4)))"
		"  (br_if $again (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))"
		" (local.get $s)))", NULL, NULL);
	expect_result(store, m, "sum", 0, 0, 10);
	struct engine_opcode_count counts[2];
	cr_assert_eq(engine_opcode_counts(store, 1, counts, 2), 5, "how many there are, not how many fit");
	cr_assert_eq(counts[0].count, 10);
	cr_assert_eq(counts[1].count, 10);
	cr_assert_eq(executed(store), 32);
	cr_assert_eq(count_of(store, "zero1", NULL, NULL), 1);
	cr_assert_eq(count_of(store, "return_i_S", NULL, NULL), 1);
	cr_assert_eq(count_of(store, "i32_add_load_SSS", "i32_add2", "br_loop_i32_gt_s_RC"), 10);
	cr_assert_eq(count_of(store, "br_loop_i32_gt_s_RC", "i32_add_load_SSS", NULL), 9);
	engine_store_free(store);
}

Test(counts, leave_dumps_as_they_are)
{
	char *texts[2];
	for (int counting = 0; counting < 2; counting++) {
		engine_store_t *store = counting ? counting_store() : engine_store_new(NULL);
		engine_instance_t *m = instantiate_text(store,
			"(module (func (export \"f\") (param i64) (result i64)"
			" (i64.mul (i64.rotl (local.get 0) (i64.const 0x123456789ab)) (i64.xor (local.get 0) (i64.const 5)))))",
			NULL, NULL);
		expect_result(store, m, "f", 0, 0);
		size_t len;
		FILE *f = open_memstream(&texts[counting], &len);
		engine_dump_function(m, 0, f);
		fclose(f);
		engine_store_free(store);
	}
	cr_assert_str_eq(texts[0], texts[1]);
	cr_assert(strstr(texts[1], "i64_rotl_"), "%s", texts[1]);
	free(texts[0]);
	free(texts[1]);
}

Test(counts, include_what_traps)
{
	engine_store_t *store = counting_store();
	engine_instance_t *m = instantiate_text(store, calls_text, NULL, NULL);
	expect_trap(store, m, "trap", "unreachable", 1);
	cr_assert_eq(count_of(store, "trap_unreachable", NULL, NULL), 1);
	cr_assert_eq(executed(store), 1);
	engine_store_free(store);
}

Test(counts, of_threads_are_added)
{
	engine_store_t *one = counting_store(), *sum = counting_store();
	engine_instance_t *m = instantiate_text(one, calls_text, NULL, NULL);
	struct engine_error error;
	cr_assert_eq(call(one, m, "calls", ARGS(10), NULL, &error), ENGINE_OK);
	cr_assert(engine_opcode_counts_add(sum, one));
	cr_assert(engine_opcode_counts_add(sum, one));
	cr_assert_eq(executed(sum), 2 * executed(one));
	cr_assert_eq(count_of(sum, "call", "return_void", NULL), 40);
	engine_store_free(one);
	engine_store_free(sum);
}

/* More different sequences than the tables have room for at first. */
Test(counts, grow)
{
	engine_store_t *store = counting_store();
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	static const char *const ops[] = {"add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_u", "rem_u", "div_s"};
	fputs("(module (func (export \"f\") (param i64) (result i64) (local.get 0)", f);
	uint32_t random = 1;
	for (int i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		fprintf(f, " (i64.const %u) (i64.%s)", (random >> 8 & 15) + 1, ops[(random >> 16) % 14]);
	}
	fputs("))", f);
	fclose(f);
	engine_store_t *plain = engine_store_new(NULL);
	union engine_value expected, got, arg = {.i64 = 0x123456789abcdef};
	struct engine_error error;
	engine_instance_t *m = instantiate_text(plain, text, NULL, NULL);
	engine_instance_t *counted = instantiate_text(store, text, NULL, NULL);
	cr_assert_eq(engine_call(plain, export_func(m, "f"), &arg, &expected, &error), ENGINE_OK);
	cr_assert_eq(engine_call(store, export_func(counted, "f"), &arg, &got, &error), ENGINE_OK);
	cr_assert_eq(got.i64, expected.i64);
	struct engine_opcode_count most;
	size_t triples = engine_opcode_counts(store, 3, &most, 1);
	cr_assert(triples > 2048 && triples != SIZE_MAX, "%zu", triples);
	cr_assert_gt(executed(store), 19000);
	free(text);
	engine_store_free(plain);
	engine_store_free(store);
}

Test(counts, are_none_without_being_asked_for)
{
	engine_store_t *store = engine_store_new(NULL);
	engine_instance_t *m = instantiate_text(store, calls_text, NULL, NULL);
	struct engine_error error;
	struct engine_opcode_count most;
	cr_assert_eq(call(store, m, "calls", ARGS(10), NULL, &error), ENGINE_OK);
	cr_assert_eq(executed(store), 0);
	cr_assert_eq(engine_opcode_counts(store, 1, &most, 1), 0);
	engine_store_free(store);
}

/* Asks for a poll, which the next call serves, if data says so. */
static enum engine_error_kind host(struct engine_caller *caller, union engine_value *values)
{
	(void)values;
	if (caller->data)
		engine_poll(caller->store);
	return ENGINE_OK;
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	(void)import;
	*ret_extern = (struct engine_extern){.kind = ENGINE_EXTERN_FUNC, .u.func = user};
	return true;
}

static void on_poll(void *user, const struct engine_frame *frames, size_t n)
{
	(void)frames, (void)n;
	++*(unsigned *)user;
}

Test(counts, do_not_change_with_polls)
{
	uint64_t total[2];
	for (int polling = 0; polling < 2; polling++) {
		engine_store_t *store = counting_store();
		unsigned polls = 0;
		engine_on_poll(store, on_poll, &polls);
		engine_func_t *func = engine_func_host(store, &(struct engine_functype){0}, host, polling ? &polls : NULL);
		engine_instance_t *m = instantiate_text(store,
			"(module (import \"m\" \"host\" (func $host)) (func $nothing)"
			" (func (export \"f\") (param $n i32) (loop $l (call $host) (call $nothing)"
			"  (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))", resolve, func);
		struct engine_error error;
		cr_assert_eq(call(store, m, "f", ARGS(100), NULL, &error), ENGINE_OK);
		cr_assert_eq(polls, polling ? 100 : 0);
		cr_assert_eq(count_of(store, "call", NULL, NULL), 100);
		total[polling] = executed(store);
		engine_store_free(store);
	}
	cr_assert_eq(total[0], total[1]);
}
