/* The interpreter of the wall's steps: see steps.h. */
#include "steps.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "filter.h"
#include "wall_abi.h"

#ifndef MOVE_MOUNT_T_EMPTY_PATH
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif
#ifndef FSCONFIG_CMD_CREATE
#define FSCONFIG_SET_STRING 1
#define FSCONFIG_CMD_CREATE 6
#endif
#define FS_CLOEXEC 1 /* FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC */

static const char *const verbs[] = {
	[STEP_PRIVATE] = "private",
	[STEP_TMPFS] = "tmpfs",
	[STEP_PROC] = "proc",
	[STEP_ATTACH] = "attach",
	[STEP_MOUNT] = "mount",
	[STEP_DIR] = "dir",
	[STEP_FILE] = "file",
	[STEP_SYMLINK] = "symlink",
	[STEP_BIND] = "bind",
	[STEP_DETACH] = "detach",
	[STEP_LOOK] = "look",
	[STEP_OPEN] = "open",
	[STEP_SEAL] = "seal",
	[STEP_PIVOT] = "pivot",
	[STEP_HOSTNAME] = "hostname",
	[STEP_DROP_OLD] = "drop-old",
	[STEP_CHROOT] = "chroot",
	[STEP_CHDIR] = "chdir",
	[STEP_DIE_WITH_PARENT] = "die-with-parent",
	[STEP_NO_CORE] = "no-core",
	[STEP_NO_NEW_PRIVS] = "no-new-privs",
	[STEP_CAPABILITIES] = "capabilities",
	[STEP_LANDLOCK] = "landlock",
	[STEP_NO_WRITE_EXEC] = "no-write-exec",
	[STEP_LIMIT] = "limit",
	[STEP_SECCOMP] = "seccomp",
	[STEP_EXEC_ONCE] = "exec-once",
};

void plan_add(struct wall_plan *plan, struct wall_step step)
{
	if (plan->n == plan->room) {
		plan->room = plan->room ? plan->room * 2 : 64;
		plan->steps = reallocarray(plan->steps, plan->room, sizeof(*plan->steps));
	}
	if (step.path)
		step.path = strdup(step.path);
	if (step.target)
		step.target = strdup(step.target);
	if (!plan->steps)
		abort();
	plan->steps[plan->n++] = step;
}

void plan_free(struct wall_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->steps[i].path);
		free(plan->steps[i].target);
	}
	free(plan->steps);
	*plan = (struct wall_plan){ 0 };
}

void step_text(const struct wall_step *step, char *buf, size_t room)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} attributes[] = { { MOUNT_ATTR_RDONLY, " ro" },
			   { MOUNT_ATTR_NOSUID, " nosuid" },
			   { MOUNT_ATTR_NODEV, " nodev" },
			   { MOUNT_ATTR_NOEXEC, " noexec" },
			   { MOUNT_ATTR_NOSYMFOLLOW, " nosymfollow" } };
	int n = snprintf(buf, room, "%s%s%s%s%s", verbs[step->kind], step->path ? " " : "", step->path ? step->path : "",
			 step->target ? " -> " : "", step->target ? step->target : "");
	bool mount = step->kind == STEP_BIND || step->kind == STEP_DETACH || step->kind == STEP_LOOK;
	for (size_t i = 0; mount && i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (step->value & attributes[i].bit && n >= 0 && (size_t)n < room)
			n += snprintf(buf + n, room - (size_t)n, "%s", attributes[i].name);
	}
}

char *plan_text(const struct wall_plan *plan)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (size_t i = 0; i < plan->n; i++) {
		char line[4096];
		step_text(&plan->steps[i], line, sizeof(line));
		fprintf(out, "%s\n", line);
	}
	fclose(out);
	return text;
}

/* ---- the steps that take more than one call ---- */

