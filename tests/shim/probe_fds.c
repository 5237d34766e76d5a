/* Descriptors, streams, directories, attributes. */
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#include "probe.h"

void case_stat_family(void)
{
	struct stat st, ln;
	struct statx x;
	struct statvfs v;
	int fd;

	CHECK(stat("a", &st) == 0 && st.st_size == 12 && S_ISREG(st.st_mode));
	CHECK(lstat("link", &ln) == 0 && S_ISLNK(ln.st_mode) && ln.st_size == 1);
	CHECK(stat("link", &ln) == 0 && ln.st_ino == st.st_ino && ln.st_dev == st.st_dev);
	CHECK((fd = open("a", O_RDONLY)) >= 0 && fstat(fd, &ln) == 0 && ln.st_ino == st.st_ino);
	CHECK(fstatat(fd, "", &ln, AT_EMPTY_PATH) == 0 && ln.st_ino == st.st_ino);
	CHECK(statx(AT_FDCWD, "a", 0, STATX_ALL, &x) == 0 && x.stx_ino == st.st_ino && x.stx_size == 12);
	CHECK(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x) == 0 && x.stx_size == 12);
	CHECK(st.st_mtim.tv_sec > 0 && st.st_blksize > 0);
	CHECK(statvfs("/data", &v) == 0 && v.f_bsize > 0 && fstatvfs(fd, &v) == 0);
	FAILS(stat("missing", &st), ENOENT);
	FAILS(fstat(700, &st), EBADF);
	FAILS(fstat(-1, &st), EBADF);
	CHECK(pathconf("a", _PC_NAME_MAX) == 255);
}

void case_access_by_rights(void)
{
	CHECK(access("a", F_OK) == 0 && access("a", R_OK | W_OK) == 0);
	FAILS(access("a", X_OK), EACCES);
	FAILS(access("missing", F_OK), ENOENT);
	CHECK(euidaccess("a", R_OK) == 0);
	CHECK(faccessat(AT_FDCWD, "dir", X_OK, AT_EACCESS) == 0);
	FAILS(access("/usr/bin", W_OK), EACCES);
	CHECK(access("/usr/bin/env", X_OK) == 0);
}

void case_modes_and_times(void)
{
	struct timespec t[2] = {{1000000000, 123456789}, {1100000000, 5}};
	struct stat st;
	int fd;

	CHECK(chmod("a", 0604) == 0 && stat("a", &st) == 0 && (st.st_mode & 0777) == 0604);
	CHECK((fd = open("a", O_RDWR)) >= 0 && fchmod(fd, 0640) == 0);
	CHECK(fchmodat(AT_FDCWD, "a", 0600, 0) == 0);
	CHECK(chown("a", getuid(), getgid()) == 0 && fchown(fd, (uid_t)-1, (gid_t)-1) == 0);
	CHECK(utimensat(AT_FDCWD, "a", t, 0) == 0 && stat("a", &st) == 0);
	CHECK(st.st_atim.tv_sec == 1000000000 && st.st_atim.tv_nsec == 123456789 && st.st_mtim.tv_sec == 1100000000);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	CHECK(futimens(fd, t) == 0 && stat("a", &st) == 0 && st.st_atim.tv_sec == 1000000000 &&
	      st.st_mtim.tv_sec > 1500000000);
	t[1].tv_nsec = 2000000000;
	FAILS(utimensat(AT_FDCWD, "a", t, 0), EINVAL);
	CHECK(umask(077) == 022 && (fd = open("private", O_CREAT | O_WRONLY, 0666)) >= 0);
	CHECK(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600);
}

void case_readdir_all_of_many(void)
{
	char name[64];
	DIR *dir;
	struct dirent *d;
	int n = 0, fd;
	bool *seen = calloc(3000, 1);

	CHECK(mkdir("many", 0777) == 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "many/a-rather-long-name-of-a-file-%04d", i);
		CHECK((fd = open(name, O_CREAT | O_WRONLY, 0666)) >= 0 && close(fd) == 0);
	}
	CHECK((dir = opendir("many")));
	errno = 0;
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		int i = atoi(strrchr(d->d_name, '-') + 1);
		CHECK(!seen[i]);
		seen[i] = true;
		CHECK(d->d_type == DT_REG && d->d_ino);
		n++;
	}
	CHECK(errno == 0 && n == 3000);
	CHECK(dirfd(dir) >= 0 && closedir(dir) == 0);
}

