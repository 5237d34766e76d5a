#include "text_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_NUMBER = 128 };

_Noreturn static void not_a_number(struct text *t, size_t at, size_t len)
{
	text_fail(t, at, "unknown operator %.*s: expected a number", (int)(len < 80 ? len : 80), t->source + at);
}

static bool is_digit(char c, bool hex)
{
	return (c >= '0' && c <= '9') || (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
}

static unsigned digit_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* Length of the digits at p: single underscores may stand between two of them. */
static size_t digits(const char *p, size_t len, bool hex)
{
	size_t n = 0;
	while (n < len && (is_digit(p[n], hex) || (p[n] == '_' && n > 0 && p[n - 1] != '_')))
		n++;
	return n > 0 && p[n - 1] == '_' ? n - 1 : n;
}

static bool has_hex_prefix(const char *p, size_t len)
{
	return len > 2 && p[0] == '0' && p[1] == 'x';
}

/* Reads digits, all of len. False if they are none; *ret_fits says whether the value fits 64 bits. */
static bool magnitude(const char *p, size_t len, uint64_t *ret_value, bool *ret_fits)
{
	bool hex = has_hex_prefix(p, len);
	unsigned base = hex ? 16 : 10;
	p += hex ? 2 : 0;
	len -= hex ? 2 : 0;
	if (len == 0 || digits(p, len, hex) != len)
		return false;
	*ret_value = 0;
	*ret_fits = true;
	for (size_t i = 0; i < len; i++)
		if (p[i] != '_' && (__builtin_mul_overflow(*ret_value, base, ret_value) ||
				    __builtin_add_overflow(*ret_value, digit_value(p[i]), ret_value)))
			*ret_fits = false;
	return true;
}

static uint64_t ones(unsigned bits)
{
	return ~UINT64_C(0) >> (64 - bits);
}

uint64_t text_natural_at(struct text *t, size_t at, size_t len, unsigned bits)
{
	uint64_t value;
	bool fits;
	if (!magnitude(t->source + at, len, &value, &fits))
		not_a_number(t, at, len);
	if (!fits || value > ones(bits))
		text_fail(t, at, "i%u constant out of range", bits);
	return value;
}

bool token_is_natural(const struct text *t, const struct token *token)
{
	uint64_t value;
	bool fits;
	return token->kind == TOKEN_NUMBER && magnitude(t->source + token->at, token->len, &value, &fits);
}

/* The next token, which begins like a number, or like the words that are floats. */
static const struct token *take_number(struct text *t, bool words)
{
	const struct token *token = text_peek(t);
	bool word = words && token->kind == TOKEN_KEYWORD &&
		    (token_is_word(t, token, "inf") || token_is_word(t, token, "nan") ||
		     (token->len > 6 && memcmp(t->source + token->at, "nan:0x", 6) == 0));
	if (token->kind != TOKEN_NUMBER && !word)
		text_unexpected(t, "a number");
	t->pos++;
	return token;
}

uint64_t text_natural(struct text *t, unsigned bits)
{
	if (text_is(t, TOKEN_NUMBER) && strchr("+-", t->source[text_peek(t)->at]))
		text_unexpected(t, "a number without sign");
	const struct token *token = take_number(t, false);
	return text_natural_at(t, token->at, token->len, bits);
}

uint64_t text_integer(struct text *t, unsigned bits)
{
	const struct token *token = take_number(t, false);
	const char *p = t->source + token->at;
	bool sign = *p == '-' || *p == '+', fits;
	uint64_t value;
	if (!magnitude(p + sign, token->len - sign, &value, &fits))
		not_a_number(t, token->at, token->len);
	/* Of -N, N may be one more than of a signed number; +N may use all bits, as N may. */
	if (!fits || value > (*p == '-' ? UINT64_C(1) << (bits - 1) : ones(bits)))
		text_fail(t, token->at, "constant out of range: not an i%u", bits);
	return (*p == '-' ? 0 - value : value) & ones(bits);
}

/* ---- floats ---- */

/* Whether p is a float: digits [. [digits]] [exponent]. */
static bool is_float(const char *p, size_t len)
{
	bool hex = has_hex_prefix(p, len);
	size_t at = hex ? 2 : 0, n = digits(p + at, len - at, hex);
	if (n == 0)
		return false;
	at += n;
	if (at < len && p[at] == '.') {
		at++;
		at += digits(p + at, len - at, hex);
	}
	if (at < len && (p[at] | 0x20) == (hex ? 'p' : 'e')) {
		at++;
		if (at < len && (p[at] == '+' || p[at] == '-'))
			at++;
		n = digits(p + at, len - at, false);
		if (n == 0)
			return false;
		at += n;
	}
	return at == len;
}

/* The number's bits without its sign, for a type of so many fraction bits. The C library rounds correctly; underscores
 * are taken out for it. */
static uint64_t finite_bits(struct text *t, const struct token *token, const char *p, size_t len,
			    unsigned fraction_bits)
{
	char small[SHORT_NUMBER], *copy = small;
	if (!is_float(p, len))
		not_a_number(t, token->at, token->len);
	if (len >= sizeof(small) && !(copy = pool_alloc(&t->pool, len + 1, 1)))
		text_no_memory(t);
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		if (p[i] != '_')
			copy[n++] = p[i];
	copy[n] = 0;
	union {
		float f;
		uint32_t bits;
	} single = {.bits = 0};
	union {
		double f;
		uint64_t bits;
	} wide = {.bits = 0};
	if (fraction_bits == 23)
		single.f = strtof(copy, NULL);
	else
		wide.f = strtod(copy, NULL);
	if (fraction_bits == 23 ? isinf(single.f) : isinf(wide.f))
		text_fail(t, token->at, "constant out of range");
	return fraction_bits == 23 ? single.bits : wide.bits;
}

/* Bits of a float with the given number of fraction bits and all bits of the exponent set in `exponent`. */
static uint64_t read_float(struct text *t, unsigned fraction_bits, uint64_t exponent)
{
	const struct token *token = take_number(t, true);
	const char *p = t->source + token->at;
	bool sign = *p == '-' || *p == '+';
	uint64_t bits = *p == '-' ? exponent + (UINT64_C(1) << fraction_bits) : 0; /* the sign is the bit above */
	size_t len = token->len - sign;
	p += sign;
	if (len == 3 && memcmp(p, "inf", 3) == 0)
		return bits | exponent;
	if (len == 3 && memcmp(p, "nan", 3) == 0)
		return bits | exponent | UINT64_C(1) << (fraction_bits - 1);
	if (len > 6 && memcmp(p, "nan:0x", 6) == 0) {
		uint64_t payload;
		bool fits;
		if (!magnitude(p + 4, len - 4, &payload, &fits))
			not_a_number(t, token->at, token->len);
		if (!fits || payload == 0 || payload > ones(fraction_bits))
			text_fail(t, token->at, "constant out of range: a NaN's payload");
		return bits | exponent | payload;
	}
	return bits | finite_bits(t, token, p, len, fraction_bits);
}

uint32_t text_f32(struct text *t)
{
	return (uint32_t)read_float(t, 23, 0x7f800000);
}

uint64_t text_f64(struct text *t)
{
	return read_float(t, 52, UINT64_C(0x7ff0000000000000));
}

/* ---- vectors ---- */

bool text_shape(struct text *t, unsigned *ret_log2_bytes, bool *ret_float)
{
	static const struct {
		const char *name;
		unsigned log2_bytes;
		bool is_float;
	} shapes[] = {{"i8x16", 0, false}, {"i16x8", 1, false}, {"i32x4", 2, false},
		      {"i64x2", 3, false}, {"f32x4", 2, true},	{"f64x2", 3, true}};
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (text_accept_word(t, shapes[i].name)) {
			*ret_log2_bytes = shapes[i].log2_bytes;
			*ret_float = shapes[i].is_float;
			return true;
		}
	return false;
}

void text_v128(struct text *t, uint8_t ret_bytes[16])
{
	unsigned log2_bytes, bytes;
	bool is_float;
	if (!text_shape(t, &log2_bytes, &is_float))
		text_unexpected(t, "a shape such as i32x4");
	bytes = 1u << log2_bytes;
	for (unsigned i = 0; i < 16; i += bytes) {
		if (!text_is(t, TOKEN_NUMBER) && !text_is(t, TOKEN_KEYWORD) && !text_is(t, TOKEN_RESERVED))
			text_fail(t, text_peek(t)->at, "wrong number of lane literals");
		uint64_t lane = !is_float ? text_integer(t, 8 * bytes) : bytes == 4 ? text_f32(t) : text_f64(t);
		for (unsigned k = 0; k < bytes; k++)
			ret_bytes[i + k] = (uint8_t)(lane >> 8 * k);
	}
}
