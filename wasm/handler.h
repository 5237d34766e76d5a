/* How handlers are written. A handler reads its operands through the form letters of its name, computes, and ends in a
 * tail call of the next one; nothing may need a stack frame on the fast path. Files that include this are compiled with
 * flags of their own (meson.build) and are checked on the object code (tests/wasm/check_tail_calls.py). */
#ifndef WASIWARD_HANDLER_H
#define WASIWARD_HANDLER_H

#include <string.h>

#include "runtime.h"

/* All handlers lie in one section: a fault is a wasm trap only if it happened between its ends (trap.c). */
#define HANDLER_SECTION "wasm_handlers"
#define IN_HANDLER_SECTION __attribute__((section(HANDLER_SECTION)))

#define ARGS pc, sp, mem, r0, x, d0, s0, v0

/* What travels between handlers, put down. */
struct registers {
	const uint64_t *pc;
	uint64_t *sp;
	uint8_t *mem;
	uint64_t r0;
	double d0;
	float s0;
	v128 v0;
};
#define REGISTERS ((struct registers){pc, sp, mem, r0, d0, s0, v0})

/* The handlers that are compiled once more for SSE4.1 have other names there. */
#if defined(WASIWARD_SSE41)
#define HANDLER(name) H_sse41_##name
#else
#define HANDLER(name) H_##name
#endif
#define OPDECL(name) handler_fn HANDLER(name);
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(OPDECL, name)
#include "insn.def"
#define OP(name) OPDECL(name)
#include "ir.def"
#define FUSED(name) OPDECL(name)
#include "fused.def"
#define CHAIN2(a, b) OPDECL(a##__##b)
#define CHAIN3(a, b, c) OPDECL(a##__##b##__##c)
#define CHAIN4(a, b, c, d) OPDECL(a##__##b##__##c##__##d)
#include "chains.def"

#if defined(__clang__)
#define MUSTTAIL __attribute__((musttail))
#else
#define MUSTTAIL /* gcc makes sibling calls of them at -O2; the check on the object code says if not */
#endif

#if defined(WASIWARD_BODIES)
/* No handlers, but their bodies, for handlers made of several (handlers_chains.c): each comes back with the registers as it leaves
 * them, and where to go on. */
enum way {
	WAY_NEXT, /* with the instruction behind this one, at pc */
	WAY_PC,	  /* with the one at pc */
	WAY_FN,	  /* with a handler that is no instruction's */
};
#define H(name) \
	static inline __attribute__((always_inline, unused)) enum way name##_body(HANDLER_PARAMS, struct registers *left, \
										  handler_fn **ret_fn)
#define COME_BACK(way) \
	do { \
		(void)x, (void)ret_fn; \
		*left = REGISTERS; \
		return way; \
	} while (0)
#define TAIL(fn) \
	do { \
		*ret_fn = (fn); \
		COME_BACK(WAY_FN); \
	} while (0)
#define DISPATCH() COME_BACK(WAY_PC)
#define DISPATCH_TO(first) TAIL(first)
#else
#define H(name) IN_HANDLER_SECTION int name(HANDLER_PARAMS)
#endif

#if defined(WASIWARD_LOOP_DISPATCH)
/* No tail calls: put the registers down and return to the loop in call.c. */
extern _Thread_local struct registers loop_registers;
enum { LOOP_CONTINUE = -1 };
#define TAIL(fn) \
	do { \
		(void)x; \
		return (fn)(ARGS); \
	} while (0)
#define DISPATCH() \
	do { \
		(void)x; \
		loop_registers = REGISTERS; \
		return LOOP_CONTINUE; \
	} while (0)
#define DISPATCH_TO(first) DISPATCH()
#elif !defined(WASIWARD_BODIES)
#define TAIL(fn) MUSTTAIL return (fn)(ARGS)
#define DISPATCH() TAIL((handler_fn *)pc[0])
#define DISPATCH_TO(first) TAIL(first) /* which is known to be what pc points at */
#endif

/* RESUME: the instruction that is a number of words further on than pc. NEXT: the same, and it is the one behind this one. The
 * handler's address is loaded before pc moves: gcc would otherwise keep both values of pc. */
#if defined(WASIWARD_BODIES)
#define NEXT(words) \
	do { \
		pc += (words); \
		COME_BACK(WAY_NEXT); \
	} while (0)
#endif
#if defined(WASIWARD_BODIES) || defined(WASIWARD_LOOP_DISPATCH)
#define RESUME(words) \
	do { \
		pc += (words); \
		DISPATCH(); \
	} while (0)
#else
#define RESUME(words) \
	do { \
		handler_fn *next_ = (handler_fn *)pc[words]; \
		__asm__("" : "+r"(next_)); \
		pc += (words); \
		TAIL(next_); \
	} while (0)
#endif
#if !defined(NEXT)
#define NEXT(words) RESUME(words)
#endif

#define likely(c) __builtin_expect(!!(c), 1)
#define unlikely(c) __builtin_expect(!!(c), 0)

