/* The calls that are about numbers: close, renumber, duplicate. */
#include <string.h>

#include "table.h"

wasi_errno_t call_fd_close(wasi_call_t *c, wasi_fd_t fd)
{
	wasi_entry_t *e = table_remove(c->ctx, fd);
	long result;

	if (!e)
		return WASI_ERRNO_BADF;
	result = entry_put(c, e);
	/* Linux has closed the descriptor whatever it answers; only a lost write is worth reporting. */
	return result == -EINTR ? WASI_ERRNO_SUCCESS : host_error(result);
}

/* A copy of e at `to` in the host's numbering, replacing whatever the host has there. The lock is not held. */
static wasi_errno_t clone_to_number(wasi_call_t *c, wasi_entry_t *e, wasi_fd_t to, wasi_entry_t **ret)
{
	int from = number_fd(e), place = -1;
	bool synthetic = e->host_fd < 0;
	wasi_entry_t *copy;
	long result;

	if (from < 0) {
		result = c->host->eventfd2(0, O_CLOEXEC);
		if (result < 0)
			return host_error(result);
		from = place = (int)result;
	}
	copy = entry_clone(c, e, synthetic ? -1 : (int)to, synthetic ? (int)to : -1);
	if (!copy)
		result = -ENOMEM;
	else
		result = HOST_RETRY(c, dup3(from, (int)to, O_CLOEXEC));
	if (place >= 0)
		c->host->close(place);
	if (result < 0) {
		if (copy) {
			copy->owned = false;
			copy->place_fd = -1;
			entry_put(c, copy);
		}
		return host_error(result);
	}
	*ret = copy;
	return WASI_ERRNO_SUCCESS;
}

/* Moves what `fd` is to `to`. Both are open and differ; e is fd's entry. */
static wasi_errno_t renumber(wasi_call_t *c, wasi_entry_t *e, wasi_fd_t fd, wasi_fd_t to)
{
	wasi_ctx_t *ctx = c->ctx;
	wasi_entry_t *moved = e, *target;
	wasi_errno_t error;

	if (ctx->config.numbering == WASI_NUMBERING_HOST && bound(e, fd)) {
		error = clone_to_number(c, e, to, &moved);
		if (error)
			return error;
		moved->preopen = e->preopen;
		moved->name = e->name ? strdup(e->name) : NULL;
	}
	struct ctx_hold hold = ctx_lock(ctx);
	target = atomic_load(slot_of(ctx, to));
	if (atomic_load(slot_of(ctx, fd)) != e || !target || target == &ctx->reserved || !slot_leave(ctx, fd, e)) {
		/* Another thread was faster. */
		ctx_unlock(&hold);
		if (moved != e)
			entry_put(c, moved);
		return WASI_ERRNO_BADF;
	}
	target = slot_swap(ctx, to, moved);
	if (target && moved != e)
		disown(target, to);
	ctx_unlock(&hold);
	if (target)
		entry_put(c, target);
	if (moved != e)
		entry_put(c, e);
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_fd_renumber(wasi_call_t *c, wasi_fd_t fd, wasi_fd_t to)
{
	wasi_entry_t *e = entry_get(c, fd), *target = entry_get(c, to);
	wasi_errno_t error = WASI_ERRNO_SUCCESS;

	if (!e || !target)
		error = WASI_ERRNO_BADF;
	else if (fd != to)
		error = renumber(c, e, fd, to);
	if (e)
		entry_put(c, e);
	if (target)
		entry_put(c, target);
	return error;
}

wasi_errno_t call_fd_dup(wasi_call_t *c, wasi_fd_t fd, wasi_fd_t at_least, wasi_fd_t *new_fd)
{
	bool host_numbers = c->ctx->config.numbering == WASI_NUMBERING_HOST;
	wasi_entry_t *e = entry_get(c, fd), *copy;
	wasi_errno_t error = WASI_ERRNO_SUCCESS;
	long host_fd = -1;

	if (!e)
		return WASI_ERRNO_BADF;
	if (at_least >= c->ctx->max_fds)
		error = WASI_ERRNO_INVAL;
	if (!error && e->host_fd >= 0) {
		host_fd = HOST_RETRY(c, fcntl(e->host_fd, F_DUPFD_CLOEXEC, host_numbers ? (long)at_least : 0L));
		error = host_error(host_fd);
	}
	if (!error) {
		copy = entry_clone(c, e, (int)host_fd, -1);
		if (copy) {
			error = table_install(c, copy, WASI_FD_AUTO, at_least, new_fd);
			if (error)
				entry_put(c, copy);
		} else {
			error = WASI_ERRNO_NOMEM;
			if (host_fd >= 0)
				c->host->close((int)host_fd);
		}
	}
	entry_put(c, e);
	return error;
}

wasi_errno_t call_fd_dup_to(wasi_call_t *c, wasi_fd_t fd, wasi_fd_t to)
{
	bool host_numbers = c->ctx->config.numbering == WASI_NUMBERING_HOST;
	wasi_entry_t *e = entry_get(c, fd), *copy = NULL;
	wasi_errno_t error = WASI_ERRNO_SUCCESS;
	long host_fd = -1;

	if (!e)
		return WASI_ERRNO_BADF;
	if (to >= c->ctx->max_fds || number_reserved(c->ctx, to)) {
		error = WASI_ERRNO_BADF;
	} else if (fd == to) {
		entry_put(c, e);
		return WASI_ERRNO_SUCCESS;
	} else if (host_numbers) {
		error = clone_to_number(c, e, to, &copy);
	} else {
		if (e->host_fd >= 0)
			host_fd = HOST_RETRY(c, fcntl(e->host_fd, F_DUPFD_CLOEXEC, 0));
		if (e->host_fd >= 0 && host_fd < 0)
			error = host_error(host_fd);
		else if (!(copy = entry_clone(c, e, (int)host_fd, -1)))
			error = WASI_ERRNO_NOMEM;
		if (error && host_fd >= 0)
			c->host->close((int)host_fd);
	}
	if (!error) {
		error = table_install(c, copy, to, 0, NULL);
		if (error)
			entry_put(c, copy);
	}
	entry_put(c, e);
	return error;
}
