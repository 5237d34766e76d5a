#include "reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "utf8.h"

void reader_fail(struct reader *r, const uint8_t *at, enum engine_error_kind kind, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	r->error->kind = kind;
	r->error->offset = at ? (size_t)(at - r->module) : SIZE_MAX;
	vsnprintf(r->error->message, sizeof(r->error->message), format, args);
	va_end(args);
	longjmp(*r->on_fail, 1);
}

uint64_t reader_leb_slow(struct reader *r, unsigned bits, bool is_signed)
{
	const uint8_t *start = r->p;
	uint64_t value = 0;
	for (unsigned shift = 0;; shift += 7) {
		if (r->p == r->end)
			reader_fail(r, r->p, ENGINE_MALFORMED, "unexpected end");
		uint8_t byte = *r->p++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (shift + 7 >= bits) { /* the last byte that may come */
			unsigned used = bits - shift;
			if (byte & 0x80)
				reader_fail(r, start, ENGINE_MALFORMED, "integer representation too long");
			/* Bits beyond the value must repeat its sign (be zero when unsigned). */
			uint8_t rest = (uint8_t)(byte & 0x7f) >> (is_signed ? used - 1 : used);
			uint8_t ones = (uint8_t)(0x7f >> (is_signed ? used - 1 : used));
			if (rest != 0 && !(is_signed && rest == ones))
				reader_fail(r, start, ENGINE_MALFORMED, "integer too large");
			if (is_signed && byte >> (used - 1) & 1 && bits < 64)
				value |= ~(uint64_t)0 << bits;
			return value;
		}
		if (!(byte & 0x80)) {
			if (is_signed && byte & 0x40)
				value |= ~(uint64_t)0 << (shift + 7);
			return value;
		}
	}
}

uint32_t reader_count(struct reader *r, uint32_t limit, const char *what)
{
	const uint8_t *at = r->p;
	uint32_t n = reader_u32(r);
	if (n > (size_t)(r->end - r->p))
		reader_fail(r, at, ENGINE_MALFORMED, "unexpected end: %u %s announced, %zu bytes left", n, what,
			    (size_t)(r->end - r->p));
	if (n > limit)
		reader_fail(r, at, ENGINE_LIMIT, "too many %s: %u, the limit is %u", what, n, limit);
	return n;
}

const uint8_t *reader_bytes(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;
	if (n > (size_t)(r->end - p))
		reader_fail(r, p, ENGINE_MALFORMED, "unexpected end");
	r->p += n;
	return p;
}

struct span reader_name(struct reader *r)
{
	const uint8_t *at = r->p;
	uint32_t len = reader_u32(r);
	if (len > (size_t)(r->end - r->p))
		reader_fail(r, at, ENGINE_MALFORMED, "length out of bounds");
	struct span name = {reader_bytes(r, len), len};
	const uint8_t *bad = utf8_invalid(name.p, len);
	if (bad)
		reader_fail(r, bad, ENGINE_MALFORMED, "malformed UTF-8 encoding");
	return name;
}
