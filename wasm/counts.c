/* Counting instructions and sequences of them: counts.h. */
#include "counts.h"

#include <stdlib.h>
#include <string.h>

#include "compile.h"

enum { FIRST_BITS = 12 };

/* ---- maps ---- */

static bool map_resize(struct count_map *map, unsigned bits)
{
	struct count_map larger = {.mask = ((size_t)1 << bits) - 1, .used = map->used, .shift = 64 - bits};
	larger.entries = calloc(larger.mask + 1, sizeof(*larger.entries));
	if (!larger.entries)
		return false;
	for (size_t i = 0; map->entries && i <= map->mask; i++)
		if (map->entries[i].key)
			*count_find(&larger, map->entries[i].key) = map->entries[i];
	free(map->entries);
	*map = larger;
	return true;
}

/* The entry of a key, with value 0 if there was none. NULL for want of memory. */
static struct count_entry *map_add(struct count_map *map, uint64_t key)
{
	if ((!map->entries && !map_resize(map, FIRST_BITS)) || (map->used > map->mask / 2 && !map_resize(map, 65 - map->shift)))
		return NULL;
	struct count_entry *entry = count_find(map, key);
	map->used += !entry->key;
	entry->key = key;
	return entry;
}

/* ---- counting ---- */

struct counts *counts_new(void)
{
	struct counts *counts = calloc(1, sizeof(*counts));
	if (!counts)
		return NULL;
	if (!map_resize(&counts->sites, FIRST_BITS) || !map_resize(&counts->sequences, FIRST_BITS)) {
		counts_free(counts);
		return NULL;
	}
	return counts;
}

void counts_free(struct counts *counts)
{
	if (!counts)
		return;
	free(counts->sites.entries);
	free(counts->sequences.entries);
	free(counts);
}

bool counts_watch(struct counts *counts, const struct compiler *c, uint64_t *code)
{
	for (uint32_t pos = next_start(c, c->skip); pos < c->pos; pos = next_start(c, pos + 1)) {
		uint64_t *insn = code + (pos - c->skip);
		struct count_entry *site = map_add(&counts->sites, (uint64_t)insn);
		if (!site)
			return false;
		site->value = c->code[pos];
		*insn = ir_handler(IR_counted);
	}
	return true;
}

bool counts_begin(struct counts *counts, const uint64_t *pc)
{
	return map_add(&counts->sequences, count_sequence(counts, SITE_ID(count_find(&counts->sites, (uint64_t)pc)->value)));
}

/* ---- reading ---- */

uint64_t counts_total(const struct counts *counts)
{
	uint64_t total = 0;
	for (size_t i = 0; i <= counts->sequences.mask; i++)
		total += counts->sequences.entries[i].value;
	return total;
}

bool engine_opcode_counts_add(engine_store_t *to, const engine_store_t *from)
{
	const struct count_map *map = &from->counts->sequences;
	for (size_t i = 0; i <= map->mask; i++) {
		if (!map->entries[i].key)
			continue;
		struct count_entry *entry = map_add(&to->counts->sequences, map->entries[i].key);
		if (!entry)
			return false;
		entry->value += map->entries[i].value;
	}
	return true;
}

/* The most frequent first; among equals the order does not depend on where they lay. */
static int by_count(const void *a, const void *b)
{
	const struct count_entry *x = a, *y = b;
	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* Moves the entries with a value to the beginning and returns how many they are: it is no map any more. */
static size_t map_compact(struct count_map *map)
{
	size_t n = 0;
	for (size_t i = 0; map->entries && i <= map->mask; i++)
		if (map->entries[i].value)
			map->entries[n++] = map->entries[i];
	return n;
}

size_t engine_opcode_counts(const engine_store_t *store, unsigned length, struct engine_opcode_count *counts, size_t room)
{
	if (!store->counts || length == 0 || length > SEQUENCE_MOST)
		return 0;
	const struct count_map *all = &store->counts->sequences;
	struct count_map map = {0};
	for (size_t i = 0; i <= all->mask; i++) {
		uint64_t key = all->entries[i].key & SEQUENCE_MASK(length);
		if (key <= SEQUENCE_MASK(length - 1)) /* shorter, or none at all */
			continue;
		struct count_entry *entry = map_add(&map, key);
		if (!entry) {
			free(map.entries);
			return SIZE_MAX;
		}
		entry->value += all->entries[i].value;
	}
	size_t n = map_compact(&map);
	if (n)
		qsort(map.entries, n, sizeof(*map.entries), by_count);
	for (size_t i = 0; i < n && i < room; i++) {
		counts[i] = (struct engine_opcode_count){.count = map.entries[i].value};
		for (unsigned k = 0; k < length; k++) {
			uint64_t id = map.entries[i].key >> SEQUENCE_BITS * (length - 1 - k) & SEQUENCE_MASK(1);
			counts[i].names[k] = ir_name(ir_handler((uint32_t)id - 1));
		}
	}
	free(map.entries);
	return n;
}
