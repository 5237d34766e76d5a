/* wasi-core: the capability core of wasi_snapshot_preview1, in host terms.
 *
 * A context (wasi_ctx_t) holds a descriptor table, preopened directories, arguments and environment: all the authority
 * its user has. The 46 calls of preview1 are functions on a context: same names, same order of parameters, host
 * pointers instead of guest addresses. There is no global state, nothing is printed, nothing exits the process.
 *
 * Every call returns a preview1 errno (WASI_ERRNO_SUCCESS is 0) and writes through its result pointers on success only.
 * All calls check in one order: enumerations and flag bits (inval), descriptor open (badf), its kind (notdir, isdir,
 * notsock), its rights (notcapable), arguments (inval, overflow), and then ask the host. A context may be used by many
 * threads at once; a call that is using a descriptor keeps it alive while another thread closes it.
 *
 * Source of names, numbers and layouts: WASI preview1 (typenames.witx, wasi_snapshot_preview1.witx). Structures have
 * the wire's layout (little endian), so they can be written straight into a guest's memory. */
#ifndef WASI_H
#define WASI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(WASI_API)
/* the static build's objects stay private to what they are linked into */
#elif defined(__GNUC__)
#define WASI_API __attribute__((visibility("default")))
#else
#define WASI_API
#endif

/* ---- types and constants of preview1 ---- */

typedef uint32_t wasi_size_t;
typedef uint64_t wasi_filesize_t;
typedef int64_t wasi_filedelta_t;
typedef uint64_t wasi_timestamp_t; /* nanoseconds */
typedef uint64_t wasi_dircookie_t;
typedef uint64_t wasi_device_t;
typedef uint64_t wasi_inode_t;
typedef uint64_t wasi_linkcount_t;
typedef uint64_t wasi_userdata_t;
typedef uint32_t wasi_fd_t;
typedef uint32_t wasi_exitcode_t;
typedef uint16_t wasi_errno_t;
typedef uint64_t wasi_rights_t;
typedef uint32_t wasi_clockid_t;
typedef uint8_t wasi_whence_t;
typedef uint8_t wasi_filetype_t;
typedef uint8_t wasi_advice_t;
typedef uint16_t wasi_fdflags_t;
typedef uint16_t wasi_fstflags_t;
typedef uint32_t wasi_lookupflags_t;
typedef uint16_t wasi_oflags_t;
typedef uint8_t wasi_eventtype_t;
typedef uint16_t wasi_eventrwflags_t;
typedef uint16_t wasi_subclockflags_t;
typedef uint8_t wasi_signal_t;
typedef uint16_t wasi_riflags_t;
typedef uint16_t wasi_roflags_t;
typedef uint16_t wasi_siflags_t;
typedef uint8_t wasi_sdflags_t;
typedef uint8_t wasi_preopentype_t;

enum wasi_errno {
#define ERRNO(NAME, name, HOST, text) WASI_ERRNO_##NAME,
#include "errno.def"
	WASI_ERRNO_COUNT
};

enum wasi_right_bit {
#define RIGHT(NAME, name, TYPES, EFFECT, text) WASI_RIGHT_BIT_##NAME,
#include "rights.def"
	WASI_RIGHT_COUNT
};

enum wasi_rights {
#define RIGHT(NAME, name, TYPES, EFFECT, text) WASI_RIGHTS_##NAME = 1 << WASI_RIGHT_BIT_##NAME,
#include "rights.def"
};
#define WASI_RIGHTS_ALL ((wasi_rights_t)((1 << WASI_RIGHT_COUNT) - 1))

