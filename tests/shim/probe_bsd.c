/* What FreeBSD and Darwin have under the same names as Linux's C library, or under names of their own beside it: each does what it
 * does there for files that are granted, and refuses what the rights refuse. */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "probe.h"

/* copy_file_range(2), sendfile(2). */
void case_bsd_copies_between_descriptors(void)
{
	int in = open("a", O_RDONLY), out = open("copy", O_CREAT | O_RDWR, 0600), only = open("a", O_WRONLY), ends[2];
	off_t from = 8, to = 0;
	char buf[16] = "";

	CHECK(copy_file_range(in, &from, out, &to, 4, 0) == 4 && from == 12 && to == 4 && is("copy", "of a"));
	CHECK(lseek(in, 0, SEEK_CUR) == 0 && copy_file_range(in, NULL, out, &to, 100, 0) == 12);
	FAILS(copy_file_range(in, NULL, in, NULL, 4, 0), EBADF);
	FAILS(copy_file_range(only, NULL, out, NULL, 4, 0), EBADF);
	FAILS(copy_file_range(in, NULL, open("/ro/r", O_RDONLY), NULL, 4, 0), EBADF);
	FAILS(copy_file_range(in, NULL, out, NULL, 4, 1), EINVAL);
	FAILS(copy_file_range(900, NULL, out, NULL, 4, 0), EBADF);

	CHECK(pipe(ends) == 0);
	from = 0;
	CHECK(sendfile(ends[1], in, &from, 7) == 7 && from == 7 && read(ends[0], buf, 16) == 7 && strcmp(buf, "content") == 0);
	FAILS(sendfile(ends[1], only, NULL, 4), EBADF);
	FAILS(sendfile(in, in, NULL, 4), EBADF);
	FAILS(sendfile(ends[1], 900, NULL, 4), EBADF);
	CHECK(is("a", "content of a"));
}

static int spawned(posix_spawn_file_actions_t *actions, const char *program)
{
	char *const argv[] = {(char *)"probe", (char *)"--cat", (char *)"a", NULL}, *const none[] = {NULL};
	int status = 0;
	pid_t pid;
	int error = posix_spawn(&pid, program, actions, NULL, argv, none);

	CHECK(posix_spawn_file_actions_destroy(actions) == 0);
	if (error)
		return error;
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -128;
}

/* posix_spawn(3), whose actions name files, too. */
void case_bsd_spawn_with_file_actions(void)
{
	posix_spawn_file_actions_t actions;

	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	CHECK(posix_spawn_file_actions_addopen(&actions, 1, "said", O_CREAT | O_WRONLY, 0600) == 0);
	CHECK(posix_spawn_file_actions_addclose(&actions, 0) == 0 && posix_spawn_file_actions_adddup2(&actions, 1, 2) == 0);
	CHECK(spawned(&actions, "/ro/probe") == 0 && is("said", "content of a"));

	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	CHECK(posix_spawn_file_actions_addopen(&actions, 1, "/outside/said", O_CREAT | O_WRONLY, 0600) == 0);
	CHECK(spawned(&actions, "/ro/probe") == ENOENT);
	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	CHECK(posix_spawn_file_actions_addopen(&actions, 1, "/ro/said", O_CREAT | O_WRONLY, 0600) == 0);
	CHECK(spawned(&actions, "/ro/probe") == EACCES);
	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	CHECK(posix_spawn_file_actions_adddup2(&actions, 900, 1) == 0);
	CHECK(spawned(&actions, "/ro/probe") == EBADF);
	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	CHECK(spawned(&actions, "/outside/secret") == ENOENT);
}

/* closefrom(2), close_range(2): everything of the guest's, nothing of ours. */
void case_bsd_closefrom(void)
{
	int fd = open("a", O_RDONLY), far = fcntl(fd, F_DUPFD, 500);

	CHECK(far >= 500 && close_range((unsigned)far, (unsigned)far, 0) == 0);
	FAILS(fcntl(far, F_GETFD), EBADF);
	FAILS(close_range(5, 4, 0), EINVAL);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	closefrom(fd);
	FAILS(fcntl(fd, F_GETFD), EBADF);
	closefrom(0);
	for (int number = 0; number < 3; number++)
		FAILS(fcntl(number, F_GETFD), EBADF);
	CHECK(open("/data/a", O_RDONLY) == 0 && open("/ro/r", O_RDONLY) == 1 && open("/outside/secret", O_RDONLY) < 0);
	CHECK(open("/dev/null", O_WRONLY) == 2);
}

