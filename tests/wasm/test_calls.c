/* Calls: where results go, and that indirect calls see what the table holds now. */

#include "support.h"

static engine_instance_t *peer;

static enum engine_error_kind twice(struct engine_caller *caller, union engine_value *values)
{
	(void)caller;
	values[0].bits *= 2;
	return ENGINE_OK;
}

static enum engine_error_kind half(struct engine_caller *caller, union engine_value *values)
{
	(void)caller;
	values[0].f64 /= 2;
	return ENGINE_OK;
}

/* The host's own functions, and whatever the peer exports. */
static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	if (import->module_len == 4 && !memcmp(import->module, "host", 4)) {
		ret_extern->kind = ENGINE_EXTERN_FUNC;
		ret_extern->u.func = engine_func_host(user, &import->func, import->name[0] == 'h' ? half : twice, NULL);
		return true;
	}
	return engine_export(peer, import->name, import->name_len, ret_extern);
}

static const char peer_text[] =
	"(module (memory 1)"
	" (func (export \"next\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))"
	" (func (export \"v\") (param v128) (result v128) (i32x4.add (local.get 0) (v128.const i32x4 1 2 3 4)))"
	" (func (export \"f\") (param f32) (result f32) (f32.mul (local.get 0) (f32.const 3)))"
	" (func (export \"two\") (param i32) (result i32 i32) (i32.const 7) (local.get 0)))";

/* $x and $y stand around the slot that each result is assigned to: a result that also went anywhere else would show. */
static const char results_text[] =
	"(module"
	" (import \"host\" \"twice\" (func $twice (param i64) (result i64)))"
	" (import \"host\" \"half\" (func $half (param f64) (result f64)))"
	" (import \"peer\" \"next\" (func $next (param i32) (result i32)))"
	" (import \"peer\" \"v\" (func $v (param v128) (result v128)))"
	" (import \"peer\" \"f\" (func $f (param f32) (result f32)))"
	" (import \"peer\" \"two\" (func $two (param i32) (result i32 i32)))"
	" (memory 1) (type $t (func (param i32) (result i32)))"
	" (table $table 4 funcref) (elem (i32.const 0) $own $next $tail)"
	" (func $own (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10)))"
	" (func $tail (param i32) (result i32) (return_call $next (i32.mul (local.get 0) (i32.const 100))))"
	" (func (export \"integers\") (param $p i32) (result i64)"
	"  (local $x i32) (local $r i32) (local $y i32) (local $w i64)"
	"  (local.set $r (call $own (local.get $p)))"
	"  (local.set $y (local.get $r))"
	"  (local.set $r (call $next (local.get $r)))"
	"  (local.set $x (call $tail (local.get $r)))"
	"  (local.set $r (call_indirect (type $t) (local.get $r) (i32.const 1)))"
	"  (local.set $w (call $twice (i64.extend_i32_u (local.tee $r (call_indirect (type $t) (local.get $r) (i32.const 2))))))"
	"  (i64.add (local.get $w) (i64.mul (i64.const 1000000) (i64.extend_i32_u (i32.add (local.get $x) (local.get $y))))))"
	" (func (export \"old_value\") (param $p i32) (result i32)" /* read before the assignment */
	"  (local.get $p) (local.set $p (call $own (local.get $p))) (i32.sub (local.get $p)))"
	" (func (export \"floats\") (param $p i32) (result i32) (local $a f32) (local $b f64) (local $c f32)"
	"  (local.set $a (call $f (f32.convert_i32_s (local.get $p))))"
	"  (local.set $b (call $half (f64.promote_f32 (local.get $a))))"
	"  (i32.trunc_f64_s (f64.add (local.get $b) (f64.promote_f32 (f32.add (local.get $a) (local.get $c))))))"
	" (func (export \"vectors\") (param $p i32) (result i32) (local $x v128) (local $r v128) (local $y v128)"
	"  (local.set $r (call $v (i32x4.splat (local.get $p))))"
	"  (local.set $r (call $v (local.get $r)))"
	"  (i32.add (i32x4.extract_lane 3 (local.get $r))"
	"   (i32x4.extract_lane 0 (v128.or (local.get $x) (local.get $y)))))"
	" (func (export \"several\") (param $p i32) (result i32) (local $a i32)"
	"  (call $two (local.get $p)) (local.set $a) (i32.sub (local.get $a)))"
	" (func $deep (export \"deep\") (param $n i32) (result i32) (local $r i32)"
	"  (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))"
	"  (local.set $r (call $deep (i32.sub (local.get $n) (i32.const 1))))"
	"  (i32.add (local.get $r) (i32.const 2))))";

Test(calls, results_go_to_the_local_that_they_are_assigned_to)
{
	engine_store_t *store = new_store();
	peer = instantiate_text(store, peer_text, NULL, NULL);
	engine_instance_t *m = instantiate_text(store, results_text, resolve, store);
	for (int i = 0; i < 2; i++) { /* the first time they are compiled on the way */
		/* 3: own 30, next 31, tail 3101, indirect next 32, indirect tail 3201, twice 6402. */
		expect_result(store, m, "integers", 6402 + 1000000ull * (3101 + 30), 3);
		expect_result(store, m, "old_value", (uint32_t)(5 - 50), 5);
		expect_result(store, m, "floats", 6 + 3, 2);
		expect_result(store, m, "vectors", 10 + 8, 10);
		expect_result(store, m, "several", 7 - 4, 4);
		expect_result(store, m, "deep", 2000, 1000);
	}
	engine_store_free(store);
}

