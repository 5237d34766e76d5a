/* Allocation and sweeping. */
#include "heap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ref.h"

enum {
	DEFAULT_HEAP_MIB = 4096,
	SWEEP_BLOCKS = 16,   /* per refill: bounds the pause */
	MARK_RATIO = 4,	     /* bytes looked at for each byte allocated: marking ends before the heap has grown by a quarter */
	MARK_MOST = 4 << 20, /* bytes looked at in one step at most */
	FIRST_TRIGGER = 4 << 20,
	POISON = 0xdb
};

/* ---- size classes: by 16 up to 256, then four for each doubling ---- */

static uint32_t class_of(size_t bytes)
{
	if (bytes <= 256)
		return bytes ? (uint32_t)((bytes - 1) / GRANULE) : 0;
	uint32_t top = 63 - (uint32_t)__builtin_clzll(bytes - 1); /* 8 for 257 … 512 */
	return 16 + (top - 8) * 4 + (uint32_t)((bytes - 1) >> (top - 2) & 3);
}

uint32_t heap_cell_bytes(uint32_t size_class)
{
	if (size_class < 16)
		return (size_class + 1) * GRANULE;
	uint32_t octave = (size_class - 16) / 4, step = (size_class - 16) % 4 + 1;
	return (256u << octave) + (64u << octave) * step;
}

/* ---- the heap ---- */

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void free_reservations(struct heap *heap, size_t bytes)
{
	if (heap->base)
		munmap(heap->base, bytes);
	if (heap->blocks)
		munmap(heap->blocks, heap->n_blocks * sizeof(*heap->blocks));
	if (heap->mark_stack)
		munmap(heap->mark_stack, heap->mark_stack_bytes);
}

static struct heap *heap_make(engine_store_t *store)
{
	if (store->heap)
		return store->heap;
	struct heap *heap = calloc(1, sizeof(*heap));
	if (!heap)
		return NULL;
	uint64_t limit = store->config.max_heap ? store->config.max_heap : (uint64_t)DEFAULT_HEAP_MIB << 20;
	heap->n_blocks = (uint32_t)((limit + BLOCK_BYTES - 1) >> BLOCK_SHIFT);
	size_t bytes = (size_t)heap->n_blocks << BLOCK_SHIFT;
	heap->mark_stack_bytes = bytes / GRANULE * sizeof(*heap->mark_stack);
	heap->base = reserve(bytes + BLOCK_BYTES);
	heap->blocks = reserve(heap->n_blocks * sizeof(*heap->blocks));
	heap->mark_stack = reserve(heap->mark_stack_bytes);
	if (!heap->base || !heap->blocks || !heap->mark_stack) {
		free_reservations(heap, bytes + BLOCK_BYTES);
		free(heap);
		return NULL;
	}
	/* Align, and give back what is over. */
	size_t over = -(uintptr_t)heap->base & (BLOCK_BYTES - 1);
	if (over)
		munmap(heap->base, over);
	heap->base += over;
	if (over < BLOCK_BYTES)
		munmap(heap->base + bytes, BLOCK_BYTES - over);
	heap->trigger = FIRST_TRIGGER;
	return store->heap = heap;
}

void heap_free(engine_store_t *store)
{
	struct heap *heap = store->heap;
	if (!heap)
		return;
	free_reservations(heap, (size_t)heap->n_blocks << BLOCK_SHIFT);
	free(heap->roots);
	free(heap);
}

static uint8_t *block_start(const struct heap *heap, uint32_t index)
{
	return heap->base + ((size_t)index << BLOCK_SHIFT);
}

