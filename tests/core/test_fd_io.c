/* Reading, writing, seeking. */
#include "core_test.h"

#include <limits.h>

SUITE(fd_read);
SUITE(fd_write);
SUITE(fd_pread);
SUITE(fd_pwrite);
SUITE(fd_seek);
SUITE(fd_tell);

Test(fd_read, fills_all_buffers)
{
	char a[2], b[3];
	wasi_iovec_t iovs[] = {{a, 2}, {NULL, 0}, {b, 3}};
	wasi_fd_t fd;
	wasi_size_t n;

	make_file("f", "hello");
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_read(w.ctx, fd, iovs, 3, &n));
	cr_assert(n == 5 && memcmp(a, "he", 2) == 0 && memcmp(b, "llo", 3) == 0);
	OK(wasi_fd_read(w.ctx, fd, iovs, 3, &n));
	cr_assert_eq(n, 0);
}

Test(fd_read, an_empty_list_still_checks_the_descriptor)
{
	wasi_size_t n = 42;
	wasi_fd_t fd;

	FAILS(BADF, wasi_fd_read(w.ctx, NO_FD, NULL, 0, &n));
	make_file("f", "x");
	fd = open_file("f", 0, WASI_RIGHTS_FD_WRITE);
	FAILS(NOTCAPABLE, wasi_fd_read(w.ctx, fd, NULL, 0, &n));
	cr_assert_eq(n, 42);
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_read(w.ctx, fd, NULL, 0, &n));
	cr_assert_eq(n, 0);
}

Test(fd_read, a_directory_is_isdir)
{
	wasi_size_t n;
	char c;

	FAILS(ISDIR, wasi_fd_read(w.ctx, w.dir, IN(&c, 1), &n));
}

Test(fd_read, too_many_buffers_make_a_short_read)
{
	static wasi_iovec_t iovs[IOV_MAX + 10];
	static char bytes[IOV_MAX + 11];
	wasi_size_t n;

	memset(bytes, 'x', IOV_MAX + 10);
	make_file("f", bytes);
	for (int i = 0; i < IOV_MAX + 10; i++)
		iovs[i] = (wasi_iovec_t){bytes + i, 1};
	OK(wasi_fd_read(w.ctx, open_file("f", 0, RIGHTS_R), iovs, IOV_MAX + 10, &n));
	cr_assert_eq(n, IOV_MAX);
}

static int interruptions;

static long interrupted_read(int fd, void *buf, size_t len)
{
	return ++interruptions < 4 ? -EINTR : wasi_host_linux()->read(fd, buf, len);
}

Test(fd_read, goes_on_after_a_signal_unless_told_otherwise)
{
	wasi_size_t n;
	char c;

	make_file("f", "x");
	fake_host(NULL)->read = interrupted_read;
	OK(wasi_fd_read(w.ctx, open_file("f", 0, RIGHTS_R), IN(&c, 1), &n));
	cr_assert_eq(interruptions, 4);
	interruptions = 0;
	fake_host(&(struct wasi_ctx_config){.return_eintr = true})->read = interrupted_read;
	FAILS(INTR, wasi_fd_read(w.ctx, open_file("f", 0, RIGHTS_R), IN(&c, 1), &n));
}

Test(fd_read, a_borrowed_descriptor_is_non_blocking_for_the_guest_alone)
{
	int ends[2];
	wasi_size_t n;
	wasi_fd_t fd;
	char c;

	cr_assert(pipe(ends) == 0);
	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, ends[0], WASI_RIGHTS_ALL, 0, false, &fd));
	OK(wasi_fd_fdstat_set_flags(w.ctx, fd, WASI_FDFLAGS_NONBLOCK));
	FAILS(AGAIN, wasi_fd_read(w.ctx, fd, IN(&c, 1), &n));
	cr_assert(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
	cr_assert(write(ends[1], "y", 1) == 1);
	OK(wasi_fd_read(w.ctx, fd, IN(&c, 1), &n));
	cr_assert_eq(c, 'y');
}

Test(fd_write, gathers_and_reports)
{
	wasi_ciovec_t iovs[] = {{"ab", 2}, {"", 0}, {"cd", 2}};
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	wasi_size_t n;

	OK(wasi_fd_write(w.ctx, fd, iovs, 3, &n));
	cr_assert_eq(n, 4);
	cr_assert_str_eq(contents_of("f"), "abcd");
}

