#include <stdlib.h>
#include <string.h>

#include "runtime.h"

/* Makes room for size elements, all of which must fit the table's limits. */
static bool table_resize(engine_table_t *table, uint32_t size)
{
	if (size <= table->room)
		return true;
	uint32_t room = table->room ? table->room : 8;
	while (room < size)
		room = room > LIMIT_TABLE_SIZE / 2 ? LIMIT_TABLE_SIZE : room * 2;
	if (!table->size && !table->room) { /* fresh zero pages need no touching */
		table->elems = calloc(room = size, sizeof(*table->elems));
		table->room = table->elems ? room : 0;
		return table->elems != NULL;
	}
	void **elems = realloc(table->elems, room * sizeof(*elems));
	if (!elems)
		return false;
	table->elems = elems;
	table->room = room;
	return true;
}

engine_table_t *table_new(engine_store_t *store, engine_type_t type, struct engine_limits limits)
{
	engine_table_t *table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->type = type;
	table->limits = limits;
	if (limits.min > LIMIT_TABLE_SIZE || !table_resize(table, (uint32_t)limits.min)) {
		free(table);
		return NULL;
	}
	table->size = (uint32_t)limits.min;
	table->next = store->tables;
	store->tables = table;
	return table;
}

void table_free(engine_table_t *table)
{
	free(table->elems);
	free(table);
}

uint64_t table_grow(engine_table_t *table, uint64_t n, void *value)
{
	uint64_t old = table->size, most = table->limits.max < LIMIT_TABLE_SIZE ? table->limits.max : LIMIT_TABLE_SIZE;
	if (old > most || n > most - old || !table_resize(table, (uint32_t)(old + n)))
		return UINT64_MAX;
	for (uint64_t i = 0; i < n; i++)
		table->elems[old + i] = value;
	table->size = (uint32_t)(old + n);
	return old;
}

bool table_init(engine_table_t *table, const struct elem_instance *segment, uint64_t dst, uint64_t src, uint64_t n)
{
	if (!range_within(dst, n, table->size) || !range_within(src, n, segment->n))
		return false;
	if (n)
		memcpy(table->elems + dst, segment->refs + src, n * sizeof(*table->elems));
	return true;
}

engine_table_t *engine_table_host(engine_store_t *store, engine_type_t type, struct engine_limits elements)
{
	return type_is_known(type) && type_is_ref(type) && type_has_default(type) ? table_new(store, type, elements) : NULL;
}
