/* Chains: handlers that execute several instructions. Here they are where the compiler
 * puts them; what each of them computes is compared with its instructions in test_chain_parts.c. */
#include <stdio.h>
#include <stdlib.h>

#include "dump.h"
#include "support.h"

/* Does the function have a chain that begins like this? Where other forms are used there may be none. */
static void expect_chain(engine_instance_t *instance, uint32_t index, const char *chain)
{
	if (getenv("TEST_NO_GUARD") || getenv("TEST_COUNT") || getenv("TEST_NO_CHAINS"))
		return;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	engine_dump_function(instance, index, f);
	fclose(f);
	cr_assert(strstr(text, chain), "%s is not in\n%s", chain, text);
	free(text);
}

/* Four loads in a row: whichever faults, the backtrace names it, and what the ones before it did has been done. */
Test(chains, fault_where_their_instructions_do)
{
	static const char text[] =
		"(module (memory 1) (global $g (export \"g\") (mut i32) (i32.const 0))"
		" (func (export \"f\") (param i32 i32 i32 i32) (result i32) (local i32 i32 i32 i32)"
		"  (local.set 4 (i32.load (local.get 0))) (local.set 5 (i32.load (local.get 1)))"
		"  (local.set 6 (i32.load (local.get 2))) (local.set 7 (i32.load (local.get 3)))"
		"  (i32.add (i32.add (local.get 4) (local.get 5)) (i32.add (local.get 6) (local.get 7)))))";
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, text, NULL, NULL);
	expect_result(store, m, "f", 0, 0, 4, 8, 12);
	expect_chain(m, 0, "i32_load_SS__i32_load_SS");
	size_t before = 0;
	for (unsigned bad = 0; bad < 4; bad++) {
		uint64_t args[4] = {0, 4, 8, 12};
		args[bad] = 0xfffffff0;
		struct engine_error error;
		cr_assert_eq(call(store, m, "f", 4, args, NULL, &error), ENGINE_TRAP);
		struct engine_frame frames[1];
		cr_assert_eq(engine_backtrace(store, frames, 1), 1);
		cr_assert_gt(frames[0].offset, before, "load %u", bad);
		cr_assert(before == 0 || frames[0].offset - before < 10, "load %u at %zu, the one before at %zu", bad,
			  frames[0].offset, before);
		before = frames[0].offset;
	}
	engine_store_free(store);
}

/* A loop's head lies in the middle of a chain: whoever comes from above runs into it, whoever branches there does not run what is
 * before it. */
Test(chains, are_entered_in_the_middle)
{
	static const char text[] =
		"(module (memory 1)"
		" (func (export \"f\") (param $n i32) (param $p i32) (result i32) (local $a i32) (local $b i32)"
		"  (local.set $a (i32.load (local.get $p)))"
		"  (loop $again"
		"   (local.set $b (i32.load offset=4 (local.get $p)))"
		"   (local.set $a (i32.add (local.get $a) (local.get $b)))"
		"   (i32.store (local.get $p) (i32.const 1000))"
		"   (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
		"  (local.get $a))"
		" (data (i32.const 0) \"\\05\\00\\00\\00\\07\\00\\00\\00\"))";
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, text, NULL, NULL);
	expect_result(store, m, "f", 5 + 3 * 7, 3, 0);
	expect_chain(m, 0, "i32_load_SS__i32_load_SS");
	expect_result(store, m, "f", 1000 + 2 * 7, 2, 0);
	engine_store_free(store);
}

/* A branch that is taken leaves its chain. */
Test(chains, are_left_by_branches)
{
	static const char text[] =
		"(module (memory 1)"
		" (func (export \"f\") (param $p i32) (result i32)"
		"  (block $out"
		"   (br_if $out (i32.eqz (i32.load (local.get $p))))"
		"   (i32.store offset=8 (local.get $p) (i32.const 1))"
		"   (br_if $out (i32.eqz (i32.load offset=4 (local.get $p))))"
		"   (i32.store offset=12 (local.get $p) (i32.const 1)))"
		"  (i32.add (i32.load offset=8 (local.get $p)) (i32.mul (i32.load offset=12 (local.get $p)) (i32.const 10))))"
		" (data (i32.const 16) \"\\01\\00\\00\\00\") (data (i32.const 32) \"\\01\\00\\00\\00\\01\\00\\00\\00\"))";
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, text, NULL, NULL);
	expect_result(store, m, "f", 0, 0);
	expect_result(store, m, "f", 1, 16);
	expect_result(store, m, "f", 11, 32);
	expect_chain(m, 0, "__");
	engine_store_free(store);
}

/* Interrupted within a chain, code goes on where it was. */
static unsigned polls;

static void count_poll(void *user, const struct engine_frame *frames, size_t n)
{
	(void)user;
	cr_assert(n > 0 && frames[0].module);
	polls++;
}

Test(chains, go_on_after_a_poll)
{
	static const char text[] =
		"(module (func (export \"f\") (param $n i32) (result i32) (local $a i32)"
		"  (loop $again"
		"   (local.set $a (i32.add (local.get $a) (local.get $n)))"
		"   (br_if $again (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))"
		"  (local.get $a)))";
	engine_store_t *store = new_store();
	engine_on_poll(store, count_poll, NULL);
	engine_instance_t *m = instantiate_text(store, text, NULL, NULL);
	expect_result(store, m, "f", 55, 10);
	engine_poll(store);
	expect_result(store, m, "f", 5050, 100);
	cr_assert_eq(polls, 1);
	engine_store_free(store);
}