/* n consecutive free blocks; UINT32_MAX if there are none. */
static uint32_t take_blocks(struct heap *heap, uint32_t n)
{
	if (n > heap->n_blocks)
		return UINT32_MAX;
	for (int round = 0; round < 2; round++) {
		uint32_t run = 0;
		for (uint32_t i = round ? 0 : heap->search; i < heap->n_blocks; i++) {
			run = heap->blocks[i].kind == BLOCK_FREE ? run + 1 : 0;
			if (run < n)
				continue;
			uint32_t first = i + 1 - n;
			heap->search = i + 1;
			heap->used_blocks += n;
			if (heap->top_block < i + 1)
				heap->top_block = i + 1;
			return first;
		}
	}
	return UINT32_MAX;
}

/* The kernel takes the pages back: a block that is used again is zero. */
static void give_blocks(struct heap *heap, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		heap->blocks[i].kind = BLOCK_FREE;
	madvise(block_start(heap, first), (size_t)n << BLOCK_SHIFT, MADV_DONTNEED);
	heap->used_blocks -= n;
	if (first < heap->search)
		heap->search = first;
}

/* ---- sweeping ---- */

/* Puts the dead cells of a block on its class's list, or gives the whole block back. */
static void sweep_cells(engine_store_t *store, uint32_t index)
{
	struct heap *heap = store->heap;
	struct block *block = &heap->blocks[index];
	struct size_class *cls = &heap->classes[block->size_class];
	uint32_t bytes = heap_cell_bytes(block->size_class), cells = BLOCK_BYTES / bytes, live = 0;
	uint8_t *start = block_start(heap, index);
	for (uint32_t i = 0; i < BLOCK_GRANULES / 64; i++)
		live += (uint32_t)__builtin_popcountll(block->marks[i]);
	if (!live) {
		give_blocks(heap, index, 1);
		return;
	}
	block->next = cls->swept;
	cls->swept = index + 1;
	for (uint32_t i = cells; live < cells && i-- > 0;) { /* so that the list ascends */
		uint32_t granule = i * bytes / GRANULE;
		if (block->marks[granule / 64] >> granule % 64 & 1)
			continue;
		struct cell *cell = (struct cell *)(start + (size_t)i * bytes);
		if (store->config.collect_always)
			memset(cell, POISON, bytes);
		cell->next = cls->free;
		cls->free = cell;
	}
	memset(block->marks, 0, sizeof(block->marks));
}

static void sweep_large(struct heap *heap, uint32_t index)
{
	struct block *block = &heap->blocks[index];
	if (!(block->marks[0] & 1)) {
		give_blocks(heap, index, block->n_blocks);
		return;
	}
	block->marks[0] = 0;
	block->next = heap->large;
	heap->large = index + 1;
}

/* Sweeps a few blocks, those of a class first. */
static void sweep_step(engine_store_t *store, struct size_class *first, uint32_t n)
{
	struct heap *heap = store->heap;
	for (; n && first && first->unswept && !first->free; n--) {
		uint32_t index = first->unswept - 1;
		first->unswept = heap->blocks[index].next;
		sweep_cells(store, index);
	}
	for (; n && heap->large_unswept; n--) {
		uint32_t index = heap->large_unswept - 1;
		heap->large_unswept = heap->blocks[index].next;
		sweep_large(heap, index);
	}
	for (uint32_t i = 0; n && i < SIZE_CLASSES;) {
		if (!heap->classes[i].unswept) {
			i++;
			continue;
		}
		uint32_t index = heap->classes[i].unswept - 1;
		heap->classes[i].unswept = heap->blocks[index].next;
		sweep_cells(store, index);
		n--;
	}
	if (n)
		heap->phase = HEAP_IDLE;
}

/* ---- cycles ---- */

static void begin_marking(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	struct heap *heap = store->heap;
	heap->phase = HEAP_MARKING;
	heap->marked = heap->allocated = heap->paid = 0;
	mark_roots(store, pc, sp);
}

