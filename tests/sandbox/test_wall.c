/* The wall's parts by themselves: what a weaker kernel makes of the probe, the steps that a policy becomes, and what
 * happens when a step fails. Everything that cannot be undone runs in a process of its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "filter.h"
#include "wall.h"

static const struct rules unlimited = { .jit = true, .stream = { true, true, true } };

/* ---- a kernel that lacks something ---- */

struct weak_kernel {
	struct wall_kernel base;
	long lacks[4]; /* system calls that do not exist */
	long error;
	int fail_at, calls; /* the number of a call that fails, counted from 1; 0: none */
	int kill_at;        /* the number of a call before which the launcher is killed; 0: none */
	const char *vanishes; /* a directory that is removed before it is mounted */
};

static long weak_call(struct wall_kernel *kernel, long number, const long args[6])
{
	struct weak_kernel *weak = (struct weak_kernel *)kernel;
	for (size_t i = 0; i < 4; i++) {
		if (weak->lacks[i] == number)
			return -weak->error;
	}
	weak->calls++;
	if (weak->calls == weak->kill_at)
		kill(getpid(), SIGKILL);
	if (number == SYS_open_tree && weak->vanishes)
		rmdir(weak->vanishes);
	if (weak->calls == weak->fail_at)
		return -ENOMEM;
	return wall_kernel_linux()->call(kernel, number, args);
}

static struct weak_kernel weak(long number, long error)
{
	return (struct weak_kernel){ .base.call = weak_call, .lacks = { number, -1, -1, -1 }, .error = error };
}

static struct wall_probe probe_without(long number, long error)
{
	struct weak_kernel kernel = weak(number, error);
	struct wall_probe probe;
	wall_probe(&kernel.base, &probe);
	return probe;
}

Test(probe, names_what_is_missing)
{
	cr_expect_not(probe_without(SYS_unshare, EPERM).has[WALL_NAMESPACES]);
	cr_expect_eq(probe_without(SYS_unshare, ENOSPC).error[WALL_NAMESPACES], ENOSPC);
	cr_expect_not(probe_without(SYS_open_tree, ENOSYS).has[WALL_MOUNT_API]);
	cr_expect_not(probe_without(SYS_mount_setattr, ENOSYS).has[WALL_MOUNT_API]);
	cr_expect_not(probe_without(SYS_seccomp, ENOSYS).has[WALL_SECCOMP]);
	cr_expect_not(probe_without(SYS_openat2, ENOSYS).has[WALL_OPENAT2]);
	cr_expect_not(probe_without(SYS_close_range, ENOSYS).has[WALL_CLOSE_RANGE]);
	struct wall_probe p = probe_without(SYS_landlock_create_ruleset, EOPNOTSUPP);
	cr_expect_not(p.has[WALL_LANDLOCK]);
	cr_expect_not(p.has[WALL_LANDLOCK_SCOPE]);
	cr_expect_eq(p.landlock_abi, 0);
}

Test(probe, what_is_not_missing_is_there)
{
	struct wall_probe whole = probe_without(-1, 0), less = probe_without(SYS_openat2, ENOSYS);
	for (int i = 0; i < WALL_FEATURES; i++) {
		if (i != WALL_OPENAT2)
			cr_expect_eq(less.has[i], whole.has[i], "%s", wall_feature_name((enum wall_feature)i));
	}
}

/* ---- what a run goes without ---- */

static char *lacks_without(long number, long error)
{
	int out[2];
	char *text = calloc(1, 4096);
	cr_assert_eq(pipe(out), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct weak_kernel kernel = weak(number, error);
		struct wall wall;
		if (wall_enter(&wall, &kernel.base, WALL_GUEST_NATIVE, &unlimited) < 0)
			_exit(1);
		char *lacks = wall_lacks(&wall);
		_exit(write(out[1], lacks, strlen(lacks)) < 0);
	}
	close(out[1]);
	for (ssize_t n, len = 0; (n = read(out[0], text + len, (size_t)(4095 - len))) > 0;)
		len += n;
	close(out[0]);
	waitpid(pid, NULL, 0);
	return text;
}

Test(wall, less_is_told)
{
	cr_expect(strstr(lacks_without(SYS_unshare, EPERM), "no namespaces: Landlock keeps"));
	cr_expect(strstr(lacks_without(SYS_mount_setattr, ENOSYS), "no namespaces"));
	cr_expect(strstr(lacks_without(SYS_seccomp, ENOSYS), "no seccomp filters"));
}

