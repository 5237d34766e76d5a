/* Instructions of the IR with random operands, for tests that make code without the compiler. */
#ifndef WASIWARD_TESTS_WASM_IR_OPERANDS_H
#define WASIWARD_TESTS_WASM_IR_OPERANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "ir.h"

enum {
	FRAME_TYPES = 5,   /* i l f d v: slots are typed, since addresses are not checked for being 32 bits */
	FRAME_RANGE = 12,  /* slots of one type */
	FRAME_FIRST = 2,   /* the link of a function without parameters is before it */
	FRAME_SLOTS = FRAME_FIRST + FRAME_TYPES * FRAME_RANGE,
	INSN_WORDS = 12,   /* at most, a table included */
	TABLE_MOST = 3,	   /* targets of a table but the default */
	GLOBALS = 3,	   /* of each type */
	MEMORY_BYTES = 65536
};

/* What ir_layouts.def says of an instruction, or its class and form in insn.def. */
struct ir_layout {
	char operands[16];
	char reads, leaves; /* '-': r0 is not read, is left alone */
	bool traps;	    /* there are operands with which it traps */
	bool branches;	    /* to the distance it holds, */
	bool falls;	    /* and it goes on with the next instruction, too, or only */
};

/* Of an instruction, an enum ir below IR_CHAINS. False: nothing is known about it. */
bool ir_layout(uint32_t id, struct ir_layout *ret);

/* Where random values come from. */
struct source {
	uint64_t state;	     /* not 0 */
	uint32_t pool[4];    /* most values are made of these, so that equal ones meet */
	uint64_t (*globals)[GLOBALS][2]; /* by type, in the order above */
};

/* A number below n. */
uint32_t source_below(struct source *s, uint32_t n);
/* Chooses the pool anew. */
void source_round(struct source *s);
/* A value of a type i, l, f or d as a slot has it. */
uint64_t source_value(struct source *s, char type);
/* What a memory is filled with: MEMORY_BYTES. */
void source_memory(struct source *s, uint8_t *memory);
/* The first slot of a type. */
uint32_t frame_first(char type);

/* Where an instruction is and where its branches go, in words of the code. */
struct place {
	uint32_t at;
	uint32_t backward, forward; /* targets of loops, and of others; each followed by TABLE_MOST more for tables */
	char r0;		    /* type of what is in r0 */
	char wanted;		    /* type that it is to leave there if it may be either, i or l */
};

/* Writes the words of an instruction behind the first, up to INSN_WORDS of them, and returns how many words it has. */
uint32_t make_operands(struct source *s, uint32_t id, const struct ir_layout *layout, const struct place *place, uint64_t *code);

#endif
