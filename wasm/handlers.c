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
