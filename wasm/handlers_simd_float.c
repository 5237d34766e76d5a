/* SIMD on float lanes, and conversions between them and integer ones. NaN operands give quiet NaN everywhere: the
 * operations do, and what only moves bits (neg, abs, pmin, pmax) keeps them. */
#include "handlers_simd.h"

#define INFIX(T, op) ((v128)((T)a op (T)b))

#define EXPR_f32x4_eq INFIX(f32x4, ==)
#define EXPR_f32x4_ne INFIX(f32x4, !=)
#define EXPR_f32x4_lt INFIX(f32x4, <)
#define EXPR_f32x4_gt INFIX(f32x4, >)
#define EXPR_f32x4_le INFIX(f32x4, <=)
#define EXPR_f32x4_ge INFIX(f32x4, >=)
#define EXPR_f64x2_eq INFIX(f64x2, ==)
#define EXPR_f64x2_ne INFIX(f64x2, !=)
#define EXPR_f64x2_lt INFIX(f64x2, <)
#define EXPR_f64x2_gt INFIX(f64x2, >)
#define EXPR_f64x2_le INFIX(f64x2, <=)
#define EXPR_f64x2_ge INFIX(f64x2, >=)

#define EXPR_f32x4_add INFIX(f32x4, +)
#define EXPR_f32x4_sub INFIX(f32x4, -)
#define EXPR_f32x4_mul INFIX(f32x4, *)
#define EXPR_f32x4_div INFIX(f32x4, /)
#define EXPR_f64x2_add INFIX(f64x2, +)
#define EXPR_f64x2_sub INFIX(f64x2, -)
#define EXPR_f64x2_mul INFIX(f64x2, *)
#define EXPR_f64x2_div INFIX(f64x2, /)

#define EXPR_f32x4_min lanes_min32(a, b)
#define EXPR_f32x4_max lanes_max32(a, b)
#define EXPR_f64x2_min lanes_min64(a, b)
#define EXPR_f64x2_max lanes_max64(a, b)
#define EXPR_f32x4_relaxed_min EXPR_f32x4_min
#define EXPR_f32x4_relaxed_max EXPR_f32x4_max
#define EXPR_f64x2_relaxed_min EXPR_f64x2_min
#define EXPR_f64x2_relaxed_max EXPR_f64x2_max
/* As C programs write it: b < a ? b : a. */
#define PSEUDO(F, op) lanes_choose((v128)((F)b op (F)a), b, a)
#define EXPR_f32x4_pmin PSEUDO(f32x4, <)
#define EXPR_f32x4_pmax PSEUDO(f32x4, >)
#define EXPR_f64x2_pmin PSEUDO(f64x2, <)
#define EXPR_f64x2_pmax PSEUDO(f64x2, >)

#define SIGNS(U) (~(((U){0} - 1) >> 1))
#define EXPR_f32x4_neg ((v128)((u32x4)a ^ SIGNS(u32x4)))
#define EXPR_f64x2_neg ((v128)((u64x2)a ^ SIGNS(u64x2)))
#define EXPR_f32x4_abs ((v128)((u32x4)a & ~SIGNS(u32x4)))
#define EXPR_f64x2_abs ((v128)((u64x2)a & ~SIGNS(u64x2)))
#if defined(__SSE4_1__)
#define EXPR_f32x4_sqrt ((v128)_mm_sqrt_ps(SSE_PS(a)))
#define EXPR_f64x2_sqrt ((v128)_mm_sqrt_pd(SSE_PD(a)))
#else
#define EXPR_f32x4_sqrt \
	({ \
		f32x4 v = (f32x4)a; \
		(v128)(f32x4){__builtin_sqrtf(v[0]), __builtin_sqrtf(v[1]), __builtin_sqrtf(v[2]), __builtin_sqrtf(v[3])}; \
	})
#define EXPR_f64x2_sqrt \
	({ \
		f64x2 v = (f64x2)a; \
		(v128)(f64x2){__builtin_sqrt(v[0]), __builtin_sqrt(v[1])}; \
	})
