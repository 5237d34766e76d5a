/* Operations on the lanes of vectors that C has no operator for. Written with vector extensions for every machine; where
 * SSE4.1 is there (handlers_simd_*.c are compiled for it, too), its instructions take the place of longer sequences. */
#ifndef WASIWARD_LANES_H
#define WASIWARD_LANES_H

#include "v128.h"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#define SSE(x) ((__m128i)(x))
#define SSE_PS(x) ((__m128)(x))
#define SSE_PD(x) ((__m128d)(x))
#endif

#define LANES_FN(R, name, ...) static inline __attribute__((always_inline)) R lanes_##name(__VA_ARGS__)

/* mask has all bits of a lane set or none. */
LANES_FN(v128, choose, v128 mask, v128 a, v128 b)
{
	return (a & mask) | (b & ~mask);
}

#define LANES_CHOOSE(T, mask, a, b) ((T)lanes_choose((v128)(mask), (v128)(a), (v128)(b)))

/* ---- single lanes ---- */

/* All bits of one lane. */
#define LANE_MASK_uint8_t(lane) \
	((v128)((u8x16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} == (u8x16){0} + (uint8_t)(lane)))
#define LANE_MASK_uint16_t(lane) ((v128)((u16x8){0, 1, 2, 3, 4, 5, 6, 7} == (u16x8){0} + (uint16_t)(lane)))
#define LANE_MASK_uint32_t(lane) ((v128)((u32x4){0, 1, 2, 3} == (u32x4){0} + (uint32_t)(lane)))
#define LANE_MASK_uint64_t(lane) ((v128)((u64x2){0, 1} == (u64x2){0} + (uint64_t)(lane)))
#define LANE_MASK_float(lane) LANE_MASK_uint32_t(lane)
#define LANE_MASK_double(lane) LANE_MASK_uint64_t(lane)

/* One value in all lanes of its type. */
#define SPLAT_uint8_t(x) ((v128)((u8x16){0} + (uint8_t)(x)))
#define SPLAT_uint16_t(x) ((v128)((u16x8){0} + (uint16_t)(x)))
#define SPLAT_uint32_t(x) ((v128)((u32x4){0} + (uint32_t)(x)))
#define SPLAT_uint64_t(x) ((v128)((u64x2){0} + (uint64_t)(x)))
#define SPLAT_float(x) \
	({ \
		float x_ = (x); \
		(v128)(f32x4){x_, x_, x_, x_}; \
	})
#define SPLAT_double(x) \
	({ \
		double x_ = (x); \
		(v128)(f64x2){x_, x_}; \
	})

#define LANES_REPLACE(T, a, lane, value) lanes_choose(LANE_MASK_##T(lane), SPLAT_##T(value), a)

/* ---- lanes of half width become lanes of full width ---- */

LANES_FN(v128, interleave8_low, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u8x16)a, (u8x16)b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

LANES_FN(v128, interleave8_high, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u8x16)a, (u8x16)b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
					     31);
}

LANES_FN(v128, interleave16_low, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u16x8)a, (u16x8)b, 0, 8, 1, 9, 2, 10, 3, 11);
}

LANES_FN(v128, interleave16_high, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u16x8)a, (u16x8)b, 4, 12, 5, 13, 6, 14, 7, 15);
}

LANES_FN(v128, interleave32_low, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u32x4)a, (u32x4)b, 0, 4, 1, 5);
}

LANES_FN(v128, interleave32_high, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u32x4)a, (u32x4)b, 2, 6, 3, 7);
}

