/* What the tests of wasi-core share: a context with a preopen over a fresh directory, and short forms.
 *
 * Each suite is named after the row of wasi.def or native.def that it tests; the test "rows" proves that none is
 * missing. Criterion runs every test in a process of its own. */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "native.h"

/* A suite whose tests start with w made by setup_world. */
#define SUITE(name) TestSuite(name, .init = setup_world, .fini = teardown_world, .timeout = 300)

struct world {
	wasi_ctx_t *ctx;
	wasi_fd_t dir; /* the preopen, named "/" */
	char root[64]; /* its path on the host */
	int root_fd;   /* the test's own descriptor of it */
};
extern struct world w;

void setup_world(void);
void teardown_world(void);
/* The same directory behind a context of another configuration. */
void remake_world(const struct wasi_ctx_config *config);
/* Another preopen over the same tree, or over `beneath` in it. */
wasi_fd_t add_preopen(const char *beneath, wasi_rights_t base, wasi_rights_t inheriting);
/* A copy of the host table whose slots the test may change, behind w.ctx. */
struct wasi_host *fake_host(const struct wasi_ctx_config *config);

/* On the host. */
void make_file(const char *path, const char *contents);
void make_dir(const char *path);
void make_link(const char *contents, const char *path);
const char *contents_of(const char *path);
bool exists(const char *path);

/* Through the context. */
#define RIGHTS_R (WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL | WASI_RIGHTS_FD_FILESTAT_GET)
#define RIGHTS_RW (wasi_rights_preopen_inheriting())
wasi_errno_t try_open(wasi_fd_t dir, const char *path, wasi_oflags_t oflags, wasi_rights_t base, wasi_fd_t *ret);
wasi_fd_t open_file(const char *path, wasi_oflags_t oflags, wasi_rights_t base);
wasi_fd_t open_dir(const char *path);
wasi_fd_t pipe_end(int which, wasi_rights_t base, int *other);
wasi_fd_t socket_end(int *other);
wasi_size_t write_text(wasi_fd_t fd, const char *text);

/* A string as (bytes, length). */
#define S(text) (text), strlen(text)
/* One buffer as (list, count). */
#define IN(buffer, n) &(wasi_iovec_t){(buffer), (n)}, 1
#define OUT(buffer, n) &(wasi_ciovec_t){(buffer), (n)}, 1

#define FAILS(NAME, call)                                                                                              \
	do {                                                                                                           \
		wasi_errno_t got_ = (call);                                                                            \
		cr_assert(got_ == WASI_ERRNO_##NAME, "%s: %s instead of %s", #call, wasi_errno_name(got_),             \
			  wasi_errno_name(WASI_ERRNO_##NAME));                                                         \
	} while (0)
#define OK(call) FAILS(SUCCESS, call)

/* A descriptor that is not open. */
#define NO_FD 777u

#endif
