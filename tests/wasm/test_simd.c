/* v128 values on their ways through the engine and its interface. What instructions compute is the spec scripts' subject. */
#include <stdlib.h>

#include "ir.h"
#include "support.h"

static enum engine_error_kind swap(struct engine_caller *caller, union engine_value *values)
{
	union engine_value number = values[2];
	(void)caller;
	values[2] = values[1];
	values[1] = values[0];
	values[0] = number;
	return ENGINE_OK;
}

static enum engine_error_kind negate(struct engine_caller *caller, union engine_value *values)
{
	int32_t lanes[4];
	(void)caller;
	memcpy(lanes, values, sizeof(lanes));
	for (int i = 0; i < 4; i++)
		lanes[i] = -lanes[i];
	memcpy(values, lanes, sizeof(lanes));
	return ENGINE_OK;
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func =
		engine_func_host(user, &import->func, import->name_len == strlen("swap") ? swap : negate, NULL);
	return true;
}

static engine_store_t *store;
static engine_instance_t *instance;

static void set_up(void)
{
	if (getenv("TEST_PORTABLE"))
		ir_use_portable_handlers();
	store = new_store();
	engine_module_t *module = load("simd");
	engine_module_set_features(module, ENGINE_FEATURE_LEGACY_EXCEPTIONS);
	struct engine_error error;
	cr_assert_eq(engine_instantiate(store, module, resolve, store, &instance, &error), ENGINE_OK, "%s", error.message);
}

static void tear_down(void)
{
	engine_store_free(store);
}

TestSuite(simd, .init = set_up, .fini = tear_down);

static void expect_lanes(const union engine_value *value, const int32_t *expected, const char *what)
{
	int32_t lanes[4];
	memcpy(lanes, value, sizeof(lanes));
	cr_assert_arr_eq(lanes, expected, sizeof(lanes), "%s: %d %d %d %d", what, lanes[0], lanes[1], lanes[2], lanes[3]);
}

#define expect_v128(name, arg, ...) \
	do { \
		union engine_value r_[16]; \
		struct engine_error e_; \
		cr_assert_eq(call(store, instance, name, ARGS(arg), r_, &e_), ENGINE_OK, "%s: %s", name, e_.message); \
		expect_lanes(r_, (const int32_t[4]){__VA_ARGS__}, name); \
	} while (0)

Test(simd, a_vector_between_other_arguments_takes_two_values)
{
	union engine_value r[4];
	struct engine_error error;
	cr_assert_eq(call(store, instance, "echo", ARGS(1, 2, 3, 4), r, &error), ENGINE_OK);
	for (uint64_t i = 0; i < 4; i++)
		cr_assert_eq(r[i].i64, i + 1);
	struct engine_extern e;
	cr_assert(engine_export(instance, "echo", 4, &e));
	struct engine_functype type = engine_func_type(e.u.func);
	cr_assert_eq(type.n_params, 3u);
	cr_assert_eq(type.param_values, 4u);
	cr_assert_eq(type.result_values, 4u);
}

Test(simd, calls_through_tables)
{
	expect_v128("indirect", 0, 13, 25, 37, 49);
	expect_v128("indirect", 1, 7, 15, 23, 31);
	expect_v128("tail", 0, 13, 25, 37, 49);
	expect_v128("tail", 1, 7, 15, 23, 31);
}

Test(simd, locals_of_both_widths_start_as_zero_and_do_not_overlap)
{
	expect_v128("locals", 5, 12, 57, 507, 5007);
}

Test(simd, globals)
{
	union engine_value r[2];
	struct engine_error error;
	struct engine_extern e;
	cr_assert_eq(call(store, instance, "globals", 0, NULL, r, &error), ENGINE_OK);
	expect_lanes(r, (const int32_t[]){16, 22, 39, 44}, "globals");
	cr_assert(engine_export(instance, "global", 6, &e));
	union engine_value halves[] = {engine_global_get(e.u.global), {.i64 = engine_global_get_upper(e.u.global)}};
	expect_lanes(halves, (const int32_t[]){11, 22, 33, 44}, "global");
}

Test(simd, branches_move_results_of_both_widths)
{
	for (uint64_t taken = 0; taken < 2; taken++) {
		union engine_value r[8];
		struct engine_error error;
		uint64_t unit = taken ? 1 : 10;
		const uint64_t expected[] = {1, 1, 2, 3, 3, 4, 5, 5};
		cr_assert_eq(call(store, instance, "branch", ARGS(taken), r, &error), ENGINE_OK, "%s", error.message);
		for (int i = 0; i < 8; i++)
			cr_assert_eq(r[i].i64, expected[i] * unit, "value %d, branch taken: %d", i, (int)taken);
	}
	expect_v128("table", 0, 100, 100, 100, 100);
	expect_v128("table", 1, 1, 1, 1, 1);
	expect_v128("table", 2, 2, 2, 2, 2);
	expect_v128("loop", 3, 0, 4, 8, 12);
}

Test(simd, exceptions_carry_vectors)
{
	expect_v128("exception", 10, 33, 36, 39, 42);
}

Test(simd, select_of_vectors)
{
	expect_v128("select", 7, 1, 2, 3, 4);
	expect_v128("select", 0, 0, 0, 0, 0);
	expect_v128("select_t", 7, -1, -2, -3, -4);
	expect_v128("select_t", 0, 0, 0, 0, 0);
}

Test(simd, host_functions_see_two_values)
{
	union engine_value r[2];
	struct engine_error error;
	cr_assert_eq(call(store, instance, "host", ARGS(0x0000000200000001, 0x0000000400000003), r, &error), ENGINE_OK);
	expect_lanes(r, (const int32_t[]){4, 3, 2, 1}, "host");
}

Test(simd, lanes_are_loaded_above_a_vector_in_use)
{
	expect_v128("lanes", 4, 12 - 254, 12 - 1, 12 + 0x08070605, 12 - 1);
}

Test(simd, memories_other_than_the_first)
{
	expect_v128("second", 64, 0x00060005, 0x00080007, 0x000a0009, 0x0204000b);
	expect_trap(store, instance, "second", "out of bounds memory access", 65521);
}

Test(simd, accesses_end_where_the_memory_ends)
{
	expect_v128("load", 65520, 0, 0, 0, 0);
	expect_trap(store, instance, "load", "out of bounds memory access", 65521);
	expect_trap(store, instance, "load", "out of bounds memory access", UINT32_MAX);
	expect_trap(store, instance, "store64", "out of bounds memory access", 65529);
	expect_v128("splat16", 65534, 0, 0, 0, 0);
	expect_trap(store, instance, "splat16", "out of bounds memory access", 65535);
	expect_trap(store, instance, "lanes", "out of bounds memory access", 65533);
}
