/* The descriptor table.
 *
 * Lookups take no lock. Pages of slots appear once and stay, entries are recycled but never freed. A lookup reads the
 * slot, counts itself in, and reads the slot again: if the entry is live and still there, it was so when it was
 * counted. Otherwise it is counted out again, which a recycled entry does not mind: its count is only ever added to.
 * Whoever takes the count of a live entry to zero and can swap ENTRY_LIVE away closes it.
 *
 * What every open and close of a native program does takes no lock either, since a lock that signal handlers may want costs
 * two changes of the mask: free entries hang on a list that is changed by compare-and-swap, and a number that is the
 * host's own is put into its empty slot and taken out of it in one step. Everything else holds ctx->lock, and changes
 * slots in single steps, too.
 *
 * With WASI_NUMBERING_HOST a number is *bound* when the host's descriptor of that number belongs to the entry. Preopens
 * and synthetic directories may have numbers of their own choice (unbound): the host may then hand out the same number
 * for something else, which is moved to a higher one. The host descriptors behind unbound entries are reserved: the
 * guest can neither use nor overwrite them. */
#include <stdlib.h>
#include <string.h>

#include "table.h"

/* ---- entries ---- */

/* The list's head is an address with a tag above it, which tells a list that has changed and changed back. */
#define TAG_SHIFT 48
_Static_assert(sizeof(void *) == sizeof(uint64_t), "addresses leave room for a tag");

static wasi_entry_t *tag_off(uint64_t head)
{
	return (wasi_entry_t *)(uintptr_t)(head & (((uint64_t)1 << TAG_SHIFT) - 1));
}

static uint64_t tag_on(const wasi_entry_t *e, uint64_t old)
{
	return (uint64_t)(uintptr_t)e | ((old >> TAG_SHIFT) + 1) << TAG_SHIFT;
}

/* Puts entries that are linked from first to last on the list of free ones. */
static void free_push(wasi_ctx_t *ctx, wasi_entry_t *first, wasi_entry_t *last)
{
	uint64_t head = atomic_load(&ctx->free_entries);

	do
		atomic_store_explicit(&last->next_free, tag_off(head), memory_order_relaxed);
	while (!atomic_compare_exchange_weak(&ctx->free_entries, &head, tag_on(first, head)));
}

/* Entries are never freed, so the next of one that was taken meanwhile can be read; the tag refuses what was read. */
static wasi_entry_t *free_pop(wasi_ctx_t *ctx)
{
	uint64_t head = atomic_load(&ctx->free_entries);
	wasi_entry_t *e;

	while ((e = tag_off(head))) {
		wasi_entry_t *next = atomic_load_explicit(&e->next_free, memory_order_relaxed);

		if (atomic_compare_exchange_weak(&ctx->free_entries, &head, tag_on(next, head)))
			break;
	}
	return e;
}

/* A slab of fresh entries: the first is returned, the others are free. NULL for want of memory. */
static wasi_entry_t *new_slab(wasi_ctx_t *ctx)
{
	struct entry_slab *slab = calloc(1, sizeof(*slab));

	if (!slab)
		return NULL;
	for (size_t i = 1; i + 1 < ENTRY_SLAB; i++)
		atomic_store_explicit(&slab->entries[i].next_free, &slab->entries[i + 1], memory_order_relaxed);
	struct ctx_hold hold = ctx_lock(ctx);
	slab->next = ctx->slabs;
	ctx->slabs = slab;
	ctx_unlock(&hold);
	free_push(ctx, &slab->entries[1], &slab->entries[ENTRY_SLAB - 1]);
	return &slab->entries[0];
}

static void soft_put(struct soft_flags *soft)
{
	if (soft && atomic_fetch_sub(&soft->refs, 1) == 1)
		free(soft);
}

/* Numbers that were hidden because of this entry can be used again. */
static void unreserve(wasi_ctx_t *ctx, int host_fd)
{
	_Atomic(wasi_entry_t *) *slot = host_fd >= 0 ? slot_of(ctx, (wasi_fd_t)host_fd) : NULL;
	wasi_entry_t *expected = &ctx->reserved;

	if (slot)
		atomic_compare_exchange_strong(slot, &expected, NULL);
}

