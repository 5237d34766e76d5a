/* Extended attributes: the rows of native.def for them, by the kernel's new calls and by the old ones. */
#include "core_test.h"

#include <sys/xattr.h>

SUITE(path_getxattr);
SUITE(path_setxattr);
SUITE(path_listxattr);
SUITE(path_removexattr);
SUITE(fd_getxattr);
SUITE(fd_setxattr);
SUITE(fd_listxattr);
SUITE(fd_removexattr);

#define FOLLOW WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

static long no_getxattrat(int dir, const char *path, int flags, const char *name, struct wasi_xattr_args *value, size_t size)
{
	(void)dir, (void)path, (void)flags, (void)name, (void)value, (void)size;
	return -ENOSYS;
}

static long no_setxattrat(int dir, const char *path, int flags, const char *name, const struct wasi_xattr_args *value,
			  size_t size)
{
	(void)dir, (void)path, (void)flags, (void)name, (void)value, (void)size;
	return -ENOSYS;
}

static long no_listxattrat(int dir, const char *path, int flags, void *list, size_t len)
{
	(void)dir, (void)path, (void)flags, (void)list, (void)len;
	return -ENOSYS;
}

static long no_removexattrat(int dir, const char *path, int flags, const char *name)
{
	(void)dir, (void)path, (void)flags, (void)name;
	return -ENOSYS;
}

/* A kernel before 6.13. */
static void old_kernel(void)
{
	struct wasi_host *host = fake_host(NULL);

	host->getxattrat = no_getxattrat;
	host->setxattrat = no_setxattrat;
	host->listxattrat = no_listxattrat;
	host->removexattrat = no_removexattrat;
}

static const char *on_host(const char *path, const char *name)
{
	static char value[64];
	int fd = openat(w.root_fd, path, O_RDONLY);
	ssize_t n = fgetxattr(fd, name, value, sizeof(value) - 1);

	close(fd);
	value[n < 0 ? 0 : n] = '\0';
	return n < 0 ? NULL : value;
}

/* f with user.a = "one", d/g, and links to both; skips where the file system has no attributes. */
static void make_attributes(void)
{
	int fd;

	make_file("f", "");
	make_dir("d");
	make_file("d/g", "");
	make_link("f", "l");
	make_link("d", "ld");
	make_link("../outside", "out");
	fd = openat(w.root_fd, "f", O_RDONLY);
	if (fsetxattr(fd, "user.a", "one", 3, 0))
		cr_skip_test("/tmp keeps no extended attributes: %s", strerror(errno));
	close(fd);
}

static wasi_fd_t without(wasi_rights_t drop)
{
	return add_preopen(".", wasi_rights_preopen_base() & ~drop, wasi_rights_preopen_inheriting() & ~drop);
}

static void reads(void)
{
	char value[64] = "";
	wasi_size_t size = 99;

	OK(wasi_path_getxattr(w.ctx, w.dir, FOLLOW, S("f"), S("user.a"), value, sizeof(value), &size));
	cr_assert(size == 3 && memcmp(value, "one", 3) == 0);
	OK(wasi_path_getxattr(w.ctx, w.dir, FOLLOW, S("d/../l"), S("user.a"), NULL, 0, &size));
	cr_assert_eq(size, 3);
	FAILS(RANGE, wasi_path_getxattr(w.ctx, w.dir, FOLLOW, S("f"), S("user.a"), value, 2, &size));
	FAILS(NOMSG, wasi_path_getxattr(w.ctx, w.dir, FOLLOW, S("f"), S("user.b"), value, 9, &size));
	FAILS(NOMSG, wasi_path_getxattr(w.ctx, w.dir, 0, S("d/"), S("user.b"), value, 9, &size));
	FAILS(NOMSG, wasi_path_getxattr(w.ctx, w.dir, 0, S("."), S("user.b"), value, 9, &size));
	FAILS(RANGE, wasi_path_getxattr(w.ctx, w.dir, 0, S("f"), S(""), value, 9, &size));
	FAILS(INVAL, wasi_path_getxattr(w.ctx, w.dir, 0, S("f"), "user.\0", 6, value, 9, &size));
	FAILS(NOENT, wasi_path_getxattr(w.ctx, w.dir, 0, S("x"), S("user.a"), value, 9, &size));
	FAILS(NOTDIR, wasi_path_getxattr(w.ctx, w.dir, 0, S("f/"), S("user.a"), value, 9, &size));
	FAILS(NOTCAPABLE, wasi_path_getxattr(w.ctx, w.dir, FOLLOW, S("out"), S("user.a"), value, 9, &size));
	FAILS(NOTCAPABLE, wasi_path_getxattr(w.ctx, w.dir, 0, S("out/"), S("user.a"), value, 9, &size));
	FAILS(NOTCAPABLE, wasi_path_getxattr(w.ctx, w.dir, 0, S("../x"), S("user.a"), value, 9, &size));
	FAILS(BADF, wasi_path_getxattr(w.ctx, NO_FD, 0, S("f"), S("user.a"), value, 9, &size));
	FAILS(NOTCAPABLE, wasi_path_getxattr(w.ctx, without(WASI_RIGHTS_PATH_FILESTAT_GET), 0, S("f"), S("user.a"), value, 9,
					     &size));
	cr_assert_eq(size, 3);
}

