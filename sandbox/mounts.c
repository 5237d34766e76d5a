/* The guest's root as a list of steps: an empty tmpfs in which only what is granted gets a place.
 *
 * The root is made in two layers. The namespace's own root is an empty tmpfs, and the guest's root is mounted on a
 * directory of it, where the guest is put by chroot. So the old root can be unmounted while the guest starts already
 * (the kernel waits for all processors there, often a millisecond); and whoever is in a chroot gets no user namespace. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wall.h"
#include "wall_abi.h"

#define PRIVATE_DIR "/.wasiward"

/* Where the shim for each C library lies in the guest's root. */
static const char *const private_shims[POLICY_LIBCS] = {
#define LIBC(NAME, name, loader, library, package, search) PRIVATE_DIR "/" library,
#include "libc.def"
};

/* What the loader needs of a program that is granted no runtime: the shim hides it from the program's libc calls. */
static const char *const loader_dirs[] = { "/lib", "/lib64", "/lib32", "/usr/lib" };
static const char *const loader_files[] = {
#define LIBC(NAME, name, loader, library, package, search) search,
#include "libc.def"
};

struct sketch {
	struct wall *wall;
	struct policy *policy;
	struct wall_plan *plan;
	size_t *order; /* the granted directories, parents first */
};

static void add(struct sketch *s, enum step_kind kind, int *fd, const char *path, const char *target, uint64_t value)
{
	plan_add(s->plan, (struct wall_step){ .kind = kind,
					      .root = &s->wall->root,
					      .fd = fd,
					      .path = (char *)(uintptr_t)path,
					      .target = (char *)(uintptr_t)target,
					      .value = value });
}

static bool beneath(const char *path, const char *dir)
{
	size_t len = strlen(dir);
	return !strncmp(path, dir, len) && path[len] == '/';
}

/* Whether a granted directory has a place in the root; the others are reached through their descriptors only. `/` itself
 * is the wall's own. */
static bool has_place(const struct sketch *s, const struct policy_dir *d)
{
	return s->policy->profile == POLICY_POSIX && d->guest[0] == '/' && d->guest[1];
}

/* Whether a path lies in or below a granted directory, where nothing is ours to make. */
static bool covered(const struct sketch *s, const char *path, bool itself)
{
	for (size_t i = 0; i < s->policy->n_dirs; i++) {
		const struct policy_dir *d = &s->policy->dirs[i];
		if (has_place(s, d) && (beneath(path, d->guest) || (itself && !strcmp(path, d->guest))))
			return true;
	}
	return false;
}

/* The directories on the way to path, as far as they are ours; path itself, too, if `whole`. */
static void make_way(struct sketch *s, const char *path, bool whole)
{
	char part[4096];
	size_t len = strlen(path);
	for (size_t i = 1; i <= len && i < sizeof(part); i++) {
		if (path[i] != '/' && !(path[i] == '\0' && whole))
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (covered(s, part, false) || (i < len && covered(s, part, true)))
			return;
		/* Made before? The last steps are the likely ones. */
		bool made = false;
		for (size_t n = s->plan->n, k = 0; k < 64 && n > 0 && !made; k++)
			made = s->plan->steps[--n].kind == STEP_DIR && !strcmp(s->plan->steps[n].path, part);
		if (!made)
			add(s, STEP_DIR, NULL, part, NULL, 0);
	}
}

static uint64_t attributes(const struct sketch *s, const struct policy_dir *d)
{
	wasi_rights_t all = wasi_rights_preopen_base() | wasi_rights_preopen_inheriting();
	wasi_rights_t changing = all & ~wasi_rights_readonly(all);
	uint64_t attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	if (!((d->base | d->inheriting) & changing))
		attr |= MOUNT_ATTR_RDONLY;
	/* Nothing that could be written is code where programs may not make any. */
	bool no_code = s->policy->profile == POLICY_STRICT || s->policy->exec == POLICY_EXEC_NONE ||
		       (!s->wall->rules->jit && !(attr & MOUNT_ATTR_RDONLY));
	if (d->origin != POLICY_FROM_RUNTIME && no_code)
		attr |= MOUNT_ATTR_NOEXEC;
	return attr;
}

