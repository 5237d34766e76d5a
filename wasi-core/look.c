/* Looking at paths of several names in one host call.
 *
 * stat and its like take no restriction as openat2 does, so the object has to be opened beneath, looked at and closed:
 * three calls for one. But no path leads out of a mount that is attached nowhere and follows no links: `..` ends at its
 * root, and every link, magic ones too, is refused with ELOOP by the kernel, in the step in which it would be followed.
 * So a preopen that is looked at often gets a copy of its tree as such a mount, with what is mounted beneath it. A path
 * that turns out to have a link in it goes the long way.
 *
 * Making the copy takes a privilege that most processes have not, and letting go of it waits for the kernel (0.1 ms), so
 * it is tried once, after many looks. A file system that somebody mounts beneath the preopen later is not seen in the
 * copy; opening sees it. Nothing but looks goes through it: on a mount of its own, moving and linking would fail. */
#include <string.h>

#include "internal.h"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

#define LOOKS 256 /* before a copy is made */

static bool worth_a_copy(wasi_entry_t *e)
{
	return atomic_load_explicit(&e->looks, memory_order_relaxed) >= LOOKS ||
	       atomic_fetch_add_explicit(&e->looks, 1, memory_order_relaxed) + 1 >= LOOKS;
}

/* The copy's descriptor, or -errno. */
static long copy_tree(wasi_call_t *c, wasi_entry_t *e)
{
	/* Private: what is mounted elsewhere later would follow links. */
	struct wasi_mount_attr attr = {.set = WASI_MOUNT_ATTR_NOSYMFOLLOW, .propagation = WASI_MOUNT_PRIVATE};
	long fd = c->host->open_tree(e->host_fd, "", OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	long result;

	if (fd < 0)
		return fd;
	result = c->host->mount_setattr((int)fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr));
	if (result < 0) {
		c->host->close((int)fd);
		return result;
	}
	return fd_set_aside(c, e, (int)fd);
}

static int make_copy(wasi_call_t *c, wasi_entry_t *e)
{
	int expected = LOOK_NOT_YET, none = LOOK_IMPOSSIBLE;
	long fd = copy_tree(c, e);

	if (fd < 0) {
		atomic_compare_exchange_strong(&e->look_fd, &expected, none);
	} else if (atomic_compare_exchange_strong(&e->look_fd, &expected, (int)fd)) {
		table_reserve(c->ctx, (int)fd);
		return (int)fd;
	} else {
		c->host->close((int)fd);
	}
	return atomic_load(&e->look_fd);
}

wasi_errno_t wasi_ctx_add_look(wasi_ctx_t *ctx, wasi_fd_t fd, int tree)
{
	int expected = LOOK_NOT_YET;
	wasi_errno_t error = WASI_ERRNO_INVAL;
	wasi_entry_t *e;
	wasi_call_t c;

	call_begin(&c, ctx);
	e = entry_get(&c, fd);
	if (!e)
		return WASI_ERRNO_BADF;
	if (e->preopen && atomic_compare_exchange_strong(&e->look_fd, &expected, tree)) {
		table_reserve(ctx, tree);
		error = WASI_ERRNO_SUCCESS;
	}
	entry_put(&c, e);
	return error;
}

int look_fd(wasi_call_t *c, wasi_entry_t *e, const char *path)
{
	int fd;

	if (!e->preopen || strstr(path, ".."))
		return -1;
	fd = atomic_load_explicit(&e->look_fd, memory_order_acquire);
	if (likely(fd != LOOK_NOT_YET))
		return fd;
	return worth_a_copy(e) ? make_copy(c, e) : fd;
}
