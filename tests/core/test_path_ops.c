/* The other path_* calls of preview1. */
#include "core_test.h"

SUITE(path_create_directory);
SUITE(path_filestat_get);
SUITE(path_filestat_set_times);
SUITE(path_link);
SUITE(path_link_fd);
SUITE(path_readlink);
SUITE(path_remove_directory);
SUITE(path_rename);
SUITE(path_symlink);
SUITE(path_unlink_file);

#define FOLLOW WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

/* Another view of the tree without `drop`, but of the same permission domain. */
static wasi_fd_t without(wasi_rights_t drop)
{
	return add_preopen(".", wasi_rights_preopen_base() & ~drop, wasi_rights_preopen_inheriting());
}

Test(path_create_directory, forms_of_the_name)
{
	OK(wasi_path_create_directory(w.ctx, w.dir, S("a")));
	OK(wasi_path_create_directory(w.ctx, w.dir, S("b///")));
	OK(wasi_path_create_directory(w.ctx, w.dir, S("a/../a/./c")));
	cr_assert(exists("a") && exists("b") && exists("a/c"));
	FAILS(EXIST, wasi_path_create_directory(w.ctx, w.dir, S("a")));
	FAILS(EXIST, wasi_path_create_directory(w.ctx, w.dir, S(".")));
	FAILS(EXIST, wasi_path_create_directory(w.ctx, w.dir, S("a/..")));
	FAILS(NOENT, wasi_path_create_directory(w.ctx, w.dir, S("x/y")));
	FAILS(NOENT, wasi_path_create_directory(w.ctx, w.dir, S("")));
	FAILS(INVAL, wasi_path_create_directory(w.ctx, w.dir, "a\0b", 3));
	FAILS(NOTCAPABLE, wasi_path_create_directory(w.ctx, w.dir, S("..")));
	FAILS(NOTCAPABLE, wasi_path_create_directory(w.ctx, w.dir, S("../x")));
	FAILS(NOTCAPABLE, wasi_path_create_directory(w.ctx, w.dir, S("/x")));
	FAILS(NOTCAPABLE, wasi_path_create_directory(w.ctx, without(WASI_RIGHTS_PATH_CREATE_DIRECTORY), S("z")));
	FAILS(BADF, wasi_path_create_directory(w.ctx, NO_FD, S("z")));
	make_link("nowhere", "l");
	FAILS(EXIST, wasi_path_create_directory(w.ctx, w.dir, S("l")));
}

Test(path_filestat_get, follows_if_asked)
{
	wasi_filestat_t st;

	make_file("f", "hello");
	make_dir("d");
	make_link("f", "lf");
	make_link("d", "ld");
	OK(wasi_path_filestat_get(w.ctx, w.dir, FOLLOW, S("lf"), &st));
	cr_assert(st.filetype == WASI_FILETYPE_REGULAR_FILE && st.size == 5);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("lf"), &st));
	cr_assert(st.filetype == WASI_FILETYPE_SYMBOLIC_LINK && st.size == 1);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("ld/"), &st));
	cr_assert_eq(st.filetype, WASI_FILETYPE_DIRECTORY);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("."), &st));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("d/.."), &st));
	FAILS(NOTDIR, wasi_path_filestat_get(w.ctx, w.dir, 0, S("f/"), &st));
	FAILS(NOENT, wasi_path_filestat_get(w.ctx, w.dir, 0, S(""), &st));
	FAILS(NOENT, wasi_path_filestat_get(w.ctx, w.dir, 0, S("x/../f"), &st));
	FAILS(INVAL, wasi_path_filestat_get(w.ctx, w.dir, 2, S("f"), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 0, S(".."), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, FOLLOW, S(".."), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, without(WASI_RIGHTS_PATH_FILESTAT_GET), 0, S("f"), &st));
	FAILS(BADF, wasi_path_filestat_get(w.ctx, NO_FD, 0, S("f"), &st));
}

