/* One operand: bit counts, sign extension, roundings, conversions. */
#include "handlers_num.h"
#include "ref.h"

#define EXPR_i32_eqz (a == 0)
#define EXPR_i64_eqz (a == 0)
#define EXPR_i32_clz (a ? (uint32_t)__builtin_clz(a) : 32)
#define EXPR_i32_ctz (a ? (uint32_t)__builtin_ctz(a) : 32)
#define EXPR_i32_popcnt POPCOUNT((uint64_t)a)
#define EXPR_i64_clz (a ? (uint64_t)__builtin_clzll(a) : 64)
#define EXPR_i64_ctz (a ? (uint64_t)__builtin_ctzll(a) : 64)
#define EXPR_i64_popcnt POPCOUNT(a)
/* Written out: without -mpopcnt the builtin is a library call, and handlers must not need a frame. */
#define POPCOUNT(v) \
	({ \
		uint64_t n_ = (v); \
		n_ -= n_ >> 1 & 0x5555555555555555; \
		n_ = (n_ & 0x3333333333333333) + (n_ >> 2 & 0x3333333333333333); \
		n_ = (n_ + (n_ >> 4)) & 0x0f0f0f0f0f0f0f0f; \
		n_ * 0x0101010101010101 >> 56; \
	})
#define EXPR_i32_extend8_s ((uint32_t)(int8_t)a)
#define EXPR_i32_extend16_s ((uint32_t)(int16_t)a)
#define EXPR_i64_extend8_s ((uint64_t)(int8_t)a)
#define EXPR_i64_extend16_s ((uint64_t)(int16_t)a)
#define EXPR_i64_extend32_s ((uint64_t)(int32_t)a)
#define EXPR_i32_wrap_i64 ((uint32_t)a)
#define EXPR_i64_extend_i32_s ((uint64_t)(int32_t)a)
#define EXPR_i64_extend_i32_u ((uint64_t)a)

#define EXPR_f32_abs __builtin_fabsf(a)
#define EXPR_f64_abs __builtin_fabs(a)
#define EXPR_f32_neg (-a)
#define EXPR_f64_neg (-a)
#define EXPR_f32_sqrt SQRT_f32(a)
#define EXPR_f64_sqrt SQRT_f64(a)
/* Inlined roundings let signalling NaN through: the addition makes them quiet. */
#define QUIET(rounded) (unlikely(a != a) ? a + a : (rounded))
#define EXPR_f32_ceil QUIET(__builtin_ceilf(a))
#define EXPR_f64_ceil QUIET(__builtin_ceil(a))
#define EXPR_f32_floor QUIET(__builtin_floorf(a))
#define EXPR_f64_floor QUIET(__builtin_floor(a))
#define EXPR_f32_trunc QUIET(__builtin_truncf(a))
#define EXPR_f64_trunc QUIET(__builtin_trunc(a))
/* rint: ties to even in the default rounding mode, which nobody changes. */
#define EXPR_f32_nearest QUIET(__builtin_rintf(a))
#define EXPR_f64_nearest QUIET(__builtin_rint(a))
/* -fno-math-errno makes the builtins the instruction. */
#define SQRT_f32(a) __builtin_sqrtf(a)
#define SQRT_f64(a) __builtin_sqrt(a)

#define EXPR_f32_convert_i32_s ((float)(int32_t)a)
#define EXPR_f32_convert_i32_u ((float)a)
#define EXPR_f32_convert_i64_s ((float)(int64_t)a)
#define EXPR_f32_convert_i64_u ((float)a)
#define EXPR_f64_convert_i32_s ((double)(int32_t)a)
#define EXPR_f64_convert_i32_u ((double)a)
#define EXPR_f64_convert_i64_s ((double)(int64_t)a)
#define EXPR_f64_convert_i64_u ((double)a)
#define EXPR_f32_demote_f64 ((float)a)
#define EXPR_f64_promote_f32 ((double)a)

