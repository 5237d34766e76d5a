/* Stores: what lives together, and the host's part in it. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "counts.h"
#include "handler.h"
#include "heap.h"
#include "shown.h"

engine_store_t *engine_store_new(const struct engine_config *config)
{
	engine_store_t *store = calloc(1, sizeof(*store));
	if (!store)
		return NULL;
	if (config)
		store->config = *config;
	store->fuel = store->config.fuel;
	if (store->config.count_instructions && !(store->counts = counts_new())) {
		free(store);
		return NULL;
	}
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
	counts_free(store->counts);
	shown_free(store->shown);
	heap_free(store);
	while (store->handles)
		engine_release(store->handles);
	for (struct host_type *t = store->host_types; t; t = t->next)
		type_group_release(t->type);
	pool_free(&store->pool);
	free(store);
}

/* The canonical type of a function type that the host describes, kept as long as the store. NULL if that fails. */
static const struct engine_functype *intern(engine_store_t *store, const struct engine_functype *type)
{
	struct host_type *host_type = pool_alloc(&store->pool, 1, sizeof(*host_type));
	if (!host_type || type_of_host(type, &host_type->type) != ENGINE_OK)
		return NULL;
	host_type->next = store->host_types;
	store->host_types = host_type;
	return &host_type->type->func;
}

engine_func_t *engine_func_host(engine_store_t *store, const struct engine_functype *type, engine_host_fn *fn, void *data)
{
	if (type->n_params > LIMIT_PARAMS || type->n_results > LIMIT_RESULTS)
		return NULL;
	engine_func_t *func = pool_alloc(&store->pool, 1, sizeof(*func));
	const struct engine_functype *interned = intern(store, type);
	if (!func || !interned)
		return NULL;
	func->type = interned;
	func->host = fn;
	func->data = data;
	func->stub[0] = (uint64_t)H_host_entry;
	func->entry = func->stub;
	return func;
}

engine_tag_t *engine_tag_host(engine_store_t *store, const struct engine_functype *type)
{
	if (type->n_params > LIMIT_PARAMS || type->n_results)
		return NULL;
	engine_tag_t *tag = pool_alloc(&store->pool, 1, sizeof(*tag));
	const struct engine_functype *interned = intern(store, type);
	if (!tag || !interned)
		return NULL;
	tag->type = interned;
	return tag;
}

struct engine_functype engine_tag_type(const engine_tag_t *tag)
{
	return *tag->type;
}

engine_global_t *engine_global_host(engine_store_t *store, engine_type_t type, bool mutable_, union engine_value value)
{
	engine_global_t *global = pool_alloc(&store->pool, 1, sizeof(*global));
	if (!global)
		return NULL;
	*global = (engine_global_t){.value = value, .type = type, .mutable_ = mutable_};
	if (type == ENGINE_I32 || type == ENGINE_F32)
		global->value.bits = value.i32;
	global->next = store->host_globals;
	store->host_globals = global;
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

uint64_t engine_global_get_upper(const engine_global_t *global)
{
	return global->upper;
}

struct engine_functype engine_func_type(const engine_func_t *func)
{
	return *func->type;
}

void engine_stats(const engine_store_t *store, struct engine_stats *ret)
{
	*ret = (struct engine_stats){.functions = store->n_compiled, .fuel = store->fuel,
				     .instructions = store->counts ? counts_total(store->counts) : 0};
	for (size_t i = 0; i < store->n_compiled; i++) {
		const engine_func_t *func = store->compiled[i];
		const engine_module_t *module = func->instance->module;
		ret->bytecode_bytes += module->bodies[func->index - module->n_imported_funcs].len;
		ret->code_bytes += func->code_words * sizeof(uint64_t);
	}
	for (const struct memory_link *link = store->memories; link; link = link->next)
		ret->memory_bytes += memory_bytes(link->memory);
}
