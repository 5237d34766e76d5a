/* The context of a program that calls <wasi/api.h> without anybody who gave it one: what a module gets that was granted
 * nothing. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#include "api_host.h"

extern char **environ;

static _Atomic(wasi_ctx_t *) given;
static wasi_ctx_t *own;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The whole of /proc/self/cmdline, with a NUL behind it; *ret_len without that. NULL if it cannot be read. */
static char *read_arguments(size_t *ret_len)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	size_t room = 4096, len = 0;
	char *bytes = fd < 0 ? NULL : malloc(room + 1);
	ssize_t n = 0;

	while (bytes && (n = read(fd, bytes + len, room - len)) > 0) {
		len += (size_t)n;
		if (len == room) {
			char *more = realloc(bytes, 2 * room + 1);

			if (!more)
				break;
			bytes = more;
			room *= 2;
		}
	}
	if (fd >= 0)
		close(fd);
	if (bytes)
		bytes[len] = '\0';
	*ret_len = len;
	return bytes;
}

static wasi_errno_t give_arguments(wasi_ctx_t *ctx)
{
	size_t len, count = 0, i = 0;
	char *bytes = read_arguments(&len);
	const char **argv = NULL;
	wasi_errno_t error = WASI_ERRNO_SUCCESS;

	if (!bytes)
		return error; /* none are known */
	for (const char *s = bytes; s < bytes + len; s += strlen(s) + 1)
		count++;
	argv = calloc(count + 1, sizeof(*argv));
	if (argv) {
		for (const char *s = bytes; s < bytes + len; s += strlen(s) + 1)
			argv[i++] = s;
		error = wasi_ctx_set_args(ctx, count, argv);
	} else {
		error = WASI_ERRNO_NOMEM;
	}
	free(argv);
	free(bytes);
	return error;
}

static void make(void)
{
	size_t count = 0;
	wasi_errno_t error = wasi_ctx_new(NULL, &own);

	if (!error)
		error = give_arguments(own);
	while (environ && environ[count])
		count++;
	if (!error)
		error = wasi_ctx_set_environ(own, count, (const char *const *)environ);
	for (int fd = 0; fd < 3 && !error; fd++) {
		error = wasi_ctx_add_fd(own, (wasi_fd_t)fd, fd, WASI_RIGHTS_ALL, 0, false, NULL);
		if (error == WASI_ERRNO_BADF)
			error = WASI_ERRNO_SUCCESS; /* closed for the program, closed here */
	}
	if (error)
		abort(); /* there is no context to return an error from */
}

wasi_ctx_t *api_ctx(const char *call)
{
	wasi_ctx_t *ctx = atomic_load_explicit(&given, memory_order_acquire);

	(void)call;
	if (ctx)
		return ctx;
	pthread_once(&once, make);
	return own;
}

void wasi_api_use(wasi_ctx_t *ctx)
{
	atomic_store_explicit(&given, ctx, memory_order_release);
}

void api_exit(wasi_exitcode_t code)
{
	_exit((int)(code & 0xff));
}
