/* Bad input: the program's mistakes and the machine's limits are errors, and lose nothing. */
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "probe.h"

/* ---- memory that cannot be written ---- */

void case_results_into_read_only_memory(void)
{
	char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("a", O_RDONLY), dir = open(".", O_RDONLY | O_DIRECTORY);
	/* Whole, and one that begins in memory that can be written. */
	char *both = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED && both != MAP_FAILED && mprotect(both + 4096, 4096, PROT_READ) == 0);
	void *const places[] = {page, both + 4096 - 4};
	for (int i = 0; i < 2; i++) {
		void *volatile at = places[i];
		FAILS(stat("a", at), EFAULT);
		FAILS(lstat("a", at), EFAULT);
		FAILS(fstat(fd, at), EFAULT);
		FAILS(fstatat(dir, "a", at, 0), EFAULT);
		FAILS(statx(AT_FDCWD, "a", 0, STATX_BASIC_STATS, at), EFAULT);
		FAILS(statfs("/data", at), EFAULT);
		FAILS(fstatfs(fd, at), EFAULT);
		FAILS(statvfs("/data", at), EFAULT);
		FAILS(fstatvfs(fd, at), EFAULT);
		FAILS(pipe(at), EFAULT);
		FAILS(pipe2(at, O_CLOEXEC), EFAULT);
		FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, at), EFAULT);
		FAILS(getcwd(at, 4096), EFAULT);
		FAILS(uname(at), EFAULT);
		FAILS(gethostname(at, 64), EFAULT);
		FAILS(syscall(SYS_getdents64, dir, at, 4096), EFAULT);
		FAILS(read(fd, (char *)at + 4, 4), EFAULT);
		FAILS(readlink("to-ro-relative", at, 64), EFAULT);
		FAILS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, at, 8), EFAULT);
	}
	for (int i = 0; i < 8192; i++)
		CHECK(page[i] == 0);
	/* No descriptor stayed behind: the next has the lowest number. */
	CHECK(open("a", O_RDONLY) == dir + 1);
}

void case_results_are_written_on_success_only(void)
{
	struct stat st, before;
	int ends[2] = {77, 78};

	memset(&st, 0x5a, sizeof(st));
	before = st;
	FAILS(stat("missing", &st), ENOENT);
	FAILS(lstat("/outside/secret", &st), ENOENT);
	FAILS(stat("out", &st), EACCES);
	FAILS(fstat(700, &st), EBADF);
	CHECK(memcmp(&st, &before, sizeof(st)) == 0);
	FAILS(pipe2(ends, 0x7000000), EINVAL);
	FAILS(socketpair(AF_INET, SOCK_STREAM, 0, ends), EACCES);
	CHECK(ends[0] == 77 && ends[1] == 78);
}

/* ---- no descriptors left ---- */

static bool limited;
static struct rlimit normal;

static void limit(rlim_t n)
{
	struct rlimit now = {n, normal.rlim_max};

	CHECK(setrlimit(RLIMIT_NOFILE, &now) == 0);
	limited = n < normal.rlim_cur;
}

/* Did it work? Without descriptors it may say so, and nothing else. */
static bool worked(long result, const char *what)
{
	if (result >= 0)
		return true;
	if (!limited || errno != EMFILE) {
		fprintf(stderr, "%s: errno %d (%s), limited %d\n", what, errno, strerror(errno), limited);
		exit(1);
	}
	return false;
}
#define WORKED(call) worked((long)(call), #call)

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path, (void)st, (void)type, (void)ftw;
	return 0;
}

