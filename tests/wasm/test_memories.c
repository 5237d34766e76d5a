/* Memories other than the plain one: 64-bit addresses, limits, sharing. */
#include <stdlib.h>

#include "support.h"

#define GIB ((uint64_t)1 << 30)

Test(memory64, addresses_have_64_bits)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "memory64", NULL, NULL);
	expect_result(store, m, "load64", 0x0807060504030201, 65528);
	expect_result(store, m, "at_constant", 8, 0);
	expect_trap(store, m, "load64", "out of bounds memory access", 65529);
	expect_trap(store, m, "load64", "out of bounds memory access", (uint64_t)1 << 32);
	expect_trap(store, m, "load64", "out of bounds memory access", UINT64_MAX);
	expect_trap(store, m, "load_far", "out of bounds memory access", 0);
	expect_trap(store, m, "load_far", "out of bounds memory access", UINT64_MAX - 4294967290);
	expect_trap(store, m, "fill", "out of bounds memory access", 1, 0, UINT64_MAX);
	expect_trap(store, m, "fill", "out of bounds memory access", UINT64_MAX, 0, 1);
	expect_result(store, m, "load8", 1, 65528);
	engine_store_free(store);
}

Test(memory64, grows_beyond_4_gib)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "memory64", NULL, NULL);
	union engine_value none[1];
	struct engine_error error;
	expect_result(store, m, "grow", UINT64_MAX, (uint64_t)1 << 48);
	expect_result(store, m, "grow", UINT64_MAX, UINT64_MAX);
	expect_result(store, m, "grow", 1, 6 * GIB / 65536);
	expect_result(store, m, "size", 6 * GIB / 65536 + 1, 0);
	cr_assert_eq(call(store, m, "store8", ARGS(5 * GIB, 77), none, &error), ENGINE_OK, "%s", error.message);
	expect_result(store, m, "load8", 77, 5 * GIB);
	expect_result(store, m, "load8", 0, GIB); /* the address was not cut off */
	expect_result(store, m, "load_far", 77u << 8, GIB);
	expect_result(store, m, "load8", 1, 65528);
	engine_store_free(store);
}

Test(memory64, copies_to_a_memory_with_32_bit_addresses)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "memory64", NULL, NULL);
	expect_result(store, m, "copy_down", 1, 65528);
	expect_trap(store, m, "copy_down", "out of bounds memory access", 65529);
	engine_store_free(store);
}
