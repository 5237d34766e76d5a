/* One side of a comparison: see compare_run in compare.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compare.h"
#include "normal.h"
#include "rights_text.h"
#include "tree.h"

__attribute__((format(printf, 1, 2))) static char *format(const char *pattern, ...)
{
	va_list ap;
	char *text;
	va_start(ap, pattern);
	if (vasprintf(&text, pattern, ap) < 0)
		cli_die(CLI_FAILED, "out of memory");
	va_end(ap);
	return text;
}

/* A grant that the run takes, of the copy: every part is written, so that nothing depends on the copy's name. */
static char *grant_of(const struct rules_dir *dir, const char *copy)
{
	char rights[1024];
	rights_to_text(dir->rights, rights, sizeof(rights));
	return format("%s::%s:%s", copy, dir->guest ? dir->guest : dir->host, rights);
}

/* "wasiward run …" for this side. The list is NULL-terminated. */
static char **command_line(const struct compare_options *o, const char *program, char *const *arguments, const char *argv0,
			   bool native, const char *scratch)
{
	size_t n_arguments = 0;
	while (arguments[n_arguments])
		n_arguments++;
	char **argv = cli_alloc((16 + 2 * o->n_dirs + 2 * o->n_env + n_arguments) * sizeof(*argv));
	size_t n = 0;
	argv[n++] = cli_copy("wasiward");
	argv[n++] = cli_copy("run");
	if (native) {
		argv[n++] = cli_copy("--profile");
		argv[n++] = cli_copy("strict");
	}
	argv[n++] = cli_copy("--argv0");
	argv[n++] = cli_copy(argv0);
	for (size_t i = 0; i < o->n_dirs; i++) {
		char *copy = format("%s/%zu", scratch, i);
		const char *what;
		int error = tree_copy(o->dirs[i].host, copy, &what);
		if (error)
			cli_die(CLI_FAILED, "--dir %s: cannot copy %s: %s", o->dirs[i].host, what, strerror(error));
		argv[n++] = cli_copy("--dir");
		argv[n++] = grant_of(&o->dirs[i], copy);
		free(copy);
	}
	for (size_t i = 0; i < o->n_env; i++) {
		argv[n++] = cli_copy("--env");
		argv[n++] = cli_copy(o->env[i]);
	}
	if (o->clock)
		argv[n++] = format("--clock=%s", o->clock);
	if (o->random)
		argv[n++] = format("--random=%s", o->random);
	if (o->runtime && native)
		argv[n++] = format("--runtime=%s", o->runtime);
	argv[n++] = cli_copy("--readdir=sorted");
	if (o->wasm && !native)
		argv[n++] = format("--wasm=%s", o->wasm);
	if (!compare_ignores(o, SECTION_TRACE))
		argv[n++] = format("--trace=%s/trace", scratch);
	argv[n++] = cli_copy("--");
	argv[n++] = strchr(program, '/') ? cli_copy(program) : format("./%s", program);
	for (size_t i = 0; i < n_arguments; i++)
		argv[n++] = cli_copy(arguments[i]);
	return argv;
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		cli_die(CLI_FAILED, "%s: %s", path, strerror(errno));
	return fd;
}

/* In the child: its own group, so that a timeout ends what it started, too. */
__attribute__((noreturn)) static void become(char **argv, int in, int out, int err)
{
	setpgid(0, 0);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(CLI_FAILED);
	execv("/proc/self/exe", argv);
	_exit(CLI_FAILED);
}