/* Everything that uses a descriptor for a moment, or makes one; each undone when it worked. */
static void use_descriptors(rlim_t n)
{
	struct stat st;
	char name[PATH_MAX], temporary[] = "/data/t-XXXXXX";
	struct dirent **list;
	int fd, ends[2];
	glob_t found;
	FILE *f;
	DIR *dir;

	limit(n);
	if (WORKED(fd = open("/data/dir/../dir/inner", O_RDWR)))
		CHECK(close(fd) == 0);
	if (WORKED(fd = open("created", O_CREAT | O_EXCL | O_WRONLY, 0600)))
		CHECK(close(fd) == 0);
	unlink("created");
	if (WORKED(stat("/data/dir/../dir/../dir/inner", &st)))
		CHECK(st.st_size == 5);
	if (WORKED(lstat("dir/../abs-dir/inner", &st)))
		CHECK(S_ISREG(st.st_mode));
	WORKED(access("dir/../dir/inner", R_OK));
	if (WORKED(rename("dir/inner", "dir/../moved"))) {
		limit(normal.rlim_cur);
		CHECK(rename("moved", "dir/inner") == 0);
		limit(n);
	}
	if (WORKED(fd = dup(0)))
		CHECK(close(fd) == 0);
	if (WORKED(pipe(ends)))
		CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
	if (WORKED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends)))
		CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
	if (WORKED((f = fopen("dir/inner", "r")) ? 0 : -1))
		CHECK(fclose(f) == 0);
	if (WORKED((dir = opendir("dir")) ? 0 : -1))
		CHECK(readdir(dir) && closedir(dir) == 0);
	if (WORKED(scandir("dir", &list, NULL, NULL)))
		free(list);
	if (WORKED(fd = mkstemp(temporary)))
		CHECK(close(fd) == 0 && unlink(temporary) == 0);
	WORKED(realpath("dir/../abs-dir/inner", name) ? 0 : -1);
	WORKED(readlink("dir/../link", name, sizeof(name)));
	if (WORKED(mkdir("dir/../made", 0700)))
		WORKED(rmdir("made"));
	if (WORKED(symlink("x", "dir/../sym")))
		WORKED(unlink("sym"));
	if (WORKED(link("dir/inner", "dir/../hard")))
		WORKED(unlink("hard"));
	WORKED(chmod("dir/../dir/inner", 0644));
	WORKED(truncate("dir/inner", 5));
	WORKED(utimensat(AT_FDCWD, "dir/../dir/inner", NULL, 0));
	WORKED(chdir("dir/.."));
	glob("dir/*", 0, NULL, &found);
	globfree(&found);
	nftw("dir", visit, 4, 0);
}

/* A program that cannot be started leaves the one that wanted it as it was. */
static void start_programs(void)
{
	char *const argv[] = {(char *)"probe", (char *)"--cat", (char *)"/data/dir/inner", NULL};
	char *const none[] = {NULL};
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		close(1);
		execve("/ro/probe", argv, none);
		if (errno != EMFILE)
			_exit(3);
		limit(normal.rlim_cur);
		_exit(open("/data/a", O_WRONLY) >= 0 ? 0 : 4);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	posix_spawn_file_actions_t actions;
	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	CHECK(posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) == 0);
	int error = posix_spawn(&pid, "/ro/probe", &actions, NULL, argv, none);
	CHECK(error == 0 || (limited && error == EMFILE));
	if (error == 0)
		CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(posix_spawn_file_actions_destroy(&actions) == 0);
}

void case_descriptors_run_out(void)
{
	char buf[8];
	struct stat st;

	CHECK(getrlimit(RLIMIT_NOFILE, &normal) == 0);
	CHECK(chmod("a", 0666) == 0);
	int kept = open("dir/inner", O_RDONLY), lowest = open("a", O_RDONLY);
	CHECK(lowest == kept + 1 && close(lowest) == 0);
	for (int n = lowest + 12; n >= 0; n--) {
		use_descriptors((rlim_t)n);
		start_programs();
		limit(normal.rlim_cur);
		/* Nothing was left open, nothing was lost. */
		int fd = open("a", O_RDONLY);
		CHECK(fd == lowest && close(fd) == 0);
		CHECK(pread(kept, buf, 5, 0) == 5 && memcmp(buf, "inner", 5) == 0);
		CHECK(is("/data/dir/inner", "inner") && is("/data/a", "content of a") && is("/ro/r", "read only"));
		for (const char *const *name = (const char *const[]){"moved", "made", "sym", "hard", "created", NULL}; *name;
		     name++) {
			if (stat(*name, &st) == 0 || lstat(*name, &st) == 0)
				CHECK(remove(*name) == 0);
		}
	}
	use_descriptors(normal.rlim_cur);
	start_programs();
}

/* ---- what is overwritten, closed and blocked ---- */

static int run_probe(const char *word, const char *argument)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/ro/probe", "probe", word, argument, NULL);
		_exit(126);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void case_environment_overwritten(void)
{
	char *bad[] = {(char *)"", (char *)"=", (char *)"LD_PRELOAD=", (char *)"WASIWARD_POLICY_FD=0", (char *)"no-equals", NULL};

	/* The strings in place, as programs that set their title do. */
	for (char **e = environ; *e; e++)
		memset(*e, 'x', strlen(*e));
	CHECK(run_probe("--denied", NULL) == 0);
	environ = bad;
	CHECK(run_probe("--denied", NULL) == 0);
	CHECK(setenv("LD_PRELOAD", "/ro/nothing.so", 1) == 0 && setenv("WASIWARD_POLICY_FD", "-1", 1) == 0);
	CHECK(run_probe("--denied", NULL) == 0);
	environ = NULL;
	CHECK(run_probe("--denied", NULL) == 0 && is("/data/a", "content of a"));
}

void case_everything_closed(void)
{
	for (int fd = 0; fd < 4096; fd++) {
		syscall(SYS_close, fd);
		close(fd);
	}
	closefrom(0);
	syscall(SYS_close_range, 0, ~0u, 0);
	for (int fd = 0; fd < 3; fd++)
		CHECK(open("/data/a", O_RDWR) == fd);
	CHECK(is("/ro/r", "read only") && run_probe("--denied", NULL) == 0);
	closefrom(0);
	CHECK(open("/outside/secret", O_RDONLY) == -1);
}