/* What the program did meanwhile to roots is found by looking at them once more. */
static void end_marking(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	struct heap *heap = store->heap;
	mark_roots(store, pc, sp);
	mark_step(heap, SIZE_MAX);
	if (heap->frozen) /* not everything is marked: nothing may be freed any more */
		return;
	heap->live = heap->marked;
	heap->trigger = heap->live > FIRST_TRIGGER ? heap->live : FIRST_TRIGGER;
	heap->cycles++;
	heap->phase = HEAP_SWEEPING;
	for (uint32_t i = 0; i < SIZE_CLASSES; i++) {
		struct size_class *cls = &heap->classes[i];
		*cls = (struct size_class){.unswept = cls->swept};
	}
	heap->large_unswept = heap->large;
	heap->large = 0;
	heap->allocated = heap->paid = 0;
}

/* A part of a cycle's work, measured by what has been allocated since the last one and the bytes that are about to be. */
static void step(engine_store_t *store, const uint64_t *pc, uint64_t *sp, size_t bytes)
{
	struct heap *heap = store->heap;
	if (heap->phase == HEAP_SWEEPING)
		sweep_step(store, NULL, SWEEP_BLOCKS);
	if (!pc || heap->frozen)
		return;
	bytes += heap->allocated > heap->paid ? (size_t)(heap->allocated - heap->paid) : 0;
	heap->paid = heap->allocated;
	if (heap->phase == HEAP_IDLE && heap->allocated >= heap->trigger)
		begin_marking(store, pc, sp);
	if (heap->phase != HEAP_MARKING)
		return;
	size_t budget = bytes > MARK_MOST / MARK_RATIO ? MARK_MOST : bytes * MARK_RATIO;
	if (mark_step(heap, budget))
		end_marking(store, pc, sp);
}

void heap_collect(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	struct heap *heap = store->heap;
	if (!heap || heap->frozen)
		return;
	/* What is being marked already may be garbage by now: a cycle that begins now finds it. */
	if (heap->phase == HEAP_MARKING)
		end_marking(store, pc, sp);
	if (heap->phase == HEAP_SWEEPING)
		sweep_step(store, NULL, UINT32_MAX);
	begin_marking(store, pc, sp);
	end_marking(store, pc, sp);
	if (heap->phase == HEAP_SWEEPING)
		sweep_step(store, NULL, UINT32_MAX);
}

void heap_poll(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	if (store->heap)
		step(store, pc, sp, GRANULE);
}

/* ---- allocation ---- */

/* Cells for a class: swept ones, or those of a fresh block. */
static bool refill(engine_store_t *store, struct size_class *cls, const uint64_t *pc, uint64_t *sp)
{
	struct heap *heap = store->heap;
	uint32_t size_class = (uint32_t)(cls - heap->classes);
	step(store, pc, sp, 0);
	if (heap->phase == HEAP_SWEEPING)
		sweep_step(store, cls, SWEEP_BLOCKS);
	if (cls->free)
		return true;
	uint32_t index = take_blocks(heap, 1);
	if (index == UINT32_MAX)
		return false;
	struct block *block = &heap->blocks[index];
	*block = (struct block){.kind = BLOCK_CELLS, .size_class = (uint8_t)size_class, .next = cls->swept};
	cls->swept = index + 1;
	uint32_t bytes = heap_cell_bytes(size_class);
	cls->bump = block_start(heap, index);
	cls->bump_end = cls->bump + BLOCK_BYTES / bytes * bytes;
	return true;
}

static void *take_cell(engine_store_t *store, size_t bytes, const uint64_t *pc, uint64_t *sp)
{
	uint32_t size_class = class_of(bytes), cell_bytes = heap_cell_bytes(size_class);
	struct size_class *cls = &store->heap->classes[size_class];
	if (!cls->free && cls->bump == cls->bump_end && !refill(store, cls, pc, sp))
		return NULL;
	store->heap->allocated += cell_bytes;
	struct cell *cell = cls->free;
	if (cell) {
		cls->free = cell->next;
		return cell;
	}
	cls->bump += cell_bytes;
	return cls->bump - cell_bytes;
}

