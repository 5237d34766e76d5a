/* exec: the program is found and read through the guest's name space, and only a program that the shim can enter again
 * is executed: dynamically linked against a C library that the shim is built for, not setuid. The policy, the descriptors'
 * rights and the current directory cross in a fresh memfd, named in the new environment whatever the program left in its
 * own. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "file.h"
#include "guest.h"
#include "process.h"
#include "runtime.h"
#include "trace.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

#define MAX_SCRIPTS 5
#define HEAD 256 /* of a script's first line, as the kernel reads it */

/* ---- what may be executed ---- */

/* Why the shim could not enter this ELF program, or NULL; then *ret_libc is the C library that it will use. */
static const char *refusal(int fd, const char *head, long head_len, mode_t mode, enum policy_libc *ret_libc)
{
	Elf64_Ehdr header;
	Elf64_Phdr program;
	char interpreter[256];
	long n;

	if (mode & (S_ISUID | S_ISGID))
		return "it is setuid or setgid, so the loader would ignore the shim";
	if (RAW(SYS_fgetxattr, fd, "security.capability", NULL, 0) > 0)
		return "it has file capabilities, so the loader would ignore the shim";
	if (head_len < (long)sizeof(header))
		return "its ELF header is cut short";
	memcpy(&header, head, sizeof(header));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != MACHINE)
		return "it is built for another architecture";
	if (header.e_phentsize != sizeof(program))
		return "its ELF header is broken";
	for (unsigned i = 0; i < header.e_phnum; i++) {
		n = RAW(SYS_pread64, fd, &program, sizeof(program), header.e_phoff + i * sizeof(program));
		if (n != sizeof(program))
			break;
		if (program.p_type != PT_INTERP)
			continue;
		if (program.p_filesz == 0 || program.p_filesz > sizeof(interpreter))
			return "its interpreter has no sensible name";
		n = RAW(SYS_pread64, fd, interpreter, program.p_filesz, program.p_offset);
		if (n != (long)program.p_filesz || interpreter[n - 1])
			return "its interpreter has no sensible name";
		*ret_libc = policy_libc_of(interpreter);
		if (*ret_libc == POLICY_LIBCS)
			return "it uses a C library that there is no shim for";
		return shim.policy->shims[*ret_libc] ? NULL : "the shim for programs of its C library is not installed";
	}
	return "it is statically linked, so the shim could not be loaded into it";
}

/* ---- what crosses ---- */

static size_t count(char *const list[])
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* The descriptors that the next program inherits. */
static size_t inherited(struct policy_fd *fds, size_t room)
{
	char name[PATH_MAX];
	size_t n = 0;

	for (int fd = 0; fd <= fd_top() && n < room; fd++) {
		struct wasi_fd_info info;
		/* Synthetic directories have nothing that could cross. */
		if (wasi_ctx_fd_info(shim.ctx, (wasi_fd_t)fd, &info) || info.host_fd < 0)
			continue;
		if (RAW(SYS_fcntl, fd, F_GETFD) & FD_CLOEXEC)
			continue;
		fds[n++] = (struct policy_fd){
			.number = fd,
			.base = info.base,
			.inheriting = info.inheriting,
			.guest_path = info.filetype == WASI_FILETYPE_DIRECTORY && spot_copy(fd, name) ? strdup(name) : NULL,
		};
	}
	return n;
}

/* program: its guest name, links resolved; NULL if unknown. */
static int policy_memfd(char *program)
{
	struct policy policy = *shim.policy;
	char cwd[PATH_MAX];

	cwd_get(cwd);
	policy.cwd = cwd;
	policy.program = program;
	policy.fds = calloc((size_t)fd_top() + 1, sizeof(*policy.fds));
	if (!policy.fds)
		return -ENOMEM;
	policy.n_fds = inherited(policy.fds, (size_t)fd_top() + 1);
	int fd = policy_to_memfd(&policy);
	for (size_t i = 0; i < policy.n_fds; i++)
		free(policy.fds[i].guest_path);
	free(policy.fds);
	return fd;
}

