/* Compiled code: made when a function is first called, kept as long as the store. */
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "compile.h"
#include "counts.h"
#include "heap.h"

enum { CHUNK_WORDS = 8192 };

struct code_chunk {
	struct code_chunk *next;
	size_t used, room;
	uint64_t words[];
};

static uint64_t *code_alloc(engine_store_t *store, size_t n)
{
	struct code_chunk *chunk = store->code;
	if (!chunk || chunk->room - chunk->used < n) {
		size_t room = n > CHUNK_WORDS ? n : CHUNK_WORDS;
		chunk = malloc(sizeof(*chunk) + room * sizeof(*chunk->words));
		if (!chunk)
			return NULL;
		chunk->used = 0;
		chunk->room = room;
		chunk->next = store->code;
		store->code = chunk;
	}
	uint64_t *words = chunk->words + chunk->used;
	chunk->used += n;
	return words;
}

void code_free_all(engine_store_t *store)
{
	for (struct code_chunk *chunk = store->code; chunk;) {
		struct code_chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
	for (size_t i = 0; i < store->n_compiled; i++)
		stack_maps_free((engine_func_t *)(uintptr_t)store->compiled[i]);
	free(store->compiled);
	if (store->compiler) {
		compiler_free(store->compiler);
		free(store->compiler);
	}
}

/* Runs the compiler; its buffers stay for the next function. */
static struct compiler *get_compiler(engine_store_t *store)
{
	if (!store->compiler)
		store->compiler = calloc(1, sizeof(*store->compiler));
	return store->compiler;
}

static enum engine_error_kind run_compiler(engine_store_t *store, const engine_func_t *func, uint32_t map_pos,
					   struct compiler **ret)
{
	jmp_buf on_fail;
	struct compiler *c = get_compiler(store);
	if (!c)
		return ENGINE_NOMEM;
	c->module = func->instance->module;
	c->instance = func->instance;
	c->r.on_fail = &on_fail;
	c->r.error = &store->error;
	c->map_pos = map_pos;
	if (setjmp(on_fail)) {
		compiler_free(store->compiler);
		free(store->compiler);
		store->compiler = NULL;
		return store->error.kind;
	}
	compile_body(store->compiler, func->index);
	*ret = store->compiler;
	return ENGINE_OK;
}

/* Keeps where the function just compiled catches, if it does. */
static bool keep_catches(engine_store_t *store, engine_func_t *func, const struct compiler *c)
{
	if (!c->n_ranges)
		return true;
	struct catch_table *table = pool_alloc(&store->pool, 1, sizeof(*table));
	struct try_range *ranges = pool_alloc(&store->pool, c->n_ranges, sizeof(*ranges));
	struct catch_clause *clauses = pool_alloc(&store->pool, c->n_clauses, sizeof(*clauses));
	if (!table || !ranges || !clauses)
		return false;
	memcpy(ranges, c->ranges, c->n_ranges * sizeof(*ranges));
	if (c->n_clauses)
		memcpy(clauses, c->clauses, c->n_clauses * sizeof(*clauses));
	for (uint32_t i = 0; i < c->n_ranges; i++) {
		ranges[i].start -= c->skip;
		ranges[i].end -= c->skip;
	}
	for (uint32_t i = 0; i < c->n_clauses; i++)
		clauses[i].target -= c->skip;
	*table = (struct catch_table){c->n_ranges, ranges, clauses};
	func->catches = table;
	return true;
}

enum engine_error_kind code_compile(engine_func_t *func)
{
	engine_store_t *store = func->instance->store;
	struct compiler *c;
	store->error = (struct engine_error){ENGINE_NOMEM, SIZE_MAX, "out of memory"};
	if (store->n_compiled == store->room_compiled) {
		size_t room = store->room_compiled ? store->room_compiled * 2 : 64;
		const engine_func_t **compiled = realloc(store->compiled, room * sizeof(engine_func_t *));
		if (!compiled)
			return ENGINE_NOMEM;
		store->compiled = compiled;
		store->room_compiled = room;
	}
	enum engine_error_kind kind = run_compiler(store, func, 0, &c);
	if (kind != ENGINE_OK)
		return kind;
	uint32_t words = c->pos - c->skip;
	uint64_t *code = code_alloc(store, words);
	if (!code || !keep_catches(store, func, c))
		return ENGINE_NOMEM;
	memcpy(code, c->code + c->skip, words * sizeof(*code));
	if (!store->counts)
		chains_apply(c, code);
	else if (!counts_watch(store->counts, c, code))
		return ENGINE_NOMEM;
	func->entry = code;
	func->code_words = words & 0x3fffffff;
	func->skipped = c->skip & 3;
	store->compiled[store->n_compiled++] = func;
	store->compiled_sorted = false;
	return ENGINE_OK;
}

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = (*(const engine_func_t *const *)a)->entry, *y = (*(const engine_func_t *const *)b)->entry;
	return x < y ? -1 : x > y;
}

const engine_func_t *code_find(engine_store_t *store, const uint64_t *pc)
{
	if (!store->compiled_sorted && store->n_compiled)
		qsort(store->compiled, store->n_compiled, sizeof(*store->compiled), by_address);
	store->compiled_sorted = true;
	size_t low = 0, high = store->n_compiled;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const engine_func_t *func = store->compiled[middle];
		if (pc < func->entry)
			high = middle;
		else if (pc >= func->entry + func->code_words)
			low = middle + 1;
		else
			return func;
	}
	return NULL;
}

/* Nothing is kept for this: the function is compiled once more, watching for the word. */
size_t code_offset(const engine_func_t *func, const uint64_t *pc)
{
	engine_store_t *store = func->instance->store;
	struct engine_error saved = store->error;
	struct compiler *c;
	enum engine_error_kind kind = run_compiler(store, func, (uint32_t)(pc - func->entry) + func->skipped, &c);
	store->error = saved;
	return kind == ENGINE_OK ? c->map_offset : SIZE_MAX;
}

const struct compiler *code_map(const engine_func_t *func, uint32_t word)
{
	engine_store_t *store = func->instance->store;
	struct engine_error saved = store->error;
	struct compiler *c = get_compiler(store);
	if (!c)
		return NULL;
	c->mapping = true;
	c->map_only = word;
	enum engine_error_kind kind = run_compiler(store, func, 0, &c);
	store->error = saved;
	if (store->compiler)
		store->compiler->mapping = false;
	return kind == ENGINE_OK ? c : NULL;
}

enum engine_error_kind engine_module_validate(engine_module_t *module, struct engine_error *ret_error)
{
	if (!module_check_features(module, ret_error))
		return ret_error->kind;
	jmp_buf on_fail;
	struct compiler *c = calloc(1, sizeof(*c));
	if (!c) {
		*ret_error = (struct engine_error){ENGINE_NOMEM, SIZE_MAX, "out of memory"};
		return ENGINE_NOMEM;
	}
	c->module = module;
	c->r.on_fail = &on_fail;
	c->r.error = ret_error;
	if (!setjmp(on_fail))
		for (uint32_t i = 0; i < module->n_bodies; i++)
			compile_body(c, module->n_imported_funcs + i);
	compiler_free(c);
	free(c);
	return ret_error->kind;
}
