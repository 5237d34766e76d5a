/* The state of descriptors and of what is behind them. */
#include "core_test.h"

SUITE(fd_advise);
SUITE(fd_allocate);
SUITE(fd_datasync);
SUITE(fd_sync);
SUITE(fd_fdstat_get);
SUITE(fd_fdstat_set_flags);
SUITE(fd_fdstat_set_rights);
SUITE(fd_filestat_get);
SUITE(fd_filestat_set_size);
SUITE(fd_filestat_set_times);
SUITE(fd_prestat_get);
SUITE(fd_prestat_dir_name);

static wasi_fdstat_t stat_of(wasi_fd_t fd)
{
	wasi_fdstat_t st;

	OK(wasi_fd_fdstat_get(w.ctx, fd, &st));
	return st;
}

static wasi_filesize_t size_of(wasi_fd_t fd)
{
	wasi_filestat_t st;

	OK(wasi_fd_filestat_get(w.ctx, fd, &st));
	return st.size;
}

Test(fd_advise, is_a_hint_about_files)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	int other;

	for (wasi_advice_t advice = 0; advice < 6; advice++)
		OK(wasi_fd_advise(w.ctx, fd, 0, 0, advice));
	FAILS(INVAL, wasi_fd_advise(w.ctx, fd, 0, 0, 6));
	FAILS(INVAL, wasi_fd_advise(w.ctx, fd, UINT64_MAX, 0, 0));
	FAILS(INVAL, wasi_fd_advise(w.ctx, fd, 1, INT64_MAX, 0));
	FAILS(BADF, wasi_fd_advise(w.ctx, w.dir, 0, 0, 0));
	FAILS(BADF, wasi_fd_advise(w.ctx, NO_FD, 0, 0, 0));
	FAILS(SPIPE, wasi_fd_advise(w.ctx, pipe_end(0, WASI_RIGHTS_ALL, &other), 0, 0, 0));
	FAILS(NOTCAPABLE, wasi_fd_advise(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_READ), 0, 0, 0));
}

Test(fd_allocate, grows_but_never_shrinks)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);

	OK(wasi_fd_allocate(w.ctx, fd, 10, 90));
	cr_assert_eq(size_of(fd), 100);
	OK(wasi_fd_allocate(w.ctx, fd, 0, 10));
	cr_assert_eq(size_of(fd), 100);
}

Test(fd_allocate, refuses)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	int other;

	FAILS(INVAL, wasi_fd_allocate(w.ctx, fd, 0, 0));
	FAILS(INVAL, wasi_fd_allocate(w.ctx, fd, 0, UINT64_MAX));
	FAILS(FBIG, wasi_fd_allocate(w.ctx, fd, 2, INT64_MAX));
	FAILS(ISDIR, wasi_fd_allocate(w.ctx, w.dir, 0, 1));
	FAILS(SPIPE, wasi_fd_allocate(w.ctx, pipe_end(1, WASI_RIGHTS_ALL, &other), 0, 1));
	FAILS(NOTCAPABLE, wasi_fd_allocate(w.ctx, open_file("f", 0, RIGHTS_R), 0, 1));
	FAILS(BADF, wasi_fd_allocate(w.ctx, NO_FD, 0, 1));
}

Test(fd_datasync, files_and_directories)
{
	int other;

	OK(wasi_fd_datasync(w.ctx, open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW)));
	OK(wasi_fd_datasync(w.ctx, w.dir));
	FAILS(NOTCAPABLE, wasi_fd_datasync(w.ctx, open_file("f", 0, RIGHTS_R)));
	FAILS(INVAL, wasi_fd_datasync(w.ctx, pipe_end(1, WASI_RIGHTS_ALL, &other)));
	FAILS(BADF, wasi_fd_datasync(w.ctx, NO_FD));
}

Test(fd_sync, files_and_directories)
{
	int other;

	OK(wasi_fd_sync(w.ctx, open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW)));
	OK(wasi_fd_sync(w.ctx, w.dir));
	FAILS(NOTCAPABLE, wasi_fd_sync(w.ctx, open_file("f", 0, RIGHTS_R)));
	FAILS(INVAL, wasi_fd_sync(w.ctx, pipe_end(1, WASI_RIGHTS_ALL, &other)));
	FAILS(BADF, wasi_fd_sync(w.ctx, NO_FD));
}

Test(fd_sync, a_directory_that_was_granted_as_a_path_only)
{
	wasi_fd_t fd;

	OK(wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, open(w.root, O_PATH | O_DIRECTORY), "/p",
				wasi_rights_preopen_base(), wasi_rights_preopen_inheriting(), &fd));
	OK(wasi_fd_sync(w.ctx, fd));
}

