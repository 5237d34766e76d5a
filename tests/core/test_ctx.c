/* Contexts: tables of names, traces, synthetic directories, threads, forks. */
#include "core_test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/wait.h>

SUITE(ctx);
SUITE(vdir);
SUITE(threads);

Test(ctx, names_of_errors_map_both_ways)
{
	cr_assert_str_eq(wasi_errno_name(0), "success");
	cr_assert_str_eq(wasi_errno_name(76), "notcapable");
	cr_assert_str_eq(wasi_errno_name(77), "?");
	cr_assert_eq(wasi_errno_to_host(WASI_ERRNO_NOTCAPABLE), EACCES);
	cr_assert_eq(wasi_errno_to_host(999), EIO);
	cr_assert_eq(wasi_errno_from_host(99999), WASI_ERRNO_IO);
	cr_assert_eq(wasi_errno_from_host(EWOULDBLOCK), WASI_ERRNO_AGAIN);
	cr_assert_eq(wasi_errno_from_host(ENOTSUP), WASI_ERRNO_NOTSUP);
	for (wasi_errno_t error = 0; error < WASI_ERRNO_NOTCAPABLE; error++)
		cr_assert_eq(wasi_errno_from_host(wasi_errno_to_host(error)), error);
}

Test(ctx, rights_by_name)
{
	wasi_rights_t right;

	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++) {
		OK(wasi_right_from_name(S(wasi_right_name(bit)), &right));
		cr_assert_eq(right, 1ull << bit);
		cr_assert(strlen(wasi_right_text(bit)) > 5);
	}
	FAILS(INVAL, wasi_right_from_name(S("fd_reed"), &right));
	FAILS(INVAL, wasi_right_from_name("fd_read", 6, &right));
	cr_assert_str_eq(wasi_right_name(30), "?");
	cr_assert(!(wasi_rights_readonly(WASI_RIGHTS_ALL) &
		    (WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_PATH_CREATE_FILE | WASI_RIGHTS_PATH_FILESTAT_SET_SIZE)));
}

Test(ctx, adding_what_is_not_there)
{
	wasi_fd_t fd;

	make_file("f", "");
	FAILS(BADF, wasi_ctx_add_fd(w.ctx, WASI_FD_AUTO, 12345, 0, 0, true, &fd));
	FAILS(NOTDIR, wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, openat(w.root_fd, "f", O_RDONLY), "/f", 0, 0, &fd));
	FAILS(INVAL, wasi_ctx_add_preopen(w.ctx, WASI_FD_AUTO, w.root_fd, NULL, 0, 0, &fd));
	cr_assert(fcntl(w.root_fd, F_GETFD) >= 0);
	FAILS(BADF, wasi_ctx_fd_info(w.ctx, NO_FD, &(struct wasi_fd_info){0}));
}

Test(ctx, equal_masks_share_a_domain)
{
	struct wasi_fd_info a, b, c, d;
	wasi_rights_t base = wasi_rights_preopen_base(), inheriting = wasi_rights_preopen_inheriting();

	make_dir("d");
	OK(wasi_ctx_fd_info(w.ctx, w.dir, &a));
	OK(wasi_ctx_fd_info(w.ctx, add_preopen("d", base, inheriting), &b));
	OK(wasi_ctx_fd_info(w.ctx, add_preopen("d", base, wasi_rights_readonly(inheriting)), &c));
	OK(wasi_ctx_fd_info(w.ctx, open_dir("d"), &d));
	cr_assert(a.preopen && a.owned && a.domain == b.domain && a.domain != c.domain && a.domain == d.domain);
}

static struct {
	int count;
	char name[40], args[300], results[200];
	wasi_errno_t error;
	wasi_rights_t missing;
	wasi_fd_t missing_fd;
} last;

static void remember(void *user, const struct wasi_trace_event *event)
{
	(void)user;
	last.count++;
	snprintf(last.name, sizeof(last.name), "%s", event->name);
	snprintf(last.args, sizeof(last.args), "%s", event->args);
	snprintf(last.results, sizeof(last.results), "%s", event->results);
	last.error = event->error;
	last.missing = event->missing;
	last.missing_fd = event->missing_fd;
}

