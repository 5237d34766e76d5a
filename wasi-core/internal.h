/* What the files of wasi-core share: contexts, entries of the descriptor table, the ops of an object, resolved paths.
 */
#ifndef WASI_INTERNAL_H
#define WASI_INTERNAL_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#if defined(__GLIBC__)
#include <sys/single_threaded.h>
#endif

#include "host.h"
#include "native.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

typedef struct wasi_entry wasi_entry_t;
typedef struct wasi_call wasi_call_t;

/* ---- objects ---- */

/* Kinds of object as far as rights are concerned; the letters are those of rights.def. */
#define WASI_CLASSES(X) X(FILE, 'f') X(DIRECTORY, 'd') X(CHARACTER, 'c') X(TERMINAL, 't') X(SOCKET, 's') X(PIPE, 'p')

enum wasi_class {
#define WASI_CLASS_ENUM(NAME, letter) CLASS_##NAME,
	WASI_CLASSES(WASI_CLASS_ENUM)
};

/* Rights that an object of this class can use. */
wasi_rights_t rights_usable(enum wasi_class class);
/* The error for needing rights that the class cannot use: notdir, notsock, isdir, spipe, inval. */
wasi_errno_t rights_kind_error(enum wasi_class class, wasi_rights_t need);

/* A path as the host wants it: checked, with a NUL behind it. */
#define PATH_BYTES 4096
struct path {
	size_t len;
	char text[PATH_BYTES];
};

/* A resolved object for the host's *at calls: `name` in directory `dir`, or dir itself when name is "" (flags then
 * has AT_EMPTY_PATH). flags always has AT_SYMLINK_NOFOLLOW: whatever was to be followed has been. */
struct path_ref {
	int dir;
	const char *name; /* points into the struct path it was made from, or is a literal; may end in one slash */
	int flags;
	bool close_dir;
	bool dotdot; /* the path ended in `..`; dir is where that leads and name is "." */
};

/* What path_open asks of a directory. */
struct open_request {
	int flags; /* O_*, without O_NOFOLLOW */
	unsigned mode;
	bool follow, inherit; /* inherit: without O_CLOEXEC */
	wasi_rights_t base, inheriting;
};

enum lookup_for { LOOKUP_TO_READ, LOOKUP_TO_CHANGE };

/* The methods of an object. Arguments have been checked and rights too; NULL is notsup. A new kind of object is a new
 * table of these. Paths may be cut to pieces by the method. */
struct wasi_ops {
	/* offset -1: the object's own position */
	long (*read)(wasi_call_t *c, wasi_entry_t *e, const struct iovec *iov, int count, int64_t offset);
	long (*write)(wasi_call_t *c, wasi_entry_t *e, const struct iovec *iov, int count, int64_t offset);
	long (*seek)(wasi_call_t *c, wasi_entry_t *e, int64_t offset, int whence);
	wasi_errno_t (*stat)(wasi_call_t *c, wasi_entry_t *e, unsigned mask, struct statx *ret);
	wasi_errno_t (*statfs)(wasi_call_t *c, wasi_entry_t *e, struct statfs *ret);
	wasi_errno_t (*set_times)(wasi_call_t *c, wasi_entry_t *e, const struct timespec times[2]);
	wasi_errno_t (*set_size)(wasi_call_t *c, wasi_entry_t *e, int64_t size);
	wasi_errno_t (*allocate)(wasi_call_t *c, wasi_entry_t *e, int64_t offset, int64_t len);
	wasi_errno_t (*advise)(wasi_call_t *c, wasi_entry_t *e, int64_t offset, int64_t len, int advice);
	wasi_errno_t (*sync)(wasi_call_t *c, wasi_entry_t *e, bool data_only);
	wasi_errno_t (*chmod)(wasi_call_t *c, wasi_entry_t *e, unsigned mode);
	wasi_errno_t (*chown)(wasi_call_t *c, wasi_entry_t *e, unsigned uid, unsigned gid);
	/* Packs preview1 records into buf from the entry that `cookie` names on. */
	wasi_errno_t (*readdir)(wasi_call_t *c, wasi_entry_t *e, void *buf, size_t len, wasi_dircookie_t cookie,
				size_t *ret_used);
	/* Makes an entry that is in no table yet, its rights cut to what the new object can use. */
	wasi_errno_t (*open)(wasi_call_t *c, wasi_entry_t *e, struct path *path, const struct open_request *request,
			     wasi_entry_t **ret);
	/* The object that a path names; for a change of it, or only for a look. */
	wasi_errno_t (*lookup)(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, enum lookup_for why,
			       struct path_ref *ret);
	/* The parent and last component of a name that is to be created, removed or moved. */
	wasi_errno_t (*parent)(wasi_call_t *c, wasi_entry_t *e, struct path *path, struct path_ref *ret);
	wasi_errno_t (*path_stat)(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, unsigned mask,
				  struct statx *ret);
	wasi_errno_t (*path_access)(wasi_call_t *c, wasi_entry_t *e, struct path *path, bool follow, int mode,
				    int flags);
	wasi_errno_t (*path_statfs)(wasi_call_t *c, wasi_entry_t *e, struct path *path, struct statfs *ret);
	/* Frees, shares e->data. */
	void (*release)(wasi_entry_t *e);
	void (*share)(wasi_entry_t *e);
};

