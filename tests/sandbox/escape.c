/* Attempts to reach what was not granted: raw system calls, no libc wrapper on the way to the kernel.
 *
 * usage: escape NAME OUTSIDE          one attempt; prints "NAME stopped ERRNO" or "NAME THROUGH"
 *        escape --all OUTSIDE         those of no group
 *        escape --group GROUP OUTSIDE those that only some policies make possible: proc, jit, exec
 *        escape --list                names of those of no group; --group-list GROUP OUTSIDE of the others
 *
 * Runs in a granted directory prepared by escape.py. OUTSIDE is the host path of a directory with the file `secret`,
 * which must not be reached, a FIFO, a socket, and so on. Every attempt that gets through is a hole. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"
#include "raw.h"

const char *outside;

static char buf[4096];

const char *secret(void)
{
	static char path[4096];
	snprintf(path, sizeof(path), "%s/secret", outside);
	return path;
}

long open_path(const char *path, int flags)
{
	return RAW4(SYS_openat, AT_FDCWD, path, flags, 0644);
}

static long absolute(void)
{
	return open_path(secret(), O_RDONLY);
}

static long dotdot(void)
{
	char path[8192] = "";
	for (int i = 0; i < 40; i++)
		strcat(path, "../");
	strcat(path, secret() + 1);
	return open_path(path, O_RDONLY);
}

static long descriptors(void)
{
	char path[8192] = "";
	for (int i = 0; i < 40; i++)
		strcat(path, "../");
	strcat(path, secret() + 1);
	long result = -ENOENT;
	for (int fd = 0; fd < 4096 && result < 0; fd++) {
		if (RAW4(SYS_openat, fd, path, O_RDONLY, 0) >= 0 || RAW4(SYS_openat, fd, secret() + 1, O_RDONLY, 0) >= 0)
			result = THROUGH;
	}
	return result;
}

static long symlink_made(void)
{
	long result = RAW3(SYS_symlinkat, outside, AT_FDCWD, "made-link");
	if (result < 0 && result != -EEXIST)
		return result;
	return open_path("made-link/secret", O_RDONLY);
}

static long symlink_found(void)
{
	return open_path("link-out/secret", O_RDONLY);
}

static long stat_outside(void)
{
	struct stat st;
	return RAW4(SYS_newfstatat, AT_FDCWD, secret(), &st, 0);
}

static long chmod_outside(void)
{
	return RAW3(SYS_fchmodat, AT_FDCWD, secret(), 0777);
}

static long utimes_outside(void)
{
	return RAW4(SYS_utimensat, AT_FDCWD, secret(), 0, 0);
}

static long truncate_outside(void)
{
	return RAW2(SYS_truncate, secret(), 0);
}

static long unlink_outside(void)
{
	return RAW3(SYS_unlinkat, AT_FDCWD, secret(), 0);
}

static long create_outside(void)
{
	char path[4096];
	snprintf(path, sizeof(path), "%.4000s/planted", outside);
	return open_path(path, O_WRONLY | O_CREAT);
}

static long link_outside(void)
{
	return RAW5(SYS_linkat, AT_FDCWD, secret(), AT_FDCWD, "hard", 0);
}

static long rename_outside(void)
{
	return RAW4(SYS_renameat, AT_FDCWD, "a.txt", AT_FDCWD, secret());
}

static long proc_root(void)
{
	char path[4200];
	snprintf(path, sizeof(path), "/proc/1/root%s", secret());
	return open_path(path, O_RDONLY);
}

/* Descriptors that are not ours, by name: what the launcher and the shim keep open. */
static long named_fd(const char *dir)
{
	char path[64];
	for (int fd = 3; fd < 1100; fd++) {
		snprintf(path, sizeof(path), "%s/%d", dir, fd);
		if (open_path(path, O_RDONLY) >= 0)
			return THROUGH;
	}
	return open_path(path, O_RDONLY);
}

static long proc_fd(void)
{
	return named_fd("/proc/self/fd");
}

static long proc_mem(void)
{
	return open_path("/proc/1/mem", O_RDWR);
}

static long dev_fd(void)
{
	return named_fd("/dev/fd");
}

/* Whichever of these this kernel has. */
static long any_of(const char *const *paths)
{
	long result = -ENOENT;
	for (; *paths && result == -ENOENT; paths++)
		result = open_path(*paths, O_WRONLY);
	return result;
}

static long sysfs(void)
{
	static const char *const paths[] = { "/sys/kernel/uevent_helper", "/sys/kernel/profiling", "/sys/kernel/rcu_expedited", "/sys/power/state",
					     NULL };
	return any_of(paths);
}

static long cgroup(void)
{
	static const char *const paths[] = { "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs", "/sys/fs/cgroup/pids/cgroup.procs",
					     "/sys/fs/cgroup/cpu/cgroup.procs", "/sys/fs/cgroup/systemd/cgroup.procs", NULL };
	return any_of(paths);
}

