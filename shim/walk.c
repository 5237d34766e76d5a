/* Walks over trees: ftw, nftw; and ftok, which looks at a file. The C library's own would walk the host's. */
#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/ipc.h>

#include "shim.h"

/* ---- ftw and nftw ---- */

struct walk {
	int (*old)(const char *, const struct stat *, int);
	int (*fn)(const char *, const struct stat *, int, struct FTW *);
	int flags;
	dev_t device;
	char *path;
	size_t room;
	struct seen {
		struct seen *next;
		dev_t dev;
		ino_t ino;
	} *seen; /* directories on the way down, when links are followed */
};

static int visit(struct walk *w, const struct stat *st, int type, size_t base, int level)
{
	if (w->old)
		return w->old(w->path, st, type == FTW_DP ? FTW_D : type);
	struct FTW info = {(int)base, level};
	return w->fn(w->path, st, type, &info);
}

static int walk_entry(struct walk *w, size_t len, size_t base, int level);

static int walk_directory(struct walk *w, size_t len, int level)
{
	DIR *dir = opendir(w->flags & FTW_CHDIR ? "." : w->path);
	struct dirent *d;
	int result = 0;

	if (!dir)
		return -1;
	while (result == 0 && (d = readdir(dir))) {
		size_t n = strlen(d->d_name), at = len;
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (len + n + 2 > w->room) {
			char *more = realloc(w->path, (len + n + 2) * 2);
			if (!more) {
				result = -1;
				break;
			}
			w->path = more;
			w->room = (len + n + 2) * 2;
		}
		if (at == 0 || w->path[at - 1] != '/')
			w->path[at++] = '/';
		memcpy(w->path + at, d->d_name, n + 1);
		result = walk_entry(w, at + n, at, level + 1);
		w->path[len] = '\0';
		if (w->flags & FTW_ACTIONRETVAL) {
			if (result == FTW_SKIP_SUBTREE)
				result = 0;
			if (result == FTW_SKIP_SIBLINGS) {
				result = 0;
				break;
			}
		}
	}
	int error = errno;
	closedir(dir);
	errno = error;
	return result;
}

static int walk_entry(struct walk *w, size_t len, size_t base, int level)
{
	const char *name = w->flags & FTW_CHDIR && level > 0 ? w->path + base : w->path;
	struct stat st;
	int type, result;

	memset(&st, 0, sizeof(st));
	if ((w->flags & FTW_PHYS ? lstat : stat)(name, &st) == 0) {
		type = S_ISDIR(st.st_mode) ? FTW_D : S_ISLNK(st.st_mode) ? FTW_SL : FTW_F;
	} else if (errno != EACCES && errno != ENOENT) {
		return -1;
	} else if (!(w->flags & FTW_PHYS) && lstat(name, &st) == 0 && S_ISLNK(st.st_mode)) {
		type = w->old ? FTW_NS : FTW_SLN;
	} else if (level == 0) {
		return -1;
	} else {
		type = FTW_NS;
	}
	if (level == 0)
		w->device = st.st_dev;
	if (type != FTW_NS && w->flags & FTW_MOUNT && st.st_dev != w->device)
		return 0;
	if (type != FTW_D)
		return visit(w, &st, type, base, level);

	struct seen here = {w->seen, st.st_dev, st.st_ino};
	if (!(w->flags & FTW_PHYS)) {
		for (struct seen *s = w->seen; s; s = s->next) {
			if (s->dev == st.st_dev && s->ino == st.st_ino)
				return 0;
		}
	}
	if (access(name, R_OK))
		return visit(w, &st, FTW_DNR, base, level);
	if (!(w->flags & FTW_DEPTH) && (result = visit(w, &st, FTW_D, base, level)))
		return result;
	if (w->flags & FTW_CHDIR && chdir(name))
		return -1;
	w->seen = &here;
	result = walk_directory(w, len, level);
	w->seen = here.next;
	if (w->flags & FTW_CHDIR && level > 0 && chdir("..") && result == 0)
		result = -1;
	if (result == 0 && w->flags & FTW_DEPTH)
		result = visit(w, &st, FTW_DP, base, level);
	return result;
}

static int walk_tree(struct walk *w, const char *root)
{
	size_t len = strlen(root);
	char cwd[PATH_MAX];

	if (len == 0)
		return fail_with(ENOENT);
	w->room = len + 256;
	w->path = malloc(w->room);
	if (!w->path)
		return -1;
	memcpy(w->path, root, len + 1);
	while (len > 1 && w->path[len - 1] == '/')
		w->path[--len] = '\0';
	char *slash = strrchr(w->path, '/');
	size_t base = slash && slash[1] ? (size_t)(slash - w->path) + 1 : 0;
	bool back = w->flags & FTW_CHDIR && getcwd(cwd, sizeof(cwd));
	int result = walk_entry(w, len, base, 0);
	int error = errno;
	if (back)
		chdir(cwd);
	free(w->path);
	errno = error;
	return result;
}

WRAPPER(int, ftw, (const char *root, int (*fn)(const char *, const struct stat *, int), int depth))
{
	struct walk w = {.old = fn};

	(void)depth;
	return walk_tree(&w, root);
}

WRAPPER(int, nftw,
	(const char *root, int (*fn)(const char *, const struct stat *, int, struct FTW *), int depth, int flags))
{
	struct walk w = {.fn = fn, .flags = flags};

	(void)depth;
	return walk_tree(&w, root);
}

WRAPPER(key_t, ftok, (const char *path, int project))
{
	struct stat st;

	if (stat(path, &st))
		return -1;
	return (key_t)((st.st_ino & 0xffff) | ((st.st_dev & 0xff) << 16) | ((unsigned)(project & 0xff) << 24));
}