Test(fd_write, zero_bytes_to_a_read_only_file_is_refused)
{
	wasi_size_t n;

	make_file("f", "");
	FAILS(NOTCAPABLE, wasi_fd_write(w.ctx, open_file("f", 0, RIGHTS_R), NULL, 0, &n));
	FAILS(BADF, wasi_fd_write(w.ctx, NO_FD, NULL, 0, &n));
	FAILS(ISDIR, wasi_fd_write(w.ctx, w.dir, OUT("x", 1), &n));
}

Test(fd_write, append_goes_to_the_end)
{
	wasi_filesize_t at;
	wasi_fd_t fd;

	make_file("f", "abc");
	OK(wasi_path_open(w.ctx, w.dir, 0, S("f"), 0, RIGHTS_RW, 0, WASI_FDFLAGS_APPEND, &fd));
	write_text(fd, "d");
	cr_assert_str_eq(contents_of("f"), "abcd");
	OK(wasi_fd_tell(w.ctx, fd, &at));
	cr_assert_eq(at, 4);
}

Test(fd_write, append_on_a_borrowed_descriptor_leaves_the_host_flags)
{
	int host;
	wasi_fd_t fd;

	make_file("f", "abc");
	host = openat(w.root_fd, "f", O_RDWR);
	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, host, WASI_RIGHTS_ALL, 0, false, &fd));
	OK(wasi_fd_fdstat_set_flags(w.ctx, fd, WASI_FDFLAGS_APPEND));
	write_text(fd, "d");
	cr_assert_str_eq(contents_of("f"), "abcd");
	cr_assert(!(fcntl(host, F_GETFL) & O_APPEND));
}

static long no_space(int fd, const void *buf, size_t len)
{
	(void)fd;
	(void)buf;
	return len > 2 ? 2 : -ENOSPC;
}

Test(fd_write, short_writes_and_full_disks_are_told)
{
	wasi_size_t n;
	wasi_fd_t fd;

	fake_host(NULL)->write = no_space;
	fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	OK(wasi_fd_write(w.ctx, fd, OUT("abcd", 4), &n));
	cr_assert_eq(n, 2);
	FAILS(NOSPC, wasi_fd_write(w.ctx, fd, OUT("cd", 2), &n));
	cr_assert_eq(n, 2);
}

Test(fd_pread, reads_there_and_leaves_the_position)
{
	wasi_filesize_t at;
	wasi_size_t n;
	wasi_fd_t fd;
	char c;

	make_file("f", "hello");
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_pread(w.ctx, fd, IN(&c, 1), 4, &n));
	cr_assert(n == 1 && c == 'o');
	OK(wasi_fd_tell(w.ctx, fd, &at));
	cr_assert_eq(at, 0);
	OK(wasi_fd_pread(w.ctx, fd, NULL, 0, 4, &n));
	FAILS(INVAL, wasi_fd_pread(w.ctx, fd, IN(&c, 1), (uint64_t)INT64_MAX + 1, &n));
}

Test(fd_pread, needs_read_and_seek)
{
	wasi_size_t n;
	int other;
	char c;

	make_file("f", "hello");
	FAILS(NOTCAPABLE, wasi_fd_pread(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_READ), IN(&c, 1), 0, &n));
	FAILS(NOTCAPABLE, wasi_fd_pread(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_SEEK), IN(&c, 1), 0, &n));
	FAILS(SPIPE, wasi_fd_pread(w.ctx, pipe_end(0, WASI_RIGHTS_ALL, &other), IN(&c, 1), 0, &n));
	FAILS(ISDIR, wasi_fd_pread(w.ctx, w.dir, IN(&c, 1), 0, &n));
	FAILS(BADF, wasi_fd_pread(w.ctx, NO_FD, IN(&c, 1), 0, &n));
}

Test(fd_pwrite, writes_there_and_leaves_the_position)
{
	wasi_filesize_t at;
	wasi_size_t n;
	wasi_fd_t fd;

	make_file("f", "hello");
	fd = open_file("f", 0, RIGHTS_RW);
	OK(wasi_fd_pwrite(w.ctx, fd, OUT("J", 1), 0, &n));
	OK(wasi_fd_tell(w.ctx, fd, &at));
	cr_assert_eq(at, 0);
	cr_assert_str_eq(contents_of("f"), "Jello");
	OK(wasi_fd_pwrite(w.ctx, fd, OUT("", 0), 100, &n));
	cr_assert_str_eq(contents_of("f"), "Jello");
	FAILS(INVAL, wasi_fd_pwrite(w.ctx, fd, OUT("J", 1), UINT64_MAX, &n));
}

