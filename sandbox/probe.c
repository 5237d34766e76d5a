/* Finding out what the kernel offers: see probe.h.
 *
 * Nothing is concluded from version numbers: distributions backport, and containers forbid. */
#include "probe.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "wall_abi.h"
#if defined(__x86_64__)
#include "host_syscall_x86_64.h"
#elif defined(__aarch64__)
#include "host_syscall_aarch64.h"
#endif

static long linux_call(struct wall_kernel *kernel, long number, const long args[6])
{
	(void)kernel;
	return host_syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

struct wall_kernel *wall_kernel_linux(void)
{
	static struct wall_kernel kernel = { .call = linux_call };
	return &kernel;
}

static const struct {
	const char *name, *use;
} features[] = {
#define FEATURE(NAME, name, use) { name, use },
#include "features.def"
};

const char *wall_feature_name(enum wall_feature feature)
{
	return features[feature].name;
}

const char *wall_feature_use(enum wall_feature feature)
{
	return features[feature].use;
}

int wall_landlock_abi(struct wall_kernel *k)
{
	long abi = KCALL3(k, SYS_landlock_create_ruleset, 0, 0, WALL_LANDLOCK_VERSION);
	return abi > 0 ? (int)abi : 0;
}

bool wall_privileged(struct wall_kernel *k)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	return KCALL2(k, SYS_capget, &header, data) == 0 && (data[0].effective >> CAP_SYS_ADMIN & 1);
}

bool wall_has_mount_setattr(struct wall_kernel *k)
{
	/* Something must be asked, or the kernel does not look at the descriptor. */
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	return KCALL5(k, SYS_mount_setattr, -1, "", AT_EMPTY_PATH, &attr, sizeof(attr)) != -ENOSYS;
}

int wall_openat2(struct wall_kernel *k)
{
	long result = KCALL4(k, SYS_openat2, -1, "", 0, 0);
	return result == -ENOSYS || result == -EPERM ? (int)result : 0;
}

bool wall_probe_root(const struct wall_probe *p)
{
	return p->has[WALL_NAMESPACES] && p->has[WALL_MOUNT_API] && p->has[WALL_OPENAT2];
}

static void note(struct wall_probe *p, enum wall_feature feature, long result)
{
	p->has[feature] = result >= 0;
	p->error[feature] = result < 0 ? (int)-result : 0;
}

/* In a child, because there is no way back. The answer is its exit status: 0 or an errno. */
static long try_namespaces(struct wall_kernel *k, bool privileged)
{
	long pid = KCALL5(k, SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | (privileged ? 0 : CLONE_NEWUSER);
		long result = KCALL1(k, SYS_unshare, flags);
		/* A system may allow the user namespace and forbid what it is for (Ubuntu's AppArmor rule). */
		if (result == 0)
			result = KCALL5(k, SYS_mount, 0, "/", 0, 0x44000 /* MS_REC | MS_PRIVATE */, 0);
		KCALL1(k, SYS_exit_group, -result);
	}
	int status = 0;
	while (KCALL4(k, SYS_wait4, pid, &status, 0, 0) == -EINTR)
		;
	if (!WIFEXITED(status))
		return -EINTR;
	return -WEXITSTATUS(status);
}

void wall_probe(struct wall_kernel *k, struct wall_probe *p)
{
	*p = (struct wall_probe){ .privileged = wall_privileged(k) };
	note(p, WALL_NAMESPACES, try_namespaces(k, p->privileged));

	/* Bad arguments: a kernel that has the call says so, in one way or another. */
	long result = KCALL3(k, SYS_open_tree, -1, "", AT_EMPTY_PATH);
	if (result != -ENOSYS)
		result = KCALL5(k, SYS_move_mount, -1, "", -1, "", MOVE_MOUNT_F_EMPTY_PATH);
	if (result != -ENOSYS)
		result = wall_has_mount_setattr(k) ? 0 : -ENOSYS;
	note(p, WALL_MOUNT_API, result);

	uint32_t action = SECCOMP_RET_ERRNO;
	note(p, WALL_SECCOMP, KCALL3(k, SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));

	result = KCALL3(k, SYS_landlock_create_ruleset, 0, 0, WALL_LANDLOCK_VERSION);
	note(p, WALL_LANDLOCK, result);
	p->landlock_abi = result > 0 ? (int)result : 0;
	note(p, WALL_LANDLOCK_SCOPE, p->landlock_abi >= 6 ? 0 : -ENOSYS);

	note(p, WALL_OPENAT2, wall_openat2(k));
	/* An empty range of numbers that nobody can have. */
	note(p, WALL_CLOSE_RANGE, KCALL3(k, SYS_close_range, ~0u, ~0u, 0));
}
