/* The garbage-collected heap: what lives, what is freed, how much there may be. */

#include "support.h"

static engine_store_t *store_of(uint64_t max_heap, bool collect_always)
{
	return new_store_with((struct engine_config){.max_heap = max_heap, .collect_always = collect_always});
}

/* Lists of numbers. "build" keeps what it has in operands, locals and frames of a recursion. */
static const char lists[] =
	"(module"
	" (type $node (struct (field $value i32) (field $next (mut (ref null $node)))))"
	" (global $kept (mut (ref null $node)) (ref.null $node))"
	" (func $build (param $n i32) (result (ref null $node))"
	"  (if (i32.eqz (local.get $n)) (then (return (ref.null $node))))"
	"  (struct.new $node (local.get $n) (call $build (i32.sub (local.get $n) (i32.const 1)))))"
	" (func $sum (param $list (ref null $node)) (result i32)"
	"  (local $sum i32)"
	"  (block $end (loop $next"
	"   (local.set $sum (i32.add (local.get $sum)"
	"    (struct.get $node $value (br_on_null $end (local.get $list)) )))"
	"   (local.set $list (struct.get $node $next (local.get $list)))"
	"   (br $next)))"
	"  (local.get $sum))"
	" (func (export \"built\") (param $n i32) (result i32)"
	"  (i32.add (call $sum (call $build (local.get $n))) (call $sum (call $build (local.get $n)))))"
	/* Two lists at once on the operand stack. */
	" (func $both (param (ref null $node) (ref null $node)) (result i32)"
	"  (i32.add (call $sum (local.get 0)) (call $sum (local.get 1))))"
	" (func (export \"operands\") (param $n i32) (result i32)"
	"  (call $both (call $build (local.get $n)) (call $build (local.get $n))))"
	" (func (export \"keep\") (param $n i32) (result i32)"
	"  (global.set $kept (call $build (local.get $n))) (i32.const 0))"
	" (func (export \"drop\") (param $n i32) (result i32) (global.set $kept (ref.null $node)) (i32.const 0))"
	" (func (export \"kept\") (param i32) (result i32) (call $sum (global.get $kept)))"
	" (func (export \"churn\") (param $n i32) (result i32)"
	"  (loop $again (drop (call $build (i32.const 100)))"
	"   (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0))"
	" (func (export \"endless\") (param i32) (result i32)"
	"  (loop $again (global.set $kept (struct.new $node (i32.const 1) (global.get $kept))) (br $again)) (unreachable))"
	" (func (export \"list\") (param i32) (result anyref) (call $build (local.get 0)))"
	" (func (export \"sum\") (param anyref) (result i32) (call $sum (ref.cast (ref null $node) (local.get 0)))))";

Test(heap, what_frames_hold_lives)
{
	engine_store_t *store = store_of(0, true);
	engine_instance_t *m = instantiate_text(store, lists, NULL, NULL);
	expect_result(store, m, "built", 2 * 5050, 100);
	expect_result(store, m, "operands", 2 * 5050, 100);
	engine_store_free(store);
}

Test(heap, what_a_global_holds_lives_until_it_is_dropped)
{
	engine_store_t *store = store_of(0, false);
	engine_instance_t *m = instantiate_text(store, lists, NULL, NULL);
	expect_result(store, m, "keep", 0, 10000);
	uint64_t live = engine_collect(store);
	cr_assert_geq(live, 10000 * 24);
	expect_result(store, m, "kept", 50005000, 0);
	expect_result(store, m, "drop", 0, 0);
	cr_assert_eq(engine_collect(store), 0);
	engine_store_free(store);
}

Test(heap, hours_of_garbage_fit_a_small_heap)
{
	engine_store_t *store = store_of(8 << 20, false);
	engine_instance_t *m = instantiate_text(store, lists, NULL, NULL);
	expect_result(store, m, "keep", 0, 1000);
	uint64_t live = engine_collect(store);
	/* Each round is 96 MB of garbage, twelve times the heap. */
	for (unsigned round = 0; round < 5; round++) {
		expect_result(store, m, "churn", 0, 30000);
		cr_assert_eq(engine_collect(store), live, "round %u", round);
	}
	expect_result(store, m, "kept", 500500, 0);
	engine_store_free(store);
}

