/* The tables of handlers, in the order of enum ir. An entry is the handler's distance from the entry itself: the linker
 * knows it, so nothing is left to do at start-up, and C has no way to say it. */
#include "ir_forms.h"

#define ENTRY(name) .long H_##name - .;

	.section .rodata
	.balign 4
	.globl ir_handlers_portable
	.hidden ir_handlers_portable
	.type ir_handlers_portable, %object
ir_handlers_portable:
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(ENTRY, name)
#include "insn.def"
#define OP(name) ENTRY(name)
#include "ir.def"
#define FUSED(name) ENTRY(name)
#include "fused.def"
#define CHAIN2(a, b) ENTRY(a##__##b)
#define CHAIN3(a, b, c) ENTRY(a##__##b##__##c)
#define CHAIN4(a, b, c, d) ENTRY(a##__##b##__##c##__##d)
#include "chains.def"
	.size ir_handlers_portable, . - ir_handlers_portable

#if defined(WASIWARD_HAVE_SSE41)
/* The classes whose handlers exist twice (meson.build). */
#define ENTRY_SSE41(name) .long H_sse41_##name - .;
#define SSE41_CTL ENTRY
#define SSE41_UN ENTRY
#define SSE41_BINC ENTRY
#define SSE41_BIN ENTRY
#define SSE41_CMPI ENTRY
#define SSE41_CMPF ENTRY
#define SSE41_LOAD ENTRY
#define SSE41_STOREI ENTRY
#define SSE41_STOREF ENTRY
#define SSE41_ATOMIC ENTRY
#define SSE41_LANELOAD ENTRY
#define SSE41_LANESTORE ENTRY
#define SSE41_VUN ENTRY_SSE41
#define SSE41_VBINC ENTRY_SSE41
#define SSE41_VBIN ENTRY_SSE41
#define SSE41_VTERN ENTRY_SSE41
#define SSE41_VSHIFT ENTRY_SSE41
#define SSE41_VSHUFFLE ENTRY_SSE41
#define SSE41_VEXTRACT ENTRY_SSE41
#define SSE41_VREPLACE ENTRY_SSE41

	.globl ir_handlers_sse41
	.hidden ir_handlers_sse41
	.type ir_handlers_sse41, %object
ir_handlers_sse41:
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(SSE41_##cls, name)
#include "insn.def"
#define OP(name) ENTRY(name)
#include "ir.def"
#define FUSED(name) ENTRY(name)
#include "fused.def"
#define CHAIN2(a, b) ENTRY(a##__##b)
#define CHAIN3(a, b, c) ENTRY(a##__##b##__##c)
#define CHAIN4(a, b, c, d) ENTRY(a##__##b##__##c##__##d)
#include "chains.def"
	.size ir_handlers_sse41, . - ir_handlers_sse41
#endif

	.section .note.GNU-stack, "", %progbits