Test(path_getxattr, by_name)
{
	make_attributes();
	reads();
}

Test(path_getxattr, by_name_on_an_old_kernel)
{
	make_attributes();
	old_kernel();
	reads();
}

/* Where an attribute cannot be, and where an old kernel would have to open something. */
Test(path_getxattr, of_links_and_fifos)
{
	wasi_size_t size;
	char value[8];

	make_attributes();
	cr_assert(mkfifoat(w.root_fd, "p", 0600) == 0);
	cr_assert_neq(wasi_path_getxattr(w.ctx, w.dir, 0, S("l"), S("user.a"), value, 8, &size), WASI_ERRNO_SUCCESS);
	old_kernel();
	FAILS(NOTSUP, wasi_path_getxattr(w.ctx, w.dir, 0, S("l"), S("user.a"), value, 8, &size));
	FAILS(NOTSUP, wasi_path_getxattr(w.ctx, w.dir, 0, S("p"), S("user.a"), value, 8, &size));
}

static void writes(void)
{
	wasi_fd_t reader = add_preopen(".", wasi_rights_readonly(wasi_rights_preopen_base()),
				       wasi_rights_readonly(wasi_rights_preopen_inheriting()));

	OK(wasi_path_setxattr(w.ctx, w.dir, FOLLOW, S("l"), S("user.a"), S("two"), 0));
	cr_assert_str_eq(on_host("f", "user.a"), "two");
	OK(wasi_path_setxattr(w.ctx, w.dir, 0, S("ld/g"), S("user.b"), S(""), XATTR_CREATE));
	cr_assert_str_eq(on_host("d/g", "user.b"), "");
	OK(wasi_path_setxattr(w.ctx, w.dir, 0, S("d/"), S("user.dir"), S("d"), 0));
	cr_assert_str_eq(on_host("d", "user.dir"), "d");
	FAILS(EXIST, wasi_path_setxattr(w.ctx, w.dir, 0, S("f"), S("user.a"), S("x"), XATTR_CREATE));
	FAILS(NOMSG, wasi_path_setxattr(w.ctx, w.dir, 0, S("f"), S("user.c"), S("x"), XATTR_REPLACE));
	FAILS(INVAL, wasi_path_setxattr(w.ctx, w.dir, 0, S("f"), S("user.c"), S("x"), 8));
	FAILS(PERM, wasi_path_setxattr(w.ctx, w.dir, 0, S("f"), S("trusted.a"), S("x"), 0));
	FAILS(PERM, wasi_path_setxattr(w.ctx, w.dir, 0, S("f"), S("security.capability"), S("x"), 0));
	FAILS(NOTCAPABLE, wasi_path_setxattr(w.ctx, reader, 0, S("f"), S("user.a"), S("x"), 0));
	FAILS(NOTCAPABLE, wasi_path_setxattr(w.ctx, w.dir, FOLLOW, S("out"), S("user.a"), S("x"), 0));
	FAILS(NOTCAPABLE, wasi_path_setxattr(w.ctx, w.dir, 0, S("../x"), S("user.a"), S("x"), 0));
	FAILS(BADF, wasi_path_setxattr(w.ctx, NO_FD, 0, S("f"), S("user.a"), S("x"), 0));
	cr_assert_str_eq(on_host("f", "user.a"), "two");

	OK(wasi_path_removexattr(w.ctx, w.dir, 0, S("d/g"), S("user.b")));
	FAILS(NOMSG, wasi_path_removexattr(w.ctx, w.dir, 0, S("d/g"), S("user.b")));
	FAILS(PERM, wasi_path_removexattr(w.ctx, w.dir, 0, S("f"), S("security.capability")));
	FAILS(NOTCAPABLE, wasi_path_removexattr(w.ctx, reader, 0, S("f"), S("user.a")));
	FAILS(NOTCAPABLE, wasi_path_removexattr(w.ctx, w.dir, 0, S("../x"), S("user.a")));
	FAILS(BADF, wasi_path_removexattr(w.ctx, NO_FD, 0, S("f"), S("user.a")));
	cr_assert(!on_host("d/g", "user.b") && on_host("f", "user.a"));
}

