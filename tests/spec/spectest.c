#include "spectest.h"

#include <string.h>

/* The print functions print nothing: the scripts assert nothing about it. */
static enum engine_error_kind print(struct engine_caller *caller, union engine_value *values)
{
	(void)caller;
	(void)values;
	return ENGINE_OK;
}

static void add(struct spectest *spectest, const char *name, struct engine_extern extern_)
{
	spectest->exports[spectest->count++] = (struct spectest_export){name, extern_};
}

bool spectest_make(struct spectest *spectest, engine_store_t *store)
{
	static const struct {
		const char *name;
		uint32_t n_params;
		engine_type_t params[2];
	} functions[] = {
		{"print", 0, {0}},
		{"print_i32", 1, {ENGINE_I32}},
		{"print_i64", 1, {ENGINE_I64}},
		{"print_f32", 1, {ENGINE_F32}},
		{"print_f64", 1, {ENGINE_F64}},
		{"print_i32_f32", 2, {ENGINE_I32, ENGINE_F32}},
		{"print_f64_f64", 2, {ENGINE_F64, ENGINE_F64}},
	};
	static const struct {
		const char *name;
		engine_type_t type;
		union engine_value value;
	} globals[] = {
		{"global_i32", ENGINE_I32, {.i32 = 666}},
		{"global_i64", ENGINE_I64, {.i64 = 666}},
		{"global_f32", ENGINE_F32, {.f32 = 666.6f}},
		{"global_f64", ENGINE_F64, {.f64 = 666.6}},
	};
	static const struct {
		const char *name;
		struct engine_limits limits;
	} tables[] = {
		{"table", {.min = 10, .max = 20}},
		{"table64", {.min = 10, .max = 20, .index64 = true}},
	}, memories[] = {
		{"memory", {.min = 1, .max = 2}},
		{"shared_memory", {.min = 1, .max = 2, .shared = true}},
	};
	bool ok = true;
	*spectest = (struct spectest){0};
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		struct engine_functype type = {.n_params = functions[i].n_params, .params = functions[i].params};
		engine_func_t *func = engine_func_host(store, &type, print, NULL);
		add(spectest, functions[i].name, (struct engine_extern){.kind = ENGINE_EXTERN_FUNC, .u.func = func});
		ok = ok && func;
	}
	for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
		engine_global_t *global = engine_global_host(store, globals[i].type, false, globals[i].value);
		add(spectest, globals[i].name, (struct engine_extern){.kind = ENGINE_EXTERN_GLOBAL, .u.global = global});
		ok = ok && global;
	}
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		engine_table_t *table = engine_table_host(store, ENGINE_FUNCREF, tables[i].limits);
		add(spectest, tables[i].name, (struct engine_extern){.kind = ENGINE_EXTERN_TABLE, .u.table = table});
		ok = ok && table;
	}
	for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++) {
		engine_memory_t *memory = engine_memory_host(store, memories[i].limits);
		add(spectest, memories[i].name, (struct engine_extern){.kind = ENGINE_EXTERN_MEMORY, .u.memory = memory});
		ok = ok && memory;
	}
	return ok;
}

bool spectest_resolve(const struct spectest *spectest, const char *name, size_t name_len, struct engine_extern *ret_extern)
{
	for (size_t i = 0; i < spectest->count; i++) {
		const struct spectest_export *export = &spectest->exports[i];
		if (strlen(export->name) == name_len && memcmp(export->name, name, name_len) == 0) {
			*ret_extern = export->extern_;
			return true;
		}
	}
	return false;
}
