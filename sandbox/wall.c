/* Putting the wall up: see wall.h. */
#include "wall.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "wall_abi.h"

/* What root keeps within granted directories: what it could do to them without the wall. All else goes. */
#define ROOT_CAPABILITIES \
	(1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_FOWNER | 1u << CAP_FSETID)

__attribute__((format(printf, 3, 4))) static int fail(struct wall *w, int error, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(w->failure, sizeof(w->failure), format, ap);
	va_end(ap);
	return error;
}

static int run(struct wall *w, const struct wall_plan *plan)
{
	const struct wall_step *step;
	int result = plan_run(plan, w->kernel, &step);
	if (result < 0) {
		char what[256];
		step_text(step, what, sizeof(what));
		fail(w, result, "step \"%s\": %s", what, strerror(-result));
	}
	return result;
}

static int write_file(struct wall_kernel *k, const char *path, const char *text)
{
	long fd = KCALL4(k, SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return (int)fd;
	long n = KCALL3(k, SYS_write, fd, text, strlen(text));
	KCALL1(k, SYS_close, fd);
	return n < 0 ? (int)n : 0;
}

/* One's own user and group keep their numbers; everybody else is "nobody" in there. */
static int map_ids(struct wall_kernel *k, unsigned uid, unsigned gid)
{
	char map[64];
	int result = write_file(k, "/proc/self/setgroups", "deny");
	if (result < 0 && result != -ENOENT)
		return result;
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	result = write_file(k, "/proc/self/uid_map", map);
	if (result < 0)
		return result;
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	return write_file(k, "/proc/self/gid_map", map);
}

int wall_enter(struct wall *w, struct wall_kernel *k, enum wall_guest guest)
{
	unsigned uid = geteuid(), gid = getegid();
	uint32_t action = SECCOMP_RET_ERRNO;
	*w = (struct wall){ .kernel = k, .guest = guest, .outer = -1, .root = -1, .ruleset = -1 };
	w->landlock_abi = wall_landlock_abi(k);
	w->seccomp = KCALL3(k, SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) >= 0;
	if (!wall_has_mount_setattr(k))
		return 0;

	long flags = CLONE_NEWNS;
	if (guest == WALL_GUEST_NATIVE)
		flags |= CLONE_NEWIPC | CLONE_NEWUTS;
	/* The filter lets no socket come into being, so a network of one's own is for kernels without filters. */
	if (!w->seccomp)
		flags |= CLONE_NEWNET;
	w->user_namespace = !wall_privileged(k);
	if (w->user_namespace)
		flags |= CLONE_NEWUSER;
	long result = KCALL1(k, SYS_unshare, flags);
	if (result < 0)
		return 0;
	if (w->user_namespace) {
		result = map_ids(k, uid, gid);
		if (result < 0)
			return fail(w, (int)result, "cannot map the user into a namespace: %s", strerror((int)-result));
	}
	w->namespaces = true;
	return 0;
}

char *wall_lacks(const struct wall *w)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return strdup("memory\n");
	if (!w->namespaces && w->landlock_abi == 0)
		fprintf(out, "no namespaces and no Landlock: a program's own system calls reach every file of yours\n");
	else if (!w->namespaces)
		fprintf(out, "no namespaces: Landlock keeps files from being read and written, but names, attributes and modes "
			     "of what is not granted can be seen and changed, and processes may outlive the launcher\n");
	if (!w->seccomp)
		fprintf(out, "no seccomp filters: system calls that the policy has no use for are not refused\n");
	fclose(out);
	return text;
}

void wall_also(struct wall *w, int fd)
{
	if (w->n_extra < sizeof(w->extra) / sizeof(w->extra[0]))
		w->extra[w->n_extra++] = fd;
}

int wall_build(struct wall *w, struct policy *p)
{
	int result;
	if (w->namespaces) {
		struct wall_plan plan;
		result = wall_plan_root(w, p, &plan);
		if (result < 0)
			return w->failure[0] ? result : fail(w, result, "%s", strerror(-result));
		result = run(w, &plan);
		plan_free(&plan);
		if (result < 0)
			return result;
		w->old_root = true;
	} else if (p->shim) {
		long fd = KCALL4(w->kernel, SYS_openat, AT_FDCWD, p->shim, O_PATH | O_CLOEXEC, 0);
		if (fd >= 0)
			wall_also(w, (int)fd);
	}
	result = wall_landlock(w, p);
	return result < 0 ? fail(w, result, "Landlock: %s", strerror(-result)) : 0;
}