Test(fd_fdstat_get, mirrors_how_it_was_opened)
{
	wasi_fd_t fd;

	make_file("f", "");
	cr_assert_eq(stat_of(open_file("f", 0, WASI_RIGHTS_FD_READ)).fs_rights_base, WASI_RIGHTS_FD_READ);
	cr_assert_eq(stat_of(open_file("f", 0, WASI_RIGHTS_FD_WRITE)).fs_rights_base, WASI_RIGHTS_FD_WRITE);
	cr_assert_eq(stat_of(open_file("f", 0, 0)).fs_rights_base, 0);
	OK(wasi_path_open(w.ctx, w.dir, 0, S("f"), 0, RIGHTS_RW, 0, WASI_FDFLAGS_APPEND | WASI_FDFLAGS_NONBLOCK, &fd));
	cr_assert_eq(stat_of(fd).fs_flags, WASI_FDFLAGS_APPEND | WASI_FDFLAGS_NONBLOCK);
	cr_assert_eq(stat_of(fd).fs_filetype, WASI_FILETYPE_REGULAR_FILE);
	FAILS(BADF, wasi_fd_fdstat_get(w.ctx, NO_FD, &(wasi_fdstat_t){0}));
}

Test(fd_fdstat_get, a_preopen_has_the_rights_the_suite_expects)
{
	wasi_fdstat_t st = stat_of(w.dir);

	cr_assert_eq(st.fs_filetype, WASI_FILETYPE_DIRECTORY);
	cr_assert_eq(st.fs_flags, 0);
	cr_assert(!(st.fs_rights_base & (WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK |
					 WASI_RIGHTS_FD_FILESTAT_SET_SIZE | WASI_RIGHTS_FD_DATASYNC)));
	cr_assert(st.fs_rights_base & WASI_RIGHTS_PATH_OPEN && st.fs_rights_base & WASI_RIGHTS_FD_READDIR);
	cr_assert((st.fs_rights_inheriting & st.fs_rights_base) == st.fs_rights_base);
	cr_assert(st.fs_rights_inheriting & WASI_RIGHTS_FD_WRITE && st.fs_rights_inheriting & WASI_RIGHTS_FD_SEEK);
}

Test(fd_fdstat_get, a_directory_never_shows_seek)
{
	wasi_fd_t fd;

	make_dir("d");
	OK(wasi_path_open(w.ctx, w.dir, 0, S("d"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_READ, 0,
			  0, &fd));
	cr_assert_eq(stat_of(fd).fs_rights_base, 0);
}

Test(fd_fdstat_get, a_pipe_has_no_type)
{
	int other;
	wasi_fdstat_t st = stat_of(pipe_end(0, WASI_RIGHTS_ALL, &other));

	cr_assert_eq(st.fs_filetype, WASI_FILETYPE_UNKNOWN);
	cr_assert(st.fs_rights_base & WASI_RIGHTS_FD_READ && !(st.fs_rights_base & WASI_RIGHTS_FD_WRITE));
}

Test(fd_fdstat_get, a_seekable_device_does_not_look_like_a_terminal)
{
	wasi_fd_t null, tty;

	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, open("/dev/null", O_RDWR), WASI_RIGHTS_ALL, 0, true, &null));
	cr_assert_eq(stat_of(null).fs_filetype, WASI_FILETYPE_CHARACTER_DEVICE);
	cr_assert(stat_of(null).fs_rights_base & WASI_RIGHTS_FD_SEEK);
	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, posix_openpt(O_RDWR | O_NOCTTY), WASI_RIGHTS_ALL, 0, true, &tty));
	cr_assert(!(stat_of(tty).fs_rights_base & (WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL)));
}

Test(fd_fdstat_set_flags, append_on_and_off)
{
	wasi_fd_t fd;

	make_file("f", "abc");
	fd = open_file("f", 0, RIGHTS_RW);
	OK(wasi_fd_fdstat_set_flags(w.ctx, fd, WASI_FDFLAGS_APPEND));
	cr_assert_eq(stat_of(fd).fs_flags, WASI_FDFLAGS_APPEND);
	write_text(fd, "d");
	OK(wasi_fd_fdstat_set_flags(w.ctx, fd, 0));
	cr_assert_eq(stat_of(fd).fs_flags, 0);
	OK(wasi_fd_seek(w.ctx, fd, 0, WASI_WHENCE_SET, &(wasi_filesize_t){0}));
	write_text(fd, "J");
	cr_assert_str_eq(contents_of("f"), "Jbcd");
}