/* What is the guest's own: a /tmp in memory, and a place for the /proc that its PID 1 mounts. */
static void place_own(struct sketch *s, struct policy_dir *d)
{
	char options[64];
	if (has_place(s, d))
		make_way(s, d->guest, true);
	if (strcmp(d->guest, "/tmp"))
		return;
	const uint64_t size = s->wall->rules->limits.memory;
	snprintf(options, sizeof(options), size ? "mode=1777,size=%" PRIu64 : "mode=1777", size);
	add(s, STEP_TMPFS, &d->fd, NULL, options, attributes(s, d));
	if (has_place(s, d))
		add(s, STEP_MOUNT, &d->fd, d->guest, NULL, 0);
}

/* /bin is a link to usr/bin on most systems: a link costs less than a mount. Returns the link's text if it leads into a
 * runtime directory that the policy shows under its own name. */
static bool link_into_runtime(const struct sketch *s, const char *path, char target[256])
{
	char whole[257];
	if (strchr(path + 1, '/'))
		return false;
	ssize_t n = readlink(path, target, 255);
	if (n <= 0)
		return false;
	target[n] = '\0';
	snprintf(whole, sizeof(whole), "%s%s", target[0] == '/' ? "" : "/", target);
	if (strstr(whole, ".."))
		return false;
	for (size_t i = 0; i < s->policy->n_dirs; i++) {
		const struct policy_dir *d = &s->policy->dirs[i];
		if (d->origin == POLICY_FROM_RUNTIME && has_place(s, d) && beneath(whole, d->guest))
			return true;
	}
	return false;
}

static void place_dir(struct sketch *s, struct policy_dir *d)
{
	char target[256];
	if (d->origin == POLICY_FROM_WALL) {
		place_own(s, d);
	} else if (!has_place(s, d)) {
		add(s, STEP_DETACH, &d->fd, d->guest, NULL, attributes(s, d));
	} else if (d->origin == POLICY_FROM_RUNTIME && link_into_runtime(s, d->guest, target)) {
		add(s, STEP_SYMLINK, NULL, d->guest, target, 0);
		add(s, STEP_OPEN, &d->fd, d->guest, NULL, 0);
	} else {
		make_way(s, d->guest, true);
		add(s, STEP_BIND, &d->fd, d->guest, NULL, attributes(s, d));
		/* The shim may not make this copy, which saves it two calls of three for each look at a deep path. */
		if (d->origin == POLICY_FROM_OPTION && s->wall->guest == WALL_GUEST_NATIVE)
			plan_add(s->plan, (struct wall_step){ .kind = STEP_LOOK,
							      .root = &d->fd,
							      .fd = &d->look_fd,
							      .path = d->guest,
							      .value = attributes(s, d) | MOUNT_ATTR_NOSYMFOLLOW });
	}
}

static long open_host(struct sketch *s, int dir, const char *path)
{
	return KCALL4(s->wall->kernel, SYS_openat, dir, path, O_PATH | O_CLOEXEC, 0);
}

/* A place for a descriptor of ours among those that stay open; -1 if there is none to fill it. */
static int *also(struct sketch *s, const char *host)
{
	struct wall *w = s->wall;
	long fd = w->n_extra < sizeof(w->extra) / sizeof(w->extra[0]) ? open_host(s, AT_FDCWD, host) : -1;
	if (fd < 0)
		return NULL;
	w->extra[w->n_extra] = (int)fd;
	return &w->extra[w->n_extra++];
}

