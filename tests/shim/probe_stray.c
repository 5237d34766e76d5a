/* System calls past the C library: in instructions of the probe's own, and through syscall(2). */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "probe.h"

#if defined(__x86_64__)
static long raw(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#else
#error "write raw() for this architecture"
#endif
#define RAW(n, a, b, c, d) raw(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static int raw_open(const char *path, int flags, int mode)
{
	return (int)RAW(SYS_openat, AT_FDCWD, path, flags, mode);
}

void case_strays_ask_the_core(void)
{
	char text[64];
	struct stat st;
	int fd = raw_open("/data/a", O_RDONLY, 0);

	CHECK(fd >= 0);
	CHECK(RAW(SYS_read, fd, text, sizeof(text), 0) == 12 && memcmp(text, "content of a", 12) == 0);
	/* In the table, with the rights that it was opened with. */
	FAILS(write(fd, "x", 1), EBADF);
	CHECK(RAW(SYS_write, fd, "x", 1, 0) == -EBADF);
	CHECK(RAW(SYS_close, fd, 0, 0, 0) == 0);
	FAILS(read(fd, text, 1), EBADF);
	/* They exist on the host. */
	CHECK(raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT);
	CHECK(raw_open("/proc/self/root/etc/passwd", O_RDONLY, 0) == -ENOENT);
	CHECK(raw_open("/data/out", O_RDONLY, 0) == -EACCES);
	CHECK(raw_open("/data/../../../etc/passwd", O_RDONLY, 0) == -ENOENT);
	CHECK(raw_open("/ro/new", O_WRONLY | O_CREAT, 0600) == -EACCES);
	CHECK(RAW(SYS_newfstatat, AT_FDCWD, "/data/a", &st, 0) == 0 && st.st_size == 12);
	CHECK(RAW(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st, 0) == -ENOENT);
	CHECK(RAW(SYS_faccessat, AT_FDCWD, "/ro/r", W_OK, 12345) == -EACCES);
	CHECK(RAW(SYS_getcwd, text, sizeof(text), 0, 0) == 6 && strcmp(text, "/data") == 0);
	CHECK(RAW(SYS_mkdirat, AT_FDCWD, "made", 0755, 0) == 0 && access("/data/made", F_OK) == 0);
	CHECK(RAW(SYS_renameat2, AT_FDCWD, "made", AT_FDCWD, "moved") == 0);
	CHECK(RAW(SYS_unlinkat, AT_FDCWD, "moved", AT_REMOVEDIR, 0) == 0);
	CHECK(RAW(SYS_socket, 2, 1, 0, 0) == -EACCES);
	CHECK(RAW(SYS_mount, "a", "/data", "tmpfs", 0) == -EPERM);
	CHECK(RAW(SYS_io_uring_setup, 4, text, 0, 0) == -ENOSYS);
	CHECK(RAW(100000, 0, 0, 0, 0) == -ENOSYS);
}

void case_syscall_asks_the_core(void)
{
	char text[64];
	long fd = syscall(SYS_openat, AT_FDCWD, "/data/a", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(syscall(SYS_read, fd, text, sizeof(text)) == 12);
	CHECK(syscall(SYS_close, fd) == 0);
	FAILS(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY), ENOENT);
	FAILS(syscall(SYS_ptrace, 0, 0, 0, 0), EPERM);
	FAILS(syscall(SYS_bpf, 0, 0, 0), ENOSYS);
	FAILS(syscall(SYS_openat, AT_FDCWD, (char *)1, O_RDONLY), EFAULT);
	CHECK(syscall(SYS_getpid) == getpid());
}

void case_strays_openat2(void)
{
	struct {
		unsigned long long flags, mode, resolve;
	} how = {.flags = O_RDONLY};
	long fd = RAW(SYS_openat2, AT_FDCWD, "/data/a", &how, sizeof(how));

	CHECK(fd >= 0 && close((int)fd) == 0);
	CHECK(RAW(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how)) == -ENOENT);
	CHECK(RAW(SYS_openat2, AT_FDCWD, "/data/a", &how, 8) == -EINVAL);
	CHECK(RAW(SYS_openat2, AT_FDCWD, "/data/a", (void *)64, sizeof(how)) == -EFAULT);

	/* Beneath the directory, which here is the kernel's promise and the core's. */
	int dir = open("/data/dir", O_RDONLY | O_DIRECTORY), lowest = dup(dir);
	CHECK(dir >= 0 && close(lowest) == 0);
	how.resolve = 8;
	CHECK(RAW(SYS_openat2, AT_FDCWD, "/data/a", &how, sizeof(how)) == -EXDEV);
	CHECK(RAW(SYS_openat2, dir, "../a", &how, sizeof(how)) == -EXDEV);
	CHECK(RAW(SYS_openat2, AT_FDCWD, "out", &how, sizeof(how)) == -EXDEV);
	CHECK(RAW(SYS_openat2, AT_FDCWD, "to-ro", &how, sizeof(how)) == -EXDEV);
	CHECK(RAW(SYS_openat2, dir, "missing", &how, sizeof(how)) == -ENOENT);
	CHECK(RAW(SYS_openat2, 700, "a", &how, sizeof(how)) == -EBADF);
	CHECK((fd = RAW(SYS_openat2, dir, "inner", &how, sizeof(how))) == lowest && close((int)fd) == 0);
	CHECK((fd = RAW(SYS_openat2, AT_FDCWD, "dir/../link", &how, sizeof(how))) >= 0 && close((int)fd) == 0);
	CHECK(open("a", O_RDONLY) == lowest && close(lowest) == 0);
	how.flags = O_RDWR;
	CHECK(RAW(SYS_openat2, open("/ro", O_RDONLY | O_DIRECTORY), "r", &how, sizeof(how)) == -EACCES);
	how.flags = O_RDONLY;
	how.resolve = 2;
	CHECK(RAW(SYS_openat2, AT_FDCWD, "/data/a", &how, sizeof(how)) >= 0);
	for (how.resolve = 1; how.resolve <= 16; how.resolve *= 2) {
		if (how.resolve != 2 && how.resolve != 8)
			CHECK(RAW(SYS_openat2, AT_FDCWD, "a", &how, sizeof(how)) == -ENOSYS);
	}
	how.resolve = 0x20;
	CHECK(RAW(SYS_openat2, AT_FDCWD, "a", &how, sizeof(how)) == -EAGAIN);
	how.resolve = 0x40;
	CHECK(RAW(SYS_openat2, AT_FDCWD, "a", &how, sizeof(how)) == -EINVAL);
	how.resolve = 8 | 16;
	CHECK(RAW(SYS_openat2, AT_FDCWD, "a", &how, sizeof(how)) == -EINVAL);
}

