/* Typed references: calls, null, casts, i31, the host's references, and locals that have no default. */
#include "support.h"

static enum engine_error_kind kind_of(const char *text)
{
	struct engine_error error;
	return load_text(text, &error) ? ENGINE_OK : error.kind;
}

#define UNARY "(type $unary (func (param i32) (result i32)))"

static enum engine_error_kind add_hundred(struct engine_caller *caller, union engine_value *values)
{
	cr_assert_not_null(caller->instance);
	values[0].i32 += 100;
	return ENGINE_OK;
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	if (import->name[0] == 'h') { /* else "peer" */
		ret_extern->kind = ENGINE_EXTERN_FUNC;
		ret_extern->u.func = engine_func_host(user, &import->func, add_hundred, NULL);
		return true;
	}
	static engine_instance_t *peer;
	if (!peer)
		peer = instantiate_text(user,
					"(module (memory 1) (data (i32.const 0) \"\\2a\") (func (export \"peer\") (param i32) (result i32)"
					"  (i32.load8_u (local.get 0))))",
					NULL, NULL);
	return engine_export(peer, import->name, import->name_len, ret_extern);
}

/* "direct" and "tail" call the function that "which" (0: own, 1: host's, 2: of an instance with another memory, 3: null)
 * says with an argument; the own one reads this instance's memory. */
static const char calls[] =
	"(module " UNARY " (type $self (func (param i32 i32) (result i32)))"
	"  (import \"m\" \"host\" (func $host (type $unary))) (import \"m\" \"peer\" (func $peer (type $unary)))"
	"  (memory 1) (data (i32.const 0) \"\\07\")"
	"  (func $own (type $unary) (i32.load8_u (local.get 0)))"
	"  (table $t 4 (ref null $unary)) (elem (table $t) (i32.const 0) (ref null $unary)"
	"    (ref.func $own) (ref.func $host) (ref.func $peer))"
	"  (func (export \"direct\") (param $which i32) (param $x i32) (result i32)"
	"    (i32.add (i32.mul (call_ref $unary (local.get $x) (table.get $t (local.get $which))) (i32.const 1000))"
	"      (i32.load8_u (i32.const 0))))"
	"  (func (export \"local\") (param $which i32) (param $x i32) (result i32) (local $f (ref null $unary))"
	"    (local.set $f (table.get $t (local.get $which)))"
	"    (i32.add (call_ref $unary (local.get $x) (local.get $f)) (call_ref $unary (local.get $x) (local.get $f))))"
	"  (func (export \"tail\") (param $which i32) (param $x i32) (result i32)"
	"    (return_call_ref $unary (local.get $x) (table.get $t (local.get $which))))"
	"  (func $count (export \"count\") (param $n i32) (param $sum i32) (result i32)"
	"    (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))"
	"    (return_call_ref $self (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $sum) (i32.const 2))"
	"      (ref.func $count))))";

Test(references, call_ref_reaches_own_host_and_foreign_functions)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, calls, resolve, store);
	expect_result(store, m, "direct", 7007, 0, 0);
	expect_result(store, m, "direct", 105007, 1, 5);
	expect_result(store, m, "direct", 42007, 2, 0);
	expect_result(store, m, "local", 14, 0, 0);
	expect_result(store, m, "local", 210, 1, 5);
	expect_result(store, m, "local", 84, 2, 0);
	expect_trap(store, m, "direct", "null function reference", 3, 0);
	expect_trap(store, m, "local", "null function reference", 3, 0);
	engine_store_free(store);
}

Test(references, return_call_ref_needs_no_stack)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, calls, resolve, store);
	expect_result(store, m, "tail", 7, 0, 0);
	expect_result(store, m, "tail", 105, 1, 5);
	expect_result(store, m, "tail", 42, 2, 0);
	expect_trap(store, m, "tail", "null function reference", 3, 0);
	expect_result(store, m, "count", 10000000, 5000000, 0);
	engine_store_free(store);
}

