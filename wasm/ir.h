/* The register IR: what compiled functions are made of.
 *
 * A function's code is a stream of 64-bit words. An instruction is the address of its handler, a word of packed operands
 * (16-bit slot numbers, a 32-bit constant, offset or branch distance), and for some further words. Operands name slots of
 * the frame (64 bits each, two of them for v128) or one of four accumulators that travel in machine registers between
 * handlers: r0 (integers and references), s0 (f32), d0 (f64), v0 (v128). An instruction that writes a slot leaves the value in its accumulator, too.
 *
 * Forms. The letters after an operation's name say where operands come from and where the result goes, destination last:
 * i32_add_SCR adds a slot and a constant into r0. EACH_<class> lists the forms of a class of instructions in order;
 * an instruction's handlers are numbered consecutively, and a form that writes a slot (S) directly precedes the one that
 * does not (R): the compiler turns one into the other by adding one. */
#ifndef WASIWARD_IR_H
#define WASIWARD_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "ir_forms.h"
#include "v128.h"

struct engine_store;

#define HANDLER_PARAMS \
	const uint64_t *pc, uint64_t *sp, uint8_t *mem, uint64_t r0, struct engine_store *x, double d0, float s0, v128 v0

/* Returns an enum engine_error_kind once the code is finished or has trapped. */
typedef int handler_fn(HANDLER_PARAMS);

enum { /* distances within the lists above */
	AB_SS = 0, AB_SC = 2, AB_RS = 4, AB_RC = 6, AB_SR = 8, AB_CS = 10, AB_CR = 12,
	CMP_BR = 8, CMP_BR_LOOP = 12, CMP_BRN = 16, CMP_BRN_LOOP = 20,
	LOAD_S = 0, LOAD_R = 2, LOAD_C = 4, LOAD_GENERAL = 6, LOAD_X = 10, LOAD_Y = 18, LOAD_Z = 26, LOAD_U = 30,
	STORE_SS = 0, STORE_SR = 1, STORE_RS = 2, STORE_CS = 3, STORE_CR = 4, STORE_GENERAL = 5,
	STORE_SC = 8, STORE_RC = 9, STORE_CC = 10, STORE_RR = 8, STORE_GENERAL_RR = 9,
	STOREI_X = 11, STOREF_X = 10,
	VBIN_SR = 8, VTERN_R = 2, VSHUFFLE_RS = 2, VSHUFFLE_SR = 4, VREPLACE_SR = 2, VREPLACE_RS = 4,
	LANELOAD_GENERAL = 2, LANESTORE_GENERAL = 1
};

#define IR_MEMBER(name) IR_##name,
enum ir {
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(IR_MEMBER, name)
#include "insn.def"
#define OP(name) IR_MEMBER(name)
#include "ir.def"
	IR_FUSED, /* the first of fused.def */
	IR_BEFORE_FUSED = IR_FUSED - 1,
#define FUSED(name) IR_MEMBER(name)
#include "fused.def"
	IR_CHAINS, /* the first of chains.def; the compiler emits none of them */
	IR_BEFORE_CHAINS = IR_CHAINS - 1,
#define CHAIN2(a, b) IR_MEMBER(a##__##b)
#define CHAIN3(a, b, c) IR_MEMBER(a##__##b##__##c)
#define CHAIN4(a, b, c, d) IR_MEMBER(a##__##b##__##c##__##d)
#include "chains.def"
	IR_COUNT
};
#undef IR_MEMBER

/* By number: how far each handler lies from its own place in the table, since addresses would have to be relocated at
 * every start (handler_table.S). Chosen for the machine before main: with SSE4.1, or portable. */
extern const int32_t *ir_handlers;

/* The word of code that stands for a handler. id: an enum ir. */
static inline uint64_t ir_handler(uint32_t id)
{
	const int32_t *place = &ir_handlers[id];
	return (uint64_t)(uintptr_t)place + (uint64_t)(int64_t)*place;
}

/* For tests: what every machine can do. To be called before any store compiles; true if that changes anything. */
bool ir_use_portable_handlers(void);

/* Names for dumps; NULL if the word is no handler's address. */
const char *ir_name(uint64_t handler);

#endif
