/* The imports of module "wasi_unstable", which is preview0: the calls of preview1 but sock_accept, some with other layouts.
 *
 * | what | preview0 | preview1 |
 * |---|---|---|
 * | whence | cur, end, set | set, cur, end |
 * | filestat | 56 bytes, nlink has 32 bits | 64 bytes, 64 bits |
 * | subscription | 56 bytes: a clock's has an identifier before the clock | 48 bytes |
 *
 * Source: the witx files of preview0. */
#ifndef WASIWARD_WASI_UNSTABLE_H
#define WASIWARD_WASI_UNSTABLE_H

#include "wasi_imports.h"

#define WASI_UNSTABLE_MODULE "wasi_unstable"

/* The host function for a call of preview0, of the type that wasi_import_table gives; NULL if preview0 has no such call. */
engine_host_fn *wasi_unstable_fn(enum wasi_import_index index);

#endif