static atomic_int signals_seen;

static void on_signal(int sig)
{
	char c;
	int fd = open("/data/a", O_RDONLY);

	(void)sig;
	if (fd >= 0 && read(fd, &c, 1) == 1 && c == 'c' && close(fd) == 0)
		signals_seen++;
}

void case_all_signals_blocked(void)
{
	sigset_t all, old;
	struct stat st;

	/* With strays caught: code that was made here. */
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	sigfillset(&all);
	CHECK(sigprocmask(SIG_BLOCK, &all, &old) == 0 && pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
	CHECK(stat("/data/a", &st) == 0 && run_probe("--denied", NULL) == 0);
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
	CHECK(is("/data/a", "content of a"));
	CHECK(signal(SIGUSR1, on_signal) != SIG_ERR && raise(SIGUSR1) == 0 && signals_seen == 0);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0 && signals_seen == 1);
	/* Signals at every moment of calls that hold locks. */
	struct itimerval often = {{0, 100}, {0, 100}}, off = {{0, 0}, {0, 0}};
	CHECK(signal(SIGALRM, on_signal) != SIG_ERR && setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; i < 20000; i++) {
		int fd = open("/data/dir/inner", O_RDONLY);
		CHECK(fd >= 0 && close(fd) == 0);
	}
	CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0 && signals_seen > 1);
}

static int child_after_sigsys(bool armed, void (*handler)(int))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (armed)
			mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		signal(SIGSYS, handler);
		raise(SIGSYS);
		kill(getpid(), SIGSYS);
		_exit(handler == on_signal ? signals_seen : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void case_sigsys_from_itself(void)
{
	for (int armed = 0; armed < 2; armed++) {
		CHECK(child_after_sigsys(armed, SIG_DFL) == 128 + SIGSYS);
		CHECK(child_after_sigsys(armed, SIG_IGN) == 0);
		CHECK(child_after_sigsys(armed, on_signal) == 2);
	}
}

static atomic_bool enough;

static void *open_all_the_time(void *unused)
{
	(void)unused;
	while (!enough) {
		int fd = open("/data/a", O_RDONLY);
		CHECK(fd >= 0);
		DIR *dir = opendir("/data");
		CHECK(dir && readdir(dir) && closedir(dir) == 0 && close(fd) == 0);
	}
	return NULL;
}

void case_forks_while_others_open(void)
{
	pthread_t threads[4];
	int status;

	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, open_all_the_time, NULL) == 0);
	for (int i = 0; i < 150; i++) {
		pid_t pid = i % 3 == 2 ? vfork() : fork();
		if (pid == 0) {
			int fd = open("/data/dir/inner", O_RDWR);
			if (i % 3 == 1)
				execl("/ro/probe", "probe", "--denied", NULL);
			_exit(fd >= 0 && open("/outside/secret", O_RDONLY) < 0 ? 0 : 1);
		}
		CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	}
	enough = true;
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

void case_exec_of_what_is_no_program(void)
{
	char *const argv[] = {(char *)"x", NULL}, *const none[] = {NULL};

	put("text", "not a program\n");
	put("empty", "");
	put("short", "\177ELF");
	put("script-of-nothing", "#!\n");
	put("script-of-missing", "#!/missing/interpreter\n");
	put("script-of-outside", "#!/outside/secret\n");
	put("script-of-itself", "#!/data/script-of-itself\n");
	FAILS(execve("text", argv, none), EACCES);
	for (const char *const *name = (const char *const[]){"text", "empty", "short", "script-of-nothing", "script-of-missing",
							     "script-of-outside", "script-of-itself", NULL};
	     *name; name++)
		CHECK(chmod(*name, 0755) == 0);
	FAILS(execve("missing", argv, none), ENOENT);
	FAILS(execve("", argv, none), ENOENT);
	FAILS(execve("a/b", argv, none), ENOTDIR);
	FAILS(execve("dir", argv, none), EACCES);
	FAILS(execve("/outside/secret", argv, none), ENOENT);
	FAILS(execve("loop", argv, none), ELOOP);
	FAILS(execve("text", argv, none), ENOEXEC);
	FAILS(execve("empty", argv, none), ENOEXEC);
	FAILS(execve("script-of-missing", argv, none), ENOENT);
	FAILS(execve("script-of-outside", argv, none), ENOENT);
	FAILS(execve("script-of-itself", argv, none), ELOOP);
	FAILS(execve("script-of-nothing", argv, none), ENOEXEC);
	CHECK(execve("short", argv, none) == -1);
	FAILS(execvp("not-on-the-path", argv), ENOENT);
	CHECK(is("/data/text", "not a program\n"));
}
