/* fts over our own directories. The library's would walk the host's tree. We never change the directory, so an entry's
 * path for access is its whole path, and each entry owns its strings: callers may keep what they were given as long as
 * the entry lives. */
#include <dirent.h>
#include <fts.h>
#include <stdlib.h>

#include "shim.h"

static FTSENT *entry_new(FTS *f, FTSENT *parent, const char *name)
{
	bool root = parent->fts_level == FTS_ROOTPARENTLEVEL;
	size_t name_len = strlen(name), parent_len = root ? 0 : parent->fts_pathlen;
	bool slash = !root && (parent_len == 0 || parent->fts_path[parent_len - 1] != '/');
	size_t path_len = parent_len + slash + name_len;
	FTSENT *e;

	(void)f;
	if (path_len > USHRT_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	e = calloc(1, sizeof(*e) + name_len + 1);
	if (!e)
		return NULL;
	e->fts_statp = calloc(1, sizeof(*e->fts_statp));
	e->fts_path = malloc(path_len + 1);
	if (!e->fts_statp || !e->fts_path) {
		free(e->fts_statp);
		free(e->fts_path);
		free(e);
		return NULL;
	}
	if (!root)
		memcpy(e->fts_path, parent->fts_path, parent_len);
	if (slash)
		e->fts_path[parent_len] = '/';
	memcpy(e->fts_path + parent_len + slash, name, name_len + 1);
	memcpy(e->fts_name, name, name_len + 1);
	e->fts_accpath = e->fts_path;
	e->fts_pathlen = (unsigned short)path_len;
	e->fts_namelen = (unsigned short)name_len;
	e->fts_parent = parent;
	e->fts_level = (short)(parent->fts_level + 1);
	e->fts_instr = FTS_NOINSTR;
	return e;
}

static void entry_free(FTSENT *e)
{
	free(e->fts_statp);
	free(e->fts_path);
	free(e);
}

static void list_free(FTSENT *e)
{
	while (e) {
		FTSENT *next = e->fts_link;
		entry_free(e);
		e = next;
	}
}

/* What the entry is: the value of fts_info. */
static unsigned short look(const FTS *f, FTSENT *e, bool follow)
{
	struct stat *st = e->fts_statp;
	const char *name = e->fts_name;
	bool dots = name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));

	e->fts_errno = 0;
	if ((f->fts_options & FTS_LOGICAL) || follow) {
		if (stat(e->fts_accpath, st)) {
			int error = errno;
			if (lstat(e->fts_accpath, st) == 0) {
				errno = 0;
				return FTS_SLNONE;
			}
			e->fts_errno = error;
			return FTS_NS;
		}
	} else if (lstat(e->fts_accpath, st)) {
		e->fts_errno = errno;
		memset(st, 0, sizeof(*st));
		return FTS_NS;
	}
	if (S_ISDIR(st->st_mode)) {
		e->fts_dev = st->st_dev;
		e->fts_ino = st->st_ino;
		e->fts_nlink = st->st_nlink;
		if (dots && e->fts_level > FTS_ROOTLEVEL)
			return FTS_DOT;
		for (FTSENT *up = e->fts_parent; up->fts_level >= FTS_ROOTLEVEL; up = up->fts_parent) {
			if (up->fts_ino == e->fts_ino && up->fts_dev == e->fts_dev) {
				e->fts_cycle = up;
				return FTS_DC;
			}
		}
		return FTS_D;
	}
	return S_ISLNK(st->st_mode) ? FTS_SL : S_ISREG(st->st_mode) ? FTS_F : FTS_DEFAULT;
}

static FTSENT *sort(FTS *f, FTSENT *head, size_t n)
{
	FTSENT **all;
	size_t i = 0;

	if (!f->fts_compar || n < 2 || !(all = malloc(n * sizeof(*all))))
		return head;
	for (FTSENT *e = head; e; e = e->fts_link)
		all[i++] = e;
	qsort(all, n, sizeof(*all), (int (*)(const void *, const void *))(void *)f->fts_compar);
	for (i = 0; i + 1 < n; i++)
		all[i]->fts_link = all[i + 1];
	all[n - 1]->fts_link = NULL;
	head = all[0];
	free(all);
	return head;
}

/* The entries of a directory. NULL with fts_info changed to DNR or ERR on failure, NULL alone for an empty one. */
static FTSENT *read_directory(FTS *f, FTSENT *parent)
{
	FTSENT *head = NULL, **tail = &head;
	DIR *dir = opendir(parent->fts_accpath);
	struct dirent *d;
	size_t n = 0;

	if (!dir) {
		parent->fts_info = FTS_DNR;
		parent->fts_errno = errno;
		return NULL;
	}
	for (;;) {
		errno = 0;
		if (!(d = readdir(dir)))
			break;
		if (!(f->fts_options & FTS_SEEDOT) && (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0))
			continue;
		FTSENT *e = entry_new(f, parent, d->d_name);
		if (!e)
			break;
		e->fts_info = look(f, e, false);
		*tail = e;
		tail = &e->fts_link;
		n++;
	}
	int error = errno;
	closedir(dir);
	if (error) {
		list_free(head);
		parent->fts_info = FTS_ERR;
		parent->fts_errno = error;
		return NULL;
	}
	return sort(f, head, n);
}

