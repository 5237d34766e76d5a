/* The forms of SIMD handlers, made of an instruction's EXPR_<name>: an expression in a, b and c, which are v128 (or the
 * scalar of a splat or shift). Files that include this are compiled twice on x86-64: for every machine, and with SSE4.1,
 * where the handlers have names of their own; handlers.c chooses. */
#ifndef WASIWARD_HANDLERS_SIMD_H
#define WASIWARD_HANDLERS_SIMD_H

#include "handler.h"
#include "lanes.h"

#define VBIN_FORM(name, fa, fb, fd) \
	H(HANDLER(name##_##fa##fb##fd)) \
	{ \
		v128 a = A_##fa(v128), b = B_##fb(v128); \
		PUT_##fd(v128, (EXPR_##name)); \
		NEXT(WORDS_##fb(v128)); \
	}
#define VBIN_FORMS(name, fa, fb) \
	VBIN_FORM(name, fa, fb, S) \
	VBIN_FORM(name, fa, fb, R)
#define DEFINE_VBINC(name, res, arg, extra) \
	VBIN_FORMS(name, S, S) \
	VBIN_FORMS(name, S, C) \
	VBIN_FORMS(name, R, S) \
	VBIN_FORMS(name, R, C)
#define DEFINE_VBIN(name, res, arg, extra) \
	DEFINE_VBINC(name, res, arg, extra) \
	VBIN_FORMS(name, S, R)

#define VUN_FORM(name, res, arg, fa, fd) \
	H(HANDLER(name##_##fa##fd)) \
	{ \
		arg a = A_##fa(arg); \
		PUT_##fd(res, (EXPR_##name)); \
		NEXT(2); \
	}
#define DEFINE_VUN(name, res, arg, extra) \
	VUN_FORM(name, res, arg, S, S) \
	VUN_FORM(name, res, arg, S, R) \
	VUN_FORM(name, res, arg, R, S) \
	VUN_FORM(name, res, arg, R, R)

#define C_S(T) SLOT_AS(T, 3)
#define C_R(T) ACC_##T
#define VTERN_FORM(name, fa, fb, fc, fd) \
	H(HANDLER(name##_##fa##fb##fc##fd)) \
	{ \
		v128 a = A_##fa(v128), b = B_##fb(v128), c = C_##fc(v128); \
		PUT_##fd(v128, (EXPR_##name)); \
		NEXT(2); \
	}
#define VTERN_FORMS(name, fa, fb, fc) \
	VTERN_FORM(name, fa, fb, fc, S) \
	VTERN_FORM(name, fa, fb, fc, R)
#define DEFINE_VTERN(name, res, arg, extra) \
	VTERN_FORMS(name, S, S, S) \
	VTERN_FORMS(name, R, S, S) \
	VTERN_FORMS(name, S, R, S) \
	VTERN_FORMS(name, S, S, R)

#define VSHIFT_FORM(name, fa, fb, fd) \
	H(HANDLER(name##_##fa##fb##fd)) \
	{ \
		v128 a = A_##fa(v128); \
		uint32_t b = B_##fb(i32); \
		PUT_##fd(v128, (EXPR_##name)); \
		NEXT(2); \
	}
#define VSHIFT_FORMS(name, fa, fb) \
	VSHIFT_FORM(name, fa, fb, S) \
	VSHIFT_FORM(name, fa, fb, R)
#define DEFINE_VSHIFT(name, res, arg, extra) \
	VSHIFT_FORMS(name, S, S) \
	VSHIFT_FORMS(name, S, C) \
	VSHIFT_FORMS(name, R, S) \
	VSHIFT_FORMS(name, R, C)

/* [dst][a][b] {lane numbers, 16 bytes} */
#define VSHUFFLE_FORM(name, fa, fb, fd) \
	H(HANDLER(name##_##fa##fb##fd)) \
	{ \
		v128 a = A_##fa(v128), b = B_##fb(v128); \
		PUT_##fd(v128, lanes_shuffle(a, b, *(const v128 *)(pc + 2))); \
		NEXT(4); \
	}
#define VSHUFFLE_FORMS(name, fa, fb) \
	VSHUFFLE_FORM(name, fa, fb, S) \
	VSHUFFLE_FORM(name, fa, fb, R)
#define DEFINE_VSHUFFLE(name, res, arg, extra) \
	VSHUFFLE_FORMS(name, S, S) \
	VSHUFFLE_FORMS(name, R, S) \
	VSHUFFLE_FORMS(name, S, R)

/* [dst][a][-][lane]. From its slot a lane is one load. */
#define VEXTRACT_FORM(name, res, T, fd) \
	H(HANDLER(name##_S##fd)) \
	{ \
		T lane = ((const T *)&SLOT(1))[FIELD(3)]; \
		PUT_##fd(res, lane); \
		NEXT(2); \
	}
#define DEFINE_VEXTRACT(name, res, arg, extra) \
	VEXTRACT_FORM(name, res, extra, S) \
	VEXTRACT_FORM(name, res, extra, R)

/* [dst][a][b][lane] */
#define VREPLACE_FORM(name, arg, T, fa, fb, fd) \
	H(HANDLER(name##_##fa##fb##fd)) \
	{ \
		v128 a = A_##fa(v128); \
		T b = (T)B_##fb(arg); \
		PUT_##fd(v128, LANES_REPLACE(T, a, FIELD(3), b)); \
		NEXT(2); \
	}
#define VREPLACE_FORMS(name, arg, T, fa, fb) \
	VREPLACE_FORM(name, arg, T, fa, fb, S) \
	VREPLACE_FORM(name, arg, T, fa, fb, R)
#define DEFINE_VREPLACE(name, res, arg, extra) \
	VREPLACE_FORMS(name, arg, extra, S, S) \
	VREPLACE_FORMS(name, arg, extra, S, R) \
	VREPLACE_FORMS(name, arg, extra, R, S) \
	VREPLACE_FORMS(name, arg, extra, R, R)

/* A file says with ROWS_int and ROWS_float which rows are its own, and includes select_rows.h. */
#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(name, res, arg, extra)
#define SELECT_VUN(name, res, arg, extra) ROWS_##extra(DEFINE_VUN, name, res, arg, extra)
#define SELECT_VBINC(name, res, arg, extra) ROWS_##extra(DEFINE_VBINC, name, res, arg, extra)
#define SELECT_VBIN(name, res, arg, extra) ROWS_##extra(DEFINE_VBIN, name, res, arg, extra)
#define SELECT_VTERN(name, res, arg, extra) ROWS_##extra(DEFINE_VTERN, name, res, arg, extra)
#define SELECT_VSHIFT(name, res, arg, extra) ROWS_int(DEFINE_VSHIFT, name, res, arg, extra)
#define SELECT_VSHUFFLE(name, res, arg, extra) ROWS_int(DEFINE_VSHUFFLE, name, res, arg, extra)
#define SELECT_VEXTRACT(name, res, arg, extra) ROWS_int(DEFINE_VEXTRACT, name, res, arg, extra)
#define SELECT_VREPLACE(name, res, arg, extra) ROWS_int(DEFINE_VREPLACE, name, res, arg, extra)

#endif
