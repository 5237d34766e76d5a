/* Running a native program: the policy into a sealed memfd, the shim into LD_PRELOAD, and exec. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"
#include "explain.h"
#include "record.h"

/* Moves a descriptor up, out of the program's way, and lets it survive the exec. */
static int keep(int fd)
{
	int kept = fcntl(fd, F_DUPFD, POLICY_FD_FLOOR);
	if (kept < 0)
		kept = fcntl(fd, F_DUPFD, 3);
	if (kept < 0)
		cli_die(CLI_FAILED, "cannot keep a descriptor open: %s", strerror(errno));
	return kept;
}

/* Rewrites every descriptor of the policy to one that survives the exec; files share theirs. */
static void keep_descriptors(struct policy *p)
{
	int *old = cli_alloc(p->n_files * sizeof(*old));
	for (size_t i = 0; i < p->n_dirs; i++) {
		p->dirs[i].fd = keep(p->dirs[i].fd);
		if (p->dirs[i].look_fd > 0)
			p->dirs[i].look_fd = keep(p->dirs[i].look_fd);
	}
	for (size_t i = 0; i < p->n_files; i++) {
		/* A directory that an earlier file shares has been moved with it. */
		size_t j = 0;
		while (j < i && old[j] != p->files[i].dir_fd)
			j++;
		old[i] = p->files[i].dir_fd;
		p->files[i].dir_fd = j < i ? p->files[j].dir_fd : keep(old[i]);
	}
	free(old);
	if (p->trace_fd >= 0)
		p->trace_fd = keep(p->trace_fd);
	if (p->explain_fd >= 0)
		p->explain_fd = keep(p->explain_fd);
}

static void add_standard_streams(struct policy *p)
{
	p->fds = cli_alloc(3 * sizeof(*p->fds));
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			p->fds[p->n_fds++] = (struct policy_fd){ .number = fd, .base = WASI_RIGHTS_ALL };
	}
}

/* What is given plus the variables that carry the policy; the shim hides those from the program. */
static char **make_environment(const struct run_options *o, const struct policy *p, enum policy_libc libc, int policy_fd)
{
	char **env = cli_alloc((o->rules.n_env + 5) * sizeof(*env));
	size_t n = 0;
	bool has_path = false;
	for (size_t i = 0; i < o->rules.n_env; i++) {
		/* A user's preloads would come before ours and see what it must not. */
		if (!strncmp(o->rules.env[i], "LD_", 3) || !strncmp(o->rules.env[i], POLICY_ENV "=", sizeof(POLICY_ENV)))
			continue;
		has_path |= !strncmp(o->rules.env[i], "PATH=", 5);
		env[n++] = o->rules.env[i];
	}
	if (!has_path && p->profile == POLICY_POSIX)
		env[n++] = cli_copy("PATH=/usr/local/bin:/usr/bin:/bin");
	if (policy_fd < 0)
		return env; /* the shim is not coming */
	if (asprintf(&env[n++], "LD_PRELOAD=%s", p->shims[libc]) < 0 || asprintf(&env[n++], POLICY_ENV "=%d", policy_fd) < 0)
		cli_die(CLI_FAILED, "out of memory");
	if (p->program)
		env[n++] = policy_origin_env(p->program);
	return env;
}

/* A script becomes its interpreter with the script's name put first, as the kernel would do. */
static char **resolve_script(struct program *program, char **argv)
{
	for (int depth = 0; program->kind == PROGRAM_SCRIPT; depth++) {
		char *interpreter, *argument;
		program_script_line(program, &interpreter, &argument);
		if (!interpreter || depth == 4)
			cli_die(CLI_NOT_EXECUTABLE, "%s: the #! line names no interpreter", program->path);
		size_t n = 0;
		while (argv[n])
			n++;
		char **longer = cli_alloc((n + 3) * sizeof(*longer));
		size_t k = 0;
		longer[k++] = interpreter;
		if (argument)
			longer[k++] = argument;
		longer[k++] = program->path;
		memcpy(longer + k, argv + 1, n * sizeof(*argv));
		argv = longer;
		close(program->fd);
		program_find(interpreter, program);
	}
	return argv;
}

/* Starts the program behind the wall and stays until it ends. */
__attribute__((noreturn)) static void run_walled(const struct run_options *o, struct wall *wall, const struct policy *p,
						 const struct program *program, char **argv, char **env)
{
	if (o->argv0)
		argv[0] = cli_copy(o->argv0);
	struct wall_exec exec = { .fd = program->fd, .argv = argv, .env = env, .cwd = p->cwd };
	if (wall_spawn(wall, &exec) < 0)
		cli_die(CLI_FAILED, "the wall: %s", wall->failure);
	int status = wall_wait(wall);
	if (status == WALL_TIMED_OUT)
		cli_die(CLI_LIMIT, "%s: ended after %g seconds", argv[0], (double)o->rules.limits.time_ns / 1e9);
	if (status == WALL_OUTPUT_FULL)
		cli_die(CLI_LIMIT, "%s: ended after %" PRIu64 " bytes of output", argv[0], o->rules.limits.output);
	if (status == WALL_NO_SHIM)
		cli_die(CLI_NOT_EXECUTABLE, "%s: ended: the shim did not come into it, and the wall alone cannot keep all rights of this policy",
			argv[0]);
	if (wall->pump.error)
		cli_die(CLI_FAILED, "%s: its output could not be written: %s", argv[0], strerror(wall->pump.error));
	wall_end_as(status);
}

