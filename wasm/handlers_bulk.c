/* What needs a C function: memory, table and segment operations. Operands lie in consecutive slots. */
#include "handler.h"

H(H_trap_unreachable)
{
	TRAP_NOW(unreachable);
}

/* An i32 has the upper half zero: 64-bit memories and tables need nothing of their own. */
#define ARG(i) (base[i])
#define RESULT(v) \
	do { \
		r0 = (v); \
		base[0] = r0; \
	} while (0)
#define MEMORY(word) ((engine_memory_t *)pc[word])
#define TABLE(word) ((engine_table_t *)pc[word])

H(H_memory_size)
{
	uint64_t *base = &SLOT(0);
	RESULT(memory_bytes(MEMORY(2)) / PAGE_BYTES);
	NEXT(3);
}

H(H_memory_grow)
{
	uint64_t *base = &SLOT(0);
	uint64_t old = memory_grow(MEMORY(2), ARG(0));
	RESULT(MEMORY(2)->type.index64 ? old : (uint32_t)old);
	NEXT(3);
}

H(H_memory_fill)
{
	const uint64_t *base = &SLOT(0);
	engine_memory_t *m = MEMORY(2);
	if (unlikely(!range_within(ARG(0), ARG(2), memory_bytes(m))))
		TRAP_NOW(memory_bounds);
	if (ARG(2))
		memset(m->base + ARG(0), (uint8_t)base[1], ARG(2));
	NEXT(3);
}

H(H_memory_copy)
{
	const uint64_t *base = &SLOT(0);
	engine_memory_t *dst = MEMORY(2), *src = MEMORY(3);
	if (unlikely(!range_within(ARG(0), ARG(2), memory_bytes(dst)) || !range_within(ARG(1), ARG(2), memory_bytes(src))))
		TRAP_NOW(memory_bounds);
	if (ARG(2))
		memmove(dst->base + ARG(0), src->base + ARG(1), ARG(2));
	NEXT(4);
}

H(H_memory_init)
{
	const uint64_t *base = &SLOT(0);
	engine_memory_t *m = MEMORY(2);
	const struct data_instance *data = (const struct data_instance *)pc[3];
	if (unlikely(!range_within(ARG(0), ARG(2), memory_bytes(m)) || !range_within(ARG(1), ARG(2), data->len)))
		TRAP_NOW(memory_bounds);
	if (ARG(2))
		memcpy(m->base + ARG(0), data->bytes + ARG(1), ARG(2));
	NEXT(4);
}

H(H_data_drop)
{
	((struct data_instance *)pc[2])->len = 0;
	NEXT(3);
}

H(H_table_get)
{
	uint64_t *base = &SLOT(0);
	const engine_table_t *t = TABLE(2);
	if (unlikely(ARG(0) >= t->size))
		TRAP_NOW(table_bounds);
	RESULT((uint64_t)t->elems[ARG(0)]);
	NEXT(3);
}

H(H_table_set)
{
	const uint64_t *base = &SLOT(0);
	const engine_table_t *t = TABLE(2);
	if (unlikely(ARG(0) >= t->size))
		TRAP_NOW(table_bounds);
	t->elems[ARG(0)] = (void *)base[1];
	NEXT(3);
}

H(H_table_size)
{
	uint64_t *base = &SLOT(0);
	RESULT(TABLE(2)->size);
	NEXT(3);
}

H(H_table_grow)
{
	uint64_t *base = &SLOT(0);
	uint64_t old = table_grow(TABLE(2), ARG(1), (void *)base[0]);
	RESULT(TABLE(2)->limits.index64 ? old : (uint32_t)old);
	NEXT(3);
}

H(H_table_fill)
{
	const uint64_t *base = &SLOT(0);
	const engine_table_t *t = TABLE(2);
	if (unlikely(!range_within(ARG(0), ARG(2), t->size)))
		TRAP_NOW(table_bounds);
	for (uint64_t i = 0; i < ARG(2); i++)
		t->elems[ARG(0) + i] = (void *)base[1];
	NEXT(3);
}

H(H_table_copy)
{
	const uint64_t *base = &SLOT(0);
	const engine_table_t *dst = TABLE(2), *src = TABLE(3);
	if (unlikely(!range_within(ARG(0), ARG(2), dst->size) || !range_within(ARG(1), ARG(2), src->size)))
		TRAP_NOW(table_bounds);
	if (ARG(2))
		memmove(dst->elems + ARG(0), src->elems + ARG(1), ARG(2) * sizeof(*dst->elems));
	NEXT(4);
}

H(H_table_init)
{
	const uint64_t *base = &SLOT(0);
	if (unlikely(!table_init(TABLE(2), (const struct elem_instance *)pc[3], ARG(0), ARG(1), ARG(2))))
		TRAP_NOW(table_bounds);
	NEXT(4);
}

H(H_elem_drop)
{
	((struct elem_instance *)pc[2])->n = 0;
	NEXT(3);
}

#define TRAP(name, text) \
	__attribute__((section(HANDLER_SECTION), cold)) int trap_##name(HANDLER_PARAMS) \
	{ \
		(void)mem, (void)r0, (void)d0, (void)s0, (void)v0; \
		return trap_raise(x, pc, sp, TRAP_##name); \
	}
#include "traps.def"
