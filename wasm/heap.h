/* The garbage-collected heap of a store: structures, arrays, exceptions.
 *
 * Objects lie in cells of blocks and never move. Collection marks in steps, each paid for by an allocation, and sweeps
 * block by block when cells are needed (docs/engine.md). */
#ifndef WASIWARD_HEAP_H
#define WASIWARD_HEAP_H

#include <string.h>

#include "runtime.h"
#include "types.h"

enum field_kind { FIELD_8, FIELD_16, FIELD_32, FIELD_64, FIELD_128, FIELD_ANY, FIELD_EXTERN };

/* How a type's values are stored. type is the first member: ref_object_type counts on it. NULL: exceptions. */
struct layout {
	const struct deftype *type;
	struct layout *next; /* in its hash bucket */
	uint32_t bytes;	     /* STRUCT: of an object; ARRAY: of what precedes the elements */
	uint32_t n_fields;   /* ARRAY: 1, the elements */
	bool traced;	     /* there are references to follow */
	struct field_layout {
		uint32_t offset;
		uint8_t kind; /* enum field_kind */
	} fields[];
};

struct object {
	const struct layout *layout;
};

struct array {
	const struct layout *layout;
	uint32_t length;
	_Alignas(16) uint8_t elems[];
};

struct exception {
	const struct layout *layout;
	const engine_tag_t *tag;
	union engine_value values[];
};

/* How references of a type are to be followed: FIELD_ANY or FIELD_EXTERN; FIELD_64 if not at all. */
enum field_kind heap_ref_kind(engine_type_t type);

static inline uint32_t field_bytes(enum field_kind kind)
{
	static const uint8_t bytes[] = {1, 2, 4, 8, 16, 8, 8};
	return bytes[kind];
}

/* How many slots of a frame a field takes as an operand. */
static inline uint32_t field_slots(enum field_kind kind)
{
	return kind == FIELD_128 ? 2 : 1;
}

/* The layout of a type in this store; made when first asked for. NULL for want of memory. */
const struct layout *heap_layout(engine_store_t *store, const struct deftype *type);

/* A new object of this layout, with n elements if it is an array. Its contents are undefined, but for large arrays: *ret_zero.
 * pc, sp: the allocating instruction and its frame, from which the collector finds references; with pc NULL nothing is
 * collected. NULL when the heap is exhausted. All contents must be written before the next allocation. */
void *heap_new(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const struct layout *layout, uint32_t n,
	       bool *ret_zero);
struct exception *heap_new_exception(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const engine_tag_t *tag);

/* A structure of these fields (operands in slots), or of zeros; an array of n elements, which lie stride slots apart (0: they
 * are all the same), or of zeros. For constant expressions: nothing is collected. 0 when the heap is exhausted. */
uint64_t heap_struct(engine_store_t *store, const struct deftype *type, const uint64_t *slots);
uint64_t heap_array(engine_store_t *store, const struct deftype *type, const uint64_t *slots, uint32_t stride, uint32_t n);

/* Stores an operand into a field. Slots hold values from their lowest byte on. */
static inline void field_store(void *at, enum field_kind kind, const uint64_t *slots)
{
	switch (kind) {
	case FIELD_8:
		memcpy(at, slots, 1);
		break;
	case FIELD_16:
		memcpy(at, slots, 2);
		break;
	case FIELD_32:
		memcpy(at, slots, 4);
		break;
	case FIELD_128:
		memcpy(at, slots, 16);
		break;
	case FIELD_64:
	case FIELD_ANY:
	case FIELD_EXTERN:
		memcpy(at, slots, 8);
		break;
	}
}

/* A reference is stored into an object: the collector, if it is at work, must not miss it. */
void heap_shade(engine_store_t *store, uint64_t ref, enum field_kind kind);
static inline void heap_barrier(engine_store_t *store, uint64_t ref, enum field_kind kind);

/* References that a host function got as arguments, while it runs. */
void heap_root(engine_store_t *store, uint64_t ref, enum field_kind kind);

/* Collects at once. pc, sp as for heap_new. */
void heap_collect(engine_store_t *store, const uint64_t *pc, uint64_t *sp);
/* A step, if one is due: for those whose allocations must not collect. */
void heap_poll(engine_store_t *store, const uint64_t *pc, uint64_t *sp);
void heap_free(engine_store_t *store);

