/* How a call enters code, for calls of all kinds. */
#ifndef WASIWARD_HANDLERS_CALL_H
#define WASIWARD_HANDLERS_CALL_H

#include "handler.h"

/* Enters code: new frame at slot field 0, link at slot field 1 of it. pc is where to return to. Whoever changes r0 before it
 * checks the limit before that, because call_slow may come back to the same instruction. */
#define CHECK_FRAME() \
	do { \
		if (unlikely(&SLOT(0) > LIMIT())) \
			TAIL(call_slow); \
	} while (0)
#define ENTER(code, words) \
	do { \
		CHECK_FRAME(); \
		ENTER_CHECKED(code, words); \
	} while (0)
#define ENTER_CHECKED(code, words) \
	do { \
		uint64_t *frame = &SLOT(0); \
		uint64_t *link = PLAIN(frame + FIELD(1)); \
		link[0] = (uint64_t)(pc + (words)); \
		link[1] = (uint64_t)sp; \
		sp = frame; \
		pc = (const uint64_t *)(code); \
		DISPATCH(); \
	} while (0)

handler_fn call_slow, call_indirect_slow; /* handlers_foreign.c */

#endif