WRAPPER(FTS *, fts_open, (char *const *paths, int options, int (*compare)(const FTSENT **, const FTSENT **)))
{
	FTS *f = calloc(1, sizeof(*f));
	FTSENT *top = calloc(1, sizeof(*top)), *head = NULL, **tail = &head;
	size_t n = 0;

	if (!f || !top || (options & ~FTS_OPTIONMASK) || !paths[0]) {
		errno = f && top ? EINVAL : ENOMEM;
		goto failed;
	}
	f->fts_options = options;
	f->fts_compar = (__typeof__(f->fts_compar))(void *)compare;
	top->fts_level = FTS_ROOTPARENTLEVEL;
	top->fts_parent = top;
	for (; *paths; paths++, n++) {
		if (!**paths) {
			errno = ENOENT;
			goto failed;
		}
		FTSENT *e = entry_new(f, top, *paths);
		if (!e)
			goto failed;
		e->fts_info = look(f, e, options & FTS_COMFOLLOW);
		if (e->fts_info == FTS_DOT)
			e->fts_info = FTS_D;
		*tail = e;
		tail = &e->fts_link;
	}
	/* The walk stands before its first entry. */
	top->fts_link = sort(f, head, n);
	top->fts_info = FTS_INIT;
	f->fts_cur = top;
	return f;
failed:
	list_free(head);
	free(top);
	free(f);
	return NULL;
}

static FTSENT *arrive(FTS *f, FTSENT *e)
{
	if (e->fts_level == FTS_ROOTLEVEL) {
		/* Its name has been the whole path, for sorting; now it is the last component. */
		char *slash = strrchr(e->fts_name, '/');
		if (slash && (slash != e->fts_name || slash[1])) {
			e->fts_namelen = (unsigned short)strlen(slash + 1);
			memmove(e->fts_name, slash + 1, e->fts_namelen + 1u);
		}
		f->fts_dev = e->fts_dev;
	}
	return f->fts_cur = e;
}

/* To the next sibling that is not to be skipped, or up to the parent. */
static FTSENT *leave(FTS *f, FTSENT *e)
{
	FTSENT *next = e->fts_link, *parent = e->fts_parent;

	if (e->fts_level > FTS_ROOTPARENTLEVEL)
		entry_free(e);
	while (next && next->fts_instr == FTS_SKIP) {
		e = next;
		next = e->fts_link;
		entry_free(e);
	}
	if (next) {
		if (next->fts_instr == FTS_FOLLOW) {
			next->fts_info = look(f, next, true);
			next->fts_instr = FTS_NOINSTR;
		}
		return arrive(f, next);
	}
	f->fts_cur = parent;
	if (parent->fts_level == FTS_ROOTPARENTLEVEL) {
		parent->fts_link = NULL;
		f->fts_options |= FTS_STOP;
		errno = 0;
		return NULL;
	}
	parent->fts_info = parent->fts_errno ? FTS_ERR : FTS_DP;
	return parent;
}

WRAPPER(FTSENT *, fts_read, (FTS * f))
{
	FTSENT *e = f->fts_cur;
	int instruction = e->fts_instr;

	if (f->fts_options & FTS_STOP)
		return NULL;
	e->fts_instr = FTS_NOINSTR;
	if (e->fts_level == FTS_ROOTPARENTLEVEL) {
		FTSENT first = {.fts_link = e->fts_link, .fts_parent = e, .fts_level = FTS_ROOTPARENTLEVEL};
		e->fts_link = NULL;
		e->fts_info = 0;
		return leave(f, &first);
	}
	if (instruction == FTS_AGAIN) {
		e->fts_info = look(f, e, false);
		return e;
	}
	if (instruction == FTS_FOLLOW && (e->fts_info == FTS_SL || e->fts_info == FTS_SLNONE)) {
		e->fts_info = look(f, e, true);
		return e;
	}
	if (e->fts_info != FTS_D)
		return leave(f, e);
	if (instruction == FTS_SKIP || (f->fts_options & FTS_XDEV && e->fts_dev != f->fts_dev)) {
		list_free(f->fts_child);
		f->fts_child = NULL;
		e->fts_info = FTS_DP;
		return e;
	}
	FTSENT *child = f->fts_child ? f->fts_child : read_directory(f, e);
	f->fts_child = NULL;
	if (!child) {
		if (e->fts_info == FTS_D)
			e->fts_info = FTS_DP;
		return e;
	}
	/* As if coming from an entry before the first. */
	FTSENT before = {.fts_link = child, .fts_parent = e, .fts_level = FTS_ROOTPARENTLEVEL};
	return leave(f, &before);
}

WRAPPER(FTSENT *, fts_children, (FTS * f, int options))
{
	FTSENT *e = f->fts_cur;

	errno = 0;
	if (options && options != FTS_NAMEONLY) {
		errno = EINVAL;
		return NULL;
	}
	if (f->fts_options & FTS_STOP)
		return NULL;
	if (e->fts_info == FTS_INIT)
		return e->fts_link;
	if (e->fts_info != FTS_D)
		return NULL;
	list_free(f->fts_child);
	f->fts_child = read_directory(f, e);
	if (!f->fts_child && e->fts_info != FTS_D) {
		errno = e->fts_errno;
		e->fts_info = FTS_D; /* reported again when it is read */
		e->fts_errno = 0;
	}
	return f->fts_child;
}

WRAPPER(int, fts_set, (FTS * f, FTSENT *e, int instruction))
{
	(void)f;
	if (instruction && instruction != FTS_AGAIN && instruction != FTS_FOLLOW && instruction != FTS_NOINSTR &&
	    instruction != FTS_SKIP)
		return fail_with(EINVAL);
	e->fts_instr = (unsigned short)instruction;
	return 0;
}

WRAPPER(int, fts_close, (FTS * f))
{
	FTSENT *e = f->fts_cur;

	list_free(f->fts_child);
	while (e->fts_level > FTS_ROOTPARENTLEVEL) {
		FTSENT *parent = e->fts_parent;
		list_free(e);
		e = parent;
	}
	list_free(e->fts_link); /* the walk never began */
	free(e);
	free(f);
	return 0;
}