Test(path_filestat_set_times, the_link_or_its_target)
{
	wasi_filestat_t st;

	make_file("f", "");
	make_link("f", "l");
	OK(wasi_path_filestat_set_times(w.ctx, w.dir, FOLLOW, S("l"), 0, 1000000100, WASI_FSTFLAGS_MTIM));
	OK(wasi_path_filestat_set_times(w.ctx, w.dir, 0, S("l"), 0, 2000000200, WASI_FSTFLAGS_MTIM));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("f"), &st));
	cr_assert_eq(st.mtim, 1000000100);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("l"), &st));
	cr_assert_eq(st.mtim, 2000000200);
	OK(wasi_path_filestat_set_times(w.ctx, w.dir, FOLLOW, S("f"), 7, 7, 0));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("f"), &st));
	cr_assert_eq(st.mtim, 1000000100);
	FAILS(INVAL,
	      wasi_path_filestat_set_times(w.ctx, w.dir, 0, S("f"), 1, 1, WASI_FSTFLAGS_MTIM | WASI_FSTFLAGS_MTIM_NOW));
	FAILS(NOENT, wasi_path_filestat_set_times(w.ctx, w.dir, 0, S("x"), 1, 1, WASI_FSTFLAGS_MTIM));
	FAILS(NOTCAPABLE, wasi_path_filestat_set_times(w.ctx, w.dir, FOLLOW, S("../x"), 1, 1, WASI_FSTFLAGS_MTIM));
	FAILS(NOTCAPABLE, wasi_path_filestat_set_times(w.ctx, without(WASI_RIGHTS_PATH_FILESTAT_SET_TIMES), 0, S("f"),
						       1, 1, WASI_FSTFLAGS_MTIM));
	FAILS(BADF, wasi_path_filestat_set_times(w.ctx, NO_FD, 0, S("f"), 1, 1, 0));
}

Test(path_link, files_and_links)
{
	struct stat a, b;

	make_file("f", "x");
	make_link("nowhere", "dangling");
	make_link("f", "l");
	make_link("self", "self");
	OK(wasi_path_link(w.ctx, w.dir, 0, S("f"), w.dir, S("g")));
	cr_assert(fstatat(w.root_fd, "f", &a, 0) == 0 && fstatat(w.root_fd, "g", &b, 0) == 0 && a.st_ino == b.st_ino);
	OK(wasi_path_link(w.ctx, w.dir, 0, S("dangling"), w.dir, S("d2")));
	OK(wasi_path_link(w.ctx, w.dir, 0, S("self"), w.dir, S("s2")));
	OK(wasi_path_link(w.ctx, w.dir, FOLLOW, S("l"), w.dir, S("lf")));
	cr_assert(fstatat(w.root_fd, "lf", &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino);
	FAILS(NOENT, wasi_path_link(w.ctx, w.dir, FOLLOW, S("dangling"), w.dir, S("d3")));
	FAILS(LOOP, wasi_path_link(w.ctx, w.dir, FOLLOW, S("self"), w.dir, S("s3")));
}

Test(path_link, refuses)
{
	make_file("f", "x");
	make_dir("d");
	make_link("/etc/passwd", "out");
	FAILS(EXIST, wasi_path_link(w.ctx, w.dir, 0, S("f"), w.dir, S("f")));
	FAILS(PERM, wasi_path_link(w.ctx, w.dir, 0, S("d"), w.dir, S("d2")));
	FAILS(NOENT, wasi_path_link(w.ctx, w.dir, 0, S("f"), w.dir, S("new/")));
	FAILS(NOTDIR, wasi_path_link(w.ctx, w.dir, 0, S("f/"), w.dir, S("new")));
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, w.dir, FOLLOW, S("out"), w.dir, S("passwd")));
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, w.dir, 0, S("out/"), w.dir, S("passwd")));
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, w.dir, 0, S("../x"), w.dir, S("x")));
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, w.dir, 0, S("f"), w.dir, S("../x")));
	FAILS(INVAL, wasi_path_link(w.ctx, w.dir, 2, S("f"), w.dir, S("x")));
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, without(WASI_RIGHTS_PATH_LINK_SOURCE), 0, S("f"), w.dir, S("x")));
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, w.dir, 0, S("f"), without(WASI_RIGHTS_PATH_LINK_TARGET), S("x")));
	FAILS(BADF, wasi_path_link(w.ctx, w.dir, 0, S("f"), NO_FD, S("x")));
	FAILS(BADF, wasi_path_link(w.ctx, NO_FD, 0, S("f"), w.dir, S("x")));
	cr_assert(!exists("x") && !exists("passwd"));
}