struct listing;
/* Memory of a listing; NULL is allowed. */
void listing_free(struct listing *listing);
wasi_errno_t host_readdir(wasi_call_t *c, wasi_entry_t *e, void *buf, size_t len, wasi_dircookie_t cookie, size_t *ret_used);
/* Moves a fresh host descriptor of the core's own, made for e, out of the way of the numbers that a program expects to get
 * next. Returns the descriptor, the same one if there is no room above. */
long fd_set_aside(wasi_call_t *c, wasi_entry_t *e, int fd);
/* A directory's descriptor that can be read and synced; it stays the entry's. */
wasi_errno_t host_scan_fd(wasi_call_t *c, wasi_entry_t *e, int *ret);

extern const struct wasi_ops host_ops; /* anything behind a host descriptor: host_ops.c */
extern const struct wasi_ops vdir_ops; /* synthetic directories: vdir.c */

/* ---- descriptors ---- */

/* Flags of a borrowed descriptor, kept here because the host's are shared with whoever lent it. Shared by duplicates.
 */
struct soft_flags {
	atomic_uint refs;
	_Atomic wasi_fdflags_t flags;
};

/* An open descriptor. The memory of entries is never given back before the context goes, so that a lookup may touch the
 * reference count of an entry that is being recycled under it. The table itself holds one reference. */
#define ENTRY_LIVE 0x80000000u /* in refs: not free */
struct wasi_entry {
	atomic_uint refs; /* ENTRY_LIVE and a count; late lookups count on free entries, too, for a moment */
	_Atomic uint8_t class, filetype; /* enum wasi_class, enum wasi_filetype; good once entry_know has said so */
	bool owned, preopen;
	int host_fd;  /* -1: synthetic */
	int place_fd; /* host descriptor that only keeps the number of a synthetic object taken, or -1 */
	bool opath;   /* host_fd is O_PATH: good for lookups only */
	bool inherit; /* the host descriptor crosses an exec */
	bool host_append;
	wasi_fd_t number; /* for traces and bookkeeping; WASI_FD_AUTO when in no table */
	uint32_t domain;
	_Atomic wasi_rights_t base, inheriting; /* may have RIGHTS_LATER */
	wasi_rights_t asked;			/* with RIGHTS_LATER in base: what base will be, but for the kind */
	const struct wasi_ops *ops;
	struct soft_flags *soft;     /* borrowed descriptors only */
	atomic_int scan_fd;	     /* of an O_PATH directory: what its entries are read through; -1 until needed */
	atomic_int look_fd;	     /* of a preopen, see look.c; below zero: none */
	atomic_uint looks;
	uint64_t root_dev, root_ino; /* the preopen that this directory was opened beneath */
	char *name;		     /* of a preopen */
	struct listing *listing;     /* of a directory that is listed by count or sorted; under its dir_lock */
	void *data;		     /* of ops */
	_Atomic(wasi_entry_t *) next_free;
};

