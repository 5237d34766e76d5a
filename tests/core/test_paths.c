/* Resolution: the same expectations of the kernel's resolver and of our walker, then what only races show. */
#include "core_test.h"

#include <pthread.h>
#include <sys/stat.h>

#include "internal.h"

SUITE(paths);

static long no_openat2(int dir, const char *path, const struct wasi_open_how *how, size_t size)
{
	(void)dir, (void)path, (void)how, (void)size;
	return -ENOSYS;
}

static const struct {
	const char *path;
	wasi_errno_t follow, nofollow;
} cases[] = {
	{".", 0, 0},
	{"f", 0, 0},
	{"./f", 0, 0},
	{"d", 0, 0},
	{"d/", 0, 0},
	{"d///", 0, 0},
	{"d/.", 0, 0},
	{"d/..", 0, 0},
	{"d/../f", 0, 0},
	{"d/sub/../../f", 0, 0},
	{"d//sub///f", 0, 0},
	{"f/", WASI_ERRNO_NOTDIR, WASI_ERRNO_NOTDIR},
	{"f/.", WASI_ERRNO_NOTDIR, WASI_ERRNO_NOTDIR},
	{"f/x", WASI_ERRNO_NOTDIR, WASI_ERRNO_NOTDIR},
	{"x", WASI_ERRNO_NOENT, WASI_ERRNO_NOENT},
	{"x/", WASI_ERRNO_NOENT, WASI_ERRNO_NOENT},
	{"x/../f", WASI_ERRNO_NOENT, WASI_ERRNO_NOENT},
	{"..", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
	{"../", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
	{"d/../..", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
	{"d/../../f", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
	{"lf", 0, 0},
	{"lf/", WASI_ERRNO_NOTDIR, WASI_ERRNO_NOTDIR},
	{"ld", 0, 0},
	{"ld/", 0, 0},
	{"ld/f", 0, 0},
	{"ld/..", 0, 0}, /* d/sub/.., that is d, not the parent of the link */
	{"ld/../sub/f", 0, 0},
	{"d/up", 0, 0}, /* -> ../f, inside */
	{"abs", WASI_ERRNO_NOTCAPABLE, 0},
	{"abs/", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
	{"out", WASI_ERRNO_NOTCAPABLE, 0},
	{"d/sub/out", WASI_ERRNO_NOTCAPABLE, 0},
	{"out/x", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
	{"inout", WASI_ERRNO_NOTCAPABLE, 0}, /* leaves and would come back */
	{"self", WASI_ERRNO_LOOP, 0},
	{"self/x", WASI_ERRNO_LOOP, WASI_ERRNO_LOOP},
	{"ping", WASI_ERRNO_LOOP, 0},
	{"dangling", WASI_ERRNO_NOENT, 0},
	{"dangling/", WASI_ERRNO_NOENT, WASI_ERRNO_NOENT},
	{"chain40", 0, 0},
	{"chain41", WASI_ERRNO_LOOP, 0},
	{"slashlink", 0, 0},		     /* -> d/ */
	{"slashfile", WASI_ERRNO_NOTDIR, 0}, /* -> f/ */
	{"", WASI_ERRNO_NOENT, WASI_ERRNO_NOENT},
	{"/", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
	{"/etc/passwd", WASI_ERRNO_NOTCAPABLE, WASI_ERRNO_NOTCAPABLE},
};

static void make_tree(void)
{
	char name[32], target[32], inout[128];

	make_file("f", "f");
	make_dir("d");
	make_dir("d/sub");
	make_file("d/sub/f", "");
	make_link("f", "lf");
	make_link("d/sub", "ld");
	make_link("../f", "d/up");
	make_link("/etc/passwd", "abs");
	make_link("../../etc", "out");
	make_link("../../../etc", "d/sub/out");
	snprintf(inout, sizeof(inout), "../%s/f", strrchr(w.root, '/') + 1);
	make_link(inout, "inout");
	make_link("self", "self");
	make_link("pong", "ping");
	make_link("ping", "pong");
	make_link("nowhere", "dangling");
	make_link("d/", "slashlink");
	make_link("f/", "slashfile");
	make_link("f", "chain1");
	for (int i = 2; i <= 41; i++) {
		snprintf(name, sizeof(name), "chain%d", i);
		snprintf(target, sizeof(target), "chain%d", i - 1);
		make_link(target, name);
	}
}

static void check_cases(const char *resolver)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wasi_filestat_t st;
		wasi_errno_t follow = wasi_path_filestat_get(w.ctx, w.dir, 1, S(cases[i].path), &st);
		wasi_errno_t nofollow = wasi_path_filestat_get(w.ctx, w.dir, 0, S(cases[i].path), &st);
		int fd;

		cr_expect(follow == cases[i].follow, "%s: %s, follow: %s", resolver, cases[i].path,
			  wasi_errno_name(follow));
		cr_expect(nofollow == cases[i].nofollow, "%s: %s: %s", resolver, cases[i].path,
			  wasi_errno_name(nofollow));
		follow = wasi_path_host(w.ctx, w.dir, 1, S(cases[i].path), &fd);
		cr_expect(follow == cases[i].follow, "%s: %s, open: %s", resolver, cases[i].path,
			  wasi_errno_name(follow));
	}
}

Test(paths, both_resolvers_agree_with_the_table)
{
	make_tree();
	check_cases("kernel");
	fake_host(NULL)->openat2 = no_openat2;
	check_cases("walker");
}

Test(paths, both_resolvers_find_the_same_object)
{
	struct wasi_host *host;
	struct stat a, b;
	int fd;

	make_tree();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].follow)
			continue;
		host = fake_host(NULL);
		OK(wasi_path_host(w.ctx, w.dir, 1, S(cases[i].path), &fd));
		cr_assert(fstat(fd, &a) == 0);
		close(fd);
		host->openat2 = no_openat2;
		OK(wasi_path_host(w.ctx, w.dir, 1, S(cases[i].path), &fd));
		cr_assert(fstat(fd, &b) == 0);
		close(fd);
		cr_assert(a.st_ino == b.st_ino && a.st_dev == b.st_dev, "%s", cases[i].path);
	}
}

/* Random paths over random trees. */
Test(paths, random_paths_agree)
{
	static const char *const parts[] = {"f",  "d",	 "sub", "..",	".",	     "ld", "lf",
					    "up", "out", "x",	"self", "slashlink", "/"};
	unsigned seed = 12345;
	struct wasi_host *host;
	int differences = 0;

	make_tree();
	host = fake_host(NULL);
	for (int i = 0; i < 3000; i++) {
		char path[128] = "";
		int n = rand_r(&seed) % 6 + 1, flags = rand_r(&seed) % 2;
		wasi_errno_t a, b;
		wasi_filestat_t x = {0}, y = {0};

		while (n--) {
			strcat(path, parts[(size_t)rand_r(&seed) % (sizeof(parts) / sizeof(parts[0]))]);
			if (n || rand_r(&seed) % 4 == 0)
				strcat(path, "/");
		}
		host->openat2 = wasi_host_linux()->openat2;
		w.ctx->no_openat2 = false;
		a = wasi_path_filestat_get(w.ctx, w.dir, (unsigned)flags, S(path), &x);
		host->openat2 = no_openat2;
		b = wasi_path_filestat_get(w.ctx, w.dir, (unsigned)flags, S(path), &y);
		if (a != b || x.ino != y.ino)
			differences++;
		cr_expect(a == b && x.ino == y.ino, "%s (%d): %s, %s", path, flags, wasi_errno_name(a),
			  wasi_errno_name(b));
	}
	cr_assert_eq(differences, 0);
}

static long forbidden(int dir, const char *path, const struct wasi_open_how *how, size_t size)
{
	(void)dir, (void)path, (void)how, (void)size;
	return -EPERM;
}

Test(paths, a_filter_that_forbids_openat2_means_the_walker)
{
	if (WASI_RESOLVER == 'w')
		cr_skip_test("this build has the walker only");
	make_tree();
	fake_host(NULL)->openat2 = forbidden;
	check_cases("forbidden");
	cr_assert(w.ctx->no_openat2);
}

static int again;

static long busy(int dir, const char *path, const struct wasi_open_how *how, size_t size)
{
	return ++again < 5 ? -EAGAIN : wasi_host_linux()->openat2(dir, path, how, size);
}

Test(paths, eagain_is_tried_again)
{
	wasi_fd_t fd;

	if (WASI_RESOLVER == 'w')
		cr_skip_test("this build has the walker only");
	make_tree();
	fake_host(NULL)->openat2 = busy;
	OK(try_open(w.dir, "d/../f", 0, RIGHTS_R, &fd));
	cr_assert(again >= 5 && !w.ctx->no_openat2);
}

Test(paths, ten_thousand_components)
{
	static char path[20001], nul[3] = "f\0f";
	wasi_filestat_t st;

	for (int i = 0; i < 10000; i++)
		memcpy(path + 2 * i, "./", 2);
	FAILS(NAMETOOLONG, wasi_path_filestat_get(w.ctx, w.dir, 0, path, 20000, &st));
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, path, 4094, &st));
	make_file("f", "");
	FAILS(INVAL, wasi_path_filestat_get(w.ctx, w.dir, 0, nul, 3, &st));
	FAILS(INVAL, wasi_path_filestat_get(w.ctx, w.dir, 0, "f", 2, &st));
	memset(path, 'n', 300);
	FAILS(NAMETOOLONG, wasi_path_filestat_get(w.ctx, w.dir, 0, path, 300, &st));
	fake_host(NULL)->openat2 = no_openat2;
	FAILS(NAMETOOLONG, wasi_path_filestat_get(w.ctx, w.dir, 1, path, 300, &st));
}

