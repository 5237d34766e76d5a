/* Literals of the text format. Each function takes the next token and fails with "unknown operator" if it is no number
 * of the wanted form, with "constant out of range" if the type cannot hold it. */
#ifndef WASIWARD_TEXT_NUMBER_H
#define WASIWARD_TEXT_NUMBER_H

#include "text_lex.h"

/* A number without sign of at most bits (1 to 64) bits. */
uint64_t text_natural(struct text *t, unsigned bits);

/* The same from the middle of the source (a memory argument's value); what names it in errors. */
uint64_t text_natural_at(struct text *t, size_t at, size_t len, unsigned bits);

/* True if the token is a number without sign, as indices are. */
bool token_is_natural(const struct text *t, const struct token *token);

/* An integer of bits (8, 16, 32, 64) bits, signed or unsigned as it is written; upper bits of the result are zero. */
uint64_t text_integer(struct text *t, unsigned bits);

/* The bits of a float: decimal or hexadecimal, inf, nan, nan:0x…. Rounded to nearest, ties to even. */
uint32_t text_f32(struct text *t);
uint64_t text_f64(struct text *t);

/* A shape and its lanes, as they follow v128.const. */
void text_v128(struct text *t, uint8_t ret_bytes[16]);

/* A shape: log2 of the bytes of a lane, and whether lanes are floats. False if the next token is none; else it is
 * taken. */
bool text_shape(struct text *t, unsigned *ret_log2_bytes, bool *ret_float);

#endif