#define TABLE_PAGE 1024
#define TABLE_PAGES 1024
#define ENTRY_SLAB 64
#define DIR_LOCKS 8

struct table_page {
	_Atomic(wasi_entry_t *) slot[TABLE_PAGE];
	uint64_t used[TABLE_PAGE / 64];
};

struct entry_slab {
	struct entry_slab *next;
	wasi_entry_t entries[ENTRY_SLAB];
};

struct strings {
	size_t count, bytes;
	char *text; /* the strings one after the other, each with its NUL */
};

struct trace_sink {
	void (*fn)(void *user, const struct wasi_trace_event *event);
	void *user;
	bool only_denials;
	struct trace_sink *older; /* replaced sinks stay readable for calls that are in flight */
};

/* What rt_sigprocmask(2) is to do. <signal.h> would declare `environ`, which is a parameter's name in preview1. */
enum { MASK_BLOCK = 0, MASK_SET = 2 };

/* The context's lock from ctx_lock to ctx_unlock, with signals blocked where a handler could want it, too. */
struct ctx_hold {
	wasi_ctx_t *ctx;
	uint64_t mask; /* to go back to, if `masked` */
	bool masked;
};

struct wasi_ctx {
	/* read by every call */
	const struct wasi_host *host;
	_Atomic(struct trace_sink *) trace;
	atomic_uint epoch; /* changes in the child of a fork, see wasi_ctx_fork_child */
	wasi_fd_t max_fds;
	struct wasi_ctx_config config;
	atomic_bool signals; /* handlers may call us: wasi_ctx_expect_signals */
	atomic_bool no_openat2, no_fchmodat2;
	uint64_t monotonic_zero, identity_key;
	struct strings args, environ;
	struct trace_sink *sinks;

	/* the descriptor table */
	pthread_mutex_t lock;		      /* for what fd_table.c does not change in single steps. See ctx_lock */
	struct ctx_hold fork_hold;	      /* of the thread that forks */
	pthread_mutex_t dir_locks[DIR_LOCKS]; /* a directory's position, by entry */
	wasi_fd_t lowest;		      /* no number below is free */
	_Atomic uint64_t free_entries;	      /* changed without the lock: fd_table.c */
	struct entry_slab *slabs;
	wasi_entry_t reserved; /* stands in slots whose number is one of the core's own host descriptors */
	_Atomic(struct table_page *) pages[TABLE_PAGES];
};

/* One call on its way. */
struct wasi_call {
	wasi_ctx_t *ctx;
	const struct wasi_host *host;
	unsigned epoch;
	wasi_fd_t missing_fd; /* with `missing`: for the trace */
	wasi_rights_t missing;
	bool exiting; /* proc_exit */
	wasi_exitcode_t exit_code;
};

/* Field by field: copying a whole structure costs more than the rest of a call's overhead. */
static inline void call_begin(wasi_call_t *c, wasi_ctx_t *ctx)
{
	c->ctx = ctx;
	c->host = ctx->host;
	c->epoch = atomic_load_explicit(&ctx->epoch, memory_order_relaxed);
	c->missing_fd = WASI_FD_AUTO;
	c->missing = 0;
	c->exiting = false;
}

static inline struct ctx_hold ctx_lock(wasi_ctx_t *ctx)
{
	static const uint64_t all = ~(uint64_t)0;
	struct ctx_hold hold = {.ctx = ctx, .masked = atomic_load_explicit(&ctx->signals, memory_order_relaxed)};

	if (unlikely(hold.masked))
		ctx->host->rt_sigprocmask(MASK_BLOCK, &all, &hold.mask, sizeof(all));
	pthread_mutex_lock(&ctx->lock);
	return hold;
}