Test(heap, exhausted_is_a_trap_and_not_the_end)
{
	engine_store_t *store = store_of(2 << 20, false);
	engine_instance_t *m = instantiate_text(store, lists, NULL, NULL);
	for (unsigned round = 0; round < 3; round++) {
		expect_trap(store, m, "endless", "garbage-collected heap exhausted", 0);
		struct engine_frame frame;
		cr_assert_eq(engine_backtrace(store, &frame, 1), 1);
		expect_result(store, m, "drop", 0, 0);
		expect_result(store, m, "built", 10100, 100);
	}
	engine_store_free(store);
}

Test(heap, what_the_host_holds_lives)
{
	engine_store_t *store = store_of(0, true);
	engine_instance_t *m = instantiate_text(store, lists, NULL, NULL);
	union engine_value list, sum;
	struct engine_error error;
	cr_assert_eq(call(store, m, "list", ARGS(10), &list, &error), ENGINE_OK);
	engine_handle_t *handle = engine_hold(store, list, ENGINE_ANYREF), *other = engine_hold(store, list, ENGINE_ANYREF);
	cr_assert(handle && other);
	expect_result(store, m, "churn", 0, 2);
	cr_assert_eq(engine_held(handle).bits, list.bits);
	cr_assert_eq(call(store, m, "sum", ARGS(list.bits), &sum, &error), ENGINE_OK);
	cr_assert_eq(sum.i32, 55);
	engine_release(handle);
	cr_assert_gt(engine_collect(store), 0, "the other handle is still there");
	engine_release(other);
	cr_assert_eq(engine_collect(store), 0);
	engine_release(NULL);
	/* One that is never released goes with the store. */
	cr_assert_not_null(engine_hold(store, (union engine_value){.bits = 0}, ENGINE_ANYREF));
	engine_store_free(store);
}

/* An array as large as a tenth of a heap, in which elements are moved and replaced while it is marked. Each element knows
 * its number; "check" finds all of them. */
static const char moving[] =
	"(module"
	" (type $box (struct (field i32)))"
	" (type $boxes (array (mut (ref null $box))))"
	" (global $a (mut (ref null $boxes)) (ref.null $boxes))"
	" (global $b (mut (ref null $boxes)) (ref.null $boxes))"
	" (func (export \"make\") (param $n i32) (result i32)"
	"  (global.set $a (array.new_default $boxes (local.get $n)))"
	"  (global.set $b (array.new_default $boxes (local.get $n)))"
	"  (loop $next"
	"   (local.set $n (i32.sub (local.get $n) (i32.const 1)))"
	"   (array.set $boxes (global.get $a) (local.get $n) (struct.new $box (local.get $n)))"
	"   (br_if $next (local.get $n)))"
	"  (i32.const 0))"
	/* Each element goes to the other array by way of a local alone, so that it may go from where marking has not been to where it
	 * has; a copy replaces every fourth. */
	" (func (export \"move\") (param $n i32) (result i32)"
	"  (local $i i32) (local $x (ref null $box)) (local $t (ref null $boxes))"
	"  (local.set $i (array.len (global.get $a)))"
	"  (loop $next"
	"   (local.set $i (i32.sub (local.get $i) (i32.const 1)))"
	"   (local.set $x (array.get $boxes (global.get $a) (local.get $i)))"
	"   (array.set $boxes (global.get $a) (local.get $i) (ref.null $box))"
	"   (drop (struct.new $box (i32.const -1)))"
	"   (if (i32.eqz (i32.and (local.get $i) (i32.const 3)))"
	"    (then (local.set $x (struct.new $box (struct.get $box 0 (local.get $x))))))"
	"   (array.set $boxes (global.get $b) (local.get $i) (local.get $x))"
	"   (br_if $next (local.get $i)))"
	"  (local.set $t (global.get $a)) (global.set $a (global.get $b)) (global.set $b (local.get $t))"
	"  (i32.const 0))"
	" (func (export \"check\") (param $n i32) (result i32)"
	"  (local $i i32) (local $wrong i32)"
	"  (local.set $i (array.len (global.get $a)))"
	"  (loop $next"
	"   (local.set $i (i32.sub (local.get $i) (i32.const 1)))"
	"   (local.set $wrong (i32.add (local.get $wrong) (i32.ne (local.get $i)"
	"    (struct.get $box 0 (array.get $boxes (global.get $a) (local.get $i))))))"
	"   (br_if $next (local.get $i)))"
	"  (local.get $wrong)))";

