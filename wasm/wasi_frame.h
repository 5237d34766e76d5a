/* One call of a WASI function in progress: what the two import tables, wasi_imports.c and wasi_unstable.c, have in common. */
#ifndef WASIWARD_WASI_FRAME_H
#define WASIWARD_WASI_FRAME_H

#include "engine.h"
#include "wasi.h"

struct frame {
	struct engine_caller *caller;
	const char *call;
	const union engine_value *next; /* the next word */
	enum engine_error_kind kind;    /* ENGINE_OK until a trap */
	wasi_errno_t error;
};

/* The next word, which must fit `size` bytes: the error is inval otherwise. */
uint32_t frame_word(struct frame *frame, size_t size);

/* The host address of `count` elements of `size` bytes at guest address `addr`, or NULL after a trap, which names the
 * parameter. Nothing is read through the result when count is 0, so only the range matters then. */
void *frame_guest(struct frame *frame, const char *parameter, uint32_t addr, uint64_t count, size_t size, size_t align);

/* The next two words as a path of *ret_len bytes, NULL after a trap or an error. Other threads may change a shared memory
 * between a check and the use of what was checked: there the path is copied, into *ret_copy, which the caller frees. */
const char *frame_path(struct frame *frame, const char *parameter, size_t *ret_len, char **ret_copy);

/* What the host function returns; the errno goes to values[0]. */
enum engine_error_kind frame_finish(const struct frame *frame, union engine_value *values);

#endif
