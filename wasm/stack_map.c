/* Which slots of a frame hold references. Running code pays nothing for it: the first time that a collection finds a
 * function on the stack, the function is compiled once more, taking notes at each call and allocation. */
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "heap.h"

/* Beyond so many noted references (calls times operands) only the instruction that is asked for is noted. */
enum { MOST_REFS = 1 << 20 };

static bool add_ref(struct compiler *c, uint32_t slot, engine_type_t type)
{
	enum field_kind kind = type_is_ref(type) ? heap_ref_kind(type) : FIELD_64;
	if (kind == FIELD_64)
		return true;
	if (c->n_refs == c->room_refs) {
		uint32_t room = c->room_refs ? c->room_refs * 2 : 64;
		uint32_t *refs = reallocarray(c->refs, room, sizeof(*refs));
		if (!refs)
			return false;
		c->refs = refs;
		c->room_refs = room;
	}
	c->refs[c->n_refs++] = slot << 1 | (kind == FIELD_EXTERN);
	return true;
}

static void no_memory(struct compiler *c)
{
	fail(c, ENGINE_NOMEM, "out of memory");
}

void note_locals(struct compiler *c)
{
	c->n_maps = c->n_refs = c->n_local_refs = 0;
	c->maps_partial = false;
	if (!c->mapping)
		return;
	for (uint32_t i = 0; i < c->n_locals; i++)
		if (!add_ref(c, local_slot(c, i), c->locals[i]))
			no_memory(c);
	c->n_local_refs = c->n_refs;
}

void note_map(struct compiler *c, uint32_t start)
{
	if (!c->mapping || c->dead)
		return;
	if (c->map_only ? c->map_only < start || c->map_only >= c->pos : c->n_refs > MOST_REFS) {
		c->maps_partial = true;
		return;
	}
	if (c->n_maps == c->room_maps) {
		uint32_t room = c->room_maps ? c->room_maps * 2 : 64;
		struct frame_map *maps = reallocarray(c->maps, room, sizeof(*maps));
		if (!maps)
			no_memory(c);
		c->maps = maps;
		c->room_maps = room;
	}
	uint32_t first = c->n_refs;
	/* What is in the accumulator is about to be sent home: nothing survives there. A local is in the list of locals. */
	for (uint32_t i = 0; i < c->n_vals; i++)
		if ((c->vals[i].loc == LOC_HOME || c->vals[i].loc == LOC_ACC) && !add_ref(c, c->vals[i].home, c->vals[i].type))
			no_memory(c);
	c->maps[c->n_maps++] = (struct frame_map){start, c->pos, first, c->n_refs - first};
}

/* ---- at run time ---- */

static const struct frame_map *search(const struct stack_maps *maps, uint32_t word)
{
	uint32_t low = 0, high = maps->n_maps;
	for (uint32_t i = 0; maps->partial && i < high; i++)
		if (word >= maps->maps[i].start && word < maps->maps[i].end)
			return &maps->maps[i];
	while (!maps->partial && low < high) {
		uint32_t middle = (low + high) / 2;
		const struct frame_map *map = &maps->maps[middle];
		if (word < map->start)
			high = middle;
		else if (word >= map->end)
			low = middle + 1;
		else
			return map;
	}
	return NULL;
}

/* Appends what a compilation has noted; the locals only the first time. */
static bool append(struct stack_maps *maps, const struct compiler *c)
{
	bool first = !maps->maps;
	uint32_t skip = first ? 0 : c->n_local_refs, n_refs = c->n_refs - skip;
	struct frame_map *list = reallocarray(maps->maps, maps->n_maps + c->n_maps + 1, sizeof(*list));
	if (!list)
		return false;
	maps->maps = list;
	uint32_t *refs = reallocarray(maps->refs, maps->n_refs + n_refs + 1, sizeof(*refs));
	if (!refs)
		return false;
	maps->refs = refs;
	if (n_refs)
		memcpy(refs + maps->n_refs, c->refs + skip, n_refs * sizeof(*refs));
	for (uint32_t i = 0; i < c->n_maps; i++) {
		list[maps->n_maps + i] = c->maps[i];
		list[maps->n_maps + i].first += maps->n_refs - skip;
	}
	maps->n_locals = c->n_local_refs;
	maps->n_refs += n_refs;
	maps->n_maps += c->n_maps;
	maps->partial |= c->maps_partial;
	return true;
}

const struct frame_map *stack_map_find(engine_func_t *func, uint32_t word, const struct stack_maps **ret_maps)
{
	word += func->skipped;
	const struct frame_map *map = func->maps ? search(func->maps, word) : NULL;
	struct stack_maps *maps = func->maps;
	/* First all of it; if that is too much, just this word. */
	for (int round = maps ? 1 : 0; !map && round < 2; round++) {
		const struct compiler *c = code_map(func, round ? word : 0);
		if (!maps)
			maps = func->maps = calloc(1, sizeof(*maps));
		if (!c || !maps || !append(maps, c))
			return NULL;
		map = search(maps, word);
	}
	*ret_maps = maps;
	return map;
}

void stack_maps_free(engine_func_t *func)
{
	if (!func->maps)
		return;
	free(func->maps->maps);
	free(func->maps->refs);
	free(func->maps);
}
