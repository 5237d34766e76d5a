/* Moves, constants, branches, select, globals. */
#include "handler.h"

H(H_copy)
{
	SLOT(0) = SLOT(1);
	NEXT(2);
}

H(H_copy2)
{
	SLOT(0) = SLOT(1);
	SLOT(2) = SLOT(3);
	NEXT(2);
}

H(H_lea)
{
	SLOT(0) = SLOT_AS(uint32_t, 1) + FIELD32(1);
	NEXT(2);
}

/* f32 is stored with four bytes: reading eight back would stall the store buffer. */
H(H_copy32)
{
	SLOT_AS(uint32_t, 0) = SLOT_AS(uint32_t, 1);
	NEXT(2);
}

H(H_copy128)
{
	SLOT_AS(v128, 0) = SLOT_AS(v128, 1);
	NEXT(2);
}

H(H_set_i)
{
	SLOT(0) = r0;
	NEXT(2);
}

H(H_set_f32)
{
	SLOT_AS(float, 0) = s0;
	NEXT(2);
}

H(H_set_f64)
{
	SLOT_AS(double, 0) = d0;
	NEXT(2);
}

H(H_set_v128)
{
	SLOT_AS(v128, 0) = v0;
	NEXT(2);
}

H(H_move_n)
{
	memmove(&SLOT(0), &SLOT(1), (size_t)FIELD32(1) * sizeof(*sp));
	NEXT(2);
}

H(H_const32)
{
	SLOT(0) = FIELD32(1);
	NEXT(2);
}

H(H_const64)
{
	SLOT(0) = pc[2];
	NEXT(3);
}

H(H_const128)
{
	SLOT_AS(v128, 0) = IMM_v128;
	NEXT(4);
}

H(H_zero1)
{
	SLOT(0) = 0;
	NEXT(2);
}

H(H_zero2)
{
	uint64_t *p = &SLOT(0);
	p[0] = p[1] = 0;
	NEXT(2);
}

H(H_zero4)
{
	uint64_t *p = &SLOT(0);
	p[0] = p[1] = p[2] = p[3] = 0;
	NEXT(2);
}

H(H_zero_n)
{
	uint64_t *p = &SLOT(0), *end = p + FIELD(1);
	do
		*p++ = 0;
	while (p < end);
	NEXT(2);
}

H(H_br)
{
	BRANCH();
}

H(H_br_loop)
{
	BRANCH_LOOP();
}

#define BR_ON(name, cond, take) \
	H(H_##name) \
	{ \
		if (cond) \
			take(); \
		NEXT(2); \
	}
#define BR_ON_ALL(suffix, T) \
	BR_ON(br_if##suffix##_S, SLOT_AS(T, 0), BRANCH) \
	BR_ON(br_if##suffix##_R, (T)r0, BRANCH) \
	BR_ON(br_if##suffix##_loop_S, SLOT_AS(T, 0), BRANCH_LOOP) \
	BR_ON(br_if##suffix##_loop_R, (T)r0, BRANCH_LOOP) \
	BR_ON(br_unless##suffix##_S, !SLOT_AS(T, 0), BRANCH) \
	BR_ON(br_unless##suffix##_R, !(T)r0, BRANCH) \
	BR_ON(br_unless##suffix##_loop_S, !SLOT_AS(T, 0), BRANCH_LOOP) \
	BR_ON(br_unless##suffix##_loop_R, !(T)r0, BRANCH_LOOP)
BR_ON_ALL(, uint32_t)
BR_ON_ALL(64, uint64_t)

#define BR_TABLE(index) \
	uint32_t i = (index), n = FIELD32(1); \
	TAKE_ENTRY(2)

H(H_br_table_S)
{
	BR_TABLE(SLOT_AS(uint32_t, 0));
}

H(H_br_table_R)
{
	BR_TABLE((uint32_t)r0);
}

#define COND_S SLOT_AS(uint32_t, 1)
#define COND_R (uint32_t)r0
#define SELECT_FORM(suffix, T, fc, fd) \
	H(H_select_##suffix##_##fc##fd) \
	{ \
		T a = SLOT_AS(T, 2), b = SLOT_AS(T, 3); \
		PUT_##fd(T, (COND_##fc) ? a : b); \
		NEXT(2); \
	}
#define SELECT_FORMS(suffix, T) \
	SELECT_FORM(suffix, T, S, S) \
	SELECT_FORM(suffix, T, S, R) \
	SELECT_FORM(suffix, T, R, S) \
	SELECT_FORM(suffix, T, R, R)
SELECT_FORMS(i, i64)
SELECT_FORMS(f32, f32)
SELECT_FORMS(f64, f64)
SELECT_FORMS(v128, v128)

#define CELL(T) (*(T *)pc[2])
#define GLOBAL_GET(suffix, T, fd) \
	H(H_global_get_##suffix##_##fd) \
	{ \
		PUT_##fd(T, CELL(T)); \
		NEXT(3); \
	}
GLOBAL_GET(i, i64, S)
GLOBAL_GET(i, i64, R)
GLOBAL_GET(f32, f32, S)
GLOBAL_GET(f32, f32, R)
GLOBAL_GET(f64, f64, S)
GLOBAL_GET(f64, f64, R)
GLOBAL_GET(v128, v128, S)
GLOBAL_GET(v128, v128, R)

#define GLOBAL_ADD(fd) \
	H(H_global_get_add_##fd) \
	{ \
		PUT_##fd(i32, CELL(uint32_t) + FIELD32(1)); \
		NEXT(3); \
	} \
	H(H_global_add_##fd) \
	{ \
		PUT_##fd(i32, CELL(uint32_t) + FIELD32(1)); \
		CELL(uint64_t) = r0; \
		NEXT(3); \
	}
GLOBAL_ADD(S)
GLOBAL_ADD(R)

H(H_global_set_sum)
{
	r0 = SLOT_AS(uint32_t, 1) + FIELD32(1);
	CELL(uint64_t) = r0;
	NEXT(3);
}

H(H_global_set_i_S)
{
	CELL(uint64_t) = SLOT(1);
	NEXT(3);
}

H(H_global_set_i_R)
{
	CELL(uint64_t) = r0;
	NEXT(3);
}

H(H_global_set_f32_R)
{
	CELL(float) = s0;
	NEXT(3);
}

H(H_global_set_f64_R)
{
	CELL(double) = d0;
	NEXT(3);
}

H(H_global_set_v128_S)
{
	CELL(v128) = SLOT_AS(v128, 1);
	NEXT(3);
}

H(H_global_set_v128_R)
{
	CELL(v128) = v0;
	NEXT(3);
}

#define ROTL(fd) \
	H(H_i32x4_rotl_S##fd) \
	{ \
		u32x4 a = (u32x4)SLOT_AS(v128, 1); \
		uint32_t n = FIELD(2); \
		PUT_##fd(v128, (v128)(a << n | a >> (32 - n))); \
		NEXT(2); \
	}
ROTL(S)
ROTL(R)

/* The limit was passed at a loop head: somebody wants something, or wanted it and has been served already. */
H(poll_slow)
{
	if (trap_poll(x, pc, sp) == POLL_INTERRUPTED)
		TRAP_NOW(interrupted);
	DISPATCH();
}

/* At a function's entry and at loop heads, if there is fuel to count. */
H(H_fuel)
{
	if (unlikely(!x->fuel))
		TRAP_NOW(fuel);
	x->fuel--;
	NEXT(2);
}