static long disk(void)
{
	long result = RAW4(SYS_mknodat, AT_FDCWD, "disk", S_IFBLK | 0666, makedev(254, 0));
	return result < 0 ? result : open_path("disk", O_RDONLY);
}

static long handle(void)
{
	struct {
		struct file_handle head;
		char room[128];
	} h = { .head.handle_bytes = 8, .head.handle_type = 1 };
	uint64_t root_inode = 2; /* ext4's root */
	memcpy(h.head.f_handle, &root_inode, 8);
	return RAW3(SYS_open_by_handle_at, AT_FDCWD, &h, O_RDONLY);
}

static long o_path_link(void)
{
	long fd = open_path(secret(), O_PATH);
	return fd < 0 ? fd : RAW5(SYS_linkat, fd, "", AT_FDCWD, "hard", AT_EMPTY_PATH);
}

static long mount_bind(void)
{
	return RAW5(SYS_mount, "/", "sub", 0, 4096 /* MS_BIND */, 0);
}

static long mount_proc(void)
{
	return RAW5(SYS_mount, "proc", "sub", "proc", 0, 0);
}

static long mount_detached(void)
{
	return RAW3(SYS_open_tree, AT_FDCWD, "/", 1);
}

static long mount_writable(void)
{
	return RAW5(SYS_mount, 0, "/usr", 0, 32 | 4096 /* MS_REMOUNT | MS_BIND */, 0);
}

static long unmount(void)
{
	return RAW2(SYS_umount2, ".", 2);
}

static long chroot_again(void)
{
	long result = RAW1(SYS_chroot, "sub");
	return result < 0 ? result : dotdot();
}

static long pivot(void)
{
	return RAW2(SYS_pivot_root, ".", ".");
}

static long new_user(void)
{
	return RAW1(SYS_unshare, CLONE_NEWUSER);
}

