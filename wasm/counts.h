/* How often the IR's instructions run, and which follow which: engine_config.count_instructions.
 *
 * In a store that counts, the word of every instruction's handler is replaced, once a function has been compiled, by that of
 * H_counted (handlers_count.c), which looks up what stood there, notes it, and goes on with it. Everything else about the
 * code stays as it is. Whoever wants to know which instruction is at a word asks insn_handler. */
#ifndef WASIWARD_COUNTS_H
#define WASIWARD_COUNTS_H

#include "runtime.h"

struct compiler;

/* Numbers by number. */
struct count_map {
	struct count_entry {
		uint64_t key; /* 0: no entry */
		uint64_t value;
	} *entries;
	size_t mask, used; /* mask + 1 entries, a power of two; at most half of them are in use */
	unsigned shift;	   /* leaves of a hash as many bits as mask has */
};

/* A sequence of up to three instructions as a number: each its enum ir plus one, the last one lowest. */
enum { SEQUENCE_BITS = 13, SEQUENCE_MOST = 3 };
_Static_assert(IR_CHAINS < 1 << SEQUENCE_BITS, "an instruction's number must fit");
#define SEQUENCE_MASK(n) (((uint64_t)1 << SEQUENCE_BITS * (n)) - 1)

struct counts {
	struct count_map sites;	    /* by address in the code: which instruction begins there (SITE_ID), and how often it ran */
	struct count_map sequences; /* by sequence: how often it ran. Shorter than SEQUENCE_MOST only where code was entered */
	uint64_t history;	    /* the sequence that ran last; 0: code has just been entered */
};

/* The entry of a key, or the empty one where it belongs. key: not 0. */
static inline struct count_entry *count_find(const struct count_map *map, uint64_t key)
{
	size_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> map->shift;
	while (map->entries[i].key != key && map->entries[i].key)
		i = (i + 1) & map->mask;
	return &map->entries[i];
}

/* The sequence that ends with this instruction, now that it runs. */
static inline uint64_t count_sequence(const struct counts *counts, uint64_t id)
{
	return (counts->history << SEQUENCE_BITS | (id + 1)) & SEQUENCE_MASK(SEQUENCE_MOST);
}

/* The value of a site: an enum ir, and above it the number of times. */
#define SITE_ID(value) ((uint32_t)((value) & 0xffff))
#define SITE_RUNS(value) ((value) >> 16)
enum { SITE_RUN = 1 << 16 };

/* The handler of the instruction at pc. */
static inline uint64_t insn_handler(const engine_store_t *store, const uint64_t *pc)
{
	if (!store->counts || *pc != ir_handler(IR_counted))
		return *pc;
	return ir_handler(SITE_ID(count_find(&store->counts->sites, (uint64_t)pc)->value));
}

/* What runs next does not follow what ran last. */
static inline void counts_entered(engine_store_t *store)
{
	if (store->counts)
		store->counts->history = 0;
}

/* For a store; NULL for want of memory. */
struct counts *counts_new(void);
void counts_free(struct counts *counts); /* may be NULL */

/* Has the instructions of the function that c has compiled counted, whose words have been copied to code. False for want of
 * memory. */
bool counts_watch(struct counts *counts, const struct compiler *c, uint64_t *code);

/* Makes the entry of the sequence that ends with the instruction at pc, with count 0. False for want of memory. */
bool counts_begin(struct counts *counts, const uint64_t *pc);

/* Instructions that have run. */
uint64_t counts_total(const struct counts *counts);

#endif
