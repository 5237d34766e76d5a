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