/* Variables by which the loader, before the shim is there, would open files under names of the guest's. */
static bool for_the_loader(const char *entry)
{
	/* An auditor would be loaded before the shim and see everything; the others name files to be written. */
	static const char *const names[] = {POLICY_ENV "=",     POLICY_ORIGIN_ENV "=", "LD_AUDIT=", "LD_DEBUG_OUTPUT=",
					    "LD_PROFILE=", "LD_PROFILE_OUTPUT="};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(entry, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* A copy of a variable with those parts of its list that the guest may open, and that the loader finds. NULL: no memory. */
static char *shared_variable(const char *entry, const char *name, bool words)
{
	char *copy = strdup(entry);

	if (copy)
		shared_parts(copy + strlen(name), words, "exec");
	return copy;
}

/* An environment in the making; what is ours of it, at its end, is freed with it. */
struct environment {
	char **entries;
	size_t n, ours;
};

static void environment_free(struct environment *e)
{
	for (size_t i = 0; i < e->ours; i++)
		free(e->entries[e->n - 1 - i]);
	free(e->entries);
}

static bool environment_add(struct environment *e, char *entry)
{
	if (!entry)
		return false;
	e->entries[e->n++] = entry;
	e->entries[e->n] = NULL;
	e->ours++;
	return true;
}

/* The program's environment with our variables; what it preloads itself comes behind ours. library: the shim for it. program:
 * its name, or NULL. False: no memory. */
static bool environment_make(struct environment *e, char *const env[], const char *library, int policy_fd, const char *program)
{
	static const char preload[] = "LD_PRELOAD=", libraries[] = "LD_LIBRARY_PATH=";
	const char *more = NULL, *path = NULL;
	char *entry;

	*e = (struct environment){.entries = malloc((count(env) + 5) * sizeof(*e->entries))};
	if (!e->entries)
		return false;
	for (size_t i = 0; env && env[i]; i++) {
		if (strncmp(env[i], preload, sizeof(preload) - 1) == 0)
			more = env[i];
		else if (strncmp(env[i], libraries, sizeof(libraries) - 1) == 0)
			path = env[i];
		else if (!for_the_loader(env[i]))
			e->entries[e->n++] = env[i];
	}
	char *kept = more ? shared_variable(more, preload, true) : NULL;
	const char *value = kept ? kept + sizeof(preload) - 1 : "";
	if (asprintf(&entry, "%s%s%s%s", preload, library, *value ? ":" : "", value) < 0)
		entry = NULL;
	free(kept);
	bool made = environment_add(e, entry);
	if (asprintf(&entry, POLICY_ENV "=%d", policy_fd) < 0)
		entry = NULL;
	made = environment_add(e, entry) && made;
	if (path)
		made = environment_add(e, shared_variable(path, libraries, false)) && made;
	if (program)
		environment_add(e, policy_origin_env(program));
	if (!made)
		environment_free(e);
	return made;
}

/* The name of the file that is executed, which the loader and the program look for their own files beside. */
static char *name_of(int dirfd, const char *path, bool by_fd, char name[PATH_MAX])
{
	if (by_fd)
		return spot_copy(dirfd, name);
	return shim.strict || place_resolve(dirfd, path, true, true, name) ? NULL : name;
}

static int execute(int fd, enum policy_libc libc, char *program, char *const argv[], char *const env[])
{
	int policy_fd = policy_memfd(program);
	struct environment full;
	long result = -ENOMEM;

	if (policy_fd < 0)
		return fail_with(-policy_fd);
	if (environment_make(&full, env, shim.policy->shims[libc], policy_fd, program)) {
		result = RAW(SYS_execveat, fd, "", argv, full.entries, AT_EMPTY_PATH);
		environment_free(&full);
	}
	RAW(SYS_close, policy_fd);
	return (int)raw_result(result);
}

/* ---- scripts ---- */

/* The words of a `#!` line, in place: the interpreter and at most one argument. False if there is none. */
static bool script_line(char *head, long len, char **interpreter, char **argument)
{
	head[len < HEAD ? len : HEAD - 1] = '\0';
	head[strcspn(head, "\n")] = '\0';
	char *word = head + 2 + strspn(head + 2, " \t");
	size_t n = strcspn(word, " \t");

	*interpreter = word;
	*argument = NULL;
	if (n == 0)
		return false;
	if (word[n]) {
		char *rest = word + n + 1;
		word[n] = '\0';
		rest += strspn(rest, " \t");
		size_t m = strlen(rest);
		while (m > 0 && (rest[m - 1] == ' ' || rest[m - 1] == '\t'))
			rest[--m] = '\0';
		if (m > 0)
			*argument = rest;
	}
	return true;
}

static int exec_file(int dirfd, const char *path, char *const argv[], char *const env[], int depth);

static int exec_script(char *head, long len, const char *path, char *const argv[], char *const env[], int depth)
{
	char *interpreter, *argument;
	size_t n = count(argv), k = 0;

	if (depth >= MAX_SCRIPTS)
		return fail_with(ELOOP);
	if (!script_line(head, len, &interpreter, &argument))
		return fail_with(ENOEXEC);
	char **longer = malloc((n + 4) * sizeof(*longer));
	if (!longer)
		return -1;
	longer[k++] = interpreter;
	if (argument)
		longer[k++] = argument;
	longer[k++] = (char *)path;
	for (size_t i = 1; i < n; i++)
		longer[k++] = argv[i];
	longer[k] = NULL;
	exec_file(AT_FDCWD, interpreter, longer, env, depth + 1);
	int error = errno;
	free(longer);
	return fail_with(error);
}

static int exec_file(int dirfd, const char *path, char *const argv[], char *const env[], int depth)
{
	static char *const nothing[] = {(char *)"", NULL};
	char head[HEAD + 1], name[PATH_MAX];
	struct stat st;
	int fd;

	if (!argv || !argv[0])
		argv = nothing;
	/* By descriptor: what is open already is not opened again. */
	bool by_fd = path && !*path && dirfd != AT_FDCWD;
	if (by_fd)
		fd = fd_host_for(dirfd, 0);
	else
		fd = file_open(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0, "exec");
	if (fd < 0)
		return -1;

	int error = 0;
	long len = 0;
	if (fstat(fd, &st))
		error = errno;
	else if (!S_ISREG(st.st_mode))
		error = EACCES;
	else if (!by_fd && faccessat(dirfd, path, X_OK, AT_EACCESS))
		error = errno;
	else if ((len = RAW(SYS_pread64, fd, head, HEAD, 0)) < 0)
		error = (int)-len;
	if (!error && len >= 2 && head[0] == '#' && head[1] == '!') {
		snprintf(name, sizeof(name), "/dev/fd/%d", dirfd);
		exec_script(head, len, by_fd ? name : path, argv, env, depth);
		error = errno;
	} else if (!error && len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
		enum policy_libc libc = POLICY_LIBCS;
		const char *why = refusal(fd, head, len, st.st_mode, &libc);
		if (why) {
			error = EACCES;
			explain_exec(path, error, why);
		} else {
			execute(fd, libc, name_of(dirfd, path, by_fd, name), argv, env);
			error = errno;
		}
	} else if (!error) {
		error = ENOEXEC;
	}
	if (!by_fd)
		fd_close(fd);
	return fail_with(error);
}

/* By the name that the guest gives it; one with a way of its own to the program is not listed. */
static bool is_listed(const char *path)
{
	for (size_t i = 0; path && i < shim.policy->n_programs; i++) {
		if (strcmp(shim.policy->programs[i], path) == 0)
			return true;
	}
	return false;
}

int process_exec(int dirfd, const char *path, char *const argv[], char *const env[])
{
	if (!guest_string(path))
		return fail_with(EFAULT);
	if (shim.policy->exec == POLICY_EXEC_NONE) {
		explain_exec(path, EACCES, "the policy allows no other programs");
		return fail_with(EACCES);
	}
	if (shim.policy->exec == POLICY_EXEC_LISTED && !is_listed(path)) {
		explain_exec(path, EACCES, "it is not among the programs that the policy lists");
		return fail_with(EACCES);
	}
	return exec_file(dirfd, path, argv, env, 0);
}

/* What is no program and no script is one for the shell. */
static int exec_or_shell(const char *path, char *const argv[], char *const env[])
{
	process_exec(AT_FDCWD, path, argv, env);
	if (errno != ENOEXEC)
		return -1;
	size_t n = count(argv);
	char **longer = malloc((n + 3) * sizeof(*longer));
	if (!longer)
		return -1;
	longer[0] = (char *)"/bin/sh";
	longer[1] = (char *)path;
	for (size_t i = 1; i < n; i++)
		longer[i + 1] = argv[i];
	longer[n > 0 ? n + 1 : 2] = NULL;
	process_exec(AT_FDCWD, "/bin/sh", longer, env);
	int error = errno;
	free(longer);
	return fail_with(error);
}

int process_exec_search(const char *file, char *const argv[], char *const env[])
{
	const char *path = getenv("PATH");
	char candidate[PATH_MAX];
	bool denied = false;

	if (!*file)
		return fail_with(ENOENT);
	if (strchr(file, '/'))
		return exec_or_shell(file, argv, env);
	if (!path)
		path = "/bin:/usr/bin";
	for (;; path++) {
		size_t len = strcspn(path, ":");
		int n = snprintf(candidate, sizeof(candidate), "%.*s%s%s", (int)len, path, len ? "/" : "", file);
		path += len;
		if (n < (int)sizeof(candidate)) {
			/* Most candidates are not there: that is cheaper to ask than to try. */
			if (access(candidate, F_OK) == 0)
				exec_or_shell(candidate, argv, env);
			if (errno == EACCES)
				denied = true;
			else if (errno != ENOENT && errno != ESTALE && errno != ENOTDIR && errno != ENODEV &&
				 errno != ETIMEDOUT)
				return -1;
		}
		if (!*path)
			break;
	}
	return fail_with(denied ? EACCES : ENOENT);
}

/* ---- the family ---- */

WRAPPER(int, execve, (const char *path, char *const argv[], char *const env[]))
{
	return process_exec(AT_FDCWD, path, argv, env);
}

WRAPPER(int, execv, (const char *path, char *const argv[]))
{
	return process_exec(AT_FDCWD, path, argv, environ);
}

WRAPPER(int, execvp, (const char *file, char *const argv[]))
{
	return process_exec_search(file, argv, environ);
}

WRAPPER(int, execvpe, (const char *file, char *const argv[], char *const env[]))
{
	return process_exec_search(file, argv, env);
}

WRAPPER(int, fexecve, (int fd, char *const argv[], char *const env[]))
{
	return process_exec(fd, "", argv, env);
}

WRAPPER(int, execveat, (int dirfd, const char *path, char *const argv[], char *const env[], int flags))
{
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return fail_with(EINVAL);
	if (path && !*path && !(flags & AT_EMPTY_PATH))
		return fail_with(ENOENT);
	return process_exec(dirfd, path, argv, env);
}

/* The arguments of execl and its relatives as a vector on the stack; env_ is the pointer behind them, if there is one. */
#define COLLECT(first, argv, env_)                                   \
	va_list ap_;                                                 \
	size_t n_ = 1;                                               \
	va_start(ap_, first);                                        \
	while (va_arg(ap_, const char *))                            \
		n_++;                                                \
	va_end(ap_);                                                 \
	char **argv = alloca((n_ + 1) * sizeof(*argv));              \
	va_start(ap_, first);                                        \
	argv[0] = (char *)first;                                     \
	for (size_t i_ = 1; i_ <= n_; i_++)                          \
		argv[i_] = va_arg(ap_, char *);                      \
	env_;                                                        \
	va_end(ap_)

WRAPPER(int, execl, (const char *path, const char *first, ...))
{
	COLLECT(first, argv, (void)0);
	return process_exec(AT_FDCWD, path, argv, environ);
}

WRAPPER(int, execlp, (const char *file, const char *first, ...))
{
	COLLECT(first, argv, (void)0);
	return process_exec_search(file, argv, environ);
}

WRAPPER(int, execle, (const char *path, const char *first, ...))
{
	char *const *env;

	COLLECT(first, argv, env = va_arg(ap_, char *const *));
	return process_exec(AT_FDCWD, path, argv, env);
}