/* Elements are taken out, and only a table has them while marking goes on and ends. */
static const char taken[] =
	"(module"
	" (type $box (struct (field i32)))"
	" (type $boxes (array (mut (ref null $box))))"
	" (global $a (mut (ref null $boxes)) (ref.null $boxes))"
	" (table $t 1000 (ref null $box))"
	" (func (export \"make\") (param $n i32) (result i32)"
	"  (global.set $a (array.new_default $boxes (local.get $n)))"
	"  (loop $next"
	"   (local.set $n (i32.sub (local.get $n) (i32.const 1)))"
	"   (array.set $boxes (global.get $a) (local.get $n) (struct.new $box (local.get $n)))"
	"   (br_if $next (local.get $n)))"
	"  (i32.const 0))"
	" (func (export \"take\") (param $from i32) (result i32)"
	"  (local $i i32)"
	"  (loop $next"
	"   (table.set $t (local.get $i) (array.get $boxes (global.get $a) (i32.add (local.get $from) (local.get $i))))"
	"   (array.set $boxes (global.get $a) (i32.add (local.get $from) (local.get $i)) (ref.null $box))"
	"   (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))"
	"  (i32.const 0))"
	" (func (export \"trash\") (param $n i32) (result i32)"
	"  (loop $next (drop (struct.new $box (i32.const -1)))"
	"   (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0))"
	" (func (export \"check\") (param $from i32) (result i32)"
	"  (local $i i32) (local $wrong i32)"
	"  (loop $next"
	"   (local.set $wrong (i32.add (local.get $wrong) (i32.ne (i32.add (local.get $from) (local.get $i))"
	"    (struct.get $box 0 (table.get $t (local.get $i))))))"
	"   (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))"
	"  (local.get $wrong)))";

Test(heap, what_moves_to_a_table_while_it_is_marked_is_found_there)
{
	engine_store_t *store = store_of(64 << 20, false);
	engine_instance_t *m = instantiate_text(store, taken, NULL, NULL);
	expect_result(store, m, "make", 0, 300000);
	for (unsigned i = 0; i < 300; i++) {
		expect_result(store, m, "take", 0, i * 1000);
		expect_result(store, m, "trash", 0, 30011); /* cycles end anywhere in between */
		expect_result(store, m, "check", 0, i * 1000);
	}
	engine_store_free(store);
}

Test(heap, nothing_is_missed_that_moves_while_it_is_marked)
{
	engine_store_t *store = store_of(64 << 20, false);
	engine_instance_t *m = instantiate_text(store, moving, NULL, NULL);
	expect_result(store, m, "make", 0, 300000);
	for (unsigned round = 0; round < 30; round++)
		expect_result(store, m, "move", 0, 0);
	expect_result(store, m, "check", 0, 0);
	uint64_t live = engine_collect(store);
	cr_assert_leq(live, 300000 * 16 + 2 * (300000 * 8 + 65536), "%llu", (unsigned long long)live);
	expect_result(store, m, "check", 0, 0);
	engine_store_free(store);
}

