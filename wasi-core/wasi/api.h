/* <wasi/api.h>: preview1 under the names that wasi-libc gives it, for native programs.
 *
 * A program written against wasi-libc's header of this name builds with this one (pkg-config wasi-core) and then does
 * natively what it does as a module. The calls are those of wasi.h without the context: they act on the program's own.
 *
 *     under `wasiward run --profile strict`    the program's policy: preopens at 3, 4, …, as for a module
 *     otherwise                                descriptors 0, 1 and 2, the program's arguments and environment, and no
 *                                              directory; or what wasi_api_use has set
 *
 * Every call returns a preview1 errno and writes through its result pointers on success only; __wasi_proc_exit does not
 * return. Lengths called _len are bytes for buffers and counts for vectors. Types have preview1's sizes but for
 * pointers: __wasi_iovec_t holds a pointer and a size_t. Source: WASI preview1 (typenames.witx,
 * wasi_snapshot_preview1.witx). */
#ifndef WASI_API_H_NATIVE
#define WASI_API_H_NATIVE

#ifdef __wasm__
#error "this header is for native programs; modules use the one of wasi-libc"
#endif

#include <wasi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- types ---- */

#define __WASI_DIRCOOKIE_START UINT64_C(0)

typedef wasi_size_t __wasi_size_t;
typedef wasi_filesize_t __wasi_filesize_t;
typedef wasi_filedelta_t __wasi_filedelta_t;
typedef wasi_timestamp_t __wasi_timestamp_t;
typedef wasi_dircookie_t __wasi_dircookie_t;
typedef uint32_t __wasi_dirnamlen_t;
typedef wasi_device_t __wasi_device_t;
typedef wasi_inode_t __wasi_inode_t;
typedef wasi_linkcount_t __wasi_linkcount_t;
typedef wasi_userdata_t __wasi_userdata_t;
typedef wasi_fd_t __wasi_fd_t;
typedef wasi_exitcode_t __wasi_exitcode_t;
typedef wasi_errno_t __wasi_errno_t;
typedef wasi_rights_t __wasi_rights_t;
typedef wasi_clockid_t __wasi_clockid_t;
typedef wasi_whence_t __wasi_whence_t;
typedef wasi_filetype_t __wasi_filetype_t;
typedef wasi_advice_t __wasi_advice_t;
typedef wasi_fdflags_t __wasi_fdflags_t;
typedef wasi_fstflags_t __wasi_fstflags_t;
typedef wasi_lookupflags_t __wasi_lookupflags_t;
typedef wasi_oflags_t __wasi_oflags_t;
typedef wasi_eventtype_t __wasi_eventtype_t;
typedef wasi_eventrwflags_t __wasi_eventrwflags_t;
typedef wasi_subclockflags_t __wasi_subclockflags_t;
typedef wasi_signal_t __wasi_signal_t;
typedef wasi_riflags_t __wasi_riflags_t;
typedef wasi_roflags_t __wasi_roflags_t;
typedef wasi_siflags_t __wasi_siflags_t;
typedef wasi_sdflags_t __wasi_sdflags_t;
typedef wasi_preopentype_t __wasi_preopentype_t;

typedef wasi_iovec_t __wasi_iovec_t;
typedef wasi_ciovec_t __wasi_ciovec_t;
typedef wasi_fdstat_t __wasi_fdstat_t;
typedef wasi_filestat_t __wasi_filestat_t;
typedef wasi_dirent_t __wasi_dirent_t;
typedef wasi_event_t __wasi_event_t;
typedef wasi_subscription_clock_t __wasi_subscription_clock_t;

/* Unions as wasi-libc nests them; the layout is that of wasi.h (checked in api.c). */
typedef struct __wasi_prestat_t {
	__wasi_preopentype_t tag;
	union {
		struct {
			__wasi_size_t pr_name_len;
		} dir;
	} u;
} __wasi_prestat_t;

typedef struct __wasi_subscription_fd_readwrite_t {
	__wasi_fd_t file_descriptor;
} __wasi_subscription_fd_readwrite_t;

typedef struct __wasi_subscription_t {
	__wasi_userdata_t userdata;
	struct {
		__wasi_eventtype_t tag;
		union {
			__wasi_subscription_clock_t clock;
			__wasi_subscription_fd_readwrite_t fd_read, fd_write;
		} u;
	} u;
} __wasi_subscription_t;

/* ---- constants ---- */

#define WASI_API_SAME(name) __WASI_##name = WASI_##name