Test(path_setxattr, by_name)
{
	make_attributes();
	writes();
}

Test(path_removexattr, by_name_on_an_old_kernel)
{
	make_attributes();
	old_kernel();
	writes();
}

static void lists(void)
{
	char list[256];
	wasi_size_t size = 0, needed = 0;

	OK(wasi_path_listxattr(w.ctx, w.dir, FOLLOW, S("l"), list, sizeof(list), &size));
	cr_assert(memmem(list, size, "user.a", 7));
	OK(wasi_path_listxattr(w.ctx, w.dir, 0, S("f"), NULL, 0, &needed));
	cr_assert_eq(needed, size);
	FAILS(RANGE, wasi_path_listxattr(w.ctx, w.dir, 0, S("f"), list, 3, &size));
	FAILS(NOENT, wasi_path_listxattr(w.ctx, w.dir, 0, S("x"), list, 3, &size));
	FAILS(NOTCAPABLE, wasi_path_listxattr(w.ctx, w.dir, FOLLOW, S("out"), list, 3, &size));
	FAILS(NOTCAPABLE, wasi_path_listxattr(w.ctx, without(WASI_RIGHTS_PATH_FILESTAT_GET), 0, S("f"), list, 3, &size));
	FAILS(BADF, wasi_path_listxattr(w.ctx, NO_FD, 0, S("f"), list, 3, &size));
}

Test(path_listxattr, by_name)
{
	make_attributes();
	lists();
	old_kernel();
	lists();
}

#define RIGHTS_STAT (WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_FILESTAT_GET)

Test(fd_getxattr, asks_for_the_right)
{
	wasi_size_t size = 0;
	char value[8];

	make_attributes();
	OK(wasi_fd_getxattr(w.ctx, open_file("f", 0, RIGHTS_STAT), S("user.a"), value, 8, &size));
	cr_assert(size == 3 && memcmp(value, "one", 3) == 0);
	FAILS(NOMSG, wasi_fd_getxattr(w.ctx, open_file("f", 0, RIGHTS_STAT), S("user.b"), value, 8, &size));
	FAILS(NOMSG, wasi_fd_getxattr(w.ctx, w.dir, S("user.b"), value, 8, &size));
	FAILS(NOTCAPABLE, wasi_fd_getxattr(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_READ), S("user.a"), value, 8, &size));
	FAILS(BADF, wasi_fd_getxattr(w.ctx, NO_FD, S("user.a"), value, 8, &size));
}

Test(fd_listxattr, asks_for_the_right)
{
	wasi_size_t size = 0;
	char list[256];

	make_attributes();
	OK(wasi_fd_listxattr(w.ctx, open_file("f", 0, RIGHTS_STAT), list, sizeof(list), &size));
	cr_assert(memmem(list, size, "user.a", 7));
	FAILS(NOTCAPABLE, wasi_fd_listxattr(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_READ), list, sizeof(list), &size));
	FAILS(BADF, wasi_fd_listxattr(w.ctx, NO_FD, list, sizeof(list), &size));
}

Test(fd_setxattr, asks_for_the_right)
{
	wasi_fd_t fd, reader;

	make_attributes();
	fd = open_file("f", 0, WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_FILESTAT_SET_TIMES);
	reader = open_file("f", 0, RIGHTS_STAT);
	OK(wasi_fd_setxattr(w.ctx, fd, S("user.a"), S("two"), 0));
	cr_assert_str_eq(on_host("f", "user.a"), "two");
	FAILS(EXIST, wasi_fd_setxattr(w.ctx, fd, S("user.a"), S("x"), XATTR_CREATE));
	FAILS(PERM, wasi_fd_setxattr(w.ctx, fd, S("security.selinux"), S("x"), 0));
	FAILS(NOTCAPABLE, wasi_fd_setxattr(w.ctx, reader, S("user.a"), S("x"), 0));
	FAILS(BADF, wasi_fd_setxattr(w.ctx, NO_FD, S("user.a"), S("x"), 0));
}

Test(fd_removexattr, asks_for_the_right)
{
	make_attributes();
	FAILS(NOTCAPABLE, wasi_fd_removexattr(w.ctx, open_file("f", 0, RIGHTS_STAT), S("user.a")));
	cr_assert(on_host("f", "user.a"));
	OK(wasi_fd_removexattr(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_FILESTAT_SET_TIMES | WASI_RIGHTS_FD_READ), S("user.a")));
	cr_assert(!on_host("f", "user.a"));
	FAILS(BADF, wasi_fd_removexattr(w.ctx, NO_FD, S("user.a")));
	FAILS(PERM, wasi_fd_removexattr(w.ctx, open_file("f", 0, RIGHTS_RW), S("trusted.a")));
}
