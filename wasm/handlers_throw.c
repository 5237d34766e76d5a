/* Throwing. Where it goes on is up to unwind.c. */
#include "handler.h"
#include "heap.h"
#include "shown.h"

/* Continues at the handler that was found, or leaves the interpreter. */
#define LAND(kind) \
	do { \
		int kind_ = (kind); \
		if (unlikely(kind_ != ENGINE_OK)) \
			return kind_; \
		pc = x->landing.pc; \
		sp = x->landing.sp; \
		mem = x->landing.mem; \
		if (unlikely(x->shown != NULL)) \
			shown_return(x->shown, sp); \
		DISPATCH(); \
	} while (0)

H(H_throw)
{
	LAND(unwind_throw(x, pc, sp, (const engine_tag_t *)pc[2], &SLOT(0)));
}

H(H_throw_ref)
{
	struct exception *exception = (struct exception *)SLOT(0);
	if (unlikely(!exception))
		TRAP_NOW(null_exception);
	LAND(unwind_rethrow(x, pc, sp, exception));
}

/* An exception that a host function threw, or let pass: pc is within the call, sp the calling frame. */
H(host_threw)
{
	heap_poll(x, pc, sp);
	LAND(unwind_rethrow(x, pc, sp, x->exception));
}
