/* The wall: what the kernel keeps around a guest, whatever code it runs.
 *
 * In this order: wall_enter before the granted directories are opened (a mount can only be copied within its own
 * namespace), wall_build with the policy, then wall_spawn and wall_wait for a native program, or wall_confine for the
 * process itself. Every function returns 0 or -errno, with the reason in wall->failure. */
#ifndef WASIWARD_WALL_H
#define WASIWARD_WALL_H

#include <stdarg.h>
#include <stdbool.h>
#include <sys/types.h>

#include "kernel.h"
#include "policy.h"
#include "probe.h"
#include "rules.h"
#include "steps.h"

enum wall_guest { WALL_GUEST_NATIVE, WALL_GUEST_WASM };

/* Output on its way through the launcher, which counts it: pump.c. */
struct pump {
	bool on, over;
	int from[2], to[2], in[2]; /* of standard output and standard error: our end, where it goes, the guest's end; -1: none */
	uint64_t left;             /* bytes that may still come */
	int error;                 /* why some could not be written, an errno; 0: all were, or nobody wanted them */
};

/* The shim's sign of life: handshake.c. */
struct handshake {
	int from;         /* our end of the pipe; -1: nobody has the other any more */
	int to;           /* the other, which the launcher closes when the program has it; 0: none */
	int proc;         /* the host's /proc, -1: none */
	const char *name; /* the library's file name; borrowed */
	double deadline;  /* by when it must have said that it is there (monotonic seconds); 0: it did, or none is expected */
	double look;      /* when to look at the program's mappings next */
	bool missed;      /* the last look found the program loaded without it */
};

/* The terminal whose foreground the program gets: terminal.c. */
struct terminal {
	int fd; /* -1: the program stays in our process group */
};

/* A group of processes that the kernel counts, for root, whom its other limit passes by: cgroup.c. */
struct cgroup {
	int parent; /* the directory in which it is; -1: there is none */
	char name[32];
};

struct wall {
	struct wall_kernel *kernel;
	bool namespaces;  /* false: Landlock has to keep the outline */
	bool seccomp;
	bool user_namespace;
	int landlock_abi;
	enum wall_guest guest;
	const struct rules *rules; /* what is asked for beyond the policy: limits, /tmp, /proc, exec, jit; borrowed */
	int outer, root;  /* the namespace's root, and the guest's within it; -1 without namespaces */
	int ruleset;      /* Landlock, -1 if none */
	int extra[16];    /* what is read and executed without being granted: the loader's libraries, shim, program */
	size_t n_extra, program_at; /* which of them is the program; SIZE_MAX: none */
	bool old_root;    /* still mounted */
	bool exact;       /* the kernel keeps each right of the policy, not only its outline */
	uint64_t exec_secret; /* with which the launcher executes the program where no other may be; 0: not needed */
	struct handshake shim;
	int lifeline[2];      /* a pipe that nobody writes to; PID 1 ends with the launcher's end of it */
	int signals;          /* a signalfd(2) of all signals */
	pid_t init, program;
	struct terminal terminal;
	struct pump pump;
	struct cgroup cgroup;
	char failure[512];
};

/* Enters new namespaces. Missing namespaces are no error: wall->namespaces tells. rules: borrowed as long as the wall. */
int wall_enter(struct wall *wall, struct wall_kernel *kernel, enum wall_guest guest, const struct rules *rules);

/* What a run with this wall goes without, as text for a message ("no seccomp filters: …\n" each); "" if nothing.
 * Malloced. */
char *wall_lacks(const struct wall *wall);

/* Lets the guest read and execute the program, an open file (borrowed), although nothing may grant it. */
void wall_program(struct wall *wall, int fd);

/* Makes the root and the rules, and points the policy's descriptors into the new root. Afterwards policy->shims are
 * the paths in there. */
int wall_build(struct wall *wall, struct policy *policy);

/* The list that wall_build runs, for those who want to look at it. */
int wall_plan_root(struct wall *wall, struct policy *policy, struct wall_plan *ret_plan);

