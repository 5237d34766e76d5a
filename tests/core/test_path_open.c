/* path_open: rights, flags, kinds; and its native variants. */
#include "core_test.h"

#include <sys/un.h>

SUITE(path_open);
SUITE(path_open_mode);
SUITE(path_open_tmpfile);

static wasi_fd_t fd;

Test(path_open, creates_and_reopens)
{
	write_text(open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW), "x");
	open_file("f", 0, RIGHTS_R);
	FAILS(EXIST, try_open(w.dir, "f", WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL, RIGHTS_RW, &fd));
	FAILS(NOENT, try_open(w.dir, "missing", 0, RIGHTS_R, &fd));
	FAILS(NOENT, try_open(w.dir, "missing/f", WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
}

Test(path_open, truncates_even_without_rights)
{
	make_file("f", "hello");
	open_file("f", WASI_OFLAGS_TRUNC, 0);
	cr_assert_str_eq(contents_of("f"), "");
}

Test(path_open, checks_flags_first_then_descriptor_then_kind)
{
	wasi_fd_t file = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);

	FAILS(INVAL, try_open(NO_FD, "f", 16, 0, &fd));
	FAILS(INVAL, wasi_path_open(w.ctx, NO_FD, 2, S("f"), 0, 0, 0, 0, &fd));
	FAILS(INVAL, wasi_path_open(w.ctx, NO_FD, 0, S("f"), 0, 0, 0, 32, &fd));
	FAILS(BADF, try_open(NO_FD, "f", 0, 0, &fd));
	FAILS(NOTDIR, try_open(file, "f", 0, 0, &fd));
	FAILS(INVAL, try_open(w.dir, "f", WASI_OFLAGS_CREAT | WASI_OFLAGS_DIRECTORY, 0, &fd));
}

Test(path_open, directories)
{
	make_dir("d");
	OK(try_open(w.dir, "d", 0, WASI_RIGHTS_FD_READDIR, &fd));
	OK(try_open(w.dir, "d", WASI_OFLAGS_DIRECTORY, wasi_rights_preopen_base(), &fd));
	OK(try_open(w.dir, ".", WASI_OFLAGS_DIRECTORY, wasi_rights_preopen_base(), &fd));
	OK(wasi_path_open(w.ctx, w.dir, 0, S("."), 0, 0, 0, WASI_FDFLAGS_NONBLOCK, &fd));
	FAILS(ISDIR, try_open(w.dir, "d", WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE, &fd));
	FAILS(ISDIR, try_open(w.dir, "d", WASI_OFLAGS_CREAT, WASI_RIGHTS_FD_WRITE, &fd));
	make_file("f", "");
	FAILS(NOTDIR, try_open(w.dir, "f", WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_READ, &fd));
}

Test(path_open, needs_what_it_does)
{
	static const struct {
		wasi_rights_t drop;
		wasi_oflags_t oflags;
	} cases[] = {
		{WASI_RIGHTS_PATH_OPEN, 0},
		{WASI_RIGHTS_PATH_CREATE_FILE, WASI_OFLAGS_CREAT},
		{WASI_RIGHTS_PATH_FILESTAT_SET_SIZE, WASI_OFLAGS_TRUNC},
	};

	make_file("f", "hello");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wasi_fd_t dir =
			add_preopen(".", wasi_rights_preopen_base() & ~cases[i].drop, wasi_rights_preopen_inheriting());

		FAILS(NOTCAPABLE, try_open(dir, "f", cases[i].oflags, WASI_RIGHTS_FD_READ, &fd));
		OK(try_open(w.dir, "f", cases[i].oflags, WASI_RIGHTS_FD_READ, &fd));
		make_file("f", "hello");
	}
}

