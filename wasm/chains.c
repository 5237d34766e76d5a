/* Finding chains: chains.h. */
#include "chains.h"

#include <pthread.h>
#include <string.h>

enum { TABLE = 8192, HASH_SHIFT = 32 - 13 };

/* A chain is one that is shorter by an instruction, or an instruction, and the instruction behind it. By their numbers. */
struct link {
	uint16_t chain, next;
	uint16_t longer; /* what both are; 0: nothing here */
};

static struct link table[TABLE]; /* open addressing */

static const struct {
	uint16_t chain, next;
} rows[] = {
#define CHAIN2(a, b) {IR_##a, IR_##b},
#define CHAIN3(a, b, c) {IR_##a##__##b, IR_##c},
#define CHAIN4(a, b, c, d) {IR_##a##__##b##__##c, IR_##d},
#include "chains.def"
	{0, 0}, /* no array may be empty */
};

_Static_assert(sizeof(rows) / sizeof(*rows) < TABLE / 2, "the table must stay sparse");

static struct link *place(uint32_t chain, uint32_t next)
{
	uint32_t i = (chain << 16 | next) * UINT32_C(0x9e3779b1) >> HASH_SHIFT;
	while (table[i].longer && (table[i].chain != chain || table[i].next != next))
		i = (i + 1) % TABLE;
	return &table[i];
}

static void fill_table(void)
{
	for (uint32_t i = 0; i < IR_COUNT - IR_CHAINS; i++)
		*place(rows[i].chain, rows[i].next) = (struct link){rows[i].chain, rows[i].next, (uint16_t)(IR_CHAINS + i)};
}

void chains_apply(const struct compiler *c, uint64_t *code)
{
	enum { BEHIND = 3, NONE = UINT16_MAX }; /* instructions that a chain has behind its first; is no number of one */
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint32_t behind[BEHIND + 1] = {NONE, NONE, NONE, NONE};
	pthread_once(&once, fill_table);
	/* Backwards, since then it is known what comes next. */
	for (uint32_t word = (c->pos - 1) / 64 + 1; word-- > c->skip / 64;) {
		for (uint64_t bits = c->starts[word]; bits;) {
			uint32_t bit = 63 - (uint32_t)__builtin_clzll(bits), at = word * 64 + bit;
			bits ^= UINT64_C(1) << bit;
			if (at < c->skip)
				break;
			uint32_t chain = (uint32_t)c->code[at], longer = chain;
			for (const uint32_t *next = behind; FUSION && longer; next++) {
				chain = longer;
				longer = place(chain, *next)->longer;
			}
			code[at - c->skip] = ir_handler(chain);
			memmove(behind + 1, behind, (BEHIND - 1) * sizeof(*behind));
			behind[0] = (uint32_t)c->code[at];
		}
	}
}