/* ---- the plan ---- */

static struct policy_dir dir(const char *guest, const char *rights)
{
	wasi_rights_t all = wasi_rights_preopen_base() | wasi_rights_preopen_inheriting();
	wasi_rights_t r = *rights == 'o' ? wasi_rights_readonly(all) : all;
	return (struct policy_dir){ .guest = strdup(guest), .host = strdup("/tmp"), .base = r & wasi_rights_preopen_base(),
				    .inheriting = r, .fd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC) };
}

static char *plan_for(struct policy *policy, enum wall_guest guest)
{
	struct wall wall = { .kernel = wall_kernel_linux(), .guest = guest, .rules = &unlimited };
	struct wall_plan plan;
	if (wall_plan_root(&wall, policy, &plan) < 0)
		return strdup(wall.failure);
	char *text = plan_text(&plan);
	plan_free(&plan);
	return text;
}

static char *plan_of(struct policy *policy)
{
	return plan_for(policy, WALL_GUEST_WASM);
}

#define HEAD "private\ntmpfs -> mode=0755\nattach /\ndir guest\ndir old\ntmpfs -> mode=0755\nattach guest\n"
#define TAIL "seal\npivot old\n"

Test(plan, parents_come_first_and_nothing_is_made_in_a_grant)
{
	struct policy_dir dirs[] = { dir("/data/in/deep", "w"), dir("/data", "o"), dir("/x/y", "w"), dir("/", "o") };
	struct policy policy = { .profile = POLICY_POSIX, .dirs = dirs, .n_dirs = 4 };
	char *text = plan_of(&policy);
	cr_expect_str_eq(text, HEAD
			 "detach / ro nosuid nodev\n"
			 "dir /x\ndir /x/y\nbind /x/y nosuid nodev\n"
			 "dir /data\nbind /data ro nosuid nodev\n"
			 "bind /data/in/deep nosuid nodev\n" TAIL, "%s", text);
}

Test(plan, native_programs_get_a_copy_to_look_through)
{
	struct policy_dir dirs[] = { dir("/data", "o"), dir("/usr", "o") };
	struct policy policy = { .profile = POLICY_POSIX, .dirs = dirs, .n_dirs = 2 };
	dirs[1].origin = POLICY_FROM_RUNTIME;
	char *text = plan_for(&policy, WALL_GUEST_NATIVE);
	cr_expect(strstr(text, "bind /data ro nosuid nodev\nlook /data ro nosuid nodev nosymfollow\n"), "%s", text);
	cr_expect(!strstr(text, "look /usr"), "%s", text);
}

Test(plan, a_kernel_without_copies_to_look_through_is_no_reason_to_fail)
{
	struct policy_dir d = dir("/data", "w");
	struct wall_plan plan = { 0 };
	d.look_fd = 5;
	plan_add(&plan, (struct wall_step){ .kind = STEP_LOOK, .root = &d.fd, .fd = &d.look_fd, .value = UINT64_C(1) << 63 });
	cr_expect_eq(plan_run(&plan, wall_kernel_linux(), &(const struct wall_step *){ NULL }), 0);
	cr_expect_eq(d.look_fd, 0);
}

Test(plan, strict_attaches_nothing)
{
	struct policy_dir dirs[] = { dir(".", "w"), dir("/data", "o") };
	struct policy policy = { .profile = POLICY_STRICT, .dirs = dirs, .n_dirs = 2 };
	char *text = plan_of(&policy);
	cr_expect_str_eq(text, HEAD "detach . nosuid nodev noexec\ndetach /data ro nosuid nodev noexec\n" TAIL, "%s", text);
}

Test(plan, a_name_with_dots_is_refused)
{
	struct policy_dir dirs[] = { dir("/data/../etc", "w") };
	struct policy policy = { .profile = POLICY_POSIX, .dirs = dirs, .n_dirs = 1 };
	cr_expect(strstr(plan_of(&policy), "has a \"..\""));
}

/* ---- an interpreter that was taken over ---- */