Test(path_open, grants_only_what_the_directory_can_hand_on)
{
	wasi_fd_t dir = add_preopen(".", wasi_rights_preopen_base(), WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE);

	make_file("f", "");
	OK(try_open(dir, "f", 0, WASI_RIGHTS_FD_READ, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "f", 0, WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_TELL, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "f", 0, 1ull << 63, &fd));
	FAILS(NOTCAPABLE, wasi_path_open(w.ctx, dir, 0, S("f"), 0, 0, WASI_RIGHTS_FD_TELL, 0, &fd));
	/* writing anywhere in the file is seeking, appending and starting over are not */
	FAILS(NOTCAPABLE, try_open(dir, "f", 0, WASI_RIGHTS_FD_WRITE, &fd));
	OK(try_open(dir, "f", WASI_OFLAGS_TRUNC, WASI_RIGHTS_FD_WRITE, &fd));
	OK(wasi_path_open(w.ctx, dir, 0, S("f"), 0, WASI_RIGHTS_FD_WRITE, 0, WASI_FDFLAGS_APPEND, &fd));
	/* synchronous writing needs the right to synchronise */
	FAILS(NOTCAPABLE, wasi_path_open(w.ctx, dir, 0, S("f"), 0, 0, 0, WASI_FDFLAGS_SYNC, &fd));
	FAILS(NOTCAPABLE, wasi_path_open(w.ctx, dir, 0, S("f"), 0, 0, 0, WASI_FDFLAGS_DSYNC, &fd));
	OK(wasi_path_open(w.ctx, w.dir, 0, S("f"), 0, RIGHTS_RW, 0, WASI_FDFLAGS_SYNC, &fd));
}

/* A read-only preopen must not be changed by any kind of opening. */
Test(path_open, read_only_preopens_stay_unchanged)
{
	wasi_fd_t dir = add_preopen(".", wasi_rights_readonly(wasi_rights_preopen_base()),
				    wasi_rights_readonly(wasi_rights_preopen_inheriting()));

	make_file("f", "hello");
	OK(try_open(dir, "f", 0, RIGHTS_R, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "f", WASI_OFLAGS_TRUNC, RIGHTS_R, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "f", WASI_OFLAGS_TRUNC, 0, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "new", WASI_OFLAGS_CREAT, 0, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "f", 0, WASI_RIGHTS_FD_WRITE, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "f", 0, WASI_RIGHTS_FD_ALLOCATE, &fd));
	FAILS(NOTCAPABLE, try_open(dir, "f", 0, WASI_RIGHTS_FD_FILESTAT_SET_SIZE, &fd));
	cr_assert_str_eq(contents_of("f"), "hello");
	cr_assert(!exists("new"));
}