void case_readdir_seek_and_rewind(void)
{
	struct dirent *d, *result;
	char first[256], third[256];
	DIR *dir;
	long at;

	CHECK((dir = opendir("/data")));
	CHECK((d = readdir(dir)));
	strcpy(first, d->d_name);
	CHECK(readdir(dir));
	at = telldir(dir);
	CHECK((d = readdir(dir)));
	strcpy(third, d->d_name);
	while (readdir(dir))
		;
	seekdir(dir, at);
	CHECK((d = readdir(dir)) && strcmp(d->d_name, third) == 0);
	rewinddir(dir);
	CHECK((d = readdir(dir)) && strcmp(d->d_name, first) == 0);
	struct dirent room;
	CHECK(readdir_r(dir, &room, &result) == 0 && result == &room);
	CHECK(closedir(dir) == 0);
	int fd = open("/data/a", O_RDONLY);
	FAILS(fdopendir(fd), ENOTDIR);
	CHECK((fd = open("/data/dir", O_RDONLY)) >= 0 && (dir = fdopendir(fd)) && dirfd(dir) == fd);
	CHECK(closedir(dir) == 0);
	FAILS(fcntl(fd, F_GETFD), EBADF);
}

static int no_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

void case_scandir_and_getdents(void)
{
	struct dirent **list;
	char buf[1024];
	int fd;

	CHECK(scandir("dir", &list, no_dots, alphasort) == 1 && strcmp(list[0]->d_name, "inner") == 0);
	CHECK(scandirat(AT_FDCWD, "dir", &list, NULL, alphasort) == 3);
	FAILS(scandir("/outside", &list, NULL, NULL), ENOENT);
	CHECK((fd = open("dir", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK(getdents64(fd, buf, sizeof(buf)) > 0 && getdents64(fd, buf, sizeof(buf)) == 0);
}

static int visits, inner_seen;

static int visit(const char *path, const struct stat *st, int type, struct FTW *info)
{
	(void)st;
	visits++;
	if (strcmp(path + info->base, "inner") == 0 && type == FTW_F && info->level == 1)
		inner_seen++;
	return 0;
}

void case_glob_and_nftw(void)
{
	glob_t g = {0};

	CHECK(glob("/data/d*/in*", 0, NULL, &g) == 0 && g.gl_pathc == 1 && strcmp(g.gl_pathv[0], "/data/dir/inner") == 0);
	globfree(&g);
	CHECK(glob("/outside/*", 0, NULL, &g) == GLOB_NOMATCH);
	CHECK(glob("/etc/pass*", 0, NULL, &g) == GLOB_NOMATCH);
	CHECK(nftw("/data/dir", visit, 8, FTW_PHYS) == 0 && visits == 2 && inner_seen == 1);
	visits = 0;
	CHECK(nftw("dir", visit, 8, FTW_PHYS | FTW_DEPTH | FTW_CHDIR) == 0 && visits == 2 && inner_seen == 2);
	CHECK(is("a", "content of a"));
	FAILS(nftw("/outside", visit, 8, 0), ENOENT);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

void case_fts_walks(void)
{
	char *roots[] = {(char *)"/data/tree", NULL}, *nothing[] = {(char *)"/outside", NULL};
	char seen[256] = "";
	FTSENT *e;
	FTS *f;

	CHECK(mkdir("tree", 0777) == 0 && mkdir("tree/d", 0777) == 0 && mkdir("tree/skip", 0777) == 0);
	put("tree/a", "");
	put("tree/d/b", "");
	put("tree/skip/c", "");
	CHECK(symlink("../a", "tree/z") == 0);
	CHECK((f = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name)));
	while ((e = fts_read(f))) {
		sprintf(seen + strlen(seen), "%s:%d ", e->fts_name, e->fts_info);
		if (strcmp(e->fts_name, "skip") == 0 && e->fts_info == FTS_D)
			CHECK(fts_set(f, e, FTS_SKIP) == 0);
		if (strcmp(e->fts_name, "d") == 0 && e->fts_info == FTS_D)
			CHECK((e = fts_children(f, 0)) && strcmp(e->fts_path, "/data/tree/d/b") == 0 && !e->fts_link);
	}
	CHECK(errno == 0 && fts_close(f) == 0);
	CHECK(strcmp(seen, "tree:1 a:8 d:1 b:8 d:6 skip:1 skip:6 z:12 tree:6 ") == 0);
	CHECK((f = fts_open(roots, FTS_LOGICAL, NULL)) && fts_read(f) && fts_read(f) && fts_close(f) == 0);
	CHECK((f = fts_open(nothing, FTS_PHYSICAL, NULL)) && (e = fts_read(f)) && e->fts_info == FTS_NS &&
	      e->fts_errno == ENOENT && !fts_read(f) && fts_close(f) == 0);
}

void case_stdio_modes(void)
{
	char line[64];
	FILE *f;

	FAILS(fopen("missing", "r"), ENOENT);
	FAILS(fopen("a", "q"), EINVAL);
	FAILS(fopen("a", "wx"), EEXIST);
	CHECK((f = fopen("n", "w+")) && fprintf(f, "one\ntwo\n") == 8 && fseek(f, 4, SEEK_SET) == 0);
	CHECK(fgets(line, sizeof(line), f) && strcmp(line, "two\n") == 0 && fclose(f) == 0);
	CHECK((f = fopen("n", "a+")) && fputs("three\n", f) >= 0);
	rewind(f);
	CHECK(fgets(line, sizeof(line), f) && strcmp(line, "one\n") == 0 && fclose(f) == 0);
	CHECK(is("n", "one\ntwo\nthree\n"));
	CHECK((f = fopen("n", "r")) && fputs("x", f) == EOF && fclose(f) == 0);
	CHECK((f = fdopen(open("n", O_RDONLY), "r")) && getc(f) == 'o' && fclose(f) == 0);
	CHECK((f = fopen("/ro/r", "r")) && fclose(f) == 0);
	FAILS(fopen("/ro/r", "r+"), EACCES);
}

void case_stdio_freopen(void)
{
	char line[64];
	int saved = dup(1);

	CHECK(freopen("a", "r", stdin) == stdin && fileno(stdin) == 0);
	CHECK(fgets(line, sizeof(line), stdin) && strcmp(line, "content of a") == 0);
	CHECK(freopen("o", "w", stdout) == stdout && fileno(stdout) == 1);
	CHECK(printf("to the file") == 11 && fflush(stdout) == 0);
	CHECK(write(1, "!", 1) == 1);
	CHECK(freopen("o", "a", stdout) == stdout && puts("?") >= 0 && fflush(stdout) == 0);
	CHECK(dup2(saved, 1) == 1 && is("o", "to the file!?\n"));
	CHECK(freopen("a", "r", stdin) == stdin && getchar() == 'c');
	FAILS(freopen("/outside/secret", "r", stdin), ENOENT);
}

void case_stdio_fclose_frees_the_number(void)
{
	FILE *f = fopen("a", "r");
	int number = fileno(f), fd;
	char c;

	CHECK(fclose(f) == 0);
	FAILS(read(number, &c, 1), EBADF);
	CHECK((fd = open("a", O_RDONLY)) == number && read(fd, &c, 1) == 1 && c == 'c');
}

void case_temporary_files(void)
{
	char name[] = "/data/tmp-XXXXXX", dir[] = "d-XXXXXX", suffixed[] = "x-XXXXXX.txt", bad[] = "nothing";
	struct stat st;
	FILE *f;
	int fd;

	CHECK((fd = mkstemp(name)) >= 0 && stat(name, &st) == 0 && (st.st_mode & 0777) == 0600 && close(fd) == 0);
	CHECK((fd = mkostemp(strcpy(name, "/data/tmp-XXXXXX"), O_CLOEXEC)) >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK((fd = mkstemps(suffixed, 4)) >= 0 && strcmp(suffixed + 8, ".txt") == 0);
	CHECK(mkdtemp(dir) && stat(dir, &st) == 0 && S_ISDIR(st.st_mode));
	FAILS(mkstemp(bad), EINVAL);
	char outside[] = "/outside/XXXXXX";
	FAILS(mkstemp(outside), ENOENT);
	/* /tmp is not granted here, and an anonymous file needs no name. */
	char text[8] = "";
	CHECK((f = tmpfile()) && fputs("text", f) >= 0 && fseek(f, 0, SEEK_SET) == 0 && fgets(text, sizeof(text), f));
	CHECK(strcmp(text, "text") == 0 && fclose(f) == 0);
}

void case_data_calls(void)
{
	struct iovec iov[2] = {{(void *)"ab", 2}, {(void *)"cd", 2}};
	char one[3] = "", two[3] = "";
	off_t at = 0;
	int fd, other;

	CHECK((fd = open("n", O_RDWR | O_CREAT, 0666)) >= 0);
	CHECK(writev(fd, iov, 2) == 4 && pwritev(fd, iov, 2, 4) == 4);
	iov[0] = (struct iovec){one, 2};
	iov[1] = (struct iovec){two, 2};
	CHECK(preadv(fd, iov, 2, 2) == 4 && strcmp(one, "cd") == 0 && strcmp(two, "ab") == 0);
	CHECK(lseek(fd, 0, SEEK_END) == 8 && lseek(fd, 0, SEEK_CUR) == 8);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	FAILS(lseek(fd, 0, 77), EINVAL);
	CHECK(ftruncate(fd, 6) == 0 && posix_fallocate(fd, 0, 100) == 0 && lseek(fd, 0, SEEK_END) == 100);
	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) == 0);
	CHECK((other = open("m", O_RDWR | O_CREAT, 0666)) >= 0);
	CHECK(copy_file_range(fd, &at, other, NULL, 4, 0) == 4 && at == 4);
	CHECK(preadv2(other, iov, 2, 0, 0) == 4 && strcmp(one, "ab") == 0);
	CHECK(dprintf(other, "%d", 42) == 2 && is("m", "abcd42"));
	FAILS(pread(fd, one, 1, -1), EINVAL);
}

void case_data_calls_check_direction(void)
{
	int in = open("a", O_RDONLY), out = open("a", O_WRONLY), pipes[2];
	char c = 0;

	FAILS(write(in, "x", 1), EBADF);
	FAILS(write(in, "x", 0), EBADF);
	FAILS(read(out, &c, 1), EBADF);
	FAILS(pwrite(in, "x", 1, 0), EBADF);
	FAILS(ftruncate(in, 0), EINVAL);
	CHECK(pipe(pipes) == 0);
	FAILS(lseek(pipes[0], 0, SEEK_SET), ESPIPE);
	FAILS(pread(pipes[0], &c, 1, 0), ESPIPE);
	FAILS(read(pipes[1], &c, 1), EBADF);
	int dir = open("dir", O_RDONLY);
	FAILS(read(dir, &c, 1), EISDIR);
}

void case_dup_shares_and_is_listed(void)
{
	int fd = open("a", O_RDONLY), other;
	char c;

	CHECK((other = dup(fd)) > fd && read(fd, &c, 1) == 1 && lseek(other, 0, SEEK_CUR) == 1);
	CHECK(dup2(fd, 50) == 50 && read(50, &c, 1) == 1 && c == 'o' && fcntl(50, F_GETFD) == 0);
	CHECK(dup3(fd, 51, O_CLOEXEC) == 51 && fcntl(51, F_GETFD) == FD_CLOEXEC);
	CHECK(dup2(fd, fd) == fd);
	FAILS(dup3(fd, fd, 0), EINVAL);
	CHECK(fcntl(fd, F_DUPFD, 60) >= 60 && fcntl(fd, F_DUPFD_CLOEXEC, 60) >= 61);
	FAILS(dup(700), EBADF);
	FAILS(dup2(700, 5), EBADF);
	FAILS(dup2(fd, -1), EBADF);
	CHECK(close(fd) == 0 && read(other, &c, 1) == 1);
	FAILS(read(fd, &c, 1), EBADF);
	/* The lowest number is reused, as everywhere. */
	CHECK(open("a", O_RDONLY) == fd);
}

void case_fcntl_flags_and_locks(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open("a", O_RDWR), n = 0;

	CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0 && fcntl(fd, F_GETFL) & O_APPEND);
	CHECK(write(fd, "z", 1) == 1 && is("a", "content of az"));
	CHECK(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0 && lockf(fd, F_ULOCK, 0) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
	CHECK(ioctl(fd, FIONREAD, &n) == 0 && ioctl(fd, FIOCLEX) == 0 && ioctl(fd, FIONCLEX) == 0);
	FAILS(ioctl(fd, TCGETS, &n), ENOTTY);
	CHECK(!isatty(fd) && errno == ENOTTY);
	FAILS(fcntl(700, F_GETFD), EBADF);
}

void case_closed_descriptors(void)
{
	char c;

	CHECK(close(0) == 0);
	FAILS(read(0, &c, 1), EBADF);
	FAILS(close(0), EBADF);
	CHECK(open("a", O_RDONLY) == 0 && read(0, &c, 1) == 1);
	FAILS(close(77), EBADF);
	FAILS(close(-1), EBADF);
}

void case_hidden_descriptors(void)
{
	struct stat st;
	char c;

	/* The granted directories, whose numbers the launcher chose, are not the guest's. */
	for (int fd = 880; fd < 960; fd++) {
		FAILS(fstat(fd, &st), EBADF);
		FAILS(close(fd), EBADF);
		FAILS(openat(fd, "a", O_RDONLY), EBADF);
		FAILS(dup(fd), EBADF);
		FAILS(read(fd, &c, 1), EBADF);
		FAILS(fcntl(fd, F_GETFD), EBADF);
		FAILS(fchdir(fd), EBADF);
	}
	int fd = open("a", O_RDONLY);
	for (int to = 895; to < 930; to++)
		dup2(fd, to);
	CHECK(is("/data/a", "content of a") && is("/ro/r", "read only"));
	struct stat null;
	CHECK(stat("/dev/null", &null) == 0 && S_ISCHR(null.st_mode));
	for (int i = 0; i < 100; i++)
		FAILS(fstat(1000000 + i, &st), EBADF);
	for (int i = 0; i < 20; i++)
		FAILS(openat((1 << 19) + i, "a", O_RDONLY), EBADF);
}

void case_close_sweeps(void)
{
	int fd = open("a", O_RDONLY);

	CHECK(close_range(3, ~0U, 0) == 0);
	FAILS(fcntl(fd, F_GETFD), EBADF);
	CHECK((fd = open("/data/a", O_RDONLY)) == 3);
	closefrom(3);
	for (int i = 3; i < 2000; i++)
		close(i);
	CHECK(is("/data/a", "content of a") && is("/ro/r", "read only"));
	CHECK((fd = open("a", O_RDONLY)) == 3 && close_range(3, 10, CLOSE_RANGE_CLOEXEC) == 0);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
}

void case_pipes_and_counters(void)
{
	int ends[2], fd, ep;
	char buf[8];
	eventfd_t value;

	CHECK(pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], "x", 1) == 1 && read(ends[0], buf, 8) == 1);
	CHECK((fd = eventfd(3, 0)) >= 0 && eventfd_read(fd, &value) == 0 && value == 3);
	struct epoll_event event = {.events = EPOLLIN};
	CHECK((ep = epoll_create1(0)) >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event) == 0);
	CHECK(epoll_wait(ep, &event, 1, 0) == 0 && write(ends[1], "y", 1) == 1 && epoll_wait(ep, &event, 1, 0) == 1);
	struct pollfd p = {.fd = ends[0], .events = POLLIN};
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
	CHECK(close(ends[1]) == 0 && read(ends[0], buf, 8) == 1 && read(ends[0], buf, 8) == 0);
}

