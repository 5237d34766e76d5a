/* Descriptors: what the guest has, and what we remember of each beyond the core's table. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "place.h"

/* ---- errors ---- */

/* wasi-libc's convention for data calls: a missing right looks like a descriptor opened the other way. */
int fail(wasi_errno_t error)
{
	errno = error == WASI_ERRNO_NOTCAPABLE ? EBADF : wasi_errno_to_host(error);
	return -1;
}

int fail_path(wasi_errno_t error)
{
	errno = path_errno(error);
	return -1;
}

/* ---- numbers ---- */

static atomic_int top = 2;

int fd_note(int fd)
{
	int old = atomic_load_explicit(&top, memory_order_relaxed);

	while (fd > old && !atomic_compare_exchange_weak(&top, &old, fd))
		;
	return fd;
}

int fd_top(void)
{
	return atomic_load(&top);
}

static int adopt(int fd, wasi_rights_t rights)
{
	wasi_errno_t e = wasi_ctx_add_fd(shim.ctx, (wasi_fd_t)fd, fd, rights, rights, true, NULL);

	if (e) {
		RAW(SYS_close, fd);
		return fail(e);
	}
	return fd_note(fd);
}

int fd_adopt(int fd)
{
	return adopt(fd, WASI_RIGHTS_ALL);
}

int fd_adopt_received(int fd)
{
	struct statx x = {0};

	RAW(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &x);
	return adopt(fd, S_ISDIR(x.stx_mode) ? wasi_rights_readonly(WASI_RIGHTS_ALL) : WASI_RIGHTS_ALL);
}

int fd_adopt_result(long result)
{
	return result < 0 ? (int)raw_result(result) : fd_adopt((int)result);
}

int fd_adopt_pair(const int made[2], int fds[2])
{
	if (fd_adopt(made[0]) < 0) {
		RAW(SYS_close, made[1]);
		return -1;
	}
	if (fd_adopt(made[1]) < 0) {
		int error = errno;
		fd_close(made[0]);
		return fail_with(error);
	}
	fds[0] = made[0];
	fds[1] = made[1];
	return 0;
}

int fd_host_for(int fd, wasi_rights_t needed)
{
	int host_fd;
	wasi_errno_t e = hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_host(shim.ctx, (wasi_fd_t)fd, needed, &host_fd);

	return e ? fail(e) : host_fd;
}

int fd_set_cloexec(int fd, bool on)
{
	return (int)raw_result(RAW(SYS_fcntl, fd, F_SETFD, on ? FD_CLOEXEC : 0));
}

/* ---- where directories were opened ---- */

/* Names by number, in pages that appear once and stay. Readers take no lock; see cwd_set. */
#define SPOT_PAGE 1024
static _Atomic(_Atomic(char *) *) spots[HIDDEN_BASE / SPOT_PAGE];
static pthread_mutex_t spots_lock = PTHREAD_MUTEX_INITIALIZER;
#define RETIRED 256
static _Atomic(char *) retired[RETIRED];
static atomic_uint retired_at;

static _Atomic(char *) *spot(int fd, bool make)
{
	if (hidden(fd))
		return NULL;
	_Atomic(char *) *page = atomic_load_explicit(&spots[fd / SPOT_PAGE], memory_order_acquire);
	if (unlikely(!page)) {
		if (!make)
			return NULL;
		pthread_mutex_lock(&spots_lock);
		page = atomic_load(&spots[fd / SPOT_PAGE]);
		if (!page) {
			page = calloc(SPOT_PAGE, sizeof(*page));
			atomic_store_explicit(&spots[fd / SPOT_PAGE], page, memory_order_release);
		}
		pthread_mutex_unlock(&spots_lock);
		if (!page)
			return NULL;
	}
	return &page[fd % SPOT_PAGE];
}

/* The first byte of a stored name says whether grants lie beneath it. */
void spot_set(int fd, const char *path)
{
	_Atomic(char *) *s = spot(fd, path != NULL);
	char *marked = NULL;

	if (!s || (!path && !atomic_load_explicit(s, memory_order_relaxed)))
		return;
	if (path) {
		size_t len = strlen(path);
		marked = malloc(len + 2);
		if (marked) {
			marked[0] = !shim.strict && ns_is_special(path) ? '!' : ' ';
			memcpy(marked + 1, path, len + 1);
		}
	}
	char *old = atomic_exchange(s, marked);
	if (old)
		free(atomic_exchange(&retired[atomic_fetch_add(&retired_at, 1) % RETIRED], old));
}

bool spot_special(int fd)
{
	_Atomic(char *) *s = spot(fd, false);
	const char *name = s ? atomic_load_explicit(s, memory_order_acquire) : NULL;

	return name && name[0] == '!';
}

char *spot_copy(int fd, char *buf)
{
	_Atomic(char *) *s = spot(fd, false);
	const char *name = s ? atomic_load_explicit(s, memory_order_acquire) : NULL;

	if (!name)
		return NULL;
	size_t len = strnlen(name + 1, PATH_MAX - 1);
	memcpy(buf, name + 1, len);
	buf[len] = '\0';
	return buf;
}

void spot_dup(int from, int to)
{
	char buf[PATH_MAX];

	spot_set(to, spot_copy(from, buf));
}

void fds_fork_prepare(void)
{
	ns_fork_prepare();
	pthread_mutex_lock(&spots_lock);
}

void fds_fork_done(void)
{
	pthread_mutex_unlock(&spots_lock);
	ns_fork_done();
}

/* ---- letting go ---- */

void fd_forget(int fd)
{
	if (hidden(fd))
		return;
	spot_set(fd, NULL);
	wasi_ctx_forget(shim.ctx, (wasi_fd_t)fd);
}

int fd_close(int fd)
{
	if (hidden(fd))
		return fail_with(EBADF);
	spot_set(fd, NULL);
	wasi_errno_t e = wasi_fd_close(shim.ctx, (wasi_fd_t)fd);
	return e ? fail(e) : 0;
}