/* The number of the first attempt that got through, 0 if none did. */
static int confined(void)
{
	struct wall wall;
	if (wall_enter(&wall, wall_kernel_linux(), WALL_GUEST_WASM, &unlimited) < 0 || !wall.namespaces || !wall.seccomp)
		return 100;
	char top[] = "/tmp/wasiward-wall-XXXXXX", path[64];
	if (!mkdtemp(top))
		return 101;
	snprintf(path, sizeof(path), "%s/file", top);
	close(open(path, O_WRONLY | O_CREAT, 0644));
	struct policy_dir granted = dir(".", "o");
	close(granted.fd);
	granted.fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct policy policy = { .profile = POLICY_STRICT, .dirs = &granted, .n_dirs = 1 };
	if (wall_build(&wall, &policy) < 0)
		return 102;
	if (wall_confine(&wall) < 0)
		return 103;

	struct wall_kernel *k = wall_kernel_linux();
	int d = granted.fd;
	if (KCALL4(k, SYS_openat, d, "file", O_RDONLY, 0) < 0)
		return 1; /* this one must work */
	if (KCALL4(k, SYS_openat, d, "file", O_WRONLY, 0) != -EROFS)
		return 2;
	if (KCALL4(k, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0) != -ENOENT)
		return 3;
	if (KCALL4(k, SYS_openat, d, "../../../../etc/passwd", O_RDONLY, 0) != -ENOENT)
		return 4;
	if (KCALL4(k, SYS_openat, AT_FDCWD, "/new", O_WRONLY | O_CREAT, 0644) != -EROFS)
		return 5;
	if (KCALL5(k, SYS_clone, SIGCHLD, 0, 0, 0, 0) != -ENOSYS)
		return 6;
	if (KCALL3(k, SYS_execve, "/bin/sh", 0, 0) != -ENOSYS)
		return 7;
	if (KCALL2(k, SYS_kill, getppid(), 0) != -ENOSYS || KCALL3(k, SYS_tgkill, 1, 1, 0) != -ENOSYS)
		return 8;
	if (KCALL3(k, SYS_socket, AF_INET, SOCK_STREAM, 0) != -EACCES)
		return 9;
	if (KCALL3(k, SYS_fcntl, d, F_SETOWN, 1) != -ENOSYS)
		return 10;
	if (KCALL1(k, SYS_chroot, ".") != -EPERM || KCALL1(k, SYS_unshare, 0x10000000) != -EPERM)
		return 11;
	return 0;
}

Test(wall, an_interpreter_finds_an_empty_world)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(confined());
	int status;
	waitpid(pid, &status, 0);
	cr_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 100)
		cr_skip_test("no namespaces or filters here");
	cr_expect_eq(WEXITSTATUS(status), 0);
	cr_expect_eq(system("rm -rf /tmp/wasiward-wall-??????"), 0);
}

/* ---- failing steps ---- */

/* Builds a wall with one failing call. Returns 0 if everything worked, 1 for a clean failure with a message, else 2. */
static int build_failing_at(int call)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct weak_kernel kernel = weak(-1, 0);
		struct wall wall;
		if (wall_enter(&wall, &kernel.base, WALL_GUEST_NATIVE, &unlimited) < 0 || !wall.namespaces)
			_exit(3);
		struct policy_dir dirs[] = { dir("/data", "o"), dir("/data/x", "w"), dir("/y", "w") };
		struct policy policy = { .profile = POLICY_POSIX, .dirs = dirs, .n_dirs = 3 };
		kernel.calls = 0;
		kernel.fail_at = call;
		int result = wall_build(&wall, &policy);
		if (result < 0)
			_exit(wall.failure[0] ? 1 : 2);
		_exit(kernel.calls < call ? 0 : 4);
	}
	int status;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 5;
}

Test(wall, every_call_may_fail)
{
	int failures = 0;
	for (int call = 1;; call++) {
		int result = build_failing_at(call);
		if (result == 0)
			break;
		if (result == 3)
			cr_skip_test("no namespaces here");
		/* A close, or a nested place that is missing, may fail without harm. */
		cr_expect(result == 1 || result == 4, "call %d: %d", call, result);
		failures += result == 1;
		cr_assert_lt(call, 500);
	}
	cr_expect_gt(failures, 20);
}

/* ---- the filters ---- */

