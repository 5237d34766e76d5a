/* Starting programs: fork, then our own exec. The C library's posix_spawn, system and popen would call the kernel
 * behind the wrappers and lose the policy on the way. */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "file.h"
#include "libc.h"
#include "process.h"

/* vfork's child would share our tables with its parent and could not close a descriptor without closing it there. */
WRAPPER(pid_t, fork, (void))
{
	return NEXT(fork)();
}

WRAPPER(int, daemon, (int nochdir, int noclose))
{
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid > 0)
		_exit(0);
	if (setsid() < 0)
		return -1;
	if (!nochdir)
		chdir("/");
	if (!noclose) {
		int fd = file_open(AT_FDCWD, "/dev/null", O_RDWR, 0, __func__);
		if (fd < 0)
			return -1;
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		if (fd > 2)
			fd_close(fd);
	}
	return 0;
}

/* ---- file actions: our own, in the library's type ---- */

enum action_kind { OPEN, CLOSE, DUP2, CHDIR, FCHDIR, CLOSEFROM, TCSETPGRP };

struct action {
	enum action_kind kind;
	int fd, to, flags;
	mode_t mode;
	char *path;
};

/* The library's structure has room for a count, a size and a pointer; we keep those three, of our own. */
static struct action *actions_of(const posix_spawn_file_actions_t *list)
{
	return SPAWN_LIST(list);
}

static int add(posix_spawn_file_actions_t *list, struct action action, const char *path)
{
	if (path && !(action.path = strdup(path)))
		return ENOMEM;
	if (SPAWN_USED(list) == SPAWN_ROOM(list)) {
		int room = SPAWN_ROOM(list) + 8;
		struct action *more = realloc(actions_of(list), (size_t)room * sizeof(*more));
		if (!more) {
			free(action.path);
			return ENOMEM;
		}
		SPAWN_LIST(list) = more;
		SPAWN_ROOM(list) = room;
	}
	actions_of(list)[SPAWN_USED(list)++] = action;
	return 0;
}

WRAPPER(int, posix_spawn_file_actions_init, (posix_spawn_file_actions_t *list))
{
	memset(list, 0, sizeof(*list));
	return 0;
}

WRAPPER(int, posix_spawn_file_actions_destroy, (posix_spawn_file_actions_t *list))
{
	for (int i = 0; i < SPAWN_USED(list); i++)
		free(actions_of(list)[i].path);
	free(actions_of(list));
	memset(list, 0, sizeof(*list));
	return 0;
}

WRAPPER(int, posix_spawn_file_actions_addopen,
	(posix_spawn_file_actions_t *restrict list, int fd, const char *restrict path, int flags, mode_t mode))
{
	if (hidden(fd))
		return EBADF;
	return add(list, (struct action){.kind = OPEN, .fd = fd, .flags = flags, .mode = mode}, path);
}

WRAPPER(int, posix_spawn_file_actions_addclose, (posix_spawn_file_actions_t *list, int fd))
{
	return hidden(fd) ? EBADF : add(list, (struct action){.kind = CLOSE, .fd = fd}, NULL);
}

WRAPPER(int, posix_spawn_file_actions_adddup2, (posix_spawn_file_actions_t *list, int fd, int to))
{
	return hidden(fd) || hidden(to) ? EBADF : add(list, (struct action){.kind = DUP2, .fd = fd, .to = to}, NULL);
}

WRAPPER(int, posix_spawn_file_actions_addchdir_np, (posix_spawn_file_actions_t *list, const char *path))
{
	return add(list, (struct action){.kind = CHDIR}, path);
}

WRAPPER(int, posix_spawn_file_actions_addfchdir_np, (posix_spawn_file_actions_t *list, int fd))
{
	return hidden(fd) ? EBADF : add(list, (struct action){.kind = FCHDIR, .fd = fd}, NULL);
}

WRAPPER(int, posix_spawn_file_actions_addclosefrom_np, (posix_spawn_file_actions_t *list, int from))
{
	return from < 0 ? EBADF : add(list, (struct action){.kind = CLOSEFROM, .fd = from}, NULL);
}

WRAPPER(int, posix_spawn_file_actions_addtcsetpgrp_np, (posix_spawn_file_actions_t *list, int fd))
{
	return hidden(fd) ? EBADF : add(list, (struct action){.kind = TCSETPGRP, .fd = fd}, NULL);
}

