/* The rows of native.def. */
#include "core_test.h"

#include <sys/sysmacros.h>

SUITE(path_host);
SUITE(fd_host);
SUITE(path_create_directory_mode);
SUITE(path_create_node);
SUITE(path_stat);
SUITE(fd_stat);
SUITE(path_access);
SUITE(path_statfs);
SUITE(fd_statfs);
SUITE(path_chmod);
SUITE(fd_chmod);
SUITE(path_chown);
SUITE(fd_chown);
SUITE(path_rename_flags);
SUITE(fd_copy_range);

#define FOLLOW WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

static unsigned mode_of(const char *path)
{
	struct stat st;

	cr_assert(fstatat(w.root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0);
	return st.st_mode & 07777;
}

static wasi_fd_t read_only(void)
{
	return add_preopen(".", wasi_rights_readonly(wasi_rights_preopen_base()),
			   wasi_rights_readonly(wasi_rights_preopen_inheriting()));
}

Test(path_host, hands_out_a_descriptor_of_its_own)
{
	struct stat a, b;
	int fd;

	make_dir("d");
	make_file("d/f", "");
	make_link("d/f", "l");
	for (const char *const *path = (const char *const[]){"d/f", "l", NULL}; *path; path++) {
		OK(wasi_path_host(w.ctx, w.dir, FOLLOW, S(*path), &fd));
		cr_assert(fstat(fd, &a) == 0 && fstatat(w.root_fd, "d/f", &b, 0) == 0 && a.st_ino == b.st_ino);
		cr_assert(fcntl(fd, F_GETFL) & O_PATH && fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
	OK(wasi_path_host(w.ctx, w.dir, 0, S("."), &fd));
	OK(wasi_path_host(w.ctx, w.dir, 0, S("l"), &fd));
	cr_assert(fstat(fd, &a) == 0 && S_ISLNK(a.st_mode));
	FAILS(NOTCAPABLE, wasi_path_host(w.ctx, w.dir, FOLLOW, S("../x"), &fd));
	FAILS(NOTCAPABLE, wasi_path_host(w.ctx, w.dir, FOLLOW, S("/etc"), &fd));
	FAILS(NOENT, wasi_path_host(w.ctx, w.dir, FOLLOW, S("x"), &fd));
	FAILS(BADF, wasi_path_host(w.ctx, NO_FD, FOLLOW, S("x"), &fd));
}

Test(fd_host, asks_for_the_rights)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_R);
	int host;

	OK(wasi_fd_host(w.ctx, fd, WASI_RIGHTS_FD_READ, &host));
	cr_assert(fcntl(host, F_GETFD) >= 0);
	FAILS(NOTCAPABLE, wasi_fd_host(w.ctx, fd, WASI_RIGHTS_FD_WRITE, &host));
	FAILS(BADF, wasi_fd_host(w.ctx, NO_FD, 0, &host));
}

Test(path_create_directory_mode, obeys_mode_and_umask)
{
	umask(022);
	OK(wasi_path_create_directory_mode(w.ctx, w.dir, S("d"), 0777));
	cr_assert_eq(mode_of("d"), 0755);
	FAILS(NOTCAPABLE, wasi_path_create_directory_mode(w.ctx, read_only(), S("e"), 0777));
	FAILS(NOTCAPABLE, wasi_path_create_directory_mode(w.ctx, w.dir, S("../e"), 0777));
	FAILS(BADF, wasi_path_create_directory_mode(w.ctx, NO_FD, S("e"), 0777));
}

Test(path_create_node, fifos_but_no_devices)
{
	OK(wasi_path_create_node(w.ctx, w.dir, S("p"), S_IFIFO | 0600, 0));
	OK(wasi_path_create_node(w.ctx, w.dir, S("f"), S_IFREG | 0600, 0));
	cr_assert(exists("p") && exists("f"));
	FAILS(PERM, wasi_path_create_node(w.ctx, w.dir, S("null"), S_IFCHR | 0666, makedev(1, 3)));
	FAILS(PERM, wasi_path_create_node(w.ctx, w.dir, S("blk"), S_IFBLK | 0666, makedev(8, 0)));
	FAILS(NOTCAPABLE, wasi_path_create_node(w.ctx, read_only(), S("q"), S_IFIFO | 0600, 0));
	FAILS(NOTCAPABLE, wasi_path_create_node(w.ctx, w.dir, S("../q"), S_IFIFO | 0600, 0));
	FAILS(BADF, wasi_path_create_node(w.ctx, NO_FD, S("q"), S_IFIFO | 0600, 0));
	cr_assert(!exists("null") && !exists("blk") && !exists("q"));
}

Test(path_stat, the_whole_native_answer)
{
	struct statx st, before;

	make_file("f", "hello");
	make_link("f", "l");
	make_link("../out", "out");
	OK(wasi_path_stat(w.ctx, w.dir, FOLLOW, S("l"), STATX_BASIC_STATS, &st));
	cr_assert(S_ISREG(st.stx_mode) && st.stx_size == 5 && st.stx_uid == getuid());
	OK(wasi_path_stat(w.ctx, w.dir, 0, S("l"), STATX_BASIC_STATS, &st));
	cr_assert(S_ISLNK(st.stx_mode));
	before = st;
	FAILS(NOTCAPABLE, wasi_path_stat(w.ctx, w.dir, FOLLOW, S("out"), STATX_BASIC_STATS, &st));
	cr_assert(memcmp(&before, &st, sizeof(st)) == 0);
	FAILS(NOENT, wasi_path_stat(w.ctx, w.dir, 0, S("x"), STATX_BASIC_STATS, &st));
	FAILS(BADF, wasi_path_stat(w.ctx, NO_FD, 0, S("x"), STATX_BASIC_STATS, &st));
}

Test(fd_stat, the_whole_native_answer)
{
	struct statx st;

	make_file("f", "hello");
	OK(wasi_fd_stat(w.ctx, open_file("f", 0, RIGHTS_R), STATX_BASIC_STATS, &st));
	cr_assert(st.stx_size == 5 && (st.stx_mode & 07777) == mode_of("f"));
	FAILS(NOTCAPABLE, wasi_fd_stat(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_READ), STATX_BASIC_STATS, &st));
	FAILS(BADF, wasi_fd_stat(w.ctx, NO_FD, STATX_BASIC_STATS, &st));
}

