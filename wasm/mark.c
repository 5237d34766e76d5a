/* Marking: what is referred to from outside the heap, and from there on. */
#include <string.h>

#include "heap.h"
#include "ref.h"

enum { SLICE = 4096 }; /* elements of a large array looked at in one go */

void mark_object(struct heap *heap, void *object)
{
	uint32_t granule;
	struct block *block = block_of(heap, object, &granule);
	uint64_t bit = (uint64_t)1 << granule % 64;
	if (block->marks[granule / 64] & bit)
		return;
	block->marks[granule / 64] |= bit;
	heap->marked += block->kind == BLOCK_LARGE ? (uint64_t)block->n_blocks << BLOCK_SHIFT
						   : heap_cell_bytes(block->size_class);
	if (((struct object *)object)->layout->traced)
		heap->mark_stack[heap->n_marked_stack++] = object;
}

static void follow(struct heap *heap, uint64_t ref, enum field_kind kind)
{
	if (ref_on_heap(ref, kind == FIELD_EXTERN))
		mark_object(heap, (void *)(uintptr_t)(ref & ~REF_INTERNAL));
}

void heap_shade(engine_store_t *store, uint64_t ref, enum field_kind kind)
{
	follow(store->heap, ref, kind);
}

/* ---- objects ---- */

/* Values of these types, one after the other in slots. */
static void follow_values(struct heap *heap, const engine_type_t *types, uint32_t n, const union engine_value *values)
{
	for (uint32_t i = 0; i < n; i++) {
		if (type_is_ref(types[i]) && heap_ref_kind(types[i]) != FIELD_64)
			follow(heap, values->bits, heap_ref_kind(types[i]));
		values += type_slots(types[i]);
	}
}

/* Looks at the next elements of the array being scanned. Returns how many bytes that were. */
static size_t scan_slice(struct heap *heap)
{
	struct array *array = heap->scanning;
	const uint64_t *refs = (const uint64_t *)array->elems;
	enum field_kind kind = (enum field_kind)array->layout->fields[0].kind;
	uint32_t left = array->length - heap->scanned, n = left < SLICE ? left : SLICE;
	for (uint32_t i = 0; i < n; i++)
		follow(heap, refs[heap->scanned + i], kind);
	heap->scanned += n;
	if (heap->scanned == array->length)
		heap->scanning = NULL;
	return (n + 1) * sizeof(*refs);
}

static size_t scan_object(struct heap *heap, void *p)
{
	const struct layout *layout = ((struct object *)p)->layout;
	if (!layout->type) {
		struct exception *e = p;
		follow_values(heap, e->tag->type->params, e->tag->type->n_params, e->values);
		return sizeof(*e) + e->tag->type->param_values * sizeof(*e->values);
	}
	if (layout->type->kind == DEFTYPE_ARRAY) {
		heap->scanning = p;
		heap->scanned = 0;
		return scan_slice(heap);
	}
	for (uint32_t i = 0; i < layout->n_fields; i++)
		if (layout->fields[i].kind >= FIELD_ANY)
			follow(heap, *(uint64_t *)((char *)p + layout->fields[i].offset),
			       (enum field_kind)layout->fields[i].kind);
	return layout->bytes + GRANULE;
}

bool mark_step(struct heap *heap, size_t budget)
{
	while (heap->scanning || heap->n_marked_stack) {
		size_t bytes = heap->scanning ? scan_slice(heap)
					      : scan_object(heap, heap->mark_stack[--heap->n_marked_stack]);
		if (bytes >= budget)
			return false;
		budget -= bytes;
	}
	return true;
}

/* ---- roots ---- */

static void mark_frames(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	struct frame_walk walk = frame_walk(store, pc, sp, true);
	struct frame frame;
	while (frame_next(&walk, &frame)) {
		const struct stack_maps *maps;
		engine_func_t *func = (engine_func_t *)(uintptr_t)frame.func;
		const struct frame_map *map = stack_map_find(func, (uint32_t)(frame.pc - func->entry), &maps);
		if (!map) {
			store->heap->frozen = true;
			return;
		}
		for (uint32_t i = 0; i < maps->n_locals; i++)
			follow(store->heap, frame.sp[maps->refs[i] >> 1], maps->refs[i] & 1 ? FIELD_EXTERN : FIELD_ANY);
		for (uint32_t i = map->first; i < map->first + map->n; i++)
			follow(store->heap, frame.sp[maps->refs[i] >> 1], maps->refs[i] & 1 ? FIELD_EXTERN : FIELD_ANY);
	}
}

static void mark_cell(struct heap *heap, const engine_global_t *global)
{
	if (global && type_is_ref(global->type))
		follow_values(heap, &global->type, 1, &global->value);
}

/* Things that did not come to be, because instantiation failed, are NULL. */
static void mark_instance(struct heap *heap, const engine_instance_t *instance)
{
	const engine_module_t *m = instance->module;
	for (uint32_t i = 0; instance->globals && i < m->n_globals; i++)
		mark_cell(heap, instance->globals[i]);
	for (uint32_t i = 0; instance->elems && i < m->n_elems; i++) {
		enum field_kind kind = heap_ref_kind(m->elems[i].type);
		const struct elem_instance *elem = &instance->elems[i];
		for (uint32_t k = 0; kind != FIELD_64 && elem->refs && k < elem->n; k++)
			follow(heap, (uint64_t)elem->refs[k], kind);
	}
}

static void mark_table(struct heap *heap, const engine_table_t *table)
{
	enum field_kind kind = heap_ref_kind(table->type);
	for (uint64_t i = 0; kind != FIELD_64 && i < table->size; i++)
		follow(heap, (uint64_t)table->elems[i], kind);
}

void mark_roots(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	struct heap *heap = store->heap;
	mark_frames(store, pc, sp);
	for (const engine_instance_t *i = store->instances; i; i = i->next)
		mark_instance(heap, i);
	for (const engine_global_t *g = store->host_globals; g; g = g->next)
		mark_cell(heap, g);
	for (const engine_table_t *t = store->tables; t; t = t->next)
		mark_table(heap, t);
	for (uint32_t i = 0; i < heap->n_roots; i++)
		follow(heap, heap->roots[i].ref, heap->roots[i].kind);
	for (const struct engine_handle *h = store->handles; h; h = h->next)
		follow_values(heap, &h->type, 1, &h->value);
	if (store->exception)
		mark_object(heap, store->exception);
}
