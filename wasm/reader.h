/* Reading the binary format. Every failure leaves through reader_fail, which does not return: nobody continues with
 * half-read input. */
#ifndef WASIWARD_READER_H
#define WASIWARD_READER_H

#include <setjmp.h>

#include "module.h"

struct reader {
	const uint8_t *p, *end;
	const uint8_t *module; /* offset 0, for errors */
	jmp_buf *on_fail;
	struct engine_error *error;
};

_Noreturn void reader_fail(struct reader *r, const uint8_t *at, enum engine_error_kind kind, const char *format, ...)
	__attribute__((format(printf, 4, 5), cold));

/* Unsigned and signed LEB128 of at most bits bits. */
uint64_t reader_leb_slow(struct reader *r, unsigned bits, bool is_signed);

static inline uint8_t reader_byte(struct reader *r)
{
	if (r->p == r->end)
		reader_fail(r, r->p, ENGINE_MALFORMED, "unexpected end");
	return *r->p++;
}

static inline uint32_t reader_u32(struct reader *r)
{
	if (r->p < r->end && *r->p < 0x80)
		return *r->p++;
	return (uint32_t)reader_leb_slow(r, 32, false);
}

static inline uint64_t reader_u64(struct reader *r)
{
	return reader_leb_slow(r, 64, false);
}

static inline int32_t reader_s32(struct reader *r)
{
	if (r->p < r->end && *r->p < 0x40)
		return *r->p++;
	return (int32_t)reader_leb_slow(r, 32, true);
}

static inline int64_t reader_s33(struct reader *r)
{
	return (int64_t)reader_leb_slow(r, 33, true);
}

static inline int64_t reader_s64(struct reader *r)
{
	return (int64_t)reader_leb_slow(r, 64, true);
}

/* A count of things of at least one byte each, so that no count can ask for more memory than the file has bytes. */
uint32_t reader_count(struct reader *r, uint32_t limit, const char *what);

/* n bytes, borrowed. */
const uint8_t *reader_bytes(struct reader *r, size_t n);

/* A name: length and valid UTF-8. */
struct span reader_name(struct reader *r);

/* decode_types.c: types, with concrete references in their canonical numbers. */
engine_type_t reader_valtype(struct reader *r, const engine_module_t *module);
engine_type_t reader_reftype(struct reader *r, const engine_module_t *module);
/* A heap type, as the nullable reference to it. */
engine_type_t reader_heaptype(struct reader *r, const engine_module_t *module);
/* The index of a defined type of a kind. */
uint32_t reader_type_index(struct reader *r, const engine_module_t *module, enum deftype_kind kind);
/* The type section. */
void reader_types(struct reader *r, engine_module_t *module);

/* constexpr.c: checks a constant expression of the given type and moves past it. globals: how many globals it may name.
 * Functions named by ref.func are marked as declared. */
void constexpr_check(struct reader *r, engine_module_t *module, engine_type_t type, uint32_t globals);

#endif
