/* A wall with layers switched off, to see what each of them stops: the same code over a kernel that claims to have done what
 * it has not.
 *
 * usage: partial-wall OFF[,OFF] RIGHTS[+POLICY] PROGRAM ARGS…
 *
 * OFF: none, or
 *     mounts        no new root: the host's tree stays where it is
 *     readonly      what is mounted read-only can be written
 *     noexec        what is mounted so can be executed
 *     seccomp       no filters
 *     landlock      no ruleset
 *     capabilities  all that the caller has stay
 *     privileges    no no_new_privs; only together with seccomp and landlock, which need it
 *     pids          no PID namespace
 *     limits        none
 *     descriptors   what the caller left open is inherited
 *     mdwe          memory may become executable, as far as prctl(2) says
 *     subset        all of /proc is in /proc
 *     dumpable      the namespace's PID 1 is open to whoever may trace it
 * POLICY: proc, jit or exec, as the options --proc own, --jit refused --exec none, --exec none.
 *
 * Grants the current directory and ../second, and the runtime read-only; ../shim.so stands for the shim. Exit status: the
 * program's, 125 when no wall could be built. */
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rights_text.h"
#include "wall.h"
#include "wall_abi.h"

static const char *off;

static bool is_off(const char *layer)
{
	return strstr(off, layer) != NULL;
}

/* Mount attributes that are not set. */
static uint64_t weakened(void)
{
	return (is_off("readonly") ? MOUNT_ATTR_RDONLY : 0) | (is_off("noexec") ? MOUNT_ATTR_NOEXEC : 0);
}

static long call(struct wall_kernel *kernel, long number, const long args[6])
{
	long changed[6];
	memcpy(changed, args, sizeof(changed));
	switch (number) {
	case SYS_chroot:
	case SYS_pivot_root:
	case SYS_umount2:
	case SYS_move_mount:
	case SYS_fchdir:
		if (is_off("mounts"))
			return 0;
		break;
	case SYS_openat2:
		/* What is not mounted is looked for in the host's tree. */
		if (is_off("mounts"))
			return wall_kernel_linux()->call(kernel, SYS_openat,
							 (const long[6]){ AT_FDCWD, args[1], O_PATH | O_CLOEXEC, 0, 0, 0 });
		break;
	case SYS_fsmount:
		changed[2] &= ~(long)weakened();
		break;
	case SYS_fsconfig:
		if (is_off("subset") && args[2] && !strcmp((const char *)args[2], "subset"))
			return 0;
		break;
	case SYS_mount_setattr:
		if (weakened() && args[0] >= 0) {
			struct mount_attr weaker = *(const struct mount_attr *)args[3];
			weaker.attr_set &= ~weakened();
			changed[3] = (long)&weaker;
			return wall_kernel_linux()->call(kernel, number, changed);
		}
		break;
	case SYS_seccomp:
		if (is_off("seccomp") && args[0] == 1 /* SECCOMP_SET_MODE_FILTER */)
			return 0;
		break;
	case SYS_landlock_restrict_self:
		if (is_off("landlock"))
			return 0;
		break;
	case SYS_capset:
		if (is_off("capabilities"))
			return 0;
		break;
	case SYS_prctl:
		if (is_off("capabilities") && (args[0] == PR_CAPBSET_DROP || args[0] == PR_CAP_AMBIENT))
			return 0;
		if (is_off("privileges") && args[0] == PR_SET_NO_NEW_PRIVS)
			return 0;
		if ((is_off("mdwe") && args[0] == 65 /* PR_SET_MDWE */) || (is_off("dumpable") && args[0] == PR_SET_DUMPABLE))
			return 0;
		break;
	case SYS_prlimit64:
		if (is_off("limits"))
			return 0;
		break;
	case SYS_unshare:
		if (is_off("pids"))
			changed[0] &= ~CLONE_NEWPID;
		break;
	}
	return wall_kernel_linux()->call(kernel, number, changed);
}

static struct policy_dir grant(const char *guest, const char *rights, enum policy_origin origin)
{
	wasi_rights_t set = 0;
	const char *bad;
	size_t bad_len;
	if (!rights_from_text(rights, strlen(rights), &set, &bad, &bad_len))
		exit(125);
	return (struct policy_dir){ .guest = strdup(guest), .host = strdup(guest), .base = set & wasi_rights_preopen_base(),
				    .inheriting = set, .origin = origin, .fd = open(guest, O_PATH | O_DIRECTORY | O_CLOEXEC) };
}

/* A neighbour of the current directory, by its host path. */
static char *beside(const char *name)
{
	char link[64], *path;
	snprintf(link, sizeof(link), "../%s", name);
	path = realpath(link, NULL);
	if (!path)
		exit(125);
	return path;
}

int main(int argc, char **argv)
{
	struct wall_kernel kernel = { .call = call };
	struct wall wall;
	if (argc < 4)
		return 125;
	off = argv[1];
	char *asked = strchr(argv[2], '+');
	if (asked)
		*asked++ = '\0';
	const bool jit = asked && !strcmp(asked, "jit"), proc = asked && !strcmp(asked, "proc");
	const enum policy_exec exec = asked && !proc ? POLICY_EXEC_NONE : POLICY_EXEC_ANY;
	const struct rules rules = { .jit = !jit, .proc = proc, .exec.mode = exec, .stream = { true, true, true } };
	char *cwd = getcwd(NULL, 0);
	int program = open(argv[3], O_RDONLY | O_CLOEXEC);
	if (wall_enter(&wall, &kernel, WALL_GUEST_NATIVE, &rules) < 0 || !wall.namespaces || program < 0)
		return 125;
	struct policy_dir dirs[] = { grant("/usr", "ro", POLICY_FROM_RUNTIME), grant("/bin", "ro", POLICY_FROM_RUNTIME),
				     grant("/etc", "ro", POLICY_FROM_RUNTIME), grant("/lib", "ro", POLICY_FROM_RUNTIME), grant("/lib64", "ro", POLICY_FROM_RUNTIME),
				     grant(cwd, argv[2], POLICY_FROM_OPTION), grant(beside("second"), argv[2], POLICY_FROM_OPTION),
				     grant("/proc", "ro", POLICY_FROM_WALL) };
	struct policy_file *null = malloc(sizeof(*null));
	*null = (struct policy_file){ .guest = strdup("/dev/null"), .name = strdup("null"), .rights = wasi_rights_preopen_inheriting(),
				      .dir_fd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct policy policy = { .files = null, .n_files = 1, .dirs = dirs, .n_dirs = sizeof(dirs) / sizeof(dirs[0]) - !proc, .exec = exec,
				 .cwd = cwd, .shims[POLICY_GLIBC] = beside("shim.so") };
	if (!is_off("descriptors"))
		syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
	wall_program(&wall, program);
	char *env[] = { NULL };
	if (wall_build(&wall, &policy) < 0 ||
	    wall_spawn(&wall, &(struct wall_exec){ .fd = program, .argv = argv + 3, .env = env, .cwd = cwd }) < 0) {
		fprintf(stderr, "partial-wall: %s\n", wall.failure);
		return 125;
	}
	wall_end_as(wall_wait(&wall));
}