void case_mmap_by_rights(void)
{
	int in = open("a", O_RDONLY), both = open("a", O_RDWR), out = open("a", O_WRONLY);
	char *p;

	CHECK((p = mmap(NULL, 12, PROT_READ, MAP_SHARED, in, 0)) != MAP_FAILED && memcmp(p, "content", 7) == 0);
	CHECK(mmap(NULL, 12, PROT_READ | PROT_WRITE, MAP_PRIVATE, in, 0) != MAP_FAILED);
	FAILS(mmap(NULL, 12, PROT_READ | PROT_WRITE, MAP_SHARED, in, 0), EACCES);
	FAILS(mmap(NULL, 12, PROT_READ, MAP_SHARED, out, 0), EACCES);
	FAILS(mmap(NULL, 12, PROT_READ | PROT_EXEC, MAP_PRIVATE, both, 0), EACCES);
	CHECK((p = mmap(NULL, 12, PROT_READ | PROT_WRITE, MAP_SHARED, both, 0)) != MAP_FAILED);
	memcpy(p, "CONTENT", 7);
	CHECK(is("a", "CONTENT of a"));
	FAILS(mmap(NULL, 12, PROT_READ, MAP_SHARED, 700, 0), EBADF);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

void case_network_is_refused(void)
{
	int pair[2];

	FAILS(socket(AF_INET, SOCK_STREAM, 0), EACCES);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EACCES);
	FAILS(socketpair(AF_INET, SOCK_STREAM, 0, pair), EACCES);
	char c;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && send(pair[0], "x", 1, 0) == 1 &&
	      recv(pair[1], &c, 1, 0) == 1 && c == 'x' && shutdown(pair[0], SHUT_WR) == 0 && read(pair[1], &c, 1) == 0);
}