Test(path_open, links)
{
	make_file("f", "x");
	make_dir("d");
	make_link("f", "lf");
	make_link("d", "ld");
	make_link("nowhere", "dangling");
	OK(try_open(w.dir, "lf", 0, RIGHTS_R, &fd));
	FAILS(LOOP, wasi_path_open(w.ctx, w.dir, 0, S("lf"), 0, RIGHTS_R, 0, 0, &fd));
	FAILS(NOTDIR, try_open(w.dir, "lf", WASI_OFLAGS_DIRECTORY, 0, &fd));
	FAILS(LOOP, wasi_path_open(w.ctx, w.dir, 0, S("ld"), 0, 0, 0, 0, &fd));
	OK(wasi_path_open(w.ctx, w.dir, 0, S("ld/"), 0, 0, 0, 0, &fd));
	FAILS(NOENT, try_open(w.dir, "dangling", 0, 0, &fd));
	FAILS(LOOP, wasi_path_open(w.ctx, w.dir, 0, S("dangling"), 0, 0, 0, 0, &fd));
	FAILS(EXIST, try_open(w.dir, "dangling", WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL, 0, &fd));
	OK(try_open(w.dir, "dangling", WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
	cr_assert(exists("nowhere"));
}

Test(path_open, a_fifo_does_not_block_a_guest_without_signals)
{
	wasi_fdstat_t st;

	cr_assert(mkfifoat(w.root_fd, "p", 0600) == 0);
	OK(try_open(w.dir, "p", 0, WASI_RIGHTS_FD_READ, &fd));
	OK(wasi_fd_fdstat_get(w.ctx, fd, &st));
	cr_assert_eq(st.fs_flags, 0);
	OK(wasi_fd_close(w.ctx, fd));
	FAILS(NXIO, try_open(w.dir, "p", 0, WASI_RIGHTS_FD_WRITE, &fd));
}

Test(path_open, a_socket_cannot_be_opened)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", w.root);
	cr_assert(bind(s, (struct sockaddr *)&address, sizeof(address)) == 0);
	FAILS(NXIO, try_open(w.dir, "s", 0, WASI_RIGHTS_FD_READ, &fd));
}

Test(path_open, regular_files_are_left_blocking)
{
	struct wasi_fd_info info;

	open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	OK(wasi_ctx_fd_info(w.ctx, w.dir + 1, &info));
	cr_assert(!(fcntl(info.host_fd, F_GETFL) & O_NONBLOCK));
	cr_assert(fcntl(info.host_fd, F_GETFD) & FD_CLOEXEC);
}

static long refusing(int host_fd, void *buf, size_t len)
{
	(void)host_fd, (void)buf, (void)len;
	return -EINVAL;
}

static unsigned asked;

static long counting(int dir, const char *path, int flags, unsigned mask, struct statx *buf)
{
	asked++;
	return wasi_host_linux()->statx(dir, path, flags, mask, buf);
}

Test(path_open, asks_what_it_opened_only_when_it_matters)
{
	wasi_fdstat_t stat;
	wasi_size_t n;
	wasi_filesize_t at;
	char byte;

	if (WASI_RESOLVER != 'a')
		cr_skip_test("this build's walker looks at what it opens");
	make_file("f", "x");
	make_dir("d");
	fake_host(NULL)->statx = counting;
	asked = 0;
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_read(w.ctx, fd, IN(&byte, 1), &n));
	OK(wasi_fd_close(w.ctx, fd));
	cr_assert_eq(asked, 0);
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_seek(w.ctx, fd, 0, WASI_WHENCE_SET, &at));
	OK(wasi_fd_fdstat_get(w.ctx, fd, &stat));
	cr_assert(asked == 1 && stat.fs_filetype == WASI_FILETYPE_REGULAR_FILE && stat.fs_rights_base == RIGHTS_R &&
		  stat.fs_rights_inheriting == 0);
}

Test(path_open, a_directory_is_one_from_the_first_call_on)
{
	static const wasi_rights_t all = WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_READDIR |
					 WASI_RIGHTS_PATH_OPEN;
	wasi_fdstat_t stat;
	wasi_filesize_t at;
	wasi_size_t n;
	char byte;

	make_dir("d");
	for (int first = 0; first < 5; first++) {
		OK(wasi_path_open(w.ctx, w.dir, 0, S("d"), 0, all, WASI_RIGHTS_FD_READ, 0, &fd));
		if (first == 0)
			FAILS(ISDIR, wasi_fd_read(w.ctx, fd, IN(&byte, 1), &n));
		if (first == 1)
			FAILS(ISDIR, wasi_fd_seek(w.ctx, fd, 0, WASI_WHENCE_SET, &at));
		if (first == 2)
			FAILS(NOENT, try_open(fd, "missing", 0, WASI_RIGHTS_FD_READ, &(wasi_fd_t){0}));
		if (first == 3)
			OK(wasi_fd_dup(w.ctx, fd, 0, &fd));
		OK(wasi_fd_fdstat_get(w.ctx, fd, &stat));
		cr_assert(stat.fs_filetype == WASI_FILETYPE_DIRECTORY && stat.fs_rights_inheriting == WASI_RIGHTS_FD_READ &&
			  stat.fs_rights_base == (WASI_RIGHTS_FD_READDIR | WASI_RIGHTS_PATH_OPEN));
		OK(wasi_fd_close(w.ctx, fd));
	}
}

Test(path_open, a_file_system_may_call_reading_a_directory_by_any_name)
{
	wasi_size_t n;
	char byte;

	make_dir("d");
	fake_host(NULL)->read = refusing;
	OK(try_open(w.dir, "d", 0, RIGHTS_R, &fd));
	FAILS(ISDIR, wasi_fd_read(w.ctx, fd, IN(&byte, 1), &n));
}