/* Does what one action says. report: the descriptor that must survive. Returns 0 or an errno. */
static int act(const struct action *a, int *report)
{
	int fd;

	/* Somebody else's number may be the one that we report through. */
	if ((a->kind == OPEN && a->fd == *report) || (a->kind == DUP2 && a->to == *report)) {
		int moved = fcntl(*report, F_DUPFD_CLOEXEC, 3);
		if (moved < 0)
			return errno;
		*report = moved;
	}
	switch (a->kind) {
	case OPEN:
		fd = file_open(AT_FDCWD, a->path, a->flags, a->mode, "posix_spawn");
		if (fd < 0)
			return errno;
		if (fd != a->fd) {
			int result = dup2(fd, a->fd);
			fd_close(fd);
			return result < 0 ? errno : 0;
		}
		return 0;
	case CLOSE:
		if (a->fd != *report)
			fd_close(a->fd);
		return 0;
	case DUP2:
		/* The same number twice means: let it be inherited. */
		if (a->fd == a->to)
			return fd_host_for(a->fd, 0) < 0 || fd_set_cloexec(a->fd, false) ? errno : 0;
		return dup2(a->fd, a->to) < 0 ? errno : 0;
	case CHDIR:
		return chdir(a->path) ? errno : 0;
	case FCHDIR:
		return fchdir(a->fd) ? errno : 0;
	case CLOSEFROM:
		for (fd = a->fd; fd <= fd_top(); fd++) {
			if (fd != *report)
				fd_close(fd);
		}
		return 0;
	case TCSETPGRP:
		return tcsetpgrp(a->fd, getpgrp()) ? errno : 0;
	}
	return EINVAL;
}

/* ---- posix_spawn ---- */

static int set_attributes(const posix_spawnattr_t *attr)
{
	short flags = 0;
	sigset_t set;
	pid_t group;

	posix_spawnattr_getflags(attr, &flags);
	if (flags & POSIX_SPAWN_SETSIGDEF) {
		struct sigaction fresh = {.sa_handler = SIG_DFL};
		posix_spawnattr_getsigdefault(attr, &set);
		for (int sig = 1; sig < NSIG; sig++) {
			if (sigismember(&set, sig) == 1)
				sigaction(sig, &fresh, NULL);
		}
	}
	if (flags & (POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER)) {
		struct sched_param param;
		int policy = sched_getscheduler(0);
		posix_spawnattr_getschedparam(attr, &param);
		if (flags & POSIX_SPAWN_SETSCHEDULER)
			posix_spawnattr_getschedpolicy(attr, &policy);
		if (sched_setscheduler(0, policy, &param))
			return errno;
	}
	if ((flags & POSIX_SPAWN_SETSID) && setsid() < 0)
		return errno;
	if (flags & POSIX_SPAWN_SETPGROUP) {
		posix_spawnattr_getpgroup(attr, &group);
		if (setpgid(0, group))
			return errno;
	}
	if ((flags & POSIX_SPAWN_RESETIDS) && (setegid(getgid()) || seteuid(getuid())))
		return errno;
	return 0;
}

__attribute__((noreturn)) static void child(int report, const char *path, bool search,
					    const posix_spawn_file_actions_t *list, const posix_spawnattr_t *attr,
					    const sigset_t *mask, char *const argv[], char *const env[])
{
	int error = attr ? set_attributes(attr) : 0;
	short flags = 0;
	sigset_t set = *mask;

	for (int i = 0; list && !error && i < SPAWN_USED(list); i++)
		error = act(&actions_of(list)[i], &report);
	if (!error) {
		if (attr)
			posix_spawnattr_getflags(attr, &flags);
		if (flags & POSIX_SPAWN_SETSIGMASK)
			posix_spawnattr_getsigmask(attr, &set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		if (search)
			process_exec_search(path, argv, env);
		else
			process_exec(AT_FDCWD, path, argv, env);
		error = errno;
	}
	RAW(SYS_write, report, &error, sizeof(error));
	_exit(127);
}

static int spawn(pid_t *ret, const char *path, bool search, const posix_spawn_file_actions_t *list,
		 const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	int ends[2], error = 0, saved = errno;
	sigset_t all, mask;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	/* No handler of the parent may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	pid_t pid = fork();
	if (pid == 0) {
		fd_close(ends[0]);
		child(ends[1], path, search, list, attr, &mask, argv, env);
	}
	if (pid < 0)
		error = errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	fd_close(ends[1]);
	if (pid > 0) {
		long n;
		do
			n = RAW(SYS_read, ends[0], &error, sizeof(error));
		while (n == -EINTR);
		if (n != sizeof(error))
			error = 0;
		else
			waitpid(pid, NULL, 0);
	}
	fd_close(ends[0]);
	if (!error && ret)
		*ret = pid;
	errno = saved;
	return error;
}

WRAPPER(int, posix_spawn,
	(pid_t *restrict ret, const char *restrict path, const posix_spawn_file_actions_t *restrict list,
	 const posix_spawnattr_t *restrict attr, char *const argv[restrict], char *const env[restrict]))
{
	return spawn(ret, path, false, list, attr, argv, env);
}

WRAPPER(int, posix_spawnp,
	(pid_t *ret, const char *file, const posix_spawn_file_actions_t *list, const posix_spawnattr_t *attr,
	 char *const argv[], char *const env[]))
{
	return spawn(ret, file, true, list, attr, argv, env);
}

/* ---- system ---- */

WRAPPER(int, system, (const char *command))
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
	sigset_t block, mask;
	int status = -1;

	if (!command)
		return access("/bin/sh", X_OK) == 0;
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	sigprocmask(SIG_BLOCK, &block, &mask);
	pid_t pid = fork();
	if (pid == 0) {
		char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		process_exec(AT_FDCWD, "/bin/sh", argv, environ);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			status = -1;
			break;
		}
	}
	int error = errno;
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	errno = error;
	return status;
}
