#include "ref.h"

#include "runtime.h"

/* The kind of defined type whose values the object is one of. */
static bool is_object_of(uint64_t ref, enum deftype_kind kind)
{
	return ref_is_object(ref) && ref_object_type(ref)->kind == kind;
}

bool ref_matches(uint64_t ref, engine_type_t type)
{
	if (!ref)
		return !(type & ENGINE_NON_NULL);
	switch ((uint8_t)type) {
	case ENGINE_ANYREF:
	case ENGINE_EXTERNREF:
	case ENGINE_FUNCREF:
	case ENGINE_EXNREF:
		return true;
	case ENGINE_EQREF:
		return !(ref & REF_HOST);
	case ENGINE_I31REF:
		return ref & REF_I31;
	case ENGINE_STRUCTREF:
		return is_object_of(ref, DEFTYPE_STRUCT);
	case ENGINE_ARRAYREF:
		return is_object_of(ref, DEFTYPE_ARRAY);
	case ENGINE_REF: {
		const struct deftype *def = deftype_of(type);
		if (def->kind == DEFTYPE_FUNC)
			return deftype_matches(deftype_of_func(((const engine_func_t *)ref)->type), def);
		return ref_is_object(ref) && deftype_matches(ref_object_type(ref), def);
	}
	default: /* the bottom of a hierarchy has no values but null */
		return false;
	}
}

bool engine_ref_matches(union engine_value ref, engine_type_t type)
{
	return ref_matches(ref.bits, type);
}

union engine_value engine_ref_i31(uint32_t bits)
{
	return (union engine_value){.bits = ref_i31(bits)};
}

int32_t engine_ref_i31_signed(union engine_value ref)
{
	return (int32_t)ref_i31_signed(ref.bits);
}

union engine_value engine_ref_host(void *external)
{
	return (union engine_value){.bits = ref_any_of_extern((uint64_t)external)};
}
