/* Opening, for the families that open on the guest's behalf. */
#ifndef SHIM_FILE_H
#define SHIM_FILE_H

#include "place.h"

/* openat(2). call: whose name a denial is explained under. */
int file_open(int dirfd, const char *path, int flags, mode_t mode, const char *call);

/* openat2(2) with RESOLVE_BENEATH: EXDEV where the path, or a link in it, leads out of the directory. */
int file_open_beneath(int dirfd, const char *path, int flags, mode_t mode);

#endif
