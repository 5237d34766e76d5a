/* 128-bit vectors as C types. Lanes are numbered from the lowest address, as on every little-endian machine. */
#ifndef WASIWARD_V128_H
#define WASIWARD_V128_H

#include <stdint.h>

/* A value as it is kept in two slots, which are aligned for one. */
typedef uint64_t v128 __attribute__((vector_size(16), aligned(8), may_alias));

typedef int8_t s8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int16_t s16x8 __attribute__((vector_size(16)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef int32_t s32x4 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef int64_t s64x2 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));
typedef float f32x4 __attribute__((vector_size(16)));
typedef double f64x2 __attribute__((vector_size(16)));

/* What loads read and widen: eight bytes that become lanes of double width, or a lane that gets zeros above it. */
#define WIDENED_TYPE(name, T) \
	typedef struct { \
		T bits; \
	} name;
WIDENED_TYPE(s8x8, uint64_t)
WIDENED_TYPE(u8x8, uint64_t)
WIDENED_TYPE(s16x4, uint64_t)
WIDENED_TYPE(u16x4, uint64_t)
WIDENED_TYPE(s32x2, uint64_t)
WIDENED_TYPE(u32x2, uint64_t)
WIDENED_TYPE(zero32, uint32_t)
WIDENED_TYPE(zero64, uint64_t)
#undef WIDENED_TYPE

#endif