#define BITS(FROM, TO) \
	({ \
		union { \
			FROM from; \
			TO to; \
		} u_ = {.from = a}; \
		u_.to; \
	})
#define EXPR_i32_reinterpret_f32 BITS(float, uint32_t)
#define EXPR_i64_reinterpret_f64 BITS(double, uint64_t)
#define EXPR_f32_reinterpret_i32 BITS(uint32_t, float)
#define EXPR_f64_reinterpret_i64 BITS(uint64_t, double)

/* low and high are the first values outside the range on either side, or, where those are no floats, the nearest ones:
 * then the comparison with low is strict. */
#define TRUNC(T, BELOW, low, high) \
	({ \
		if (unlikely(!(a < (high) && !(a BELOW (low))))) { \
			if (a != a) \
				TRAP_NOW(invalid_conversion); \
			TRAP_NOW(integer_overflow); \
		} \
		(T)a; \
	})
#define EXPR_i32_trunc_f32_s (uint32_t) TRUNC(int32_t, <, -0x1p31f, 0x1p31f)
#define EXPR_i32_trunc_f32_u TRUNC(uint32_t, <=, -1.0f, 0x1p32f)
#define EXPR_i32_trunc_f64_s (uint32_t) TRUNC(int32_t, <=, -0x1.00000002p31, 0x1p31)
#define EXPR_i32_trunc_f64_u TRUNC(uint32_t, <=, -1.0, 0x1p32)
#define EXPR_i64_trunc_f32_s (uint64_t) TRUNC(int64_t, <, -0x1p63f, 0x1p63f)
#define EXPR_i64_trunc_f32_u TRUNC(uint64_t, <=, -1.0f, 0x1p64f)
#define EXPR_i64_trunc_f64_s (uint64_t) TRUNC(int64_t, <, -0x1p63, 0x1p63)
#define EXPR_i64_trunc_f64_u TRUNC(uint64_t, <=, -1.0, 0x1p64)

#define TRUNC_SAT(T, low, high, min, max) (a != a ? 0 : a < (low) ? (min) : a >= (high) ? (max) : (T)a)
#define EXPR_i32_trunc_sat_f32_s ((uint32_t)TRUNC_SAT(int32_t, -0x1p31f, 0x1p31f, INT32_MIN, INT32_MAX))
#define EXPR_i32_trunc_sat_f32_u TRUNC_SAT(uint32_t, 0.0f, 0x1p32f, 0, UINT32_MAX)
#define EXPR_i32_trunc_sat_f64_s ((uint32_t)TRUNC_SAT(int32_t, -0x1p31, 0x1p31, INT32_MIN, INT32_MAX))
#define EXPR_i32_trunc_sat_f64_u TRUNC_SAT(uint32_t, 0.0, 0x1p32, 0, UINT32_MAX)
#define EXPR_i64_trunc_sat_f32_s ((uint64_t)TRUNC_SAT(int64_t, -0x1p63f, 0x1p63f, INT64_MIN, INT64_MAX))
#define EXPR_i64_trunc_sat_f32_u TRUNC_SAT(uint64_t, 0.0f, 0x1p64f, 0, UINT64_MAX)
#define EXPR_i64_trunc_sat_f64_s ((uint64_t)TRUNC_SAT(int64_t, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX))
#define EXPR_i64_trunc_sat_f64_u TRUNC_SAT(uint64_t, 0.0, 0x1p64, 0, UINT64_MAX)

#define EXPR_any_convert_extern ref_any_of_extern(a)
#define EXPR_extern_convert_any ref_extern_of_any(a)
#define EXPR_ref_i31 ref_i31(a)
#define I31(read) \
	({ \
		if (unlikely(!a)) \
			TRAP_NOW(null_i31); \
		read(a); \
	})
#define EXPR_i31_get_s I31(ref_i31_signed)
#define EXPR_i31_get_u I31(ref_i31_unsigned)

#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(name, res, arg)
#define SELECT_UN(name, res, arg) DEFINE_UN(name, res, arg)
#include "select_rows.h"
