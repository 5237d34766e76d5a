/* The strict profile: what a program has when it is built with wasi-libc. */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>

#include "probe.h"

void case_strict_preopens_are_numbered(void)
{
	struct stat st;
	int fd;

	CHECK(fstat(3, &st) == 0 && S_ISDIR(st.st_mode) && fstat(4, &st) == 0 && S_ISDIR(st.st_mode));
	FAILS(fstat(5, &st), EBADF);
	CHECK((fd = openat(3, "a", O_RDONLY)) > 4);
	FAILS(openat(3, "../outside/secret", O_RDONLY), EACCES);
	FAILS(openat(4, "new", O_WRONLY | O_CREAT, 0666), EACCES);
}

void case_strict_paths(void)
{
	CHECK(is("/data/a", "content of a"));
	CHECK(is("data/a", "content of a"));
	FAILS(open("/nothing", O_RDONLY), ENOENT);
	FAILS(open("/usr/bin/env", O_RDONLY), ENOENT);
	/* Nothing is normalised before the preopen is chosen. */
	FAILS(open("/data/../ro/r", O_RDONLY), EACCES);
	FAILS(open("/data/to-ro", O_RDONLY), EACCES);
	FAILS(open("/data/abs", O_RDONLY), EACCES);
	FAILS(open("/data/out", O_RDONLY), EACCES);
	FAILS(open("", O_RDONLY), ENOENT);
}

void case_strict_cwd(void)
{
	char buf[256];

	CHECK(getcwd(buf, sizeof(buf)) && strcmp(buf, "/") == 0);
	CHECK(chdir("/data") == 0 && is("a", "content of a") && is("./a", "content of a"));
	CHECK(chdir("dir") == 0 && getcwd(buf, sizeof(buf)) && strcmp(buf, "/data/dir") == 0);
	CHECK(is("inner", "inner"));
	FAILS(chdir("inner"), ENOTDIR);
	FAILS(getcwd(buf, 3), ERANGE);
}

void case_strict_absent_functions(void)
{
	char *argv[] = {(char *)"x", NULL};
	struct stat st;

	FAILS(fork(), ENOSYS);
	FAILS(vfork(), ENOSYS);
	FAILS(execv("/data/a", argv), ENOSYS);
	FAILS(kill(1, 0), ENOSYS);
	FAILS(fchdir(3), ENOSYS);
	FAILS(chown("/data/a", 1, 1), ENOSYS);
	FAILS(socket(AF_INET, SOCK_STREAM, 0), ENOSYS);
	FAILS(mkfifo("/data/f", 0600), ENOSYS);
	FAILS(popen("true", "r"), ENOSYS);
	CHECK(stat("/data/a", &st) == 0);
}

void case_strict_stubs(void)
{
	struct utsname u;
	int ends[2];

	FAILS(dup(1), ENOTSUP);
	FAILS(dup2(1, 7), ENOTSUP);
	FAILS(pipe(ends), ENOTSUP);
	FAILS(chmod("/data/a", 0600), ENOSYS);
	CHECK(getpid() == 42 && uname(&u) == 0 && strcmp(u.sysname, "wasi") == 0);
}

void case_strict_files(void)
{
	struct dirent *d;
	char buf[8];
	DIR *dir;
	int n = 0;

	put("/data/n", "12345");
	CHECK(is("/data/n", "12345"));
	int fd = open("/data/n", O_RDONLY);
	FAILS(write(fd, "x", 1), EBADF);
	CHECK(lseek(fd, 2, SEEK_SET) == 2 && read(fd, buf, 8) == 3 && close(fd) == 0);
	CHECK(rename("/data/n", "/data/m") == 0 && unlink("/data/m") == 0 && mkdir("/data/d", 0777) == 0 &&
	      rmdir("/data/d") == 0);
	CHECK((dir = opendir("/data/dir")));
	while ((d = readdir(dir)))
		n++;
	CHECK(n == 3 && closedir(dir) == 0);
	FAILS(unlink("/ro/r"), EACCES);
	FAILS(symlink("/etc/passwd", "/data/s"), EACCES);
	CHECK(symlink("a", "/data/s") == 0 && is("/data/s", "content of a"));
}

void case_strict_poll_and_time(void)
{
	struct timespec before, after, nap = {0, 20000000};
	struct pollfd p = {.fd = open("/data/a", O_RDONLY), .events = POLLIN};

	CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0 && nanosleep(&nap, NULL) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
	CHECK((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 20000000);
	CHECK(poll(&p, 1, 1000) == 1 && p.revents & POLLIN);
	CHECK(poll(NULL, 0, 10) == 0 && time(NULL) > 1500000000);
	FAILS(clock_gettime(99, &after), EINVAL);
}

void case_strict_fcntl(void)
{
	int fd = open("/data/a", O_RDWR);

	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0 && fcntl(fd, F_GETFL) & O_APPEND);
	FAILS(fcntl(fd, F_DUPFD, 0), EINVAL);
	struct flock lock = {.l_type = F_WRLCK};
	FAILS(fcntl(fd, F_SETLK, &lock), ENOTSUP);
	CHECK(!isatty(fd));
}