Test(path_access, the_host_and_then_the_rights)
{
	make_file("f", "");
	make_link("f", "l");
	make_link("gone", "dangling");
	OK(wasi_path_access(w.ctx, w.dir, FOLLOW, S("l"), R_OK | W_OK, 0));
	OK(wasi_path_access(w.ctx, w.dir, 0, S("f"), F_OK, AT_EACCESS));
	FAILS(ACCES, wasi_path_access(w.ctx, w.dir, FOLLOW, S("f"), X_OK, 0));
	FAILS(NOENT, wasi_path_access(w.ctx, w.dir, FOLLOW, S("dangling"), F_OK, 0));
	FAILS(INVAL, wasi_path_access(w.ctx, w.dir, FOLLOW, S("f"), 8, 0));
	FAILS(INVAL, wasi_path_access(w.ctx, w.dir, FOLLOW, S("f"), 0, 1));
	FAILS(NOTCAPABLE, wasi_path_access(w.ctx, w.dir, FOLLOW, S("../x"), 0, 0));
	FAILS(ACCES, wasi_path_access(w.ctx, read_only(), FOLLOW, S("f"), W_OK, 0));
	OK(wasi_path_access(w.ctx, read_only(), FOLLOW, S("f"), R_OK, 0));
	FAILS(NOENT, wasi_path_access(w.ctx, read_only(), FOLLOW, S("x"), W_OK, 0));
	FAILS(BADF, wasi_path_access(w.ctx, NO_FD, FOLLOW, S("f"), 0, 0));
}