Test(ctx, the_trace_tells_calls_results_and_missing_rights)
{
	wasi_fd_t fd;
	char expected[300];

	wasi_ctx_set_trace(w.ctx, remember, NULL, false);
	OK(try_open(w.dir, "a\"b\n", WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL, WASI_RIGHTS_FD_READ, &fd));
	snprintf(expected, sizeof(expected),
		 "fd=%u, dirflags=symlink_follow, path=\"a\\\"b\\x0a\", oflags=creat|excl, fs_rights_base=fd_read, "
		 "fs_rights_inheriting=0, fdflags=0",
		 w.dir);
	cr_assert_str_eq(last.name, "path_open");
	cr_assert_str_eq(last.args, expected);
	snprintf(expected, sizeof(expected), "opened_fd=%u", fd);
	cr_assert_str_eq(last.results, expected);
	FAILS(NOTCAPABLE, wasi_fd_write(w.ctx, fd, OUT("abc", 3), &(wasi_size_t){0}));
	cr_assert(last.error == WASI_ERRNO_NOTCAPABLE && last.missing == WASI_RIGHTS_FD_WRITE && last.missing_fd == fd);
	cr_assert_str_eq(last.results, "");
	cr_assert_eq(last.count, 2);
	wasi_ctx_set_trace(w.ctx, NULL, NULL, false);
	OK(wasi_fd_close(w.ctx, fd));
	cr_assert_eq(last.count, 2);
}

