/* Putting the wall up: see wall.h. */
#include "wall.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
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

int wall_enter(struct wall *w, struct wall_kernel *k, enum wall_guest guest, const struct rules *rules)
{
	unsigned uid = geteuid(), gid = getegid();
	uint32_t action = SECCOMP_RET_ERRNO;
	*w = (struct wall){ .kernel = k, .guest = guest, .rules = rules, .outer = -1, .root = -1, .ruleset = -1,
			    .program_at = SIZE_MAX, .pump.from = { -1, -1 }, .terminal.fd = -1, .cgroup.parent = -1, .shim = { .from = -1, .proc = -1 }, .signals = -1 };
	w->landlock_abi = wall_landlock_abi(k);
	w->seccomp = KCALL3(k, SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) >= 0;
	if (!wall_has_mount_setattr(k) || wall_openat2(k) < 0)
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
	/* In a user namespace of our own the kernel counts our user's processes apart; others it counts by group. */
	if (rules->limits.processes && guest == WALL_GUEST_NATIVE && !w->user_namespace)
		cgroup_enter(&w->cgroup, rules->limits.processes + 2); /* the launcher and PID 1 */
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
	int needs = 0;
	for (size_t i = 0; w->namespaces && i < w->rules->n_dirs; i++) {
		int abi = wall_landlock_needs(w->rules->dirs[i].rights);
		needs = abi > needs ? abi : needs;
	}
	if (needs > w->landlock_abi)
		fprintf(out, "no Landlock (ABI %d): rights finer than ro and rw are kept by the shim and the interpreter alone, not from system "
			     "calls past them\n", needs);
	if (w->rules->exec.mode == POLICY_EXEC_LISTED && w->landlock_abi < 2)
		fprintf(out, "no Landlock (ABI 2): only the shim keeps other programs than those listed from being started\n");
	if (w->rules->exec.mode == POLICY_EXEC_NONE && !w->seccomp)
		fprintf(out, "no seccomp filters: only the shim keeps programs from being started\n");
	if (!w->rules->jit && !w->seccomp)
		fprintf(out, "no seccomp filters: memory that was written can be executed\n");
	if (w->rules->tmp && !w->namespaces)
		fprintf(out, "no namespaces: there is no private /tmp\n");
	if (w->rules->proc && !w->namespaces)
		fprintf(out, "no namespaces: there is no /proc of the program's own\n");
	if (w->rules->limits.processes && w->guest == WALL_GUEST_NATIVE && !w->user_namespace && w->cgroup.parent < 0)
		fprintf(out, "no control group: nothing counts root's processes, so their number is not limited\n");
	fclose(out);
	return text;
}

static void also(struct wall *w, int fd)
{
	if (w->n_extra < sizeof(w->extra) / sizeof(w->extra[0]))
		w->extra[w->n_extra++] = fd;
}

void wall_program(struct wall *w, int fd)
{
	w->program_at = w->n_extra;
	also(w, fd);
}

/* PID 1: adopts what the guest leaves behind, and takes everything with it when it goes. It first makes what belongs to
 * its namespace, by `plan`, and says so with one byte to `ready`. */
__attribute__((noreturn)) static void be_init(struct wall *w, const struct wall_plan *plan, int ready)
{
	struct wall_kernel *k = w->kernel;
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_IGN); /* orphans need nobody to wait for them */
	KCALL1(k, SYS_close, w->lifeline[1]);
	const struct wall_step *failed;
	int result = plan_run(plan, k, &failed);
	KCALL3(k, SYS_write, ready, &result, sizeof(result));
	/* What is seen of it in /proc leads nowhere. */
	KCALL2(k, SYS_prctl, PR_SET_DUMPABLE, 0);
	dup2(w->lifeline[0], 0);
	KCALL3(k, SYS_close_range, 1, ~0u, 0);
	/* The pipe ends when the launcher does, whenever that is; a signal at its death could come before we asked for it. */
	struct pollfd launcher = { .fd = 0 };
	while (KCALL5(k, SYS_ppoll, &launcher, 1, 0, 0, 0) <= 0)
		;
	_exit(0);
}

/* Not before it is needed: whatever the launcher itself started after this would be in the namespace. */
static int start_init(struct wall *w, const struct wall_plan *plan)
{
	long result = KCALL1(w->kernel, SYS_unshare, CLONE_NEWPID);
	if (result < 0)
		return fail(w, (int)result, "cannot make a PID namespace: %s", strerror((int)-result));
	int ready[2], answer = 0;
	if (pipe2(w->lifeline, O_CLOEXEC) < 0)
		return fail(w, -errno, "cannot make a pipe: %s", strerror(errno));
	if (plan->n && pipe2(ready, O_CLOEXEC) < 0)
		return fail(w, -errno, "cannot make a pipe: %s", strerror(errno));
	w->init = fork();
	if (w->init < 0)
		return fail(w, -errno, "cannot make a process: %s", strerror(errno));
	if (w->init == 0)
		be_init(w, plan, plan->n ? ready[1] : -1);
	close(w->lifeline[0]);
	if (plan->n) {
		close(ready[1]);
		if (read(ready[0], &answer, sizeof(answer)) != sizeof(answer))
			answer = -EIO;
		close(ready[0]);
	}
	return answer;
}