Test(path_statfs, of_a_path)
{
	struct statfs st = {0};

	make_file("f", "");
	OK(wasi_path_statfs(w.ctx, w.dir, S("f"), &st));
	cr_assert_neq(st.f_bsize, 0);
	FAILS(NOENT, wasi_path_statfs(w.ctx, w.dir, S("x"), &st));
	FAILS(NOTCAPABLE, wasi_path_statfs(w.ctx, w.dir, S(".."), &st));
	FAILS(BADF, wasi_path_statfs(w.ctx, NO_FD, S("f"), &st));
}

Test(fd_statfs, of_a_descriptor)
{
	struct statfs st = {0};

	OK(wasi_fd_statfs(w.ctx, w.dir, &st));
	cr_assert_neq(st.f_bsize, 0);
	FAILS(NOTCAPABLE, wasi_fd_statfs(w.ctx, open_file("f", WASI_OFLAGS_CREAT, WASI_RIGHTS_FD_READ), &st));
	FAILS(BADF, wasi_fd_statfs(w.ctx, NO_FD, &st));
}

static long no_chmod(int dir, const char *path, unsigned mode, int flags)
{
	(void)dir, (void)path, (void)mode, (void)flags;
	return -ENOSYS;
}

static void check_chmod(void)
{
	OK(wasi_path_chmod(w.ctx, w.dir, FOLLOW, S("l"), 0600));
	cr_assert_eq(mode_of("d/f"), 0600);
	OK(wasi_path_chmod(w.ctx, w.dir, 0, S("d/f"), 0640));
	cr_assert_eq(mode_of("d/f"), 0640);
	OK(wasi_path_chmod(w.ctx, w.dir, FOLLOW, S("d"), 0700));
	cr_assert_eq(mode_of("d"), 0700);
	FAILS(NOTSUP, wasi_path_chmod(w.ctx, w.dir, 0, S("l"), 0600));
	FAILS(NOTCAPABLE, wasi_path_chmod(w.ctx, w.dir, FOLLOW, S("out"), 0600));
	FAILS(NOTCAPABLE, wasi_path_chmod(w.ctx, read_only(), FOLLOW, S("d/f"), 0777));
	FAILS(NOENT, wasi_path_chmod(w.ctx, w.dir, FOLLOW, S("x"), 0777));
	FAILS(BADF, wasi_path_chmod(w.ctx, NO_FD, FOLLOW, S("d"), 0777));
}

Test(path_chmod, on_new_and_old_kernels)
{
	make_dir("d");
	make_file("d/f", "");
	make_link("d/f", "l");
	make_link("/etc/passwd", "out");
	check_chmod();
	fake_host(NULL)->fchmodat2 = no_chmod;
	check_chmod();
}

Test(fd_chmod, files_and_directories)
{
	wasi_fd_t path_only;

	make_dir("d");
	OK(wasi_fd_chmod(w.ctx, open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW), 0604));
	cr_assert_eq(mode_of("f"), 0604);
	OK(wasi_fd_chmod(w.ctx, open_dir("d"), 0711));
	cr_assert_eq(mode_of("d"), 0711);
	OK(wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, openat(w.root_fd, "d", O_PATH), "/p", wasi_rights_preopen_base(),
				0, &path_only));
	OK(wasi_fd_chmod(w.ctx, path_only, 0701));
	cr_assert_eq(mode_of("d"), 0701);
	FAILS(NOTCAPABLE, wasi_fd_chmod(w.ctx, open_file("f", 0, RIGHTS_R), 0600));
	FAILS(BADF, wasi_fd_chmod(w.ctx, NO_FD, 0600));
}

