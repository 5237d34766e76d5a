/* Finding chains: chains.h. */
#include "chains.h"

#include <string.h>

#include "chain_table.h"

static const struct chain_link table[CHAIN_TABLE_SIZE] = {
#include "chain_table.inc"
};

void chains_apply(const struct compiler *c, uint64_t *code)
{
	enum { BEHIND = 3, NONE = UINT16_MAX }; /* instructions that a chain has behind its first; is no number of one */
	uint32_t behind[BEHIND + 1] = {NONE, NONE, NONE, NONE};
	/* Backwards, since then it is known what comes next. */
	for (uint32_t word = (c->pos - 1) / 64 + 1; word-- > c->skip / 64;) {
		for (uint64_t bits = c->starts[word]; bits;) {
			uint32_t bit = 63 - (uint32_t)__builtin_clzll(bits), at = word * 64 + bit;
			bits ^= UINT64_C(1) << bit;
			if (at < c->skip)
				break;
			uint32_t chain = (uint32_t)c->code[at], longer;
			const uint32_t *next = behind;
			while (FUSION && (longer = table[chain_place(table, chain, *next)].longer)) {
				chain = longer;
				next++;
			}
			code[at - c->skip] = ir_handler(chain);
			memmove(behind + 1, behind, (BEHIND - 1) * sizeof(*behind));
			behind[0] = (uint32_t)c->code[at];
		}
	}
}
