/* Copies and descriptions of directories: see tree.h. */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

enum { MAX_SHOWN = 64 << 10 };

static char failed_name[PATH_MAX];

static int fail(const char *name)
{
	int error = errno;
	snprintf(failed_name, sizeof(failed_name), "%s", name);
	return error ? error : EIO;
}

/* The entries of a directory in order, without . and ..; NULL with errno if it cannot be read. */
static struct lines *list(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return NULL;
	struct lines *names = cli_alloc(sizeof(*names));
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			lines_add(names, cli_copy(entry->d_name));
	}
	closedir(dir);
	for (size_t i = 1; i < names->n; i++) { /* directories are small, and often in order already */
		char *name_i = names->at[i];
		size_t k = i;
		for (; k && strcmp(names->at[k - 1], name_i) > 0; k--)
			names->at[k] = names->at[k - 1];
		names->at[k] = name_i;
	}
	return names;
}

static int copy_contents(int from_dir, int to_dir, const char *name)
{
	int error = 0;
	int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int to = from < 0 ? -1 : openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		error = fail(name);
	for (ssize_t n = 1; !error && n;) {
		n = sendfile(to, from, NULL, 1 << 30);
		if (n < 0)
			error = fail(name);
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return error;
}

static int copy_link(int from_dir, int to_dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return fail(name);
	target[n] = '\0';
	return symlinkat(target, to_dir, name) ? fail(name) : 0;
}

static int copy_entries(int from_parent, int to_parent, const char *from_name, const char *to_name);

static int copy_entry(int from, int to, const char *name)
{
	struct stat st;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW))
		return fail(name);
	int error = 0;
	if (S_ISREG(st.st_mode))
		error = copy_contents(from, to, name);
	else if (S_ISLNK(st.st_mode))
		error = copy_link(from, to, name);
	else if (S_ISDIR(st.st_mode))
		error = mkdirat(to, name, 0700) ? fail(name) : copy_entries(from, to, name, name);
	else
		return 0;
	if (error)
		return error;
	if (!S_ISLNK(st.st_mode) && fchmodat(to, name, st.st_mode & 07777, 0))
		return fail(name);
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) ? fail(name) : 0;
}

static int copy_entries(int from_parent, int to_parent, const char *from_name, const char *to_name)
{
	struct lines *names = list(from_parent, from_name);
	if (!names)
		return fail(from_name);
	int from = openat(from_parent, from_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int to = openat(to_parent, to_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int error = from < 0 || to < 0 ? fail(from_name) : 0;
	for (size_t i = 0; i < names->n && !error; i++)
		error = copy_entry(from, to, names->at[i]);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	lines_free(names);
	free(names);
	return error;
}

int tree_copy(const char *from, const char *to, const char **ret_name)
{
	struct stat st;
	*ret_name = failed_name;
	/* The top may be a link, as for --dir. */
	char *real = realpath(from, NULL);
	if (!real || stat(real, &st) || mkdir(to, 0700)) {
		free(real);
		return fail(from);
	}
	int error = copy_entries(AT_FDCWD, AT_FDCWD, real, to);
	free(real);
	if (error)
		return error;
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	if (chmod(to, st.st_mode & 07777) || utimensat(AT_FDCWD, to, times, 0))
		return fail(from);
	return 0;
}

/* FNV-1a: enough to tell by accident different files apart. Says also whether the file is text. */
static uint64_t digest(int dir, const char *name, bool *ret_text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	unsigned char bytes[16384];
	*ret_text = true;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	for (ssize_t n; fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) > 0;) {
		for (ssize_t i = 0; i < n; i++) {
			hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
			*ret_text &= bytes[i] != 0;
		}
	}
	if (fd >= 0)
		close(fd);
	return hash;
}

static bool before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static char *describe_time(const struct timespec *t, const struct timespec *start)
{
	char *text, calendar[64];
	struct tm tm;
	if (!before(t, start))
		return cli_copy("during the run");
	if (!gmtime_r(&t->tv_sec, &tm) || !strftime(calendar, sizeof(calendar), "%Y-%m-%dT%H:%M:%S", &tm))
		strcpy(calendar, "?");
	if (asprintf(&text, "%s.%09ld", calendar, t->tv_nsec) < 0)
		cli_die(CLI_FAILED, "out of memory");
	return text;
}

static int describe_entries(struct lines *lines, int parent, const char *name, const char *shown, const struct timespec *start)
{
	struct lines *names = list(parent, name);
	int dir = openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int error = !names || dir < 0 ? errno : 0;
	for (size_t i = 0; !error && i < names->n; i++) {
		struct stat st;
		char *path, *line = NULL;
		bool text = false;
		const char *entry = names->at[i];
		if (fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW)) {
			error = errno;
			break;
		}
		if (asprintf(&path, "%s/%s", shown, entry) < 0)
			cli_die(CLI_FAILED, "out of memory");
		char *when = describe_time(&st.st_mtim, start);
		unsigned mode = st.st_mode & 07777;
		int n;
		if (S_ISREG(st.st_mode)) {
			uint64_t hash = digest(dir, entry, &text);
			n = asprintf(&line, "%s: file, mode %o, %" PRIu64 " links, %" PRIu64 " bytes (%016" PRIx64 "), changed %s", path, mode,
				     (uint64_t)st.st_nlink, (uint64_t)st.st_size, hash, when);
		} else if (S_ISLNK(st.st_mode)) {
			char target[PATH_MAX];
			ssize_t len = readlinkat(dir, entry, target, sizeof(target));
			n = asprintf(&line, "%s: link to %.*s", path, (int)(len < 0 ? 0 : len), target);
		} else if (S_ISDIR(st.st_mode)) {
			n = asprintf(&line, "%s: directory, mode %o, changed %s", path, mode, when);
		} else {
			n = asprintf(&line, "%s: another kind of file", path);
		}
		if (n < 0)
			cli_die(CLI_FAILED, "out of memory");
		lines_add(lines, line);
		if (S_ISREG(st.st_mode) && text && st.st_size <= MAX_SHOWN)
			lines_add_file(lines, dir, entry, "  | ");
		if (S_ISDIR(st.st_mode))
			error = describe_entries(lines, dir, entry, path, start);
		free(path);
		free(when);
	}
	if (names)
		lines_free(names);
	free(names);
	if (dir >= 0)
		close(dir);
	return error;
}

int tree_describe(struct lines *lines, const char *path, const char *shown, const struct timespec *start)
{
	return describe_entries(lines, AT_FDCWD, path, shown, start);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	remove(path);
	return 0;
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)where;
	if (type == FTW_D || type == FTW_DNR)
		chmod(path, st->st_mode | 0700);
	return 0;
}

void tree_remove(const char *path)
{
	nftw(path, open_up, 32, FTW_PHYS); /* a run may have left directories without permissions */
	nftw(path, remove_entry, 32, FTW_PHYS | FTW_DEPTH);
}
