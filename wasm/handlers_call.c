/* Calls and returns.
 *
 * A frame begins with the parameters, which the caller has put at the top of its own frame; after them comes the link: the
 * return address and the caller's frame. Locals and operands follow. Results are returned in the frame's first slots, where
 * the caller expects its operands. A single result goes to the caller's slot that the word behind the call names, and is in
 * its accumulator, too. */
#include "fault.h"
#include "handlers_call.h"

H(H_call)
{
	ENTER(pc[2], 3);
}

#define CALL_WITH(name, place, words) \
	H(H_##name) \
	{ \
		CHECK_FRAME(); \
		place; \
		ENTER_CHECKED(pc[(words)-1], words); \
	}
CALL_WITH(call_copy, SLOT(2) = SLOT(3), 3)
CALL_WITH(call_copy2, (SLOT(4) = SLOT(5), SLOT(6) = SLOT(7)), 4)
CALL_WITH(call_const, SLOT(2) = pc[2], 4)

H(H_call_load)
{
	CHECK_FRAME();
	const uint8_t *p = mem + SLOT(3) + pc[2];
	PIN_REGISTERS(pc, sp);
	uint32_t value;
	memcpy(&value, p, sizeof(value));
	PIN_REGISTERS(pc, sp);
	SLOT(2) = value;
	ENTER_CHECKED(pc[3], 4);
}

/* pc becomes opaque behind the check: what was computed for it would cost a register that a handler has to save. */
#define CALL_INDIRECT(i, place, words) \
	CHECK_FRAME(); \
	pc = PLAIN(pc); \
	uint64_t index = (i); \
	place; \
	const engine_table_t *table = (const engine_table_t *)pc[2]; \
	const struct call_target *target = &((const engine_instance_t *)pc[(words)-1])->targets[index % CALL_TARGETS]; \
	if (unlikely(index >= table->size || table->elems[index] != target->func || (uint64_t)target->type != pc[3])) { \
		r0 = index; \
		TAIL(call_indirect_slow); \
	} \
	uint64_t *frame = &SLOT(0); \
	uint64_t *link = PLAIN(frame + FIELD(1)); \
	link[0] = (uint64_t)(pc + (words)); \
	link[1] = (uint64_t)sp; \
	sp = frame; \
	pc = target->code; \
	DISPATCH_TO(target->first)

H(H_call_indirect_S)
{
	CALL_INDIRECT(SLOT(2), , 5);
}

H(H_call_indirect_R)
{
	CALL_INDIRECT(r0, , 5);
}

H(H_call_indirect_copy2_R)
{
	CALL_INDIRECT(r0, (SLOT(12) = SLOT(13), SLOT(14) = SLOT(15)), 6);
}

#define RETURN() \
	do { \
		const uint64_t *link = PLAIN(&SLOT(0)); \
		pc = (const uint64_t *)link[0]; \
		sp = (uint64_t *)link[1]; \
		DISPATCH(); \
	} while (0)

H(H_return_void)
{
	RETURN();
}

#define LEAVE() (r0 = SLOT_AS(uint32_t, 1) + FIELD32(1), *(uint64_t *)pc[2] = r0)
H(H_leave_void)
{
	LEAVE();
	RETURN();
}

H(H_leave_i_S)
{
	LEAVE();
	RETURN_VALUE(i64, sp[pc[3] >> 32]);
}

H(H_leave_i_C)
{
	LEAVE();
	RETURN_VALUE(i64, pc[3] >> 32);
}

#define RETURN_FORM(name, T, value) \
	H(H_##name) \
	{ \
		RETURN_VALUE(T, value); \
	}
RETURN_FORM(return_i_S, i64, SLOT(1))
RETURN_FORM(return_i_R, i64, r0)
RETURN_FORM(return_i_C, i64, FIELD32(1))
RETURN_FORM(return_f32_S, f32, SLOT_AS(float, 1))
RETURN_FORM(return_f32_R, f32, s0)
RETURN_FORM(return_f64_S, f64, SLOT_AS(double, 1))
RETURN_FORM(return_f64_R, f64, d0)
RETURN_FORM(return_v128_S, v128, SLOT_AS(v128, 1))
RETURN_FORM(return_v128_R, v128, v0)

/* Many results may lie over the link: read it first. */
H(H_return_n)
{
	const uint64_t *link = PLAIN(&SLOT(0)), *results = &SLOT(1);
	uint64_t *frame = sp;
	uint32_t n = FIELD32(1);
	pc = (const uint64_t *)link[0];
	sp = (uint64_t *)link[1];
	memmove(frame, results, n * sizeof(*frame));
	DISPATCH();
}