enum {
#define ERRNO(NAME, name, HOST, text) WASI_API_SAME(ERRNO_##NAME),
#include "../errno.def"
#define RIGHT(NAME, name, TYPES, EFFECT, text) WASI_API_SAME(RIGHTS_##NAME),
#include "../rights.def"
	WASI_API_SAME(CLOCKID_REALTIME),
	WASI_API_SAME(CLOCKID_MONOTONIC),
	WASI_API_SAME(CLOCKID_PROCESS_CPUTIME_ID),
	WASI_API_SAME(CLOCKID_THREAD_CPUTIME_ID),
	WASI_API_SAME(WHENCE_SET),
	WASI_API_SAME(WHENCE_CUR),
	WASI_API_SAME(WHENCE_END),
	WASI_API_SAME(ADVICE_NORMAL),
	WASI_API_SAME(ADVICE_SEQUENTIAL),
	WASI_API_SAME(ADVICE_RANDOM),
	WASI_API_SAME(ADVICE_WILLNEED),
	WASI_API_SAME(ADVICE_DONTNEED),
	WASI_API_SAME(ADVICE_NOREUSE),
	WASI_API_SAME(FILETYPE_UNKNOWN),
	WASI_API_SAME(FILETYPE_BLOCK_DEVICE),
	WASI_API_SAME(FILETYPE_CHARACTER_DEVICE),
	WASI_API_SAME(FILETYPE_DIRECTORY),
	WASI_API_SAME(FILETYPE_REGULAR_FILE),
	WASI_API_SAME(FILETYPE_SOCKET_DGRAM),
	WASI_API_SAME(FILETYPE_SOCKET_STREAM),
	WASI_API_SAME(FILETYPE_SYMBOLIC_LINK),
	WASI_API_SAME(FDFLAGS_APPEND),
	WASI_API_SAME(FDFLAGS_DSYNC),
	WASI_API_SAME(FDFLAGS_NONBLOCK),
	WASI_API_SAME(FDFLAGS_RSYNC),
	WASI_API_SAME(FDFLAGS_SYNC),
	WASI_API_SAME(FSTFLAGS_ATIM),
	WASI_API_SAME(FSTFLAGS_ATIM_NOW),
	WASI_API_SAME(FSTFLAGS_MTIM),
	WASI_API_SAME(FSTFLAGS_MTIM_NOW),
	WASI_API_SAME(LOOKUPFLAGS_SYMLINK_FOLLOW),
	WASI_API_SAME(OFLAGS_CREAT),
	WASI_API_SAME(OFLAGS_DIRECTORY),
	WASI_API_SAME(OFLAGS_EXCL),
	WASI_API_SAME(OFLAGS_TRUNC),
	WASI_API_SAME(EVENTTYPE_CLOCK),
	WASI_API_SAME(EVENTTYPE_FD_READ),
	WASI_API_SAME(EVENTTYPE_FD_WRITE),
	WASI_API_SAME(EVENTRWFLAGS_FD_READWRITE_HANGUP),
	WASI_API_SAME(SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME),
	WASI_API_SAME(RIFLAGS_RECV_PEEK),
	WASI_API_SAME(RIFLAGS_RECV_WAITALL),
	WASI_API_SAME(ROFLAGS_RECV_DATA_TRUNCATED),
	WASI_API_SAME(SDFLAGS_RD),
	WASI_API_SAME(SDFLAGS_WR),
	WASI_API_SAME(PREOPENTYPE_DIR)
};

/* ---- the 46 calls: __wasi_<name>, one for each row of wasi.def ---- */

/* The parameters of a row as wasi-libc has them: paths are strings that end in a NUL, buffers are bytes. */
#define WASI_API_PARAM_FIRST(t, a, n) WASI_API_PARAM_##t(a, n) WASI_API_PARAM_A
#define WASI_API_PARAM_A(t, a, n) , WASI_API_PARAM_##t(a, n) WASI_API_PARAM_B
#define WASI_API_PARAM_B(t, a, n) , WASI_API_PARAM_##t(a, n) WASI_API_PARAM_A
#define WASI_API_PARAM_FIRST_END void
#define WASI_API_PARAM_A_END
#define WASI_API_PARAM_B_END
#define WASI_API_PARAM_F(rights, n) __wasi_fd_t n
#define WASI_API_PARAM_P(kind, n) KIND_##kind(WASI_API_PARAM, n)
#define WASI_API_PARAM_SCALAR(word, ctype, show, n) __##ctype n
#define WASI_API_PARAM_OUT(ctype, show, n) __##ctype *n
#define WASI_API_PARAM_PATH(n) const char *n
#define WASI_API_PARAM_OUT_BUF(n) uint8_t *n, __wasi_size_t n##_len
#define WASI_API_PARAM_IOVS(ctype, n) const __##ctype *n, size_t n##_len
#define WASI_API_PARAM_STRINGS(which, n) uint8_t **n, uint8_t *n##_buf
#define WASI_API_PARAM_POLL(n) const __wasi_subscription_t *n, __wasi_event_t *out, __wasi_size_t nsubscriptions

/* What a call returns: an errno, but for the one that does not return. */
#define WASI_API_RETURNS_proc_exit , __attribute__((noreturn)) void
#define WASI_API_RETURNS(name) WASI_API_PICK(WASI_API_RETURNS_##name, __wasi_errno_t, 0)
#define WASI_API_PICK(...) WASI_API_PICK_(__VA_ARGS__)
#define WASI_API_PICK_(a, b, ...) b

#define WASI(name, seq) WASI_API WASI_API_RETURNS(name) __wasi_##name(WASI_WALK(WASI_API_PARAM_FIRST seq));
#include "../wasi.def"

/* Makes the calls above act on a context of the caller's, for all threads; NULL: on the program's own again. The context is
 * borrowed and must outlive its use. Has no effect under `wasiward run`, whose policy holds. */
WASI_API void wasi_api_use(wasi_ctx_t *ctx);

#ifdef __cplusplus
}
#endif

#endif