/* Everything else that can hold a reference. */
static const char holders[] =
	"(module"
	" (type $box (struct (field i32)))"
	" (type $f (func (param anyref)))"
	" (import \"host\" \"call\" (func $host (param anyref externref) (result i32)))"
	" (table $t 4 anyref)"
	" (elem $e (ref null $box) (struct.new $box (i32.const 5)) (struct.new $box (i32.const 6)))"
	" (tag $tag (param i32 anyref))"
	" (global $exn (mut exnref) (ref.null exn))"
	" (global $ext (mut externref) (ref.null extern))"
	" (func $new (export \"new\") (param i32) (result anyref) (struct.new $box (local.get 0)))"
	" (func $value (export \"value\") (param anyref) (result i32) (struct.get $box 0 (ref.cast (ref $box) (local.get 0))))"
	" (func $trash (param $n i32)"
	"  (loop (drop (call $new (i32.const 99))) (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
	" (func (export \"table\") (param i32) (result i32)"
	"  (table.set $t (i32.const 2) (call $new (local.get 0))) (call $trash (i32.const 3))"
	"  (call $value (table.get $t (i32.const 2))))"
	" (func (export \"local\") (param $n i32) (result i32)"
	"  (local $x anyref) (local $y externref)"
	"  (local.set $x (call $new (local.get $n))) (local.set $y (extern.convert_any (call $new (i32.const 1))))"
	"  (call $trash (i32.const 3))"
	"  (i32.add (call $value (local.get $x)) (call $value (any.convert_extern (local.get $y)))))"
	" (func (export \"segment\") (param i32) (result i32)"
	"  (call $trash (i32.const 3)) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))"
	"  (i32.add (call $value (table.get $t (i32.const 0))) (call $value (table.get $t (i32.const 1)))))"
	" (func (export \"exception\") (param i32) (result i32)"
	"  (local $x anyref)"
	"  (block $caught (result i32 anyref exnref)"
	"   (try_table (catch_ref $tag $caught) (throw $tag (i32.const 7) (call $new (local.get 0)))) (unreachable))"
	"  (global.set $exn) (drop) (drop)"
	"  (call $trash (i32.const 3))"
	"  (block $again (result i32 anyref)"
	"   (try_table (catch $tag $again) (throw_ref (global.get $exn))) (unreachable))"
	"  (local.set $x) (i32.add (call $value (local.get $x))))"
	" (func (export \"extern\") (param i32) (result i32)"
	"  (global.set $ext (extern.convert_any (call $new (local.get 0)))) (call $trash (i32.const 3))"
	"  (call $value (any.convert_extern (global.get $ext))))"
	" (func (export \"hosts\") (param $host externref) (result i32)"
	"  (local $any anyref) (local.set $any (any.convert_extern (local.get $host)))"
	"  (table.set $t (i32.const 3) (local.get $any)) (global.set $ext (local.get $host))"
	"  (call $trash (i32.const 3))"
	"  (ref.eq (ref.i31 (i32.const 0)) (ref.i31 (ref.is_null (extern.convert_any (local.get $any))))))"
	" (func (export \"arguments\") (param i32) (result i32)"
	"  (call $host (call $new (local.get 0)) (extern.convert_any (call $new (i32.const 1)))))"
	/* A caught exception's reference is dropped a million times. */
	" (func (export \"exceptions\") (param $n i32) (result i32)"
	"  (loop $again"
	"   (block $caught (result exnref)"
	"    (try_table (catch_all_ref $caught) (throw $tag (i32.const 7) (ref.i31 (local.get $n)))) (unreachable))"
	"   (drop)"
	"   (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
	"  (i32.const 0)))";

/* Calls back, so that its arguments have to live through collections, and adds their values. */
static enum engine_error_kind call_back(struct engine_caller *caller, union engine_value *values)
{
	engine_instance_t *m = caller->instance;
	union engine_value args[2] = {values[0], values[1]}, sum = {0}, one;
	struct engine_error error;
	args[1].bits &= ~(UINT64_C(1) << 63); /* as any.convert_extern does */
	cr_assert_eq(call(caller->store, m, "new", ARGS(3), &one, &error), ENGINE_OK);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(call(caller->store, m, "value", ARGS(args[i].bits), &one, &error), ENGINE_OK);
		sum.i32 += one.i32;
	}
	values[0] = sum;
	return ENGINE_OK;
}

static bool resolve_call_back(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &import->func, call_back, NULL);
	return true;
}

Test(heap, locals_tables_segments_exceptions_externs_and_arguments_hold_what_they_have)
{
	engine_store_t *store = store_of(0, true);
	engine_instance_t *m = instantiate_text(store, holders, resolve_call_back, store);
	expect_result(store, m, "local", 41, 40);
	expect_result(store, m, "table", 41, 41);
	expect_result(store, m, "segment", 11, 0);
	expect_result(store, m, "exception", 42 + 7, 42);
	expect_result(store, m, "extern", 43, 43);
	expect_result(store, m, "hosts", 1, 0x7ffff0001234); /* a pointer of the host's is no object */
	expect_result(store, m, "arguments", 45, 44);
	engine_store_free(store);
}