/* Traps are handlers, too: the registers pass through, so that the cold way costs the hot one nothing but a jump. */
#define TRAP(name, text) handler_fn trap_##name;
#include "traps.def"
#define TRAP_NOW(name) TAIL(trap_##name)

/* Value types as C types. */
typedef uint32_t i32;
typedef uint64_t i64;
typedef float f32;
typedef double f64;

/* Operand fields of the word after the handler, and slots. */
#define FIELD(i) (((const uint16_t *)(pc + 1))[i])
#define FIELD32(i) (((const uint32_t *)(pc + 1))[i])
#define REL() (((const int32_t *)(pc + 1))[1])
#define SLOT(i) (sp[FIELD(i)])
#define SLOT_AS(T, i) (*(T *)&SLOT(i))

/* An address in a register of its own. Cores that forward stores to loads without latency (memory renaming) do so only
 * for addresses without an index: what is written here and read soon gains more than the additional instruction costs. */
#define PLAIN(p) \
	({ \
		__typeof__(p) plain_ = (p); \
		__asm__("" : "+r"(plain_)); \
		plain_; \
	})

#define ACC_i32 ((uint32_t)r0)
#define ACC_i64 r0
#define ACC_f32 s0
#define ACC_f64 d0
#define ACC_v128 v0

/* Operand a in field 1, b in field 2 or the constant in the upper half; i64 constants are sign-extended. */
#define IMM_i32 FIELD32(1)
#define IMM_i64 ((uint64_t)(int64_t)((const int32_t *)(pc + 1))[1])
#define IMM_f32 (((const float *)(pc + 1))[1])
#define IMM_f64 (((const double *)pc)[2])
#define IMM_v128 (*(const v128 *)(pc + 2))
#define IMM_WORDS_i32 2
#define IMM_WORDS_i64 2
#define IMM_WORDS_f32 2
#define IMM_WORDS_f64 3
#define IMM_WORDS_v128 4

#define A_S(T) SLOT_AS(T, 1)
#define A_R(T) ACC_##T
#define A_C(T) IMM_##T
#define B_S(T) SLOT_AS(T, 2)
#define B_R(T) ACC_##T
#define B_C(T) IMM_##T
#define WORDS_S(T) 2
#define WORDS_R(T) 2
#define WORDS_C(T) IMM_WORDS_##T

/* Results. Destination is field 0. */
#define SET_i32(v) r0 = (uint32_t)(v)
#define SET_i64(v) r0 = (v)
#define SET_f32(v) s0 = (v)
#define SET_f64(v) d0 = (v)
#define SET_v128(v) v0 = (v)
#define WRITE_i32(slot) *(slot) = r0
#define WRITE_i64(slot) *(slot) = r0
#define WRITE_f32(slot) *(float *)(slot) = s0
#define WRITE_f64(slot) *(double *)(slot) = d0
#define WRITE_v128(slot) *(v128 *)(slot) = v0
#define PUT_S(T, v) \
	do { \
		SET_##T(v); \
		WRITE_##T(&SLOT(0)); \
	} while (0)
#define PUT_R(T, v) SET_##T(v)

/* A taken branch: the distance is in bytes and counts from the word before the one it lies in, which is the instruction's
 * first. The loop variant polls at the target, so that the trap names the loop. */
#define GO(bytes) pc = PLAIN((const uint64_t *)((const uint8_t *)pc + (bytes)))
#define BRANCH() \
	do { \
		GO(REL()); \
		DISPATCH(); \
	} while (0)
#define BRANCH_LOOP() \
	do { \
		GO(REL()); \
		if (unlikely(sp > LIMIT())) \
			TAIL(poll_slow); \
		DISPATCH(); \
	} while (0)
/* Returns a value to where the call says: the word at the return address is the number of the caller's slot. */
#define RETURN_VALUE(T, value) \
	do { \
		const uint64_t *link_ = PLAIN(&SLOT(0)); \
		SET_##T(value); \
		pc = (const uint64_t *)link_[0]; \
		sp = (uint64_t *)link_[1]; \
		WRITE_##T(PLAIN(&sp[pc[0]])); \
		RESUME(1); \
	} while (0)
/* Entry i of a table of n branches and a default that begins a number of words on. Backward targets poll, too: the sign of
 * the distance tells. */
#define TAKE_ENTRY(words) \
	do { \
		pc += (words) - 1 + (i < n ? i : n); \
		int32_t rel = REL(); \
		GO(rel); \
		if (unlikely(rel < 0 && sp > LIMIT())) \
			TAIL(poll_slow); \
		DISPATCH(); \
	} while (0)
#if defined(WASIWARD_NO_POLLS)
#define LIMIT() ((uint64_t *)UINTPTR_MAX) /* nothing lies beyond it: no test is compiled */
#else
/* Others write it. A plain load of a word is as good as a relaxed atomic one here, and compilers let the comparison make it. */
#define LIMIT() (*(uint64_t *const *)&x->limit)
#endif
handler_fn poll_slow, host_threw;

#endif
