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
