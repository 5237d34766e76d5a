/* Descriptor numbers: closing, renumbering, duplicating, in both kinds of numbering. */
#include "core_test.h"

SUITE(fd_close);
SUITE(fd_renumber);
SUITE(fd_dup);
SUITE(fd_dup_to);
SUITE(numbering);

static void host_numbers(void)
{
	remake_world(&(struct wasi_ctx_config){.numbering = WASI_NUMBERING_HOST});
}

static int open_host_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

Test(fd_close, closed_is_badf)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	int before = open_host_fds();

	OK(wasi_fd_close(w.ctx, fd));
	cr_assert_eq(open_host_fds(), before - 1);
	FAILS(BADF, wasi_fd_close(w.ctx, fd));
	FAILS(BADF, wasi_fd_close(w.ctx, NO_FD));
	FAILS(BADF, wasi_fd_close(w.ctx, UINT32_MAX));
}

Test(fd_close, a_preopen_goes_and_what_was_opened_through_it_stays)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);

	OK(wasi_fd_close(w.ctx, w.dir));
	FAILS(BADF, wasi_fd_prestat_get(w.ctx, w.dir, &(wasi_prestat_t){0}));
	write_text(fd, "still there");
	cr_assert_str_eq(contents_of("f"), "still there");
}

Test(fd_close, a_borrowed_descriptor_survives)
{
	wasi_fd_t fd;

	OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, w.root_fd, WASI_RIGHTS_ALL, 0, false, &fd));
	OK(wasi_fd_close(w.ctx, fd));
	cr_assert(fcntl(w.root_fd, F_GETFD) >= 0);
}

static long failing_close(int fd)
{
	wasi_host_linux()->close(fd);
	return -EIO;
}

Test(fd_close, the_entry_goes_even_if_the_host_complains)
{
	wasi_fd_t fd;

	struct wasi_host *host = fake_host(NULL);
	fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	host->close = failing_close;
	FAILS(IO, wasi_fd_close(w.ctx, fd));
	FAILS(BADF, wasi_fd_close(w.ctx, fd));
}

Test(fd_renumber, moves_and_closes_the_target)
{
	wasi_fd_t from, to;
	wasi_fdstat_t before, after;
	int fds;

	make_file("a", "aaa");
	make_file("b", "b");
	from = open_file("a", 0, RIGHTS_R);
	to = open_file("b", 0, RIGHTS_RW);
	OK(wasi_fd_fdstat_get(w.ctx, from, &before));
	fds = open_host_fds();
	OK(wasi_fd_renumber(w.ctx, from, to));
	cr_assert_eq(open_host_fds(), fds - 1);
	FAILS(BADF, wasi_fd_fdstat_get(w.ctx, from, &after));
	OK(wasi_fd_fdstat_get(w.ctx, to, &after));
	cr_assert(before.fs_filetype == after.fs_filetype && before.fs_rights_base == after.fs_rights_base &&
		  before.fs_rights_inheriting == after.fs_rights_inheriting);
}

Test(fd_renumber, both_must_be_open)
{
	FAILS(BADF, wasi_fd_renumber(w.ctx, w.dir, NO_FD));
	FAILS(BADF, wasi_fd_renumber(w.ctx, NO_FD, w.dir));
	FAILS(BADF, wasi_fd_renumber(w.ctx, NO_FD, NO_FD));
	OK(wasi_fd_fdstat_get(w.ctx, w.dir, &(wasi_fdstat_t){0}));
}

Test(fd_renumber, onto_itself_changes_nothing)
{
	for (int i = 0; i < 2000; i++)
		OK(wasi_fd_renumber(w.ctx, w.dir, w.dir));
	OK(wasi_fd_prestat_get(w.ctx, w.dir, &(wasi_prestat_t){0}));
}

Test(fd_renumber, leaks_nothing)
{
	wasi_fd_t target = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	int before = open_host_fds();

	for (int i = 0; i < 2000; i++)
		OK(wasi_fd_renumber(w.ctx, open_file("f", 0, RIGHTS_RW), target));
	cr_assert_eq(open_host_fds(), before);
}

Test(fd_renumber, a_preopen_can_be_overwritten_and_moved)
{
	wasi_fd_t fd = open_dir("."), other = add_preopen(".", wasi_rights_preopen_base(), 0);
	wasi_prestat_t st;

	OK(wasi_fd_renumber(w.ctx, fd, w.dir));
	FAILS(BADF, wasi_fd_prestat_get(w.ctx, w.dir, &st));
	OK(wasi_fd_renumber(w.ctx, other, w.dir));
	OK(wasi_fd_prestat_get(w.ctx, w.dir, &st));
	cr_assert_eq(st.pr_name_len, 6);
}