static long entry_destroy(wasi_call_t *c, wasi_entry_t *e)
{
	wasi_ctx_t *ctx = c->ctx;
	int scan_fd = atomic_load(&e->scan_fd), look = atomic_load(&e->look_fd);
	long result = 0;

	if (ctx->config.numbering == WASI_NUMBERING_HOST) {
		if (e->host_fd >= 0 && e->number != (wasi_fd_t)e->host_fd)
			unreserve(ctx, e->host_fd);
		unreserve(ctx, scan_fd);
		unreserve(ctx, look);
	}
	if (e->owned && e->host_fd >= 0)
		result = c->host->close(e->host_fd);
	if (e->place_fd >= 0)
		c->host->close(e->place_fd);
	if (scan_fd >= 0)
		c->host->close(scan_fd);
	if (look >= 0)
		c->host->close(look);
	if (e->ops && e->ops->release)
		e->ops->release(e);
	soft_put(e->soft);
	free(e->name);
	listing_free(e->listing);
	free_push(ctx, e, e);
	return result;
}

long entry_last_put(wasi_call_t *c, wasi_entry_t *e)
{
	unsigned expected = ENTRY_LIVE;

	/* If a late lookup counted itself in meanwhile, it is the one that comes here next. */
	return atomic_compare_exchange_strong(&e->refs, &expected, 0) ? entry_destroy(c, e) : 0;
}

wasi_entry_t *entry_new(wasi_call_t *c)
{
	wasi_ctx_t *ctx = c->ctx;
	wasi_entry_t *e = free_pop(ctx);

	if (unlikely(!e))
		e = new_slab(ctx);
	if (!e)
		return NULL;

	/* Field by field: late lookups may be counting on refs. */
	atomic_store_explicit(&e->class, CLASS_PIPE, memory_order_relaxed);
	atomic_store_explicit(&e->filetype, WASI_FILETYPE_UNKNOWN, memory_order_relaxed);
	e->owned = e->preopen = e->opath = e->host_append = e->inherit = false;
	e->host_fd = e->place_fd = -1;
	e->number = WASI_FD_AUTO;
	e->domain = 0;
	atomic_store_explicit(&e->base, 0, memory_order_relaxed);
	atomic_store_explicit(&e->inheriting, 0, memory_order_relaxed);
	e->ops = NULL;
	e->soft = NULL;
	atomic_store_explicit(&e->scan_fd, -1, memory_order_relaxed);
	atomic_store_explicit(&e->look_fd, LOOK_NOT_YET, memory_order_relaxed);
	atomic_store_explicit(&e->looks, 0, memory_order_relaxed);
	e->root_dev = e->root_ino = 0;
	e->name = NULL;
	e->data = NULL;
	e->listing = NULL;
	atomic_fetch_add_explicit(&e->refs, ENTRY_LIVE | 1, memory_order_release);
	return e;
}

wasi_entry_t *entry_clone(wasi_call_t *c, wasi_entry_t *e, int host_fd, int place_fd)
{
	wasi_entry_t *copy = entry_new(c);

	if (!copy)
		return NULL;
	entry_know(c, e);
	atomic_store(&copy->class, atomic_load(&e->class));
	atomic_store(&copy->filetype, atomic_load(&e->filetype));
	copy->opath = e->opath;
	copy->owned = true;
	copy->host_fd = host_fd;
	copy->place_fd = place_fd;
	copy->domain = e->domain;
	atomic_store(&copy->base, atomic_load(&e->base));
	atomic_store(&copy->inheriting, atomic_load(&e->inheriting));
	copy->ops = e->ops;
	copy->host_append = e->host_append;
	copy->soft = e->soft;
	if (copy->soft)
		atomic_fetch_add(&copy->soft->refs, 1);
	copy->root_dev = e->root_dev;
	copy->root_ino = e->root_ino;
	copy->data = e->data;
	if (copy->ops->share)
		copy->ops->share(copy);
	return copy;
}

/* ---- numbers ---- */

static struct table_page *page_for(wasi_ctx_t *ctx, wasi_fd_t fd)
{
	struct table_page *page = atomic_load_explicit(&ctx->pages[fd / TABLE_PAGE], memory_order_relaxed);

	if (!page) {
		page = calloc(1, sizeof(*page));
		atomic_store_explicit(&ctx->pages[fd / TABLE_PAGE], page, memory_order_release);
	}
	return page;
}

static wasi_fd_t lowest_free(wasi_ctx_t *ctx, wasi_fd_t at_least)
{
	wasi_fd_t fd = at_least > ctx->lowest ? at_least : ctx->lowest;

	while (fd < ctx->max_fds) {
		const struct table_page *page =
			atomic_load_explicit(&ctx->pages[fd / TABLE_PAGE], memory_order_relaxed);
		uint64_t taken;

		if (!page)
			return fd;
		taken = page->used[fd % TABLE_PAGE / 64] | (((uint64_t)1 << fd % 64) - 1);
		if (taken != UINT64_MAX) {
			fd = fd / 64 * 64 + (wasi_fd_t)__builtin_ctzll(~taken);
			return fd < ctx->max_fds ? fd : WASI_FD_AUTO;
		}
		fd = fd / 64 * 64 + 64;
	}
	return WASI_FD_AUTO;
}