/* The /proc of the PID namespace, which only a process in it can mount. */
static int mount_proc(struct wall *w, struct policy *p)
{
	struct policy_dir *dir = NULL;
	for (size_t i = 0; i < p->n_dirs; i++) {
		if (p->dirs[i].origin == POLICY_FROM_WALL && !strcmp(p->dirs[i].guest, "/proc"))
			dir = &p->dirs[i];
	}
	if (!dir)
		return 0;
	struct wall_plan plan = { 0 };
	int fd = -1;
	const uint64_t attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	plan_add(&plan, (struct wall_step){ .kind = STEP_PROC, .fd = &fd, .value = attr });
	plan_add(&plan, (struct wall_step){ .kind = STEP_MOUNT, .root = &w->root, .fd = &fd, .path = dir->guest });
	int result = start_init(w, &plan);
	plan_free(&plan);
	if (result < 0)
		return w->failure[0] ? result : fail(w, result, "cannot mount /proc: %s%s", strerror(-result),
						     result == -EPERM ? " (in a container that hides parts of its own, none can be had)" : "");
	plan_add(&plan, (struct wall_step){ .kind = STEP_OPEN, .root = &w->root, .fd = &dir->fd, .path = dir->guest });
	result = run(w, &plan);
	plan_free(&plan);
	return result;
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
		wall_share_dirs(p);
		w->old_root = true;
		result = w->rules->proc ? mount_proc(w, p) : 0;
		if (result < 0)
			return result;
	} else {
		for (int i = 0; i < POLICY_LIBCS; i++) {
			long fd = p->shims[i] ? KCALL4(w->kernel, SYS_openat, AT_FDCWD, p->shims[i], O_PATH | O_CLOEXEC, 0) : -1;
			if (fd >= 0)
				also(w, (int)fd);
		}
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

/* Limits that the kernel keeps for each process, or for the user namespace. */
static void add_limits(struct wall *w, struct wall_plan *plan)
{
	const struct policy_limits *l = &w->rules->limits;
	const struct {
		int which;
		uint64_t value;
	} limits[] = {
		{ RLIMIT_AS, l->memory },
		{ RLIMIT_NOFILE, l->descriptors },
		{ RLIMIT_FSIZE, l->file_size },
		/* PID 1 and the launcher are counted, too. */
		{ RLIMIT_NPROC, l->processes && w->user_namespace ? l->processes + 2 : 0 },
	};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (limits[i].value)
			plan_add(plan, (struct wall_step){ .kind = STEP_LIMIT, .which = limits[i].which, .value = limits[i].value });
	}
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
	if (w->guest == WALL_GUEST_NATIVE)
		add_limits(w, &plan);
	plan_add(&plan, (struct wall_step){ .kind = STEP_NO_NEW_PRIVS });
	bool root = w->guest == WALL_GUEST_NATIVE && !w->user_namespace;
	if (!w->rules->jit)
		plan_add(&plan, (struct wall_step){ .kind = STEP_NO_WRITE_EXEC });
	plan_add(&plan, (struct wall_step){ .kind = STEP_CAPABILITIES, .value = root ? ROOT_CAPABILITIES : 0 });
	if (w->ruleset >= 0)
		plan_add(&plan, (struct wall_step){ .kind = STEP_LANDLOCK, .fd = &w->ruleset });
	if (w->seccomp) {
		/* The last one first: it must still be loaded under those that are there already. */
		enum wall_filter filter = w->guest == WALL_GUEST_WASM ? WALL_FILTER_WASM : WALL_FILTER_NATIVE;
		if (!w->rules->jit || w->guest == WALL_GUEST_WASM)
			plan_add(&plan, (struct wall_step){ .kind = STEP_SECCOMP, .value = WALL_FILTER_JIT });
		if (w->exec_secret)
			plan_add(&plan, (struct wall_step){ .kind = STEP_EXEC_ONCE, .value = w->exec_secret });
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

int wall_spawn(struct wall *w, const struct wall_exec *e)
{
	/* The child runs with signals blocked until its own dispositions are right. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t launcher = getpid();
	w->signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (w->signals < 0)
		return fail(w, -errno, "cannot wait for signals: %s", strerror(errno));
	if (w->namespaces && !w->init) {
		int result = start_init(w, &(struct wall_plan){ 0 });
		if (result < 0)
			return result;
	}
	if (w->rules->limits.output) {
		int result = pump_open(&w->pump, w->rules->limits.output);
		if (result < 0)
			return fail(w, result, "cannot count the output: %s", strerror(-result));
	}
	if (w->rules->exec.mode == POLICY_EXEC_NONE && w->seccomp) {
		while (!w->exec_secret) {
			if (getrandom(&w->exec_secret, sizeof(w->exec_secret), 0) < 0)
				return fail(w, -errno, "no random number: %s", strerror(errno));
		}
	}
	terminal_open(&w->terminal);
	w->program = fork();
	if (w->program < 0)
		return fail(w, -errno, "cannot make a process: %s", strerror(errno));
	if (w->program == 0) {
		terminal_child(&w->terminal);
		pump_child(&w->pump);
		int result = confine(w, e->cwd, true);
		if (!w->namespaces && getppid() != launcher)
			_exit(125);
		if (result < 0) {
			dprintf(2, "wasiward: the wall: %s\n", w->failure);
			_exit(125);
		}
		sigprocmask(SIG_SETMASK, &before, NULL);
		long error = wall_call6(w->kernel, SYS_execveat, e->fd, WALL_ARG(""), WALL_ARG(e->argv), WALL_ARG(e->env), AT_EMPTY_PATH,
					(long)w->exec_secret);
		dprintf(2, "wasiward: %s: %s\n", e->argv[0], strerror((int)-error));
		_exit(126);
	}
	pump_parent(&w->pump);
	if (w->shim.to)
		close(w->shim.to);
	drop_old_root(w);
	return 0;
}