Test(paths, a_deep_tree_and_back_needs_few_descriptors)
{
	static char down[4096];
	wasi_filestat_t st;
	size_t len = 0;

	fake_host(NULL)->openat2 = no_openat2;
	for (int i = 0; i < 500; i++) {
		memcpy(down + len, "n/", 2);
		len += 2;
		OK(wasi_path_create_directory(w.ctx, w.dir, down, len));
	}
	for (int i = 0; i < 500; i++) {
		memcpy(down + len, "../", 3);
		len += 3;
	}
	memcpy(down + len, ".", 1);
	OK(wasi_path_filestat_get(w.ctx, w.dir, 0, down, len + 1, &st));
	cr_assert(st.filetype == WASI_FILETYPE_DIRECTORY);
	memcpy(down + len, "..", 2);
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, w.dir, 0, down, len + 2, &st));
}

Test(paths, magic_links_are_not_followed)
{
	wasi_fd_t proc, fd;

	OK(wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, open("/proc/self", O_PATH | O_DIRECTORY), "/proc",
				wasi_rights_preopen_base(), wasi_rights_preopen_inheriting(), &proc));
	cr_assert_neq(try_open(proc, "cwd/etc", 0, 0, &fd), WASI_ERRNO_SUCCESS);
	cr_assert_neq(try_open(proc, "root", 0, 0, &fd), WASI_ERRNO_SUCCESS);
	cr_assert_neq(try_open(proc, "fd/0", 0, 0, &fd), WASI_ERRNO_SUCCESS);
	OK(try_open(proc, "status", 0, RIGHTS_R, &fd));
}