enum wasi_clockid { WASI_CLOCKID_REALTIME, WASI_CLOCKID_MONOTONIC, WASI_CLOCKID_PROCESS_CPUTIME_ID, WASI_CLOCKID_THREAD_CPUTIME_ID };
enum wasi_whence { WASI_WHENCE_SET, WASI_WHENCE_CUR, WASI_WHENCE_END };
enum wasi_advice {
	WASI_ADVICE_NORMAL,
	WASI_ADVICE_SEQUENTIAL,
	WASI_ADVICE_RANDOM,
	WASI_ADVICE_WILLNEED,
	WASI_ADVICE_DONTNEED,
	WASI_ADVICE_NOREUSE
};
enum wasi_filetype {
	WASI_FILETYPE_UNKNOWN,
	WASI_FILETYPE_BLOCK_DEVICE,
	WASI_FILETYPE_CHARACTER_DEVICE,
	WASI_FILETYPE_DIRECTORY,
	WASI_FILETYPE_REGULAR_FILE,
	WASI_FILETYPE_SOCKET_DGRAM,
	WASI_FILETYPE_SOCKET_STREAM,
	WASI_FILETYPE_SYMBOLIC_LINK
};
enum wasi_fdflags {
	WASI_FDFLAGS_APPEND = 1,
	WASI_FDFLAGS_DSYNC = 2,
	WASI_FDFLAGS_NONBLOCK = 4,
	WASI_FDFLAGS_RSYNC = 8,
	WASI_FDFLAGS_SYNC = 16
};
enum wasi_fstflags { WASI_FSTFLAGS_ATIM = 1, WASI_FSTFLAGS_ATIM_NOW = 2, WASI_FSTFLAGS_MTIM = 4, WASI_FSTFLAGS_MTIM_NOW = 8 };
enum wasi_lookupflags { WASI_LOOKUPFLAGS_SYMLINK_FOLLOW = 1 };
enum wasi_oflags { WASI_OFLAGS_CREAT = 1, WASI_OFLAGS_DIRECTORY = 2, WASI_OFLAGS_EXCL = 4, WASI_OFLAGS_TRUNC = 8 };
enum wasi_eventtype { WASI_EVENTTYPE_CLOCK, WASI_EVENTTYPE_FD_READ, WASI_EVENTTYPE_FD_WRITE };
enum wasi_eventrwflags { WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP = 1 };
enum wasi_subclockflags { WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME = 1 };
enum wasi_riflags { WASI_RIFLAGS_RECV_PEEK = 1, WASI_RIFLAGS_RECV_WAITALL = 2 };
enum wasi_roflags { WASI_ROFLAGS_RECV_DATA_TRUNCATED = 1 };
enum wasi_sdflags { WASI_SDFLAGS_RD = 1, WASI_SDFLAGS_WR = 2 };
enum wasi_preopentype { WASI_PREOPENTYPE_DIR };

/* Scatter and gather lists have the layout of the host's struct iovec. */
typedef struct wasi_iovec {
	void *buf;
	size_t buf_len;
} wasi_iovec_t;
typedef struct wasi_ciovec {
	const void *buf;
	size_t buf_len;
} wasi_ciovec_t;

typedef struct wasi_fdstat {
	wasi_filetype_t fs_filetype;
	uint8_t pad0;
	wasi_fdflags_t fs_flags;
	uint32_t pad1;
	wasi_rights_t fs_rights_base;
	wasi_rights_t fs_rights_inheriting;
} wasi_fdstat_t;

typedef struct wasi_filestat {
	wasi_device_t dev;
	wasi_inode_t ino;
	wasi_filetype_t filetype;
	uint8_t pad0[7];
	wasi_linkcount_t nlink;
	wasi_filesize_t size;
	wasi_timestamp_t atim;
	wasi_timestamp_t mtim;
	wasi_timestamp_t ctim;
} wasi_filestat_t;

typedef struct wasi_dirent {
	wasi_dircookie_t d_next;
	wasi_inode_t d_ino;
	uint32_t d_namlen;
	wasi_filetype_t d_type;
	uint8_t pad0[3];
} wasi_dirent_t;

typedef struct wasi_prestat {
	wasi_preopentype_t tag;
	uint8_t pad0[3];
	wasi_size_t pr_name_len;
} wasi_prestat_t;

typedef struct wasi_subscription_clock {
	wasi_clockid_t id;
	uint32_t pad0;
	wasi_timestamp_t timeout;
	wasi_timestamp_t precision;
	wasi_subclockflags_t flags;
	uint8_t pad1[6];
} wasi_subscription_clock_t;

