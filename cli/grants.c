/* From options to a policy: opening what is granted. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* A directory as a capability: enough to resolve paths beneath, nothing else. */
static int open_dir(const char *host)
{
	return open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static struct policy_dir *add_dir(struct policy *p, int fd, const char *host, char *guest, wasi_rights_t rights,
				  enum policy_origin origin)
{
	p->dirs = reallocarray(p->dirs, p->n_dirs + 1, sizeof(*p->dirs));
	if (!p->dirs)
		cli_die(CLI_FAILED, "out of memory");
	p->dirs[p->n_dirs] = (struct policy_dir){
		.guest = guest,
		.host = cli_copy(host),
		.base = rights & wasi_rights_preopen_base(),
		.inheriting = rights & (wasi_rights_preopen_base() | wasi_rights_preopen_inheriting()),
		.origin = origin,
		.fd = fd,
	};
	return &p->dirs[p->n_dirs++];
}

static bool has_guest(const struct policy *p, const char *guest)
{
	for (size_t i = 0; i < p->n_dirs; i++) {
		if (!strcmp(p->dirs[i].guest, guest))
			return true;
	}
	return false;
}

/* An absolute spelling without "//", "/./" and a trailing "/"; ".." stays, because only the kernel knows what it means. */
static char *tidy(const char *prefix, const char *name)
{
	char *out = cli_alloc(strlen(prefix) + strlen(name) + 3);
	size_t len = 0;
	for (int part = 0; part < 2; part++) {
		for (const char *p = part ? name : prefix; *p;) {
			size_t n = strcspn(p, "/");
			if (n && !(n == 1 && *p == '.')) {
				out[len++] = '/';
				memcpy(out + len, p, n);
				len += n;
			}
			p += n;
			p += strspn(p, "/");
		}
	}
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

/* What a native program calls a directory that was named without a guest name: its absolute path. The host resolves
 * "..", so that the name is the one getcwd(3) gives. */
static char *native_name(const struct rules_dir *dir, const char *cwd)
{
	if (dir->guest)
		return tidy("", dir->guest);
	if (strstr(dir->host, "..")) {
		char *real = realpath(dir->host, NULL);
		if (real)
			return real;
	}
	return tidy(dir->host[0] == '/' ? "" : cwd, dir->host);
}

/* What the wall makes for the guest; it opens it, too. */
static void add_own(struct policy *p, const char *guest, bool wanted, wasi_rights_t rights)
{
	if (wanted && has_guest(p, guest))
		cli_die(CLI_FAILED, "%s is granted by --dir, and asked for as one of the program's own", guest);
	if (wanted)
		add_dir(p, -1, "the wall", cli_copy(guest), rights, POLICY_FROM_WALL);
}

/* Names for the identity that the program has anyway; nobody else's. From the local files alone: name services are
 * libraries that are loaded, and the command is linked statically. */
static char *user_name(void)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;
	while (file && (user = fgetpwent(file)) && user->pw_uid != getuid())
		;
	char *name = cli_copy(user ? user->pw_name : "user");
	if (file)
		fclose(file);
	return name;
}

static char *group_name(void)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *group = NULL;
	while (file && (group = fgetgrent(file)) && group->gr_gid != getgid())
		;
	char *name = cli_copy(group ? group->gr_name : "user");
	if (file)
		fclose(file);
	return name;
}

struct policy *grants_make(const struct run_options *o, bool native)
{
	const struct rules *r = &o->rules;
	struct policy *p = cli_alloc(sizeof(*p));
	p->profile = native ? r->profile : POLICY_STRICT;
	p->exec = r->exec.mode;
	p->trace = o->trace;
	p->explain = o->explain;
	p->trace_fd = -1;
	p->explain_fd = -1;
	p->clock = r->clock.mode;
	p->clock_ns = r->clock.ns;
	p->seeded = r->random.seeded;
	p->seed = r->random.seed;
	p->sorted = r->sorted;
	p->reached = o->reached;

	bool posix = p->profile == POLICY_POSIX;
	char *cwd = getcwd(NULL, 0);
	for (size_t i = 0; i < r->n_dirs; i++) {
		const struct rules_dir *dir = &r->dirs[i];
		int fd = open_dir(dir->host);
		if (fd < 0 && dir->optional && (errno == ENOENT || errno == ENOTDIR))
			continue;
		if (fd < 0)
			cli_die(CLI_FAILED, "%s: %s", dir->where, strerror(errno));
		if (posix && !dir->guest && dir->host[0] != '/' && !cwd)
			cli_die(CLI_FAILED, "%s: the current directory has no name; give the directory one with HOST::GUEST", dir->where);
		char *guest = posix ? native_name(dir, cwd) : cli_copy(dir->guest ? dir->guest : dir->host);
		if (has_guest(p, guest))
			cli_die(CLI_FAILED, "%s: the program would see two directories as %s; name one of them with HOST::GUEST",
				dir->where, guest);
		add_dir(p, fd, dir->host, guest, dir->rights, POLICY_FROM_OPTION);
	}
	add_own(p, "/tmp", r->tmp, wasi_rights_preopen_base() | wasi_rights_preopen_inheriting());
	add_own(p, "/proc", r->proc && native, wasi_rights_readonly(wasi_rights_preopen_base() | wasi_rights_preopen_inheriting()));
	p->programs = r->exec.programs.at;
	p->n_programs = r->exec.programs.n;
	if (posix && r->runtime.mode != RULES_RUNTIME_NONE)
		grants_add_runtime(p, r);

	p->cwd = posix ? tidy("", r->cwd ? r->cwd : cwd ? cwd : "/") : cli_copy("/");
	free(cwd);