Test(fd_fdstat_set_flags, refuses)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);

	FAILS(NOTSUP, wasi_fd_fdstat_set_flags(w.ctx, fd, WASI_FDFLAGS_SYNC));
	FAILS(NOTSUP, wasi_fd_fdstat_set_flags(w.ctx, fd, WASI_FDFLAGS_DSYNC));
	FAILS(INVAL, wasi_fd_fdstat_set_flags(w.ctx, fd, 32));
	FAILS(BADF, wasi_fd_fdstat_set_flags(w.ctx, NO_FD, 0));
	FAILS(NOTCAPABLE, wasi_fd_fdstat_set_flags(w.ctx, open_file("f", 0, RIGHTS_R), 0));
}

Test(fd_fdstat_set_rights, only_narrows)
{
	wasi_fd_t fd;
	wasi_size_t n;
	char c;

	make_file("f", "x");
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_fdstat_set_rights(w.ctx, fd, RIGHTS_R, 0));
	OK(wasi_fd_fdstat_set_rights(w.ctx, fd, RIGHTS_R & ~(wasi_rights_t)WASI_RIGHTS_FD_READ, 0));
	FAILS(NOTCAPABLE, wasi_fd_read(w.ctx, fd, IN(&c, 1), &n));
	FAILS(NOTCAPABLE, wasi_fd_fdstat_set_rights(w.ctx, fd, RIGHTS_R, 0));
	FAILS(NOTCAPABLE, wasi_fd_fdstat_set_rights(w.ctx, fd, 0, 1));
	FAILS(NOTCAPABLE, wasi_fd_fdstat_set_rights(w.ctx, fd, 1ull << 40, 0));
	FAILS(BADF, wasi_fd_fdstat_set_rights(w.ctx, NO_FD, 0, 0));
}

Test(fd_fdstat_set_rights, truncation_follows_the_directorys_own_rights)
{
	wasi_rights_t base = wasi_rights_preopen_base(), inheriting = wasi_rights_preopen_inheriting();
	wasi_fd_t fd;

	make_file("f", "hello");
	OK(wasi_fd_fdstat_set_rights(w.ctx, w.dir, base,
				     inheriting & ~(wasi_rights_t)WASI_RIGHTS_FD_FILESTAT_SET_SIZE));
	OK(try_open(w.dir, "f", WASI_OFLAGS_TRUNC, 0, &fd));
	cr_assert_str_eq(contents_of("f"), "");
	make_file("f", "hello");
	OK(wasi_fd_fdstat_set_rights(w.ctx, w.dir, base & ~(wasi_rights_t)WASI_RIGHTS_PATH_FILESTAT_SET_SIZE,
				     inheriting & ~(wasi_rights_t)WASI_RIGHTS_FD_FILESTAT_SET_SIZE));
	FAILS(NOTCAPABLE, try_open(w.dir, "f", WASI_OFLAGS_TRUNC, 0, &fd));
	cr_assert_str_eq(contents_of("f"), "hello");
}

Test(fd_filestat_get, fills_in_everything)
{
	wasi_filestat_t st, other;
	struct stat host;

	make_file("f", "hello");
	make_file("g", "");
	cr_assert(fstatat(w.root_fd, "f", &host, 0) == 0);
	OK(wasi_fd_filestat_get(w.ctx, open_file("f", 0, RIGHTS_R), &st));
	cr_assert(st.dev == host.st_dev && st.ino == host.st_ino && st.nlink == 1 && st.size == 5);
	cr_assert_eq(st.filetype, WASI_FILETYPE_REGULAR_FILE);
	cr_assert_eq(st.ctim, (uint64_t)host.st_ctim.tv_sec * 1000000000 + (uint64_t)host.st_ctim.tv_nsec);
	OK(wasi_fd_filestat_get(w.ctx, open_file("g", 0, RIGHTS_R), &other));
	cr_assert(other.dev == st.dev && other.ino != st.ino);
	FAILS(NOTCAPABLE, wasi_fd_filestat_get(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_READ), &st));
	FAILS(BADF, wasi_fd_filestat_get(w.ctx, NO_FD, &st));
}

Test(fd_filestat_get, can_hide_the_hosts_identity)
{
	wasi_filestat_t st, again;
	struct stat host;

	make_file("f", "");
	cr_assert(fstatat(w.root_fd, "f", &host, 0) == 0);
	remake_world(&(struct wasi_ctx_config){.hash_identity = true});
	OK(wasi_fd_filestat_get(w.ctx, open_file("f", 0, RIGHTS_R), &st));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("f"), &again));
	cr_assert(st.ino != host.st_ino && st.dev != host.st_dev && st.ino == again.ino && st.dev == again.dev);
}

static long ancient(int dir, const char *path, int flags, unsigned mask, struct statx *buf)
{
	long result = wasi_host_linux()->statx(dir, path, flags, mask, buf);

	buf->stx_atime.tv_sec = INT64_MIN;
	buf->stx_mtime.tv_sec = INT64_MAX;
	return result;
}