static void place_loader(struct sketch *s)
{
	const uint64_t attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	for (size_t i = 0; i < sizeof(loader_dirs) / sizeof(loader_dirs[0]); i++) {
		char target[256];
		const char *dir = loader_dirs[i];
		if (covered(s, dir, true))
			continue;
		ssize_t n = readlink(dir, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (n > 0 && !strncmp(target, "usr/lib", 7)) {
			add(s, STEP_SYMLINK, NULL, dir, target, 0);
			if (strcmp(target, "usr/lib") && access(dir, F_OK) == 0) {
				char path[260];
				snprintf(path, sizeof(path), "/%s", target);
				int *fd = covered(s, path, true) ? NULL : also(s, path);
				if (fd) {
					make_way(s, path, true);
					add(s, STEP_BIND, fd, path, NULL, attr);
				}
			}
			continue;
		}
		int *fd = also(s, dir);
		if (fd) {
			make_way(s, dir, true);
			add(s, STEP_BIND, fd, dir, NULL, attr);
		}
	}
	/* In the strict profile the runtime that is asked for is the loader's alone. */
	const struct words *listed = &s->wall->rules->runtime.dirs;
	for (size_t i = 0; i < listed->n; i++) {
		int *fd = covered(s, listed->at[i], true) ? NULL : also(s, listed->at[i]);
		if (fd) {
			make_way(s, listed->at[i], true);
			add(s, STEP_BIND, fd, listed->at[i], NULL, attr);
		}
	}
	for (size_t i = 0; i < sizeof(loader_files) / sizeof(loader_files[0]); i++) {
		int *fd = covered(s, loader_files[i], true) ? NULL : also(s, loader_files[i]);
		if (fd) {
			make_way(s, loader_files[i], false);
			add(s, STEP_FILE, NULL, loader_files[i], NULL, 0);
			add(s, STEP_BIND, fd, loader_files[i], NULL, attr);
		}
	}
}

static void place_shims(struct sketch *s)
{
	bool first = true;
	for (int i = 0; i < POLICY_LIBCS; i++) {
		int *shim = s->policy->shims[i] ? also(s, s->policy->shims[i]) : NULL;
		if (!shim)
			continue;
		if (first)
			add(s, STEP_DIR, NULL, PRIVATE_DIR, NULL, 0);
		first = false;
		add(s, STEP_FILE, NULL, private_shims[i], NULL, 0);
		add(s, STEP_BIND, shim, private_shims[i], NULL, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
		free(s->policy->shims[i]);
		s->policy->shims[i] = strdup(private_shims[i]);
	}
}

static size_t dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == path ? 1 : (size_t)(slash - path);
}

/* The first of the files that lies in the same directory. */
static const struct policy_file *first_there(const struct policy *p, const struct policy_file *f)
{
	const struct policy_file *first = p->files;
	size_t len = dir_len(f->guest);
	while (dir_len(first->guest) != len || memcmp(first->guest, f->guest, len))
		first++;
	return first;
}

void wall_share_dirs(struct policy *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		p->files[i].dir_fd = first_there(p, &p->files[i])->dir_fd;
}

/* Single files: each bound under its guest name; the policy then finds it in the new root's directory. */
static int place_files(struct sketch *s, int **ret_fds)
{
	struct policy *p = s->policy;
	size_t kept = 0;
	int *fds = calloc(p->n_files + 1, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	*ret_fds = fds;
	for (size_t i = 0; i < p->n_files; i++) {
		struct policy_file *f = &p->files[i];
		bool hidden = covered(s, f->guest, true);
		long fd = hidden ? -ENOENT : open_host(s, f->dir_fd, f->name);
		if (fd < 0) {
			free(f->guest);
			free(f->name);
			continue;
		}
		bool writable = f->rights & WASI_RIGHTS_FD_WRITE, device = !strncmp(f->guest, "/dev/", 5);
		uint64_t attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | (writable ? 0 : MOUNT_ATTR_RDONLY) |
				(device ? 0 : MOUNT_ATTR_NODEV);
		fds[kept] = (int)fd;
		make_way(s, f->guest, false);
		add(s, STEP_FILE, NULL, f->guest, NULL, 0);
		add(s, STEP_BIND, &fds[kept], f->guest, NULL, attr);
		p->files[kept++] = *f;
	}
	p->n_files = kept;
	/* Directories last, when everything in them is there. */
	for (size_t i = 0; i < kept; i++) {
		struct policy_file *f = &p->files[i];
		size_t len = dir_len(f->guest);
		char *dir = strndup(f->guest, len);
		char *name = strdup(f->guest + len + (len > 1));
		if (!dir || !name)
			return -ENOMEM;
		free(f->name);
		f->name = name;
		f->dir_fd = -1;
		if (first_there(p, f) == f)
			add(s, STEP_OPEN, &f->dir_fd, dir, NULL, 0);
		free(dir);
	}
	return 0;
}

static const struct policy *sorting;

static int shorter_first(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t m = strlen(sorting->dirs[x].guest), n = strlen(sorting->dirs[y].guest);
	return m != n ? (m < n ? -1 : 1) : (x < y ? -1 : x > y);
}

static int check_names(struct wall *w, const struct policy *p)
{
	for (size_t i = 0; i < p->n_dirs; i++) {
		const char *guest = p->dirs[i].guest;
		for (const char *c = guest; p->profile == POLICY_POSIX && (c = strstr(c, "..")); c += 2) {
			if ((c == guest || c[-1] == '/') && (c[2] == '/' || !c[2])) {
				snprintf(w->failure, sizeof(w->failure), "the guest path %s has a \"..\", which could mean anything", guest);
				return -EINVAL;
			}
		}
		if (strlen(guest) >= 4096) {
			snprintf(w->failure, sizeof(w->failure), "the guest path %.40s… is too long", guest);
			return -ENAMETOOLONG;
		}
	}
	return 0;
}

int wall_plan_root(struct wall *w, struct policy *p, struct wall_plan *ret_plan)
{
	*ret_plan = (struct wall_plan){ 0 };
	struct sketch s = { .wall = w, .policy = p, .plan = ret_plan };
	int result = check_names(w, p);
	if (result < 0)
		return result;

	plan_add(ret_plan, (struct wall_step){ .kind = STEP_PRIVATE });
	const uint64_t bare = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	char mode[] = "mode=0755";
	plan_add(ret_plan, (struct wall_step){ .kind = STEP_TMPFS, .fd = &w->outer, .target = mode, .value = bare });
	plan_add(ret_plan, (struct wall_step){ .kind = STEP_ATTACH, .fd = &w->outer, .path = (char[]){ "/" } });
	plan_add(ret_plan, (struct wall_step){ .kind = STEP_DIR, .root = &w->outer, .path = (char[]){ "guest" } });
	plan_add(ret_plan, (struct wall_step){ .kind = STEP_DIR, .root = &w->outer, .path = (char[]){ "old" } });
	plan_add(ret_plan, (struct wall_step){ .kind = STEP_TMPFS, .fd = &w->root, .target = mode, .value = bare });
	plan_add(ret_plan, (struct wall_step){
		.kind = STEP_ATTACH, .root = &w->outer, .fd = &w->root, .path = (char[]){ "guest" } });

	size_t *order = calloc(p->n_dirs + 1, sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_dirs; i++)
		order[i] = i;
	sorting = p;
	qsort(order, p->n_dirs, sizeof(*order), shorter_first);
	for (size_t i = 0; i < p->n_dirs; i++)
		place_dir(&s, &p->dirs[order[i]]);
	free(order);

	if (w->guest == WALL_GUEST_NATIVE) {
		bool runtime = false;
		for (size_t i = 0; i < p->n_dirs; i++)
			runtime |= p->dirs[i].origin == POLICY_FROM_RUNTIME;
		if (!runtime)
			place_loader(&s);
		int *fds; /* stays: the steps point into it */
		result = place_files(&s, &fds);
		place_shims(&s);
		add(&s, STEP_HOSTNAME, NULL, "wasiward", NULL, 0);
	}
	add(&s, STEP_SEAL, NULL, NULL, NULL, 0);
	plan_add(ret_plan, (struct wall_step){ .kind = STEP_PIVOT, .root = &w->outer, .path = (char[]){ "old" } });
	return result;
}
