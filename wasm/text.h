/* The assembler: modules in the text format become modules in the binary one. What it accepts is well-formed text;
 * whether the module is valid is found out by whoever loads the binary.
 *
 * Source: WebAssembly core specification 3.0, chapter 6, with the threads proposal and the former exception handling
 * (try … catch … delegate). Annotations: @custom and @name make sections, @metadata.code.branch_hint is checked, others
 * are comments. */
#ifndef WASIWARD_TEXT_H
#define WASIWARD_TEXT_H

#include "engine.h"
#include "text_bytes.h"
#include "text_lex.h"

/* Assembles a text that is one module: "(module …)", or its fields alone.
 * source, len: borrowed, less than 4 GiB, not NUL-terminated.
 * *ret_bytes, *ret_len: the binary; owned by the caller, freed with free.
 * Returns ENGINE_OK, MALFORMED, INVALID (an annotation in a wrong place) or NOMEM; *ret_error is filled completely, its
 * offset is one of the source. */
enum engine_error_kind text_assemble(const char *source, size_t len, uint8_t **ret_bytes, size_t *ret_len,
				     struct engine_error *ret_error);

/* Where a byte of the binary comes from: for errors that the loader, the validator or a backtrace report.
 * source, len: as they were assembled. offset: in the binary. *ret_offset: in the source, of the instruction or field.
 * False if it comes from no particular place. Assembles once more. */
bool text_locate(const char *source, size_t len, size_t offset, size_t *ret_offset);

/* Line and column, from 1, of a byte of a source. Columns count characters. */
void text_position(const char *source, size_t offset, size_t *ret_line, size_t *ret_column);

/* True if bytes begin as a text does, not as a binary: with a parenthesis or a comment. */
bool text_looks_like(const void *bytes, size_t len);

/* ---- for readers of scripts, which hold several modules ---- */

/* Assembles the module around the cursor, which stands behind "(module", up to and with the token that closes it.
 * *out: appended to; owned by the caller. Result as above, errors go to t->error. After a failure the cursor is
 * anywhere. */
enum engine_error_kind text_module(struct text *t, enum token_kind close, struct bytes *out);

#endif
