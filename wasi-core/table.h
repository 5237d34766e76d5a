/* The descriptor table from inside: for fd_table.c and for the calls that are about numbers. */
#ifndef WASI_TABLE_H
#define WASI_TABLE_H

#include "internal.h"

/* The host descriptor that keeps an entry's number, -1 if there is none. */
static inline int number_fd(const wasi_entry_t *e)
{
	return e->host_fd >= 0 ? e->host_fd : e->place_fd;
}

/* Whether the number is the host's own for this entry. */
static inline bool bound(const wasi_entry_t *e, wasi_fd_t number)
{
	return number_fd(e) >= 0 && (wasi_fd_t)number_fd(e) == number;
}

/* Whether a number stands for one of the core's own host descriptors. */
static inline bool number_reserved(wasi_ctx_t *ctx, wasi_fd_t fd)
{
	_Atomic(wasi_entry_t *) *slot = slot_of(ctx, fd);

	return slot && atomic_load(slot) == &ctx->reserved;
}

/* Puts e (or NULL) into a slot whose page exists and returns what was there. The lock is held. */
wasi_entry_t *slot_swap(wasi_ctx_t *ctx, wasi_fd_t fd, wasi_entry_t *e);
/* Empties a slot that holds e; false, and nothing is done, if it does not any more. The lock is held unless the numbering is
 * the host's. */
bool slot_leave(wasi_ctx_t *ctx, wasi_fd_t fd, wasi_entry_t *e);
/* The host descriptor of this number is somebody else's now: forget it without closing. The lock is held. */
void disown(wasi_entry_t *e, wasi_fd_t number);

#endif
