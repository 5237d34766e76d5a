/* A whole embedder: grants a directory, writes and reads a file in it, and is refused what lies outside. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "native.h"

static void must(const char *what, wasi_errno_t error, wasi_errno_t expected)
{
	if (error == expected)
		return;
	fprintf(stderr, "%s: %s\n", what, wasi_errno_text(error));
	exit(1);
}

int main(void)
{
	char root[] = "/tmp/wasi-core-embed-XXXXXX", buf[8];
	struct wasi_host host = *wasi_host_linux();
	struct wasi_ctx_config config = {.host = &host};
	wasi_rights_t rights = WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_SEEK;
	wasi_fd_t dir, fd;
	wasi_size_t n;
	wasi_ctx_t *ctx;

	if (!mkdtemp(root))
		return 1;
	must("context", wasi_ctx_new(&config, &ctx), WASI_ERRNO_SUCCESS);
	must("preopen",
	     wasi_ctx_add_preopen(ctx, WASI_FD_AUTO, open(root, O_PATH | O_DIRECTORY), "/", wasi_rights_preopen_base(),
				  wasi_rights_preopen_inheriting(), &dir),
	     WASI_ERRNO_SUCCESS);
	must("open", wasi_path_open(ctx, dir, 0, "f", 1, WASI_OFLAGS_CREAT, rights, 0, 0, &fd), WASI_ERRNO_SUCCESS);
	must("write", wasi_fd_write(ctx, fd, &(wasi_ciovec_t){"hello", 5}, 1, &n), WASI_ERRNO_SUCCESS);
	must("read", wasi_fd_pread(ctx, fd, &(wasi_iovec_t){buf, 8}, 1, 1, &n), WASI_ERRNO_SUCCESS);
	must("contents", n == 4 && memcmp(buf, "ello", 4) == 0 ? WASI_ERRNO_SUCCESS : WASI_ERRNO_IO,
	     WASI_ERRNO_SUCCESS);
	must("escape", wasi_path_open(ctx, dir, 0, "../f", 4, 0, rights, 0, 0, &fd), WASI_ERRNO_NOTCAPABLE);
	must("unlink", wasi_path_unlink_file(ctx, dir, "f", 1), WASI_ERRNO_SUCCESS);
	wasi_ctx_free(ctx);
	return rmdir(root) == 0 ? 0 : 1;
}
