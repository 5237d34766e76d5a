/* Opening and closing of streams. Reading and writing stays the C library's: a stream's number is the kernel's. */
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "file.h"
#include "libc.h"
#include "process.h"

/* ---- modes ---- */

/* open(2) flags of an fopen mode, or -1 with errno. */
static int mode_flags(const char *mode)
{
	int flags;

	switch (*mode) {
	case 'r':
		flags = O_RDONLY;
		break;
	case 'w':
		flags = O_WRONLY | O_CREAT | O_TRUNC;
		break;
	case 'a':
		flags = O_WRONLY | O_CREAT | O_APPEND;
		break;
	default:
		return fail_with(EINVAL);
	}
	for (const char *m = mode + 1; *m && *m != ','; m++) {
		if (*m == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		else if (*m == 'x')
			flags |= O_EXCL;
		else if (*m == 'e')
			flags |= O_CLOEXEC;
	}
	return flags;
}

WRAPPER(FILE *, fopen, (const char *path, const char *mode))
{
	int flags = mode_flags(mode);
	int fd = flags < 0 ? -1 : file_open(AT_FDCWD, path, flags, 0666, __func__);
	FILE *f = fd < 0 ? NULL : NEXT(fdopen)(fd, mode);

	if (fd >= 0 && !f) {
		int error = errno;
		fd_close(fd);
		errno = error;
	}
	return f;
}

WRAPPER(FILE *, fdopen, (int fd, const char *mode))
{
	return fd_host_for(fd, 0) < 0 ? NULL : NEXT(fdopen)(fd, mode);
}

/* The library's own freopen would open the host's path. Ours puts the new descriptor under the stream's number, as
 * freopen does, and turns the stream's direction round. */
WRAPPER(FILE *, freopen, (const char *path, const char *mode, FILE *f))
{
	int flags = mode_flags(mode), old = fileno(f), fd = old;

	fflush(f);
	if (flags >= 0 && path)
		fd = file_open(AT_FDCWD, path, flags, 0666, __func__);
	if (flags >= 0 && path && fd >= 0 && old >= 0 && old != fd) {
		int made = fd;
		fd = fd_dup_to(made, old, flags & O_CLOEXEC);
		int error = errno;
		fd_close(made);
		errno = error;
	}
	int turned = -1;
	if (flags >= 0 && fd >= 0) {
		flockfile(f);
		__fpurge(f);
		turned = libc_stream_turn(f, fd, mode, flags);
		funlockfile(f);
	}
	if (turned) {
		int error = errno;
		fclose(f);
		errno = error;
		return NULL;
	}
	if (flags & O_APPEND)
		fseek(f, 0, SEEK_END);
	return f;
}

/* ---- streams to other programs ---- */

struct child {
	struct child *next;
	FILE *stream;
	pid_t pid;
};
static struct child *children;
static pthread_mutex_t children_lock = PTHREAD_MUTEX_INITIALIZER;

/* Takes a stream's child off the list; 0 if it has none. */
static pid_t take_child(FILE *f)
{
	pid_t pid = 0;

	pthread_mutex_lock(&children_lock);
	for (struct child **c = &children; *c; c = &(*c)->next) {
		if ((*c)->stream == f) {
			struct child *found = *c;
			pid = found->pid;
			*c = found->next;
			free(found);
			break;
		}
	}
	pthread_mutex_unlock(&children_lock);
	return pid;
}

static int close_stream(FILE *f)
{
	int fd = fileno(f), saved = errno;

	fflush(f);
	if (fd >= 0)
		fd_forget(fd);
	errno = saved;
	return NEXT(fclose)(f);
}

static int wait_for(pid_t pid)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -1 : status;
}

WRAPPER(int, fclose, (FILE *f))
{
	pid_t pid = likely(!children) ? 0 : take_child(f);
	int result = close_stream(f);

	return pid ? wait_for(pid) : result;
}

WRAPPER(int, pclose, (FILE *f))
{
	pid_t pid = take_child(f);

	close_stream(f);
	return pid ? wait_for(pid) : fail_with(ECHILD);
}

WRAPPER(FILE *, popen, (const char *command, const char *mode))
{
	bool reads = false, writes = false, cloexec = false;
	int ends[2];

	for (const char *m = mode; *m; m++) {
		reads |= *m == 'r';
		writes |= *m == 'w';
		cloexec |= *m == 'e';
	}
	if (reads == writes) {
		errno = EINVAL;
		return NULL;
	}
	struct child *child = malloc(sizeof(*child));
	if (!child || pipe2(ends, O_CLOEXEC)) {
		free(child);
		return NULL;
	}
	int ours = ends[writes], theirs = ends[!writes];
	FILE *f = NEXT(fdopen)(ours, reads ? "r" : "w");
	pid_t pid = f ? fork() : -1;
	if (pid == 0) {
		int to = reads ? 1 : 0;
		if (theirs == to)
			fd_set_cloexec(theirs, false);
		else
			dup2(theirs, to);
		char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
		process_exec(AT_FDCWD, "/bin/sh", argv, environ);
		_exit(127);
	}
	int error = errno;
	fd_close(theirs);
	if (pid < 0) {
		free(child);
		if (f)
			close_stream(f);
		else
			fd_close(ours);
		errno = error;
		return NULL;
	}
	if (!cloexec)
		fd_set_cloexec(ours, false);
	*child = (struct child){.stream = f, .pid = pid};
	pthread_mutex_lock(&children_lock);
	child->next = children;
	children = child;
	pthread_mutex_unlock(&children_lock);
	return f;
}

/* ---- the table of mounts: a file like any other ---- */

WRAPPER_UNDECLARED(FILE *, setmntent, (const char *path, const char *mode))
{
	return wrap_fopen(path, mode);
}

WRAPPER_UNDECLARED(int, endmntent, (FILE *f))
{
	if (f)
		wrap_fclose(f);
	return 1;
}