/* Branches whose label takes further operands that are elsewhere: locals, constants, the accumulator. */
static const char branches[] =
	"(module (type $f (func)) (elem declare func $nop) (func $nop)"
	"  (func (export \"on_null\") (param $null i32) (param $x i32) (result i32) (local $r (ref null $f))"
	"    (if (i32.eqz (local.get $null)) (then (local.set $r (ref.func $nop))))"
	"    (block $out (result i32)"
	"      (i32.const 11) (i32.add (local.get $x) (i32.const 1)) (local.get $r)"
	"      (br_on_null $out) (drop) (local.set $x) (drop)"
	"      (i32.mul (local.get $x) (i32.const 100))))"
	"  (func (export \"on_null_return\") (param $null i32) (param $x i32) (result i32)"
	"    (i32.add (local.get $x) (i32.const 5))"
	"    (br_on_null 0 (select (result (ref null $f)) (ref.null $f) (ref.func $nop) (local.get $null)))"
	"    (drop) (i32.const 1) (i32.shl))"
	"  (func $pick (param i32) (result (ref null $f))"
	"    (if (result (ref null $f)) (local.get 0) (then (ref.func $nop)) (else (ref.null $f))))"
	"  (func (export \"on_non_null\") (param $n i32) (result i32) (local $steps i32)"
	"    (local.get $n) (ref.func $nop)"
	"    (loop $again (param i32 (ref $f)) (result i32)"
	"      (drop) (local.set $n) (local.set $steps (i32.add (local.get $steps) (i32.const 1)))"
	"      (br_on_non_null $again (i32.sub (local.get $n) (i32.const 1)) (call $pick (i32.gt_s (local.get $n) (i32.const 1))))"
	"      (drop) (local.get $steps)))"
	"  (func (export \"is_null\") (param i32) (result i32) (ref.is_null (call $pick (local.get 0))))"
	"  (func (export \"as_non_null\") (param i32) (result i32) (drop (ref.as_non_null (call $pick (local.get 0)))) (i32.const 9)))";

Test(references, branches_on_null_carry_operands)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, branches, NULL, NULL);
	expect_result(store, m, "on_null", 8, 1, 7);
	expect_result(store, m, "on_null", 800, 0, 7);
	expect_result(store, m, "on_null_return", 12, 1, 7);
	expect_result(store, m, "on_null_return", 24, 0, 7);
	expect_result(store, m, "on_non_null", 10, 10);
	expect_result(store, m, "on_non_null", 1, 0);
	expect_result(store, m, "is_null", 1, 0);
	expect_result(store, m, "is_null", 0, 1);
	expect_result(store, m, "as_non_null", 9, 1);
	expect_trap(store, m, "as_non_null", "null reference", 0);
	engine_store_free(store);
}

static const char casts[] =
	"(module (type $f (sub (func (result i32)))) (type $g (sub $f (func (result i32)))) (type $h (func))"
	"  (func $a (type $f) (i32.const 1)) (func $b (type $g) (i32.const 2)) (func $c (type $h))"
	"  (table $t funcref (elem $a $b $c))"
	"  (func $at (param i32) (result funcref)"
	"    (if (result funcref) (i32.lt_u (local.get 0) (i32.const 3)) (then (table.get $t (local.get 0)))"
	"      (else (ref.null nofunc))))"
	"  (func (export \"test\") (param i32) (result i32)" /* bits: $f, $g, null of $f */
	"    (i32.or (i32.or (ref.test (ref $f) (call $at (local.get 0)))"
	"      (i32.shl (ref.test (ref $g) (call $at (local.get 0))) (i32.const 1)))"
	"      (i32.shl (ref.test (ref null $f) (call $at (local.get 0))) (i32.const 2))))"
	"  (func (export \"cast\") (param i32) (result i32) (call_ref $f (ref.cast (ref $f) (call $at (local.get 0)))))"
	"  (func (export \"cast_null\") (param i32) (result i32)"
	"    (ref.is_null (ref.cast (ref null $g) (call $at (local.get 0)))))"
	"  (func (export \"on_cast\") (param i32) (result i32)"
	"    (block $yes (result i32 (ref $f)) (i32.const 10) (br_on_cast $yes funcref (ref $f) (call $at (local.get 0)))"
	"      (ref.is_null) (i32.add) (return))"
	"    (call_ref $f) (i32.add))"
	"  (func (export \"on_cast_fail\") (param i32) (result i32)"
	"    (block $no (result i32 funcref) (i32.const 10) (br_on_cast_fail $no funcref (ref null $f) (call $at (local.get 0)))"
	"      (br_if 1 (i32.const 0) (i32.const 0)) (drop) (ref.is_null) (i32.add) (return))"
	"    (drop) (i32.const 20) (i32.add)))";

Test(references, casts_follow_the_declared_hierarchy)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, casts, NULL, NULL);
	expect_result(store, m, "test", 5, 0);
	expect_result(store, m, "test", 7, 1);
	expect_result(store, m, "test", 0, 2);
	expect_result(store, m, "test", 4, 3);
	expect_result(store, m, "cast", 1, 0);
	expect_result(store, m, "cast", 2, 1);
	expect_trap(store, m, "cast", "cast failure", 2);
	expect_trap(store, m, "cast", "cast failure", 3);
	expect_trap(store, m, "cast_null", "cast failure", 0);
	expect_result(store, m, "cast_null", 0, 1);
	expect_result(store, m, "cast_null", 1, 3);
	expect_result(store, m, "on_cast", 11, 0);
	expect_result(store, m, "on_cast", 12, 1);
	expect_result(store, m, "on_cast", 10, 2);
	expect_result(store, m, "on_cast", 11, 3); /* null: 10 + 1 */
	expect_result(store, m, "on_cast_fail", 10, 1);
	expect_result(store, m, "on_cast_fail", 30, 2);
	expect_result(store, m, "on_cast_fail", 11, 3);
	engine_store_free(store);
}

