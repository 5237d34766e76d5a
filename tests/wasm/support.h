/* Loading the test modules and calling their exports. */
#ifndef WASIWARD_TESTS_WASM_SUPPORT_H
#define WASIWARD_TESTS_WASM_SUPPORT_H

#include <criterion/criterion.h>
#include <string.h>

#include "engine.h"

struct fixture {
	engine_store_t *store;
	struct engine_error error;
};

/* The bytes of a module from modules/, kept for the life of the test's process. */
const void *module_bytes(const char *name, size_t *ret_len);
engine_module_t *load(const char *name);
/* A store as the test's run wants it: with TEST_NO_GUARD in the environment, bounds are checked explicitly; with TEST_COUNT,
 * instructions are counted; with TEST_SHOW, profilers see frames. Neither may change anything. */
engine_store_t *new_store(void);
engine_store_t *new_store_with(struct engine_config config);

/* Instantiates a module of modules/; fails the test if that fails. */
engine_instance_t *instantiate(engine_store_t *store, const char *name, engine_resolve_fn *resolve, void *user);

/* Loads a module given as text; what comes of it is in *ret_error. The module is NULL if that failed. */
engine_module_t *load_text(const char *text, struct engine_error *ret_error);
/* The same, validated and instantiated; fails the test if that fails. */
engine_instance_t *instantiate_text(engine_store_t *store, const char *text, engine_resolve_fn *resolve, void *user);

engine_func_t *export_func(engine_instance_t *instance, const char *name);

/* Calls with integer arguments and returns the kind; results in *ret (may be NULL for none). */
enum engine_error_kind call(engine_store_t *store, engine_instance_t *instance, const char *name, unsigned n,
			    const uint64_t *args, union engine_value *ret, struct engine_error *ret_error);

#define ARGS(...) sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), (uint64_t[]){__VA_ARGS__}

/* The call returns OK and this first result. */
#define expect_result(store, instance, name, expected, ...) \
	do { \
		union engine_value r_[8] = {{0}}; \
		struct engine_error e_; \
		cr_assert_eq(call(store, instance, name, ARGS(__VA_ARGS__), r_, &e_), ENGINE_OK, "%s: %s", name, \
			     e_.message); \
		cr_assert_eq(r_[0].bits, (uint64_t)(expected), "%s: got %llu", name, \
			     (unsigned long long)r_[0].bits); \
	} while (0)

/* The call traps with these words first. */
#define expect_trap(store, instance, name, text, ...) \
	do { \
		union engine_value r_[8]; \
		struct engine_error e_; \
		cr_assert_eq(call(store, instance, name, ARGS(__VA_ARGS__), r_, &e_), ENGINE_TRAP, "%s", name); \
		cr_assert(!strncmp(e_.message, text, strlen(text)), "%s: %s", name, e_.message); \
	} while (0)

#endif