static inline void ctx_unlock(const struct ctx_hold *hold)
{
	pthread_mutex_unlock(&hold->ctx->lock);
	if (unlikely(hold->masked))
		hold->ctx->host->rt_sigprocmask(MASK_SET, &hold->mask, NULL, sizeof(hold->mask));
}

/* A host call that a signal may interrupt: repeated, unless the context's user wants to see signals. */
#define HOST_RETRY(c, call)                                                                                            \
	__extension__({                                                                                                \
		long result_;                                                                                          \
		do                                                                                                     \
			result_ = (c)->host->call;                                                                     \
		while (unlikely(result_ == -EINTR) && !(c)->ctx->config.return_eintr);                                 \
		result_;                                                                                               \
	})

static inline wasi_errno_t host_error(long result)
{
	return likely(result >= 0) ? WASI_ERRNO_SUCCESS : wasi_errno_from_host((int)-result);
}

/* Adds to a reference count and returns what it was. A program without threads need not lock the bus, but its signal
 * handlers must still find one indivisible step. */
#if defined(__x86_64__) && defined(__GLIBC__)
static inline unsigned refs_add(atomic_uint *refs, unsigned n)
{
	if (!__libc_single_threaded)
		return atomic_fetch_add_explicit(refs, n, memory_order_acq_rel);
	__asm__ volatile("xaddl %0, %1" : "+r"(n), "+m"(*refs) : : "memory", "cc");
	return n;
}
#else
static inline unsigned refs_add(atomic_uint *refs, unsigned n)
{
	return atomic_fetch_add_explicit(refs, n, memory_order_acq_rel);
}
#endif

/* Gives the last reference back: closes, and recycles the entry unless a stale lookup is holding it for a moment. */
long entry_last_put(wasi_call_t *c, wasi_entry_t *e);

/* Gives a reference back; the last one closes. Returns what the host's close said, 0 if it was not asked. */
static inline long entry_put(wasi_call_t *c, wasi_entry_t *e)
{
	/* In the child of a fork the counts start anew: a reference from before is not counted any more. */
	if (unlikely(c->epoch != atomic_load_explicit(&c->ctx->epoch, memory_order_relaxed)))
		return 0;
	if (likely(refs_add(&e->refs, -1u) != (ENTRY_LIVE | 1)))
		return 0;
	return entry_last_put(c, e);
}

static inline _Atomic(wasi_entry_t *) *slot_of(wasi_ctx_t *ctx, wasi_fd_t fd)
{
	struct table_page *page;

	if (unlikely(fd >= TABLE_PAGE * TABLE_PAGES))
		return NULL;
	page = atomic_load_explicit(&ctx->pages[fd / TABLE_PAGE], memory_order_acquire);
	return likely(page != NULL) ? &page->slot[fd % TABLE_PAGE] : NULL;
}

/* Looks a descriptor up and takes a reference, or returns NULL. Takes no lock: fd_table.c explains. */
static inline wasi_entry_t *entry_get(wasi_call_t *c, wasi_fd_t fd)
{
	_Atomic(wasi_entry_t *) *slot = slot_of(c->ctx, fd);

	if (unlikely(!slot))
		return NULL;
	for (;;) {
		wasi_entry_t *e = atomic_load_explicit(slot, memory_order_acquire);

		if (unlikely(!e || e == &c->ctx->reserved))
			return NULL;
		if (likely(refs_add(&e->refs, 1) & ENTRY_LIVE) &&
		    likely(atomic_load_explicit(slot, memory_order_acquire) == e))
			return e;
		entry_put(c, e);
	}
}

/* A fresh entry with one reference and nothing in it, or NULL. */
wasi_entry_t *entry_new(wasi_call_t *c);
/* An entry around a host descriptor: kind, file type and root from the host, no rights. On error fd stays the caller's.
 */