static const char conversions[] =
	"(module"
	"  (func (export \"there_and_back\") (param externref) (result externref)"
	"    (extern.convert_any (any.convert_extern (local.get 0))))"
	"  (func (export \"inside\") (param externref) (result anyref) (any.convert_extern (local.get 0)))"
	"  (func (export \"i31_out\") (param i32) (result externref) (extern.convert_any (ref.i31 (local.get 0))))"
	"  (func (export \"i31_in\") (param externref) (result i32)"
	"    (i31.get_s (ref.cast (ref i31) (any.convert_extern (local.get 0)))))"
	"  (func (export \"kinds\") (param anyref) (result i32)" /* bits: eq, i31, struct, array, any */
	"    (i32.or (i32.or (i32.or (i32.or (ref.test eqref (local.get 0))"
	"      (i32.shl (ref.test (ref i31) (local.get 0)) (i32.const 1)))"
	"      (i32.shl (ref.test (ref struct) (local.get 0)) (i32.const 2)))"
	"      (i32.shl (ref.test (ref array) (local.get 0)) (i32.const 3)))"
	"      (i32.shl (ref.test (ref any) (local.get 0)) (i32.const 4))))"
	"  (func (export \"get\") (param i31ref) (result i32 i32) (i31.get_s (local.get 0)) (i31.get_u (local.get 0)))"
	"  (func (export \"same\") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1))))";

static union engine_value call1(engine_store_t *store, engine_instance_t *m, const char *name, uint64_t bits)
{
	union engine_value result[2];
	struct engine_error error;
	cr_assert_eq(call(store, m, name, 1, &bits, result, &error), ENGINE_OK, "%s", error.message);
	return result[0];
}

Test(references, host_pointers_survive_conversion)
{
	int thing;
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, conversions, NULL, NULL);
	uint64_t bits = (uint64_t)&thing;
	cr_assert_eq(call1(store, m, "there_and_back", bits).external, &thing);
	cr_assert_null(call1(store, m, "there_and_back", 0).external);
	union engine_value inside = call1(store, m, "inside", bits);
	cr_assert_eq(inside.bits, engine_ref_host(&thing).bits);
	cr_assert(engine_ref_matches(inside, ENGINE_ANYREF | ENGINE_NON_NULL));
	cr_assert(!engine_ref_matches(inside, ENGINE_EQREF));
	cr_assert_eq(call1(store, m, "kinds", inside.bits).i32, 16u);
	cr_assert_eq(call1(store, m, "kinds", 0).i32, 1u); /* null is one of eqref */
	engine_store_free(store);
}

Test(references, i31_is_31_bits_wide_everywhere)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, conversions, NULL, NULL);
	union engine_value ref = engine_ref_i31(0x7ffffffe), pair[2];
	struct engine_error error;
	cr_assert_eq(engine_ref_i31_signed(ref), -2);
	cr_assert(engine_ref_matches(ref, ENGINE_I31REF | ENGINE_NON_NULL));
	cr_assert(engine_ref_matches(ref, ENGINE_EQREF));
	cr_assert(!engine_ref_matches(ref, ENGINE_STRUCTREF));
	cr_assert_eq(call1(store, m, "kinds", ref.bits).i32, 19u);
	cr_assert_eq(call(store, m, "get", 1, &ref.bits, pair, &error), ENGINE_OK);
	cr_assert_eq(pair[0].i32, 0xfffffffeu);
	cr_assert_eq(pair[1].i32, 0x7ffffffeu);
	/* Out as an external reference, and in again. */
	union engine_value out = call1(store, m, "i31_out", 0xffffffff);
	cr_assert_eq(call1(store, m, "i31_in", out.bits).i32, 0xffffffffu);
	expect_result(store, m, "same", 1, engine_ref_i31(5).bits, engine_ref_i31(0x80000005).bits);
	expect_result(store, m, "same", 0, engine_ref_i31(5).bits, engine_ref_i31(6).bits);
	expect_trap(store, m, "get", "null i31 reference", 0);
	engine_store_free(store);
}

#define LOCAL "(module (type $f (func)) (elem declare func $n) (func $n) (func (param $c i32) (local $r (ref $f)) "

