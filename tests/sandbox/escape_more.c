/* More attempts: descriptors and sockets, signals and memory, and what only some policies make possible. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "raw.h"

static char buf[4096];

/* ---- paths ---- */

static long openat2_outside(void)
{
	struct open_how how = { .flags = O_RDONLY };
	return RAW4(SYS_openat2, AT_FDCWD, secret(), &how, sizeof(how));
}

static long statx_outside(void)
{
	return RAW5(SYS_statx, AT_FDCWD, secret(), 0, 0x7ff, buf);
}

static long access_outside(void)
{
	return RAW3(SYS_faccessat, AT_FDCWD, secret(), 0);
}

static long xattr_outside(void)
{
	return RAW5(SYS_setxattr, secret(), "user.x", "y", 1, 0);
}

static long chdir_outside(void)
{
	return RAW1(SYS_chdir, outside);
}

static long exec_outside(void)
{
	char *argv[] = { "x", NULL }, *env[] = { NULL };
	return RAW5(SYS_execveat, AT_FDCWD, secret(), argv, env, 0);
}

/* Between granted directories of one file system. */
static long link_across(void)
{
	return RAW5(SYS_linkat, AT_FDCWD, "../second/file", AT_FDCWD, "hard-across", 0);
}

static long rename_across(void)
{
	return RAW4(SYS_renameat, AT_FDCWD, "a.txt", AT_FDCWD, "../second/a.txt");
}

/* To what it is: the same permission, and nothing is harmed where the test takes the wall away. */
static long root_mode(void)
{
	struct stat st;
	RAW4(SYS_newfstatat, AT_FDCWD, "/", &st, 0);
	return RAW3(SYS_fchmodat, AT_FDCWD, "/", st.st_mode & 07777);
}

static long mount_new(void)
{
	return RAW2(430 /* fsopen */, "tmpfs", 0);
}

/* ---- descriptors ---- */

/* escape.py leaves a file and a directory of the outside open, neither of which is granted. */
static long inherited(void)
{
	for (int fd = 3; fd < 4096; fd++) {
		if (RAW3(SYS_read, fd, buf, sizeof(buf)) > 0 && !memcmp(buf, "secret", 6))
			return THROUGH;
		if (RAW4(SYS_openat, fd, "secret", O_RDONLY, 0) >= 0)
			return THROUGH;
	}
	return -EBADF;
}

/* A pair of sockets can send to others by name, if its kind has no connection. */
static long send_to(const char *name, size_t len)
{
	int fds[2];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	memcpy(address.sun_path, name, len);
	long result = RAW4(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, fds);
	if (result < 0)
		result = RAW4(SYS_socketpair, AF_UNIX, SOCK_RAW, 0, fds); /* the same to the kernel */
	if (result < 0)
		return result;
	char room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { (char[]){ "x" }, 1 };
	struct msghdr message = { .msg_name = &address,
				  .msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len),
				  .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	*control = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(control), &fds[0], sizeof(int));
	return RAW3(SYS_sendmsg, fds[0], &message, 0);
}

static long pass_descriptor(void)
{
	return send_to("datagrams", 10);
}

/* escape.py's, named after the directory: several runs may be there at the same time. */
static long pass_abstract(void)
{
	char name[108];
	int len = snprintf(name + 1, sizeof(name) - 1, "%.100s", outside);
	name[0] = '\0';
	return send_to(name, (size_t)len + 1);
}

static long connect_pair(void)
{
	int fds[2];
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
	long result = RAW4(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	return result < 0 ? result : RAW3(SYS_connect, fds[0], &address, sizeof(address));
}

static long tiocsetd(void)
{
	int discipline = 3;
	return RAW3(SYS_ioctl, 0, 0x5423, &discipline);
}

static long tioccons(void)
{
	return RAW3(SYS_ioctl, 0, 0x541d, 0);
}

/* ---- processes and signals ---- */

static long kill_init(void)
{
	long fd = RAW2(SYS_pidfd_open, 1, 0);
	RAW2(SYS_kill, 1, SIGKILL);
	RAW4(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0);
	struct timespec wait = { .tv_nsec = 20000000 };
	RAW2(SYS_nanosleep, &wait, 0);
	return -ESRCH; /* had it died, we would not be here */
}

static long compare_init(void)
{
	return RAW5(SYS_kcmp, 1, RAW1(SYS_getpid, 0), 0, 0, 0);
}

static long advise_init(void)
{
	struct iovec range = { buf, sizeof(buf) };
	return RAW5(SYS_process_madvise, RAW2(SYS_pidfd_open, 1, 0), &range, 1, 20, 0);
}

/* The shim's handler must be no way to make the kernel look away. */
static long sigsys_masked(void)
{
	uint64_t all = ~0ull;
	RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
	return open_path(secret(), O_RDONLY);
}

static long sigsys_ignored(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} ignore = { .handler = (void *)SIG_IGN };
	RAW4(SYS_rt_sigaction, SIGSYS, &ignore, 0, 8);
	return open_path(secret(), O_RDONLY);
}

