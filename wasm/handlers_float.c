/* Float arithmetic and comparisons. Every operation is the IEEE one in the type's own precision (SSE2 has no other); what C
 * leaves open (NaN in min and max, signed zeros) is written out. */
#include "handlers_num.h"

#define EXPR_f32_add (a + b)
#define EXPR_f32_sub (a - b)
#define EXPR_f32_mul (a * b)
#define EXPR_f32_div (a / b)
#define EXPR_f64_add (a + b)
#define EXPR_f64_sub (a - b)
#define EXPR_f64_mul (a * b)
#define EXPR_f64_div (a / b)
#define EXPR_f32_copysign __builtin_copysignf(a, b)
#define EXPR_f64_copysign __builtin_copysign(a, b)

/* Equal operands may be zeros of either sign: the minimum has the union of the sign bits, the maximum their
 * intersection. Unordered ones give a quiet NaN through the addition. */
#define ZEROS(F, U, a, b, OP) \
	({ \
		union { \
			F f; \
			U u; \
		} ua = {.f = a}, ub = {.f = b}; \
		ua.u = ua.u OP ub.u; \
		ua.f; \
	})
#define EXPR_f32_min (a < b ? a : b < a ? b : a == b ? ZEROS(float, uint32_t, a, b, |) : a + b)
#define EXPR_f32_max (a > b ? a : b > a ? b : a == b ? ZEROS(float, uint32_t, a, b, &) : a + b)
#define EXPR_f64_min (a < b ? a : b < a ? b : a == b ? ZEROS(double, uint64_t, a, b, |) : a + b)
#define EXPR_f64_max (a > b ? a : b > a ? b : a == b ? ZEROS(double, uint64_t, a, b, &) : a + b)

#define EXPR_f32_eq (a == b)
#define EXPR_f32_ne (a != b)
#define EXPR_f32_lt (a < b)
#define EXPR_f32_gt (a > b)
#define EXPR_f32_le (a <= b)
#define EXPR_f32_ge (a >= b)
#define EXPR_f64_eq (a == b)
#define EXPR_f64_ne (a != b)
#define EXPR_f64_lt (a < b)
#define EXPR_f64_gt (a > b)
#define EXPR_f64_le (a <= b)
#define EXPR_f64_ge (a >= b)

#define DEFINE_i32(cls, name, res, arg)
#define DEFINE_i64(cls, name, res, arg)
#define DEFINE_f32(cls, name, res, arg) DEFINE_##cls(name, res, arg)
#define DEFINE_f64(cls, name, res, arg) DEFINE_##cls(name, res, arg)
#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(DEFINE_##arg, cls, name, res, arg)
#define SELECT_BINC(define, cls, name, res, arg) define(cls, name, res, arg)
#define SELECT_BIN(define, cls, name, res, arg) define(cls, name, res, arg)
#define SELECT_CMPF(define, cls, name, res, arg) define(cls, name, res, arg)
#include "select_rows.h"
#undef DEFINE_i32
#undef DEFINE_i64
#undef DEFINE_f32
#undef DEFINE_f64

#define MULADD(name, expr) \
	H(H_##name##_S) \
	{ \
		double a = SLOT_AS(double, 1), b = SLOT_AS(double, 2), c = SLOT_AS(double, 3); \
		PUT_S(f64, expr); \
		NEXT(2); \
	} \
	H(H_##name##_R) \
	{ \
		double a = SLOT_AS(double, 1), b = SLOT_AS(double, 2), c = SLOT_AS(double, 3); \
		PUT_R(f64, expr); \
		NEXT(2); \
	}
#define RMULADD(name, expr) RMULADD_FORM(name, S, expr) RMULADD_FORM(name, R, expr)
#define RMULADD_FORM(name, fd, expr) \
	H(H_##name##_##fd) \
	{ \
		double a = d0, b = SLOT_AS(double, 2), c = SLOT_AS(double, 3); \
		PUT_##fd(f64, expr); \
		NEXT(2); \
	}
RMULADD(f64_rmuladd, a * b + c)
RMULADD(f64_rmulsub, a * b - c)
RMULADD(f64_rsubmul, c - a * b)
MULADD(f64_mul3, a * b * c)
MULADD(f64_muladd, a * b + c)
MULADD(f64_mulsub, a * b - c)
MULADD(f64_submul, c - a * b)
