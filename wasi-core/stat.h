/* Attributes and timestamps in the two worlds' terms. */
#ifndef WASI_STAT_H
#define WASI_STAT_H

#include "internal.h"

void filestat_from_statx(wasi_ctx_t *ctx, const struct statx *st, wasi_filestat_t *ret);
/* For utimensat: inval if a stamp is to be set to a value and to now at once. */
wasi_errno_t times_to_host(wasi_timestamp_t atim, wasi_timestamp_t mtim, wasi_fstflags_t flags, struct timespec ret[2]);

#endif
