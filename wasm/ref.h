/* References as 64-bit values, the same in slots, globals, tables, fields and union engine_value.
 *
 *	null        0
 *	func        the engine_func_t's address
 *	exn         the exception object's address
 *	extern      the host's pointer (its upper 16 bits are zero), or a value of any with REF_INTERNAL
 *	any         a structure's or array's address; REF_I31 and 31 bits; REF_HOST and a host's pointer
 *
 * Objects begin with the address of their layout, which begins with the address of their type. They never move. */
#ifndef WASIWARD_REF_H
#define WASIWARD_REF_H

#include <stdbool.h>
#include <stdint.h>

#include "types.h"

#define REF_INTERNAL ((uint64_t)1 << 63) /* in extern: what extern.convert_any made of a value of any that is no host's */
#define REF_I31 ((uint64_t)1 << 62)
#define REF_HOST ((uint64_t)1 << 61) /* in any: what any.convert_extern made of a host's pointer */

static inline uint64_t ref_i31(uint32_t value)
{
	return REF_I31 | (value & 0x7fffffff);
}

static inline uint32_t ref_i31_unsigned(uint64_t ref)
{
	return (uint32_t)ref;
}

static inline uint32_t ref_i31_signed(uint64_t ref)
{
	return (uint32_t)((int32_t)((uint32_t)ref << 1) >> 1);
}

static inline uint64_t ref_any_of_extern(uint64_t ref)
{
	return !ref ? 0 : ref & REF_INTERNAL ? ref & ~REF_INTERNAL : ref | REF_HOST;
}

static inline uint64_t ref_extern_of_any(uint64_t ref)
{
	return !ref ? 0 : ref & REF_HOST ? ref & ~REF_HOST : ref | REF_INTERNAL;
}

/* Is a value of any the address of a structure or array? */
static inline bool ref_is_object(uint64_t ref)
{
	return ref && !(ref & (REF_I31 | REF_HOST));
}

static inline const struct deftype *ref_object_type(uint64_t ref)
{
	return **(const struct deftype *const *const *)ref;
}

/* Is a reference of the type's hierarchy a value of the type? */
bool ref_matches(uint64_t ref, engine_type_t type);

/* Is a value of any or extern (or exn) the address of something on the garbage-collected heap? Of a reference whose type is
 * not of the func hierarchy. */
static inline bool ref_on_heap(uint64_t ref, bool is_extern)
{
	return is_extern ? (ref & (REF_INTERNAL | REF_I31)) == REF_INTERNAL : ref_is_object(ref);
}

#endif