void case_descriptors_by_socket(void)
{
	char control[CMSG_SPACE(sizeof(int))] = "", c = 'x';
	struct iovec iov = {&c, 1};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int pair[2], fd = open("a", O_RDONLY), got;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	*header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	CHECK(sendmsg(pair[0], &message, 0) == 1);
	memset(control, 0, sizeof(control));
	CHECK(recvmsg(pair[1], &message, 0) == 1 && (header = CMSG_FIRSTHDR(&message)));
	memcpy(&got, CMSG_DATA(header), sizeof(got));
	CHECK(got != fd && read(got, &c, 1) == 1 && c == 'c');
	FAILS(write(got, "x", 1), EBADF);
	/* What is ours cannot be sent, and a directory brings no right to change what lies in it. */
	fd = 900;
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	FAILS(sendmsg(pair[0], &message, 0), EBADF);
	fd = open("/ro", O_RDONLY | O_DIRECTORY);
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	CHECK(sendmsg(pair[0], &message, 0) == 1 && recvmsg(pair[1], &message, 0) == 1);
	memcpy(&got, CMSG_DATA(header), sizeof(got));
	CHECK(openat(got, "r", O_RDONLY) >= 0);
	FAILS(openat(got, "r", O_RDWR), EACCES);
	FAILS(unlinkat(got, "r", 0), EACCES);
}

