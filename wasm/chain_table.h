/* The chains of chains.def by what they begin with: a hash table that is filled when the engine is built (gen_chains.c). */
#ifndef WASIWARD_CHAIN_TABLE_H
#define WASIWARD_CHAIN_TABLE_H

#include <stdint.h>

enum { CHAIN_TABLE_BITS = 13, CHAIN_TABLE_SIZE = 1 << CHAIN_TABLE_BITS };

/* A chain is one that is shorter by an instruction, or an instruction, and the instruction behind it. By their numbers. */
struct chain_link {
	uint16_t chain, next;
	uint16_t longer; /* what both are; 0: nothing here */
};

/* Where a link is, or belongs: the table is sparse. */
static inline uint32_t chain_place(const struct chain_link *table, uint32_t chain, uint32_t next)
{
	uint32_t i = (chain << 16 | next) * UINT32_C(0x9e3779b1) >> (32 - CHAIN_TABLE_BITS);
	while (table[i].longer && (table[i].chain != chain || table[i].next != next))
		i = (i + 1) % CHAIN_TABLE_SIZE;
	return i;
}

#endif