#endif
#define EXPR_f32x4_ceil lanes_ceil32(a)
#define EXPR_f32x4_floor lanes_floor32(a)
#define EXPR_f32x4_trunc lanes_trunc32(a)
#define EXPR_f32x4_nearest lanes_nearest32(a)
#define EXPR_f64x2_ceil lanes_ceil64(a)
#define EXPR_f64x2_floor lanes_floor64(a)
#define EXPR_f64x2_trunc lanes_trunc64(a)
#define EXPR_f64x2_nearest lanes_nearest64(a)

/* Each rounded twice: the deterministic profile's way, and the same on every machine. */
#define EXPR_f32x4_relaxed_madd ((v128)((f32x4)a * (f32x4)b + (f32x4)c))
#define EXPR_f64x2_relaxed_madd ((v128)((f64x2)a * (f64x2)b + (f64x2)c))
#define EXPR_f32x4_relaxed_nmadd ((v128)(-((f32x4)a * (f32x4)b) + (f32x4)c))
#define EXPR_f64x2_relaxed_nmadd ((v128)(-((f64x2)a * (f64x2)b) + (f64x2)c))

#define EXPR_f32x4_convert_i32x4_s ((v128)__builtin_convertvector((s32x4)a, f32x4))
#define EXPR_f32x4_convert_i32x4_u ((v128)__builtin_convertvector((u32x4)a, f32x4))
#define EXPR_f64x2_convert_low_i32x4_s LOW_LANES(s32x4, double, f64x2)
#define EXPR_f64x2_convert_low_i32x4_u LOW_LANES(u32x4, double, f64x2)
#define EXPR_f64x2_promote_low_f32x4 LOW_LANES(f32x4, double, f64x2)
#define EXPR_f32x4_demote_f64x2_zero LOW_LANES(f64x2, float, f32x4)
#define LOW_LANES(FROM, T, TO) \
	({ \
		FROM v = (FROM)a; \
		(v128)(TO){(T)v[0], (T)v[1]}; \
	})

#define EXPR_i32x4_trunc_sat_f32x4_s LANES_TRUNC_SAT(s32x4, a, -0x1p31f, 0x1p31f, INT32_MIN, INT32_MAX)
#define EXPR_i32x4_trunc_sat_f32x4_u LANES_TRUNC_SAT(u32x4, a, 0.0f, 0x1p32f, 0, UINT32_MAX)
#define EXPR_i32x4_relaxed_trunc_f32x4_s EXPR_i32x4_trunc_sat_f32x4_s
#define EXPR_i32x4_relaxed_trunc_f32x4_u EXPR_i32x4_trunc_sat_f32x4_u
#define SATURATED(T, x, low, high, min, max) ((x) != (x) ? 0 : (x) < (low) ? (min) : (x) >= (high) ? (max) : (T)(x))
#define TRUNC_SAT_ZERO(V, T, low, high, min, max) \
	({ \
		f64x2 v = (f64x2)a; \
		(v128)(V){SATURATED(T, v[0], low, high, min, max), SATURATED(T, v[1], low, high, min, max)}; \
	})
#define EXPR_i32x4_trunc_sat_f64x2_s_zero TRUNC_SAT_ZERO(s32x4, int32_t, -0x1p31, 0x1p31, INT32_MIN, INT32_MAX)
#define EXPR_i32x4_trunc_sat_f64x2_u_zero TRUNC_SAT_ZERO(u32x4, uint32_t, 0.0, 0x1p32, 0, UINT32_MAX)
#define EXPR_i32x4_relaxed_trunc_f64x2_s_zero EXPR_i32x4_trunc_sat_f64x2_s_zero
#define EXPR_i32x4_relaxed_trunc_f64x2_u_zero EXPR_i32x4_trunc_sat_f64x2_u_zero

#define ROWS_int(define, ...)
#define ROWS_float(define, ...) define(__VA_ARGS__)
#include "select_rows.h"