void case_semaphores_by_name(void)
{
	sem_t *s, *again;

	CHECK((s = sem_open("/one", O_CREAT | O_EXCL, 0600, 0)) != SEM_FAILED);
	CHECK((again = sem_open("/one", 0)) == s);
	FAILS(sem_open("/one", O_CREAT | O_EXCL, 0600, 0), EEXIST);
	CHECK(sem_unlink("/one") == 0);
	FAILS(sem_open("/one", 0), ENOENT);
	pid_t pid = fork();
	if (pid == 0) {
		sem_post(s);
		_exit(0);
	}
	CHECK(sem_wait(s) == 0 && waitpid(pid, NULL, 0) == pid && sem_close(s) == 0 && sem_close(again) == 0);
}

static void *churn(void *argument)
{
	char name[32], c;

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "t%ld-%d", (long)argument, i % 7);
		int fd = open(name, O_RDWR | O_CREAT, 0666);
		CHECK(fd >= 0 && write(fd, "x", 1) == 1 && pread(fd, &c, 1, 0) == 1 && c == 'x');
		int other = dup(fd);
		CHECK(other >= 0 && close(fd) == 0 && close(other) == 0);
		DIR *dir = opendir("dir");
		CHECK(dir && readdir(dir) && closedir(dir) == 0);
		if (i % 50 == 0)
			CHECK(unlink(name) == 0);
		if (i % 200 == 0) {
			pid_t pid = fork();
			if (pid == 0)
				_exit(open("a", O_RDONLY) >= 0 ? 0 : 1);
			int status;
			CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		}
	}
	return NULL;
}

