/* Prints the table of chains (chain_table.h) as what an array is initialised with. Runs while the engine is built. */
#include <stdio.h>

#include "chain_table.h"
#include "ir.h"

static const struct {
	uint16_t chain, next;
} rows[] = {
#define CHAIN2(a, b) {IR_##a, IR_##b},
#define CHAIN3(a, b, c) {IR_##a##__##b, IR_##c},
#define CHAIN4(a, b, c, d) {IR_##a##__##b##__##c, IR_##d},
#include "chains.def"
	{0, 0}, /* the end */
};

_Static_assert(sizeof(rows) / sizeof(*rows) < CHAIN_TABLE_SIZE / 2, "the table must stay sparse");

int main(void)
{
	static struct chain_link table[CHAIN_TABLE_SIZE];
	for (uint32_t i = 0; rows[i].chain || rows[i].next; i++)
		table[chain_place(table, rows[i].chain, rows[i].next)] =
			(struct chain_link){rows[i].chain, rows[i].next, (uint16_t)(IR_CHAINS + i)};
	for (uint32_t i = 0; i < CHAIN_TABLE_SIZE; i++)
		printf("{%u, %u, %u},\n", table[i].chain, table[i].next, table[i].longer);
	return fflush(stdout) ? 1 : 0;
}
