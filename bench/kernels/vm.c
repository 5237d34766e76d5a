/* A switch in a loop: a small bytecode machine that counts primes by trial division. */
#include <stdint.h>
#include <stdio.h>

#include "size.h"

enum op { LOADI, ADD, ADDI, SUB, MUL, MOD, JMP, JLT, JEQZ, MOV, HALT };

struct insn {
	uint8_t op, a, b, c;
	int32_t imm;
};

static const struct insn program[] = {
	{ LOADI, 0, 0, 0, 2 },      /* 0: n = 2 */
	{ LOADI, 1, 0, 0, 0 },      /* 1: primes = 0 */
	{ LOADI, 2, 0, 0, SIZED(60000, 500) },  /* 2: limit */
	{ LOADI, 3, 0, 0, 2 },      /* 3: d = 2 */
	{ MUL, 4, 3, 3, 0 },        /* 4: t = d * d */
	{ JLT, 0, 4, 0, 10 },       /* 5: if n < t goto prime */
	{ MOD, 4, 0, 3, 0 },        /* 6: t = n % d */
	{ JEQZ, 4, 0, 0, 11 },      /* 7: if !t goto next */
	{ ADDI, 3, 3, 0, 1 },       /* 8: d++ */
	{ JMP, 0, 0, 0, 4 },        /* 9 */
	{ ADDI, 1, 1, 0, 1 },       /* 10: prime: primes++ */
	{ ADDI, 0, 0, 0, 1 },       /* 11: next: n++ */
	{ JLT, 0, 2, 0, 3 },        /* 12: if n < limit goto 3 */
	{ HALT, 1, 0, 0, 0 },
};

static int32_t run(const struct insn *code)
{
	int32_t r[8] = { 0 };
	for (int pc = 0;;) {
		const struct insn *i = &code[pc++];
		switch (i->op) {
		case LOADI:
			r[i->a] = i->imm;
			break;
		case ADD:
			r[i->a] = r[i->b] + r[i->c];
			break;
		case ADDI:
			r[i->a] = r[i->b] + i->imm;
			break;
		case SUB:
			r[i->a] = r[i->b] - r[i->c];
			break;
		case MUL:
			r[i->a] = r[i->b] * r[i->c];
			break;
		case MOD:
			r[i->a] = r[i->b] % r[i->c];
			break;
		case JMP:
			pc = i->imm;
			break;
		case JLT:
			if (r[i->a] < r[i->b])
				pc = i->imm;
			break;
		case JEQZ:
			if (!r[i->a])
				pc = i->imm;
			break;
		case MOV:
			r[i->a] = r[i->b];
			break;
		default:
			return r[i->a];
		}
	}
}

int main(void)
{
	int32_t total = 0;
	for (int i = 0; i < SIZED(10, 2); i++)
		total += run(program);
	printf("%d\n", (int)total);
	return 0;
}
