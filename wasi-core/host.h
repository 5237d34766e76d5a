/* The host as the core sees it: a table of function pointers, one for each system call it makes.
 *
 * An embedder replaces the table (wasi_ctx_config.host) to inject failures, to count calls, or to put its own clock
 * behind clock_gettime. Copy *wasi_host_linux() and change slots: rows may be added to the table in a later version. */
#ifndef WASI_HOST_H
#define WASI_HOST_H

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <time.h>

#include "wasi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* struct open_how of openat2(2), and the two restrictions that the core asks for. */
struct wasi_open_how {
	uint64_t flags, mode, resolve;
};
#define WASI_RESOLVE_NO_MAGICLINKS 0x02
#define WASI_RESOLVE_BENEATH 0x08

/* struct xattr_args of getxattrat(2) and setxattrat(2). */
struct wasi_xattr_args {
	uint64_t value; /* a pointer */
	uint32_t size, flags;
};

/* struct mount_attr of mount_setattr(2), and what the core asks for. */
struct wasi_mount_attr {
	uint64_t set, clear, propagation, userns_fd;
};
#define WASI_MOUNT_ATTR_NOSYMFOLLOW 0x200000
#define WASI_MOUNT_PRIVATE (1 << 18)

/* Every slot returns a value >= 0, or -errno. */
struct wasi_host {
#define HOST(name, params, args) long(*name) params;
#include "host.def"
	long (*clock_gettime)(int id, struct timespec *ret); /* by default the C library's, that is the vDSO's */
};

/* Linux, through raw system calls: never through functions of the C library that a preloaded library may replace. */
WASI_API const struct wasi_host *wasi_host_linux(void);

#ifdef __cplusplus
}
#endif

#endif
