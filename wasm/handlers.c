/* The table of handlers, in the order of enum ir. */
#include "handler.h"

#include <stdlib.h>

#define ENTRY(name) [IR_##name] = H_##name,
static handler_fn *const portable[IR_COUNT] = {
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(ENTRY, name)
#include "insn.def"
#define OP(name) ENTRY(name)
#include "ir.def"
#define FUSED(name) ENTRY(name)
#include "fused.def"
};

handler_fn *const *ir_handlers = portable;

bool ir_use_portable_handlers(void)
{
	bool other = ir_handlers != portable;
	ir_handlers = portable;
	return other;
}

#if defined(WASIWARD_HAVE_SSE41)
/* The classes whose handlers exist twice. */
#define SELECT_VUN(M, name) EACH_VUN(M, name)
#define SELECT_VBINC(M, name) EACH_VBINC(M, name)
#define SELECT_VBIN(M, name) EACH_VBIN(M, name)
#define SELECT_VTERN(M, name) EACH_VTERN(M, name)
#define SELECT_VSHIFT(M, name) EACH_VSHIFT(M, name)
#define SELECT_VSHUFFLE(M, name) EACH_VSHUFFLE(M, name)
#define SELECT_VEXTRACT(M, name) EACH_VEXTRACT(M, name)
#define SELECT_VREPLACE(M, name) EACH_VREPLACE(M, name)
#include "select_others.h"

#define DECLARE_SSE41(name) handler_fn H_sse41_##name;
#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(DECLARE_SSE41, name)
#include "insn.def"

static handler_fn *sse41[IR_COUNT];

__attribute__((constructor)) static void choose_handlers(void)
{
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("sse4.1"))
		return;
	memcpy(sse41, portable, sizeof(sse41));
#define SET_SSE41(name) sse41[IR_##name] = H_sse41_##name;
#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(SET_SSE41, name)
#include "insn.def"
	ir_handlers = sse41;
}
#endif

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
