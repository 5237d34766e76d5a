/* The imports of module "wasi_snapshot_preview1": the 46 calls of wasi.def as host functions of the engine.
 *
 * Each takes the words of the wire, checks every guest pointer for range and alignment before anything happens, and
 * calls wasi_<name> on a context. A bad pointer traps, naming the call and the parameter; a flag word that does not fit
 * its type is inval. Buffers and structures are used in place in the guest's memory, lists of buffers, subscriptions
 * and string vectors are converted through host storage and read once. The memory is the caller's memory 0. */
#ifndef WASIWARD_WASI_IMPORTS_H
#define WASIWARD_WASI_IMPORTS_H

#include "engine.h"
#include "wasi.h"

#define WASI_IMPORTS_MODULE "wasi_snapshot_preview1"

enum wasi_imports_limits {
	WASI_IMPORTS_MAX_IOVS = 1024,   /* longer lists of buffers are cut: a short transfer, as with IOV_MAX */
	WASI_IMPORTS_MAX_PATH = 1 << 16, /* longer paths in a shared memory are cut, which is still nametoolong */
	WASI_IMPORTS_MAX_POLL = 1 << 16 /* more subscriptions in one poll_oneoff are nomem */
};

/* One call as wasm sees it: i and I in `params` stand for i32 and i64; one i32 (the errno) is returned if `result`. */
struct wasi_import {
	const char *name, *params;
	bool result;
	engine_host_fn *fn;
};

enum wasi_import_index {
#define WASI(name, seq) WASI_IMPORT_##name,
#include "wasi.def"
	WASI_IMPORT_COUNT
};

/* All calls, in the order of wasi.def. */
extern const struct wasi_import wasi_import_table[WASI_IMPORT_COUNT];

/* What joins one context to one store. Memory is the caller's; it must stay in place while the store lives. Only
 * `refusal` is for others to read. */
struct wasi_imports {
	wasi_ctx_t *ctx;
	engine_store_t *store;
	struct wasi_string_sizes {
		wasi_size_t count, bytes;
	} args, environ;
	engine_func_t *funcs[2][WASI_IMPORT_COUNT]; /* of preview1 and preview0, made on first use */
	engine_type_t types[2][WASI_IMPORT_COUNT];  /* of the import it was made for */
	char refusal[160];                       /* why wasi_imports_resolve last returned false; empty if it had no opinion */
};

/* Prepares *imports. ctx: its arguments and environment are set already (their sizes are asked here, so set a trace
 * afterwards). Both are borrowed and outlive *imports; store may be NULL in what is copied for several stores, of which
 * each copy gets one. Returns what args_sizes_get and environ_sizes_get return. */
wasi_errno_t wasi_imports_init(struct wasi_imports *imports, wasi_ctx_t *ctx, engine_store_t *store);

/* An engine_resolve_fn; user: struct wasi_imports. Answers functions of module wasi_snapshot_preview1, and
 * of wasi_unstable (wasi_unstable.h); the engine compares their types with what the module wants. Returns false for other modules (refusal empty, so that a caller may
 * ask elsewhere), for unknown names, and for want of memory, each with a sentence in refusal. */
bool wasi_imports_resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern);

#endif