/* A file that may only be read must not become writable by getting a name somewhere else. */
Test(path_link, not_between_directories_of_different_rights)
{
	wasi_fd_t narrow = add_preopen(".", wasi_rights_preopen_base(),
				       wasi_rights_preopen_inheriting() & ~(wasi_rights_t)WASI_RIGHTS_FD_WRITE);

	make_file("f", "x");
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, narrow, 0, S("f"), w.dir, S("g")));
	FAILS(NOTCAPABLE, wasi_path_rename(w.ctx, narrow, S("f"), w.dir, S("g")));
	OK(wasi_path_link(w.ctx, narrow, 0, S("f"), narrow, S("g")));
	OK(wasi_path_link(w.ctx, add_preopen(".", wasi_rights_preopen_base(), wasi_rights_preopen_inheriting()), 0,
			  S("f"), w.dir, S("h")));
}

Test(path_readlink, gives_what_fits)
{
	char buf[8] = "xxxxxxx";
	wasi_size_t n = 42;

	make_link("target", "l");
	make_link("/etc/passwd", "abs");
	OK(wasi_path_readlink(w.ctx, w.dir, S("l"), buf, 8, &n));
	cr_assert(n == 6 && memcmp(buf, "targetx", 7) == 0);
	OK(wasi_path_readlink(w.ctx, w.dir, S("l"), buf, 3, &n));
	cr_assert_eq(n, 3);
	OK(wasi_path_readlink(w.ctx, w.dir, S("l"), buf, 0, &n));
	cr_assert_eq(n, 0);
	OK(wasi_path_readlink(w.ctx, w.dir, S("abs"), buf, 8, &n));
	cr_assert(memcmp(buf, "/etc/pas", 8) == 0);
}

Test(path_readlink, refuses)
{
	char buf[8];
	wasi_size_t n;

	make_dir("d");
	make_link("d", "l");
	FAILS(INVAL, wasi_path_readlink(w.ctx, w.dir, S("d"), buf, 8, &n));
	FAILS(INVAL, wasi_path_readlink(w.ctx, w.dir, S("l/"), buf, 8, &n));
	FAILS(INVAL, wasi_path_readlink(w.ctx, w.dir, S("."), buf, 8, &n));
	FAILS(NOENT, wasi_path_readlink(w.ctx, w.dir, S("x"), buf, 8, &n));
	FAILS(NOTCAPABLE, wasi_path_readlink(w.ctx, w.dir, S("../x"), buf, 8, &n));
	FAILS(NOTCAPABLE, wasi_path_readlink(w.ctx, without(WASI_RIGHTS_PATH_READLINK), S("l"), buf, 8, &n));
	FAILS(BADF, wasi_path_readlink(w.ctx, NO_FD, S("l"), buf, 8, &n));
}

Test(path_remove_directory, empty_directories_only)
{
	make_dir("d");
	make_dir("e");
	make_dir("full");
	make_file("full/f", "");
	make_link("full", "l");
	OK(wasi_path_remove_directory(w.ctx, w.dir, S("d")));
	OK(wasi_path_remove_directory(w.ctx, w.dir, S("e///")));
	cr_assert(!exists("d") && !exists("e"));
	FAILS(NOTEMPTY, wasi_path_remove_directory(w.ctx, w.dir, S("full")));
	FAILS(NOTEMPTY, wasi_path_remove_directory(w.ctx, w.dir, S("full/..")));
	FAILS(NOTDIR, wasi_path_remove_directory(w.ctx, w.dir, S("full/f")));
	FAILS(NOTDIR, wasi_path_remove_directory(w.ctx, w.dir, S("l")));
	FAILS(NOTDIR, wasi_path_remove_directory(w.ctx, w.dir, S("l/")));
	FAILS(INVAL, wasi_path_remove_directory(w.ctx, w.dir, S(".")));
	FAILS(NOENT, wasi_path_remove_directory(w.ctx, w.dir, S("x")));
	FAILS(NOTCAPABLE, wasi_path_remove_directory(w.ctx, w.dir, S("..")));
	FAILS(NOTCAPABLE, wasi_path_remove_directory(w.ctx, without(WASI_RIGHTS_PATH_REMOVE_DIRECTORY), S("full")));
	FAILS(BADF, wasi_path_remove_directory(w.ctx, NO_FD, S("d")));
}

