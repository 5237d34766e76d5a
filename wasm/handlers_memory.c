/* Loads and stores. The address is a 32-bit slot or r0 (upper half zero), the offset 32 bits: their sum lies within the
 * guarded range of the memory, so there is nothing to check. The general forms name their memory, which may have
 * 64-bit addresses, and check. */
#include "fault.h"
#include "handler.h"
#include "lanes.h"

/* Unaligned access of a type. */
#define MEMORY_AT(T, p) (((const struct { T v; } __attribute__((packed)) *)(p))->v)
#define MEMORY_SET(T, p, value) (((struct { T v; } __attribute__((packed)) *)(p))->v = (T)(value))

/* Guarded: [dst][address][offset32]. General: [dst][address] {offset} {memory}. */
#define ADDRESS_S SLOT(1)
#define ADDRESS_R r0
#define ADDRESS_C 0
#define GUARDED(fa) (mem + ADDRESS_##fa + FIELD32(1))
#define GENERAL(T, fa) \
	({ \
		const engine_memory_t *m_ = (const engine_memory_t *)pc[3]; \
		uint64_t end_; \
		if (unlikely(__builtin_add_overflow(ADDRESS_##fa, pc[2], &end_) || \
			     __builtin_add_overflow(end_, sizeof(T), &end_) || end_ > memory_bytes(m_))) \
			TRAP_NOW(memory_bounds); \
		m_->base + (end_ - sizeof(T)); \
	})

#define LOAD_GUARDED(name, res, T, fa, fd) \
	H(H_##name##_##fa##fd) \
	{ \
		PIN_REGISTERS(pc, sp); \
		T value = MEMORY_AT(T, GUARDED(fa)); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(res, LOADED_##res(value)); \
		NEXT(2); \
	}
#define LOAD_FORM(name, res, T, fa, fd) \
	LOAD_GUARDED(name, res, T, fa, fd) \
	H(H_##name##_g##fa##fd) \
	{ \
		PUT_##fd(res, LOADED_##res(MEMORY_AT(T, GENERAL(T, fa)))); \
		NEXT(4); \
	}
/* Sign extension stops at 32 bits for i32. */
#define LOADED_i32(value) ((uint32_t)(value))
#define LOADED_i64(value) ((uint64_t)(value))
#define LOADED_f32(value) (value)
#define LOADED_f64(value) (value)
/* By the type in memory: all lanes, lanes to be widened, one lane for all, one lane and zeros. */
#define LOADED_v128(value) \
	_Generic((value), v128: whole, s8x8: widen8_s, u8x8: widen8_u, s16x4: widen16_s, u16x4: widen16_u, \
		 s32x2: widen32_s, u32x2: widen32_u, uint8_t: splat8, uint16_t: splat16, uint32_t: splat32, \
		 uint64_t: splat64, zero32: low32, zero64: low64)(value)
#define LOADED_FN(name, T, expr) \
	static inline __attribute__((always_inline)) v128 name(T value) \
	{ \
		return (v128)(expr); \
	}
LOADED_FN(whole, v128, value)
LOADED_FN(low64, zero64, ((u64x2){value.bits, 0}))
LOADED_FN(low32, zero32, ((u64x2){value.bits, 0}))
LOADED_FN(widen8_s, s8x8, lanes_extend8_low_s((v128){value.bits, 0}))
LOADED_FN(widen8_u, u8x8, lanes_extend8_low_u((v128){value.bits, 0}))
LOADED_FN(widen16_s, s16x4, lanes_extend16_low_s((v128){value.bits, 0}))
LOADED_FN(widen16_u, u16x4, lanes_extend16_low_u((v128){value.bits, 0}))
LOADED_FN(widen32_s, s32x2, lanes_extend32_low_s((v128){value.bits, 0}))
LOADED_FN(widen32_u, u32x2, lanes_extend32_low_u((v128){value.bits, 0}))
LOADED_FN(splat8, uint8_t, (u8x16){0} + value)
LOADED_FN(splat16, uint16_t, (u16x8){0} + value)
LOADED_FN(splat32, uint32_t, (u32x4){0} + value)
LOADED_FN(splat64, uint64_t, (u64x2){0} + value)

/* Fused: [dst][a][b][offset16], or with a constant b [dst][a][constant32] {offset}. The sum wraps at 32 bits. */
#define FUSED_A_S SLOT_AS(uint32_t, 1)
#define FUSED_A_R (uint32_t)r0
#define FUSED_B_S SLOT_AS(uint32_t, 2)
#define FUSED_B_C FIELD32(1)
#define FUSED_OFFSET_S FIELD(3)
#define FUSED_OFFSET_C pc[2]
#define FUSED_WORDS_S 2
#define FUSED_WORDS_C 3
#define LOG2(T) (sizeof(T) == 16 ? 4 : sizeof(T) == 8 ? 3 : sizeof(T) == 4 ? 2 : sizeof(T) == 2 ? 1 : 0)
#define LOAD_FUSED(name, res, T, xy, shift, fa, fb, fd) \
	H(H_##name##_##xy##fa##fb##fd) \
	{ \
		const uint8_t *p = mem + (uint32_t)((FUSED_A_##fa << (shift)) + FUSED_B_##fb) + FUSED_OFFSET_##fb; \
		PIN_REGISTERS(pc, sp); \
		T value = MEMORY_AT(T, p); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(res, LOADED_##res(value)); \
		NEXT(FUSED_WORDS_##fb); \
	}
#define LOADS_FUSED(name, res, T, xy, shift) \
	LOAD_FUSED(name, res, T, xy, shift, S, S, S) \
	LOAD_FUSED(name, res, T, xy, shift, S, S, R) \
	LOAD_FUSED(name, res, T, xy, shift, S, C, S) \
	LOAD_FUSED(name, res, T, xy, shift, S, C, R) \
	LOAD_FUSED(name, res, T, xy, shift, R, S, S) \
	LOAD_FUSED(name, res, T, xy, shift, R, S, R) \
	LOAD_FUSED(name, res, T, xy, shift, R, C, S) \
	LOAD_FUSED(name, res, T, xy, shift, R, C, R)

/* [dst][a][b][offset16] {constant} */
#define LOAD_FUSED3(name, res, T, fa, fd) \
	H(H_##name##_z##fa##S##fd) \
	{ \
		uint32_t sum = (uint32_t)((FUSED_A_##fa << LOG2(T)) + FUSED_B_S + (uint32_t)pc[2]); \
		const uint8_t *p = mem + sum + FIELD(3); \
		PIN_REGISTERS(pc, sp); \
		T value = MEMORY_AT(T, p); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(res, LOADED_##res(value)); \
		NEXT(3); \
	}
/* Behind slot b = slot c + step: [dst][b][c] {offset32, step32} */
#define LOAD_STEPPED(name, res, T, fd) \
	H(H_##name##_u##fd) \
	{ \
		r0 = SLOT_AS(uint32_t, 2) + (uint32_t)(pc[2] >> 32); \
		SLOT(1) = r0; \
		const uint8_t *p = mem + r0 + (uint32_t)pc[2]; \
		PIN_REGISTERS(pc, sp); \
		T value = MEMORY_AT(T, p); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(res, LOADED_##res(value)); \
		NEXT(3); \
	}

#define DEFINE_LOAD(name, res, T) \
	LOADS_FUSED(name, res, T, x, 0) \
	LOADS_FUSED(name, res, T, y, LOG2(T)) \
	LOAD_STEPPED(name, res, T, S) \
	LOAD_STEPPED(name, res, T, R) \
	LOAD_FUSED3(name, res, T, S, S) \
	LOAD_FUSED3(name, res, T, S, R) \
	LOAD_FUSED3(name, res, T, R, S) \
	LOAD_FUSED3(name, res, T, R, R) \
	LOAD_GUARDED(name, res, T, C, S) \
	LOAD_GUARDED(name, res, T, C, R) \
	LOAD_FORM(name, res, T, S, S) \
	LOAD_FORM(name, res, T, S, R) \
	LOAD_FORM(name, res, T, R, S) \
	LOAD_FORM(name, res, T, R, R)

/* Guarded: [value][address][offset32], a constant value in the third word. General: [value][address] {offset} {memory}. */
#define VALUE_S(V) SLOT_AS(V, 0)
#define VALUE_R(V) ACC_##V
#define VALUE_C(V) (*(const V *)(pc + 2))
#define STORE_FORM(name, V, T, fa, fv, words) \
	H(H_##name##_##fa##fv) \
	{ \
		PIN_REGISTERS(pc, sp); \
		MEMORY_SET(T, GUARDED(fa), VALUE_##fv(V)); \
		PIN_REGISTERS(pc, sp); \
		NEXT(words); \
	}
/* [value][address][constant32] {offset}, a constant value in the fourth word. */
#define VALUE3_S(V) VALUE_S(V)
#define VALUE3_R(V) VALUE_R(V)
#define VALUE3_C(V) (*(const V *)(pc + 3))
#define STORE_FUSED(name, V, T, fv, words) \
	H(H_##name##_xSC##fv) \
	{ \
		uint8_t *p = mem + (uint32_t)(SLOT_AS(uint32_t, 1) + FIELD32(1)) + pc[2]; \
		PIN_REGISTERS(pc, sp); \
		MEMORY_SET(T, p, VALUE3_##fv(V)); \
		PIN_REGISTERS(pc, sp); \
		NEXT(words); \
	}
#define STORE_GENERAL(name, V, T, fa, fv) \
	H(H_##name##_g##fa##fv) \
	{ \
		MEMORY_SET(T, (uint8_t *)GENERAL(T, fa), VALUE_##fv(V)); \
		NEXT(4); \
	}
#define STORE_COMMON(name, V, T) \
	STORE_FORM(name, V, T, S, S, 2) \
	STORE_FORM(name, V, T, S, R, 2) \
	STORE_FORM(name, V, T, R, S, 2) \
	STORE_FORM(name, V, T, C, S, 2) \
	STORE_FORM(name, V, T, C, R, 2) \
	STORE_FUSED(name, V, T, S, 3) \
	STORE_FUSED(name, V, T, R, 3) \
	STORE_GENERAL(name, V, T, S, S) \
	STORE_GENERAL(name, V, T, S, R) \
	STORE_GENERAL(name, V, T, R, S)
#define DEFINE_STOREI(name, V, T) \
	STORE_COMMON(name, V, T) \
	STORE_FUSED(name, V, T, C, 4) \
	STORE_FORM(name, V, T, S, C, 3) \
	STORE_FORM(name, V, T, R, C, 3) \
	STORE_FORM(name, V, T, C, C, 3)
#define DEFINE_STOREF(name, V, T) \
	STORE_COMMON(name, V, T) \
	STORE_FORM(name, V, T, R, R, 2) \
	STORE_GENERAL(name, V, T, R, R)

/* One lane: [dst][address][vector][lane] {offset}, the general form with {memory} behind it. */
#define LANE_GUARDED(T) (mem + ADDRESS_S + pc[2])
#define LANE_WORDS_(T) 3
#define LANE_WORDS_g(T) 4
#define LANE_AT_(T) LANE_GUARDED(T)
#define LANE_AT_g(T) GENERAL(T, S)
#define LANELOAD_FORM(name, T, g, fd) \
	H(H_##name##_##g##SS##fd) \
	{ \
		const uint8_t *p = LANE_AT_##g(T); \
		PIN_REGISTERS(pc, sp); \
		T value = MEMORY_AT(T, p); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(v128, LANES_REPLACE(T, SLOT_AS(v128, 2), FIELD(3), value)); \
		NEXT(LANE_WORDS_##g(T)); \
	}
#define DEFINE_LANELOAD(name, T) \
	LANELOAD_FORM(name, T, , S) \
	LANELOAD_FORM(name, T, , R) \
	LANELOAD_FORM(name, T, g, S) \
	LANELOAD_FORM(name, T, g, R)
#define LANESTORE_FORM(name, T, g) \
	H(H_##name##_##g##SS) \
	{ \
		uint8_t *p = LANE_AT_##g(T); \
		T value = ((const T *)&SLOT(2))[FIELD(3)]; \
		PIN_REGISTERS(pc, sp); \
		MEMORY_SET(T, p, value); \
		PIN_REGISTERS(pc, sp); \
		NEXT(LANE_WORDS_##g(T)); \
	}
#define DEFINE_LANESTORE(name, T) \
	LANESTORE_FORM(name, T, ) \
	LANESTORE_FORM(name, T, g)

#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(name, res, arg, extra)
#define SELECT_LOAD(name, res, arg, extra) DEFINE_LOAD(name, res, extra)
#define SELECT_STOREI(name, res, arg, extra) DEFINE_STOREI(name, res, extra)
#define SELECT_STOREF(name, res, arg, extra) DEFINE_STOREF(name, res, extra)
#define SELECT_LANELOAD(name, res, arg, extra) DEFINE_LANELOAD(name, extra)
#define SELECT_LANESTORE(name, res, arg, extra) DEFINE_LANESTORE(name, extra)
#include "select_rows.h"

#define STORE_STEP_S SLOT_AS(uint32_t, 2)
#define STORE_STEP_C (uint32_t)(pc[2] >> 32)
#define STORE_STEP(name, V, T, fv, fs, words) \
	H(H_##name##_step_##fv##fs) \
	{ \
		uint64_t *address = &SLOT(1); \
		uint8_t *p = mem + *address + (uint32_t)pc[2]; \
		PIN_REGISTERS(pc, sp); \
		MEMORY_SET(T, p, VALUE3_##fv(V)); \
		PIN_REGISTERS(pc, sp); \
		r0 = (uint32_t)*address + STORE_STEP_##fs; \
		*address = r0; \
		NEXT(words); \
	}
#define STORE_STEPS(name, V, T) \
	STORE_STEP(name, V, T, S, S, 3) \
	STORE_STEP(name, V, T, S, C, 3) \
	STORE_STEP(name, V, T, R, S, 3) \
	STORE_STEP(name, V, T, R, C, 3)
#define STORE_STEPSC(name, V, T) \
	STORE_STEPS(name, V, T) \
	STORE_STEP(name, V, T, C, S, 4) \
	STORE_STEP(name, V, T, C, C, 4)
STORE_STEPSC(i32_store, i32, uint32_t)
STORE_STEPSC(i32_store8, i32, uint8_t)
STORE_STEPSC(i64_store, i64, uint64_t)
STORE_STEPS(f64_store, f64, double)

#define LOAD_BR(name, T, br, fa, fd, not, take) \
	H(H_##name##_##br##_##fa##fd) \
	{ \
		const uint8_t *p = mem + ADDRESS_##fa + pc[2]; \
		PIN_REGISTERS(pc, sp); \
		T value = MEMORY_AT(T, p); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(i32, value); \
		if (not value) \
			take(); \
		NEXT(3); \
	}
#define LOAD_BRS1(name, T, br, not, take) \
	LOAD_BR(name, T, br, S, S, not, take) \
	LOAD_BR(name, T, br, S, R, not, take) \
	LOAD_BR(name, T, br, R, S, not, take) \
	LOAD_BR(name, T, br, R, R, not, take)
#define LOAD_BRS(name, T) \
	LOAD_BRS1(name, T, br_unless, !, BRANCH) \
	LOAD_BRS1(name, T, br_unless_loop, !, BRANCH_LOOP) \
	LOAD_BRS1(name, T, br_if, , BRANCH) \
	LOAD_BRS1(name, T, br_if_loop, , BRANCH_LOOP)
LOAD_BRS(i32_load, uint32_t)
LOAD_BRS(i32_load8_u, uint8_t)

H(H_br_table_step_load8)
{
	SLOT(8) = SLOT_AS(uint32_t, 9) + FIELD32(5);
	const uint8_t *p = mem + (uint32_t)(SLOT_AS(uint32_t, 0) + (uint32_t)pc[2]) + (pc[2] >> 32);
	PIN_REGISTERS(pc, sp);
	uint32_t i = *p;
	PIN_REGISTERS(pc, sp);
	uint32_t n = FIELD32(1);
	TAKE_ENTRY(4);
}

#define LOAD2(fa, fd) \
	H(H_i32_load2_##fa##fd) \
	{ \
		const uint8_t *p = mem + ADDRESS_##fa + (uint32_t)pc[2]; \
		PIN_REGISTERS(pc, sp); \
		p = mem + MEMORY_AT(uint32_t, p) + (pc[2] >> 32); \
		uint32_t value = MEMORY_AT(uint32_t, p); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(i32, value); \
		NEXT(3); \
	}
LOAD2(S, S)
LOAD2(S, R)
LOAD2(R, S)
LOAD2(R, R)

#define MOVE(T, fa) \
	H(H_##T##_move_##fa) \
	{ \
		const uint8_t *from = mem + ADDRESS_##fa + (uint32_t)pc[2]; \
		uint8_t *to = mem + SLOT(0) + (pc[2] >> 32); \
		PIN_REGISTERS(pc, sp); \
		r0 = MEMORY_AT(T, from); \
		MEMORY_SET(T, to, r0); \
		PIN_REGISTERS(pc, sp); \
		NEXT(3); \
	}
MOVE(i32, S)
MOVE(i32, R)
MOVE(i64, S)
MOVE(i64, R)

#define MODIFY(T, op, fb, fd, expr) \
	H(H_##T##_modify_##op##_##fb##fd) \
	{ \
		uint8_t *p = mem + SLOT(1) + pc[2]; \
		T b = B_##fb(T); \
		PIN_REGISTERS(pc, sp); \
		T a = MEMORY_AT(T, p); \
		a = expr; \
		MEMORY_SET(T, p, a); \
		PIN_REGISTERS(pc, sp); \
		PUT_##fd(T, a); \
		NEXT(3); \
	}
#define MODIFIES(T, op, expr) \
	MODIFY(T, op, S, S, expr) MODIFY(T, op, S, R, expr) MODIFY(T, op, C, S, expr) MODIFY(T, op, C, R, expr)
MODIFIES(i32, add, a + b)
MODIFIES(i32, and, a & b)
MODIFIES(i32, or, a | b)
MODIFIES(i64, add, a + b)

H(H_f64_modify_add)
{
	uint8_t *p = mem + r0 + FIELD32(1);
	double a = SLOT_AS(double, 1);
	PIN_REGISTERS(pc, sp);
	d0 = a + MEMORY_AT(double, p);
	MEMORY_SET(double, p, d0);
	PIN_REGISTERS(pc, sp);
	NEXT(2);
}

#define LOAD_RETURN(fa) \
	H(H_return_i32_load_##fa) \
	{ \
		PIN_REGISTERS(pc, sp); \
		uint32_t value = MEMORY_AT(uint32_t, GUARDED(fa)); \
		PIN_REGISTERS(pc, sp); \
		RETURN_VALUE(i32, value); \
	}
LOAD_RETURN(S)
LOAD_RETURN(R)

H(H_br_table_load8)
{
	const uint8_t *p = mem + (uint32_t)(SLOT_AS(uint32_t, 0) + (uint32_t)pc[2]) + (pc[2] >> 32);
	PIN_REGISTERS(pc, sp);
	uint32_t i = *p;
	PIN_REGISTERS(pc, sp);
	uint32_t n = FIELD32(1);
	TAKE_ENTRY(3);
}

#define OPERAND_B_S SLOT_AS(uint32_t, 2)
#define OPERAND_B_R (uint32_t)r0
#define LOAD_OP_FORM(name, V, T, fb, fd, expr) \
	H(H_##name##_S##fb##fd) \
	{ \
		const uint8_t *p = mem + (uint32_t)(OPERAND_B_##fb + (uint32_t)pc[2]) + (pc[2] >> 32); \
		PIN_REGISTERS(pc, sp); \
		T b = MEMORY_AT(T, p); \
		PIN_REGISTERS(pc, sp); \
		T a = SLOT_AS(T, 1); \
		PUT_##fd(V, expr); \
		NEXT(3); \
	}
#define LOAD_OP(name, V, T, expr) \
	LOAD_OP_FORM(name, V, T, S, S, expr) \
	LOAD_OP_FORM(name, V, T, S, R, expr) \
	LOAD_OP_FORM(name, V, T, R, S, expr) \
	LOAD_OP_FORM(name, V, T, R, R, expr)
LOAD_OP(i32_add_load, i32, uint32_t, a + b)
LOAD_OP(i32_and_load, i32, uint32_t, a & b)
LOAD_OP(i32_or_load, i32, uint32_t, a | b)
LOAD_OP(i32_xor_load, i32, uint32_t, a ^ b)
LOAD_OP(f64_add_load, f64, double, a + b)
LOAD_OP(f64_mul_load, f64, double, a * b)
LOAD_OP(f64_sub_load, f64, double, a - b)
LOAD_OP(f64_rsub_load, f64, double, b - a)