/* ---- between heap.c and mark.c ---- */

enum {
	BLOCK_SHIFT = 16,
	BLOCK_BYTES = 1 << BLOCK_SHIFT,
	GRANULE = 16,
	BLOCK_GRANULES = BLOCK_BYTES / GRANULE,
	SIZE_CLASSES = 44,
	LARGEST_CELL = BLOCK_BYTES / 2
};

enum block_kind { BLOCK_FREE, BLOCK_CELLS, BLOCK_LARGE, BLOCK_MORE /* of a large object */ };

struct block {
	uint8_t kind, size_class;
	uint32_t next;	   /* in a list of its class; index plus one, 0 ends */
	uint32_t n_blocks; /* LARGE */
	uint64_t marks[BLOCK_GRANULES / 64];
};

enum heap_phase { HEAP_IDLE, HEAP_MARKING, HEAP_SWEEPING };

struct root {
	uint64_t ref;
	enum field_kind kind;
};

struct heap {
	uint8_t *base; /* blocks, aligned to BLOCK_BYTES */
	struct block *blocks;
	uint32_t n_blocks, used_blocks, top_block; /* top: no block from there on was ever used */
	uint32_t search;			    /* where to look for free blocks */
	enum heap_phase phase;
	bool frozen; /* memory ran out while looking for roots: nothing is collected any more */

	struct size_class {
		struct cell {
			struct cell *next;
		} *free;
		uint8_t *bump, *bump_end;
		uint32_t swept, unswept; /* lists of blocks */
	} classes[SIZE_CLASSES];
	uint32_t large, large_unswept;

	void **mark_stack; /* room for every object there can be */
	size_t n_marked_stack, mark_stack_bytes;
	struct array *scanning; /* a large array that is followed step by step */
	uint32_t scanned;

	uint64_t allocated; /* since the last cycle began */
	uint64_t paid;	    /* of it, what steps have answered */
	uint64_t trigger;   /* begin the next one then */
	uint64_t marked;    /* bytes found alive in this cycle */
	uint64_t live;	    /* the same, of the last complete one */
	uint64_t cycles;

	struct root *roots; /* host functions' arguments */
	uint32_t n_roots, room_roots;
};

uint32_t heap_cell_bytes(uint32_t size_class);
static inline struct block *block_of(const struct heap *heap, const void *object, uint32_t *ret_granule)
{
	size_t distance = (size_t)((const uint8_t *)object - heap->base);
	*ret_granule = (uint32_t)(distance % BLOCK_BYTES / GRANULE);
	return &heap->blocks[distance >> BLOCK_SHIFT];
}

/* Marks an object alive and notes it to be followed, unless it is marked already. */
void mark_object(struct heap *heap, void *object);
/* Follows references until budget bytes have been looked at. Returns true when there are none left. */
bool mark_step(struct heap *heap, size_t budget);
/* Marks what is referred to from outside the heap. */
void mark_roots(engine_store_t *store, const uint64_t *pc, uint64_t *sp);

static inline void heap_barrier(engine_store_t *store, uint64_t ref, enum field_kind kind)
{
	if (__builtin_expect(store->heap->phase == HEAP_MARKING, 0))
		heap_shade(store, ref, kind);
}

/* stack_map.c: which slots of a frame hold references when its function is at a call or an allocation. */
struct frame_map {
	uint32_t start, end;  /* words of the instruction */
	uint32_t first, n;    /* operands, in refs */
};

struct stack_maps {
	bool partial; /* not all instructions have theirs */
	uint32_t n_maps, n_locals, n_refs;
	struct frame_map *maps; /* by start, unless partial */
	uint32_t *refs;		/* slot << 1 | whether it is of the extern hierarchy; locals first */
};

/* The map of the instruction that a word of the function belongs to, with *ret_maps for its refs; NULL for want of memory.
 * Made by compiling the function once more, and kept. */
const struct frame_map *stack_map_find(engine_func_t *func, uint32_t word, const struct stack_maps **ret_maps);
void stack_maps_free(engine_func_t *func);

#endif