/* options: "name=value,…", NULL for none; at most 128 bytes. */
static long make_mount(struct wall_kernel *k, const char *type, const char *options, uint64_t attributes, int *ret_fd)
{
	char text[128] = "";
	if (options)
		snprintf(text, sizeof(text), "%s", options);
	long fs = KCALL2(k, SYS_fsopen, type, FS_CLOEXEC);
	if (fs < 0)
		return fs;
	long result = 0;
	char *rest = NULL;
	for (char *name = strtok_r(text, ",", &rest); name && result >= 0; name = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(name, '=');
		*value++ = '\0';
		result = KCALL5(k, SYS_fsconfig, fs, FSCONFIG_SET_STRING, name, value, 0);
	}
	if (result >= 0)
		result = KCALL5(k, SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (result >= 0)
		result = KCALL3(k, SYS_fsmount, fs, FS_CLOEXEC, attributes);
	KCALL1(k, SYS_close, fs);
	*ret_fd = (int)result;
	return result;
}

/* Beneath the new root, following nothing: a granted directory may hold any link. */
static long open_beneath(struct wall_kernel *k, int root, const char *path, bool follow, uint64_t flags)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (follow ? 0 : RESOLVE_NO_SYMLINKS),
	};
	return KCALL4(k, SYS_openat2, root, path, &how, sizeof(how));
}

static long replace(struct wall_kernel *k, int *fd, long with)
{
	if (with < 0)
		return with;
	if (*fd >= 0)
		KCALL1(k, SYS_close, *fd);
	*fd = (int)with;
	return 0;
}

static long mount_at(struct wall_kernel *k, long tree, const struct wall_step *s)
{
	long at = open_beneath(k, *s->root, s->path, false, 0);
	if (at < 0)
		return at;
	long result = KCALL5(k, SYS_move_mount, tree, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	KCALL1(k, SYS_close, at);
	return result;
}

/* A detached copy of a directory's mount, or -errno. */
static long copy_tree(struct wall_kernel *k, int dir, uint64_t attributes)
{
	struct mount_attr attr = { .attr_set = attributes };
	long tree = KCALL3(k, SYS_open_tree, dir, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | O_CLOEXEC);
	if (tree < 0)
		return tree;
	long result = KCALL5(k, SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr));
	if (result < 0) {
		KCALL1(k, SYS_close, tree);
		return result;
	}
	return tree;
}

static long bind(struct wall_kernel *k, const struct wall_step *s)
{
	long tree = copy_tree(k, *s->fd, s->value);
	if (tree < 0)
		return tree;
	/* Where nothing has this name, it is a grant that only its descriptor reaches. */
	long result = s->kind == STEP_BIND ? mount_at(k, tree, s) : 0;
	if (result < 0 && result != -ENOENT && result != -ENOTDIR && result != -ELOOP) {
		KCALL1(k, SYS_close, tree);
		return result;
	}
	return replace(k, s->fd, tree);
}