typedef struct wasi_subscription {
	wasi_userdata_t userdata;
	wasi_eventtype_t tag;
	uint8_t pad0[7];
	union {
		wasi_subscription_clock_t clock;
		struct {
			wasi_fd_t file_descriptor;
		} fd_readwrite;
	} u;
} wasi_subscription_t;

typedef struct wasi_event {
	wasi_userdata_t userdata;
	wasi_errno_t error;
	wasi_eventtype_t type;
	uint8_t pad0[5];
	struct {
		wasi_filesize_t nbytes;
		wasi_eventrwflags_t flags;
		uint8_t pad0[6];
	} fd_readwrite;
} wasi_event_t;

/* ---- contexts ---- */

typedef struct wasi_ctx wasi_ctx_t;
struct wasi_host; /* host.h: the table of host calls; embedders that replace it include that header */

/* How the table numbers descriptors. */
enum wasi_numbering {
	WASI_NUMBERING_LOWEST, /* the lowest free number, whatever the host's descriptor is */
	WASI_NUMBERING_HOST    /* the host's own number: what a native program's libc expects */
};

/* How fd_readdir lists the host's directories, and what its cookies are. */
enum wasi_listing {
	WASI_LISTING_HOST,    /* the host's order, the host's cookies: 63 bits on some file systems; good on any descriptor */
	WASI_LISTING_COUNTED, /* the host's order; cookies count entries. Only those that a descriptor gave out are good on it */
	WASI_LISTING_SORTED   /* `.`, `..`, then by the bytes of the names, as the directory was when cookie 0 was asked for */
};

struct wasi_ctx_config {
	enum wasi_numbering numbering;
	enum wasi_listing listing;
	bool return_eintr;            /* a signal ends a waiting call with intr (native programs have signals); else it is restarted */
	bool hash_identity;           /* report hashed dev and ino instead of the host's */
	bool zero_monotonic;          /* the monotonic clock starts at 0 when the context is made, hiding the host's uptime */
	wasi_fd_t max_fds;            /* highest number of open descriptors, mfile beyond; 0: the host's limit, at most 1048576 */
	const struct wasi_host *host; /* NULL: Linux. Borrowed; must outlive the context */
	/* Called by proc_exit with the guest's full exit code. It may not return (longjmp, _exit); if it does, proc_exit
	 * returns success and the front end unwinds. NULL: nothing is called. */
	void (*on_exit)(void *user, wasi_exitcode_t code);
	void *user;
};

/* Makes a context with an empty table, no arguments and no environment.
 * config: copied; NULL means all zero. *ret_ctx: owned by the caller, freed with wasi_ctx_free.
 * Errors: nomem. */
WASI_API wasi_errno_t wasi_ctx_new(const struct wasi_ctx_config *config, wasi_ctx_t **ret_ctx);

/* Closes every descriptor the context owns and frees it. NULL is allowed. No other thread may be using it. */
WASI_API void wasi_ctx_free(wasi_ctx_t *ctx);

/* Snapshots arguments / environment strings ("K=V"). argv: count strings ended by NUL, copied. The guest's view never
 * changes afterwards, so sizes and contents agree. Errors: nomem, overflow (more than 2^32-1 bytes in all). */
WASI_API wasi_errno_t wasi_ctx_set_args(wasi_ctx_t *ctx, size_t count, const char *const *argv);
WASI_API wasi_errno_t wasi_ctx_set_environ(wasi_ctx_t *ctx, size_t count, const char *const *environ);

#define WASI_FD_AUTO UINT32_MAX /* let the table choose the number, as config.numbering says */

/* Puts a host descriptor into the table.
 * at: the number it gets, or WASI_FD_AUTO. If `at` is in use, the old entry is closed as fd_renumber would; with
 *   WASI_NUMBERING_HOST a stale entry of the same number is forgotten without closing the host descriptor.
 * host_fd: its kind and access mode are asked from the host.
 * base, inheriting: rights; cut to what the object's kind and access mode allow.
 * owned: the table closes host_fd when the entry goes; otherwise it is borrowed (standard streams) and its host flags
 *   are never changed. On error ownership stays with the caller.
 * Errors: badf (host_fd not open), nomem, mfile. */