static void *take_large(engine_store_t *store, size_t bytes, const uint64_t *pc, uint64_t *sp)
{
	struct heap *heap = store->heap;
	uint64_t blocks = ((uint64_t)bytes + BLOCK_BYTES - 1) >> BLOCK_SHIFT;
	if (blocks > heap->n_blocks)
		return NULL;
	uint32_t n = (uint32_t)blocks;
	step(store, pc, sp, bytes);
	uint32_t index = take_blocks(heap, n);
	if (index == UINT32_MAX)
		return NULL;
	heap->blocks[index] = (struct block){.kind = BLOCK_LARGE, .n_blocks = n, .next = heap->large};
	heap->large = index + 1;
	for (uint32_t i = 1; i < n; i++)
		heap->blocks[index + i].kind = BLOCK_MORE;
	heap->allocated += (uint64_t)n << BLOCK_SHIFT;
	return block_start(heap, index);
}

static void *take(engine_store_t *store, size_t bytes, const uint64_t *pc, uint64_t *sp)
{
	return bytes > LARGEST_CELL ? take_large(store, bytes, pc, sp) : take_cell(store, bytes, pc, sp);
}

static void *allocate(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const struct layout *layout, size_t bytes)
{
	struct heap *heap = heap_make(store);
	if (!heap)
		return NULL;
	if (pc && store->config.collect_always)
		heap_collect(store, pc, sp);
	struct object *object = take(store, bytes, pc, sp);
	if (!object && pc) { /* the last resort: everything that is garbage now */
		heap_collect(store, pc, sp);
		object = take(store, bytes, pc, sp);
	}
	if (!object)
		return NULL;
	object->layout = layout;
	if (heap->phase == HEAP_MARKING)
		mark_object(heap, object); /* followed later, when its contents have been written */
	return object;
}

void *heap_new(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const struct layout *layout, uint32_t n,
	       bool *ret_zero)
{
	size_t bytes = layout->bytes;
	if (layout->type->kind == DEFTYPE_ARRAY)
		bytes += (size_t)n * field_bytes((enum field_kind)layout->fields[0].kind);
	*ret_zero = bytes > LARGEST_CELL;
	struct object *object = allocate(store, pc, sp, layout, bytes);
	if (object && layout->type->kind == DEFTYPE_ARRAY)
		((struct array *)object)->length = n;
	return object;
}

struct exception *heap_new_exception(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const engine_tag_t *tag)
{
	static const struct layout layout = {.traced = true};
	size_t bytes = sizeof(struct exception) + tag->type->param_values * sizeof(union engine_value);
	struct exception *e = allocate(store, pc, sp, &layout, bytes);
	if (e)
		e->tag = tag;
	return e;
}

/* ---- layouts ---- */

enum field_kind heap_ref_kind(engine_type_t type)
{
	switch (type_top(type)) {
	case ENGINE_FUNCREF:
		return FIELD_64;
	case ENGINE_EXTERNREF:
		return FIELD_EXTERN;
	default:
		return FIELD_ANY;
	}
}

static enum field_kind kind_of(engine_type_t type)
{
	switch (type) {
	case TYPE_I8:
		return FIELD_8;
	case TYPE_I16:
		return FIELD_16;
	case ENGINE_I32:
	case ENGINE_F32:
		return FIELD_32;
	case ENGINE_I64:
	case ENGINE_F64:
		return FIELD_64;
	case ENGINE_V128:
		return FIELD_128;
	default:
		return heap_ref_kind(type);
	}
}

enum { LAYOUT_BUCKETS = 256 };

