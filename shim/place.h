/* From what the guest says to what the core takes: (directory in the table, path relative to it). */
#ifndef SHIM_PLACE_H
#define SHIM_PLACE_H

#include "shim.h"

struct place {
	wasi_fd_t fd;     /* in the core's table */
	const char *path; /* len bytes, with a NUL behind it; never empty, never absolute */
	size_t len;
	int number;       /* the path names a descriptor of the process (/dev/stdin, /proc/self/fd/N): it; else -1 */
	/* what was asked, for a second try and for messages */
	int dirfd;
	const char *asked;
	const char *why; /* a better explanation than the error, or NULL */
	char buf[PATH_MAX + NAME_MAX];
};

/* Finds the place of `path` as seen from dirfd (AT_FDCWD: the current directory). Symbolic links are not looked at: the
 * core resolves what is beneath p->fd and refuses what leads out. Returns 0, or a Linux errno: ENOENT where nothing is
 * granted. */
int place_find(struct place *p, int dirfd, const char *path);

/* After the core said notcapable: resolves the path component by component in the guest's name space, where absolute
 * links and `..` may lead from one granted directory into another. follow: also a link in the last component. Returns
 * true if that leads elsewhere, with *p changed to it. */
bool place_again(struct place *p, bool follow);

/* The errno for a core error at this place; explains denials when the policy says so. call: the wrapper's name. */
int place_error(const struct place *p, wasi_errno_t error, const char *call);
/* The same for what place_find returned. */
int place_missing(const struct place *p, int host_errno, const char *call);

/* Runs `call`, an expression over p.fd, p.path and p.len that yields a core error, at the place of (dirfd, path).
 * Yields 0 or a Linux errno. */
#define AT_PLACE(p, at_dirfd, at_path, follow, call) AT_PLACE_FOR(__func__, p, at_dirfd, at_path, follow, call)
/* The same under another function's name. */
#define AT_PLACE_FOR(name, p, at_dirfd, at_path, follow, call)                             \
	({                                                                                 \
		int error_ = place_find(&(p), at_dirfd, at_path);                          \
		if (unlikely(error_)) {                                                    \
			error_ = place_missing(&(p), error_, name);                        \
		} else {                                                                   \
			wasi_errno_t e_ = call;                                            \
			if (unlikely(e_ == WASI_ERRNO_NOTCAPABLE) && place_again(&(p), follow)) \
				e_ = call;                                                 \
			error_ = likely(!e_) ? 0 : place_error(&(p), e_, name);            \
		}                                                                          \
		error_;                                                                    \
	})

/* The same for calls on two places, each of which may have to be looked at again. */
#define AT_PLACES(p, p_dirfd, p_path, p_follow, q, q_dirfd, q_path, call)                  \
	({                                                                                 \
		int error_ = place_find(&(p), p_dirfd, p_path);                            \
		if (error_)                                                                \
			error_ = place_missing(&(p), error_, __func__);                    \
		else if ((error_ = place_find(&(q), q_dirfd, q_path)))                     \
			error_ = place_missing(&(q), error_, __func__);                    \
		else {                                                                     \
			wasi_errno_t e_ = call;                                            \
			if (unlikely(e_ == WASI_ERRNO_NOTCAPABLE)) {                       \
				bool again_ = place_again(&(p), p_follow);                 \
				if (place_again(&(q), false) || again_)                    \
					e_ = call;                                         \
			}                                                                  \
			error_ = likely(!e_) ? 0 : place_error(&(p), e_, __func__);        \
		}                                                                          \
		error_;                                                                    \
	})

/* 0, or -1 with errno. */
static inline int place_result(int host_errno)
{
	return likely(!host_errno) ? 0 : fail_with(host_errno);
}

/* The guest's name of what dirfd and path name, absolute, not resolved; into buf[PATH_MAX]. Returns 0 or an errno. */
int place_name(int dirfd, const char *path, char *buf);
/* Whether the kernel finds the object of this descriptor under that name, too. */
bool place_is(const char *name, int object);
/* The same with links and dots resolved. must_exist: ENOENT for a missing last component. */
int place_resolve(int dirfd, const char *path, bool follow, bool must_exist, char *buf);

/* The current directory, a resolved guest name. cwd_get: into buf[PATH_MAX]. cwd_set: name is copied. */
void cwd_get(char *buf);
void cwd_set(const char *name);

/* The granted directory behind a core descriptor number, or NULL. */
const struct policy_dir *grant_of(wasi_fd_t fd);

/* ns.c: the posix name space. Both return 0 or a Linux errno; ns_find starts at the absolute name `base` if path is
 * relative. */
int ns_init(void);
int ns_find(struct place *p, const char *base, const char *path);
/* The core's number of the granted directory that this guest name lies in, if no other grant lies beneath the name; *rest is
 * the name from there, "" for the directory itself. Else WASI_FD_AUTO. */
wasi_fd_t ns_grant(const char *name, const char **rest);
/* Must paths from the directory with this guest name be looked up by name, because grants lie beneath it? */
bool ns_is_special(const char *name);

void ns_fork_prepare(void);
void ns_fork_done(void);

/* strict.c: wasi-libc's. */
int strict_init(void);
int strict_find(struct place *p, int dirfd, const char *path);

#endif