Test(heap, exceptions_that_nobody_keeps_are_freed)
{
	engine_store_t *store = store_of(2 << 20, false);
	engine_instance_t *m = instantiate_text(store, holders, resolve_call_back, store);
	expect_result(store, m, "exceptions", 0, 200000);
	engine_store_free(store);
}

/* Small and large arrays, filled, dropped and made anew. */
static const char arrays[] =
	"(module"
	" (type $bytes (array (mut i8)))"
	" (type $all (array (mut (ref null $bytes))))"
	" (global $kept (mut (ref null $bytes)) (ref.null $bytes))"
	" (func (export \"dirty\") (param $n i32) (result i32)"
	"  (local $i i32)"
	"  (loop $next (global.set $kept (array.new $bytes (i32.const 255) (local.get $n)))"
	"   (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6)))) (i32.const 0))"
	" (func $sum (export \"sum\") (param $a (ref $bytes)) (result i32)"
	"  (local $n i32) (local $sum i32)"
	"  (local.set $n (array.len (local.get $a)))"
	"  (loop $next (local.set $n (i32.sub (local.get $n) (i32.const 1)))"
	"   (local.set $sum (i32.add (local.get $sum) (array.get_u $bytes (local.get $a) (local.get $n))))"
	"   (br_if $next (local.get $n)))"
	"  (local.get $sum))"
	" (func (export \"clean\") (param $n i32) (result i32)"
	"  (local $i i32) (local $sum i32)"
	"  (loop $next (local.set $sum (i32.add (local.get $sum) (call $sum (array.new_default $bytes (local.get $n)))))"
	"   (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5)))) (local.get $sum))"
	" (func (export \"huge\") (param i32) (result i32) (array.len (array.new_default $bytes (local.get 0)))))";

static const char constant_array[] =
	"(module (type $bytes (array (mut i8)))"
	" (global (export \"a\") (ref $bytes) (array.new_default $bytes (i32.const 1000))))";

Test(heap, memory_that_is_used_again_is_zero)
{
	engine_store_t *store = store_of(8 << 20, false);
	engine_instance_t *m = instantiate_text(store, arrays, NULL, NULL);
	static const uint32_t sizes[] = {1, 16, 200, 1000, 30000, 32752, 32753, 65536, 300000};
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		expect_result(store, m, "dirty", 0, sizes[i]); /* the last one stays, and so its block */
		engine_collect(store);
		expect_result(store, m, "clean", 0, sizes[i]);
	}
	expect_result(store, m, "dirty", 0, 1000);
	engine_collect(store);
	struct engine_extern a;
	cr_assert(engine_export(instantiate_text(store, constant_array, NULL, NULL), "a", 1, &a));
	expect_result(store, m, "sum", 0, engine_global_get(a.u.global).bits);
	engine_store_free(store);
}

Test(heap, arrays_larger_than_the_heap_are_a_trap)
{
	engine_store_t *store = store_of(1 << 20, false);
	engine_instance_t *m = instantiate_text(store, arrays, NULL, NULL);
	expect_trap(store, m, "huge", "garbage-collected heap exhausted", 1 << 20);
	expect_trap(store, m, "huge", "garbage-collected heap exhausted", UINT32_MAX);
	expect_result(store, m, "huge", 900000, 900000);
	engine_store_free(store);
}

Test(heap, constants_are_part_of_it)
{
	engine_store_t *store = store_of(1 << 16, false);
	engine_instance_t *instance;
	struct engine_error error;
	engine_module_t *module = load_text("(module (type $bytes (array i8))"
					    " (global (ref $bytes) (array.new $bytes (i32.const 0) (i32.const 100000))))",
					    &error);
	cr_assert_not_null(module);
	cr_assert_eq(engine_instantiate(store, module, NULL, NULL, &instance, &error), ENGINE_TRAP);
	cr_assert_str_eq(error.message, "garbage-collected heap exhausted");
	engine_store_free(store);
}
