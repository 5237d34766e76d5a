/* Setting up the wall as a list of typed steps: made from the policy first, executed afterwards by one switch. A list
 * can be printed, which is how its making is tested, and each step can be made to fail. */
#ifndef WASIWARD_STEPS_H
#define WASIWARD_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

enum step_kind {
	/* the root: run by the launcher */
	STEP_PRIVATE,    /* mounts made here are seen by nobody else */
	STEP_TMPFS,      /* *fd = a new, detached tmpfs with the attributes `value` and the options `target` ("mode=0755,…") */
	STEP_PROC,       /* *fd = a detached /proc of this process's PID namespace, of which only processes are shown */
	STEP_ATTACH,     /* mount *fd on `path` of the directory *root, -1: the current root */
	STEP_MOUNT,      /* mount *fd on `path` beneath *root */
	STEP_DIR,        /* make a directory, existing is fine */
	STEP_FILE,       /* make an empty file to mount on */
	STEP_SYMLINK,    /* make a symbolic link to `target` */
	STEP_BIND,       /* replace *fd by a copy of its mount with the attributes `value`, attached at `path` if that exists */
	STEP_DETACH,     /* the same, attached nowhere: `..` ends at its root */
	STEP_LOOK,       /* *fd = such a copy of the directory *root that follows no links; 0 where the kernel makes none */
	STEP_OPEN,       /* replace *fd by the directory that is now at `path` */
	STEP_SEAL,       /* the root's own entries become read-only */
	STEP_PIVOT,      /* the outer tmpfs becomes the namespace's root, the old root moves to its directory `path` */
	STEP_HOSTNAME,
	STEP_DROP_OLD,   /* unmount the old root, at `path` */
	/* the process: run by what becomes the guest */
	STEP_CHROOT,     /* *fd becomes the root */
	STEP_CHDIR,      /* go to `path`, or to the root if there is no such directory */
	STEP_DIE_WITH_PARENT,
	STEP_NO_CORE,    /* no core dumps: they would land outside */
	STEP_NO_NEW_PRIVS,
	STEP_CAPABILITIES, /* keep those of the mask `value` */
	STEP_LANDLOCK,   /* enter the ruleset *fd */
	STEP_NO_WRITE_EXEC, /* what was writable is not executed, as far as the kernel knows how */
	STEP_LIMIT,      /* the limit `which` (RLIMIT_…) becomes `value`, for good */
	STEP_SECCOMP,    /* load the filter `value`, an enum wall_filter */
	STEP_EXEC_ONCE   /* from now on only who knows the secret `value` executes programs */
};

struct wall_step {
	enum step_kind kind;
	int *root, *fd;
	char *path, *target; /* owned */
	uint64_t value;
	int which;
};

struct wall_plan {
	struct wall_step *steps;
	size_t n, room;
};

/* Appends a step; path and target are copied. Ends the process if memory is out. */
void plan_add(struct wall_plan *plan, struct wall_step step);
void plan_free(struct wall_plan *plan);

/* One line a step. Returns a malloced text. */
char *plan_text(const struct wall_plan *plan);

/* Runs the steps in order. Returns 0, or -errno with *ret_failed the step that failed. */
int plan_run(const struct wall_plan *plan, struct wall_kernel *kernel, const struct wall_step **ret_failed);

/* A step in words, for a message: "make the directory /data". Cut to room. */
void step_text(const struct wall_step *step, char *buf, size_t room);

#endif
