/* What one call costs: prints `name nanoseconds`, the least of many rounds. Run by calls.py, plain and under wasiward.
 *
 * usage: calls DIR [threads]
 *
 * DIR is a directory to work in. threads: a second thread waits meanwhile, so that the process counts as one with threads.
 * Compiled with -DSTRAYS=1 it has a system call instruction of its own, whose calls the shim has to catch. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 40
#define CALLS 2000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#define TIME(name, call)                                        \
	do {                                                    \
		double least = 1e18;                            \
		for (int round = 0; round < ROUNDS; round++) {  \
			double start = now();                   \
			for (int i = 0; i < CALLS; i++)         \
				call;                           \
			double took = (now() - start) / CALLS;  \
			least = took < least ? took : least;    \
		}                                               \
		printf("%s\t%.1f\n", name, least);              \
	} while (0)

static void *wait_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

#if STRAYS && defined(__x86_64__)
static long stray_lseek(int fd)
{
	long result = SYS_lseek;

	__asm__ volatile("syscall" : "+a"(result) : "D"((long)fd), "S"(0L), "d"((long)SEEK_CUR) : "rcx", "r11", "memory");
	return result;
}
#endif

static void open_close(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0 || close(fd)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct stat st;
	char buf[64] = {0};
	pthread_t thread;

	if (argc < 2 || chdir(argv[1]))
		return 2;
	if (argc > 2)
		pthread_create(&thread, NULL, wait_forever, NULL);
	mkdir("one", 0700);
	mkdir("one/two", 0700);
	int fd = open("one/two/file", O_RDWR | O_CREAT | O_TRUNC, 0600), null = open("/dev/null", O_RDWR);
	int dir = open("one/two", O_RDONLY | O_DIRECTORY);
	if (fd < 0 || null < 0 || dir < 0 || write(fd, buf, sizeof(buf)) != sizeof(buf)) {
		perror("one/two/file");
		return 1;
	}
	struct iovec iov[2] = {{buf, 1}, {buf, 1}};

	TIME("getppid", getppid());
	TIME("lseek", lseek(fd, 0, SEEK_CUR));
	TIME("read of nothing", (void)!read(null, buf, 1));
	TIME("write to /dev/null", (void)!write(null, buf, 1));
	TIME("pread", (void)!pread(fd, buf, 1, 0));
	TIME("pwrite", (void)!pwrite(fd, buf, 1, 0));
	TIME("writev of two", (void)!writev(null, iov, 2));
	TIME("fstat", fstat(fd, &st));
	TIME("fcntl F_GETFL", fcntl(fd, F_GETFL));
	TIME("stat, one name", fstatat(dir, "file", &st, 0));
	TIME("stat, three names", stat("one/two/file", &st));
	TIME("lstat, three names", lstat("one/two/file", &st));
	TIME("stat, missing", stat("one/two/none", &st));
	TIME("access, three names", (void)!access("one/two/file", R_OK));
	TIME("open and close", open_close("one/two/file", O_RDONLY | O_CLOEXEC));
	TIME("open and close, directory", open_close("one/two", O_RDONLY | O_CLOEXEC | O_DIRECTORY));
	TIME("dup and close", close(dup(fd)));
#if STRAYS && defined(__x86_64__)
	TIME("stray lseek", stray_lseek(fd));
#endif
	unlink("one/two/file");
	rmdir("one/two");
	rmdir("one");
	return 0;
}
