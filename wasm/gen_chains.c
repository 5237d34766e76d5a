/* Prints the table of chains (chain_table.h) as what an array is initialised with. Runs while the engine is built. */
#include <stdio.h>

#include "chain_table.h"
#include "ir.h"

static const struct row {
	uint16_t chain, next;
} rows[] = {
#define CHAIN2(a, b) {IR_##a, IR_##b},
#define CHAIN3(a, b, c) {IR_##a##__##b, IR_##c},
#define CHAIN4(a, b, c, d) {IR_##a##__##b##__##c, IR_##d},
#include "chains.def"
	{0, 0}, /* no array may be empty */
};

_Static_assert(sizeof(rows) / sizeof(*rows) < CHAIN_TABLE_SIZE / 2, "the table must stay sparse");

int main(void)
{
	static struct chain_link table[CHAIN_TABLE_SIZE];
	const struct row *end = rows + sizeof(rows) / sizeof(*rows) - 1;
	for (const struct row *row = rows; row != end; row++)
		table[chain_place(table, row->chain, row->next)] =
			(struct chain_link){row->chain, row->next, (uint16_t)(IR_CHAINS + (row - rows))};
	for (uint32_t i = 0; i < CHAIN_TABLE_SIZE; i++)
		printf("{%u, %u, %u},\n", table[i].chain, table[i].next, table[i].longer);
	return fflush(stdout) ? 1 : 0;
}