static long core_dump(void)
{
	long pid = RAW5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		RAW2(SYS_kill, RAW1(SYS_getpid, 0), SIGSEGV);
		RAW1(SYS_exit_group, 0);
	}
	int status = 0;
	RAW4(SYS_wait4, pid, &status, 0, 0);
	return WCOREDUMP(status) ? THROUGH : -EPERM;
}

static long ld_tampered(void)
{
	char *argv[] = { (char[]){ "cat" }, (char *)(uintptr_t)secret(), NULL };
	char *env[] = { (char[]){ "LD_PRELOAD=./evil.so" }, (char[]){ "LD_LIBRARY_PATH=." }, (char[]){ "LD_AUDIT=./evil.so" },
			(char[]){ "GLIBC_TUNABLES=glibc.malloc.check=3" }, NULL };
	return run_program("/usr/bin/cat", argv, env) == 0 ? THROUGH : -ENOENT;
}

static long ld_so(void)
{
	char *argv[] = { (char[]){ "ld.so" }, (char[]){ "/usr/bin/cat" }, (char *)(uintptr_t)secret(), NULL }, *env[] = { NULL };
	return run_program("/lib64/ld-linux-x86-64.so.2", argv, env) == 0 ? THROUGH : -ENOENT;
}

#if defined(__x86_64__)
/* The instruction in the shim with which the core calls the kernel, if the shim is there. */
static int find_core(struct dl_phdr_info *info, size_t size, void *found)
{
	(void)size;
	if (!strstr(info->dlpi_name, "libwasi-shim"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		const unsigned char *text = (const unsigned char *)(info->dlpi_addr + ph->p_vaddr);
		for (size_t k = 0; ph->p_type == PT_LOAD && ph->p_flags & PF_X && k + 1 < ph->p_memsz; k++) {
			if (text[k] == 0x0f && text[k + 1] == 0x05) {
				*(const void **)found = text + k;
				return 1;
			}
		}
	}
	return 0;
}

static long core_instruction(void)
{
	const void *at = NULL;
	dl_iterate_phdr(find_core, &at);
	/* Without the shim, the same jump into the C library's. */
	const unsigned char *code = (const unsigned char *)(uintptr_t)abort;
	for (long i = 0; !at && i < 1 << 20; i++)
		at = code[i] == 0x0f && code[i + 1] == 0x05 ? code + i : NULL;
	if (!at)
		return -ENOENT;
	long pid = RAW5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		char *argv[] = { (char[]){ "cat" }, (char *)(uintptr_t)secret(), NULL }, *env[] = { NULL };
		__asm__ volatile("jmp *%%rbx" : : "b"(at), "a"(SYS_execve), "D"("/usr/bin/cat"), "S"(argv), "d"(env) : "memory");
	}
	int status = 0;
	RAW4(SYS_wait4, pid, &status, 0, 0);
	return status == 0 ? THROUGH : -ENOENT;
}
#endif

/* ---- group proc: with a /proc of one's own ---- */

static long proc_self_root(void)
{
	char path[4200];
	snprintf(path, sizeof(path), "/proc/self/root%.4000s", secret());
	return open_path(path, O_RDONLY);
}

static long proc_init_root(void)
{
	char path[4200];
	snprintf(path, sizeof(path), "/proc/1/root%.4000s", secret());
	return open_path(path, O_RDONLY);
}

static long proc_init_fd(void)
{
	char path[64];
	for (int fd = 0; fd < 1100; fd++) {
		snprintf(path, sizeof(path), "/proc/1/fd/%d", fd);
		if (open_path(path, O_RDONLY) >= 0)
			return THROUGH;
	}
	return open_path("/proc/1/fd/0", O_RDONLY);
}

static long proc_init_mem(void)
{
	return open_path("/proc/1/mem", O_RDONLY);
}

static long proc_init_environ(void)
{
	return open_path("/proc/1/environ", O_RDONLY);
}

static long proc_self_mem(void)
{
	return open_path("/proc/self/mem", O_RDWR);
}

static long proc_sys(void)
{
	return open_path("/proc/sys/kernel/core_pattern", O_RDWR);
}

