/* insn.def as a table. */
#ifndef WASIWARD_INSN_H
#define WASIWARD_INSN_H

#include <stddef.h>
#include <stdint.h>

enum insn_class {
	INSN_NONE,
	INSN_CTL,
	INSN_UN,
	INSN_BINC,
	INSN_BIN,
	INSN_CMPI,
	INSN_CMPF,
	INSN_LOAD,
	INSN_STOREI,
	INSN_STOREF,
	INSN_ATOMIC
};

enum {
#define INSN(code, name, text, cls, res, arg, extra) OP_##name = code,
#include "insn.def"
};

struct insn {
	const char *text;
	uint16_t code;
	uint8_t cls, res, arg;
	uint8_t log2_bytes; /* loads and stores */
	uint16_t ir;	    /* its first form */
};

/* Opcodes from 0xfb00 on are those with a prefix. NULL if there is no such instruction. */
const struct insn *insn_find(uint32_t opcode);

/* The instruction of that name in the text format, or NULL. Where several share a name it is any of them. */
const struct insn *insn_by_name(const char *name, size_t len);

#endif
