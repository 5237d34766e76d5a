/* What a guest may do: one typed struct, made from options, handed to the shim and across every exec.
 *
 * The policy is plain data. It says nothing about how it is kept; the front ends turn it into a wasi-core context, the
 * wall (mount namespace, seccomp, Landlock) turns it into kernel rules. */
#ifndef WASIWARD_POLICY_H
#define WASIWARD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wasi.h"

enum policy_profile {
	POLICY_POSIX, /* a native tool's world under WASI rules */
	POLICY_STRICT /* what wasi-libc gives a wasm program, nothing more */
};

/* The C libraries that the shim is built for. */
enum policy_libc {
#define LIBC(NAME, name, loader, library, package, search) POLICY_##NAME,
#include "libc.def"
	POLICY_LIBCS
};

enum policy_exec {
	POLICY_EXEC_ANY,    /* any program that the guest can read beneath a granted directory */
	POLICY_EXEC_NONE,   /* none but the first */
	POLICY_EXEC_LISTED  /* those at the paths of policy.programs */
};

/* How much a guest may use. 0: no limit. */
struct policy_limits {
	uint64_t time_ns;     /* from its start to the end of all that it started */
	uint64_t memory;      /* bytes of address space of each process */
	uint64_t processes;   /* processes and threads that are there at the same time */
	uint64_t descriptors; /* open descriptors of each process */
	uint64_t output;      /* bytes written to standard output and standard error together */
	uint64_t file_size;   /* bytes; no file grows beyond */
};

enum policy_clock {
	POLICY_CLOCK_REAL,
	POLICY_CLOCK_FIXED, /* the realtime clock always says clock_ns */
	POLICY_CLOCK_OFFSET /* it is clock_ns ahead (as a signed number) */
};

enum policy_origin {
	POLICY_FROM_OPTION,  /* the user asked for it */
	POLICY_FROM_RUNTIME, /* read-only system directories that native programs need; only in POLICY_POSIX */
	POLICY_FROM_WALL     /* made by the wall: /tmp and /proc of the guest's own; fd is -1 until then */
};

/* A granted directory. fd is an open O_PATH directory while a policy is in force, -1 before policy_open(). */
struct policy_dir {
	char *guest; /* as the guest names it */
	char *host;  /* as the user named it; for messages */
	wasi_rights_t base, inheriting;
	enum policy_origin origin;
	int fd;
	int look_fd; /* a copy of its tree that follows no links, for wasi_ctx_add_look; 0: none */
};

/* A single granted file (device nodes, a few files of /etc): `name` in the directory dir_fd, seen as `guest`. */
struct policy_file {
	char *guest;
	char *name;
	wasi_rights_t rights;
	int dir_fd; /* shared between files of one directory */
};

/* An open descriptor that crosses an exec. */
struct policy_fd {
	int number;
	wasi_rights_t base, inheriting;
	char *guest_path; /* for directories: the guest's name of it, so that fchdir works; else NULL */
};

struct policy {
	enum policy_profile profile;
	enum policy_exec exec;
	bool explain;        /* print each denial once, with the rule and the option that would allow it */
	bool trace;          /* print each call */
	bool reached;        /* print each function of the C library at its first call */
	bool sorted;         /* list directories in the order of their names' bytes */
	enum policy_clock clock;
	uint64_t clock_ns;
	bool seeded;         /* random numbers come from `seed` */
	uint64_t seed;
	int trace_fd;        /* where traces and explanations go; -1: standard error */
	int handshake_fd;    /* where the shim says, with one byte, that it is there; 0: nobody waits for it */
	int explain_fd;      /* a memory file with a struct explain_log that all processes share; -1: none */
	char *shims[POLICY_LIBCS]; /* the shim's path for programs of each C library, so that children get theirs; or NULL */
	char *program;       /* the guest's name of the program that it is handed to, links resolved; NULL: it has none in there */
	char *cwd;           /* the guest's current directory */
	char *user, *group;  /* names that belong to the process's own uid and gid */
	size_t n_dirs, n_files, n_fds, n_programs;
	struct policy_dir *dirs;
	struct policy_file *files;
	struct policy_fd *fds; /* in a fresh run: 0, 1 and 2 */
	char **programs;       /* POLICY_EXEC_LISTED: guest paths, absolute */
};

/* Numbers of the granted directories in the core's table: from here on in the posix profile, where the guest cannot name
 * them; from 3 on otherwise. */
#define POLICY_DIR_FD_POSIX (1 << 19)

/* The environment variable that names the descriptor of the sealed memfd with the encoded policy. The shim removes it
 * from the guest's view and adds it again, with LD_PRELOAD, to whatever the guest executes. */
#define POLICY_ENV "WASIWARD_POLICY_FD"

/* The environment variable that tells the dynamic loader where its program lies ($ORIGIN), because there is no /proc to
 * find it out; loaders that have one do not look at it. As POLICY_ENV, it is the guest's neither to see nor to set. */
#define POLICY_ORIGIN_ENV "LD_ORIGIN_PATH"

/* "LD_ORIGIN_PATH=…" for a program of that guest name, malloced; NULL when memory is out, or for a name without "/". */
char *policy_origin_env(const char *program);

/* Descriptors that are ours, not the guest's (granted directories, the policy, the trace), live at this number or
 * above when the limit of open files allows; a guest's closefrom() and close_range() step over them. */
#define POLICY_FD_FLOOR 900

/* Which C library's loader this path of a program's interpreter names; POLICY_LIBCS for another one. */
enum policy_libc policy_libc_of(const char *interpreter);

/* The name of a C library for people, its loader's path, the file name of the shim for it, and the Debian package that building
 * the shim needs. Constants. */
const char *policy_libc_name(enum policy_libc libc);
const char *policy_libc_loader(enum policy_libc libc);
const char *policy_libc_shim(enum policy_libc libc);
const char *policy_libc_package(enum policy_libc libc);

/* Encodes a policy as bytes: *ret_buf is malloced, owned by the caller; *ret_len in bytes. Returns 0 or ENOMEM. */
int policy_encode(const struct policy *policy, void **ret_buf, size_t *ret_len);

/* Decodes bytes made by policy_encode. The result owns its memory (policy_free). buf may be hostile: returns 0, ENOMEM,
 * or EINVAL when the bytes are not a whole, well-formed policy of this version. */
int policy_decode(const void *buf, size_t len, struct policy **ret_policy);

/* Frees what policy_decode or the option parser made. Closes no descriptor. NULL is allowed. */
void policy_free(struct policy *policy);

/* Puts an encoded policy into a sealed memfd that survives exec, numbered POLICY_FD_FLOOR or above if possible.
 * Returns the descriptor, or -errno. */
int policy_to_memfd(const struct policy *policy);

/* Reads a policy from such a memfd. Returns 0, EINVAL (not one of ours, not sealed), or an errno of the host. */
int policy_from_memfd(int fd, struct policy **ret_policy);

#endif
