/* Listing directories. */
#include "core_test.h"

SUITE(fd_readdir);

struct seen {
	char name[256];
	wasi_dirent_t d;
};

/* Lists the whole directory with a buffer of `size` bytes, as wasi-libc does. */
static int list(wasi_fd_t fd, size_t size, struct seen *seen, int room)
{
	wasi_dircookie_t cookie = 0;
	wasi_size_t used;
	char buf[4096];
	int n = 0;

	do {
		size_t at = 0;

		OK(wasi_fd_readdir(w.ctx, fd, buf, size, cookie, &used));
		while (at + sizeof(wasi_dirent_t) <= used) {
			struct seen *s = &seen[n];

			memcpy(&s->d, buf + at, sizeof(s->d));
			at += sizeof(s->d);
			if (at + s->d.d_namlen > used)
				break;
			memcpy(s->name, buf + at, s->d.d_namlen);
			s->name[s->d.d_namlen] = '\0';
			at += s->d.d_namlen;
			cookie = s->d.d_next;
			cr_assert(++n < room);
		}
	} while (used == size);
	return n;
}

static struct seen *find(struct seen *seen, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(seen[i].name, name) == 0)
			return &seen[i];
	}
	return NULL;
}

Test(fd_readdir, an_empty_directory_has_two_entries)
{
	static struct seen seen[8];
	wasi_filestat_t st;

	cr_assert_eq(list(w.dir, 4096, seen, 8), 2);
	OK(wasi_fd_filestat_get(w.ctx, w.dir, &st));
	cr_assert_eq(find(seen, 2, ".")->d.d_ino, st.ino);
	cr_assert_eq(find(seen, 2, ".")->d.d_type, WASI_FILETYPE_DIRECTORY);
	/* the parent of a preopen is nobody's business */
	cr_assert_eq(find(seen, 2, "..")->d.d_ino, st.ino);
}

Test(fd_readdir, dotdot_elsewhere_is_the_parent)
{
	static struct seen seen[8];
	wasi_filestat_t st;

	make_dir("d");
	cr_assert_eq(list(open_dir("d"), 4096, seen, 8), 2);
	OK(wasi_fd_filestat_get(w.ctx, w.dir, &st));
	cr_assert_eq(find(seen, 2, "..")->d.d_ino, st.ino);
}

Test(fd_readdir, finds_everything_with_any_buffer)
{
	static struct seen seen[200];
	char name[32];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "file.%d", i);
		make_file(name, "");
	}
	for (size_t size = 40; size < 600; size += 37) {
		int n = list(w.dir, size, seen, 200);

		cr_assert_eq(n, 102, "%zu: %d", size, n);
		for (int i = 0; i < 100; i++) {
			snprintf(name, sizeof(name), "file.%d", i);
			cr_assert_not_null(find(seen, n, name));
		}
	}
}

Test(fd_readdir, types_and_inodes_agree_with_stat)
{
	static struct seen seen[8];
	struct seen *s;
	wasi_filestat_t st;
	int n;

	make_file("f", "");
	make_dir("d");
	make_link("f", "l");
	n = list(w.dir, 4096, seen, 8);
	for (const char *const *name = (const char *const[]){"f", "d", "l", NULL}; *name; name++) {
		OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S(*name), &st));
		s = find(seen, n, *name);
		cr_assert(s && s->d.d_ino == st.ino && s->d.d_type == st.filetype);
	}
}

Test(fd_readdir, resumes_at_any_cookie_in_any_order)
{
	static struct seen seen[8], one;
	char buf[600];
	wasi_size_t used;
	int n;

	make_file("a", "");
	make_file("b", "");
	n = list(w.dir, 4096, seen, 8);
	cr_assert_eq(n, 4);
	for (int i = n - 2; i >= 0; i--) {
		OK(wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), seen[i].d.d_next, &used));
		memcpy(&one.d, buf, sizeof(one.d));
		cr_assert_eq(one.d.d_ino, seen[i + 1].d.d_ino);
	}
	OK(wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), seen[n - 1].d.d_next, &used));
	cr_assert_eq(used, 0);
}

Test(fd_readdir, cuts_records_anywhere)
{
	char whole[200], part[200];
	wasi_size_t used, cut;

	OK(wasi_fd_readdir(w.ctx, w.dir, whole, sizeof(whole), 0, &used));
	for (size_t size = 0; size < used; size++) {
		OK(wasi_fd_readdir(w.ctx, w.dir, part, size, 0, &cut));
		cr_assert_eq(cut, size);
		cr_assert(memcmp(whole, part, size) == 0);
	}
}

static long untyped(int fd, void *buf, size_t len)
{
	long result = wasi_host_linux()->getdents64(fd, buf, len);

	for (long at = 0; at < result; at += *(uint16_t *)((char *)buf + at + 16))
		((char *)buf)[at + 18] = 0;
	return result;
}