/* Root may search everything, so this becomes somebody else first. */
Test(paths, dots_need_permission_to_search)
{
	wasi_filestat_t st;

	make_tree();
	cr_assert(fchmod(w.root_fd, 0755) == 0 && fchmodat(w.root_fd, "d", 0644, 0) == 0);
	for (int walker = 0; walker < 2; walker++) {
		if (walker)
			fake_host(NULL)->openat2 = no_openat2;
		cr_assert(geteuid() != 0 || seteuid(65534) == 0);
		OK(wasi_path_filestat_get(w.ctx, w.dir, 1, S("d"), &st));
		FAILS(ACCES, wasi_path_filestat_get(w.ctx, w.dir, 1, S("d/."), &st));
		FAILS(ACCES, wasi_path_filestat_get(w.ctx, w.dir, 1, S("d/.."), &st));
		FAILS(ACCES, wasi_path_filestat_get(w.ctx, w.dir, 1, S("d/sub"), &st));
		cr_assert(getuid() != 0 || seteuid(0) == 0);
	}
	cr_assert(fchmodat(w.root_fd, "d", 0755, 0) == 0);
}

static volatile bool stop;

/* Moves inside/d/victim out and in, so that `..` beneath it may mean two things. */
static void *renamer(void *unused)
{
	(void)unused;
	while (!stop) {
		renameat(w.root_fd, "inside/d/victim", w.root_fd, "victim");
		renameat(w.root_fd, "victim", w.root_fd, "inside/d/victim");
	}
	return NULL;
}