static void drop_old_root(struct wall *w)
{
	if (w->old_root)
		KCALL2(w->kernel, SYS_umount2, "/old", 2 /* MNT_DETACH */);
	w->old_root = false;
}

/* What the guest's own process does last. */
static int confine(struct wall *w, const char *cwd, bool child)
{
	struct wall_plan plan = { 0 };
	if (child)
		plan_add(&plan, (struct wall_step){ .kind = STEP_DIE_WITH_PARENT });
	if (w->namespaces) {
		plan_add(&plan, (struct wall_step){ .kind = STEP_CHROOT, .fd = &w->root });
		plan_add(&plan, (struct wall_step){ .kind = STEP_CHDIR, .root = &w->root, .path = (char *)(uintptr_t)cwd });
	}
	plan_add(&plan, (struct wall_step){ .kind = STEP_NO_CORE });
	plan_add(&plan, (struct wall_step){ .kind = STEP_NO_NEW_PRIVS });
	bool root = w->guest == WALL_GUEST_NATIVE && !w->user_namespace;
	plan_add(&plan, (struct wall_step){ .kind = STEP_CAPABILITIES, .value = root ? ROOT_CAPABILITIES : 0 });
	if (w->ruleset >= 0)
		plan_add(&plan, (struct wall_step){ .kind = STEP_LANDLOCK, .fd = &w->ruleset });
	if (w->seccomp) {
		enum wall_filter filter = w->guest == WALL_GUEST_WASM ? WALL_FILTER_WASM : WALL_FILTER_NATIVE;
		plan_add(&plan, (struct wall_step){ .kind = STEP_SECCOMP, .value = filter });
	}
	int result = run(w, &plan);
	plan_free(&plan);
	return result;
}

int wall_confine(struct wall *w)
{
	drop_old_root(w);
	return confine(w, "/", false);
}

/* ---- a program behind the wall ---- */

/* PID 1: adopts what the guest leaves behind, and takes everything with it when it goes. */
__attribute__((noreturn)) static void be_init(struct wall_kernel *k)
{
	KCALL2(k, SYS_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL);
	KCALL3(k, SYS_close_range, 0, ~0u, 0);
	for (;;) {
		if (KCALL4(k, SYS_wait4, -1, 0, 0, 0) == -ECHILD)
			KCALL4(k, SYS_ppoll, 0, 0, 0, 0);
	}
}

int wall_spawn(struct wall *w, const struct wall_exec *e)
{
	/* The child runs with signals blocked until its own dispositions are right. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t launcher = getpid();
	if (w->namespaces) {
		/* Not earlier: whatever the launcher itself started after this would be PID 1. */
		long result = KCALL1(w->kernel, SYS_unshare, CLONE_NEWPID);
		if (result < 0)
			return fail(w, (int)result, "cannot make a PID namespace: %s", strerror((int)-result));
		w->init = fork();
		if (w->init < 0)
			return fail(w, -errno, "cannot make a process: %s", strerror(errno));
		if (w->init == 0)
			be_init(w->kernel);
	}
	w->program = fork();
	if (w->program < 0)
		return fail(w, -errno, "cannot make a process: %s", strerror(errno));
	if (w->program == 0) {
		int result = confine(w, e->cwd, true);
		if (!w->namespaces && getppid() != launcher)
			_exit(125);
		if (result < 0) {
			dprintf(2, "wasiward: the wall: %s\n", w->failure);
			_exit(125);
		}
		sigprocmask(SIG_SETMASK, &before, NULL);
		KCALL5(w->kernel, SYS_execveat, e->fd, "", e->argv, e->env, AT_EMPTY_PATH);
		dprintf(2, "wasiward: %s: %s\n", e->argv[0], strerror(errno));
		_exit(126);
	}
	drop_old_root(w);
	return 0;
}
