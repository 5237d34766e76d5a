/* The table of handlers, in the order of enum ir. */
#include "handler.h"

#include <stdlib.h>

#define ENTRY(name) [IR_##name] = H_##name,
handler_fn *const ir_handlers[IR_COUNT] = {
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(ENTRY, name)
#include "insn.def"
#define OP(name) ENTRY(name)
#include "ir.def"
#define FUSED(name) ENTRY(name)
#include "fused.def"
};

#define NAME(name) #name,
static const char *const names[] = {
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(NAME, name)
#include "insn.def"
#define OP(name) NAME(name)
#include "ir.def"
#define FUSED(name) NAME(name)
#include "fused.def"
};

const char *ir_name(uint64_t handler)
{
	for (int i = 0; i < IR_COUNT; i++)
		if ((uint64_t)ir_handlers[i] == handler)
			return names[i];
	return NULL;
}

const uint64_t *ir_instruction_at(const uint64_t *near, uint64_t at)
{
	/* The handler whose code contains at is the one with the highest address not above it. */
	uint64_t best = 0;
	for (int i = 0; i < IR_COUNT; i++) {
		uint64_t h = (uint64_t)ir_handlers[i];
		if (h <= at && h > best)
			best = h;
	}
	for (int back = 0; back <= 6; back++)
		if (near[-back] == best)
			return near - back;
	return near;
}