Test(fd_renumber, with_host_numbers_the_kernel_follows)
{
	wasi_fd_t from, to;
	struct stat a, b;
	int fds;

	host_numbers();
	make_file("a", "");
	make_file("b", "");
	from = open_file("a", 0, RIGHTS_RW);
	to = open_file("b", 0, RIGHTS_RW);
	fds = open_host_fds();
	OK(wasi_fd_renumber(w.ctx, from, to));
	cr_assert(fcntl((int)from, F_GETFD) < 0 && open_host_fds() == fds - 1);
	cr_assert(fstat((int)to, &a) == 0 && fstatat(w.root_fd, "a", &b, 0) == 0 && a.st_ino == b.st_ino);
	cr_assert(fcntl((int)to, F_GETFD) & FD_CLOEXEC);
}

Test(fd_dup, shares_the_position_and_not_the_number)
{
	wasi_filesize_t at;
	wasi_fd_t fd, copy;

	make_file("f", "hello");
	fd = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_dup(w.ctx, fd, 0, &copy));
	cr_assert_neq(fd, copy);
	OK(wasi_fd_seek(w.ctx, fd, 3, WASI_WHENCE_SET, &at));
	OK(wasi_fd_tell(w.ctx, copy, &at));
	cr_assert_eq(at, 3);
	OK(wasi_fd_close(w.ctx, fd));
	OK(wasi_fd_tell(w.ctx, copy, &at));
}

Test(fd_dup, carries_the_rights_and_no_more)
{
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, WASI_RIGHTS_FD_READ), copy;
	wasi_size_t n;

	OK(wasi_fd_dup(w.ctx, fd, 50, &copy));
	cr_assert_eq(copy, 50);
	FAILS(NOTCAPABLE, wasi_fd_write(w.ctx, copy, NULL, 0, &n));
	FAILS(BADF, wasi_fd_dup(w.ctx, NO_FD, 0, &copy));
	FAILS(INVAL, wasi_fd_dup(w.ctx, fd, UINT32_MAX, &copy));
	OK(wasi_fd_dup(w.ctx, w.dir, 0, &copy));
	FAILS(BADF, wasi_fd_prestat_get(w.ctx, copy, &(wasi_prestat_t){0}));
}

Test(fd_dup, with_host_numbers_it_is_the_kernels_answer)
{
	wasi_fd_t fd, copy;

	host_numbers();
	fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	OK(wasi_fd_dup(w.ctx, fd, 200, &copy));
	cr_assert_eq(copy, 200);
	cr_assert(fcntl(200, F_GETFD) & FD_CLOEXEC);
	write_text(copy, "x");
	cr_assert_str_eq(contents_of("f"), "x");
}

Test(fd_dup_to, replaces_what_is_there)
{
	for (int host = 0; host < 2; host++) {
		wasi_fd_t a, b;
		int fds;

		if (host)
			host_numbers();
		a = open_file("a", WASI_OFLAGS_CREAT, RIGHTS_RW);
		b = open_file("b", WASI_OFLAGS_CREAT, RIGHTS_RW);
		fds = open_host_fds();
		OK(wasi_fd_dup_to(w.ctx, a, b));
		cr_assert_eq(open_host_fds(), fds);
		write_text(b, "x");
		cr_assert_str_eq(contents_of("b"), "");
		OK(wasi_fd_dup_to(w.ctx, a, a));
		OK(wasi_fd_dup_to(w.ctx, a, 300));
		OK(wasi_fd_close(w.ctx, 300));
		OK(wasi_fd_close(w.ctx, a));
		OK(wasi_fd_close(w.ctx, b));
		FAILS(BADF, wasi_fd_dup_to(w.ctx, a, 301));
		FAILS(BADF, wasi_fd_dup_to(w.ctx, w.dir, UINT32_MAX));
	}
}

Test(fd_dup_to, cannot_reach_the_cores_own_descriptors)
{
	int hidden;
	wasi_fd_t fd, ro;

	host_numbers();
	hidden = openat(w.root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	hidden = fcntl(hidden, F_DUPFD_CLOEXEC, 500);
	OK(wasi_ctx_add_preopen(w.ctx, 400, hidden, "/rw", wasi_rights_preopen_base(), wasi_rights_preopen_inheriting(),
				&fd));
	ro = open_dir(".");
	/* would put the read-only directory under the rights of the other */
	FAILS(BADF, wasi_fd_dup_to(w.ctx, ro, (wasi_fd_t)hidden));
	FAILS(BADF, wasi_fd_renumber(w.ctx, ro, (wasi_fd_t)hidden));
	FAILS(BADF, wasi_fd_close(w.ctx, (wasi_fd_t)hidden));
	FAILS(BADF, wasi_fd_read(w.ctx, (wasi_fd_t)hidden, NULL, 0, &(wasi_size_t){0}));
	OK(wasi_fd_close(w.ctx, 400));
	cr_assert(fcntl(hidden, F_GETFD) < 0);
}

Test(numbering, the_lowest_free_number)
{
	wasi_fd_t a = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW), b = open_file("f", 0, RIGHTS_RW), c;

	cr_assert(a == w.dir + 1 && b == a + 1);
	OK(wasi_fd_close(w.ctx, a));
	c = open_file("f", 0, RIGHTS_RW);
	cr_assert_eq(c, a);
}