Test(fd_pwrite, on_an_append_descriptor_appends_as_linux_does)
{
	wasi_filesize_t at;
	wasi_size_t n;
	wasi_fd_t fd;

	make_file("f", "abc");
	OK(wasi_path_open(w.ctx, w.dir, 0, S("f"), 0, RIGHTS_RW, 0, WASI_FDFLAGS_APPEND, &fd));
	OK(wasi_fd_pwrite(w.ctx, fd, OUT("defg", 4), 0, &n));
	cr_assert_str_eq(contents_of("f"), "abcdefg");
	OK(wasi_fd_tell(w.ctx, fd, &at));
	cr_assert_eq(at, 0);
}

Test(fd_pwrite, needs_write_and_seek)
{
	wasi_size_t n;

	make_file("f", "");
	FAILS(NOTCAPABLE, wasi_fd_pwrite(w.ctx, open_file("f", 0, RIGHTS_R), OUT("x", 1), 0, &n));
	FAILS(NOTCAPABLE, wasi_fd_pwrite(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_WRITE), OUT("x", 1), 0, &n));
	FAILS(BADF, wasi_fd_pwrite(w.ctx, NO_FD, OUT("x", 1), 0, &n));
}

Test(fd_seek, moves_in_three_ways)
{
	wasi_filesize_t at = 42;
	wasi_fd_t fd;

	make_file("f", "hello");
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_seek(w.ctx, fd, 2, WASI_WHENCE_SET, &at));
	cr_assert_eq(at, 2);
	OK(wasi_fd_seek(w.ctx, fd, 1, WASI_WHENCE_CUR, &at));
	cr_assert_eq(at, 3);
	OK(wasi_fd_seek(w.ctx, fd, 100, WASI_WHENCE_END, &at));
	cr_assert_eq(at, 105);
	FAILS(INVAL, wasi_fd_seek(w.ctx, fd, -1, WASI_WHENCE_SET, &at));
	FAILS(INVAL, wasi_fd_seek(w.ctx, fd, 0, 3, &at));
	cr_assert_eq(at, 105);
}

Test(fd_seek, asking_for_the_position_needs_only_tell)
{
	wasi_filesize_t at;
	wasi_fd_t fd;

	make_file("f", "hello");
	fd = open_file("f", 0, WASI_RIGHTS_FD_TELL);
	OK(wasi_fd_seek(w.ctx, fd, 0, WASI_WHENCE_CUR, &at));
	FAILS(NOTCAPABLE, wasi_fd_seek(w.ctx, fd, 0, WASI_WHENCE_SET, &at));
	FAILS(NOTCAPABLE, wasi_fd_seek(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_SEEK), 0, WASI_WHENCE_SET, &at));
}

Test(fd_seek, the_enumeration_is_checked_before_the_descriptor)
{
	wasi_filesize_t at;
	int other;

	FAILS(INVAL, wasi_fd_seek(w.ctx, NO_FD, 0, 9, &at));
	FAILS(BADF, wasi_fd_seek(w.ctx, NO_FD, 0, 0, &at));
	FAILS(ISDIR, wasi_fd_seek(w.ctx, w.dir, 0, 0, &at));
	FAILS(SPIPE, wasi_fd_seek(w.ctx, pipe_end(0, WASI_RIGHTS_ALL, &other), 0, 0, &at));
}

Test(fd_tell, tells)
{
	wasi_filesize_t at;
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);

	write_text(fd, "abc");
	OK(wasi_fd_tell(w.ctx, fd, &at));
	cr_assert_eq(at, 3);
	FAILS(NOTCAPABLE, wasi_fd_tell(w.ctx, open_file("f", 0, WASI_RIGHTS_FD_READ), &at));
	FAILS(ISDIR, wasi_fd_tell(w.ctx, w.dir, &at));
	FAILS(BADF, wasi_fd_tell(w.ctx, NO_FD, &at));
}