Test(fd_filestat_get, extreme_times_saturate)
{
	wasi_filestat_t st;

	fake_host(NULL)->statx = ancient;
	OK(wasi_fd_filestat_get(w.ctx, w.dir, &st));
	cr_assert(st.atim == 0 && st.mtim == UINT64_MAX);
}

Test(fd_filestat_set_size, grows_with_zeros_and_keeps_the_position)
{
	wasi_filesize_t at;
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);

	write_text(fd, "abc");
	OK(wasi_fd_filestat_set_size(w.ctx, fd, 5));
	cr_assert_eq(size_of(fd), 5);
	OK(wasi_fd_tell(w.ctx, fd, &at));
	cr_assert_eq(at, 3);
	OK(wasi_fd_filestat_set_size(w.ctx, fd, 0));
	cr_assert_eq(size_of(fd), 0);
	FAILS(INVAL, wasi_fd_filestat_set_size(w.ctx, fd, UINT64_MAX));
	FAILS(ISDIR, wasi_fd_filestat_set_size(w.ctx, w.dir, 0));
	FAILS(NOTCAPABLE, wasi_fd_filestat_set_size(w.ctx, open_file("f", 0, RIGHTS_R), 0));
	FAILS(BADF, wasi_fd_filestat_set_size(w.ctx, NO_FD, 0));
}

Test(fd_filestat_set_times, exact_to_the_nanosecond_and_one_at_a_time)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	wasi_filestat_t st;

	OK(wasi_fd_filestat_set_times(w.ctx, fd, 1000000000123456789, 2000000000,
				      WASI_FSTFLAGS_ATIM | WASI_FSTFLAGS_MTIM));
	OK(wasi_fd_filestat_set_times(w.ctx, fd, 5, 3000000001, WASI_FSTFLAGS_MTIM));
	OK(wasi_fd_filestat_set_times(w.ctx, fd, 7, 7, 0));
	OK(wasi_fd_filestat_get(w.ctx, fd, &st));
	cr_assert(st.atim == 1000000000123456789 && st.mtim == 3000000001);
	OK(wasi_fd_filestat_set_times(w.ctx, fd, 0, 0, WASI_FSTFLAGS_MTIM_NOW));
	OK(wasi_fd_filestat_get(w.ctx, fd, &st));
	cr_assert(st.atim == 1000000000123456789 && st.mtim > 1600000000000000000);
}

Test(fd_filestat_set_times, contradictions_change_nothing)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	wasi_filestat_t before, after;

	OK(wasi_fd_filestat_get(w.ctx, fd, &before));
	FAILS(INVAL, wasi_fd_filestat_set_times(w.ctx, fd, 1, 1, WASI_FSTFLAGS_ATIM | WASI_FSTFLAGS_ATIM_NOW));
	FAILS(INVAL, wasi_fd_filestat_set_times(w.ctx, fd, 1, 1, WASI_FSTFLAGS_MTIM | WASI_FSTFLAGS_MTIM_NOW));
	FAILS(INVAL, wasi_fd_filestat_set_times(w.ctx, fd, 1, 1, 16));
	OK(wasi_fd_filestat_get(w.ctx, fd, &after));
	cr_assert(before.atim == after.atim && before.mtim == after.mtim);
	FAILS(NOTCAPABLE, wasi_fd_filestat_set_times(w.ctx, open_file("f", 0, RIGHTS_R), 1, 1, WASI_FSTFLAGS_ATIM));
	FAILS(BADF, wasi_fd_filestat_set_times(w.ctx, NO_FD, 1, 1, 0));
	OK(wasi_fd_filestat_set_times(w.ctx, w.dir, 1, 1, WASI_FSTFLAGS_ATIM));
}

Test(fd_prestat_get, preopens_only)
{
	wasi_prestat_t st;

	OK(wasi_fd_prestat_get(w.ctx, w.dir, &st));
	cr_assert(st.tag == WASI_PREOPENTYPE_DIR && st.pr_name_len == 1);
	/* badf, not anything else, is what ends wasi-libc's scan */
	FAILS(BADF, wasi_fd_prestat_get(w.ctx, open_dir("."), &st));
	FAILS(BADF, wasi_fd_prestat_get(w.ctx, NO_FD, &st));
}

Test(fd_prestat_dir_name, writes_exactly_the_name)
{
	char buf[4] = "xxx";

	OK(wasi_fd_prestat_dir_name(w.ctx, w.dir, buf, 3));
	cr_assert_str_eq(buf, "/xx");
	FAILS(NAMETOOLONG, wasi_fd_prestat_dir_name(w.ctx, w.dir, buf, 0));
	FAILS(BADF, wasi_fd_prestat_dir_name(w.ctx, open_dir("."), buf, 3));
	FAILS(BADF, wasi_fd_prestat_dir_name(w.ctx, NO_FD, buf, 3));
}