Test(references, locals_without_a_default_are_set_before_they_are_read)
{
	cr_assert_eq(kind_of(LOCAL "(local.set $r (ref.func $n)) (call_ref $f (local.get $r))))"), ENGINE_OK);
	cr_assert_eq(kind_of(LOCAL "(call_ref $f (local.get $r))))"), ENGINE_INVALID);
	cr_assert_eq(kind_of(LOCAL "(block (local.set $r (ref.func $n))) (call_ref $f (local.get $r))))"), ENGINE_INVALID);
	cr_assert_eq(kind_of(LOCAL "(block (local.set $r (ref.func $n)) (call_ref $f (local.get $r)))))"), ENGINE_OK);
	cr_assert_eq(kind_of(LOCAL "(local.set $r (ref.func $n)) (loop (block (call_ref $f (local.get $r))))))"), ENGINE_OK);
	cr_assert_eq(kind_of(LOCAL "(if (local.get $c) (then (local.set $r (ref.func $n))) (else (call_ref $f (local.get $r))))))"),
		     ENGINE_INVALID);
	cr_assert_eq(kind_of(LOCAL "(block (drop (local.tee $r (ref.func $n))) (drop (local.get $r))) (drop (local.get $r))))"),
		     ENGINE_INVALID);
}

Test(references, tables_without_a_default_need_an_initial_value)
{
	engine_store_t *store = new_store();
	cr_assert_eq(kind_of("(module (type $f (func)) (table 3 (ref $f)))"), ENGINE_INVALID);
	cr_assert_eq(kind_of("(module (table 3 (ref func) (ref.null func)))"), ENGINE_INVALID);
	engine_instance_t *m = instantiate_text(
		store,
		"(module " UNARY " (func $f (type $unary) (i32.add (local.get 0) (i32.const 1)))"
		"  (table $t 3 (ref $unary) (ref.func $f))"
		"  (func (export \"call\") (param i32) (result i32) (call_ref $unary (i32.const 41) (table.get $t (local.get 0)))))",
		NULL, NULL);
	expect_result(store, m, "call", 42, 0);
	expect_result(store, m, "call", 42, 2);
	expect_trap(store, m, "call", "out of bounds table access", 3);
	engine_store_free(store);
}

static enum engine_error_kind give_null(struct engine_caller *caller, union engine_value *values)
{
	(void)caller;
	values[0].bits = 0;
	return ENGINE_OK;
}

static bool resolve_null(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &import->func, give_null, NULL);
	return true;
}

Test(references, hosts_cannot_return_null_where_the_type_has_none)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(
		store,
		"(module (import \"m\" \"strict\" (func $strict (result (ref extern))))"
		"  (import \"m\" \"lax\" (func $lax (result externref)))"
		"  (func (export \"strict\") (result i32) (drop (call $strict)) (i32.const 1))"
		"  (func (export \"lax\") (result i32) (ref.is_null (call $lax))))",
		resolve_null, store);
	expect_result(store, m, "lax", 1, 0);
	expect_trap(store, m, "strict", "type mismatch: a host function returned", 0);
	engine_store_free(store);
}

Test(references, arguments_from_outside_are_checked)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(
		store,
		"(module (type $a (sub (struct (field i64)))) (type $b (sub $a (struct (field i64) (field i64)))) (type $c (array i8))"
		"  (func (export \"a\") (result (ref $a)) (struct.new $a (i64.const 1)))"
		"  (func (export \"b\") (result (ref $b)) (struct.new $b (i64.const 2) (i64.const 3)))"
		"  (func (export \"c\") (result (ref $c)) (array.new_default $c (i32.const 4)))"
		"  (func (export \"first\") (param (ref $a)) (result i64) (struct.get $a 0 (local.get 0)))"
		"  (func (export \"second\") (param i32 (ref $b)) (result i64) (struct.get $b 1 (local.get 1))))",
		NULL, NULL);
	uint64_t a = call1(store, m, "a", 0).bits, b = call1(store, m, "b", 0).bits, c = call1(store, m, "c", 0).bits;
	expect_result(store, m, "first", 1, a);
	expect_result(store, m, "first", 2, b);
	expect_result(store, m, "second", 3, 0, b);
	expect_trap(store, m, "first", "type mismatch: argument 1", 0);
	expect_trap(store, m, "first", "type mismatch: argument 1", c);
	expect_trap(store, m, "first", "type mismatch: argument 1", engine_ref_i31(8).bits);
	expect_trap(store, m, "first", "type mismatch: argument 1", engine_ref_host(&a).bits);
	expect_trap(store, m, "second", "type mismatch: argument 2", 0, a);
	engine_store_free(store);
}
