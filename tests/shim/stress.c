/* Many threads with many calls, and forks in between: for the thread and address sanitizers, and for whoever wants to see
 * descriptors mixed up.
 *
 * The sanitizers put themselves in front of the C library's functions, where the shim stands otherwise. So this program
 * has the shim's parts linked in, without its constructor and its symbols, and calls the wrappers by their names.
 *
 * usage: shim-stress [CALLS [THREADS]]
 *
 * Each thread has files whose contents say whose they are, and checks what it reads. Exit status 1 at the first
 * difference. */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "shim.h"

/* The thunks have them; here every call is a direct one. */
extern _Atomic(void *) shim_slots[INDEX_COUNT];
_Atomic(void *) shim_slots[INDEX_COUNT];

/* The wrappers, by the declarations of the C library. */
#define USE(name) extern __typeof__(name) wrap_##name;
USE(open) USE(close) USE(read) USE(write) USE(pread) USE(pwrite) USE(lseek) USE(stat) USE(fstat) USE(access) USE(dup)
USE(dup2) USE(pipe) USE(mkdir) USE(rmdir) USE(rename) USE(unlink) USE(symlink) USE(readlink) USE(fcntl) USE(ftruncate)
USE(opendir) USE(readdir) USE(closedir) USE(getcwd) USE(chdir) USE(openat) USE(epoll_create1)

static long n_calls = 1000000;
static int n_threads = 8;

#define MUST(x)                                                                                             \
	do {                                                                                                \
		if (!(x)) {                                                                                 \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #x, strerror(errno));        \
			_exit(1);                                                                           \
		}                                                                                           \
	} while (0)

struct worker {
	pthread_t thread;
	int number;
	unsigned random;
	long calls;
	int spare; /* a number of its own for dup2, never closed for long */
};

static unsigned next(struct worker *w)
{
	w->random = w->random * 1103515245 + 12345;
	return w->random >> 16;
}

static void name(const struct worker *w, char *buf, size_t room, const char *what)
{
	snprintf(buf, room, "/data/t%d/%s", w->number, what);
}

/* A file of this thread's reads as this thread's, by every number that it has. */
static void check(struct worker *w, int fd)
{
	char text[32], wanted[32];
	int len = snprintf(wanted, sizeof(wanted), "thread %d", w->number);

	MUST(wrap_pread(fd, text, sizeof(text), 0) == len && memcmp(text, wanted, (size_t)len) == 0);
	w->calls++;
}

static void files(struct worker *w)
{
	char path[64], text[32];
	struct stat st;

	name(w, path, sizeof(path), "mine");
	int fd = wrap_open(path, O_RDWR);
	MUST(fd >= 0);
	check(w, fd);
	int other = wrap_dup(fd);
	MUST(other >= 0);
	check(w, other);
	MUST(wrap_fstat(other, &st) == 0 && st.st_size == 8);
	MUST(wrap_lseek(fd, 3, SEEK_SET) == 3 && wrap_read(other, text, 2) == 2 && memcmp(text, "ea", 2) == 0);
	MUST(wrap_pwrite(fd, "thread", 6, 0) == 6);
	MUST(wrap_close(fd) == 0);
	check(w, other);
	MUST(wrap_dup2(other, w->spare) == w->spare);
	check(w, w->spare);
	MUST(wrap_fcntl(w->spare, F_GETFL) >= 0);
	MUST(wrap_close(other) == 0);
	w->calls += 12;
}

static void names(struct worker *w)
{
	char from[64], to[64], text[64];
	struct stat st;

	name(w, from, sizeof(from), "dir");
	name(w, to, sizeof(to), "moved");
	MUST(wrap_mkdir(from, 0755) == 0);
	MUST(wrap_stat(from, &st) == 0 && S_ISDIR(st.st_mode));
	MUST(wrap_rename(from, to) == 0);
	MUST(wrap_access(from, F_OK) == -1 && errno == ENOENT);
	MUST(wrap_rmdir(to) == 0);
	MUST(wrap_symlink("mine", from) == 0);
	MUST(wrap_readlink(from, text, sizeof(text)) == 4);
	MUST(wrap_unlink(from) == 0);
	MUST(wrap_open("/outside", O_RDONLY) == -1 && errno == ENOENT);
	MUST(wrap_open("/data/../../outside", O_RDONLY) == -1 && errno == ENOENT);
	w->calls += 10;
}

static void directories(struct worker *w)
{
	char path[64];
	int seen = 0;

	name(w, path, sizeof(path), ".");
	DIR *dir = wrap_opendir(path);
	MUST(dir);
	while (wrap_readdir(dir))
		seen++;
	MUST(seen == 3 && wrap_closedir(dir) == 0);
	int fd = wrap_open(path, O_RDONLY | O_DIRECTORY);
	int file = wrap_openat(fd, "mine", O_RDONLY);
	MUST(fd >= 0 && file >= 0);
	check(w, file);
	MUST(wrap_close(fd) == 0 && wrap_close(file) == 0);
	w->calls += 10;
}

