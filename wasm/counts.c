/* Counting instructions and pairs of them: counts.h. */
#include "counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

enum { TABLE = 1 << 14, MOST = 60 };

_Static_assert(IR_COUNT < TABLE / 2, "the hash table of handlers must stay sparse");

static uint16_t ids[TABLE]; /* by hash of the handler; 0 is empty, else 1 + number */
static uint64_t (*pairs)[IR_COUNT];
static uint32_t before;


static uint32_t find(uint64_t handler)
{
	uint32_t i = (uint32_t)(handler * 0x9e3779b97f4a7c15 >> 50);
	while (ids[i] && ir_handler(ids[i] - 1) != handler)
		i = (i + 1) % TABLE;
	return i;
}

static uint64_t count_of(uint32_t pair)
{
	return pairs[pair / IR_COUNT][pair % IR_COUNT];
}

static int by_count(const void *a, const void *b)
{
	uint64_t x = count_of(*(const uint32_t *)a), y = count_of(*(const uint32_t *)b);
	return x < y ? 1 : x > y ? -1 : 0;
}

static const char *name_of(uint32_t id)
{
	return ir_name(ir_handler(id));
}

void counts_report(void)
{
	uint64_t single[IR_COUNT] = {0};
	uint64_t total = 0;
	uint32_t n = 0, *order = calloc((size_t)IR_COUNT * IR_COUNT, sizeof(*order));
	if (!order || !pairs)
		goto out;
	for (uint32_t i = 0; i < (uint32_t)IR_COUNT * IR_COUNT; i++) {
		if (!count_of(i))
			continue;
		order[n++] = i;
		single[i % IR_COUNT] += count_of(i);
		total += count_of(i);
	}
	if (!total)
		goto out;
	fprintf(stderr, "%llu instructions\n\npairs:\n", (unsigned long long)total);
	qsort(order, n, sizeof(*order), by_count);
	for (uint32_t i = 0; i < n && i < MOST; i++)
		fprintf(stderr, "%6.2f %%  %-28s %s\n", 100.0 * (double)count_of(order[i]) / (double)total,
			name_of(order[i] / IR_COUNT), name_of(order[i] % IR_COUNT));
	fprintf(stderr, "\ninstructions:\n");
	for (uint32_t k = 0; k < MOST; k++) {
		uint32_t best = 0;
		for (uint32_t i = 0; i < IR_COUNT; i++)
			if (single[i] > single[best])
				best = i;
		if (!single[best])
			break;
		fprintf(stderr, "%6.2f %%  %s\n", 100.0 * (double)single[best] / (double)total, name_of(best));
		single[best] = 0;
	}
	memset(pairs, 0, IR_COUNT * sizeof(*pairs));
out:
	free(order);
}

void counts_note(uint64_t handler)
{
	if (!pairs) {
		pairs = calloc(IR_COUNT, sizeof(*pairs));
		if (!pairs)
			abort();
		for (uint32_t i = 0; i < IR_COUNT; i++)
			ids[find(ir_handler(i))] = (uint16_t)(i + 1);
	}
	uint32_t id = ids[find(handler)];
	if (!id)
		return;
	pairs[before][id - 1]++;
	before = id - 1;
}