wasi_errno_t entry_from_host(wasi_call_t *c, int fd, bool owned, wasi_entry_t **ret);
/* The same without asking the host for anything; NULL for want of memory. */
wasi_entry_t *entry_around(wasi_call_t *c, int fd, bool owned);
/* A second entry for the same object around another host descriptor. */
wasi_entry_t *entry_clone(wasi_call_t *c, wasi_entry_t *e, int host_fd, int place_fd);

/* Gives an entry its number (see wasi_ctx_add_fd for `at`) and the caller's reference to the table; a former entry of
 * the number is let go. at_least: lower bound for a chosen number. On error the reference stays the caller's. */
wasi_errno_t table_install(wasi_call_t *c, wasi_entry_t *e, wasi_fd_t at, wasi_fd_t at_least, wasi_fd_t *ret_fd);
/* Takes an entry out of the table and hands over the table's reference; NULL if there is none. */
wasi_entry_t *table_remove(wasi_ctx_t *ctx, wasi_fd_t fd);
/* Hides a host descriptor of the core's own from guests that number as the host does. */
void table_reserve(wasi_ctx_t *ctx, int host_fd);
void fd_table_free(wasi_ctx_t *ctx);
void table_after_fork(wasi_ctx_t *ctx);

/* What an object is, a file that was just opened is not asked: that is a host call, and most files are only read or
 * written and closed. Until it is known, base has this bit and of the rights only those whose use the host answers in the
 * same way for every kind; the others are found missing, which asks. */
#define RIGHTS_LATER ((wasi_rights_t)1 << 63)
#define RIGHTS_OF_ANY_KIND ((wasi_rights_t)(WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_FILESTAT_GET))

/* An entry that learns later: base and inheriting as asked for. It is in no table yet. */
void entry_ask_later(wasi_entry_t *e, wasi_rights_t base, wasi_rights_t inheriting);
/* Tells an entry what it is, by the mode that the host gave. Several threads may do so at once. */
void entry_learn(wasi_call_t *c, wasi_entry_t *e, unsigned mode);
/* Asks the host. */
wasi_errno_t entry_ask(wasi_call_t *c, wasi_entry_t *e);
/* To be called before class, filetype, base and inheriting are read, unless need() has found a right that is not of any
 * kind. On error the class is CLASS_PIPE, which has no way into anything. */
static inline wasi_errno_t entry_know(wasi_call_t *c, wasi_entry_t *e)
{
	if (likely(!(atomic_load_explicit(&e->base, memory_order_acquire) & RIGHTS_LATER)))
		return WASI_ERRNO_SUCCESS;
	return entry_ask(c, e);
}
static inline enum wasi_class entry_class(wasi_call_t *c, wasi_entry_t *e)
{
	entry_know(c, e);
	return (enum wasi_class)atomic_load_explicit(&e->class, memory_order_relaxed);
}

/* Completes a rights check inside a call: kind first, then rights. */
wasi_errno_t need_slow(wasi_call_t *c, wasi_entry_t *e, wasi_rights_t need);
static inline wasi_errno_t need(wasi_call_t *c, wasi_entry_t *e, wasi_rights_t rights)
{
	if (likely((rights & ~atomic_load_explicit(&e->base, memory_order_relaxed)) == 0))
		return WASI_ERRNO_SUCCESS;
	return need_slow(c, e, rights);
}
static inline wasi_errno_t lack(wasi_call_t *c, wasi_entry_t *e, wasi_rights_t missing)
{
	c->missing = missing;
	c->missing_fd = e->number;
	return WASI_ERRNO_NOTCAPABLE;
}

/* The preview1 flags in force, for owned descriptors from the host. */
wasi_errno_t entry_flags(wasi_call_t *c, wasi_entry_t *e, wasi_fdflags_t *ret);

/* ---- paths ---- */