WASI_API wasi_errno_t wasi_ctx_add_fd(wasi_ctx_t *ctx, wasi_fd_t at, int host_fd, wasi_rights_t base,
				      wasi_rights_t inheriting, bool owned, wasi_fd_t *ret_fd);

/* Puts a host directory into the table as a preopen.
 * name: what the guest sees, copied; any bytes but NUL. host_fd: an open directory (O_PATH suffices), owned by the table
 * on success. base, inheriting: see wasi_rights_preopen_base() and _inheriting(). at: as in wasi_ctx_add_fd.
 * Errors: badf, notdir, inval (no name), nomem, mfile. */
WASI_API wasi_errno_t wasi_ctx_add_preopen(wasi_ctx_t *ctx, wasi_fd_t at, int host_fd, const char *name,
					   wasi_rights_t base, wasi_rights_t inheriting, wasi_fd_t *ret_fd);

/* Gives a preopen a copy of its tree for calls that only look, which otherwise has to be made here and takes a privilege:
 * a detached mount of the same directory that follows no symbolic links (open_tree(2) with OPEN_TREE_CLONE, mount_setattr(2)
 * with MOUNT_ATTR_NOSYMFOLLOW). fd: the preopen; tree: the mount's descriptor, owned by the table on success.
 * Errors: badf, inval (no preopen, or it has one). */
WASI_API wasi_errno_t wasi_ctx_add_look(wasi_ctx_t *ctx, wasi_fd_t fd, int tree);

/* One entry of a synthetic, read-only directory. A file or directory entry stands for `host_name` beneath `host_dir`. */
struct wasi_vdir_entry {
	const char *name;      /* what the guest sees; copied */
	int host_dir;          /* -1: an empty synthetic directory that is only listed (a step towards a preopen) */
	const char *host_name; /* one component, copied; NULL when host_dir is -1 */
	wasi_rights_t rights;  /* what may be done with a file opened through this entry */
};

/* Puts a synthetic directory into the table as a preopen: it exists in memory only, lists the given entries, answers
 * stat, access and open for them and for itself, and refuses every change with rofs. For the directories above preopens
 * and for single granted files (device nodes). host_dir descriptors are borrowed and must stay open.
 * Errors: nomem, mfile. */
WASI_API wasi_errno_t wasi_ctx_add_vdir(wasi_ctx_t *ctx, wasi_fd_t at, const char *name, size_t count,
					const struct wasi_vdir_entry *entries, wasi_fd_t *ret_fd);

/* What the table knows of a descriptor. */
struct wasi_fd_info {
	int host_fd;                     /* -1 for synthetic objects */
	bool owned, preopen;
	wasi_filetype_t filetype;
	wasi_fdflags_t flags;
	wasi_rights_t base, inheriting;
	uint32_t domain;                 /* permission domain: descriptors derived from preopens with equal masks share one */
};
/* Errors: badf. */
WASI_API wasi_errno_t wasi_ctx_fd_info(wasi_ctx_t *ctx, wasi_fd_t fd, struct wasi_fd_info *ret_info);

/* Forgets a descriptor without closing the host's: for front ends whose libc closes the number itself (fclose).
 * Errors: badf. */
WASI_API wasi_errno_t wasi_ctx_forget(wasi_ctx_t *ctx, wasi_fd_t fd);

/* From now on signal handlers may call the context, also one that interrupts a call of the same thread: signals are blocked
 * while the context's lock is held. Costs two system calls wherever a descriptor is made or let go. It cannot fail. */
WASI_API void wasi_ctx_expect_signals(wasi_ctx_t *ctx);

/* Brackets a fork in a multi-threaded process: take all locks, release them in the parent, reset them in the child.
 * For pthread_atfork(3). They cannot fail. */
WASI_API void wasi_ctx_fork_prepare(wasi_ctx_t *ctx);
WASI_API void wasi_ctx_fork_parent(wasi_ctx_t *ctx);
WASI_API void wasi_ctx_fork_child(wasi_ctx_t *ctx);

/* ---- rights ---- */

/* The sets that a preopened directory starts from (all of preview1's rights that its kind, and what is opened beneath
 * it, can use). `ro` sets are masks over both: everything that changes something removed. */
