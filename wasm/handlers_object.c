/* Structures and arrays: fields and elements here, the rest in objects.c. */
#include "handler.h"
#include "objects.h"

#define OPERATION(name, result) \
	H(H_##name) \
	{ \
		int trap = object_##name(x, pc, sp); \
		if (unlikely(trap != OBJECT_OK)) \
			return trap_raise(x, pc, sp, (enum trap)trap); \
		result; \
		NEXT(4); \
	}
#define MAKER(name) OPERATION(name, r0 = SLOT(0))
#define CHANGER(name) OPERATION(name, (void)r0)
EACH_OBJECT_MAKER(MAKER)
EACH_OBJECT_CHANGER(CHANGER)

/* ---- fields and elements ---- */

#define STRUCT_FIELD(T) \
	uint8_t *object = (uint8_t *)SLOT(1); \
	if (unlikely(!object)) \
		TRAP_NOW(null_struct); \
	T *at = (T *)(object + pc[2])

#define ARRAY_ELEM(T) \
	struct array *array = (struct array *)SLOT(1); \
	if (unlikely(!array)) \
		TRAP_NOW(null_array); \
	uint32_t index = SLOT_AS(uint32_t, 2); \
	if (unlikely(index >= array->length)) \
		TRAP_NOW(array_bounds); \
	T *at = (T *)array->elems + index

/* Integers and references go through r0, floats and vectors from and to slots alone. */
#define GET(name, T, R, place, words) \
	H(H_##name##_S) \
	{ \
		place(T); \
		PUT_S(R, (R)*at); \
		NEXT(words); \
	} \
	H(H_##name##_R) \
	{ \
		place(T); \
		PUT_R(R, (R)*at); \
		NEXT(words); \
	}
#define GET_F(name, T, place, words) \
	H(H_##name) \
	{ \
		place(T); \
		memcpy(&SLOT(0), at, sizeof(T)); \
		NEXT(words); \
	}
#define SET(name, T, place, words, value) \
	H(H_##name) \
	{ \
		place(T); \
		memcpy(at, &SLOT(value), sizeof(T)); \
		NEXT(words); \
	}
#define SET_REF(name, place, words, value, kind) \
	H(H_##name) \
	{ \
		place(uint64_t); \
		*at = SLOT(value); \
		heap_barrier(x, SLOT(value), kind); \
		NEXT(words); \
	}

struct vector {
	uint64_t halves[2];
};

#define ACCESS(prefix, place, words, value) \
	GET(prefix##_get_s8, int8_t, i32, place, words) \
	GET(prefix##_get_u8, uint8_t, i32, place, words) \
	GET(prefix##_get_s16, int16_t, i32, place, words) \
	GET(prefix##_get_u16, uint16_t, i32, place, words) \
	GET(prefix##_get_i32, uint32_t, i32, place, words) \
	GET(prefix##_get_i64, uint64_t, i64, place, words) \
	GET_F(prefix##_get_f32, float, place, words) \
	GET_F(prefix##_get_f64, double, place, words) \
	GET_F(prefix##_get_v128, struct vector, place, words) \
	SET(prefix##_set_8, uint8_t, place, words, value) \
	SET(prefix##_set_16, uint16_t, place, words, value) \
	SET(prefix##_set_32, uint32_t, place, words, value) \
	SET(prefix##_set_64, uint64_t, place, words, value) \
	SET(prefix##_set_128, struct vector, place, words, value) \
	SET_REF(prefix##_set_any, place, words, value, FIELD_ANY) \
	SET_REF(prefix##_set_extern, place, words, value, FIELD_EXTERN)
ACCESS(struct, STRUCT_FIELD, 3, 2)
ACCESS(array, ARRAY_ELEM, 2, 3)

H(H_array_len_S)
{
	const struct array *array = (const struct array *)SLOT(1);
	if (unlikely(!array))
		TRAP_NOW(null_array);
	PUT_S(i32, array->length);
	NEXT(2);
}

H(H_array_len_R)
{
	const struct array *array = (const struct array *)SLOT(1);
	if (unlikely(!array))
		TRAP_NOW(null_array);
	PUT_R(i32, array->length);
	NEXT(2);
}