	/* A module has nobody to ask for a name. */
	p->user = native ? user_name() : cli_copy("user");
	p->group = native ? group_name() : cli_copy("user");
	return p;
}

/* The real path of an open file or directory; its length, 0 if unknown. */
static size_t path_of(int fd, char path[PATH_MAX])
{
	char link[40];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, PATH_MAX - 1);
	path[len > 0 ? len : 0] = '\0';
	return len > 0 ? (size_t)len : 0;
}

char *grants_name_of(const struct policy *p, int fd)
{
	char file[PATH_MAX], dir[PATH_MAX], *name = NULL;
	size_t best = 0;
	if (p->profile != POLICY_POSIX || !path_of(fd, file))
		return NULL;
	for (size_t i = 0; i < p->n_dirs; i++) {
		const struct policy_dir *d = &p->dirs[i];
		/* The runtime's directories have the same name on both sides; those that are links need not be looked at. */
		const bool runtime = d->origin == POLICY_FROM_RUNTIME;
		size_t len = d->fd < 0 ? 0 : runtime ? strlen(strcpy(dir, d->guest)) : path_of(d->fd, dir);
		if (len == 1)
			len = 0; /* everything lies in the root */
		if (d->fd < 0 || len < best || strncmp(file, dir, len) || file[len] != '/')
			continue;
		best = len;
		free(name);
		if (asprintf(&name, "%s%s", d->guest[1] ? d->guest : "", file + len) < 0)
			cli_die(CLI_FAILED, "out of memory");
		if (!runtime && !strcmp(name, file))
			break; /* it has its own name */
	}
	return name;
}

/* What the loader, scripting languages and git need to find: programs and libraries, never data of the user's. */
static const char *const runtime_dirs[] = { "/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/etc/alternatives" };

static const struct {
	const char *path;
	bool writable;
} runtime_files[] = {
	{ "/dev/null", true },     { "/dev/zero", true },    { "/dev/full", true },           { "/dev/random", false },
	{ "/dev/urandom", false }, { "/etc/localtime", false },
#define LIBC(NAME, name, loader, library, package, search) { search, false },
#include "libc.def"
	{ "/etc/timezone", false }, { "/etc/mime.types", false }, { "/etc/ssl/openssl.cnf", false },
};

/* Splits a file's real place into a directory, opened once for all files in it, and a last component. */
static void add_file(struct policy *p, char **dir_names, int *dir_fds, size_t *n_dirs, const char *path, bool writable)
{
	char *real = realpath(path, NULL);
	if (!real)
		return; /* what the host does not have, the guest does not see */
	char *slash = strrchr(real, '/');
	*slash = '\0';
	const char *dir = *real ? real : "/";
	size_t i = 0;
	while (i < *n_dirs && strcmp(dir_names[i], dir))
		i++;
	if (i == *n_dirs) {
		int fd = open_dir(dir);
		if (fd < 0) {
			free(real);
			return;
		}
		dir_names[i] = cli_copy(dir);
		dir_fds[i] = fd;
		(*n_dirs)++;
	}
	wasi_rights_t rights = wasi_rights_preopen_inheriting();
	p->files = reallocarray(p->files, p->n_files + 1, sizeof(*p->files));
	if (!p->files)
		cli_die(CLI_FAILED, "out of memory");
	p->files[p->n_files++] = (struct policy_file){
		.guest = cli_copy(path),
		.name = cli_copy(slash + 1),
		.rights = writable ? rights : wasi_rights_readonly(rights),
		.dir_fd = dir_fds[i],
	};
	free(real);
}

/* A directory of the runtime, read-only; the user's own grant of that name wins. What the host does not have, the guest
 * does not see. */
static void add_runtime_dir(struct policy *p, const char *path)
{
	wasi_rights_t ro = wasi_rights_readonly(wasi_rights_preopen_base() | wasi_rights_preopen_inheriting());
	char *guest = tidy("", path);
	int fd = has_guest(p, guest) ? -1 : open_dir(path);
	if (fd >= 0)
		add_dir(p, fd, path, guest, ro, POLICY_FROM_RUNTIME);
	else
		free(guest);
}

void grants_add_runtime(struct policy *p, const struct rules *r)
{
	if (r->runtime.mode == RULES_RUNTIME_LISTED) {
		for (size_t i = 0; i < r->runtime.dirs.n; i++)
			add_runtime_dir(p, r->runtime.dirs.at[i]);
	} else {
		for (size_t i = 0; i < sizeof(runtime_dirs) / sizeof(runtime_dirs[0]); i++)
			add_runtime_dir(p, runtime_dirs[i]);
	}
	enum { N = sizeof(runtime_files) / sizeof(runtime_files[0]) };
	char *dir_names[N + 2];
	int dir_fds[N + 2];
	size_t n_dirs = 0;
	for (size_t i = 0; i < N; i++)
		add_file(p, dir_names, dir_fds, &n_dirs, runtime_files[i].path, runtime_files[i].writable);
	/* A terminal that is there already has its names. */
	const char *terminal = NULL;
	for (int fd = 0; fd < 3 && !terminal; fd++)
		terminal = isatty(fd) ? ttyname(fd) : NULL;
	if (terminal && !strncmp(terminal, "/dev/", 5)) {
		add_file(p, dir_names, dir_fds, &n_dirs, terminal, true);
		add_file(p, dir_names, dir_fds, &n_dirs, "/dev/tty", true);
	}
	for (size_t i = 0; i < n_dirs; i++)
		free(dir_names[i]);
}