static long new_user_clone(void)
{
	long pid = RAW5(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		RAW1(SYS_exit_group, 0);
	return pid;
}

static long clone3(void)
{
	struct {
		uint64_t flags, pidfd, child, parent, signal, stack, size, tls;
	} args = { .flags = CLONE_NEWUSER, .signal = SIGCHLD };
	long pid = RAW2(435, &args, sizeof(args));
	if (pid == 0)
		RAW1(SYS_exit_group, 0);
	return pid;
}

static long network(void)
{
	return RAW3(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static long netlink(void)
{
	return RAW3(SYS_socket, AF_NETLINK, SOCK_RAW, 0);
}

static long unix_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
	long fd = RAW3(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	return fd < 0 ? fd : RAW3(SYS_connect, fd, &address, sizeof(address));
}

static long abstract_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0wasiward-escape" };
	long fd = RAW3(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
	return fd < 0 ? fd : RAW3(SYS_connect, fd, &address, sizeof(address));
}

static long vsock_pair(void)
{
	int fds[2];
	return RAW4(SYS_socketpair, 40 /* AF_VSOCK */, SOCK_STREAM, 0, fds);
}

static long tiocsti(void)
{
	return RAW3(SYS_ioctl, 0, 0x5412, "x");
}

static long tiocsti_high_bits(void)
{
	return RAW3(SYS_ioctl, 0, 0x7fffffff00005412, "x");
}

static long tioclinux(void)
{
	return RAW3(SYS_ioctl, 0, 0x541c, "\3");
}

/* The process that tries one after the other, and what it was started by. */
static long self, parent;

static long kill_parent(void)
{
	return parent && RAW2(SYS_kill, parent, 0) == 0 ? THROUGH : -ESRCH;
}

/* Everybody below 4,194,304 whom we may signal and who is not our own. */
static long kill_outside(void)
{
	long child = RAW1(SYS_getpid, 0);
	for (long pid = 2; pid < 70000; pid++) {
		if (pid != self && pid != child && RAW2(SYS_kill, pid, 0) == 0)
			return THROUGH;
	}
	return -ESRCH;
}

/* Signal 0 to one's own group is fine; escape.py looks whether its own process in the group got a real one. */
static long kill_group(void)
{
	RAW2(SYS_kill, 0, SIGUSR1);
	return -ESRCH;
}

static long trace_init(void)
{
	return RAW4(SYS_ptrace, 16 /* PTRACE_ATTACH */, 1, 0, 0);
}

static long trace_child(void)
{
	return RAW4(SYS_ptrace, 0 /* PTRACE_TRACEME */, 0, 0, 0);
}

static long write_init(void)
{
	uint64_t word = 0;
	long iov[2] = { L(&word), 8 };
	return RAW5(SYS_process_vm_writev, 1, iov, 1, iov, 1);
}

static long take_descriptor(void)
{
	long fd = RAW2(SYS_pidfd_open, 1, 0);
	return fd < 0 ? fd : RAW3(SYS_pidfd_getfd, fd, 0, 0);
}

static long raise_limit(void)
{
	uint64_t limit[2] = { 1 << 30, 1 << 30 };
	return RAW4(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, limit, 0);
}

static long core_limit(void)
{
	uint64_t limit[2] = { 1 << 20, 1 << 20 };
	return RAW4(SYS_prlimit64, 0, 4 /* RLIMIT_CORE */, limit, 0);
}

static long uring(void)
{
	char params[120] = { 0 };
	return RAW2(SYS_io_uring_setup, 8, params);
}

static long userfault(void)
{
	return RAW1(SYS_userfaultfd, 0);
}

static long bpf(void)
{
	return RAW3(SYS_bpf, 0, buf, 64);
}

static long perf(void)
{
	memset(buf, 0, 128);
	return RAW5(SYS_perf_event_open, buf, 0, -1, -1, 0);
}

static long keyring(void)
{
	return RAW2(SYS_keyctl, 0, -4);
}

static long no_personality(void)
{
	return RAW1(SYS_personality, 0x0040000);
}

static long modules(void)
{
	return RAW3(SYS_finit_module, 0, "", 0);
}

/* The time zone, to what it is: the same permission, and where it is given nothing changes. */
static long set_clock(void)
{
	RAW2(SYS_gettimeofday, 0, buf);
	return RAW2(SYS_settimeofday, 0, buf);
}

static long kernel_log(void)
{
	return RAW3(SYS_syslog, 3, buf, sizeof(buf));
}

static long owner_signal(void)
{
	return RAW3(SYS_fcntl, 0, 8 /* F_SETOWN */, 1);
}

static long setuid_helper(void)
{
	struct stat st;
	if (RAW4(SYS_newfstatat, AT_FDCWD, "/usr/bin/su", &st, 0) < 0)
		return -ENOENT;
	/* no_new_privs is what makes the bit harmless. */
	return RAW5(SYS_prctl, 39 /* PR_GET_NO_NEW_PRIVS */, 0, 0, 0, 0) == 1 ? -EPERM : THROUGH;
}

/* What no caller may have: all but the four that root needs within granted directories. */
static long capabilities(void)
{
	uint32_t header[2] = { 0x20080522, 0 }, data[6] = { 0 };
	RAW2(SYS_capget, header, data);
	return (data[0] | data[1]) & ~0x1bu || data[3] || data[4] ? THROUGH : -EPERM;
}

static long write_runtime(void)
{
	return open_path("/usr/wasiward-planted", O_WRONLY | O_CREAT);
}

static long write_root(void)
{
	return open_path("/planted", O_WRONLY | O_CREAT);
}

static long write_shim(void)
{
	return open_path("/.wasiward/libwasi-shim.so", O_WRONLY);
}

static long replace_shim(void)
{
	return RAW3(SYS_unlinkat, AT_FDCWD, "/.wasiward/libwasi-shim.so", 0);
}

/* Programs out of thin air are behind the same wall. */
static long memfd_exec(void)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "#!/bin/sh\nread x < %.3000s && exit 7\nexit 3\n", secret());
	long fd = RAW2(SYS_memfd_create, "p", 0);
	RAW3(SYS_write, fd, text, n);
	long pid = RAW5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		char *argv[] = { "p", NULL }, *env[] = { NULL };
		RAW5(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
		RAW1(SYS_exit_group, 3);
	}
	int status = 0;
	RAW4(SYS_wait4, pid, &status, 0, 0);
	return WEXITSTATUS(status) == 7 ? THROUGH : -ENOENT;
}

long run_program(const char *path, char *const argv[], char *const env[])
{
	long pid = RAW5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		RAW3(SYS_execve, path, argv, env);
		RAW1(SYS_exit_group, 1);
	}
	int status = 0;
	RAW4(SYS_wait4, pid, &status, 0, 0);
	return status;
}

/* A child that shook off LD_PRELOAD and everything else. */
static long bare_child(void)
{
	char *argv[] = { (char[]){ "cat" }, (char *)(uintptr_t)secret(), NULL }, *env[] = { NULL };
	return run_program("/usr/bin/cat", argv, env) == 0 ? THROUGH : -ENOENT;
}

