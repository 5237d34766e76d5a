/* Stores: what lives together, and the host's part in it. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "handler.h"

engine_store_t *engine_store_new(const struct engine_config *config)
{
	engine_store_t *store = calloc(1, sizeof(*store));
	if (!store)
		return NULL;
	if (config)
		store->config = *config;
	return store;
}

void engine_store_free(engine_store_t *store)
{
	if (!store)
		return;
	for (struct memory_link *link = store->memories; link; link = link->next)
		memory_release(link->memory);
	while (store->tables) {
		engine_table_t *next = store->tables->next;
		table_free(store->tables);
		store->tables = next;
	}
	if (store->stack)
		munmap(store->stack, store->stack_reserved);
	code_free_all(store);
	free(store->interned);
	pool_free(&store->pool);
	free(store);
}

bool functype_equal(const struct engine_functype *a, const struct engine_functype *b)
{
	return a->n_params == b->n_params && a->n_results == b->n_results &&
	       (a->n_params == 0 || !memcmp(a->params, b->params, a->n_params * sizeof(*a->params))) &&
	       (a->n_results == 0 || !memcmp(a->results, b->results, a->n_results * sizeof(*a->results)));
}

static uint32_t hash_type(const struct engine_functype *type)
{
	uint32_t h = 2166136261u ^ type->n_params;
	for (uint32_t i = 0; i < type->n_params; i++)
		h = (h ^ type->params[i]) * 16777619u;
	for (uint32_t i = 0; i < type->n_results; i++)
		h = (h ^ type->results[i]) * 16777619u;
	return h ^ h >> 15;
}

static void insert(const struct engine_functype **set, uint32_t room, const struct engine_functype *type)
{
	uint32_t i = hash_type(type) & (room - 1);
	while (set[i])
		i = (i + 1) & (room - 1);
	set[i] = type;
}

/* Types are compared by pointer at run time, so that each lives once in a store: an open-addressed set. */
const struct engine_functype *store_intern(engine_store_t *store, const struct engine_functype *type)
{
	uint32_t room = store->room_interned;
	if (room) {
		for (uint32_t i = hash_type(type) & (room - 1); store->interned[i]; i = (i + 1) & (room - 1))
			if (functype_equal(store->interned[i], type))
				return store->interned[i];
	}
	if (store->n_interned * 2 >= room) {
		uint32_t bigger = room ? room * 2 : 64;
		const struct engine_functype **set = calloc(bigger, sizeof(*set));
		if (!set)
			return NULL;
		for (uint32_t i = 0; i < room; i++)
			if (store->interned[i])
				insert(set, bigger, store->interned[i]);
		free(store->interned);
		store->interned = set;
		store->room_interned = room = bigger;
	}
	struct engine_functype *copy = pool_alloc(&store->pool, 1, sizeof(*copy));
	engine_type_t *types = pool_alloc(&store->pool, (size_t)type->n_params + type->n_results, sizeof(*types));
	if (!copy || !types)
		return NULL;
	/* The lists may be NULL when they are empty. */
	if (type->n_params > 0)
		memcpy(types, type->params, type->n_params * sizeof(*types));
	if (type->n_results > 0)
		memcpy(types + type->n_params, type->results, type->n_results * sizeof(*types));
	*copy = (struct engine_functype){type->n_params, type->n_results, types, types + type->n_params};
	insert(store->interned, room, copy);
	store->n_interned++;
	return copy;
}

engine_func_t *engine_func_host(engine_store_t *store, const struct engine_functype *type, engine_host_fn *fn, void *data)
{
	if (type->n_params > LIMIT_PARAMS || type->n_results > LIMIT_RESULTS)
		return NULL;
	engine_func_t *func = pool_alloc(&store->pool, 1, sizeof(*func));
	const struct engine_functype *interned = store_intern(store, type);
	if (!func || !interned)
		return NULL;
	func->type = interned;
	func->host = fn;
	func->data = data;
	func->stub[0] = (uint64_t)H_host_entry;
	func->entry = func->stub;
	return func;
}

engine_global_t *engine_global_host(engine_store_t *store, engine_type_t type, bool mutable_, union engine_value value)
{
	engine_global_t *global = pool_alloc(&store->pool, 1, sizeof(*global));
	if (!global)
		return NULL;
	*global = (engine_global_t){.value = value, .type = type, .mutable_ = mutable_};
	if (type == ENGINE_I32 || type == ENGINE_F32)
		global->value.bits = value.i32;
	return global;
}

engine_type_t engine_global_type(const engine_global_t *global, bool *ret_mutable)
{
	if (ret_mutable)
		*ret_mutable = global->mutable_;
	return global->type;
}

union engine_value engine_global_get(const engine_global_t *global)
{
	return global->value;
}

struct engine_functype engine_func_type(const engine_func_t *func)
{
	return *func->type;
}
