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
#define SELECT_CMPF(define, cls, name, res, arg)
#define SELECT_UN(define, cls, name, res, arg)
#define SELECT_LOAD(define, cls, name, res, arg)
#define SELECT_STOREI(define, cls, name, res, arg)
#define SELECT_STOREF(define, cls, name, res, arg)
#define SELECT_CTL(define, cls, name, res, arg)
#include "insn.def"

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
SHLADD3(S, S)
SHLADD3(S, R)
SHLADD3(R, S)
SHLADD3(R, R)

#define STEP_B_S SLOT_AS(uint32_t, 1)
#define STEP_B_C (uint32_t)(pc[2] >> 32)
#define STEP_FORM(cmp, fb) \
	H(H_step_br_loop_##cmp##_##fb) \
	{ \
		uint32_t a = SLOT_AS(uint32_t, 0) + (uint32_t)pc[2]; \
		r0 = a; \
		SLOT(0) = r0; \
		uint32_t b = STEP_B_##fb; \
		if (EXPR_##cmp) \
			BRANCH_LOOP(); \
		NEXT(3); \
	}
#define STEP(cmp) STEP_FORM(cmp, S) STEP_FORM(cmp, C)
STEP(i32_eq)
STEP(i32_ne)
STEP(i32_lt_s)
STEP(i32_lt_u)
STEP(i32_gt_s)
STEP(i32_gt_u)
STEP(i32_le_s)
STEP(i32_le_u)
STEP(i32_ge_s)
STEP(i32_ge_u)