/* Elements 1 and 257 would share a place in anything small that remembers targets. */
static const char table_text[] =
	"(module"
	" (import \"peer\" \"next\" (func $next (param i32) (result i32))) (import \"host\" \"twice\" (func $host (param i32) (result i32)))"
	" (memory 1) (type $t (func (param i32) (result i32)))"
	" (type $open (sub (func (param i64) (result i64)))) (type $narrow (sub $open (func (param i64) (result i64))))"
	" (table $table 600 funcref) (elem (i32.const 1) $plus) (elem (i32.const 257) $minus) (elem declare func $plus $other $next $host)"
	" (elem (i32.const 300) $narrow)"
	" (func $plus (type $t) (i32.add (local.get 0) (i32.const 5)))"
	" (func $minus (type $t) (i32.sub (local.get 0) (i32.const 5)))"
	" (func $other (param i32)) (func $narrow (type $narrow) (local.get 0))"
	" (func $call (export \"call\") (param i32 i32) (result i32)"
	"  (call_indirect $table (type $t) (local.get 1) (local.get 0)))"
	" (func (export \"both\") (param i32) (result i32)"
	"  (i32.add (i32.mul (call $call (i32.const 1) (local.get 0)) (i32.const 1000)) (call $call (i32.const 257) (local.get 0))))"
	" (func (export \"loaded\") (param i32) (result i32)" /* the index, and the argument placed on the way */
	"  (i32.store (i32.const 8) (i32.const 257))"
	"  (call_indirect $table (type $t) (local.get 0) (i32.load offset=8 (i32.sub (local.get 0) (local.get 0)))))"
	" (func (export \"computed\") (param i32 i32) (result i32)" /* the argument is copied in one instruction with the call */
	"  (call_indirect $table (type $t) (local.get 1) (i32.rotl (local.get 0) (i32.const 1))))"
	" (func (export \"set_host\") (param i32) (table.set $table (local.get 0) (ref.func $host)))"
	" (func (export \"set_peer\") (param i32) (table.set $table (local.get 0) (ref.func $next)))"
	" (func (export \"set_other\") (param i32) (table.set $table (local.get 0) (ref.func $other)))"
	" (func (export \"set_null\") (param i32) (table.set $table (local.get 0) (ref.null func)))"
	" (func (export \"copy\") (param i32) (table.copy $table $table (local.get 0) (i32.const 1) (i32.const 1)))"
	" (func (export \"grow\") (param i32) (drop (table.grow $table (ref.func $plus) (local.get 0))))"
	" (func (export \"as_open\") (param i64) (result i64) (call_indirect $table (type $open) (local.get 0) (i32.const 300)))"
	" (func (export \"as_narrow\") (param i64) (result i64) (call_indirect $table (type $narrow) (local.get 0) (i32.const 300))))";

Test(calls, indirect_ones_see_the_table_as_it_is)
{
	engine_store_t *store = new_store();
	peer = instantiate_text(store, peer_text, NULL, NULL);
	engine_instance_t *m = instantiate_text(store, table_text, resolve, store);
	struct engine_error error;
	for (int i = 0; i < 3; i++) {
		expect_result(store, m, "both", 105 * 1000 + 95, 100);
		expect_result(store, m, "call", 15, 1, 10);
		expect_result(store, m, "loaded", 2, 7);
		expect_result(store, m, "as_open", 9, 9);
		expect_result(store, m, "as_narrow", 9, 9);
	}
	expect_trap(store, m, "call", "uninitialized element", 2, 10);
	expect_trap(store, m, "computed", "uninitialized element", 1, 10);
	cr_assert_eq(call(store, m, "set_peer", ARGS(2), NULL, &error), ENGINE_OK);
	expect_result(store, m, "computed", 11, 1, 10);
	cr_assert_eq(call(store, m, "set_host", ARGS(2), NULL, &error), ENGINE_OK);
	expect_result(store, m, "computed", 20, 1, 10);
	expect_result(store, m, "computed", 15, 0x80000000, 10); /* element 1, before and after it is known */
	expect_result(store, m, "computed", 15, 0x80000000, 10);
	expect_trap(store, m, "call", "undefined element", 600, 10);
	expect_trap(store, m, "call", "indirect call type mismatch", 300, 10);
	expect_trap(store, m, "call", "undefined element", 600 + 256, 10);
	cr_assert_eq(call(store, m, "set_peer", ARGS(1), NULL, &error), ENGINE_OK);
	expect_result(store, m, "call", 11, 1, 10);
	expect_result(store, m, "both", 101 * 1000 + 95, 100);
	cr_assert_eq(call(store, m, "copy", ARGS(257), NULL, &error), ENGINE_OK);
	expect_result(store, m, "both", 101 * 1000 + 101, 100);
	cr_assert_eq(call(store, m, "set_other", ARGS(1), NULL, &error), ENGINE_OK);
	expect_trap(store, m, "call", "indirect call type mismatch", 1, 10);
	cr_assert_eq(call(store, m, "set_null", ARGS(257), NULL, &error), ENGINE_OK);
	expect_trap(store, m, "call", "uninitialized element", 257, 10);
	cr_assert_eq(call(store, m, "grow", ARGS(100), NULL, &error), ENGINE_OK);
	expect_result(store, m, "call", 6, 699, 1);
	engine_store_free(store);
}