Test(path_rename, the_matrix)
{
	make_dir("d");
	make_dir("empty");
	make_dir("full");
	make_file("full/f", "");
	make_file("a", "a");
	make_file("b", "b");
	OK(wasi_path_rename(w.ctx, w.dir, S("d/"), w.dir, S("d2/")));
	OK(wasi_path_rename(w.ctx, w.dir, S("d2"), w.dir, S("empty")));
	FAILS(NOTEMPTY, wasi_path_rename(w.ctx, w.dir, S("empty"), w.dir, S("full")));
	FAILS(NOTDIR, wasi_path_rename(w.ctx, w.dir, S("empty"), w.dir, S("a")));
	OK(wasi_path_rename(w.ctx, w.dir, S("a"), w.dir, S("b")));
	cr_assert_str_eq(contents_of("b"), "a");
	FAILS(ISDIR, wasi_path_rename(w.ctx, w.dir, S("b"), w.dir, S("empty")));
	FAILS(NOTDIR, wasi_path_rename(w.ctx, w.dir, S("b/"), w.dir, S("c")));
	FAILS(NOTDIR, wasi_path_rename(w.ctx, w.dir, S("b"), w.dir, S("c/")));
	FAILS(INVAL, wasi_path_rename(w.ctx, w.dir, S("full"), w.dir, S("full/x")));
	FAILS(BUSY, wasi_path_rename(w.ctx, w.dir, S("."), w.dir, S("x")));
	FAILS(BUSY, wasi_path_rename(w.ctx, w.dir, S("full/.."), w.dir, S("x")));
	OK(wasi_path_rename(w.ctx, w.dir, S("b"), w.dir, S("b")));
	OK(wasi_path_rename(w.ctx, w.dir, S("b"), open_dir("full"), S("moved")));
	cr_assert(exists("full/moved"));
}

Test(path_rename, refuses)
{
	make_file("f", "");
	FAILS(NOENT, wasi_path_rename(w.ctx, w.dir, S("x"), w.dir, S("y")));
	FAILS(NOTCAPABLE, wasi_path_rename(w.ctx, w.dir, S("../f"), w.dir, S("y")));
	FAILS(NOTCAPABLE, wasi_path_rename(w.ctx, w.dir, S("f"), w.dir, S("../y")));
	FAILS(NOTCAPABLE, wasi_path_rename(w.ctx, w.dir, S("f"), w.dir, S("/y")));
	FAILS(NOTCAPABLE, wasi_path_rename(w.ctx, without(WASI_RIGHTS_PATH_RENAME_SOURCE), S("f"), w.dir, S("y")));
	FAILS(NOTCAPABLE, wasi_path_rename(w.ctx, w.dir, S("f"), without(WASI_RIGHTS_PATH_RENAME_TARGET), S("y")));
	FAILS(BADF, wasi_path_rename(w.ctx, NO_FD, S("f"), w.dir, S("y")));
	FAILS(BADF, wasi_path_rename(w.ctx, w.dir, S("f"), NO_FD, S("y")));
	cr_assert(exists("f"));
}

static long other_device(int dir, const char *path, int new_dir, const char *new_path, unsigned flags)
{
	(void)dir, (void)path, (void)new_dir, (void)new_path, (void)flags;
	return -EXDEV;
}

Test(path_rename, across_filesystems_is_xdev_not_an_escape)
{
	make_file("f", "");
	fake_host(NULL)->renameat2 = other_device;
	FAILS(XDEV, wasi_path_rename(w.ctx, w.dir, S("f"), w.dir, S("g")));
}

Test(path_symlink, contents_are_free_unless_absolute)
{
	char buf[20];
	wasi_size_t n;

	OK(wasi_path_symlink(w.ctx, S("../../anywhere"), w.dir, S("l")));
	OK(wasi_path_readlink(w.ctx, w.dir, S("l"), buf, 20, &n));
	cr_assert(n == 14 && memcmp(buf, "../../anywhere", 14) == 0);
	FAILS(NOTCAPABLE, wasi_path_symlink(w.ctx, S("/etc/passwd"), w.dir, S("abs")));
	FAILS(NOENT, wasi_path_symlink(w.ctx, S(""), w.dir, S("x")));
	FAILS(INVAL, wasi_path_symlink(w.ctx, "a\0b", 3, w.dir, S("x")));
	FAILS(EXIST, wasi_path_symlink(w.ctx, S("t"), w.dir, S("l")));
	FAILS(NOENT, wasi_path_symlink(w.ctx, S("t"), w.dir, S("new/")));
	make_file("f", "");
	FAILS(NOTDIR, wasi_path_symlink(w.ctx, S("t"), w.dir, S("f/")));
	make_dir("d");
	FAILS(EXIST, wasi_path_symlink(w.ctx, S("t"), w.dir, S("d/")));
	make_file("file", "");
	make_dir("dir");
	FAILS(NOTDIR, wasi_path_symlink(w.ctx, S("t"), w.dir, S("file/")));
	FAILS(EXIST, wasi_path_symlink(w.ctx, S("t"), w.dir, S("dir/")));
	FAILS(EXIST, wasi_path_symlink(w.ctx, S("t"), w.dir, S("l/")));
	FAILS(NOTCAPABLE, wasi_path_symlink(w.ctx, S("t"), w.dir, S("../x")));
	FAILS(NOTCAPABLE, wasi_path_symlink(w.ctx, S("t"), without(WASI_RIGHTS_PATH_SYMLINK), S("x")));
	FAILS(BADF, wasi_path_symlink(w.ctx, S("t"), NO_FD, S("x")));
	cr_assert(!exists("abs") && !exists("x"));
}

