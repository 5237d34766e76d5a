#include "core_test.h"

#include <ftw.h>

struct world w;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void fill_world(void)
{
	int fd = openat(w.root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	OK(wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, fd, "/", wasi_rights_preopen_base(),
				wasi_rights_preopen_inheriting(), &w.dir));
}

void setup_world(void)
{
	strcpy(w.root, "/tmp/wasi-core-test-XXXXXX");
	cr_assert_not_null(mkdtemp(w.root));
	w.root_fd = open(w.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OK(wasi_ctx_new(NULL, &w.ctx));
	fill_world();
}

void teardown_world(void)
{
	wasi_ctx_free(w.ctx);
	close(w.root_fd);
	nftw(w.root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void remake_world(const struct wasi_ctx_config *config)
{
	wasi_ctx_free(w.ctx);
	OK(wasi_ctx_new(config, &w.ctx));
	fill_world();
}

struct wasi_host *fake_host(const struct wasi_ctx_config *config)
{
	static struct wasi_host host;
	struct wasi_ctx_config with = config ? *config : (struct wasi_ctx_config){.return_eintr = false};

	host = *wasi_host_linux();
	with.host = &host;
	remake_world(&with);
	return &host;
}

wasi_fd_t add_preopen(const char *beneath, wasi_rights_t base, wasi_rights_t inheriting)
{
	int fd = openat(w.root_fd, beneath, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	wasi_fd_t ret;

	cr_assert(fd >= 0);
	OK(wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, fd, "/other", base, inheriting, &ret));
	return ret;
}

void make_file(const char *path, const char *contents)
{
	int fd = openat(w.root_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	cr_assert(fd >= 0 && write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents));
	close(fd);
}

void make_dir(const char *path)
{
	cr_assert(mkdirat(w.root_fd, path, 0755) == 0);
}

void make_link(const char *contents, const char *path)
{
	cr_assert(symlinkat(contents, w.root_fd, path) == 0);
}

const char *contents_of(const char *path)
{
	static char text[4096];
	int fd = openat(w.root_fd, path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	cr_assert(n >= 0, "%s: %s", path, strerror(errno));
	text[n] = '\0';
	close(fd);
	return text;
}

bool exists(const char *path)
{
	struct stat st;

	return fstatat(w.root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

wasi_errno_t try_open(wasi_fd_t dir, const char *path, wasi_oflags_t oflags, wasi_rights_t base, wasi_fd_t *ret)
{
	return wasi_path_open(w.ctx, dir, WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, strlen(path), oflags, base, 0, 0, ret);
}

wasi_fd_t open_file(const char *path, wasi_oflags_t oflags, wasi_rights_t base)
{
	wasi_fd_t fd;

	OK(try_open(w.dir, path, oflags, base, &fd));
	return fd;
}

wasi_fd_t open_dir(const char *path)
{
	wasi_fd_t fd;

	OK(wasi_path_open(w.ctx, w.dir, 0, path, strlen(path), WASI_OFLAGS_DIRECTORY, wasi_rights_preopen_base(),
			  wasi_rights_preopen_inheriting(), 0, &fd));
	return fd;
}

wasi_fd_t pipe_end(int which, wasi_rights_t base, int *other)
{
	wasi_fd_t fd;
	int ends[2];

	cr_assert(pipe2(ends, O_CLOEXEC) == 0);
	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, ends[which], base, 0, true, &fd));
	*other = ends[!which];
	return fd;
}

wasi_fd_t socket_end(int *other)
{
	wasi_fd_t fd;
	int ends[2];

	cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, ends[0], WASI_RIGHTS_ALL, 0, true, &fd));
	*other = ends[1];
	return fd;
}

wasi_size_t write_text(wasi_fd_t fd, const char *text)
{
	wasi_size_t n;

	OK(wasi_fd_write(w.ctx, fd, OUT(text, strlen(text)), &n));
	return n;
}