/* The upper half of each wide lane is its sign, or zero. */
#define LANES_EXTEND(bits, half, S) \
	LANES_FN(v128, extend##bits##_##half##_s, v128 x) \
	{ \
		return lanes_interleave##bits##_##half(x, (v128)((S)x < 0)); \
	} \
	LANES_FN(v128, extend##bits##_##half##_u, v128 x) \
	{ \
		return lanes_interleave##bits##_##half(x, (v128){0}); \
	}
LANES_EXTEND(8, low, s8x16)
LANES_EXTEND(8, high, s8x16)
LANES_EXTEND(16, low, s16x8)
LANES_EXTEND(16, high, s16x8)
LANES_EXTEND(32, low, s32x4)
LANES_EXTEND(32, high, s32x4)
#undef LANES_EXTEND

/* ---- integers ---- */

/* Signed overflow happened where the result's sign is neither operand's; the result is then the limit of a's sign. */
#define LANES_SATURATE(S, U, bits, overflow, a, sum) \
	LANES_CHOOSE(S, (S)(overflow) >> (bits - 1), ((S)(a) >> (bits - 1)) ^ (S)(((U){0} - 1) >> 1), sum)
#define LANES_ADD_SAT_S(S, U, bits, a, b) \
	({ \
		U x_ = (U)(a), y_ = (U)(b), sum_ = x_ + y_; \
		(v128) LANES_SATURATE(S, U, bits, (x_ ^ sum_) & (y_ ^ sum_), x_, sum_); \
	})
#define LANES_SUB_SAT_S(S, U, bits, a, b) \
	({ \
		U x_ = (U)(a), y_ = (U)(b), sum_ = x_ - y_; \
		(v128) LANES_SATURATE(S, U, bits, (x_ ^ y_) & (x_ ^ sum_), x_, sum_); \
	})
#define LANES_ADD_SAT_U(U, a, b) \
	({ \
		U x_ = (U)(a), sum_ = x_ + (U)(b); \
		(v128)sum_ | (v128)(sum_ < x_); \
	})
#define LANES_SUB_SAT_U(U, a, b) \
	({ \
		U x_ = (U)(a), sum_ = x_ - (U)(b); \
		(v128)sum_ &(v128)(sum_ <= x_); \
	})
#define LANES_PICK(T, a, op, b) lanes_choose((v128)((T)(a) op (T)(b)), a, b)
#define LANES_CLAMP(T, x, low, high) LANES_PICK(T, LANES_PICK(T, x, >, (v128)((T){0} + (low))), <, (v128)((T){0} + (high)))

/* The lower halves of the lanes of both. */
LANES_FN(v128, pack16, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u8x16)a, (u8x16)b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

LANES_FN(v128, pack32, v128 a, v128 b)
{
	return (v128)__builtin_shufflevector((u16x8)a, (u16x8)b, 0, 2, 4, 6, 8, 10, 12, 14);
}

LANES_FN(v128, popcnt, v128 a)
{
	u8x16 x = (u8x16)a;
	x -= (x >> 1) & 0x55;
	x = (x & 0x33) + ((x >> 2) & 0x33);
	return (v128)((x + (x >> 4)) & 0x0f);
}

LANES_FN(v128, q15mulr, v128 a, v128 b)
{
#if defined(__SSE4_1__)
	v128 r = (v128)_mm_mulhrs_epi16(SSE(a), SSE(b));
	return r ^ (v128)((s16x8)r == INT16_MIN); /* only -1 times -1 overflows */
#else
	s32x4 low = (s32x4)lanes_extend16_low_s(a) * (s32x4)lanes_extend16_low_s(b);
	s32x4 high = (s32x4)lanes_extend16_high_s(a) * (s32x4)lanes_extend16_high_s(b);
	return lanes_pack32(LANES_CLAMP(s32x4, (v128)((low + 0x4000) >> 15), INT16_MIN, INT16_MAX),
			    LANES_CLAMP(s32x4, (v128)((high + 0x4000) >> 15), INT16_MIN, INT16_MAX));
#endif
}

/* Sums of neighbouring products. */
LANES_FN(v128, dot16, v128 a, v128 b)
{
#if defined(__SSE4_1__)
	return (v128)_mm_madd_epi16(SSE(a), SSE(b));
#else
	s32x4 x = (s32x4)a, y = (s32x4)b;
	u32x4 even = (u32x4)((s32x4)((u32x4)x << 16) >> 16) * (u32x4)((s32x4)((u32x4)y << 16) >> 16);
	return (v128)(even + (u32x4)(x >> 16) * (u32x4)(y >> 16));
#endif
}

LANES_FN(v128, dot8, v128 a, v128 b)
{
	s16x8 x = (s16x8)a, y = (s16x8)b;
	u16x8 even = (u16x8)((s16x8)((u16x8)x << 8) >> 8) * (u16x8)((s16x8)((u16x8)y << 8) >> 8);
	return (v128)(even + (u16x8)(x >> 8) * (u16x8)(y >> 8));
}

LANES_FN(v128, pairs8_s, v128 a)
{
	s16x8 x = (s16x8)a;
	return (v128)(((s16x8)((u16x8)x << 8) >> 8) + (x >> 8));
}

LANES_FN(v128, pairs8_u, v128 a)
{
	u16x8 x = (u16x8)a;
	return (v128)((x & 0xff) + (x >> 8));
}

LANES_FN(v128, pairs16_s, v128 a)
{
	s32x4 x = (s32x4)a;
	return (v128)(((s32x4)((u32x4)x << 16) >> 16) + (x >> 16));
}

LANES_FN(v128, pairs16_u, v128 a)
{
	u32x4 x = (u32x4)a;
	return (v128)((x & 0xffff) + (x >> 16));
}

/* ---- to single bits ---- */

LANES_FN(uint32_t, any, v128 x)
{
#if defined(__SSE4_1__)
	return !_mm_testz_si128(SSE(x), SSE(x));
#else
	return (x[0] | x[1]) != 0;
#endif
}

/* The lanes' signs. Each is shrunk to the bit it becomes; multiplications add them up in the uppermost lane. */
LANES_FN(uint32_t, signs8, v128 x)
{
#if defined(__SSE4_1__)
	return (uint32_t)_mm_movemask_epi8(SSE(x));
#else
	u64x2 bits = (u64x2)((u8x16)((s8x16)x < 0) & (u8x16){1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128});
	return (uint32_t)(bits[0] * 0x0101010101010101 >> 56 | (bits[1] * 0x0101010101010101 >> 56) << 8);
#endif
}

LANES_FN(uint32_t, signs16, v128 x)
{
#if defined(__SSE4_1__)
	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(SSE(x), _mm_setzero_si128()));
#else
	u64x2 bits = (u64x2)((u16x8)((s16x8)x < 0) & (u16x8){1, 2, 4, 8, 16, 32, 64, 128});
	return (uint32_t)((bits[0] | bits[1]) * 0x0001000100010001 >> 48);
#endif
}

LANES_FN(uint32_t, signs32, v128 x)
{
#if defined(__SSE4_1__)
	return (uint32_t)_mm_movemask_ps(SSE_PS(x));
#else
	u64x2 bits = (u64x2)((u32x4)((s32x4)x < 0) & (u32x4){1, 2, 4, 8});
	return (uint32_t)((bits[0] | bits[1]) * 0x0000000100000001 >> 32);
#endif
}

LANES_FN(uint32_t, signs64, v128 x)
{
	return (uint32_t)(x[0] >> 63 | (x[1] >> 63) << 1);
}

/* ---- moving lanes ---- */

LANES_FN(v128, swizzle, v128 a, v128 lanes)
{
#if defined(__SSE4_1__)
	/* Saturation sets the uppermost bit of lane numbers from 16 on. */
	return (v128)_mm_shuffle_epi8(SSE(a), _mm_adds_epu8(SSE(lanes), _mm_set1_epi8(0x70)));
#else
	union {
		v128 v;
		uint8_t bytes[16];
	} from = {a}, at = {lanes}, to;
	for (int i = 0; i < 16; i++)
		to.bytes[i] = at.bytes[i] < 16 ? from.bytes[at.bytes[i]] : 0;
	return to.v;
#endif
}

LANES_FN(v128, shuffle, v128 a, v128 b, v128 lanes)
{
#if defined(__SSE4_1__)
	__m128i from_b = _mm_shuffle_epi8(SSE(b), _mm_sub_epi8(SSE(lanes), _mm_set1_epi8(16)));
	return lanes_swizzle(a, lanes) | (v128)from_b;
#else
	return lanes_swizzle(a, lanes) | lanes_swizzle(b, (v128)((u8x16)lanes - 16));
#endif
}

/* ---- floats ---- */

/* Unordered lanes give a quiet NaN through the addition; equal lanes may be zeros of either sign, of which the minimum has
 * the union of the sign bits, the maximum their intersection. */
#define LANES_EXTREME(F, a, b, op, zeros) \
	({ \
		F x_ = (F)(a), y_ = (F)(b); \
		v128 same_ = (v128)x_ zeros(v128) y_; \
		v128 ordered_ = lanes_choose((v128)(x_ op y_), (v128)x_, lanes_choose((v128)(y_ op x_), (v128)y_, same_)); \
		lanes_choose((v128)((x_ == x_) & (y_ == y_)), ordered_, (v128)(x_ + y_)); \
	})

#if defined(__SSE4_1__)
/* minps returns its second operand when lanes are equal or unordered: in both orders it sees both zeros. */
LANES_FN(v128, min32, v128 a, v128 b)
{
	f32x4 x = (f32x4)a, y = (f32x4)b;
	v128 least = (v128)_mm_min_ps(SSE_PS(x), SSE_PS(y)) | (v128)_mm_min_ps(SSE_PS(y), SSE_PS(x));
	return (v128)_mm_blendv_ps(SSE_PS(least), SSE_PS(x + y), _mm_cmpunord_ps(SSE_PS(x), SSE_PS(y)));
}

LANES_FN(v128, max32, v128 a, v128 b)
{
	f32x4 x = (f32x4)a, y = (f32x4)b;
	v128 most = (v128)_mm_max_ps(SSE_PS(x), SSE_PS(y)) & (v128)_mm_max_ps(SSE_PS(y), SSE_PS(x));
	return (v128)_mm_blendv_ps(SSE_PS(most), SSE_PS(x + y), _mm_cmpunord_ps(SSE_PS(x), SSE_PS(y)));
}

LANES_FN(v128, min64, v128 a, v128 b)
{
	f64x2 x = (f64x2)a, y = (f64x2)b;
	v128 least = (v128)_mm_min_pd(SSE_PD(x), SSE_PD(y)) | (v128)_mm_min_pd(SSE_PD(y), SSE_PD(x));
	return (v128)_mm_blendv_pd(SSE_PD(least), SSE_PD(x + y), _mm_cmpunord_pd(SSE_PD(x), SSE_PD(y)));
}

LANES_FN(v128, max64, v128 a, v128 b)
{
	f64x2 x = (f64x2)a, y = (f64x2)b;
	v128 most = (v128)_mm_max_pd(SSE_PD(x), SSE_PD(y)) & (v128)_mm_max_pd(SSE_PD(y), SSE_PD(x));
	return (v128)_mm_blendv_pd(SSE_PD(most), SSE_PD(x + y), _mm_cmpunord_pd(SSE_PD(x), SSE_PD(y)));
}

#define LANES_ROUND(name, mode) \
	LANES_FN(v128, name##32, v128 x) \
	{ \
		return (v128)_mm_round_ps(SSE_PS(x), (mode) | _MM_FROUND_NO_EXC); \
	} \
	LANES_FN(v128, name##64, v128 x) \
	{ \
		return (v128)_mm_round_pd(SSE_PD(x), (mode) | _MM_FROUND_NO_EXC); \
	}
LANES_ROUND(nearest, _MM_FROUND_TO_NEAREST_INT)
LANES_ROUND(floor, _MM_FROUND_TO_NEG_INF)
LANES_ROUND(ceil, _MM_FROUND_TO_POS_INF)
LANES_ROUND(trunc, _MM_FROUND_TO_ZERO)
#undef LANES_ROUND
#else
#define LANES_EXTREMES(bits, F) \
	LANES_FN(v128, min##bits, v128 a, v128 b) \
	{ \
		return LANES_EXTREME(F, a, b, <, |); \
	} \
	LANES_FN(v128, max##bits, v128 a, v128 b) \
	{ \
		return LANES_EXTREME(F, a, b, >, &); \
	}
LANES_EXTREMES(32, f32x4)
LANES_EXTREMES(64, f64x2)
#undef LANES_EXTREMES

/* Adding and subtracting the first float without a fraction rounds to the nearest integer, ties to even. Directed roundings
 * correct that by one. Results have their operand's sign, also as zeros; larger values are integers already, and the
 * addition makes NaN quiet. */
#define LANES_ROUNDINGS(bits, F, U, LIMIT) \
	LANES_FN(F, integral##bits, F x) \
	{ \
		F size = (F)((U)x & ((U){0} - 1) >> 1); \
		return size + LIMIT - LIMIT; \
	} \
	LANES_FN(v128, rounded##bits, F x, F size) \
	{ \
		U sign = (U)x & ~(((U){0} - 1) >> 1); \
		F small = (F)((U)size | sign), abs = (F)((U)x & ~sign); \
		v128 large = lanes_choose((v128)(x == x), (v128)x, (v128)(x + x)); \
		return lanes_choose((v128)(abs < LIMIT), (v128)small, large); \
	} \
	/* Rounds the absolute value up where up says so, else down. */ \
	LANES_FN(v128, directed##bits, F x, v128 up) \
	{ \
		F abs = (F)((U)x & ((U){0} - 1) >> 1), size = lanes_integral##bits(x), one = (F){0} + 1; \
		F more = (F)((v128)one & (v128)(size < abs) & up), less = (F)((v128)one & (v128)(size > abs) & ~up); \
		return lanes_rounded##bits(x, size + more - less); \
	} \
	LANES_FN(v128, nearest##bits, v128 x) \
	{ \
		return lanes_rounded##bits((F)x, lanes_integral##bits((F)x)); \
	} \
	LANES_FN(v128, floor##bits, v128 x) \
	{ \
		return lanes_directed##bits((F)x, (v128)((F)x < 0)); \
	} \
	LANES_FN(v128, ceil##bits, v128 x) \
	{ \
		return lanes_directed##bits((F)x, (v128)((F)x > 0)); \
	} \
	LANES_FN(v128, trunc##bits, v128 x) \
	{ \
		return lanes_directed##bits((F)x, (v128){0}); \
	}
LANES_ROUNDINGS(32, f32x4, u32x4, 0x1p23f)
LANES_ROUNDINGS(64, f64x2, u64x2, 0x1p52)
#undef LANES_ROUNDINGS
#endif

/* Lanes out of range are converted as zero first: what C does with them is undefined. NaN gives zero. */
#define LANES_TRUNC_SAT(T, x, low, high, min, max) \
	({ \
		f32x4 x_ = (f32x4)(x); \
		v128 below_ = (v128)(x_ < (low)), above_ = (v128)(x_ >= (high)); \
		f32x4 inside_ = (f32x4)((v128)x_ & ~below_ & ~above_ & (v128)(x_ == x_)); \
		(v128)__builtin_convertvector(inside_, T) | (below_ & (v128)((T){0} + (min))) | \
			(above_ & (v128)((T){0} + (max))); \
	})

#endif