/* Waits for the process, at most so many seconds. Returns its status in words. */
static char *await(pid_t pid, unsigned seconds)
{
	int status, fd = pidfd_open(pid, 0);
	bool ended = true;
	if (fd >= 0) {
		struct pollfd waiting = { .fd = fd, .events = POLLIN };
		int n;
		do
			n = poll(&waiting, 1, seconds > 2000000 ? -1 : (int)seconds * 1000);
		while (n < 0 && errno == EINTR);
		ended = n != 0;
		close(fd);
	}
	kill(-pid, SIGKILL); /* and whatever it left running */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!ended)
		return format("does not end within %u s", seconds);
	/* A native program that a signal ends is seen by a shell as 128 and the signal's number, which is what a trap gives. */
	return format("exit status %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* A trap's report at the end of standard error is ours, not the program's. */
static void drop_trap_report(struct lines *lines)
{
	for (size_t i = lines->n; i-- > 0;) {
		if (strncmp(lines->at[i], "wasiward: ", 10) || !strstr(lines->at[i], ": trap: "))
			continue;
		while (lines->n > i)
			free(lines->at[--lines->n]);
		return;
	}
}

/* What the program asked for, in normal form. */
static int add_calls(struct lines *lines, const struct compare_options *o, const char *name)
{
	FILE *file = fopen(name, "re");
	if (!file)
		return errno == ENOENT ? 0 : errno; /* it did not come that far */
	struct normal normal = { 0 };
	static const char *const streams[] = { "stdin", "stdout", "stderr" };
	for (unsigned i = 0; i < 3; i++)
		normal_name(&normal, i, streams[i]);
	for (size_t i = 0; i < o->n_dirs; i++)
		normal_name(&normal, 3 + (unsigned)i, o->dirs[i].guest ? o->dirs[i].guest : o->dirs[i].host);
	char *line = NULL;
	size_t room = 0;
	for (ssize_t len; (len = getline(&line, &room, file)) > 0;) {
		struct call call;
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		char *text = call_parse(line, &call) ? normal_line(&normal, &call) : NULL;
		if (text)
			lines_add(lines, text);
	}
	int error = ferror(file) ? errno : 0;
	normal_free(&normal);
	free(line);
	fclose(file);
	return error;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

void compare_run(const struct compare_options *o, const char *program, char *const *arguments, const char *argv0, bool native,
		 const char *scratch, struct side *side)
{
	*side = (struct side){ 0 };
	if (mkdir(scratch, 0700) < 0)
		cli_die(CLI_FAILED, "%s: %s", scratch, strerror(errno));
	char **argv = command_line(o, program, arguments, argv0, native, scratch);
	char *out_name = format("%s/stdout", scratch), *err_name = format("%s/stderr", scratch);
	int in = open_or_die(o->input ? o->input : "/dev/null", O_RDONLY);
	int out = open_or_die(out_name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
	int err = open_or_die(err_name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);

	/* File times come from the kernel's tick, which may lag behind the clock. */
	struct timespec start, tick;
	clock_gettime(CLOCK_REALTIME, &start);
	clock_gettime(CLOCK_REALTIME_COARSE, &tick);
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		cli_die(CLI_FAILED, "cannot start a process: %s", strerror(errno));
	if (pid == 0)
		become(argv, in, out, err);
	lines_add(&side->sections[SECTION_STATUS], await(pid, o->timeout));
	side->seconds = seconds_since(&start);
	close(in);
	close(out);
	close(err);
	int error = lines_add_file(&side->sections[SECTION_STDOUT], AT_FDCWD, out_name, "");
	if (!error)
		error = lines_add_file(&side->sections[SECTION_STDERR], AT_FDCWD, err_name, "");
	if (!native)
		drop_trap_report(&side->sections[SECTION_STDERR]);
	for (size_t i = 0; i < o->n_dirs && !error; i++) {
		char *copy = format("%s/%zu", scratch, i);
		error = tree_describe(&side->sections[SECTION_TREE], copy, o->dirs[i].guest ? o->dirs[i].guest : o->dirs[i].host, &tick);
		free(copy);
	}
	char *trace_name = format("%s/trace", scratch);
	if (!error)
		error = add_calls(&side->sections[SECTION_TRACE], o, trace_name);
	free(trace_name);
	if (error)
		cli_die(CLI_FAILED, "%s: %s", scratch, strerror(error));
	free(out_name);
	free(err_name);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}