Test(path_chown, keeping_is_allowed)
{
	make_file("f", "");
	make_link("/etc/passwd", "out");
	OK(wasi_path_chown(w.ctx, w.dir, FOLLOW, S("f"), UINT32_MAX, UINT32_MAX));
	OK(wasi_path_chown(w.ctx, w.dir, 0, S("out"), getuid(), getgid()));
	FAILS(NOTCAPABLE, wasi_path_chown(w.ctx, w.dir, FOLLOW, S("out"), getuid(), getgid()));
	FAILS(NOTCAPABLE, wasi_path_chown(w.ctx, read_only(), FOLLOW, S("f"), getuid(), getgid()));
	FAILS(BADF, wasi_path_chown(w.ctx, NO_FD, FOLLOW, S("f"), getuid(), getgid()));
}

Test(fd_chown, keeping_is_allowed)
{
	OK(wasi_fd_chown(w.ctx, open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW), getuid(), UINT32_MAX));
	OK(wasi_fd_chown(w.ctx, w.dir, UINT32_MAX, getgid()));
	FAILS(NOTCAPABLE, wasi_fd_chown(w.ctx, open_file("f", 0, RIGHTS_R), getuid(), getgid()));
	FAILS(BADF, wasi_fd_chown(w.ctx, NO_FD, getuid(), getgid()));
}

Test(path_rename_flags, exchange_and_no_replace)
{
	make_file("a", "a");
	make_file("b", "b");
	OK(wasi_path_rename_flags(w.ctx, w.dir, S("a"), w.dir, S("b"), RENAME_EXCHANGE));
	cr_assert_str_eq(contents_of("a"), "b");
	FAILS(EXIST, wasi_path_rename_flags(w.ctx, w.dir, S("a"), w.dir, S("b"), RENAME_NOREPLACE));
	FAILS(INVAL, wasi_path_rename_flags(w.ctx, w.dir, S("a"), w.dir, S("c"), RENAME_WHITEOUT));
	FAILS(NOTCAPABLE, wasi_path_rename_flags(w.ctx, w.dir, S("../a"), w.dir, S("c"), 0));
	/* an exchange takes from the target as well */
	FAILS(NOTCAPABLE,
	      wasi_path_rename_flags(
		      w.ctx, w.dir, S("a"),
		      add_preopen(".", wasi_rights_preopen_base() & ~(wasi_rights_t)WASI_RIGHTS_PATH_RENAME_SOURCE,
				  wasi_rights_preopen_inheriting()),
		      S("b"), RENAME_EXCHANGE));
	FAILS(BADF, wasi_path_rename_flags(w.ctx, NO_FD, S("a"), w.dir, S("c"), 0));
}

Test(fd_copy_range, copies_and_checks_both_sides)
{
	wasi_fd_t in, out;
	wasi_filesize_t n;
	int64_t from = 1, to = 2;

	make_file("in", "hello");
	in = open_file("in", 0, RIGHTS_R);
	out = open_file("out", WASI_OFLAGS_CREAT, RIGHTS_RW);
	OK(wasi_fd_copy_range(w.ctx, in, NULL, out, NULL, 5, &n));
	cr_assert_eq(n, 5);
	OK(wasi_fd_copy_range(w.ctx, in, &from, out, &to, 2, &n));
	cr_assert(n == 2 && from == 3 && to == 4);
	cr_assert_str_eq(contents_of("out"), "heelo");
	FAILS(NOTCAPABLE, wasi_fd_copy_range(w.ctx, in, NULL, in, NULL, 1, &n));
	FAILS(NOTCAPABLE, wasi_fd_copy_range(w.ctx, open_file("in", 0, WASI_RIGHTS_FD_READ), &from, out, NULL, 1, &n));
	FAILS(ISDIR, wasi_fd_copy_range(w.ctx, w.dir, NULL, out, NULL, 1, &n));
	FAILS(BADF, wasi_fd_copy_range(w.ctx, in, NULL, NO_FD, NULL, 1, &n));
}
