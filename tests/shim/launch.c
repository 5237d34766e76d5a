/* Starts a program under the shim without the command: what `wasiward run` does, as little of it as tests need.
 *
 * --time N runs the program N times with and N times without the shim, and prints the medians.
 *
 *     launch [--strict] [--trace] [--explain] [--no-exec] [--musl] [--cwd GUEST] [--dir HOST::GUEST[:ro]]… PROGRAM [ARG]…
 *
 * --musl says that the program is linked with musl. The libraries are found through SHIM and SHIM_MUSL in the environment. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policy.h"

#define MAX 64

static struct policy_dir dirs[MAX];
static struct policy_file files[MAX];
static struct policy_fd fds[3];
static struct policy policy = {.profile = POLICY_POSIX, .trace_fd = -1, .cwd = "/", .user = "root", .group = "root"};

static void die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int keep(int fd)
{
	int kept = fcntl(fd, F_DUPFD, POLICY_FD_FLOOR);

	if (kept < 0)
		die("F_DUPFD");
	close(fd);
	return kept;
}

static void add_dir(const char *host, const char *guest, int read_only, enum policy_origin origin)
{
	wasi_rights_t base = wasi_rights_preopen_base(), all = base | wasi_rights_preopen_inheriting();
	int fd = open(host, O_PATH | O_DIRECTORY);

	if (fd < 0) {
		if (origin == POLICY_FROM_RUNTIME)
			return;
		die(host);
	}
	dirs[policy.n_dirs++] = (struct policy_dir){
		.guest = strdup(guest),
		.host = strdup(host),
		.base = read_only ? wasi_rights_readonly(base) : base,
		.inheriting = read_only ? wasi_rights_readonly(all) : all,
		.origin = origin,
		.fd = keep(fd),
	};
}

static void add_runtime(void)
{
	static const char *const names[] = {"/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/alternatives"};
	static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
	int dev = keep(open("/dev", O_PATH | O_DIRECTORY));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_dir(names[i], names[i], 1, POLICY_FROM_RUNTIME);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		char *guest;
		if (asprintf(&guest, "/dev/%s", devices[i]) < 0)
			die("memory");
		files[policy.n_files++] = (struct policy_file){
			guest, strdup(devices[i]), wasi_rights_preopen_base() | wasi_rights_preopen_inheriting(), dev};
	}
}

static void option_dir(char *text)
{
	char *guest = strstr(text, "::"), *mode;
	int read_only = 0;

	if (guest) {
		*guest = '\0';
		guest += 2;
	} else {
		guest = text;
	}
	mode = strrchr(guest, ':');
	if (mode) {
		*mode = '\0';
		read_only = strcmp(mode + 1, "ro") == 0;
	}
	add_dir(text, guest, read_only, POLICY_FROM_OPTION);
}

static double run_once(char **argv)
{
	struct timespec from, to;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &from);
	pid_t pid = vfork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int time_it(int n, const char *library, char **argv)
{
	double *us[2] = {calloc((size_t)n, sizeof(double)), calloc((size_t)n, sizeof(double))};

	for (int i = 0; i < n * 2; i++) {
		if (i % 2)
			setenv("LD_PRELOAD", library, 1);
		else
			unsetenv("LD_PRELOAD");
		us[i % 2][i / 2] = run_once(argv);
	}
	for (int i = 0; i < 2; i++)
		qsort(us[i], (size_t)n, sizeof(double), by_value);
	printf("without %.0f us, with the shim %.0f us, difference %.0f us\n", us[0][n / 2], us[1][n / 2],
	       us[1][n / 2] - us[0][n / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	enum policy_libc libc = POLICY_GLIBC;
	char text[32];
	int i = 1, times = 0;

	policy.dirs = dirs;
	policy.files = files;
	policy.fds = fds;
	policy.shims[POLICY_GLIBC] = getenv("SHIM");
	policy.shims[POLICY_MUSL] = getenv("SHIM_MUSL");
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--strict") == 0)
			policy.profile = POLICY_STRICT;
		else if (strcmp(argv[i], "--trace") == 0)
			policy.trace = true;
		else if (strcmp(argv[i], "--explain") == 0)
			policy.explain = true;
		else if (strcmp(argv[i], "--no-exec") == 0)
			policy.exec = POLICY_EXEC_NONE;
		else if (strcmp(argv[i], "--musl") == 0)
			libc = POLICY_MUSL;
		else if (strcmp(argv[i], "--time") == 0 && i + 1 < argc)
			times = atoi(argv[++i]);
		else if (strcmp(argv[i], "--cwd") == 0 && i + 1 < argc)
			policy.cwd = argv[++i];
		else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
			option_dir(argv[++i]);
		else
			die(argv[i]);
	}
	if (!policy.shims[libc] || i >= argc) {
		errno = EINVAL;
		die("usage");
	}
	if (policy.profile == POLICY_POSIX)
		add_runtime();
	for (int fd = 0; fd < 3; fd++)
		fds[policy.n_fds++] = (struct policy_fd){.number = fd, .base = WASI_RIGHTS_ALL};
	for (int fd = 3; fd < POLICY_FD_FLOOR; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);

	int fd = policy_to_memfd(&policy);
	if (fd < 0) {
		errno = -fd;
		die("policy");
	}
	snprintf(text, sizeof(text), "%d", fd);
	setenv(POLICY_ENV, text, 1);
	setenv("LD_PRELOAD", policy.shims[libc], 1);
	unsetenv("SHIM");
	unsetenv("SHIM_MUSL");
	if (times > 0)
		return time_it(times, policy.shims[libc], argv + i);
	execvp(argv[i], argv + i);
	die(argv[i]);
}
