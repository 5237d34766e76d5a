/* A host descriptor lent for one call: for front ends that pass a data call on to the host just as it came.
 *
 * The core still decides: descriptor, rights, and that no other thread's close or renumbering puts a different file under
 * the number meanwhile. It lends nothing where it has more to do than decide: while calls are traced, where waiting calls
 * are to be repeated after a signal, for borrowed descriptors and for synthetic objects. Then the front end makes the
 * call of wasi.h or native.h, which also finds the error that a refusal has.
 *
 * Inline, because on machines that flush return predictions in each system call every frame between the guest and the
 * host costs more than what is done in it. */
#ifndef WASI_LOAN_H
#define WASI_LOAN_H

#include <string.h>

#include "cancel.h"
#include "internal.h"

struct loan {
	wasi_call_t call;
	struct cancel_handler cancel;
	wasi_entry_t *entry; /* NULL: nothing was lent */
};

static inline void loan_cancelled(void *loan_)
{
	struct loan *loan = loan_;

	entry_put(&loan->call, loan->entry);
}

/* Lends the host descriptor of fd, loan->entry->host_fd, if fd carries all of `rights`. May be called in signal handlers.
 * What was lent is to be given back by loan_end, also when the thread is cancelled: declare it with LOAN_SCOPED. */
static inline __attribute__((always_inline)) void loan_begin(struct loan *loan, wasi_ctx_t *ctx, wasi_fd_t fd,
							     wasi_rights_t rights)
{
	wasi_entry_t *e;

	loan->entry = NULL;
	if (unlikely(atomic_load_explicit(&ctx->trace, memory_order_acquire) || !ctx->config.return_eintr))
		return;
	call_begin(&loan->call, ctx);
	e = entry_get(&loan->call, fd);
	if (unlikely(!e))
		return;
	if (unlikely((rights & ~atomic_load_explicit(&e->base, memory_order_relaxed)) != 0 || e->soft ||
		     e->ops != &host_ops)) {
		entry_put(&loan->call, e);
		return;
	}
	loan->entry = e;
	cancel_handler_push(&loan->cancel, loan_cancelled, loan);
}

static inline __attribute__((always_inline)) void loan_end(struct loan *loan)
{
	if (likely(loan->entry)) {
		cancel_handler_pop(&loan->cancel);
		entry_put(&loan->call, loan->entry);
	}
}

/* A descriptor from which an *at call that only looks at `path` (len bytes and a NUL, relative, not empty) stays beneath
 * what was lent, or below zero if there is none. With `*ret_nofollow` a link in the last place must not be followed by the
 * call; whether it was one, the caller has to look. ELOOP says that the core has to resolve the path. */
static inline int loan_look(struct loan *loan, const char *path, size_t len, bool *ret_nofollow)
{
	*ret_nofollow = !memchr(path, '/', len);
	if (!*ret_nofollow)
		return look_fd(&loan->call, loan->entry, path);
	return len == 2 && path[0] == '.' && path[1] == '.' ? -1 : loan->entry->host_fd;
}

/* Whether what was lent knows its kind. */
static inline bool loan_knows(const struct loan *loan)
{
	return !(atomic_load_explicit(&loan->entry->base, memory_order_relaxed) & RIGHTS_LATER);
}

#define LOAN_SCOPED __attribute__((cleanup(loan_end)))

#endif