static void pipes(struct worker *w)
{
	char text[16];
	int ends[2];

	MUST(wrap_pipe(ends) == 0);
	MUST(wrap_write(ends[1], "abc", 3) == 3 && wrap_read(ends[0], text, 16) == 3);
	MUST(wrap_close(ends[1]) == 0 && wrap_read(ends[0], text, 16) == 0 && wrap_close(ends[0]) == 0);
	int set = wrap_epoll_create1(0);
	MUST(set >= 0 && wrap_close(set) == 0);
	w->calls += 8;
}

/* Shared by all threads: the current directory, one file that everybody appends to. */
static void shared(struct worker *w)
{
	char path[PATH_MAX];

	MUST(wrap_chdir(next(w) % 2 ? "/data" : "/") == 0);
	MUST(wrap_getcwd(path, sizeof(path)) == path);
	MUST(strcmp(path, "/data") == 0 || strcmp(path, "/") == 0);
	int fd = wrap_open("/data/log", O_WRONLY | O_APPEND | O_CREAT, 0644);
	MUST(fd >= 0 && wrap_write(fd, ".", 1) == 1 && wrap_close(fd) == 0);
	w->calls += 6;
}

/* The child has the parent's descriptors, as its own. */
static void forks(struct worker *w)
{
	int status;
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0) {
		check(w, w->spare);
		files(w);
		names(w);
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	check(w, w->spare);
}

static void *work(void *worker)
{
	static void (*const kinds[])(struct worker *) = {files, files, names, directories, pipes, shared};
	struct worker *w = worker;
	char path[64], text[32];

	name(w, path, sizeof(path), "");
	MUST(wrap_mkdir(path, 0755) == 0);
	name(w, path, sizeof(path), "mine");
	w->spare = wrap_open(path, O_RDWR | O_CREAT, 0644);
	MUST(w->spare >= 0);
	int len = snprintf(text, sizeof(text), "thread %d", w->number);
	MUST(wrap_write(w->spare, text, (size_t)len) == len);
	long next_fork = 0;
	while (w->calls < n_calls / n_threads) {
		if (w->calls >= next_fork) {
			forks(w);
			next_fork += n_calls / n_threads / 12 + 1;
		}
		kinds[next(w) % (sizeof(kinds) / sizeof(kinds[0]))](w);
	}
	MUST(wrap_close(w->spare) == 0);
	return NULL;
}

/* The policy: one granted directory. */
static void start(const char *host)
{
	wasi_rights_t base = wasi_rights_preopen_base(), all = base | wasi_rights_preopen_inheriting();
	char number[16];
	int fd = open(host, O_PATH | O_DIRECTORY);
	struct policy_dir dir = {.guest = (char *)"/data", .host = (char *)host, .base = base, .inheriting = all};
	struct policy_fd stream = {.number = 2, .base = WASI_RIGHTS_ALL};
	struct policy policy = {.profile = POLICY_POSIX,
				.trace_fd = -1,
				.shims = {(char *)"/none"},
				.cwd = (char *)"/",
				.user = (char *)"root",
				.group = (char *)"root",
				.n_dirs = 1,
				.n_fds = 1,
				.dirs = &dir,
				.fds = &stream};

	dir.fd = fcntl(fd, F_DUPFD, POLICY_FD_FLOOR);
	MUST(fd >= 0 && dir.fd >= 0);
	close(fd);
	snprintf(number, sizeof(number), "%d", policy_to_memfd(&policy));
	setenv(POLICY_ENV, number, 1);
	MUST(shim_init());
}

int main(int argc, char **argv)
{
	char host[] = "/tmp/shim-stress-XXXXXX", command[64];
	struct worker workers[64];
	long total = 0;

	if (argc > 1)
		n_calls = atol(argv[1]);
	if (argc > 2)
		n_threads = atoi(argv[2]);
	if (n_calls <= 0 || n_threads <= 0 || n_threads > 64) {
		fprintf(stderr, "usage: shim-stress [CALLS [THREADS]]\n");
		return 2;
	}
	MUST(mkdtemp(host));
	start(host);
	for (int i = 0; i < n_threads; i++) {
		workers[i] = (struct worker){.number = i, .random = (unsigned)i};
		MUST(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (int i = 0; i < n_threads; i++) {
		MUST(pthread_join(workers[i].thread, NULL) == 0);
		total += workers[i].calls;
	}
	snprintf(command, sizeof(command), "rm -rf %s", host);
	MUST(system(command) == 0);
	printf("%ld calls in %d threads\n", total, n_threads);
	return 0;
}
