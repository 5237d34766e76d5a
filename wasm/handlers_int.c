/* Integer arithmetic and comparisons. */
#include "handlers_num.h"

#define EXPR_i32_add (a + b)
#define EXPR_i32_sub (a - b)
#define EXPR_i32_mul (a * b)
#define EXPR_i32_and (a & b)
#define EXPR_i32_or (a | b)
#define EXPR_i32_xor (a ^ b)
#define EXPR_i32_shl (a << (b & 31))
#define EXPR_i32_shr_s ((uint32_t)((int32_t)a >> (b & 31)))
#define EXPR_i32_shr_u (a >> (b & 31))
#define EXPR_i32_rotl (a << (b & 31) | a >> (-b & 31))
#define EXPR_i32_rotr (a >> (b & 31) | a << (-b & 31))
#define EXPR_i64_add (a + b)
#define EXPR_i64_sub (a - b)
#define EXPR_i64_mul (a * b)
#define EXPR_i64_and (a & b)
#define EXPR_i64_or (a | b)
#define EXPR_i64_xor (a ^ b)
#define EXPR_i64_shl (a << (b & 63))
#define EXPR_i64_shr_s ((uint64_t)((int64_t)a >> (b & 63)))
#define EXPR_i64_shr_u (a >> (b & 63))
#define EXPR_i64_rotl (a << (b & 63) | a >> (-b & 63))
#define EXPR_i64_rotr (a >> (b & 63) | a << (-b & 63))

#define DIV_S(S, MIN) \
	({ \
		if (unlikely(b == 0)) \
			TRAP_NOW(divide_by_zero); \
		if (unlikely((S)a == MIN && (S)b == -1)) \
			TRAP_NOW(integer_overflow); \
		(S)a / (S)b; \
	})
#define DIV_U(OP) \
	({ \
		if (unlikely(b == 0)) \
			TRAP_NOW(divide_by_zero); \
		a OP b; \
	})
/* The remainder of MIN and -1 is 0 in wasm and a hardware trap in C. */
#define REM_S(S) \
	({ \
		if (unlikely(b == 0)) \
			TRAP_NOW(divide_by_zero); \
		(S)b == -1 ? 0 : (S)a % (S)b; \
	})
#define EXPR_i32_div_s DIV_S(int32_t, INT32_MIN)
#define EXPR_i32_div_u DIV_U(/)
#define EXPR_i32_rem_s REM_S(int32_t)
#define EXPR_i32_rem_u DIV_U(%)
#define EXPR_i64_div_s (uint64_t) DIV_S(int64_t, INT64_MIN)
#define EXPR_i64_div_u DIV_U(/)
#define EXPR_i64_rem_s (uint64_t) REM_S(int64_t)
#define EXPR_i64_rem_u DIV_U(%)

#define EXPR_i32_eq (a == b)
#define EXPR_i32_ne (a != b)
#define EXPR_i32_lt_s ((int32_t)a < (int32_t)b)
#define EXPR_i32_lt_u (a < b)
#define EXPR_i32_gt_s ((int32_t)a > (int32_t)b)
#define EXPR_i32_gt_u (a > b)
#define EXPR_i32_le_s ((int32_t)a <= (int32_t)b)
#define EXPR_i32_le_u (a <= b)
#define EXPR_i32_ge_s ((int32_t)a >= (int32_t)b)
#define EXPR_i32_ge_u (a >= b)
#define EXPR_i64_eq (a == b)
#define EXPR_i64_ne (a != b)
#define EXPR_i64_lt_s ((int64_t)a < (int64_t)b)
#define EXPR_i64_lt_u (a < b)
#define EXPR_i64_gt_s ((int64_t)a > (int64_t)b)
#define EXPR_i64_gt_u (a > b)
#define EXPR_i64_le_s ((int64_t)a <= (int64_t)b)
#define EXPR_i64_le_u (a <= b)
#define EXPR_i64_ge_s ((int64_t)a >= (int64_t)b)
#define EXPR_i64_ge_u (a >= b)

#define DEFINE_i32(cls, name, res, arg) DEFINE_##cls(name, res, arg)
#define DEFINE_i64(cls, name, res, arg) DEFINE_##cls(name, res, arg)
#define DEFINE_f32(cls, name, res, arg)
#define DEFINE_f64(cls, name, res, arg)
#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(DEFINE_##arg, cls, name, res, arg)
#define SELECT_BINC(define, cls, name, res, arg) define(cls, name, res, arg)
#define SELECT_BIN(define, cls, name, res, arg) define(cls, name, res, arg)
#define SELECT_CMPI(define, cls, name, res, arg) define(cls, name, res, arg)
#include "select_rows.h"
#undef DEFINE_i32
#undef DEFINE_i64
#undef DEFINE_f32
#undef DEFINE_f64

