/* What this kernel offers, found out by trying. */
#ifndef WASIWARD_PROBE_H
#define WASIWARD_PROBE_H

#include <stdbool.h>

#include "kernel.h"

enum wall_feature {
#define FEATURE(NAME, name, use) WALL_##NAME,
#include "features.def"
	WALL_FEATURES
};

struct wall_probe {
	bool has[WALL_FEATURES];
	int error[WALL_FEATURES]; /* why it is absent, an errno */
	int landlock_abi;         /* 0: none */
	bool privileged;          /* may make namespaces without a user namespace */
};

const char *wall_feature_name(enum wall_feature feature);
const char *wall_feature_use(enum wall_feature feature);

/* Tries everything. Namespaces are tried in a child process, which is gone when this returns. */
void wall_probe(struct wall_kernel *kernel, struct wall_probe *ret_probe);

/* The Landlock ABI, 0 if there is none. Cheap. */
int wall_landlock_abi(struct wall_kernel *kernel);

/* Whether the effective capabilities include CAP_SYS_ADMIN. Cheap. */
bool wall_privileged(struct wall_kernel *kernel);

/* The newest call of the mount API; whoever has it has the others. Cheap. */
bool wall_has_mount_setattr(struct wall_kernel *kernel);

/* 0 if openat2(2) is there, with which the wall finds its way in the new root, else -errno: a container's filter may refuse
 * it. Cheap. */
int wall_openat2(struct wall_kernel *kernel);

/* Whether the outline of a policy can be a new root: namespaces, the mount API and openat2(2). */
bool wall_probe_root(const struct wall_probe *probe);

#endif