static int filtered(long number, long a, long b)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct wall_kernel *k = wall_kernel_linux();
		KCALL5(k, SYS_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
		if (wall_filter_load(k, WALL_FILTER_NATIVE) < 0)
			_exit(255);
		_exit((int)-KCALL3(k, number, a, b, 0));
	}
	int status;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Test(filter, answers)
{
	cr_expect_eq(filtered(999, 0, 0), ENOSYS);
	cr_expect_eq(filtered(SYS_io_uring_setup, 0, 0), ENOSYS);
	cr_expect_eq(filtered(SYS_ptrace, 0, 0), EPERM);
	cr_expect_eq(filtered(SYS_socket, AF_UNIX, SOCK_STREAM), EACCES);
	cr_expect_eq(filtered(SYS_ioctl, 0, 0x5412), EPERM);
	cr_expect_eq(filtered(SYS_ioctl, 0, 0x100005412), EPERM);
	cr_expect_eq(filtered(SYS_clone, 0x10000000 | SIGCHLD, 0), EPERM);
	cr_expect_eq(filtered(SYS_prctl, 35, 0), EPERM);
}

/* ---- a launcher that is killed ---- */

/* Runs a program behind the wall and is killed before one of its calls. What it started becomes our child then, and must
 * not live for longer than the kernel needs. */
static void killed_at(int call)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct weak_kernel kernel = weak(-1, 0);
		kernel.kill_at = call;
		struct wall wall;
		if (wall_enter(&wall, &kernel.base, WALL_GUEST_NATIVE, &unlimited) < 0 || !wall.namespaces)
			_exit(3);
		const char *const names[] = { "/usr", "/bin", "/lib", "/lib64" };
		struct policy_dir dirs[4];
		for (int i = 0; i < 4; i++) {
			dirs[i] = dir(names[i], "o");
			close(dirs[i].fd);
			dirs[i].fd = open(names[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
			dirs[i].origin = POLICY_FROM_RUNTIME;
		}
		struct policy policy = { .profile = POLICY_POSIX, .dirs = dirs, .n_dirs = 4 };
		int program = open("/bin/sleep", O_RDONLY | O_CLOEXEC);
		wall_program(&wall, program);
		char *argv[] = { (char[]){ "sleep" }, (char[]){ "30" }, NULL }, *env[] = { NULL };
		if (wall_build(&wall, &policy) < 0 ||
		    wall_spawn(&wall, &(struct wall_exec){ .fd = program, .argv = argv, .env = env, .cwd = "/" }) < 0)
			_exit(3);
		kill(getpid(), SIGKILL); /* the last step: waiting */
	}
	int status;
	waitpid(pid, &status, 0);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%x", (unsigned)status);
	pid_t left = 0;
	for (int i = 0; i < 500 && (left = waitpid(-1, NULL, WNOHANG)) >= 0; i++) {
		if (left == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	cr_expect(left < 0, "killed before call %d, something runs on", call);
}

static int lines_of(const char *path)
{
	FILE *in = fopen(path, "r");
	int n = 0, c;
	while (in && (c = getc(in)) != EOF)
		n += c == '\n';
	if (in)
		fclose(in);
	return n;
}

Test(wall, a_launcher_killed_in_any_step_leaves_nothing, .timeout = 120)
{
	int mounts = lines_of("/proc/self/mountinfo");
	/* More steps than there are; those behind the last kill the launcher while the program runs. */
	for (int call = 1; call < 90; call++)
		killed_at(call);
	cr_expect_eq(lines_of("/proc/self/mountinfo"), mounts);
}

Test(wall, a_grant_that_vanishes_is_an_error_or_stays)
{
	char top[] = "/tmp/wasiward-wall-XXXXXX", path[64];
	cr_assert(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/granted", top);
	mkdir(path, 0755);
	pid_t pid = fork();
	if (pid == 0) {
		struct weak_kernel kernel = weak(-1, 0);
		kernel.vanishes = path;
		struct wall wall;
		if (wall_enter(&wall, &kernel.base, WALL_GUEST_NATIVE, &unlimited) < 0 || !wall.namespaces)
			_exit(3);
		struct policy_dir granted = dir("/data", "w");
		close(granted.fd);
		granted.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct policy policy = { .profile = POLICY_POSIX, .dirs = &granted, .n_dirs = 1 };
		int result = wall_build(&wall, &policy);
		/* Either way it is the directory that was opened, never another of that name. */
		struct stat st;
		if (result == 0)
			_exit(fstat(granted.fd, &st) == 0 && st.st_nlink == 0 ? 0 : 1);
		_exit(wall.failure[0] ? 0 : 2);
	}
	int status;
	waitpid(pid, &status, 0);
	cr_assert(WIFEXITED(status));
	cr_expect(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3, "%d", WEXITSTATUS(status));
	rmdir(path);
	rmdir(top);
}
