/* Names: what is granted, what is not, and the ways round. */
#include <limits.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "probe.h"

extern int __open_2(const char *path, int flags);
extern int __openat_2(int dirfd, const char *path, int flags);
extern int __open64_2(const char *path, int flags);

void case_open_reads_and_writes(void)
{
	char buf[16];
	int fd;

	CHECK((fd = open("/data/new", O_RDWR | O_CREAT | O_EXCL, 0640)) >= 0);
	CHECK(write(fd, "hello", 5) == 5);
	CHECK(pread(fd, buf, sizeof(buf), 1) == 4);
	CHECK(memcmp(buf, "ello", 4) == 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(read(fd, buf, 3) == 3);
	CHECK(close(fd) == 0);
	FAILS(open("/data/new", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
	CHECK((fd = creat("new", 0600)) >= 0);
	CHECK(close(fd) == 0);
	CHECK(is("/data/new", ""));
}

void case_open_old_and_fortified_names(void)
{
	int fd;

	CHECK((fd = __open_2("/data/a", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = __open64_2("a", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = __openat_2(AT_FDCWD, "a", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = open64("a", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = openat64(AT_FDCWD, "a", O_RDONLY)) >= 0 && close(fd) == 0);
	FAILS(__open_2("/outside/secret", O_RDONLY), ENOENT);
	FAILS(open64("/outside/secret", O_RDONLY), ENOENT);
	FAILS(openat64(AT_FDCWD, "/outside/secret", O_RDONLY), ENOENT);
	FAILS(fopen64("/outside/secret", "r"), ENOENT);
}

void case_open_flags(void)
{
	int fd;

	FAILS(open("/data/a", O_RDONLY | O_DIRECTORY), ENOTDIR);
	FAILS(open("/data/dir", O_WRONLY), EISDIR);
	FAILS(open("/data/link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK((fd = open("/data/link", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = open("/data/dir", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = open("/data/a", O_WRONLY | O_APPEND)) >= 0);
	CHECK((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
	CHECK(write(fd, "+", 1) == 1 && close(fd) == 0);
	CHECK(is("/data/a", "content of a+"));
	CHECK((fd = open("/data/a", O_WRONLY | O_TRUNC)) >= 0 && close(fd) == 0);
	CHECK(is("/data/a", ""));
	FAILS(open("", O_RDONLY), ENOENT);
	FAILS(open("/data/a/", O_RDONLY), ENOTDIR);
	FAILS(open("/data/a/b", O_RDONLY), ENOTDIR);
	FAILS(open("/data/missing/..", O_RDONLY), ENOENT);
}

void case_open_opath_and_tmpfile(void)
{
	struct stat st;
	char buf[8];
	int fd;

	CHECK((fd = open("/data/a", O_PATH)) >= 0);
	CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
	FAILS(read(fd, buf, 1), EBADF);
	CHECK(close(fd) == 0);
	CHECK((fd = open("/data/dir", O_PATH | O_DIRECTORY)) >= 0);
	CHECK(fstatat(fd, "inner", &st, 0) == 0);
	FAILS(fstatat(fd, "../../outside/secret", &st, 0), EACCES);
	CHECK(close(fd) == 0);
	/* Step by step from the root, which is synthetic. */
	int root;
	CHECK((root = open("/", O_PATH | O_DIRECTORY)) >= 0);
	CHECK((fd = openat(root, "data", O_PATH | O_DIRECTORY | O_NOFOLLOW)) >= 0 && close(root) == 0);
	CHECK(fchdir(fd) == 0 && close(fd) == 0);
	FAILS(open("/outside", O_PATH | O_DIRECTORY), ENOENT);
	CHECK((fd = open("/data", O_TMPFILE | O_RDWR, 0600)) >= 0 || errno == EOPNOTSUPP);
	if (fd >= 0)
		CHECK(write(fd, "x", 1) == 1 && close(fd) == 0);
	FAILS(open("/ro", O_TMPFILE | O_RDWR, 0600), EACCES);
}

void case_close_on_exec_is_as_asked(void)
{
	int fd;

	CHECK((fd = open("a", O_RDONLY)) >= 0 && fcntl(fd, F_GETFD) == 0 && close(fd) == 0);
	CHECK((fd = open("a", O_RDONLY | O_CLOEXEC)) >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && close(fd) == 0);
	FILE *f;
	CHECK((f = fopen("a", "re")) && fcntl(fileno(f), F_GETFD) == FD_CLOEXEC && fclose(f) == 0);
	CHECK((f = fopen("a", "r")) && fcntl(fileno(f), F_GETFD) == 0 && fclose(f) == 0);
}

void case_not_granted_is_enoent(void)
{
	struct stat st;

	FAILS(open("/outside/secret", O_RDONLY), ENOENT);
	FAILS(stat("/outside", &st), ENOENT);
	FAILS(open("/etc/passwd", O_RDONLY), ENOENT);
	FAILS(open("/etc/shadow", O_RDONLY), ENOENT);
	FAILS(open("/proc/self/maps", O_RDONLY), ENOENT);
	FAILS(open("/proc/self/environ", O_RDONLY), ENOENT);
	FAILS(fopen("/root/.bashrc", "r"), ENOENT);
	FAILS(opendir("/home"), ENOENT);
	FAILS(chdir("/outside"), ENOENT);
	FAILS(mkdir("/new", 0777), ENOENT);
	FAILS(realpath("/etc/passwd", NULL), ENOENT);
	FAILS(unlink("/outside/secret"), ENOENT);
	FAILS(rename("/data/a", "/outside/a"), ENOENT);
	FAILS(link("/outside/secret", "/data/stolen"), ENOENT);
	FAILS(truncate("/outside/secret", 0), ENOENT);
}

void case_escape_is_eacces(void)
{
	struct stat st;

	FAILS(open("/data/dir/../../../../../../../../etc/passwd", O_RDONLY), EACCES);
	FAILS(open("/data/out", O_RDONLY), EACCES);
	FAILS(open("/data/out-dir/secret", O_RDONLY), EACCES);
	FAILS(stat("/data/out-relative", &st), EACCES);
	CHECK(lstat("/data/out", &st) == 0 && S_ISLNK(st.st_mode));
	/* A link made by the guest leads nowhere either; an absolute one it may not make. */
	CHECK(symlink("../outside/secret", "/data/mine") == 0);
	FAILS(open("/data/mine", O_RDONLY), EACCES);
	FAILS(open("/data/mine", O_WRONLY | O_CREAT, 0666), EACCES);
}

void case_read_only_refuses_changes(void)
{
	int fd;

	CHECK((fd = open("/ro/r", O_RDONLY)) >= 0 && close(fd) == 0);
	FAILS(open("/ro/r", O_WRONLY), EACCES);
	FAILS(open("/ro/r", O_RDWR), EACCES);
	FAILS(open("/ro/r", O_RDONLY | O_TRUNC), EACCES);
	FAILS(open("/ro/new", O_WRONLY | O_CREAT, 0666), EACCES);
	FAILS(unlink("/ro/r"), EACCES);
	FAILS(mkdir("/ro/d", 0777), EACCES);
	FAILS(rename("/ro/r", "/ro/s"), EACCES);
	FAILS(symlink("r", "/ro/s"), EACCES);
	FAILS(link("/ro/r", "/data/r"), EACCES);
	FAILS(chmod("/ro/r", 0777), EACCES);
	FAILS(truncate("/ro/r", 0), EACCES);
	FAILS(utimensat(AT_FDCWD, "/ro/r", NULL, 0), EACCES);
	CHECK(is("/ro/r", "read only"));
	FAILS(access("/ro/r", W_OK), EACCES);
	CHECK(access("/ro/r", R_OK) == 0);
}

void case_dotdot_through_the_tree(void)
{
	CHECK(is("/data/../data/a", "content of a"));
	CHECK(is("/../../data/./dir/../a", "content of a"));
	CHECK(is("/ro/../data/a", "content of a"));
	CHECK(is("../ro/r", "read only"));
	CHECK(is("../../../ro/r", "read only"));
	FAILS(open("../outside/secret", O_RDONLY), ENOENT);
	FAILS(open("nothing/../a", O_RDONLY), ENOENT);
	CHECK(is("dir/../../ro/r", "read only"));
}

void case_absolute_link_inside(void)
{
	char buf[64];
	struct stat st;

	CHECK(is("/data/abs", "content of a"));
	CHECK(stat("/data/abs", &st) == 0 && S_ISREG(st.st_mode));
	CHECK(lstat("/data/abs", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(readlink("/data/abs", buf, sizeof(buf)) == 7 && memcmp(buf, "/data/a", 7) == 0);
	CHECK(is("/data/abs-dir/inner", "inner"));
	CHECK(chdir("/data/abs-dir") == 0);
	CHECK(getcwd(buf, sizeof(buf)) && strcmp(buf, "/data/dir") == 0);
	CHECK(is("inner", "inner"));
}

void case_link_into_another_grant(void)
{
	CHECK(is("/data/to-ro", "read only"));
	FAILS(open("/data/to-ro", O_WRONLY), EACCES);
	CHECK(is("/data/to-ro-relative", "read only"));
}

void case_link_loop(void)
{
	FAILS(open("/data/loop", O_RDONLY), ELOOP);
	FAILS(open("/data/abs-loop", O_RDONLY), EACCES);
	CHECK(unlink("/data/loop") == 0);
}

void case_root_lists_grants_only(void)
{
	DIR *dir;
	struct dirent *d;
	bool data = false, ro = false;

	CHECK((dir = opendir("/")));
	while ((d = readdir(dir))) {
		data |= strcmp(d->d_name, "data") == 0;
		ro |= strcmp(d->d_name, "ro") == 0;
		CHECK(strcmp(d->d_name, "outside") != 0);
		CHECK(strcmp(d->d_name, "root") != 0 && strcmp(d->d_name, "home") != 0);
	}
	CHECK(closedir(dir) == 0);
	CHECK(data && ro);
}

void case_virtual_directories_refuse_changes(void)
{
	struct stat st;

	CHECK(stat("/", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(rmdir("/data") != 0);
	CHECK(rename("/data", "/data2") != 0);
	CHECK(unlink("/dev/null") != 0);
	CHECK(chmod("/", 0777) != 0);
	FAILS(mkdir("/data", 0777), EEXIST);
	CHECK(access("/", R_OK | X_OK) == 0);
	CHECK(access("/", W_OK) != 0);
}

void case_cwd_is_a_name(void)
{
	char buf[256], *name;

	CHECK(getcwd(buf, sizeof(buf)) && strcmp(buf, "/data") == 0);
	CHECK(chdir("dir") == 0);
	CHECK(getcwd(buf, sizeof(buf)) && strcmp(buf, "/data/dir") == 0);
	CHECK(is("inner", "inner"));
	CHECK(is("../a", "content of a"));
	CHECK(chdir("..") == 0 && chdir("..") == 0);
	CHECK(getcwd(buf, sizeof(buf)) && strcmp(buf, "/") == 0);
	CHECK(is("data/a", "content of a"));
	CHECK(chdir("..") == 0 && chdir("data/./dir/../dir//") == 0);
	CHECK((name = get_current_dir_name()) && strcmp(name, "/data/dir") == 0);
	FAILS(getcwd(buf, 4), ERANGE);
	FAILS(chdir("inner"), ENOTDIR);
	FAILS(chdir("missing"), ENOENT);
	FAILS(chdir("../../outside"), ENOENT);
	CHECK((name = getcwd(NULL, 0)) && strcmp(name, "/data/dir") == 0);
}

void case_fchdir_knows_the_name(void)
{
	char buf[256];
	int fd, back;

	CHECK((back = open(".", O_RDONLY)) >= 0);
	CHECK((fd = open("dir", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK(fchdir(fd) == 0);
	CHECK(getcwd(buf, sizeof(buf)) && strcmp(buf, "/data/dir") == 0);
	CHECK(fchdir(back) == 0);
	CHECK(getcwd(buf, sizeof(buf)) && strcmp(buf, "/data") == 0);
	CHECK((fd = dup(fd)) >= 0 && fchdir(fd) == 0 && is("inner", "inner"));
	CHECK((fd = open("/data/a", O_RDONLY)) >= 0);
	FAILS(fchdir(fd), ENOTDIR);
	FAILS(fchdir(700), EBADF);
	/* A directory that has moved is not where its name says. */
	CHECK(chdir("/data") == 0 && mkdir("m", 0777) == 0 && (fd = open("m", O_RDONLY)) >= 0);
	CHECK(rename("m", "n") == 0 && mkdir("m", 0777) == 0);
	FAILS(fchdir(fd), EACCES);
}

void case_dirfd_relative(void)
{
	struct stat st;
	int dir, fd;

	CHECK((dir = open("/data/dir", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK((fd = openat(dir, "inner", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = openat(dir, "made", O_WRONLY | O_CREAT, 0666)) >= 0 && close(fd) == 0);
	CHECK(fstatat(dir, "made", &st, 0) == 0 && fstatat(dir, "", &st, AT_EMPTY_PATH) == 0 && S_ISDIR(st.st_mode));
	CHECK(mkdirat(dir, "sub", 0777) == 0 && renameat(dir, "made", dir, "sub/moved") == 0);
	CHECK(unlinkat(dir, "sub/moved", 0) == 0 && unlinkat(dir, "sub", AT_REMOVEDIR) == 0);
	CHECK((fd = openat(dir, "/data/a", O_RDONLY)) >= 0);
	FAILS(openat(fd, "x", O_RDONLY), ENOTDIR);
	FAILS(openat(dir, "/outside/secret", O_RDONLY), ENOENT);
	FAILS(openat(500, "x", O_RDONLY), EBADF);
}

/* More than the core looks at one by one. */
#define MANY_LOOKS 1000

void case_looks_stay_inside(void)
{
	struct stat st, untouched;
	int dir;

	CHECK(symlink("inner", "dir/good") == 0 && symlink("nothing", "dir/bad") == 0);
	CHECK(symlink("../../outside", "dir/out") == 0 && symlink("../../outside/secret", "dir/secret") == 0);
	CHECK((dir = open("dir", O_RDONLY)) >= 0);
	memset(&untouched, 0x5a, sizeof(untouched));
	for (int i = 0; i < MANY_LOOKS; i += i < 3 || i > MANY_LOOKS - 5 ? 1 : 100) {
		CHECK(fstatat(dir, "inner", &st, 0) == 0 && S_ISREG(st.st_mode));
		CHECK(fstatat(dir, "good", &st, 0) == 0 && S_ISREG(st.st_mode));
		CHECK(fstatat(dir, "good", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode));
		CHECK(stat("/data/dir/good", &st) == 0 && S_ISREG(st.st_mode));
		CHECK(lstat("/data/dir/secret", &st) == 0 && S_ISLNK(st.st_mode));
		st = untouched;
		FAILS(fstatat(dir, "bad", &st, 0), ENOENT);
		FAILS(stat("dir/bad", &st), ENOENT);
		FAILS(fstatat(dir, "secret", &st, 0), EACCES);
		FAILS(fstatat(dir, "out/secret", &st, 0), EACCES);
		FAILS(stat("dir/secret", &st), EACCES);
		FAILS(stat("/data/dir/out/secret", &st), EACCES);
		FAILS(lstat("/data/dir/out/secret", &st), EACCES);
		FAILS(access("/data/dir/out/secret", F_OK), EACCES);
		FAILS(fstatat(dir, "../../outside/secret", &st, 0), EACCES);
		CHECK(memcmp(&st, &untouched, sizeof(st)) == 0);
		FAILS(fstatat(dir, "inner", (struct stat *)16, 0), EFAULT);
		FAILS(stat("dir/inner", (struct stat *)16), EFAULT);
		for (int n = 0; i == 2 && n < MANY_LOOKS; n++)
			CHECK(stat("/data/dir/inner", &st) == 0);
	}
}

void case_looks_from_a_directory_within(void)
{
	char long_name[PATH_MAX + 10];
	struct stat st;

	CHECK(mkdir("dir/deep", 0777) == 0 && chdir("dir/deep") == 0);
	FAILS(stat("", &st), ENOENT);
	FAILS(stat("inner", &st), ENOENT);
	CHECK(stat(".", &st) == 0 && stat("..", &st) == 0 && stat("../inner", &st) == 0 && stat("./../inner", &st) == 0);
	CHECK(close(open("f", O_WRONLY | O_CREAT, 0666)) == 0 && stat("f", &st) == 0 && stat("/data/dir/deep/f", &st) == 0);
	CHECK(mkdir("x", 0777) == 0 && stat("x/../f", &st) == 0 && stat("x/../../inner", &st) == 0);
	FAILS(stat("x/../../../../outside/secret", &st), EACCES);
	FAILS(stat("f/", &st), ENOTDIR);
	memset(long_name, 'n', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	FAILS(stat(long_name, &st), ENAMETOOLONG);
	/* Moved with us in it: its name leads nowhere, as names do. */
	CHECK(rename("/data/dir/deep", "/data/dir/moved") == 0);
	FAILS(stat("f", &st), ENOENT);
}

void case_dirfd_dotdot(void)
{
	int dir, fd;

	CHECK((dir = open("/data/dir", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK((fd = openat(dir, "../a", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = openat(dir, "../../ro/r", O_RDONLY)) >= 0 && close(fd) == 0);
	FAILS(openat(dir, "../../outside/secret", O_RDONLY), EACCES);
	FAILS(openat(dir, "../../../../../etc/passwd", O_RDONLY), EACCES);
}

void case_dirfd_of_root(void)
{
	struct stat st;
	int root, fd;

	CHECK((root = open("/", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK((fd = openat(root, "data/a", O_RDONLY)) >= 0 && close(fd) == 0);
	CHECK((fd = openat(root, "data", O_RDONLY)) >= 0);
	CHECK(fstatat(fd, "a", &st, 0) == 0);
	FAILS(openat(root, "outside", O_RDONLY), ENOENT);
	CHECK(fstat(root, &st) == 0 && S_ISDIR(st.st_mode));
}

void case_names(void)
{
	struct stat st;
	char buf[16];

	CHECK(mkdir("d", 0750) == 0 && stat("d", &st) == 0 && (st.st_mode & 0777) == 0750);
	FAILS(mkdir("d", 0750), EEXIST);
	CHECK(mkdir("d/e/", 0777) == 0);
	FAILS(rmdir("d"), ENOTEMPTY);
	FAILS(unlink("d"), EISDIR);
	FAILS(rmdir("a"), ENOTDIR);
	CHECK(remove("d/e") == 0 && remove("d") == 0);
	CHECK(link("a", "hard") == 0 && stat("hard", &st) == 0 && st.st_nlink == 2);
	CHECK(symlink("a", "soft") == 0 && readlink("soft", buf, sizeof(buf)) == 1);
	CHECK(readlink("soft", buf, 1) == 1);
	FAILS(readlink("a", buf, sizeof(buf)), EINVAL);
	CHECK(rename("hard", "harder") == 0);
	FAILS(rename("missing", "x"), ENOENT);
	FAILS(renameat2(AT_FDCWD, "a", AT_FDCWD, "harder", RENAME_NOREPLACE), EEXIST);
	CHECK(mkfifo("fifo", 0600) == 0 && lstat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	FAILS(mknod("dev", S_IFCHR | 0600, 0x103), EPERM);
	CHECK(truncate("a", 3) == 0 && is("a", "con"));
	FAILS(truncate("a", -1), EINVAL);
}

void case_rename_between_grants(void)
{
	FAILS(rename("/data/a", "/ro/a"), EACCES);
	FAILS(rename("/ro/r", "/data/r"), EACCES);
	FAILS(link("/ro/r", "/data/r"), EACCES);
	CHECK(is("/data/a", "content of a"));
}

void case_realpath_in_the_guest(void)
{
	char buf[4096];

	CHECK(realpath("a", buf) && strcmp(buf, "/data/a") == 0);
	CHECK(realpath("dir/.././dir//inner", buf) && strcmp(buf, "/data/dir/inner") == 0);
	CHECK(realpath("link", buf) && strcmp(buf, "/data/a") == 0);
	CHECK(realpath("abs-dir/inner", buf) && strcmp(buf, "/data/dir/inner") == 0);
	CHECK(realpath("/", buf) && strcmp(buf, "/") == 0);
	CHECK(realpath("..", buf) && strcmp(buf, "/") == 0);
	FAILS(realpath("missing", buf), ENOENT);
	FAILS(realpath("a/", buf), ENOTDIR);
	FAILS(realpath("", buf), ENOENT);
	FAILS(realpath("loop", buf), ELOOP);
	FAILS(realpath("out", buf), ENOENT);
}

void case_dev_stdin_and_dev_fd(void)
{
	char name[32];
	struct stat st;
	int fd, again;

	CHECK((fd = open("a", O_RDONLY)) >= 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	CHECK((again = open(name, O_RDONLY)) >= 0 && close(again) == 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK((again = open(name, O_RDONLY)) >= 0 && close(again) == 0);
	CHECK(stat(name, &st) == 0 && S_ISREG(st.st_mode));
	CHECK((again = open("/dev/stdin", O_RDONLY)) >= 0 && close(again) == 0);
	FAILS(open("/dev/fd/700", O_RDONLY), ENOENT);
	FAILS(open("/proc/self/fd/901", O_RDONLY), ENOENT);
	CHECK((fd = open("/dev/null", O_RDWR)) >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	char zero = 1;
	CHECK((fd = open("/dev/zero", O_RDONLY)) >= 0 && read(fd, &zero, 1) == 1 && zero == 0);
	CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
	FAILS(open("/dev/sda", O_RDONLY), ENOENT);
}

void case_names_for_open_files(void)
{
	int fd = open("/data", O_TMPFILE | O_RDWR, 0600), in = open("/ro/r", O_RDONLY), dir = open("/data/dir", O_RDONLY);
	char name[32];

	CHECK(fd >= 0 && write(fd, "new", 3) == 3);
	FAILS(linkat(fd, "", AT_FDCWD, "/ro/new", AT_EMPTY_PATH), EACCES);
	FAILS(linkat(fd, "", AT_FDCWD, "a", AT_EMPTY_PATH), EEXIST);
	FAILS(linkat(fd, "", AT_FDCWD, "new", 0), ENOENT);
	CHECK(linkat(fd, "", AT_FDCWD, "/data/dir/new", AT_EMPTY_PATH) == 0 && is("dir/new", "new"));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK(linkat(AT_FDCWD, name, dir, "again", AT_SYMLINK_FOLLOW) == 0 && is("dir/again", "new"));
	/* A name in a directory of other rights would change what may be done with the file. */
	FAILS(linkat(in, "", AT_FDCWD, "stolen", AT_EMPTY_PATH), EACCES);
	FAILS(linkat(0, "", AT_FDCWD, "stolen", AT_EMPTY_PATH), EACCES);
	FAILS(linkat(dir, "", AT_FDCWD, "dir-again", AT_EMPTY_PATH), EPERM);
	FAILS(linkat(700, "", AT_FDCWD, "x", AT_EMPTY_PATH), EBADF);
	FAILS(linkat(900, "", AT_FDCWD, "x", AT_EMPTY_PATH), EBADF);
	FAILS(linkat(AT_FDCWD, "", AT_FDCWD, "x", AT_EMPTY_PATH), ENOENT);
}

void case_bad_arguments(void)
{
	char path[5001];
	struct stat st;

	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	FAILS(open(path, O_RDONLY), ENAMETOOLONG);
	path[0] = '/';
	FAILS(stat(path, &st), ENAMETOOLONG);
	for (size_t i = 0; i + 1 < sizeof(path); i += 2)
		memcpy(path + i, "./", 2);
	path[3999] = '\0';
	CHECK(stat(path, &st) == 0);
	FAILS(fstatat(AT_FDCWD, "a", &st, 0x10), EINVAL);
	FAILS(open("/data/a\n", O_RDONLY), ENOENT);
	FAILS(unlinkat(AT_FDCWD, "a", 7), EINVAL);
	FAILS(access("a", 99), EINVAL);
	const char *volatile nothing = NULL;
	FAILS(open(nothing, O_RDONLY), EFAULT);
	FAILS(stat(nothing, &st), EFAULT);
	FAILS(chdir(nothing), EFAULT);

	/* Wild pointers, and a string that runs into the end of memory. */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
	memset(page, 'x', 4096);
	const char *const wild[] = {(const char *)8, (const char *)-1, (const char *)0x123456789000, page + 4093};
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		const char *volatile bad = wild[i];
		FAILS(open(bad, O_RDONLY), EFAULT);
		FAILS(stat(bad, &st), EFAULT);
		FAILS(unlink(bad), EFAULT);
		FAILS(rename("a", bad), EFAULT);
		FAILS(access(bad, F_OK), EFAULT);
		FAILS(readlink(bad, path, sizeof(path)), EFAULT);
		FAILS(chdir(bad), EFAULT);
		FAILS(execv(bad, (char *[]){NULL}), EFAULT);
		FAILS(stat("a", (struct stat *)bad), EFAULT);
		FAILS(pipe((int *)bad), EFAULT);
		if (i < 3) /* the last one can hold a name */
			FAILS(readlink("link", (char *)bad, 10), EFAULT);
		FAILS(utimensat(AT_FDCWD, "a", (const struct timespec *)bad, 0), EFAULT);
		FAILS(writev(1, (const struct iovec *)bad, 2), EFAULT);
		FAILS(symlink(bad, "new-link"), EFAULT);
	}
	strcpy(page + 4093, "a");
	page[4095] = '/';
	CHECK(stat(page + 4093, &st) == 0);
	char *volatile nowhere = (char *)8;
	FAILS(read(open("a", O_RDONLY), nowhere, 4), EFAULT);
}