/* Copies a guest's path: inval for a NUL inside, noent for nothing, notcapable for an absolute path, nametoolong. */
wasi_errno_t path_copy(struct path *ret, const char *text, size_t len);
/* The resolvers: everything stays beneath `dir`, also under concurrent renames; see path.c. */
wasi_errno_t path_lookup(wasi_call_t *c, int dir, struct path *path, bool follow, struct path_ref *ret);
wasi_errno_t path_parent(wasi_call_t *c, int dir, struct path *path, struct path_ref *ret);
wasi_errno_t path_open_beneath(wasi_call_t *c, int dir, const char *path, int flags, unsigned mode, bool follow,
			       int *ret_fd);
/* As path_lookup with follow, but always a name in a directory, as link(2) needs it. */
wasi_errno_t path_follow_to_name(wasi_call_t *c, int dir, struct path *path, struct path_ref *ret);
void path_drop(wasi_call_t *c, struct path_ref *ref);

/* look.c: the descriptor of a tree in which no path leads out, for *at calls that only look, on a path of several names;
 * below zero if there is none. ELOOP from the call says that the path has to be resolved instead. */
#define LOOK_NOT_YET (-1)
#define LOOK_IMPOSSIBLE (-2)
int look_fd(wasi_call_t *c, wasi_entry_t *e, const char *path);

/* path_walk.c: to (directory, last component) without openat2. With WALK_FOLLOW the last component was no link when it
 * was looked at. create: it need not exist, and a trailing slash is isdir. The name is stored in *name. */
enum walk_mode { WALK_FOLLOW, WALK_NOFOLLOW };
wasi_errno_t path_walk(wasi_call_t *c, int dir, const char *path, enum walk_mode mode, bool create, struct path *name,
		       struct path_ref *ret);

/* What openat2 says of a path that leads out. */
static inline wasi_errno_t path_error(long result)
{
	return result == -EXDEV ? WASI_ERRNO_NOTCAPABLE : host_error(result);
}

/* ---- shared pieces of calls ---- */

/* The directory's answer to path_open, native or not: fd_open.c */
wasi_errno_t open_at(wasi_call_t *c, wasi_entry_t *dir, wasi_lookupflags_t dirflags, const char *path, size_t path_len,
		     wasi_oflags_t oflags, wasi_rights_t base, wasi_rights_t inheriting, wasi_fdflags_t fdflags,
		     unsigned mode, unsigned host_flags, wasi_fd_t *ret_fd);
/* rename, with Linux's flags. */
wasi_errno_t rename_at(wasi_call_t *c, wasi_entry_t *old_dir, const char *old_path, size_t old_len,
		       wasi_entry_t *new_dir, const char *new_path, size_t new_len, unsigned flags);

wasi_filetype_t filetype_of_mode(unsigned mode);
uint64_t identity(wasi_ctx_t *ctx, uint64_t number);
/* fd_read's and fd_write's waiting for descriptors whose non-blocking mode is ours alone. */
wasi_errno_t soft_wait(wasi_call_t *c, wasi_entry_t *e, short events, bool block);

/* ---- bodies of the calls ----
 *
 * wasi_errno_t call_<name>(wasi_call_t *c, …): as the public function, with a looked-up entry for each descriptor. */
#define BODY_A(t, a, n) BODY_##t(a, n) BODY_B
#define BODY_B(t, a, n) BODY_##t(a, n) BODY_A
#define BODY_A_END
#define BODY_B_END
#define BODY_F(rights, n) , wasi_entry_t *n
#define BODY_P(kind, n) KIND_##kind(WASI_PARAM, n)
#define WASI(name, seq) wasi_errno_t call_##name(wasi_call_t *c WASI_WALK(BODY_A seq));
#include "wasi.def"
#define NATIVE(name, seq) wasi_errno_t call_##name(wasi_call_t *c WASI_WALK(BODY_A seq));
#include "native.def"

#endif