static void *named(void *go_on)
{
	char name[16];

	CHECK(sem_wait(go_on) == 0 && pthread_getname_np(pthread_self(), name, sizeof(name)) == 0);
	return (void *)(long)(strcmp(name, "a worker") == 0);
}

/* pthread_setname_np(3): of threads of one's own. */
void case_bsd_names_of_threads(void)
{
	char name[16];
	pthread_t thread;
	void *result;
	sem_t go_on;

	CHECK(pthread_setname_np(pthread_self(), "the main one") == 0);
	CHECK(pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 && strcmp(name, "the main one") == 0);
	CHECK(pthread_setname_np(pthread_self(), "a name that is too long") == ERANGE);
	CHECK(sem_init(&go_on, 0, 0) == 0 && pthread_create(&thread, NULL, named, &go_on) == 0);
	/* Another's is written to a file of /proc inside the library, which a wall may not have. */
	int error = pthread_setname_np(thread, "a worker");
	CHECK((error == 0 || error == ENOENT) && sem_post(&go_on) == 0 && pthread_join(thread, &result) == 0);
	CHECK(error || result == (void *)1);
}

/* arc4random(3), getentropy(3). */
void case_bsd_randomness(void)
{
	unsigned char a[64] = {0}, b[64] = {0}, big[257];

	CHECK(getentropy(a, sizeof(a)) == 0 && getentropy(b, sizeof(b)) == 0 && memcmp(a, b, sizeof(a)) != 0);
	FAILS(getentropy(big, sizeof(big)), EIO);
	CHECK(getrandom(a, sizeof(a), 0) == sizeof(a) && memcmp(a, b, sizeof(a)) != 0);
	FAILS(getrandom(a, sizeof(a), 0x100), EINVAL);
#ifdef __GLIBC__
	arc4random_buf(a, sizeof(a));
	arc4random_buf(b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0 && (arc4random() | arc4random() | arc4random()) != 0);
	for (int i = 0; i < 1000; i++)
		CHECK(arc4random_uniform(10) < 10);
#endif
}

/* Semaphores without a name in shared memory, and with one. */
void case_bsd_semaphores(void)
{
	sem_t *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *s;
	struct timespec past = {0, 0};
	int value;

	CHECK(shared != MAP_FAILED && sem_init(shared, 1, 0) == 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(sem_post(shared));
	CHECK(sem_wait(shared) == 0 && waitpid(pid, NULL, 0) == pid);
	FAILS(sem_trywait(shared), EAGAIN);
	FAILS(sem_timedwait(shared, &past), ETIMEDOUT);
	CHECK((s = sem_open("/bsd", O_CREAT, 0600, 3)) != SEM_FAILED && sem_getvalue(s, &value) == 0 && value == 3);
	CHECK(sem_close(s) == 0 && sem_unlink("/bsd") == 0);
	CHECK(sem_open("/a/b", O_CREAT, 0600, 0) == SEM_FAILED && errno == EINVAL);
	CHECK(sem_open("/bsd", 0) == SEM_FAILED && errno == ENOENT);
	/* Memory with a name would be shared with the machine. */
	FAILS(shm_open("/bsd", O_CREAT | O_RDWR, 0600), EACCES);
	FAILS(shm_unlink("/bsd"), EACCES);
}

/* kqueue's counterparts: epoll over descriptors, timers, and changes of files. */
void case_bsd_events(void)
{
	struct itimerspec soon = {.it_value = {0, 1000000}};
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7}, got[4];
	int queue = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int changes = inotify_init1(IN_NONBLOCK);
	char buf[512];

	CHECK(queue >= 0 && timer >= 0 && changes >= 0);
	CHECK(timerfd_settime(timer, 0, &soon, NULL) == 0 && epoll_ctl(queue, EPOLL_CTL_ADD, timer, &event) == 0);
	CHECK(epoll_wait(queue, got, 4, 2000) == 1 && got[0].data.u32 == 7);
	FAILS(epoll_ctl(queue, EPOLL_CTL_ADD, open("a", O_RDONLY), &event), EPERM);
	FAILS(epoll_create(0), EINVAL);
	FAILS(epoll_create1(0x1000), EINVAL);
	CHECK(inotify_add_watch(changes, "dir", IN_CREATE) >= 0);
	put("dir/appeared", "");
	CHECK(read(changes, buf, sizeof(buf)) > 0);
	FAILS(inotify_add_watch(changes, "/outside", IN_CREATE), ENOENT);
	FAILS(inotify_add_watch(changes, "out-dir", IN_CREATE), EACCES);
	FAILS(inotify_add_watch(queue, "dir", IN_CREATE), EINVAL);
}