/* The limits that hold without the wall, too: each process has its own. */
static void limit_process(const struct policy_limits *l)
{
	const struct {
		int which;
		uint64_t value;
	} limits[] = { { RLIMIT_AS, l->memory }, { RLIMIT_NOFILE, l->descriptors }, { RLIMIT_FSIZE, l->file_size } };
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit = { limits[i].value, limits[i].value };
		if (limits[i].value && setrlimit((__rlimit_resource_t)limits[i].which, &limit) < 0)
			cli_die(CLI_FAILED, "cannot set a limit: %s", strerror(errno));
	}
}

void run_native(const struct run_options *o, struct program *program)
{
	if (o->n_preloads)
		cli_die(CLI_FAILED, "--preload needs a WebAssembly module, and %s is a native program", program->path);
	if (o->invoke)
		cli_die(CLI_FAILED, "--invoke needs a WebAssembly module, and %s is a native program", program->path);
	if (o->rules.clock.mode != POLICY_CLOCK_REAL && o->rules.profile != POLICY_STRICT)
		cli_die(CLI_FAILED, "--clock needs --profile strict: in the posix profile native programs read the clock directly");
	/* What one program hands to the next is a file in memory, which counts. */
	struct rlimit size = { RLIM_INFINITY, RLIM_INFINITY };
	getrlimit(RLIMIT_FSIZE, &size);
	if ((o->rules.limits.file_size && o->rules.limits.file_size < 1 << 20) || size.rlim_cur < 1 << 20)
		cli_die(CLI_FAILED, "%s: native programs need at least 1M, in which the policy is handed on",
			size.rlim_cur < 1 << 20 ? "the limit of file sizes (ulimit -f)" : "--max-file-size");
	char **argv = resolve_script(program, o->argv);
	if (program->kind != PROGRAM_ELF)
		cli_die(CLI_NOT_EXECUTABLE, "%s: a script's interpreter must be a native program", program->path);
	bool behind_wall;
	enum policy_libc libc;
	const char *refusal = program_refusal(program, &libc, &behind_wall);
	/* The wall alone says ro and rw, and names as they are in the posix profile; not more. */
	if (refusal && (!behind_wall || o->wall == CLI_WALL_OFF || o->rules.profile != POLICY_POSIX))
		cli_die(CLI_NOT_EXECUTABLE, "%s: refused: %s", program->path, refusal);

	char *shims[POLICY_LIBCS];
	shims_find(o, program, libc, shims);
	struct wall wall;
	bool walled = wall_begin(o, &wall, WALL_GUEST_NATIVE);
	struct policy *policy = grants_make(o, true);
	memcpy(policy->shims, shims, sizeof(shims));
	policy->program = grants_name_of(policy, program->fd);
	policy->trace_fd = trace_open(o);
	policy->explain_fd = o->explain ? explain_log_open() : -1;
	record_head(policy->trace_fd, o, policy);

	/* Only the descriptors named are inherited. Ours are made after this, so they are not marked. */
	if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) < 0) {
		struct rlimit limit;
		rlim_t end = getrlimit(RLIMIT_NOFILE, &limit) ? 1024 : limit.rlim_cur;
		for (int fd = 3; (rlim_t)fd < end && fd < 1 << 20; fd++)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (walled) {
		wall_program(&wall, program->fd);
		wall_finish(&wall, policy);
	}
	if (refusal && !(wall.exact && wall.namespaces && wall.seccomp))
		cli_die(CLI_NOT_EXECUTABLE, "%s: refused: %s, and the wall alone cannot keep all rights of this policy",
			program->path, refusal);
	if (refusal) {
		cli_complain("%s runs behind the wall alone: %s", program->path, refusal);
		run_walled(o, &wall, policy, program, argv, make_environment(o, policy, libc, -1));
	}
	int handshake = walled ? wall_expect_shim(&wall, policy->shims[libc]) : 0;
	if (handshake < 0)
		cli_die(CLI_FAILED, "cannot make a pipe for the shim: %s", strerror(-handshake));
	keep_descriptors(policy);
	if (walled) {
		policy->handshake_fd = keep(handshake);
		close(handshake);
		wall.shim.to = policy->handshake_fd;
	}
	add_standard_streams(policy);
	int policy_fd = policy_to_memfd(policy);
	if (policy_fd < 0)
		cli_die(CLI_FAILED, "cannot hand over the policy: %s", strerror(-policy_fd));

	char **env = make_environment(o, policy, libc, policy_fd);
	if (walled)
		run_walled(o, &wall, policy, program, argv, env);
	if (o->argv0)
		argv[0] = cli_copy(o->argv0);
	limit_process(&o->rules.limits);
	execve(program->path, argv, env);
	cli_die(errno == ENOENT ? CLI_NOT_FOUND : CLI_NOT_EXECUTABLE, "%s: %s", program->path, strerror(errno));
}