wasi_entry_t *slot_swap(wasi_ctx_t *ctx, wasi_fd_t fd, wasi_entry_t *e)
{
	struct table_page *page = atomic_load_explicit(&ctx->pages[fd / TABLE_PAGE], memory_order_relaxed);
	wasi_entry_t *old;

	if (e) {
		page->used[fd % TABLE_PAGE / 64] |= (uint64_t)1 << fd % 64;
		if (fd == ctx->lowest)
			ctx->lowest++;
	} else {
		page->used[fd % TABLE_PAGE / 64] &= ~((uint64_t)1 << fd % 64);
		if (fd < ctx->lowest)
			ctx->lowest = fd;
	}
	if (e && e != &ctx->reserved)
		e->number = fd;
	old = atomic_exchange_explicit(&page->slot[fd % TABLE_PAGE], e, memory_order_acq_rel);
	return old == &ctx->reserved ? NULL : old;
}

void disown(wasi_entry_t *e, wasi_fd_t number)
{
	if (e->host_fd >= 0 && (wasi_fd_t)e->host_fd == number)
		e->owned = false;
	if (e->place_fd >= 0 && (wasi_fd_t)e->place_fd == number)
		e->place_fd = -1;
}

static void reserve_locked(wasi_ctx_t *ctx, int host_fd)
{
	wasi_entry_t *expected = NULL;

	if (host_fd < 0 || (wasi_fd_t)host_fd >= TABLE_PAGE * TABLE_PAGES || !page_for(ctx, (wasi_fd_t)host_fd))
		return;
	atomic_compare_exchange_strong(slot_of(ctx, (wasi_fd_t)host_fd), &expected, &ctx->reserved);
}

void table_reserve(wasi_ctx_t *ctx, int host_fd)
{
	if (ctx->config.numbering != WASI_NUMBERING_HOST)
		return;
	struct ctx_hold hold = ctx_lock(ctx);
	reserve_locked(ctx, host_fd);
	ctx_unlock(&hold);
}

/* Moves the host descriptor of an entry that is in no table to a number above. */
static wasi_errno_t move_up(wasi_call_t *c, wasi_entry_t *e, wasi_fd_t at_least)
{
	int *fd = e->host_fd >= 0 ? &e->host_fd : &e->place_fd;
	long higher = c->host->fcntl(*fd, e->inherit ? F_DUPFD : F_DUPFD_CLOEXEC,
				     (int)at_least > *fd ? (int)at_least : *fd + 1);

	if (higher < 0)
		return host_error(higher);
	c->host->close(*fd);
	*fd = (int)higher;
	return WASI_ERRNO_SUCCESS;
}

/* With the host's numbering: the number is the host descriptor's, unless the caller wants another. The lock is held. */
static wasi_errno_t host_number(wasi_call_t *c, wasi_entry_t *e, wasi_fd_t at_least, wasi_fd_t *ret)
{
	for (;;) {
		wasi_entry_t *old;

		if (number_fd(e) < 0) {
			long fd = c->host->eventfd2(0, e->inherit ? 0 : O_CLOEXEC);

			if (fd < 0)
				return host_error(fd);
			e->place_fd = (int)fd;
		}
		if ((wasi_fd_t)number_fd(e) >= c->ctx->max_fds)
			return WASI_ERRNO_MFILE;
		if (!page_for(c->ctx, (wasi_fd_t)number_fd(e)))
			return WASI_ERRNO_NOMEM;
		old = atomic_load(slot_of(c->ctx, (wasi_fd_t)number_fd(e)));
		if ((!old || (old != &c->ctx->reserved && bound(old, old->number))) &&
		    (wasi_fd_t)number_fd(e) >= at_least) {
			*ret = (wasi_fd_t)number_fd(e);
			return WASI_ERRNO_SUCCESS;
		}
		if (!e->owned && e->host_fd >= 0)
			return WASI_ERRNO_EXIST;
		wasi_errno_t error = move_up(c, e, at_least);
		if (error)
			return error;
	}
}

/* Gives an entry the host descriptor's own number, if that is all there is to do. */
static bool install_bound(wasi_ctx_t *ctx, wasi_entry_t *e, wasi_fd_t at_least)
{
	wasi_fd_t fd = (wasi_fd_t)number_fd(e);
	_Atomic(wasi_entry_t *) *slot = number_fd(e) < 0 || fd < at_least || fd >= ctx->max_fds ? NULL : slot_of(ctx, fd);
	wasi_entry_t *expected = NULL;

	if (!slot || atomic_load(slot))
		return false;
	e->number = fd;
	if (atomic_compare_exchange_strong(slot, &expected, e))
		return true;
	e->number = WASI_FD_AUTO;
	return false;
}

