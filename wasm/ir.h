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

#include "v128.h"

struct engine_store;

#define HANDLER_PARAMS \
	const uint64_t *pc, uint64_t *sp, uint8_t *mem, uint64_t r0, struct engine_store *x, double d0, float s0, v128 v0

/* Returns an enum engine_error_kind once the code is finished or has trapped. */
typedef int handler_fn(HANDLER_PARAMS);

#define EACH_UN(M, n) M(n##_SS) M(n##_SR) M(n##_RS) M(n##_RR)
#define EACH_BINC(M, n) \
	M(n##_SSS) M(n##_SSR) M(n##_SCS) M(n##_SCR) M(n##_RSS) M(n##_RSR) M(n##_RCS) M(n##_RCR)
#define EACH_BIN(M, n) EACH_BINC(M, n) M(n##_SRS) M(n##_SRR) M(n##_CSS) M(n##_CSR) M(n##_CRS) M(n##_CRR)
/* A comparison also comes as a branch (br_) taken when it holds, and as its backward variant. */
#define EACH_CMPI(M, n) \
	EACH_BINC(M, n) M(br_##n##_SS) M(br_##n##_SC) M(br_##n##_RS) M(br_##n##_RC) \
	M(br_loop_##n##_SS) M(br_loop_##n##_SC) M(br_loop_##n##_RS) M(br_loop_##n##_RC)
/* Floats cannot branch on the inverse comparison: brn_ is taken when the comparison does not hold. */
#define EACH_CMPF(M, n) \
	EACH_CMPI(M, n) M(brn_##n##_SS) M(brn_##n##_SC) M(brn_##n##_RS) M(brn_##n##_RC) \
	M(brn_loop_##n##_SS) M(brn_loop_##n##_SC) M(brn_loop_##n##_RS) M(brn_loop_##n##_RC)
/* Address and destination (a constant address is part of the offset); g: the general form for memories without guard
 * pages and memories other than the first. Fused with what computes the address: x adds two operands, y adds the second to
 * the first, which is shifted left by the binary logarithm of the access's size, z is y with a slot and a constant.
 * u: the address is the sum of a slot and a constant, which goes to a slot. */
#define EACH_LOAD(M, n) \
	M(n##_SS) M(n##_SR) M(n##_RS) M(n##_RR) M(n##_CS) M(n##_CR) M(n##_gSS) M(n##_gSR) M(n##_gRS) M(n##_gRR) \
	M(n##_xSSS) M(n##_xSSR) M(n##_xSCS) M(n##_xSCR) M(n##_xRSS) M(n##_xRSR) M(n##_xRCS) M(n##_xRCR) \
	M(n##_ySSS) M(n##_ySSR) M(n##_ySCS) M(n##_ySCR) M(n##_yRSS) M(n##_yRSR) M(n##_yRCS) M(n##_yRCR) \
	M(n##_zSSS) M(n##_zSSR) M(n##_zRSS) M(n##_zRSR) M(n##_uS) M(n##_uR)
/* Address and value. x: the address is a slot plus a constant. */
#define EACH_STOREI(M, n) \
	M(n##_SS) M(n##_SR) M(n##_RS) M(n##_CS) M(n##_CR) M(n##_gSS) M(n##_gSR) M(n##_gRS) M(n##_SC) M(n##_RC) M(n##_CC) \
	M(n##_xSCS) M(n##_xSCR) M(n##_xSCC)
#define EACH_STOREF(M, n) \
	M(n##_SS) M(n##_SR) M(n##_RS) M(n##_CS) M(n##_CR) M(n##_gSS) M(n##_gSR) M(n##_gRS) M(n##_RR) M(n##_gRR) \
	M(n##_xSCS) M(n##_xSCR)
/* Operands and result as those of ir.def that take a C function. [base] {memory} {offset} */
#define EACH_ATOMIC(M, n) M(n)
#define EACH_CTL(M, n)
/* SIMD: as their scalar counterparts; a constant on the left goes to a slot first. */
#define EACH_VUN(M, n) EACH_UN(M, n)
#define EACH_VBINC(M, n) EACH_BINC(M, n)
#define EACH_VBIN(M, n) EACH_VBINC(M, n) M(n##_SRS) M(n##_SRR)
#define EACH_VTERN(M, n) \
	M(n##_SSSS) M(n##_SSSR) M(n##_RSSS) M(n##_RSSR) M(n##_SRSS) M(n##_SRSR) M(n##_SSRS) M(n##_SSRR)
#define EACH_VSHIFT(M, n) EACH_BINC(M, n)
#define EACH_VSHUFFLE(M, n) M(n##_SSS) M(n##_SSR) M(n##_RSS) M(n##_RSR) M(n##_SRS) M(n##_SRR)
#define EACH_VEXTRACT(M, n) M(n##_SS) M(n##_SR)
#define EACH_VREPLACE(M, n) \
	M(n##_SSS) M(n##_SSR) M(n##_SRS) M(n##_SRR) M(n##_RSS) M(n##_RSR) M(n##_RRS) M(n##_RRR)
/* Address and vector in slots; g as with other loads and stores. */
#define EACH_LANELOAD(M, n) M(n##_SSS) M(n##_SSR) M(n##_gSSS) M(n##_gSSR)
#define EACH_LANESTORE(M, n) M(n##_SS) M(n##_gSS)

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
#define FUSED(name) IR_MEMBER(name)
#include "fused.def"
	IR_COUNT
};
#undef IR_MEMBER

/* By number. Chosen for the machine before main: with SSE4.1, or portable. */
extern handler_fn *const *ir_handlers;

/* For tests: what every machine can do. To be called before any store compiles; true if that changes anything. */
bool ir_use_portable_handlers(void);

/* Names for dumps; NULL if the word is no handler's address. */
const char *ir_name(uint64_t handler);

#endif