static void race(const char *path, const char *secret)
{
	wasi_fd_t inside = add_preopen("inside", wasi_rights_preopen_base(), wasi_rights_preopen_inheriting()), fd;
	pthread_t thread;
	wasi_filestat_t st;
	struct stat host;
	int found = 0;

	stop = false;
	cr_assert(fstatat(w.root_fd, secret, &host, 0) == 0);
	pthread_create(&thread, NULL, renamer, NULL);
	for (int i = 0; i < 20000; i++) {
		if (try_open(inside, path, 0, RIGHTS_R, &fd))
			continue;
		OK(wasi_fd_filestat_get(w.ctx, fd, &st));
		cr_assert_neq(st.ino, host.st_ino, "escaped");
		OK(wasi_fd_close(w.ctx, fd));
		found++;
	}
	stop = true;
	pthread_join(thread, NULL);
	cr_assert(found > 0);
}

Test(paths, a_racing_rename_does_not_let_out)
{
	make_dir("inside");
	make_dir("inside/d");
	make_dir("inside/d/victim");
	make_dir("inside/d/victim/deep");
	make_file("inside/target", "");
	make_file("target", "secret");
	/* seen from the moved directory, ../../target is the secret */
	race("d/victim/deep/../../../target", "target");
	fake_host(NULL)->openat2 = no_openat2;
	race("d/victim/deep/../../../target", "target");
}

static void *swapper(void *unused)
{
	(void)unused;
	while (!stop)
		renameat2(w.root_fd, "dir", w.root_fd, "evil", RENAME_EXCHANGE);
	return NULL;
}

Test(paths, a_directory_that_turns_into_a_link_does_not_let_out)
{
	pthread_t thread;

	make_dir("dir");
	make_link("../../../../../../tmp", "evil");
	for (int walker = 0; walker < 2; walker++) {
		if (walker)
			fake_host(NULL)->openat2 = no_openat2;
		stop = false;
		pthread_create(&thread, NULL, swapper, NULL);
		for (int i = 0; i < 5000; i++) {
			char name[64];

			snprintf(name, sizeof(name), "dir/wasi-core-escape-%d", (int)getpid());
			wasi_path_create_directory(w.ctx, w.dir, S(name));
			wasi_path_remove_directory(w.ctx, w.dir, S(name));
			cr_assert(access(strcat(strcpy((char[80]){0}, "/tmp"), name + 3), F_OK) != 0);
		}
		stop = true;
		pthread_join(thread, NULL);
	}
}
