/* What the files of the shim share.
 *
 * The shim converts: guest arguments to calls of the capability core, its answers to errno. It decides nothing. Every
 * symbol that it puts in front of the C library's is a row of wrap.def; the row leads to wrap_<fn>, defined with WRAPPER
 * in the file of its family. A wrapper runs only after shim_init has (resolve.c sees to it), in whatever thread or
 * signal handler the guest likes. */
#ifndef SHIM_H
#define SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "native.h"
#include "policy.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* ---- wrap.def ---- */

enum shim_index {
#define WRAP(name, family, strict, posix) INDEX_##name,
#define PASSED(name, family, reason)
#include "wrap.def"
	INDEX_COUNT
};

/* Defines wrap_<name> and checks it against the library's own declaration; the second form is for symbols that no
 * header declares. */
#define WRAPPER(ret, name, params)          \
	extern __typeof__(name) wrap_##name; \
	ret wrap_##name params
#define WRAPPER_UNDECLARED(ret, name, params) \
	ret wrap_##name params;               \
	ret wrap_##name params

/* The library's own function behind a row, looked up at the first use. */
#define NEXT(name) ((__typeof__(&name))shim_next(INDEX_##name))
void *shim_next(enum shim_index index);
/* Where a call of a row's symbol goes, made from return_address. Called by the thunks. */
void *shim_resolve(unsigned index, const char *return_address);
/* The same for calls of the guest that come without a thunk. */
void *shim_target(enum shim_index index);

/* ---- state ---- */

/* Guest descriptors have the kernel's numbers. Granted directories stand in the core's table at numbers that the kernel
 * never hands out, so that the guest cannot name them (posix); in strict they are 3, 4, … as in wasi-libc. */
#define HIDDEN_BASE POLICY_DIR_FD_POSIX
static inline bool hidden(int fd)
{
	return fd < 0 || fd >= HIDDEN_BASE;
}

struct shim {
	wasi_ctx_t *ctx;
	struct policy *policy;
	bool strict;
};
extern struct shim shim;

/* Reads the policy and makes the context; ends the process when there is none. May be called again and again. False
 * while the same thread is still at it. */
bool shim_init(void);

/* Takes our variables out of a list of environment strings. */
void env_hide(char **env);

/* Ends the process for want of something without which the guest would run unchecked. */
__attribute__((noreturn)) void shim_die(const char *what);

/* ---- errors ---- */

/* errno from a core error of a data call or of a path, -1. */
int fail(wasi_errno_t error);
int fail_path(wasi_errno_t error);
static inline int fail_with(int host_errno)
{
	errno = host_errno;
	return -1;
}
/* The Linux errno of a core error on paths. */
static inline int path_errno(wasi_errno_t error)
{
	return wasi_errno_to_host(error);
}

/* ---- raw system calls: never through the library, whose names are the guest's doors ---- */

long raw6(long number, long a, long b, long c, long d, long e, long f);
#define RAW_N(_0, _1, _2, _3, _4, _5, _6, n, ...) n
#define RAW(...) RAW_N(__VA_ARGS__, RAW_6, RAW_5, RAW_4, RAW_3, RAW_2, RAW_1, RAW_0, 0)(__VA_ARGS__)
#define RAW_0(n) raw6(n, 0, 0, 0, 0, 0, 0)
#define RAW_1(n, a) raw6(n, (long)(a), 0, 0, 0, 0, 0)
#define RAW_2(n, a, b) raw6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW_3(n, a, b, c) raw6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW_4(n, a, b, c, d) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW_5(n, a, b, c, d, e) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define RAW_6(n, a, b, c, d, e, f) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* The result of a raw system call as libc gives it. */
static inline long raw_result(long result)
{
	if (unlikely(result < 0)) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

/* ---- descriptors: fds.c ---- */

/* Puts a fresh kernel descriptor that the shim made for the guest into the table: with the rights its kind can use.
 * Closes it on error. Returns it, or -1 with errno. */
int fd_adopt(int fd);
/* The same for one that came through a socket. */
int fd_adopt_received(int fd);
/* The same as fd_adopt for a result of a raw system call. */
int fd_adopt_result(long result);
/* Both ends of a pipe or socket pair, or neither: fills fds and returns 0, or closes both and returns -1 with errno. */
int fd_adopt_pair(const int made[2], int fds[2]);
/* Notes that the guest may have a descriptor of this number (for exec, closefrom), returns it. */
int fd_note(int fd);
int fd_top(void);
/* Lets go of a number that the C library is about to close or has closed itself. */
void fd_forget(int fd);
/* The host descriptor of a guest descriptor with the rights needed, or -1 with errno. */
int fd_host_for(int fd, wasi_rights_t needed);
/* close(2). */
int fd_close(int fd);
int fd_set_cloexec(int fd, bool on);
/* dup3(2), and a no-op for the same number if it is open. */
int fd_dup_to(int fd, int to, bool cloexec);

/* Where a directory was opened, as a guest path, so that fchdir and `..` work. */
void spot_set(int fd, const char *path);   /* copies path; NULL forgets */
char *spot_copy(int fd, char *buf);        /* into buf[PATH_MAX], NULL if unknown */
void spot_dup(int from, int to);
bool spot_special(int fd);                /* paths from there must be looked up by name */

void fds_fork_prepare(void);
void fds_fork_done(void);

#endif
