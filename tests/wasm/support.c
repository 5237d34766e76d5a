#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "text.h"

/* Whatever lives to the end of the test's process stays reachable, for leak checkers. */
static void *keep(void *p)
{
	static void *kept[256];
	static size_t n;
	cr_assert(n < 256);
	return kept[n++] = p;
}

const void *module_bytes(const char *name, size_t *ret_len)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s.wasm", MODULES, name);
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	char *bytes = keep(malloc(1 << 16));
	*ret_len = fread(bytes, 1, 1 << 16, f);
	fclose(f);
	return bytes;
}

engine_module_t *load(const char *name)
{
	size_t len;
	const void *bytes = module_bytes(name, &len);
	engine_module_t *module;
	struct engine_error error;
	cr_assert_eq(engine_module_load(bytes, len, &module, &error), ENGINE_OK, "%s: %s", name, error.message);
	keep(module);
	return module;
}

engine_store_t *new_store(void)
{
	return new_store_with((struct engine_config){0});
}

static uint64_t some_address(void *user, const engine_module_t *module, uint32_t func_index)
{
	(void)user, (void)module;
	return func_index;
}

engine_store_t *new_store_with(struct engine_config config)
{
	if (getenv("TEST_SHOW") && !config.address_of)
		config.address_of = some_address;
	config.no_guard_pages |= getenv("TEST_NO_GUARD") != NULL;
	config.count_instructions |= getenv("TEST_COUNT") != NULL;
	engine_store_t *store = engine_store_new(&config);
	cr_assert_not_null(store);
	return store;
}

engine_instance_t *instantiate(engine_store_t *store, const char *name, engine_resolve_fn *resolve, void *user)
{
	engine_instance_t *instance;
	struct engine_error error;
	cr_assert_eq(engine_instantiate(store, load(name), resolve, user, &instance, &error), ENGINE_OK, "%s: %s", name,
		     error.message);
	return instance;
}

engine_module_t *load_text(const char *text, struct engine_error *ret_error)
{
	uint8_t *bytes;
	size_t len;
	engine_module_t *module;
	cr_assert_eq(text_assemble(text, strlen(text), &bytes, &len, ret_error), ENGINE_OK, "%s", ret_error->message);
	keep(bytes);
	if (engine_module_load(bytes, len, &module, ret_error) != ENGINE_OK)
		return NULL;
	keep(module);
	return engine_module_validate(module, ret_error) == ENGINE_OK ? module : NULL;
}

engine_instance_t *instantiate_text(engine_store_t *store, const char *text, engine_resolve_fn *resolve, void *user)
{
	engine_instance_t *instance = NULL;
	struct engine_error error;
	engine_module_t *module = load_text(text, &error);
	cr_assert_not_null(module, "%s", error.message);
	cr_assert_eq(engine_instantiate(store, module, resolve, user, &instance, &error), ENGINE_OK, "%s", error.message);
	return instance;
}

engine_func_t *export_func(engine_instance_t *instance, const char *name)
{
	struct engine_extern e;
	cr_assert(engine_export(instance, name, strlen(name), &e), "no export %s", name);
	cr_assert_eq(e.kind, ENGINE_EXTERN_FUNC);
	return e.u.func;
}

enum engine_error_kind call(engine_store_t *store, engine_instance_t *instance, const char *name, unsigned n,
			    const uint64_t *args, union engine_value *ret, struct engine_error *ret_error)
{
	engine_func_t *func = export_func(instance, name);
	union engine_value values[8] = {{0}};
	for (unsigned i = 0; i < n && i < 8; i++)
		values[i].bits = args[i];
	return engine_call(store, func, values, ret, ret_error);
}
