/* Paths of several names that are looked at over and over: through a copy of the tree, with the same answers. */
#include "core_test.h"

#include <sys/stat.h>

SUITE(look);

#define MANY 1000

static struct {
	unsigned opens, copies;
} calls;
static long refusal; /* of open_tree */

static long counting_openat2(int dir, const char *path, const struct wasi_open_how *how, size_t size)
{
	calls.opens++;
	return wasi_host_linux()->openat2(dir, path, how, size);
}

static long counting_open_tree(int dir, const char *path, unsigned flags)
{
	calls.copies++;
	return refusal ? refusal : wasi_host_linux()->open_tree(dir, path, flags);
}

static bool copied; /* whether this process may make copies */

static long noting_mount_setattr(int dir, const char *path, unsigned flags, const struct wasi_mount_attr *attr, size_t size)
{
	long result = wasi_host_linux()->mount_setattr(dir, path, flags, attr, size);

	copied = result == 0;
	return result;
}

/* A tree with links of all sorts, and a context that has looked at it often. */
static void look_often(void)
{
	struct wasi_host *host = fake_host(NULL);
	wasi_filestat_t st;

	host->openat2 = counting_openat2;
	host->open_tree = counting_open_tree;
	host->mount_setattr = noting_mount_setattr;
	make_dir("a");
	make_dir("a/b");
	make_file("a/b/f", "12345");
	make_link("b", "a/inner");
	make_link("../../..", "a/b/up");
	make_link("/etc", "a/etc");
	make_link("f", "a/b/link");
	make_link("/etc/passwd", "a/b/passwd");
	for (int i = 0; i < MANY; i++)
		OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("a/b/f"), &st));
	cr_assert_eq(st.size, 5);
	calls.opens = 0;
}

static void same_answers(void)
{
	wasi_filestat_t st;

	OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/f"), &st));
	cr_assert(st.filetype == WASI_FILETYPE_REGULAR_FILE && st.size == 5);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/inner/f"), &st));
	cr_assert_eq(st.size, 5);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/link"), &st));
	cr_assert_eq(st.filetype, WASI_FILETYPE_REGULAR_FILE);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("a/b/link"), &st));
	cr_assert_eq(st.filetype, WASI_FILETYPE_SYMBOLIC_LINK);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("a/b/passwd"), &st));
	cr_assert_eq(st.filetype, WASI_FILETYPE_SYMBOLIC_LINK);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, S("a/b/../b/f"), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/passwd"), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 0, S("a/etc/passwd"), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/up/etc/passwd"), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/../../f"), &st));
	FAILS(NOENT, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/missing/f"), &st));
	FAILS(NOTDIR, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/f/f"), &st));
	FAILS(NOTDIR, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/f/"), &st));
	OK(wasi_path_access(w.ctx, w.dir, 1, S("a/inner/f"), R_OK, 0));
	OK(wasi_path_access(w.ctx, w.dir, 0, S("a/b/passwd"), 0, 0));
	FAILS(NOTCAPABLE, wasi_path_access(w.ctx, w.dir, 1, S("a/b/passwd"), 0, 0));
	FAILS(NOTCAPABLE, wasi_path_access(w.ctx, w.dir, 1, S("a/etc/passwd"), 0, 0));
	FAILS(NOENT, wasi_path_access(w.ctx, w.dir, 1, S("a/b/missing"), 0, 0));
}

Test(look, answers_are_the_same_with_a_copy)
{
	wasi_filestat_t st;

	look_often();
	if (!copied)
		cr_skip_test("this process may not copy a tree");
	OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/f"), &st));
	OK(wasi_path_access(w.ctx, w.dir, 1, S("a/b/f"), R_OK, 0));
	cr_assert(calls.opens == 0 && calls.copies == 1, "%u opens, %u copies", calls.opens, calls.copies);
	same_answers();
	cr_assert(calls.opens > 0);
}

Test(look, answers_are_the_same_where_no_copy_can_be_made)
{
	refusal = -EPERM;
	look_often();
	same_answers();
	cr_assert_eq(calls.copies, 1);
}

Test(look, what_changes_is_seen)
{
	wasi_filestat_t st;

	look_often();
	if (!copied)
		cr_skip_test("this process may not copy a tree");
	/* A directory that becomes a link leading out between two looks. */
	cr_assert(renameat(w.root_fd, "a/b", w.root_fd, "a/c") == 0 && symlinkat("/etc", w.root_fd, "a/b") == 0);
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/b/passwd"), &st));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/c/f"), &st));
	OK(wasi_path_rename(w.ctx, w.dir, S("a/c"), w.dir, S("c")));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("c/f"), &st));
	FAILS(NOENT, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/c/f"), &st));
	OK(wasi_path_unlink_file(w.ctx, w.dir, S("c/f")));
	FAILS(NOENT, wasi_path_filestat_get(w.ctx, w.dir, 1, S("c/f"), &st));
}

Test(look, a_native_programs_numbers_are_left_alone)
{
	wasi_fd_t before, after;

	remake_world(&(struct wasi_ctx_config){.numbering = WASI_NUMBERING_HOST});
	make_file("f", "");
	before = open_file("f", 0, RIGHTS_R);
	OK(wasi_fd_close(w.ctx, before));
	make_dir("a");
	make_file("a/f", "");
	for (int i = 0; i < MANY; i++)
		OK(wasi_path_access(w.ctx, w.dir, 1, S("a/f"), 0, 0));
	after = open_file("f", 0, RIGHTS_R);
	cr_assert_eq(before, after);
}

Test(look, a_copy_that_is_given_serves_from_the_first_look_on)
{
	struct wasi_mount_attr attr = {.set = WASI_MOUNT_ATTR_NOSYMFOLLOW, .propagation = WASI_MOUNT_PRIVATE};
	struct wasi_host *host = fake_host(NULL);
	wasi_filestat_t st;
	long tree = wasi_host_linux()->open_tree(w.root_fd, "", 1 | O_CLOEXEC | AT_EMPTY_PATH);

	if (tree < 0 || wasi_host_linux()->mount_setattr((int)tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		cr_skip_test("this process may not copy a tree");
	host->openat2 = counting_openat2;
	host->open_tree = counting_open_tree;
	make_dir("a");
	make_file("a/f", "12345");
	make_link("/etc/passwd", "a/passwd");
	OK(wasi_ctx_add_look(w.ctx, w.dir, (int)tree));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/f"), &st));
	cr_assert(st.size == 5 && calls.opens == 0 && calls.copies == 0);
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 1, S("a/passwd"), &st));
	FAILS(INVAL, wasi_ctx_add_look(w.ctx, w.dir, (int)tree));
	FAILS(INVAL, wasi_ctx_add_look(w.ctx, open_file("a/f", 0, RIGHTS_R), (int)tree));
	FAILS(BADF, wasi_ctx_add_look(w.ctx, 12345, (int)tree));
	OK(wasi_fd_close(w.ctx, w.dir));
	cr_assert(fcntl((int)tree, F_GETFD) < 0);
}