WASI_API wasi_rights_t wasi_rights_preopen_base(void);
WASI_API wasi_rights_t wasi_rights_preopen_inheriting(void);
WASI_API wasi_rights_t wasi_rights_readonly(wasi_rights_t rights);

/* preview1's spelling of a right by bit number, "?" if there is none; and its one-line description. Static strings. */
WASI_API const char *wasi_right_name(unsigned bit);
WASI_API const char *wasi_right_text(unsigned bit);

/* The bit of a right's name (length name_len bytes). Errors: inval. */
WASI_API wasi_errno_t wasi_right_from_name(const char *name, size_t name_len, wasi_rights_t *ret_right);

/* ---- errors ---- */

/* preview1's spelling ("notcapable"), a sentence for people, and the Linux errno a native caller sees. Static strings;
 * "?" / EIO for numbers out of range. wasi_errno_from_host maps unknown numbers to io. */
WASI_API const char *wasi_errno_name(wasi_errno_t error);
WASI_API const char *wasi_errno_text(wasi_errno_t error);
WASI_API int wasi_errno_to_host(wasi_errno_t error);
WASI_API wasi_errno_t wasi_errno_from_host(int host_errno);

/* ---- trace ---- */

/* One finished call. Strings are valid during the callback only. */
struct wasi_trace_event {
	const char *name;         /* the call, in preview1's spelling */
	const char *args;         /* the parameters as text: "fd=3, path=\"a/b\", oflags=creat|trunc" */
	const char *results;      /* what was written, as text; empty on failure */
	wasi_errno_t error;
	wasi_rights_t missing;    /* rights that were missing when error is notcapable for want of rights; else 0 */
	wasi_fd_t missing_fd;     /* the descriptor that lacked them; WASI_FD_AUTO if none */
	uint64_t start_ns;        /* CLOCK_MONOTONIC at the start */
	uint64_t duration_ns;
};

/* Calls `fn` after every call on this context; NULL switches it off, which is the initial state and costs one
 * predictable branch a call. only_denials: format and report only calls that end in notcapable, acces, perm or rofs.
 * fn runs on the calling thread with no lock held and may not call the context. */
WASI_API void wasi_ctx_set_trace(wasi_ctx_t *ctx, void (*fn)(void *user, const struct wasi_trace_event *event),
				 void *user, bool only_denials);

/* ---- the 46 calls ----
 *
 * wasi_errno_t wasi_<name>(wasi_ctx_t *ctx, …): one for each row of wasi.def, with the parameters of its row. Lengths
 * are bytes for buffers and paths, counts for vectors. Paths are bytes without a terminating NUL; a NUL inside is
 * inval. What each call does, and where implementations differ, is in docs/semantics.md. */
#include "sequence.h"
#include "kinds.def"

#define WASI_PARAM_A(t, a, n) WASI_PARAM_##t(a, n) WASI_PARAM_B
#define WASI_PARAM_B(t, a, n) WASI_PARAM_##t(a, n) WASI_PARAM_A
#define WASI_PARAM_A_END
#define WASI_PARAM_B_END
#define WASI_PARAM_F(rights, n) , wasi_fd_t n
#define WASI_PARAM_P(kind, n) KIND_##kind(WASI_PARAM, n)
#define WASI_PARAM_SCALAR(word, ctype, show, n) , ctype n
#define WASI_PARAM_OUT(ctype, show, n) , ctype *n
#define WASI_PARAM_PATH(n) , const char *n, size_t n##_len
#define WASI_PARAM_OUT_BUF(n) , void *n, size_t n##_len
#define WASI_PARAM_IOVS(ctype, n) , const ctype *n, size_t n##_len
#define WASI_PARAM_STRINGS(which, n) , char **n, char *n##_buf
#define WASI_PARAM_POLL(n) , const wasi_subscription_t *n, wasi_event_t *out, size_t nsubscriptions
#define WASI_PARAM_HOST(ctype, show, n) , ctype n

#define WASI(name, seq) WASI_API wasi_errno_t wasi_##name(wasi_ctx_t *ctx WASI_WALK(WASI_PARAM_A seq));
#include "wasi.def"

#ifdef __cplusplus
}
#endif

#endif