Test(numbering, a_full_table_is_mfile_and_leaks_nothing)
{
	wasi_fd_t fd;
	int before;

	remake_world(&(struct wasi_ctx_config){.max_fds = 2});
	open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	before = open_host_fds();
	for (int i = 0; i < 100; i++)
		FAILS(MFILE, try_open(w.dir, "f", 0, RIGHTS_RW, &fd));
	cr_assert_eq(open_host_fds(), before);
}

Test(numbering, ten_thousand_descriptors_across_pages)
{
	static wasi_fd_t fds[10000];

	remake_world(&(struct wasi_ctx_config){.max_fds = 20000});
	for (int i = 0; i < 10000; i++)
		OK(wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, w.root_fd, WASI_RIGHTS_ALL, 0, false, &fds[i]));
	cr_assert_eq(fds[9999], w.dir + 10000);
	for (int i = 0; i < 10000; i++)
		OK(wasi_fd_close(w.ctx, fds[i]));
	cr_assert_eq(open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW), w.dir + 1);
}

Test(numbering, host_numbers_equal_the_kernels)
{
	wasi_fd_t fd;

	host_numbers();
	fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	cr_assert(write((int)fd, "raw", 3) == 3);
	cr_assert_str_eq(contents_of("f"), "raw");
	cr_assert(!(fcntl((int)fd, F_GETFL) & O_NONBLOCK));
	cr_assert(fcntl((int)fd, F_GETFD) & FD_CLOEXEC);
}

Test(numbering, a_number_closed_behind_our_back_is_taken_over)
{
	wasi_fd_t fd, again;

	host_numbers();
	fd = open_file("a", WASI_OFLAGS_CREAT, RIGHTS_RW);
	close((int)fd);
	again = open_file("b", WASI_OFLAGS_CREAT, RIGHTS_RW);
	cr_assert_eq(fd, again);
	write_text(again, "x");
	cr_assert_str_eq(contents_of("b"), "x");
	OK(wasi_fd_close(w.ctx, again));
	FAILS(BADF, wasi_fd_close(w.ctx, again));
}

Test(numbering, a_preopen_keeps_a_number_the_kernel_would_give_away)
{
	wasi_fd_t next, pinned, opened;
	int hidden;

	host_numbers();
	hidden = fcntl(w.root_fd, F_DUPFD_CLOEXEC, 600);
	next = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	OK(wasi_fd_close(w.ctx, next));
	OK(wasi_ctx_add_preopen(w.ctx, next, hidden, "/p", wasi_rights_preopen_base(), 0, &pinned));
	cr_assert_eq(pinned, next);
	opened = open_file("f", 0, RIGHTS_RW);
	cr_assert_neq(opened, next);
	cr_assert(fcntl((int)opened, F_GETFD) >= 0);
	OK(wasi_fd_prestat_get(w.ctx, next, &(wasi_prestat_t){0}));
}

Test(numbering, forgetting_leaves_the_host_descriptor)
{
	wasi_fd_t fd;

	host_numbers();
	fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);
	OK(wasi_ctx_forget(w.ctx, fd));
	FAILS(BADF, wasi_ctx_forget(w.ctx, fd));
	cr_assert(fcntl((int)fd, F_GETFD) >= 0);
	FAILS(BADF, wasi_fd_close(w.ctx, fd));
}

static unsigned masks;

static long counting_masks(int how, const uint64_t *set, uint64_t *old, size_t size)
{
	masks++;
	return wasi_host_linux()->rt_sigprocmask(how, set, old, size);
}

/* Two system calls for each lock would be more than the rest of what an open costs. */
Test(numbering, with_signal_handlers_opening_and_closing_changes_no_mask)
{
	fake_host(&(struct wasi_ctx_config){.numbering = WASI_NUMBERING_HOST})->rt_sigprocmask = counting_masks;
	make_file("f", "");
	wasi_ctx_expect_signals(w.ctx);
	for (int i = 0; i < 100; i++)
		OK(wasi_fd_close(w.ctx, open_file("f", 0, RIGHTS_R)));
	cr_assert_eq(masks, 0);
	/* What takes the lock does block them. */
	OK(wasi_fd_dup_to(w.ctx, w.dir, open_file("f", 0, RIGHTS_R)));
	cr_assert(masks > 0 && masks % 2 == 0);
}