void case_threads_open_and_close(void)
{
	pthread_t threads[6];

	for (long i = 0; i < 6; i++)
		CHECK(pthread_create(&threads[i], NULL, churn, (void *)i) == 0);
	for (int i = 0; i < 6; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Which of the first thousand numbers a directory lists; -1 for anything else that is in it. */
static int listed(const char *path, bool seen[1000])
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	CHECK(dir);
	memset(seen, 0, 1000 * sizeof(*seen));
	while ((entry = readdir(dir))) {
		char *end;
		long number = strtol(entry->d_name, &end, 10);
		if (entry->d_name[0] == '.')
			continue;
		if (*end || number < 0 || number >= 1000)
			return -1;
		seen[number] = true;
		count++;
	}
	CHECK(closedir(dir) == 0);
	return count;
}

void case_descriptors_are_listed(void)
{
	static const char *const names[] = {"/proc/self/fd", "/dev/fd", "/dev/fd/", "/proc/thread-self/fd"};
	bool seen[1000];
	struct stat st;

	CHECK(dup2(0, 37) == 37);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* None of the shim's own, from 900 on. */
		int count = listed(names[i], seen);
		CHECK(count >= 4 && count < 10 && seen[0] && seen[1] && seen[2] && seen[37]);
		for (int fd = 900; fd < 1000; fd++)
			CHECK(!seen[fd]);
	}
	CHECK(stat("/dev/fd", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(close(37) == 0);
	CHECK(listed("/proc/self/fd", seen) >= 3 && !seen[37]);
	FAILS(mkdir("/proc/self/fd/x", 0700), ENOENT);
	FAILS(opendir("/proc/self"), ENOENT);
	FAILS(unlink("/dev/fd"), EROFS);
}

static int waits[2];

static void *wait_in_read(void *unused)
{
	char c;

	(void)unused;
	read(waits[0], &c, 1);
	return NULL;
}

static void *wait_in_readv(void *unused)
{
	char a, b;
	struct iovec iov[2] = {{&a, 1}, {&b, 1}};

	(void)unused;
	readv(waits[0], iov, 2);
	return NULL;
}

static void *wait_in_recv(void *unused)
{
	char c;

	(void)unused;
	recv(waits[0], &c, 1, 0);
	return NULL;
}

static void *refuse_to_go(void *unused)
{
	char c = 0;
	int old;

	(void)unused;
	CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old) == 0);
	CHECK(read(waits[0], &c, 1) == 1 && c == 'x');
	return (void *)1;
}

/* A descriptor that a cancelled thread was waiting for is closed when it is closed: its other end sees it. */
void case_cancelled_threads_let_go(void)
{
	void *(*const kinds[])(void *) = {wait_in_read, wait_in_readv, wait_in_recv};
	pthread_t thread;
	void *result;
	char c;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, waits) == 0);
		CHECK(pthread_create(&thread, NULL, kinds[i], NULL) == 0);
		usleep(i == 0 ? 50000 : 5000);
		CHECK(pthread_cancel(thread) == 0);
		CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
		CHECK(close(waits[0]) == 0);
		CHECK(read(waits[1], &c, 1) == 0 && close(waits[1]) == 0);
	}
	CHECK(pipe(waits) == 0);
	CHECK(pthread_create(&thread, NULL, refuse_to_go, NULL) == 0);
	usleep(5000);
	CHECK(pthread_cancel(thread) == 0 && write(waits[1], "x", 1) == 1);
	CHECK(pthread_join(thread, &result) == 0 && result == (void *)1);
}
