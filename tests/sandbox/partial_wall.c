/* A wall with layers switched off, to see what each of them stops: the same code over a kernel that claims to have done what
 * it has not.
 *
 * usage: partial-wall OFF[,OFF] RIGHTS PROGRAM ARGS…      OFF: none mounts readonly seccomp landlock capabilities pids limits
 *
 * Grants the current directory, and the runtime read-only. Exit status: the program's, 125 when no wall could be built. */
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

static long call(struct wall_kernel *kernel, long number, const long args[6])
{
	long changed[6];
	memcpy(changed, args, sizeof(changed));
	switch (number) {
	case SYS_chroot:
	case SYS_pivot_root:
	case SYS_umount2:
		if (is_off("mounts"))
			return 0;
		break;
	case SYS_mount_setattr:
		if (is_off("readonly") && args[0] >= 0) {
			struct mount_attr weaker = *(const struct mount_attr *)args[3];
			weaker.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
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

int main(int argc, char **argv)
{
	static const struct rules rules = { .jit = true, .stream = { true, true, true } };
	struct wall_kernel kernel = { .call = call };
	struct wall wall;
	if (argc < 4)
		return 125;
	off = argv[1];
	char *cwd = getcwd(NULL, 0);
	int program = open(argv[3], O_RDONLY | O_CLOEXEC);
	if (wall_enter(&wall, &kernel, WALL_GUEST_NATIVE, &rules) < 0 || !wall.namespaces || program < 0)
		return 125;
	struct policy_dir dirs[] = { grant("/usr", "ro", POLICY_FROM_RUNTIME), grant("/bin", "ro", POLICY_FROM_RUNTIME),
				     grant("/etc", "ro", POLICY_FROM_RUNTIME), grant("/lib", "ro", POLICY_FROM_RUNTIME), grant("/lib64", "ro", POLICY_FROM_RUNTIME),
				     grant(cwd, argv[2], POLICY_FROM_OPTION) };
	struct policy_file *null = malloc(sizeof(*null));
	*null = (struct policy_file){ .guest = strdup("/dev/null"), .name = strdup("null"), .rights = wasi_rights_preopen_inheriting(),
				      .dir_fd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct policy policy = { .files = null, .n_files = 1, .dirs = dirs, .n_dirs = sizeof(dirs) / sizeof(dirs[0]), .cwd = cwd };
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
