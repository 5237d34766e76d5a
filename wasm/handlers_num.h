/* The forms of numeric handlers. DEFINE_<class>(name, result type, operand type) makes all handlers of an instruction from
 * its EXPR_<name>, an expression in a and b. */
#ifndef WASIWARD_HANDLERS_NUM_H
#define WASIWARD_HANDLERS_NUM_H

#include "handler.h"

#define BIN_FORM(name, res, arg, fa, fb, fd, words) \
	H(H_##name##_##fa##fb##fd) \
	{ \
		arg a = A_##fa(arg), b = B_##fb(arg); \
		PUT_##fd(res, (EXPR_##name)); \
		NEXT(words); \
	}
#define BIN_FORMS(name, res, arg, fa, fb, words) \
	BIN_FORM(name, res, arg, fa, fb, S, words) \
	BIN_FORM(name, res, arg, fa, fb, R, words)

#define DEFINE_BINC(name, res, arg) \
	BIN_FORMS(name, res, arg, S, S, 2) \
	BIN_FORMS(name, res, arg, S, C, WORDS_C(arg)) \
	BIN_FORMS(name, res, arg, R, S, 2) \
	BIN_FORMS(name, res, arg, R, C, WORDS_C(arg))
/* With the constant on the left, the slot on the right is in field 1: fields 2 and 3 hold the constant. */
#define B_s(arg) SLOT_AS(arg, 1)
#define BIN_FORM_C(name, res, arg, fb, read, fd) \
	H(H_##name##_C##fb##fd) \
	{ \
		arg a = A_C(arg), b = read(arg); \
		PUT_##fd(res, (EXPR_##name)); \
		NEXT(WORDS_C(arg)); \
	}
#define DEFINE_BIN(name, res, arg) \
	DEFINE_BINC(name, res, arg) \
	BIN_FORMS(name, res, arg, S, R, 2) \
	BIN_FORM_C(name, res, arg, S, B_s, S) \
	BIN_FORM_C(name, res, arg, S, B_s, R) \
	BIN_FORM_C(name, res, arg, R, B_R, S) \
	BIN_FORM_C(name, res, arg, R, B_R, R)

#define UN_FORM(name, res, arg, fa, fd) \
	H(H_##name##_##fa##fd) \
	{ \
		arg a = A_##fa(arg); \
		PUT_##fd(res, (EXPR_##name)); \
		NEXT(2); \
	}
#define DEFINE_UN(name, res, arg) \
	UN_FORM(name, res, arg, S, S) \
	UN_FORM(name, res, arg, S, R) \
	UN_FORM(name, res, arg, R, S) \
	UN_FORM(name, res, arg, R, R)

/* Branches: a in field 0, b in field 1 or in the third word. */
#define BR_A_S(T) SLOT_AS(T, 0)
#define BR_A_R(T) ACC_##T
#define BR_B_S(T) SLOT_AS(T, 1)
#define BR_B_C(T) (*(const T *)(pc + 2))
#define BR_WORDS_S 2
#define BR_WORDS_C 3
#define BR_FORM(prefix, name, arg, fa, fb, take, not) \
	H(H_##prefix##name##_##fa##fb) \
	{ \
		arg a = BR_A_##fa(arg), b = BR_B_##fb(arg); \
		if (not(EXPR_##name)) \
			take(); \
		NEXT(BR_WORDS_##fb); \
	}
#define BR_FORMS(prefix, name, arg, take, not) \
	BR_FORM(prefix, name, arg, S, S, take, not) \
	BR_FORM(prefix, name, arg, S, C, take, not) \
	BR_FORM(prefix, name, arg, R, S, take, not) \
	BR_FORM(prefix, name, arg, R, C, take, not)

#define DEFINE_CMPI(name, res, arg) \
	DEFINE_BINC(name, res, arg) \
	BR_FORMS(br_, name, arg, BRANCH, ) \
	BR_FORMS(br_loop_, name, arg, BRANCH_LOOP, )
#define DEFINE_CMPF(name, res, arg) \
	DEFINE_CMPI(name, res, arg) \
	BR_FORMS(brn_, name, arg, BRANCH, !) \
	BR_FORMS(brn_loop_, name, arg, BRANCH_LOOP, !)

#endif