Test(ctx, the_trace_can_be_of_denials_only)
{
	static char path[9000];
	wasi_fd_t fd;

	wasi_ctx_set_trace(w.ctx, remember, NULL, true);
	OK(try_open(w.dir, "f", WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
	FAILS(NOENT, try_open(w.dir, "x", 0, RIGHTS_RW, &fd));
	cr_assert_eq(last.count, 0);
	FAILS(NOTCAPABLE, try_open(w.dir, "..", 0, RIGHTS_RW, &fd));
	cr_assert(last.count == 1 && last.missing == 0 && last.missing_fd == WASI_FD_AUTO);
	memset(path, '\1', sizeof(path) - 1);
	path[0] = '/';
	FAILS(NOTCAPABLE, wasi_path_unlink_file(w.ctx, w.dir, path, sizeof(path) - 1));
	cr_assert_eq(last.count, 2);
}

/* ---- synthetic directories ---- */

static wasi_fd_t make_vdir(void)
{
	struct wasi_vdir_entry entries[] = {
		{"sub", -1, NULL, 0},
		{"file", w.root_fd, "granted", WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_FILESTAT_GET},
		{"null", w.root_fd, "sink", WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_SEEK},
		{"tree", w.root_fd, "d", RIGHTS_R},
	};
	wasi_fd_t fd;

	make_file("granted", "hello");
	make_file("sink", "old");
	make_file("secret", "");
	make_dir("d");
	make_file("d/f", "");
	make_link("../secret", "d/up");
	OK(wasi_ctx_add_vdir(w.ctx, WASI_FD_AUTO, "/v", 4, entries, &fd));
	return fd;
}

Test(vdir, lists_and_stats)
{
	wasi_fd_t v = make_vdir();
	wasi_filestat_t st, self;
	wasi_size_t used, again;
	char buf[512], part[512];

	OK(wasi_fd_readdir(w.ctx, v, buf, sizeof(buf), 0, &used));
	cr_assert_eq(used, 6 * sizeof(wasi_dirent_t) + strlen("...subfilenulltree"));
	OK(wasi_fd_readdir(w.ctx, v, part, sizeof(part), 2, &again));
	cr_assert(again == 4 * sizeof(wasi_dirent_t) + strlen("subfilenulltree"));
	OK(wasi_fd_filestat_get(w.ctx, v, &self));
	cr_assert_eq(self.filetype, WASI_FILETYPE_DIRECTORY);
	OK(wasi_path_filestat_get(w.ctx, v, 0, S("sub/.."), &st));
	cr_assert_eq(st.ino, self.ino);
	OK(wasi_path_filestat_get(w.ctx, v, 1, S("./sub/"), &st));
	cr_assert(st.filetype == WASI_FILETYPE_DIRECTORY && st.ino != self.ino);
	OK(wasi_path_filestat_get(w.ctx, v, 1, S("file"), &st));
	cr_assert(st.filetype == WASI_FILETYPE_REGULAR_FILE && st.size == 5);
	FAILS(NOTDIR, wasi_path_filestat_get(w.ctx, v, 1, S("file/"), &st));
	FAILS(NOENT, wasi_path_filestat_get(w.ctx, v, 1, S("secret"), &st));
	FAILS(NOENT, wasi_path_filestat_get(w.ctx, v, 1, S("sub/x"), &st));
	FAILS(NOTCAPABLE, wasi_path_filestat_get(w.ctx, v, 1, S(".."), &st));
	OK(wasi_path_access(w.ctx, v, 1, S("file"), R_OK, 0));
	FAILS(ACCES, wasi_path_access(w.ctx, v, 1, S("file"), W_OK, 0));
	FAILS(ROFS, wasi_path_access(w.ctx, v, 1, S("sub"), W_OK, 0));
	OK(wasi_path_statfs(w.ctx, v, S("sub"), &(struct statfs){0}));
}

Test(vdir, opens_what_was_granted_as_it_was_granted)
{
	wasi_fd_t v = make_vdir(), fd;
	wasi_fdstat_t st;

	OK(try_open(v, "file", 0, RIGHTS_R, &fd));
	OK(wasi_fd_fdstat_get(w.ctx, fd, &st));
	cr_assert(st.fs_rights_base & WASI_RIGHTS_FD_READ && !(st.fs_rights_base & WASI_RIGHTS_FD_TELL));
	FAILS(NOTCAPABLE, try_open(v, "file", 0, WASI_RIGHTS_FD_WRITE, &fd));
	FAILS(NOTCAPABLE, try_open(v, "file", WASI_OFLAGS_TRUNC, 0, &fd));
	cr_assert_str_eq(contents_of("granted"), "hello");
	OK(try_open(v, "null", WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC, WASI_RIGHTS_FD_WRITE, &fd));
	write_text(fd, "new");
	cr_assert_str_eq(contents_of("sink"), "new");
	FAILS(EXIST, try_open(v, "null", WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL, WASI_RIGHTS_FD_WRITE, &fd));
	OK(try_open(v, ".", WASI_OFLAGS_DIRECTORY, wasi_rights_preopen_base(), &fd));
	OK(wasi_fd_close(w.ctx, v));
	OK(wasi_path_filestat_get(w.ctx, fd, 0, S("sub"), &(wasi_filestat_t){0}));
	OK(try_open(fd, "sub", 0, 0, &fd));
}

Test(vdir, beneath_a_granted_directory_nothing_leads_out)
{
	wasi_fd_t v = make_vdir(), fd;

	OK(try_open(v, "tree/f", 0, WASI_RIGHTS_FD_READ, &fd));
	FAILS(NOTCAPABLE, try_open(v, "tree/../secret", 0, WASI_RIGHTS_FD_READ, &fd));
	FAILS(NOTCAPABLE, try_open(v, "tree/up", 0, WASI_RIGHTS_FD_READ, &fd));
	FAILS(NOTCAPABLE, try_open(v, "tree/f", 0, WASI_RIGHTS_FD_WRITE, &fd));
	FAILS(ROFS, try_open(v, "tree/new", WASI_OFLAGS_CREAT, WASI_RIGHTS_FD_READ, &fd));
}

Test(vdir, refuses_every_change)
{
	wasi_fd_t v = make_vdir();

	FAILS(ROFS, wasi_path_create_directory(w.ctx, v, S("new")));
	FAILS(ROFS, wasi_path_unlink_file(w.ctx, v, S("file")));
	FAILS(ROFS, wasi_path_remove_directory(w.ctx, v, S("sub")));
	FAILS(ROFS, wasi_path_rename(w.ctx, v, S("file"), v, S("x")));
	FAILS(ROFS, wasi_path_symlink(w.ctx, S("x"), v, S("l")));
	FAILS(ROFS, wasi_path_link(w.ctx, v, 0, S("file"), v, S("x")));
	FAILS(NOTCAPABLE, wasi_path_link(w.ctx, v, 0, S("file"), w.dir, S("x")));
	FAILS(ROFS, wasi_path_filestat_set_times(w.ctx, v, 0, S("file"), 1, 1, WASI_FSTFLAGS_ATIM));
	FAILS(ROFS, wasi_path_chmod(w.ctx, v, 0, S("file"), 0777));
	FAILS(ROFS, wasi_fd_chmod(w.ctx, v, 0777));
	FAILS(ROFS, wasi_fd_filestat_set_times(w.ctx, v, 1, 1, WASI_FSTFLAGS_ATIM));
	FAILS(ROFS, try_open(v, "new", WASI_OFLAGS_CREAT, 0, &(wasi_fd_t){0}));
	FAILS(INVAL, wasi_path_readlink(w.ctx, v, S("file"), (char[4]){0}, 4, &(wasi_size_t){0}));
}

Test(vdir, takes_a_number_of_its_own_from_the_host)
{
	wasi_fd_t v, fd;

	remake_world(&(struct wasi_ctx_config){.numbering = WASI_NUMBERING_HOST});
	v = make_vdir();
	cr_assert(fcntl((int)v, F_GETFD) & FD_CLOEXEC);
	OK(try_open(v, ".", 0, wasi_rights_preopen_base(), &fd));
	cr_assert(fcntl((int)fd, F_GETFD) >= 0);
	OK(wasi_fd_renumber(w.ctx, fd, v));
	OK(wasi_fd_close(w.ctx, v));
	cr_assert(fcntl((int)v, F_GETFD) < 0 && fcntl((int)fd, F_GETFD) < 0);
}

/* ---- threads ---- */

static volatile bool stop;

static void *open_and_close(void *unused)
{
	(void)unused;
	for (int i = 0; i < 20000; i++) {
		wasi_fd_t fd;
		wasi_filestat_t st;

		OK(try_open(w.dir, "f", 0, RIGHTS_R, &fd));
		OK(wasi_fd_filestat_get(w.ctx, fd, &st));
		cr_assert_eq(st.size, 5);
		OK(wasi_fd_close(w.ctx, fd));
	}
	return NULL;
}

Test(threads, each_thread_owns_what_it_opened)
{
	pthread_t threads[4];

	make_file("f", "hello");
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, open_and_close, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(open_file("f", 0, RIGHTS_R), w.dir + 1);
}

/* Reads through numbers that others close and reuse: right contents or badf, never another error. */
static void *read_anything(void *unused)
{
	(void)unused;
	while (!stop) {
		for (wasi_fd_t fd = w.dir + 1; fd < w.dir + 6; fd++) {
			wasi_size_t n;
			char c = 0;
			wasi_errno_t error = wasi_fd_pread(w.ctx, fd, IN(&c, 1), 0, &n);

			cr_assert(error == WASI_ERRNO_BADF || (error == 0 && n == 1 && c == 'h'), "%s",
				  wasi_errno_name(error));
		}
	}
	return NULL;
}

static void *renumber_anything(void *unused)
{
	unsigned seed = (unsigned)(uintptr_t)&seed;

	(void)unused;
	while (!stop)
		wasi_fd_renumber(w.ctx, w.dir + 1 + (unsigned)rand_r(&seed) % 5,
				 w.dir + 1 + (unsigned)rand_r(&seed) % 5);
	return NULL;
}

Test(threads, closing_under_a_user_is_safe)
{
	pthread_t readers[2], mover;

	make_file("f", "hello");
	pthread_create(&readers[0], NULL, read_anything, NULL);
	pthread_create(&readers[1], NULL, read_anything, NULL);
	pthread_create(&mover, NULL, renumber_anything, NULL);
	for (int i = 0; i < 20000; i++) {
		wasi_fd_t fd;

		OK(try_open(w.dir, "f", 0, RIGHTS_R, &fd));
		wasi_fd_close(w.ctx, fd);
	}
	stop = true;
	pthread_join(readers[0], NULL);
	pthread_join(readers[1], NULL);
	pthread_join(mover, NULL);
}

static int pipe_other;
static wasi_fd_t blocked_fd;
static sem_t reading;

/* The host's read: whoever comes here has the descriptor in use. */
static long tell_and_read(int fd, void *buf, size_t len)
{
	sem_post(&reading);
	return wasi_host_linux()->read(fd, buf, len);
}

static void *blocked_reader(void *unused)
{
	wasi_size_t n;
	char c;

	(void)unused;
	OK(wasi_fd_read(w.ctx, blocked_fd, IN(&c, 1), &n));
	return NULL;
}

/* Starts a thread that reads from the pipe's end blocked_fd, and waits until it does. */
static pthread_t start_blocked_reader(void)
{
	pthread_t thread;

	sem_init(&reading, 0, 0);
	fake_host(NULL)->read = tell_and_read;
	blocked_fd = pipe_end(0, WASI_RIGHTS_ALL, &pipe_other);
	pthread_create(&thread, NULL, blocked_reader, NULL);
	while (sem_wait(&reading) != 0)
		;
	return thread;
}

Test(threads, a_closed_descriptor_lives_until_its_last_user_leaves)
{
	pthread_t thread = start_blocked_reader();
	struct wasi_fd_info info;

	OK(wasi_ctx_fd_info(w.ctx, blocked_fd, &info));
	OK(wasi_fd_close(w.ctx, blocked_fd));
	cr_assert(fcntl(info.host_fd, F_GETFD) >= 0);
	cr_assert(write(pipe_other, "x", 1) == 1);
	pthread_join(thread, NULL);
	cr_assert(fcntl(info.host_fd, F_GETFD) < 0);
}

static atomic_uint rounds;

static void *busy_directory(void *unused)
{
	wasi_size_t used;
	char buf[200];

	(void)unused;
	while (!stop) {
		OK(wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 0, &used));
		OK(wasi_fd_close(w.ctx, open_file("f", 0, RIGHTS_R)));
		rounds++;
	}
	return NULL;
}

Test(threads, a_fork_in_the_middle_leaves_a_working_child)
{
	pthread_t threads[2], blocked = start_blocked_reader();
	int status;

	make_file("f", "hello");
	pthread_create(&threads[0], NULL, busy_directory, NULL);
	pthread_create(&threads[1], NULL, busy_directory, NULL);
	while (rounds < 4)
		sched_yield();
	for (int i = 0; i < 50; i++) {
		pid_t child;

		wasi_ctx_fork_prepare(w.ctx);
		child = fork();
		if (child == 0) {
			struct wasi_fd_info info;
			wasi_size_t used;
			char buf[200];

			wasi_ctx_fork_child(w.ctx);
			alarm(200);
			if (wasi_ctx_fd_info(w.ctx, blocked_fd, &info) || wasi_fd_close(w.ctx, blocked_fd))
				_exit(1);
			/* the reader that held it does not exist here */
			if (fcntl(info.host_fd, F_GETFD) >= 0)
				_exit(2);
			if (wasi_fd_readdir(w.ctx, w.dir, buf, sizeof(buf), 0, &used))
				_exit(3);
			_exit(0);
		}
		wasi_ctx_fork_parent(w.ctx);
		cr_assert(waitpid(child, &status, 0) == child && status == 0, "child: %x", (unsigned)status);
	}
	stop = true;
	cr_assert(write(pipe_other, "x", 1) == 1);
	pthread_join(blocked, NULL);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
}