Test(path_open, reading_nothing_of_a_directory_is_refused_in_any_form)
{
	char byte;
	const wasi_iovec_t nothing[] = {{&byte, 0}, {&byte, 0}};
	wasi_size_t n;

	make_dir("d");
	for (size_t count = 0; count <= 2; count++) {
		OK(try_open(w.dir, "d", 0, RIGHTS_R, &fd));
		FAILS(ISDIR, wasi_fd_read(w.ctx, fd, nothing, count, &n));
	}
}

Test(path_open, rights_given_up_before_the_kind_is_known_stay_given_up)
{
	wasi_fdstat_t stat;
	wasi_size_t n;
	char byte;

	make_file("f", "x");
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_fdstat_set_rights(w.ctx, fd, WASI_RIGHTS_FD_TELL, 0));
	FAILS(NOTCAPABLE, wasi_fd_read(w.ctx, fd, IN(&byte, 1), &n));
	OK(wasi_fd_fdstat_get(w.ctx, fd, &stat));
	cr_assert_eq(stat.fs_rights_base, WASI_RIGHTS_FD_TELL);
}

Test(path_open_mode, obeys_mode_and_umask)
{
	struct stat st;

	umask(027);
	OK(wasi_path_open_mode(w.ctx, w.dir, 0, S("f"), WASI_OFLAGS_CREAT, RIGHTS_RW, 0, 0, 0767, O_CLOEXEC, &fd));
	cr_assert(fstatat(w.root_fd, "f", &st, 0) == 0 && (st.st_mode & 07777) == 0740);
	FAILS(BADF, wasi_path_open_mode(w.ctx, NO_FD, 0, S("f"), 0, 0, 0, 0, 0, 0, &fd));
	FAILS(NOTCAPABLE, wasi_path_open_mode(w.ctx, w.dir, 0, S("../f"), WASI_OFLAGS_CREAT, 0, 0, 0, 0600, 0, &fd));
}

Test(path_open_mode, crosses_an_exec_only_when_asked_to)
{
	struct wasi_fd_info info;

	make_file("f", "x");
	OK(wasi_path_open_mode(w.ctx, w.dir, 0, S("f"), 0, RIGHTS_RW, 0, 0, 0, O_CLOEXEC, &fd));
	OK(wasi_ctx_fd_info(w.ctx, fd, &info));
	cr_assert_eq(fcntl(info.host_fd, F_GETFD), FD_CLOEXEC);
	OK(wasi_path_open_mode(w.ctx, w.dir, 0, S("f"), 0, RIGHTS_RW, 0, 0, 0, 0, &fd));
	OK(wasi_ctx_fd_info(w.ctx, fd, &info));
	cr_assert_eq(fcntl(info.host_fd, F_GETFD), 0);
	FAILS(INVAL, wasi_path_open_mode(w.ctx, w.dir, 0, S("f"), 0, RIGHTS_RW, 0, 0, 0, O_CREAT, &fd));
	FAILS(INVAL, wasi_path_open_tmpfile(w.ctx, w.dir, S("."), RIGHTS_RW, 0600, O_TRUNC, &fd));
}

Test(path_open_tmpfile, has_no_name)
{
	wasi_filestat_t st;

	make_dir("d");
	OK(wasi_path_open_tmpfile(w.ctx, w.dir, S("d"), RIGHTS_RW, 0600, 0, &fd));
	write_text(fd, "x");
	OK(wasi_fd_filestat_get(w.ctx, fd, &st));
	cr_assert_eq(st.nlink, 0);
	FAILS(NOTCAPABLE, wasi_path_open_tmpfile(w.ctx, w.dir, S(".."), RIGHTS_RW, 0600, 0, &fd));
	FAILS(NOTCAPABLE, wasi_path_open_tmpfile(w.ctx,
						 add_preopen(".", wasi_rights_readonly(wasi_rights_preopen_base()),
							     wasi_rights_preopen_inheriting()),
						 S("d"), RIGHTS_RW, 0600, 0, &fd));
	FAILS(BADF, wasi_path_open_tmpfile(w.ctx, NO_FD, S("d"), RIGHTS_RW, 0600, 0, &fd));
}