static int wait_status(long pid)
{
	int status;

	CHECK(pid > 0 && waitpid((pid_t)pid, &status, 0) == pid);
	return status;
}

#define EXITED(status, code) (WIFEXITED(status) && WEXITSTATUS(status) == (code))

static int cloned_result;
static char clone_stack[65536];

static int cloned(void *argument)
{
	cloned_result = 7;
	return raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT && raw_open("/data/a", O_RDONLY, 0) >= 0 ? *(int *)argument : 1;
}

void case_strays_make_processes(void)
{
	int code = 9, status;

	long pid = RAW(SYS_fork, 0, 0, 0, 0);
	if (pid == 0)
		_exit(raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT && raw_open("/data/a", O_RDONLY, 0) >= 0 ? 5 : 1);
	status = wait_status(pid);
	CHECK(EXITED(status, 5));
	pid = RAW(SYS_vfork, 0, 0, 0, 0);
	if (pid == 0) {
		/* Its descriptors are its own. */
		RAW(SYS_close, 0, 0, 0, 0);
		RAW(SYS_exit_group, raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT ? 6 : 1, 0, 0, 0);
	}
	status = wait_status(pid);
	CHECK(EXITED(status, 6));
	CHECK(fcntl(0, F_GETFD) >= 0);
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT ? 8 : 1);
	status = wait_status(pid);
	CHECK(EXITED(status, 8));
	status = wait_status(clone(cloned, clone_stack + sizeof(clone_stack), SIGCHLD, &code));
	CHECK(EXITED(status, 9) && cloned_result == 0);
	CHECK(RAW(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0) == -EPERM);
	CHECK(RAW(SYS_unshare, CLONE_NEWNS, 0, 0, 0) == -EPERM);
	/* A program executed past the library has its rules, too. */
	pid = fork();
	if (pid == 0) {
		char *argv[] = {(char *)"probe", (char *)"--denied", NULL}, *env[] = {NULL};
		RAW(SYS_execve, "/ro/probe", argv, env, 0);
		_exit(99);
	}
	status = wait_status(pid);
	CHECK(EXITED(status, 0));
	CHECK(RAW(SYS_execve, "/usr/bin/none", NULL, NULL, 0) == -ENOENT);
}

static void *thread_strays(void *argument)
{
	(void)argument;
	for (int i = 0; i < 200; i++) {
		int fd = raw_open("/data/a", O_RDONLY, 0);
		if (fd < 0 || RAW(SYS_close, fd, 0, 0, 0) || raw_open("/etc/passwd", O_RDONLY, 0) != -ENOENT)
			return (void *)1;
	}
	return NULL;
}

void case_strays_in_threads(void)
{
	pthread_t threads[4];
	void *result;

	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, thread_strays, NULL) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(threads[i], &result) == 0 && !result);
}

static volatile sig_atomic_t caught;

