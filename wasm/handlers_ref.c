/* Tests and casts of references. */
#include "handler.h"
#include "ref.h"

H(H_ref_test_S)
{
	PUT_S(i32, ref_matches(SLOT(1), (engine_type_t)pc[2]));
	NEXT(3);
}

H(H_ref_test_R)
{
	PUT_R(i32, ref_matches(SLOT(1), (engine_type_t)pc[2]));
	NEXT(3);
}

/* Without a call: languages with garbage collection cast all the time. */
#define IS_OBJECT \
	({ \
		uint64_t ref_ = SLOT(1); \
		likely(ref_is_object(ref_)) ? deftype_matches(ref_object_type(ref_), (const struct deftype *)pc[2]) \
					    : !ref_ && FIELD(2); \
	})

H(H_ref_test_object_S)
{
	PUT_S(i32, IS_OBJECT);
	NEXT(3);
}

H(H_ref_test_object_R)
{
	PUT_R(i32, IS_OBJECT);
	NEXT(3);
}

H(H_ref_cast_object)
{
	if (unlikely(!IS_OBJECT))
		TRAP_NOW(cast_failure);
	NEXT(3);
}

H(H_ref_cast)
{
	if (unlikely(!ref_matches(SLOT(1), (engine_type_t)pc[2])))
		TRAP_NOW(cast_failure);
	NEXT(3);
}

H(H_ref_as_non_null_S)
{
	if (unlikely(!SLOT(1)))
		TRAP_NOW(null_reference);
	NEXT(2);
}

H(H_ref_as_non_null_R)
{
	if (unlikely(!r0))
		TRAP_NOW(null_reference);
	NEXT(2);
}
