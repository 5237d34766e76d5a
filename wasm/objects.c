#include "objects.h"

#include <string.h>

static uint64_t *operands(const uint64_t *pc, uint64_t *sp)
{
	return sp + *(const uint16_t *)(pc + 1);
}

static enum field_kind elem_kind(const struct layout *layout)
{
	return (enum field_kind)layout->fields[0].kind;
}

static bool within(uint64_t at, uint64_t n, uint64_t length)
{
	return at + n <= length; /* all have 32 bits */
}

/* ---- structures ---- */

int object_struct_new(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	uint64_t *slots = operands(pc, sp);
	const struct layout *layout = (const struct layout *)pc[2];
	bool zero;
	uint8_t *object = heap_new(store, pc, sp, layout, 0, &zero);
	if (!object)
		return TRAP_heap_exhausted;
	const uint64_t *from = slots;
	for (uint32_t i = 0; i < layout->n_fields; i++) {
		enum field_kind kind = (enum field_kind)layout->fields[i].kind;
		field_store(object + layout->fields[i].offset, kind, from);
		from += field_slots(kind);
	}
	*slots = (uint64_t)object;
	return OBJECT_OK;
}

int object_struct_new_default(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	const struct layout *layout = (const struct layout *)pc[2];
	bool zero;
	uint8_t *object = heap_new(store, pc, sp, layout, 0, &zero);
	if (!object)
		return TRAP_heap_exhausted;
	memset(object + sizeof(struct object), 0, layout->bytes - sizeof(struct object));
	*operands(pc, sp) = (uint64_t)object;
	return OBJECT_OK;
}

/* ---- arrays ---- */

static void fill(struct array *array, const uint64_t *value, uint32_t from, uint32_t n)
{
	enum field_kind kind = elem_kind(array->layout);
	uint32_t bytes = field_bytes(kind);
	uint8_t *at = array->elems + (size_t)from * bytes, *end = at + (size_t)n * bytes;
	if (kind == FIELD_8) {
		memset(at, (uint8_t)*value, n);
		return;
	}
	for (; at != end; at += bytes)
		field_store(at, kind, value);
}

int object_array_new(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	uint64_t *slots = operands(pc, sp);
	const struct layout *layout = (const struct layout *)pc[2];
	uint32_t n = (uint32_t)slots[field_slots(elem_kind(layout))];
	bool zero;
	struct array *array = heap_new(store, pc, sp, layout, n, &zero);
	if (!array)
		return TRAP_heap_exhausted;
	fill(array, slots, 0, n);
	*slots = (uint64_t)array;
	return OBJECT_OK;
}

int object_array_new_default(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	uint64_t *slots = operands(pc, sp);
	const struct layout *layout = (const struct layout *)pc[2];
	uint32_t n = (uint32_t)*slots;
	bool zero;
	struct array *array = heap_new(store, pc, sp, layout, n, &zero);
	if (!array)
		return TRAP_heap_exhausted;
	if (!zero)
		memset(array->elems, 0, (size_t)n * field_bytes(elem_kind(layout)));
	*slots = (uint64_t)array;
	return OBJECT_OK;
}

int object_array_new_fixed(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	uint64_t *slots = operands(pc, sp);
	const struct layout *layout = (const struct layout *)pc[2];
	uint32_t n = (uint32_t)pc[3];
	enum field_kind kind = elem_kind(layout);
	bool zero;
	struct array *array = heap_new(store, pc, sp, layout, n, &zero);
	if (!array)
		return TRAP_heap_exhausted;
	for (uint32_t i = 0; i < n; i++)
		field_store(array->elems + (size_t)i * field_bytes(kind), kind, slots + (size_t)i * field_slots(kind));
	*slots = (uint64_t)array;
	return OBJECT_OK;
}

/* From a segment: offset and length are the operands. */
int object_array_new_data(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	uint64_t *slots = operands(pc, sp);
	const struct layout *layout = (const struct layout *)pc[2];
	const struct data_instance *data = (const struct data_instance *)pc[3];
	uint32_t from = (uint32_t)slots[0], n = (uint32_t)slots[1];
	uint64_t bytes = (uint64_t)n * field_bytes(elem_kind(layout));
	if (!within(from, bytes, data->len))
		return TRAP_memory_bounds;
	bool zero;
	struct array *array = heap_new(store, pc, sp, layout, n, &zero);
	if (!array)
		return TRAP_heap_exhausted;
	if (bytes)
		memcpy(array->elems, data->bytes + from, bytes);
	*slots = (uint64_t)array;
	return OBJECT_OK;
}

