/* Handlers that execute several instructions, one behind the other (chains.def). They are put together from the bodies of the
 * handlers that there are, so nothing has to be written for them; what they save is the way from one handler to the next.
 *
 * No calls and returns: processors predict where those go better if all of a kind jump from one place (fib takes a quarter longer
 * with them). */
#define WASIWARD_BODIES
#include "handlers_float.c"
#include "handlers_flow.c"
#include "handlers_int.c"
#include "handlers_memory.c"
#include "handlers_unary.c"

#define JUMP(fn) MUSTTAIL return (fn)(r.pc, r.sp, r.mem, r.r0, x, r.d0, r.s0, r.v0)
/* A barrier between instructions: compilers would otherwise keep several values of pc, and load operands of all at the beginning,
 * for which there are not enough registers. */
#define DO(name) \
	switch (H_##name##_body(r.pc, r.sp, r.mem, r.r0, x, r.d0, r.s0, r.v0, &r, &fn)) { \
	case WAY_NEXT: \
		__asm__ volatile("" : "+r"(r.pc) : : "memory"); \
		break; \
	case WAY_PC: \
		JUMP((handler_fn *)r.pc[0]); \
	case WAY_FN: \
		JUMP(fn); \
	}
#define CHAIN(name, ...) \
	IN_HANDLER_SECTION int H_##name(HANDLER_PARAMS) \
	{ \
		struct registers r = REGISTERS; \
		handler_fn *fn; \
		__VA_ARGS__ \
		JUMP((handler_fn *)r.pc[0]); \
	}
#define CHAIN2(a, b) CHAIN(a##__##b, DO(a) DO(b))
#define CHAIN3(a, b, c) CHAIN(a##__##b##__##c, DO(a) DO(b) DO(c))
#define CHAIN4(a, b, c, d) CHAIN(a##__##b##__##c##__##d, DO(a) DO(b) DO(c) DO(d))
#include "chains.def"
