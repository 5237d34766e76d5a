/* The resolver for kernels without openat2 (and for comparison with those that have it).
 *
 * One component at a time, each opened with O_PATH | O_NOFOLLOW from the one before, so that no step can leave the
 * tree;
 * `..` goes back to the descriptor we came from, never to the kernel's idea of the parent; links are read and their
 * contents put in front of what is left. Only the last KEEP directories are held open: going further back walks down
 * from the start again along the names that led there. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define KEEP 32
#define MAX_LINKS 40 /* as the kernel */

struct level {
	int fd;	     /* -1: closed meanwhile */
	size_t name; /* offset in walk.names of the component that led here from the level above */
};

struct walk {
	wasi_call_t *c;
	struct level *levels; /* [0] is the borrowed start */
	size_t depth, room;
	char *names;
	size_t names_len, names_room;
	char *rest; /* malloced: what is still to be resolved */
	char *todo; /* points into rest */
	int links;
};

static wasi_errno_t grow(void **array, size_t *room, size_t want, size_t size)
{
	size_t more = *room ? *room : 64;
	void *bigger;

	if (want <= *room)
		return WASI_ERRNO_SUCCESS;
	while (more < want)
		more *= 2;
	bigger = realloc(*array, more * size);
	if (!bigger)
		return WASI_ERRNO_NOMEM;
	*array = bigger;
	*room = more;
	return WASI_ERRNO_SUCCESS;
}

static int top(const struct walk *w)
{
	return w->levels[w->depth].fd;
}

static void close_level(struct walk *w, size_t level)
{
	if (level > 0 && w->levels[level].fd >= 0) {
		w->c->host->close(w->levels[level].fd);
		w->levels[level].fd = -1;
	}
}

static wasi_errno_t push(struct walk *w, int fd, const char *name, size_t len)
{
	wasi_errno_t error = grow((void **)&w->levels, &w->room, w->depth + 2, sizeof(*w->levels));

	if (!error)
		error = grow((void **)&w->names, &w->names_room, w->names_len + len + 1, 1);
	if (error) {
		w->c->host->close(fd);
		return error;
	}
	w->levels[++w->depth] = (struct level){fd, w->names_len};
	memcpy(w->names + w->names_len, name, len);
	w->names[w->names_len + len] = '\0';
	w->names_len += len + 1;
	if (w->depth > KEEP)
		close_level(w, w->depth - KEEP);
	return WASI_ERRNO_SUCCESS;
}

/* Opens the closed levels between the start and the top again. */
static wasi_errno_t reopen_top(struct walk *w)
{
	int fd = w->levels[0].fd;

	for (size_t i = 1; i <= w->depth; i++) {
		long next = HOST_RETRY(w->c, openat(fd, w->names + w->levels[i].name,
						    O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC, 0));

		if (i > 1)
			w->c->host->close(fd);
		if (next < 0)
			return host_error(next);
		fd = (int)next;
	}
	w->levels[w->depth].fd = fd;
	return WASI_ERRNO_SUCCESS;
}