int object_array_new_elem(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	uint64_t *slots = operands(pc, sp);
	const struct elem_instance *elem = (const struct elem_instance *)pc[3];
	uint32_t from = (uint32_t)slots[0], n = (uint32_t)slots[1];
	if (!within(from, n, elem->n))
		return TRAP_table_bounds;
	bool zero;
	struct array *array = heap_new(store, pc, sp, (const struct layout *)pc[2], n, &zero);
	if (!array)
		return TRAP_heap_exhausted;
	if (n)
		memcpy(array->elems, elem->refs + from, n * sizeof(*elem->refs));
	*slots = (uint64_t)array;
	return OBJECT_OK;
}

/* References have been put into an array. */
static void shade_all(engine_store_t *store, const struct array *array, uint32_t from, uint32_t n)
{
	enum field_kind kind = elem_kind(array->layout);
	const uint64_t *refs = (const uint64_t *)array->elems + from;
	if (kind < FIELD_ANY || store->heap->phase != HEAP_MARKING)
		return;
	for (uint32_t i = 0; i < n; i++)
		heap_shade(store, refs[i], kind);
}

int object_array_fill(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	const uint64_t *slots = operands(pc, sp);
	struct array *array = (struct array *)slots[0];
	if (!array)
		return TRAP_null_array;
	uint32_t at = (uint32_t)slots[1], n = (uint32_t)slots[2 + field_slots(elem_kind(array->layout))];
	if (!within(at, n, array->length))
		return TRAP_array_bounds;
	fill(array, slots + 2, at, n);
	if (n)
		shade_all(store, array, at, 1);
	return OBJECT_OK;
}

int object_array_copy(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	const uint64_t *slots = operands(pc, sp);
	struct array *to = (struct array *)slots[0];
	const struct array *from = (const struct array *)slots[2];
	if (!to || !from)
		return TRAP_null_array;
	uint32_t to_at = (uint32_t)slots[1], from_at = (uint32_t)slots[3], n = (uint32_t)slots[4];
	if (!within(to_at, n, to->length) || !within(from_at, n, from->length))
		return TRAP_array_bounds;
	size_t bytes = field_bytes(elem_kind(to->layout));
	memmove(to->elems + to_at * bytes, from->elems + from_at * bytes, n * bytes);
	shade_all(store, to, to_at, n);
	return OBJECT_OK;
}

int object_array_init_data(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	(void)store;
	const uint64_t *slots = operands(pc, sp);
	struct array *array = (struct array *)slots[0];
	const struct data_instance *data = (const struct data_instance *)pc[3];
	if (!array)
		return TRAP_null_array;
	uint32_t at = (uint32_t)slots[1], from = (uint32_t)slots[2], n = (uint32_t)slots[3];
	size_t bytes = field_bytes(elem_kind(array->layout));
	if (!within(at, n, array->length))
		return TRAP_array_bounds;
	if (!within(from, n * bytes, data->len))
		return TRAP_memory_bounds;
	if (n)
		memcpy(array->elems + at * bytes, data->bytes + from, n * bytes);
	return OBJECT_OK;
}

int object_array_init_elem(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	const uint64_t *slots = operands(pc, sp);
	struct array *array = (struct array *)slots[0];
	const struct elem_instance *elem = (const struct elem_instance *)pc[3];
	if (!array)
		return TRAP_null_array;
	uint32_t at = (uint32_t)slots[1], from = (uint32_t)slots[2], n = (uint32_t)slots[3];
	if (!within(at, n, array->length))
		return TRAP_array_bounds;
	if (!within(from, n, elem->n))
		return TRAP_table_bounds;
	if (n)
		memcpy((uint64_t *)array->elems + at, elem->refs + from, n * sizeof(*elem->refs));
	shade_all(store, array, at, n);
	return OBJECT_OK;
}