#if defined(__x86_64__)
static long int80(void)
{
	long result = 20; /* i386 getpid */
	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static long x32(void)
{
	return RAW1(0x40000000 | SYS_getpid, 0);
}
#endif

/* A thread swaps a directory and a link to the outside for as long as we try to get through. */
static volatile int racing = 1;

static void *swap(void *unused)
{
	(void)unused;
	while (racing)
		RAW5(SYS_renameat2, AT_FDCWD, "race-dir", AT_FDCWD, "link-out", 2 /* RENAME_EXCHANGE */);
	return NULL;
}

static long race(void)
{
	pthread_t thread;
	long result = -ENOENT;
	if (pthread_create(&thread, NULL, swap, NULL))
		return -EAGAIN;
	for (long i = 0; i < 500000; i++) {
		long fd = open_path("race-dir/secret", O_RDONLY);
		if (fd >= 0) {
			result = THROUGH;
			break;
		}
	}
	racing = 0;
	pthread_join(thread, NULL);
	return result;
}

/* A daemon that outlives the run; escape.py looks whether it wrote. */
static long leave_daemon(void)
{
	long pid = RAW5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		RAW1(SYS_setsid, 0);
		if (RAW5(SYS_clone, SIGCHLD, 0, 0, 0, 0) != 0)
			RAW1(SYS_exit_group, 0);
		struct timespec wait = { .tv_sec = 1 };
		RAW2(SYS_nanosleep, &wait, 0);
		open_path("daemon-lives", O_WRONLY | O_CREAT);
		RAW1(SYS_exit_group, 0);
	}
	RAW4(SYS_wait4, pid, 0, 0, 0);
	return -ESRCH;
}

static long seccomp_off(void)
{
	return RAW5(SYS_prctl, 22 /* PR_SET_SECCOMP */, 0, 0, 0, 0);
}

static const struct attempt attempts[] = {
#define A(name) { #name, name, NULL },
	A(absolute) A(dotdot) A(descriptors) A(symlink_made) A(symlink_found) A(stat_outside) A(chmod_outside)
	A(utimes_outside) A(truncate_outside) A(unlink_outside) A(create_outside) A(link_outside) A(rename_outside)
	A(proc_root) A(proc_fd) A(proc_mem) A(dev_fd) A(sysfs) A(cgroup) A(disk) A(handle) A(o_path_link) A(mount_bind)
	A(mount_proc) A(mount_detached) A(mount_writable) A(unmount) A(chroot_again) A(pivot) A(new_user)
	A(new_user_clone) A(clone3) A(network) A(netlink) A(unix_socket) A(abstract_socket) A(vsock_pair) A(tiocsti)
	A(tiocsti_high_bits) A(tioclinux) A(kill_parent) A(kill_outside) A(kill_group) A(trace_init) A(trace_child)
	A(write_init) A(take_descriptor) A(raise_limit) A(core_limit) A(uring) A(userfault) A(bpf) A(perf) A(keyring)
	A(no_personality) A(modules) A(set_clock) A(kernel_log) A(owner_signal) A(setuid_helper)
	A(capabilities) A(write_runtime) A(write_root) A(write_shim) A(replace_shim) A(memfd_exec) A(bare_child)
#if defined(__x86_64__)
	A(int80) A(x32)
#endif
	A(race) A(seccomp_off)
#undef A
};

static void try(const struct attempt *a, const char *word, const char *group)
{
	if (group ? !a->group || strcmp(a->group, group) != 0 : a->group && strcmp(word, a->name) != 0)
		return;
	if (!strcmp(word, "--list") || !strcmp(word, "--group-list")) {
		puts(a->name);
	} else if (group || !strcmp(word, "--all") || !strcmp(word, a->name)) {
		/* A process each: what one leaves behind must not help or hinder the next. */
		fflush(stdout);
		long pid = fork();
		if (pid == 0) {
			long result = a->run();
			/* Small negative numbers are errors; addresses are not. */
			bool stopped = result < 0 && result > -4096;
			const char *name = stopped ? strerrorname_np((int)-result) : "";
			printf("%s %s %s\n", a->name, stopped ? "stopped" : "THROUGH", name ? name : "?");
			fflush(stdout);
			_exit(0);
		}
		int status;
		if (pid < 0 || waitpid((pid_t)pid, &status, 0) < 0 || status != 0)
			printf("%s died %d\n", a->name, pid < 0 ? -1 : status);
	}
}

int main(int argc, char **argv)
{
	signal(SIGUSR1, SIG_IGN); /* kill_group sends it to us, too */
	self = RAW1(SYS_getpid, 0);
	parent = RAW1(SYS_getppid, 0);
	bool grouped = argc > 3 && !strncmp(argv[1], "--group", 7);
	const char *word = argc > 1 ? argv[1] : "--list", *group = grouped ? argv[2] : NULL;
	outside = argc > 2 + grouped ? argv[2 + grouped] : "/";
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		try(&attempts[i], word, group);
	for (const struct attempt *a = more_attempts; a->name; a++)
		try(a, word, group);
	/* The last, so that the run is over before the daemon wakes. */
	try(&(struct attempt){ "leave_daemon", leave_daemon, NULL }, word, group);
	return 0;
}