/* `.` and `..` need search permission on the directory they stand in, as in the kernel. */
static wasi_errno_t may_search(struct walk *w)
{
	long fd = HOST_RETRY(w->c, openat(top(w), ".", O_PATH | O_CLOEXEC, 0));

	if (fd < 0)
		return host_error(fd);
	w->c->host->close((int)fd);
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t pop(struct walk *w)
{
	if (w->depth == 0)
		return WASI_ERRNO_NOTCAPABLE;
	w->names_len = w->levels[w->depth].name;
	close_level(w, w->depth);
	w->depth--;
	return top(w) < 0 ? reopen_top(w) : WASI_ERRNO_SUCCESS;
}

/* Puts the contents of the link fd in front of what is left. */
static wasi_errno_t expand(struct walk *w, int fd)
{
	char target[PATH_BYTES];
	size_t rest_len = strlen(w->todo);
	char *rest;
	long len;

	if (++w->links > MAX_LINKS)
		return WASI_ERRNO_LOOP;
	len = HOST_RETRY(w->c, readlinkat(fd, "", target, sizeof(target)));
	if (len < 0)
		return host_error(len);
	if (len == 0)
		return WASI_ERRNO_NOENT;
	if (len == sizeof(target))
		return WASI_ERRNO_NAMETOOLONG;
	if (target[0] == '/')
		return WASI_ERRNO_NOTCAPABLE;
	rest = malloc((size_t)len + rest_len + 1);
	if (!rest)
		return WASI_ERRNO_NOMEM;
	memcpy(rest, target, (size_t)len);
	memcpy(rest + len, w->todo, rest_len + 1);
	free(w->rest);
	w->rest = w->todo = rest;
	return WASI_ERRNO_SUCCESS;
}

/* What one component is. */
enum step { STEP_DIRECTORY, STEP_LINK, STEP_OTHER, STEP_MISSING };

static wasi_errno_t look(struct walk *w, const char *name, int *ret_fd, enum step *ret_step)
{
	long fd = HOST_RETRY(w->c, openat(top(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
	struct statx st;
	long result;

	*ret_fd = -1;
	*ret_step = STEP_MISSING;
	if (fd == -ENOENT)
		return WASI_ERRNO_SUCCESS;
	if (fd < 0)
		return host_error(fd);
	result = w->c->host->statx((int)fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);
	if (result < 0) {
		w->c->host->close((int)fd);
		return host_error(result);
	}
	*ret_fd = (int)fd;
	*ret_step = S_ISDIR(st.stx_mode) ? STEP_DIRECTORY : S_ISLNK(st.stx_mode) ? STEP_LINK : STEP_OTHER;
	return WASI_ERRNO_SUCCESS;
}

/* Resolves the next component. *ret_final: the walk ends with this component as a name in the top directory. */
static wasi_errno_t step(struct walk *w, enum walk_mode mode, bool create, struct path *name, bool *ret_final)
{
	size_t len = strcspn(w->todo, "/");
	char *after = w->todo + len;
	bool slash = *after == '/', last;
	enum step what;
	wasi_errno_t error;
	int fd;

	*ret_final = false;
	after += strspn(after, "/");
	last = *after == '\0';
	if (len > 255)
		return WASI_ERRNO_NAMETOOLONG;
	memcpy(name->text, w->todo, len);
	name->text[len] = '\0';

	if (strcmp(name->text, ".") == 0 || strcmp(name->text, "..") == 0) {
		error = may_search(w);
		if (!error && name->text[1])
			error = pop(w);
		w->todo = after;
		return error;
	}
	if (last && slash && create)
		return WASI_ERRNO_ISDIR;
	error = look(w, name->text, &fd, &what);
	if (error)
		return error;
	if (what == STEP_LINK && (!last || slash || mode == WALK_FOLLOW)) {
		/* Whatever follows the link, its slashes included, now follows its contents. */
		w->todo += len;
		error = expand(w, fd);
		w->c->host->close(fd);
		return error;
	}
	if (what == STEP_DIRECTORY && (!last || slash)) {
		w->todo = after;
		return push(w, fd, name->text, len);
	}
	if (fd >= 0)
		w->c->host->close(fd);
	if (!last || slash)
		return what == STEP_MISSING ? WASI_ERRNO_NOENT : WASI_ERRNO_NOTDIR;
	*ret_final = true;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t path_walk(wasi_call_t *c, int dir, const char *path, enum walk_mode mode, bool create, struct path *name,
		       struct path_ref *ret)
{
	struct walk w = {.c = c};
	wasi_errno_t error = grow((void **)&w.levels, &w.room, 1, sizeof(*w.levels));
	bool final = false;

	w.rest = w.todo = strdup(path);
	if (!w.rest)
		error = WASI_ERRNO_NOMEM;
	if (!error)
		w.levels[0] = (struct level){dir, 0};
	if (!error && path[0] == '/')
		error = WASI_ERRNO_NOTCAPABLE;
	while (!error && !final && *w.todo)
		error = step(&w, mode, create, name, &final);
	if (!error) {
		*ret = (struct path_ref){
			.dir = top(&w),
			.name = final ? name->text : ".",
			.flags = AT_SYMLINK_NOFOLLOW,
			.close_dir = w.depth > 0,
		};
		name->len = final ? strlen(name->text) : 0;
		if (w.depth > 0)
			w.levels[w.depth].fd = -1;
	}
	for (size_t i = 1; w.levels && i <= w.depth; i++)
		close_level(&w, i);
	free(w.levels);
	free(w.names);
	free(w.rest);
	return error;
}