static void catch(int sig)
{
	caught = sig;
}

static void stray_in_handler(int sig)
{
	(void)sig;
	caught = raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT ? 1 : 2;
}

void case_strays_and_signals(void)
{
	sigset_t all, old;
	struct sigaction action = {.sa_handler = catch}, before;
	unsigned long long mask = 1ull << (SIGUSR1 - 1), now = 0;

	/* A blocked SIGSYS would end the process. */
	sigfillset(&all);
	CHECK(sigprocmask(SIG_SETMASK, &all, &old) == 0);
	CHECK(raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	CHECK(RAW(SYS_rt_sigprocmask, SIG_SETMASK, &(unsigned long long){~0ull}, NULL, 8) == 0);
	CHECK(raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT);
	CHECK(RAW(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) == 0);
	CHECK(RAW(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8) == 0 && now == mask);
	CHECK(sigprocmask(SIG_SETMASK, &old, &all) == 0 && sigismember(&all, SIGUSR1) == 1);

	/* The guest's SIGSYS is a signal like another, to it. */
	CHECK(sigaction(SIGSYS, &action, &before) == 0 && before.sa_handler == SIG_DFL);
	CHECK(kill(getpid(), SIGSYS) == 0 && caught == SIGSYS);
	CHECK(raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT);
	CHECK(signal(SIGSYS, SIG_IGN) == catch);
	CHECK(raise(SIGSYS) == 0);
	CHECK(signal(SIGSYS, SIG_DFL) == SIG_IGN);
	pid_t pid = fork();
	if (pid == 0) {
		raise(SIGSYS);
		_exit(0);
	}
	int status = wait_status(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);

	/* Within a handler, on a stack of its own. */
	static char stack[65536];
	stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)}, seen;
	CHECK(RAW(SYS_sigaltstack, &other, NULL, 0, 0) == 0);
	CHECK(sigaltstack(NULL, &seen) == 0 && seen.ss_sp == stack && !(seen.ss_flags & SS_DISABLE));
	action = (struct sigaction){.sa_handler = stray_in_handler, .sa_flags = SA_ONSTACK};
	sigfillset(&action.sa_mask);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	CHECK(raise(SIGUSR1) == 0 && caught == 1);
}

void case_strays_of_made_code(void)
{
	/* mov $39, %eax; syscall; ret */
	static const unsigned char code[] = {0xb8, 0xff, 0xff, 0x00, 0x00, 0x0f, 0x05, 0xc3};
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	memcpy(page, code, sizeof(code));
	CHECK(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
	long (*made)(void);
	memcpy(&made, &page, sizeof(made));
	CHECK(made() == -ENOSYS);
}

void case_strays_with_bad_pointers(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
	memset(page, 'a', 4096);
	CHECK(RAW(SYS_openat2, AT_FDCWD, "/data/a", page + 4090, 24) == -EFAULT);
	CHECK(RAW(SYS_rt_sigprocmask, SIG_BLOCK, page + 4092, NULL, 8) == -EFAULT);
	CHECK(RAW(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8) == -EFAULT);
	CHECK(RAW(SYS_sigaltstack, page + 4095, NULL, 0, 0) == -EFAULT);
	CHECK(RAW(SYS_getcwd, page, 1, 0, 0) == -ERANGE);
}

/* What one stray costs, for people; a bound that only a mistake would pass. */
void case_strays_are_cheap(void)
{
	struct timespec start, end;
	const int n = 2000;
	double best = 1e9;

	for (int k = 0; k < 20; k++) {
		clock_gettime(CLOCK_MONOTONIC, &start);
		for (int i = 0; i < n; i++)
			raw(SYS_getppid, 0, 0, 0, 0, 0, 0);
		clock_gettime(CLOCK_MONOTONIC, &end);
		double us = ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / n / 1e3;
		best = us < best ? us : best;
	}
	printf("a stray system call: %.2f us\n", best);
	CHECK(best < 100);
}

void case_strict_strays(void)
{
	char text[16];
	int fd = raw_open("/data/a", O_RDONLY, 0);

	CHECK(fd >= 0 && RAW(SYS_read, fd, text, 16, 0) == 12);
	CHECK(raw_open("/etc/passwd", O_RDONLY, 0) == -ENOENT);
	CHECK(RAW(SYS_fork, 0, 0, 0, 0) == -ENOSYS);
	CHECK(RAW(SYS_getpid, 0, 0, 0, 0) == 42);
	CHECK(RAW(SYS_getuid, 0, 0, 0, 0) == -ENOSYS);
	CHECK(RAW(SYS_dup, 0, 0, 0, 0) == -ENOTSUP);
	CHECK(RAW(SYS_kill, 1, 0, 0, 0) == -ENOSYS);
	FAILS(syscall(SYS_pipe2, text, 0), ENOTSUP);
}