/* After that list has run: files of one directory share the descriptor that it opened for the first of them. */
void wall_share_dirs(struct policy *policy);

struct wall_exec {
	int fd; /* the program, open */
	char **argv, **env;
	const char *cwd;
};

/* Starts the program behind the wall. */
int wall_spawn(struct wall *wall, const struct wall_exec *exec);

enum {
	WALL_TIMED_OUT = -1,
	WALL_OUTPUT_FULL = -2,
	WALL_NO_SHIM = -3 /* it ran without the shim, which the policy needs */
};

/* Makes the pipe through which the shim says that it is there. Afterwards wall_wait ends a program that says nothing, unless
 * the wall alone keeps all of the policy; then it is only told. shim: its path, borrowed. Returns the shim's end, or -errno. */
int wall_expect_shim(struct wall *wall, const char *shim);

/* Passes signals on until the program has ended, and kills what it left behind. Returns its wait status, or which limit
 * ended it. */
int wall_wait(struct wall *wall);

/* Ends this process as a child with this wait status ended. */
__attribute__((noreturn)) void wall_end_as(int status);

/* Puts the calling process itself behind the wall. */
int wall_confine(struct wall *wall);

/* ---- limits: pump.c, cgroup.c ---- */

/* Puts pipes in place of standard output and standard error, of which `bytes` may come through. In the child, pump_child
 * makes them its own. */
int pump_open(struct pump *pump, uint64_t bytes);
void pump_child(const struct pump *pump);
void pump_parent(struct pump *pump); /* after the fork: lets go of the child's ends */

/* Moves what is there. i: 0 or 1. False when the limit is passed; at the end of a stream from[i] becomes -1. */
bool pump_move(struct pump *pump, int i);

/* Makes a group of at most `processes` and puts the caller into it, after removing those of launchers that were killed. Returns
 * 0 or -errno. */
int cgroup_enter(struct cgroup *group, uint64_t processes);

/* Removes it, when its processes are gone. */
void cgroup_leave(struct cgroup *group);

/* ---- the shim's sign of life: handshake.c; now: monotonic seconds ---- */

void shim_begin(struct handshake *handshake, double now); /* the program has started */
void shim_end(struct handshake *handshake);               /* nothing is expected any more */
void shim_hear(struct handshake *handshake, double now);  /* there is something in the pipe, or its end */

/* Whether the program certainly runs without it: when its mappings say so in two looks, or at the deadline. */
bool shim_is_absent(struct handshake *handshake, pid_t program, double now);

/* ---- job control: terminal.c; with all signals blocked ---- */

/* Decides whether the program gets the terminal: when we are a foreground job by ourselves. */
void terminal_open(struct terminal *terminal);

/* In the child: a process group of its own, in the foreground. */
void terminal_child(const struct terminal *terminal);

/* Back to us. */
void terminal_take(const struct terminal *terminal);

/* The program was stopped by `signal`: stops us, too, and continues it when we go on. */
void terminal_stopped(const struct terminal *terminal, pid_t program, int signal);

/* ---- Landlock: landlock.c ---- */

/* Makes wall->ruleset for the policy, -1 if no rule is needed; without namespaces it keeps the outline, too. Sets
 * wall->exact: whether mount flags and these rules together say each right. */
int wall_landlock(struct wall *wall, const struct policy *policy);

/* Before this ABI every rename between directories would be refused, so within a new root nothing is asked of Landlock. */
#define WALL_LANDLOCK_ABI_MIN 2

/* The first ABI with which a grant of these rights is kept as far as the kernel can; 0 where mount flags say it all. */
int wall_landlock_needs(wasi_rights_t rights);

/* How the kernel can keep one right. */
struct wall_right {
	bool read_only;   /* a read-only mount takes it away */
	bool seccomp;     /* it is of use on sockets only, of which the filter lets none come into being */
	int landlock_abi; /* the first ABI that can withhold it (sometimes only together with others), 0: none */
};
struct wall_right wall_right(unsigned bit);

#endif