const struct layout *heap_layout(engine_store_t *store, const struct deftype *type)
{
	if (!store->layouts)
		store->layouts = pool_alloc(&store->pool, LAYOUT_BUCKETS, sizeof(struct layout *));
	if (!store->layouts)
		return NULL;
	struct layout **bucket = &store->layouts[(uintptr_t)type / 16 % LAYOUT_BUCKETS];
	for (struct layout *layout = *bucket; layout; layout = layout->next)
		if (layout->type == type)
			return layout;
	struct layout *layout = pool_alloc(&store->pool, 1, sizeof(*layout) + type->n_fields * sizeof(layout->fields[0]));
	if (!layout)
		return NULL;
	layout->type = type;
	layout->n_fields = type->n_fields;
	layout->next = *bucket;
	uint32_t at = type->kind == DEFTYPE_ARRAY ? sizeof(struct array) : sizeof(struct object);
	for (uint32_t i = 0; i < type->n_fields; i++) {
		enum field_kind kind = kind_of(type->fields[i].type);
		at = (at + field_bytes(kind) - 1) & -field_bytes(kind);
		layout->fields[i] = (struct field_layout){at, (uint8_t)kind};
		layout->traced |= kind >= FIELD_ANY;
		at += field_bytes(kind);
	}
	layout->bytes = type->kind == DEFTYPE_ARRAY ? (uint32_t)sizeof(struct array) : at;
	return *bucket = layout;
}

uint64_t heap_struct(engine_store_t *store, const struct deftype *type, const uint64_t *slots)
{
	const struct layout *layout = heap_layout(store, type);
	bool zero;
	uint8_t *object = layout ? heap_new(store, NULL, NULL, layout, 0, &zero) : NULL;
	if (!object)
		return 0;
	if (!slots)
		memset(object + sizeof(struct object), 0, layout->bytes - sizeof(struct object));
	for (uint32_t i = 0; slots && i < layout->n_fields; i++) {
		enum field_kind kind = (enum field_kind)layout->fields[i].kind;
		field_store(object + layout->fields[i].offset, kind, slots);
		slots += field_slots(kind);
	}
	return (uint64_t)object;
}

uint64_t heap_array(engine_store_t *store, const struct deftype *type, const uint64_t *slots, uint32_t stride, uint32_t n)
{
	const struct layout *layout = heap_layout(store, type);
	bool zero;
	struct array *array = layout ? heap_new(store, NULL, NULL, layout, n, &zero) : NULL;
	if (!array)
		return 0;
	enum field_kind kind = (enum field_kind)layout->fields[0].kind;
	size_t bytes = field_bytes(kind);
	if (!slots && !zero)
		memset(array->elems, 0, n * bytes);
	for (uint32_t i = 0; slots && i < n; i++)
		field_store(array->elems + i * bytes, kind, slots + (size_t)i * stride);
	return (uint64_t)array;
}

/* ---- the host's part ---- */

void heap_root(engine_store_t *store, uint64_t ref, enum field_kind kind)
{
	struct heap *heap = store->heap;
	if (!heap || !ref_on_heap(ref, kind == FIELD_EXTERN))
		return;
	if (heap->n_roots == heap->room_roots) {
		uint32_t room = heap->room_roots ? heap->room_roots * 2 : 64;
		struct root *roots = reallocarray(heap->roots, room, sizeof(*roots));
		if (!roots) {
			heap->frozen = true;
			return;
		}
		heap->roots = roots;
		heap->room_roots = room;
	}
	heap->roots[heap->n_roots++] = (struct root){ref, kind};
}

engine_handle_t *engine_hold(engine_store_t *store, union engine_value value, engine_type_t type)
{
	engine_handle_t *handle = malloc(sizeof(*handle));
	if (!handle)
		return NULL;
	*handle = (engine_handle_t){value, type, store->handles, &store->handles};
	if (handle->next)
		handle->next->previous = &handle->next;
	store->handles = handle;
	return handle;
}

union engine_value engine_held(const engine_handle_t *handle)
{
	return handle->value;
}

void engine_release(engine_handle_t *handle)
{
	if (!handle)
		return;
	*handle->previous = handle->next;
	if (handle->next)
		handle->next->previous = handle->previous;
	free(handle);
}

uint64_t engine_collect(engine_store_t *store)
{
	const struct activation *activation = store->activation;
	heap_collect(store, activation ? activation->host_pc : NULL, activation ? activation->host_sp : NULL);
	return store->heap ? store->heap->live : 0;
}