static long keep_capabilities(struct wall_kernel *k, uint64_t mask)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		if (mask >> cap & 1)
			continue;
		long result = KCALL2(k, SYS_prctl, PR_CAPBSET_DROP, cap);
		if (result == -EINVAL && cap > 0)
			break; /* one behind the kernel's last */
		if (result == -EPERM)
			break; /* no privilege to begin with, so nothing to lose */
		if (result < 0)
			return result;
	}
	KCALL3(k, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	long result = KCALL2(k, SYS_capget, &header, data);
	if (result < 0)
		return result;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(mask >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return KCALL2(k, SYS_capset, &header, data);
}

static long change_dir(struct wall_kernel *k, const struct wall_step *s)
{
	long fd = open_beneath(k, *s->root, s->path, true, O_DIRECTORY);
	if (fd < 0)
		return KCALL1(k, SYS_chdir, "/");
	long result = KCALL1(k, SYS_fchdir, fd);
	KCALL1(k, SYS_close, fd);
	return result;
}

static long run_step(struct wall_kernel *k, const struct wall_step *s)
{
	long result;
	switch (s->kind) {
	case STEP_PRIVATE:
		return KCALL5(k, SYS_mount, 0, "/", 0, MS_REC | MS_PRIVATE, 0);
	case STEP_TMPFS:
		return make_mount(k, "tmpfs", s->target, s->value, s->fd);
	case STEP_PROC:
		return make_mount(k, "proc", "subset=pid,hidepid=2", s->value, s->fd);
	case STEP_MOUNT:
		return mount_at(k, *s->fd, s);
	case STEP_ATTACH:
		return KCALL5(k, SYS_move_mount, *s->fd, "", s->root ? *s->root : AT_FDCWD, s->path, MOVE_MOUNT_F_EMPTY_PATH);
	case STEP_DIR:
		result = KCALL3(k, SYS_mkdirat, *s->root, s->path + (*s->path == '/'), 0755);
		return result == -EEXIST ? 0 : result;
	case STEP_FILE:
		result = KCALL4(k, SYS_mknodat, *s->root, s->path + (*s->path == '/'), 0100444, 0);
		return result == -EEXIST ? 0 : result;
	case STEP_SYMLINK:
		return KCALL3(k, SYS_symlinkat, s->target, *s->root, s->path + (*s->path == '/'));
	case STEP_BIND:
	case STEP_DETACH:
		return bind(k, s);
	case STEP_LOOK:
		result = copy_tree(k, *s->root, s->value);
		*s->fd = result < 0 ? 0 : (int)result;
		return 0;
	case STEP_OPEN:
		return replace(k, s->fd, open_beneath(k, *s->root, s->path, true, O_DIRECTORY));
	case STEP_SEAL: {
		struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
		return KCALL5(k, SYS_mount_setattr, *s->root, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	}
	case STEP_PIVOT:
		result = KCALL1(k, SYS_fchdir, *s->root);
		return result < 0 ? result : KCALL2(k, SYS_pivot_root, ".", s->path);
	case STEP_HOSTNAME:
		return KCALL2(k, SYS_sethostname, s->path, strlen(s->path));
	case STEP_DROP_OLD:
		return KCALL2(k, SYS_umount2, s->path, MNT_DETACH);
	case STEP_CHROOT:
		result = KCALL1(k, SYS_fchdir, *s->fd);
		return result < 0 ? result : KCALL1(k, SYS_chroot, ".");
	case STEP_CHDIR:
		return change_dir(k, s);
	case STEP_DIE_WITH_PARENT:
		return KCALL2(k, SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	case STEP_NO_CORE: {
		struct rlimit none = { 0, 0 };
		return KCALL4(k, SYS_prlimit64, 0, RLIMIT_CORE, &none, 0);
	}
	case STEP_NO_NEW_PRIVS:
		return KCALL5(k, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	case STEP_CAPABILITIES:
		return keep_capabilities(k, s->value);
	case STEP_LANDLOCK:
		return KCALL2(k, SYS_landlock_restrict_self, *s->fd, 0);
	case STEP_SECCOMP:
		return wall_filter_load(k, (enum wall_filter)s->value);
	case STEP_EXEC_ONCE:
		return wall_exec_gate(k, s->value);
	case STEP_NO_WRITE_EXEC:
		result = KCALL5(k, SYS_prctl, 65 /* PR_SET_MDWE */, 1 /* PR_MDWE_REFUSE_EXEC_GAIN */, 0, 0, 0);
		return result == -EINVAL ? 0 : result; /* Linux 6.3; the filter says the rest */
	case STEP_LIMIT: {
		struct rlimit limit = { s->value, s->value };
		return KCALL4(k, SYS_prlimit64, 0, s->which, &limit, 0);
	}
	}
	return -EINVAL;
}

int plan_run(const struct wall_plan *plan, struct wall_kernel *kernel, const struct wall_step **ret_failed)
{
	for (size_t i = 0; i < plan->n; i++) {
		long result = run_step(kernel, &plan->steps[i]);
		if (result < 0) {
			*ret_failed = &plan->steps[i];
			return (int)result;
		}
	}
	return 0;
}
