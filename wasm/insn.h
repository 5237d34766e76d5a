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
	INSN_ATOMIC,
	INSN_VUN,
	INSN_VBINC,
	INSN_VBIN,
	INSN_VTERN,
	INSN_VSHIFT,
	INSN_VSHUFFLE,
	INSN_VEXTRACT,
	INSN_VREPLACE,
	INSN_LANELOAD,
	INSN_LANESTORE
};

enum {
#define INSN(code, name, text, cls, res, arg, extra) OP_##name = code,
#include "insn.def"
};

struct insn {
	uint32_t code;
	uint32_t ir; /* its first form */
	uint8_t cls, res, arg;
	uint8_t log2_bytes; /* loads, stores and lanes */
};

/* Opcodes as insn.def has them. */
static inline uint32_t opcode_prefix(uint32_t opcode)
{
	return opcode < 0x100 ? 0 : opcode < 0x10000 ? opcode >> 8 : opcode >> 12;
}

static inline uint32_t opcode_number(uint32_t opcode)
{
	return opcode & (opcode < 0x10000 ? 0xff : 0xfff);
}

/* number: what was read behind the prefix. UINT32_MAX if no opcode is that large. */
static inline uint32_t opcode_prefixed(uint32_t prefix, uint32_t number)
{
	return number < 0x100 ? prefix << 8 | number : number < 0x1000 ? prefix << 12 | number : UINT32_MAX;
}

/* NULL if there is no such instruction. */
const struct insn *insn_find(uint32_t opcode);

/* The instruction of that name in the text format, or NULL. Where several share a name it is any of them. */
const struct insn *insn_by_name(const char *name, size_t len);

#endif
