/* glob for musl, whose own can only look at the host's directories. The lists are ours, and so is globfree. */
#include <dirent.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>

#include "shim.h"

struct search {
	int flags;
	int (*on_error)(const char *, int);
	char **found;
	size_t count, room;
	size_t len; /* of path */
	char path[PATH_MAX];
};

static int found(struct search *s, const char *name, bool mark)
{
	size_t len = strlen(name);

	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		char **more = realloc(s->found, room * sizeof(*more));
		if (!more)
			return GLOB_NOSPACE;
		s->found = more;
		s->room = room;
	}
	char *copy = malloc(len + 2);
	if (!copy)
		return GLOB_NOSPACE;
	memcpy(copy, name, len);
	copy[len] = '/';
	copy[len + mark] = '\0';
	s->found[s->count++] = copy;
	return 0;
}

/* Appends to the path. False if it becomes longer than any path may be. */
static bool append(struct search *s, const char *text, size_t len)
{
	if (s->len + len >= sizeof(s->path))
		return false;
	memcpy(s->path + s->len, text, len);
	s->len += len;
	s->path[s->len] = '\0';
	return true;
}

/* A component without anything to match, as a name: in place of `\c` only c. */
static bool append_plain(struct search *s, const char *component, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (component[i] == '\\' && !(s->flags & GLOB_NOESCAPE) && i + 1 < len)
			i++;
		if (!append(s, component + i, 1))
			return false;
	}
	return true;
}

static bool is_plain(const char *component, size_t len, bool escapes)
{
	for (size_t i = 0; i < len; i++) {
		if (escapes && component[i] == '\\')
			i++;
		else if (strchr("*?[", component[i]))
			return false;
	}
	return true;
}

static int report(const struct search *s)
{
	if ((s->on_error && s->on_error(s->path, errno)) || s->flags & GLOB_ERR)
		return GLOB_ABORTED;
	return 0;
}

static int expand(struct search *s, const char *pattern);

/* Every entry of the directory at the path that matches the component, and what is behind it. */
static int expand_entries(struct search *s, const char *component, size_t len, const char *rest)
{
	char pattern[NAME_MAX * 4];
	size_t at = s->len;
	struct dirent *d;
	int result = 0;

	if (len >= sizeof(pattern))
		return 0;
	memcpy(pattern, component, len);
	pattern[len] = '\0';
	DIR *dir = opendir(at ? s->path : ".");
	if (!dir)
		return report(s);
	int match = (s->flags & GLOB_NOESCAPE ? FNM_NOESCAPE : 0) | (s->flags & GLOB_PERIOD ? 0 : FNM_PERIOD);
	while (!result && (errno = 0, d = readdir(dir))) {
		bool dots = strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0;
		/* Where names with a dot are wanted, these two still have to be asked for. */
		if (fnmatch(pattern, d->d_name, dots ? match | FNM_PERIOD : match))
			continue;
		if (*rest && d->d_type != DT_DIR && d->d_type != DT_LNK && d->d_type != DT_UNKNOWN)
			continue;
		if (append(s, d->d_name, strlen(d->d_name)))
			result = expand(s, rest);
		s->len = at;
		s->path[at] = '\0';
	}
	if (!result && errno)
		result = report(s);
	closedir(dir);
	return result;
}

/* What the rest of the pattern finds from the path on. */
static int expand(struct search *s, const char *pattern)
{
	size_t slashes = strspn(pattern, "/"), at = s->len;
	int result = 0;

	if (!append(s, pattern, slashes))
		return 0;
	const char *component = pattern + slashes;
	size_t len = strcspn(component, "/");
	if (len && !is_plain(component, len, !(s->flags & GLOB_NOESCAPE))) {
		result = expand_entries(s, component, len, component + len);
	} else if (len) {
		if (append_plain(s, component, len))
			result = expand(s, component + len);
	} else {
		struct stat st;
		/* A link that leads nowhere is there, unless a slash asks for what it leads to. */
		bool there = stat(s->path, &st) == 0;
		bool directory = there && S_ISDIR(st.st_mode);
		if (there || lstat(s->path, &st) == 0)
			result = found(s, s->path, directory && s->flags & GLOB_MARK && s->path[s->len - 1] != '/');
		else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			result = report(s);
	}
	s->len = at;
	s->path[at] = '\0';
	return result;
}

/* The own home directory in place of `~`; "~name" would be looked up in the host's user list. Returns the rest. */
static const char *expand_home(struct search *s, const char *pattern)
{
	const char *home = getenv("HOME");

	if (!(s->flags & (GLOB_TILDE | GLOB_TILDE_CHECK)) || pattern[0] != '~')
		return pattern;
	if ((pattern[1] && pattern[1] != '/') || !home || !append(s, home, strlen(home)))
		return s->flags & GLOB_TILDE_CHECK ? NULL : pattern;
	return pattern + 1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Puts what was found behind the places kept free and what earlier calls found. */
static int hand_out(const struct search *s, glob_t *g)
{
	size_t kept = s->flags & GLOB_DOOFFS ? g->gl_offs : 0, before = s->flags & GLOB_APPEND ? g->gl_pathc : 0;
	char **list = realloc(s->flags & GLOB_APPEND ? g->gl_pathv : NULL, (kept + before + s->count + 1) * sizeof(*list));

	if (!list)
		return GLOB_NOSPACE;
	if (!(s->flags & GLOB_APPEND))
		memset(list, 0, kept * sizeof(*list));
	if (s->count)
		memcpy(list + kept + before, s->found, s->count * sizeof(*list));
	list[kept + before + s->count] = NULL;
	g->gl_pathv = list;
	g->gl_pathc = before + s->count;
	g->gl_offs = kept;
	return 0;
}

WRAPPER(int, glob,
	(const char *restrict pattern, int flags, int (*on_error)(const char *, int), glob_t *restrict g))
{
	struct search *s = calloc(1, sizeof(*s));
	int result = s ? 0 : GLOB_NOSPACE;

	if (!(flags & GLOB_APPEND)) {
		g->gl_pathc = 0;
		g->gl_pathv = NULL;
	}
	if (result)
		return result;
	s->flags = flags;
	s->on_error = on_error;
	const char *rest = expand_home(s, pattern);
	if (rest && *rest)
		result = expand(s, rest);
	else if (rest && s->len)
		result = expand(s, "");
	if (!result && !s->count)
		result = flags & GLOB_NOCHECK ? found(s, pattern, false) : GLOB_NOMATCH;
	if (s->count && !(flags & GLOB_NOSORT))
		qsort(s->found, s->count, sizeof(*s->found), by_name);
	/* What was found before it was aborted is handed out, too. */
	int handed = result == GLOB_NOSPACE ? result : hand_out(s, g);
	for (size_t i = 0; handed && i < s->count; i++)
		free(s->found[i]);
	free(s->found);
	free(s);
	return handed ? handed : result;
}

WRAPPER(void, globfree, (glob_t *g))
{
	for (size_t i = 0; i < g->gl_pathc; i++)
		free(g->gl_pathv[g->gl_offs + i]);
	free(g->gl_pathv);
	g->gl_pathc = 0;
	g->gl_pathv = NULL;
}