Test(path_unlink_file, files_and_links)
{
	make_file("f", "");
	make_dir("d");
	make_link("d", "l");
	make_link("f", "lf");
	FAILS(NOTDIR, wasi_path_unlink_file(w.ctx, w.dir, S("f/")));
	FAILS(NOTDIR, wasi_path_unlink_file(w.ctx, w.dir, S("l/")));
	FAILS(ISDIR, wasi_path_unlink_file(w.ctx, w.dir, S("d")));
	FAILS(ISDIR, wasi_path_unlink_file(w.ctx, w.dir, S("d/")));
	FAILS(ISDIR, wasi_path_unlink_file(w.ctx, w.dir, S(".")));
	FAILS(NOENT, wasi_path_unlink_file(w.ctx, w.dir, S("x")));
	FAILS(NOTCAPABLE, wasi_path_unlink_file(w.ctx, w.dir, S("../x")));
	FAILS(NOTCAPABLE, wasi_path_unlink_file(w.ctx, without(WASI_RIGHTS_PATH_UNLINK_FILE), S("f")));
	FAILS(BADF, wasi_path_unlink_file(w.ctx, NO_FD, S("f")));
	OK(wasi_path_unlink_file(w.ctx, w.dir, S("lf")));
	cr_assert(exists("f"));
	OK(wasi_path_unlink_file(w.ctx, w.dir, S("l")));
	cr_assert(exists("d"));
	OK(wasi_path_unlink_file(w.ctx, w.dir, S("f")));
	cr_assert(!exists("f"));
}

Test(path_link_fd, of_files_with_the_same_rights)
{
	wasi_fd_t fd, other = add_preopen(".", wasi_rights_readonly(wasi_rights_preopen_base()),
					  wasi_rights_readonly(wasi_rights_preopen_inheriting()));
	int end;

	OK(wasi_path_open_tmpfile(w.ctx, w.dir, S("."), RIGHTS_RW, 0600, 0, &fd));
	write_text(fd, "text");
	OK(wasi_path_link_fd(w.ctx, fd, w.dir, S("named")));
	cr_assert_str_eq(contents_of("named"), "text");
	FAILS(EXIST, wasi_path_link_fd(w.ctx, fd, w.dir, S("named")));
	FAILS(NOTCAPABLE, wasi_path_link_fd(w.ctx, fd, w.dir, S("../x")));
	FAILS(NOTCAPABLE, wasi_path_link_fd(w.ctx, fd, other, S("x")));
	FAILS(NOTCAPABLE, wasi_path_link_fd(w.ctx, fd, without(WASI_RIGHTS_PATH_LINK_TARGET), S("x")));
	OK(wasi_path_open(w.ctx, other, 0, S("named"), 0, WASI_RIGHTS_FD_READ, 0, 0, &fd));
	FAILS(NOTCAPABLE, wasi_path_link_fd(w.ctx, fd, w.dir, S("x")));
	FAILS(NOTCAPABLE, wasi_path_link_fd(w.ctx, pipe_end(0, WASI_RIGHTS_ALL, &end), w.dir, S("x")));
	FAILS(PERM, wasi_path_link_fd(w.ctx, w.dir, w.dir, S("x")));
	FAILS(BADF, wasi_path_link_fd(w.ctx, NO_FD, w.dir, S("x")));
	cr_assert(!exists("x"));
}