Test(fd_readdir, asks_where_the_filesystem_tells_no_type)
{
	static struct seen seen[8];
	int n;

	make_file("f", "");
	fake_host(NULL)->getdents64 = untyped;
	n = list(w.dir, 4096, seen, 8);
	cr_assert_eq(find(seen, n, "f")->d.d_type, WASI_FILETYPE_REGULAR_FILE);
}

Test(fd_readdir, refuses)
{
	wasi_size_t used;
	char buf[100];
	wasi_fd_t fd = open_file("f", WASI_OFLAGS_CREAT, RIGHTS_RW);

	FAILS(NOTDIR, wasi_fd_readdir(w.ctx, fd, buf, sizeof(buf), 0, &used));
	FAILS(BADF, wasi_fd_readdir(w.ctx, NO_FD, buf, sizeof(buf), 0, &used));
	OK(wasi_fd_fdstat_set_rights(w.ctx, w.dir, WASI_RIGHTS_PATH_OPEN, 0));
	FAILS(NOTCAPABLE, wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 0, &used));
}

Test(fd_readdir, works_on_a_directory_granted_as_a_path_only)
{
	static struct seen seen[8];
	wasi_fd_t fd;

	make_file("f", "");
	OK(wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, open(w.root, O_PATH | O_DIRECTORY), "/p",
				wasi_rights_preopen_base(), 0, &fd));
	cr_assert_eq(list(fd, 4096, seen, 8), 3);
	cr_assert_eq(list(fd, 4096, seen, 8), 3);
}

Test(fd_readdir, counted_cookies_are_small_and_resume_in_any_order)
{
	static struct seen seen[8], one;
	char buf[600];
	wasi_size_t used;

	remake_world(&(struct wasi_ctx_config){.listing = WASI_LISTING_COUNTED});
	make_file("a", "");
	make_file("b", "");
	int n = list(w.dir, 4096, seen, 8);
	cr_assert_eq(n, 4);
	for (int i = n - 1; i >= 0; i--) {
		cr_assert_eq(seen[i].d.d_next, (wasi_dircookie_t)i + 1);
		if (i == n - 1)
			continue;
		OK(wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), seen[i].d.d_next, &used));
		memcpy(&one.d, buf, sizeof(one.d));
		cr_assert_eq(one.d.d_ino, seen[i + 1].d.d_ino);
	}
}

Test(fd_readdir, a_counted_cookie_that_was_never_given_out_is_inval)
{
	static struct seen seen[8];
	char buf[600];
	wasi_size_t used;

	remake_world(&(struct wasi_ctx_config){.listing = WASI_LISTING_COUNTED});
	FAILS(INVAL, wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 1, &used));
	cr_assert_eq(list(w.dir, 4096, seen, 8), 2);
	OK(wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 2, &used));
	cr_assert_eq(used, 0);
	FAILS(INVAL, wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 3, &used));
	FAILS(INVAL, wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), UINT64_MAX, &used));
}

Test(fd_readdir, counted_finds_everything_with_any_buffer)
{
	static struct seen seen[400];
	char name[32];

	remake_world(&(struct wasi_ctx_config){.listing = WASI_LISTING_COUNTED});
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "file.%d", i);
		make_file(name, "");
	}
	for (size_t size = 40; size < 600; size += 137) {
		int n = list(w.dir, size, seen, 400);

		cr_assert_eq(n, 302, "%zu: %d", size, n);
		for (int i = 0; i < 300; i++) {
			snprintf(name, sizeof(name), "file.%d", i);
			cr_assert_not_null(find(seen, n, name));
		}
	}
}

Test(fd_readdir, sorted_is_in_the_order_of_bytes)
{
	static const char *const expected[] = {".", "..", "!", "B", "a", "b", "\xc3\xa4"};
	static struct seen seen[16];

	remake_world(&(struct wasi_ctx_config){.listing = WASI_LISTING_SORTED});
	for (size_t i = 7; i-- > 2;)
		make_file(expected[i], "");
	for (size_t size = 40; size < 300; size += 50) {
		cr_assert_eq(list(w.dir, size, seen, 16), 7);
		for (int i = 0; i < 7; i++)
			cr_expect_str_eq(seen[i].name, expected[i]);
	}
}

Test(fd_readdir, sorted_shows_the_directory_as_it_was_at_its_start)
{
	static struct seen seen[16];
	char buf[600];
	wasi_size_t used;

	remake_world(&(struct wasi_ctx_config){.listing = WASI_LISTING_SORTED});
	make_file("b", "");
	cr_assert_eq(list(w.dir, 4096, seen, 16), 3);
	make_file("a", "");
	OK(wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 2, &used));
	cr_expect_eq(used, sizeof(wasi_dirent_t) + 1);
	cr_expect_eq(buf[sizeof(wasi_dirent_t)], 'b');
	cr_assert_eq(list(w.dir, 4096, seen, 16), 4);
	cr_expect_str_eq(seen[2].name, "a");
	OK(wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 100, &used));
	cr_expect_eq(used, 0);
}