/* kinfo_getfile(3): which descriptors there are, and what each is. */
void case_bsd_list_of_descriptors(void)
{
	int ends[2], file = open("a", O_RDWR | O_APPEND), dir = open("dir", O_RDONLY), found = 0;
	struct dirent *entry;
	DIR *list;

	CHECK(pipe(ends) == 0 && (list = opendir("/dev/fd")));
	while ((entry = readdir(list))) {
		char *end;
		int fd = (int)strtol(entry->d_name, &end, 10);
		struct stat st;
		if (*end || entry->d_name[0] == '.')
			continue;
		CHECK(fd < 900 && (fd == dirfd(list) || fstat(fd, &st) == 0));
		if (fd == file)
			found += S_ISREG(st.st_mode) && st.st_size == 12 && (fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_RDWR | O_APPEND);
		if (fd == dir)
			found += S_ISDIR(st.st_mode) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
		if (fd == ends[0] || fd == ends[1])
			found += S_ISFIFO(st.st_mode);
	}
	CHECK(found == 4 && closedir(list) == 0);
}

static ssize_t count_bytes(void *cookie, const char *buf, size_t len)
{
	(void)buf;
	*(size_t *)cookie += len;
	return (ssize_t)len;
}

/* eaccess, mkostemps, pipe2, futimes, lutimes, funopen's counterpart, fexecve. */
void case_bsd_small_helpers(void)
{
	struct timeval t[2] = {{1000000000, 0}, {1100000000, 0}};
	char temporary[] = "t-XXXXXX.c", outside[] = "/outside/t-XXXXXX.c", *const argv[] = {(char *)"probe", (char *)"--denied", NULL};
	size_t written = 0;
	struct stat st;
	int status;

	CHECK(eaccess("a", R_OK | W_OK) == 0);
	FAILS(eaccess("/ro/r", W_OK), EACCES);
	FAILS(eaccess("/outside/secret", F_OK), ENOENT);
	CHECK(mkostemps(temporary, 2, O_CLOEXEC) >= 0 && unlink(temporary) == 0);
	FAILS(mkostemps(outside, 2, O_CLOEXEC), ENOENT);
	CHECK(futimes(open("a", O_RDONLY), t) == 0 && stat("a", &st) == 0 && st.st_mtim.tv_sec == 1100000000);
	CHECK(lutimes("link", t) == 0 && lstat("link", &st) == 0 && st.st_mtim.tv_sec == 1100000000);
	FAILS(futimes(open("/ro/r", O_RDONLY), t), EACCES);
	FAILS(lutimes("/ro/r", t), EACCES);
	FILE *f = fopencookie(&written, "w", (cookie_io_functions_t){.write = count_bytes});
	CHECK(f && fputs("counted", f) >= 0 && fclose(f) == 0 && written == 7);
	pid_t pid = fork();
	if (pid == 0) {
		fexecve(open("/ro/probe", O_RDONLY | O_CLOEXEC), argv, environ);
		_exit(126);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	FAILS(fexecve(900, argv, environ), EBADF);
}