wasi_errno_t table_install(wasi_call_t *c, wasi_entry_t *e, wasi_fd_t at, wasi_fd_t at_least, wasi_fd_t *ret_fd)
{
	wasi_ctx_t *ctx = c->ctx;
	bool host_numbers = ctx->config.numbering == WASI_NUMBERING_HOST;
	wasi_errno_t error = WASI_ERRNO_SUCCESS;
	wasi_entry_t *old = NULL;

	if (host_numbers && at == WASI_FD_AUTO && install_bound(ctx, e, at_least)) {
		if (ret_fd)
			*ret_fd = (wasi_fd_t)number_fd(e);
		return WASI_ERRNO_SUCCESS;
	}
	struct ctx_hold hold = ctx_lock(ctx);
	if (at == WASI_FD_AUTO) {
		if (host_numbers)
			error = host_number(c, e, at_least, &at);
		else
			at = lowest_free(ctx, at_least);
	}
	if (!error && at >= ctx->max_fds)
		error = WASI_ERRNO_MFILE;
	if (!error && !page_for(ctx, at))
		error = WASI_ERRNO_NOMEM;
	if (!error) {
		old = slot_swap(ctx, at, e);
		if (host_numbers && old && bound(e, at))
			disown(old, at);
		if (host_numbers && !bound(e, at))
			reserve_locked(ctx, e->host_fd);
	}
	ctx_unlock(&hold);
	if (error)
		return error;
	if (old)
		entry_put(c, old);
	if (ret_fd)
		*ret_fd = at;
	return WASI_ERRNO_SUCCESS;
}

bool slot_leave(wasi_ctx_t *ctx, wasi_fd_t fd, wasi_entry_t *e)
{
	/* Which numbers are free is the host's to know, or counted under the lock. */
	if (ctx->config.numbering == WASI_NUMBERING_HOST)
		return atomic_compare_exchange_strong(slot_of(ctx, fd), &e, NULL);
	return slot_swap(ctx, fd, NULL) != NULL;
}

wasi_entry_t *table_remove(wasi_ctx_t *ctx, wasi_fd_t fd)
{
	_Atomic(wasi_entry_t *) *slot = slot_of(ctx, fd);
	bool lock = ctx->config.numbering != WASI_NUMBERING_HOST;
	wasi_entry_t *e;
	struct ctx_hold hold;

	if (!slot)
		return NULL;
	if (lock)
		hold = ctx_lock(ctx);
	do
		e = atomic_load(slot);
	while (e && e != &ctx->reserved && !slot_leave(ctx, fd, e));
	if (lock)
		ctx_unlock(&hold);
	return e == &ctx->reserved ? NULL : e;
}

/* ---- whole tables ---- */

void fd_table_free(wasi_ctx_t *ctx)
{
	wasi_call_t c;

	call_begin(&c, ctx);
	for (size_t p = 0; p < TABLE_PAGES; p++) {
		struct table_page *page = atomic_load(&ctx->pages[p]);

		for (size_t i = 0; page && i < TABLE_PAGE; i++) {
			wasi_entry_t *e = atomic_load(&page->slot[i]);

			if (e && e != &ctx->reserved)
				entry_put(&c, slot_swap(ctx, (wasi_fd_t)(p * TABLE_PAGE + i), NULL));
		}
	}
	for (size_t p = 0; p < TABLE_PAGES; p++)
		free(atomic_load(&ctx->pages[p]));
	while (ctx->slabs) {
		struct entry_slab *slab = ctx->slabs;

		ctx->slabs = slab->next;
		free(slab);
	}
}

/* Other threads' references died with them: entries in the table are held by the table alone, the others by nobody. */
void table_after_fork(wasi_ctx_t *ctx)
{
	wasi_call_t c;

	atomic_fetch_add(&ctx->epoch, 1);
	call_begin(&c, ctx);
	for (struct entry_slab *slab = ctx->slabs; slab; slab = slab->next) {
		for (size_t i = 0; i < ENTRY_SLAB; i++) {
			wasi_entry_t *e = &slab->entries[i];
			_Atomic(wasi_entry_t *) *slot;

			if (!(atomic_load(&e->refs) & ENTRY_LIVE)) {
				atomic_store(&e->refs, 0);
				continue;
			}
			atomic_store(&e->refs, ENTRY_LIVE | 1);
			slot = e->number == WASI_FD_AUTO ? NULL : slot_of(ctx, e->number);
			if (!slot || atomic_load(slot) != e)
				entry_put(&c, e);
		}
	}
}