static long proc_sysrq(void)
{
	return open_path("/proc/sysrq-trigger", O_WRONLY);
}

static long proc_kcore(void)
{
	return open_path("/proc/kcore", O_RDONLY);
}

static long proc_uid_map(void)
{
	return open_path("/proc/self/uid_map", O_WRONLY);
}

static long proc_oom(void)
{
	return open_path("/proc/self/oom_score_adj", O_WRONLY);
}

/* A file that was opened for reading, once more for writing. */
static long proc_reopen(void)
{
	long fd = open_path("a.txt", O_RDONLY);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%ld", fd);
	return fd < 0 ? fd : open_path(buf, O_RDWR);
}

static long proc_exe(void)
{
	return open_path("/proc/self/exe", O_RDWR);
}

/* ---- group jit: code that the program writes itself, where it must not ---- */

static long jit_map(void)
{
	return RAW5(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static long jit_map_exec(void)
{
	return RAW5(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static long jit_protect(void)
{
	long page = RAW5(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	return RAW3(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
}

static long jit_protect_key(void)
{
	long page = RAW5(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	return RAW4(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_EXEC, -1);
}

static long jit_file(void)
{
	long fd = open_path("a.txt", O_RDWR);
	return fd < 0 ? fd : RAW5(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd);
}

static long jit_memfd(void)
{
	long fd = RAW2(SYS_memfd_create, "code", 0);
	RAW3(SYS_write, fd, buf, sizeof(buf));
	return fd < 0 ? fd : RAW5(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd);
}

static long jit_shm(void)
{
	long id = RAW3(SYS_shmget, 0, 4096, 0600);
	return id < 0 ? id : RAW3(SYS_shmat, id, 0, 0100000 /* SHM_EXEC */);
}

/* ---- group exec: other programs, where there must be none ---- */

/* In a child, whose exit status is the errno when nothing was started. */
static long start(int dirfd, const char *path, char *const argv[], int flags)
{
	char *env[] = { NULL };
	long pid = RAW5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		long result = flags < 0 ? RAW3(SYS_execve, path, argv, env) : RAW5(SYS_execveat, dirfd, path, argv, env, flags);
		RAW1(SYS_exit_group, -result);
	}
	int status = 0;
	RAW4(SYS_wait4, pid, &status, 0, 0);
	return status == 0 ? THROUGH : -WEXITSTATUS(status);
}

static long exec_execve(void)
{
	return start(-1, "/usr/bin/true", (char *[]){ (char[]){ "true" }, NULL }, -1);
}

static long exec_execveat(void)
{
	return start(AT_FDCWD, "/usr/bin/true", (char *[]){ (char[]){ "true" }, NULL }, 0);
}

static long exec_memfd(void)
{
	long fd = RAW2(SYS_memfd_create, "x", 0);
	RAW3(SYS_write, fd, "#!/bin/sh\n", 10);
	return start((int)fd, "", (char *[]){ (char[]){ "x" }, NULL }, AT_EMPTY_PATH);
}

static long exec_loader(void)
{
	return start(-1, "/lib64/ld-linux-x86-64.so.2", (char *[]){ (char[]){ "ld.so" }, (char[]){ "/usr/bin/true" }, NULL }, -1);
}

const struct attempt more_attempts[] = {
#define A(name) { #name, name, NULL },
	A(openat2_outside) A(statx_outside) A(access_outside) A(xattr_outside) A(chdir_outside) A(exec_outside) A(link_across)
	A(rename_across) A(root_mode) A(mount_new) A(inherited) A(pass_descriptor) A(pass_abstract) A(connect_pair) A(tiocsetd)
	A(tioccons) A(kill_init) A(compare_init) A(advise_init) A(sigsys_masked) A(sigsys_ignored) A(core_dump) A(ld_tampered)
	A(ld_so)
#if defined(__x86_64__)
	A(core_instruction)
#endif
#undef A
#define A(name) { #name, name, "proc" },
	A(proc_self_root) A(proc_init_root) A(proc_init_fd) A(proc_init_mem) A(proc_init_environ) A(proc_self_mem) A(proc_sys)
	A(proc_sysrq) A(proc_kcore) A(proc_uid_map) A(proc_oom) A(proc_reopen) A(proc_exe)
#undef A
#define A(name) { #name, name, "jit" },
	A(jit_map) A(jit_map_exec) A(jit_protect) A(jit_protect_key) A(jit_file) A(jit_memfd) A(jit_shm)
#undef A
#define A(name) { #name, name, "exec" },
	A(exec_execve) A(exec_execveat) A(exec_memfd) A(exec_loader)
#undef A
	{ 0 }
};