#define SHLADD(fa, fd) \
	H(H_i32_shladd_##fa##fd) \
	{ \
		uint32_t a = A_##fa(i32), b = SLOT_AS(uint32_t, 2); \
		PUT_##fd(i32, (a << (FIELD(3) & 31)) + b); \
		NEXT(2); \
	}
SHLADD(S, S)
SHLADD(S, R)
SHLADD(R, S)
SHLADD(R, R)

#define SHLADD3(fa, fd) \
	H(H_i32_shladd3_##fa##fd) \
	{ \
		uint32_t a = A_##fa(i32), b = SLOT_AS(uint32_t, 2); \
		PUT_##fd(i32, (a << (FIELD(3) & 31)) + b + (uint32_t)pc[2]); \
		NEXT(3); \
	} \
	H(H_i32_shladdc_##fa##fd) \
	{ \
		uint32_t a = A_##fa(i32); \
		PUT_##fd(i32, (a << (pc[2] & 31)) + FIELD32(1)); \
		NEXT(3); \
	}
#define SHRAND(fa, fd) \
	H(H_i32_shrand_##fa##fd) \
	{ \
		uint32_t a = A_##fa(i32); \
		PUT_##fd(i32, a >> (FIELD(2) & 31) & (uint32_t)pc[2]); \
		NEXT(3); \
	}
SHRAND(S, S)
SHRAND(S, R)
SHRAND(R, S)
SHRAND(R, R)

H(H_i32_add2)
{
	SLOT(0) = SLOT_AS(uint32_t, 1) + (uint32_t)pc[2];
	r0 = SLOT_AS(uint32_t, 3) + (uint32_t)(pc[2] >> 32);
	SLOT(2) = r0;
	NEXT(3);
}

SHLADD3(S, S)
SHLADD3(S, R)
SHLADD3(R, S)
SHLADD3(R, R)

#define XOR_SHIFT(name, fd) \
	H(H_i32_xor_##name##_S##fd) \
	{ \
		uint32_t a = SLOT_AS(uint32_t, 1), b = FIELD(3), c = SLOT_AS(uint32_t, 2); \
		PUT_##fd(i32, c ^ EXPR_i32_##name); \
		NEXT(2); \
	}
XOR_SHIFT(rotl, S)
XOR_SHIFT(rotl, R)
XOR_SHIFT(shl, S)
XOR_SHIFT(shl, R)
XOR_SHIFT(shr_u, S)
XOR_SHIFT(shr_u, R)

#define STEP_S(T) (*(const T *)&sp[(uint16_t)pc[2]])
#define STEP_C(T) (T)(int32_t)pc[2]
#define STEP_B_S(T) SLOT_AS(T, 1)
#define STEP_B_C(T) (T)((int64_t)pc[2] >> 32)
#define STEP_FORM(T, cmp, fs, fb) \
	STEP_BR(step_br_, T, cmp, fs, fb, BRANCH) \
	STEP_BR(step_br_loop_, T, cmp, fs, fb, BRANCH_LOOP)
#define STEP_BR(prefix, T, cmp, fs, fb, take) \
	H(H_##prefix##cmp##_##fs##fb) \
	{ \
		T a = SLOT_AS(T, 0) + STEP_##fs(T); \
		r0 = a; \
		SLOT(0) = r0; \
		T b = STEP_B_##fb(T); \
		if (EXPR_##cmp) \
			take(); \
		NEXT(3); \
	}
#define STEP(T, cmp) STEP_FORM(T, cmp, S, S) STEP_FORM(T, cmp, S, C) STEP_FORM(T, cmp, C, S) STEP_FORM(T, cmp, C, C)
#define STEPS(T) \
	STEP(T, T##_eq) \
	STEP(T, T##_ne) \
	STEP(T, T##_lt_s) \
	STEP(T, T##_lt_u) \
	STEP(T, T##_gt_s) \
	STEP(T, T##_gt_u) \
	STEP(T, T##_le_s) \
	STEP(T, T##_le_u) \
	STEP(T, T##_ge_s) \
	STEP(T, T##_ge_u)
STEPS(i32)
STEPS(i64)

#define RETURN_OP(name, T, fa, fb) \
	H(H_return_##name##_##fa##fb) \
	{ \
		T a = A_##fa(T), b = B_##fb(T); \
		RETURN_VALUE(T, EXPR_##name); \
	}
#define RETURN_OPS(name, T) \
	RETURN_OP(name, T, S, S) RETURN_OP(name, T, S, C) RETURN_OP(name, T, R, S) RETURN_OP(name, T, R, C)
RETURN_OPS(i32_add, i32)
RETURN_OPS(i32_mul, i32)
RETURN_OPS(i32_and, i32)
RETURN_OPS(i32_or, i32)
RETURN_OPS(i32_xor, i32)
RETURN_OPS(i64_add, i64)
RETURN_OPS(i64_or, i64)

#define AND_BR(name, fa, not, take) \
	H(H_and_br_##name##_##fa) \
	{ \
		uint32_t a = AND_A_##fa; \
		if (not(a & (uint32_t)pc[2])) \
			take(); \
		NEXT(3); \
	}
#define AND_A_S SLOT_AS(uint32_t, 0)
#define AND_A_R (uint32_t)r0
AND_BR(unless, S, !, BRANCH)
AND_BR(unless, R, !, BRANCH)
AND_BR(unless_loop, S, !, BRANCH_LOOP)
AND_BR(unless_loop, R, !, BRANCH_LOOP)
AND_BR(if, S, , BRANCH)
AND_BR(if, R, , BRANCH)
AND_BR(if_loop, S, , BRANCH_LOOP)
AND_BR(if_loop, R, , BRANCH_LOOP)
