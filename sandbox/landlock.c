/* Landlock rules from rights.
 *
 * Landlock costs 5 to 20 % on path-heavy work, so only accesses that some grant lacks and a mount flag cannot take away
 * are handled; with `ro` and `rw` grants that is none at all, and what is left of Landlock are its scopes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "wall.h"
#include "wall_abi.h"

#define R(name) WASI_RIGHTS_##name

/* An access is withheld where none of the rights that need it is granted. Renaming is asked twice by the kernel: as
 * making at the target and as removing at the source. */
static const struct {
	uint64_t access;
	int abi;
	bool file; /* applies to files themselves */
	wasi_rights_t needs;
} accesses[] = {
	{ 1u << 1 /* WRITE_FILE */, 1, true, R(FD_WRITE) }, /* fd_allocate without it has no file to work on */
	{ 1u << 2 /* READ_FILE */, 1, true, R(FD_READ) },
	{ 1u << 3 /* READ_DIR */, 1, false, R(FD_READDIR) },
	{ 1u << 4 /* REMOVE_DIR */, 1, false, R(PATH_REMOVE_DIRECTORY) | R(PATH_RENAME_SOURCE) | R(PATH_RENAME_TARGET) },
	{ 1u << 5 /* REMOVE_FILE */, 1, false, R(PATH_UNLINK_FILE) | R(PATH_RENAME_SOURCE) | R(PATH_RENAME_TARGET) },
	{ 1u << 7 /* MAKE_DIR */, 1, false, R(PATH_CREATE_DIRECTORY) | R(PATH_RENAME_TARGET) },
	{ 1u << 8 /* MAKE_REG */, 1, false, R(PATH_CREATE_FILE) | R(PATH_LINK_TARGET) | R(PATH_RENAME_TARGET) },
	{ 1u << 9 /* MAKE_SOCK */, 1, false, R(PATH_CREATE_FILE) | R(PATH_LINK_TARGET) | R(PATH_RENAME_TARGET) },
	{ 1u << 10 /* MAKE_FIFO */, 1, false, R(PATH_CREATE_FILE) | R(PATH_LINK_TARGET) | R(PATH_RENAME_TARGET) },
	{ 1u << 12 /* MAKE_SYM */, 1, false, R(PATH_SYMLINK) | R(PATH_LINK_TARGET) | R(PATH_RENAME_TARGET) },
	{ 1u << 13 /* REFER */, 2, false,
	  R(PATH_LINK_SOURCE) | R(PATH_LINK_TARGET) | R(PATH_RENAME_SOURCE) | R(PATH_RENAME_TARGET) },
	{ 1u << 14 /* TRUNCATE */, 3, true, R(PATH_FILESTAT_SET_SIZE) | R(FD_FILESTAT_SET_SIZE) },
};
#define N_ACCESSES (sizeof(accesses) / sizeof(accesses[0]))
#define ACCESS_EXECUTE 1u
#define ACCESS_REFER (1u << 13)
#define ACCESS_DEVICES (1u << 6 | 1u << 11) /* MAKE_CHAR, MAKE_BLOCK: never granted */

static wasi_rights_t dir_rights(const struct policy_dir *d)
{
	return d->base | d->inheriting;
}

static wasi_rights_t all_rights(void)
{
	return wasi_rights_preopen_base() | wasi_rights_preopen_inheriting();
}

/* The accesses that a grant leaves open, among those that this kernel knows; executing is not a right. */
static uint64_t open_accesses(wasi_rights_t rights, int abi, bool file)
{
	uint64_t open = 0;
	for (size_t i = 0; i < N_ACCESSES; i++) {
		if (accesses[i].abi <= abi && (!file || accesses[i].file) && (rights & accesses[i].needs))
			open |= accesses[i].access;
	}
	return open;
}

/* What a mount flag says already: nothing of a read-only mount needs to be handled. */
static uint64_t withheld(wasi_rights_t rights, int abi)
{
	uint64_t lacks = ~open_accesses(rights, abi, false);
	bool read_only = !(rights & ~wasi_rights_readonly(all_rights()) & all_rights());
	return read_only ? lacks & (1u << 2 | 1u << 3) : lacks;
}

int wall_landlock_needs(wasi_rights_t rights)
{
	const uint64_t lacks = withheld(rights, INT_MAX);
	int abi = 0;
	for (size_t i = 0; i < N_ACCESSES; i++) {
		if (accesses[i].access & lacks && accesses[i].abi > abi)
			abi = accesses[i].abi;
	}
	return abi && abi < WALL_LANDLOCK_ABI_MIN ? WALL_LANDLOCK_ABI_MIN : abi;
}

/* Whether every right of the grant is kept: rights that share an access come together, and what the kernel never asks
 * for is not withheld. */
static bool says_all(wasi_rights_t rights, int abi)
{
	wasi_rights_t all = all_rights();
	if ((rights & all) == all || (rights & all) == wasi_rights_readonly(all))
		return true;
	wasi_rights_t kept = 0;
	for (size_t i = 0; i < N_ACCESSES; i++) {
		if (accesses[i].abi > abi)
			continue;
		wasi_rights_t some = rights & accesses[i].needs;
		if (some && some != (accesses[i].needs & all))
			return false;
		kept |= accesses[i].needs;
	}
	return !(all & ~rights & ~kept);
}

static long add_rule(struct wall_kernel *k, int ruleset, int fd, uint64_t allowed)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = allowed, .parent_fd = fd };
	if (!allowed)
		return 0;
	return KCALL4(k, SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* What a program of the list needs to be started: itself, and the loaders that the kernel starts in its stead. */
static long add_programs(struct wall *wall, int ruleset, const struct policy *p)
{
	struct wall_kernel *k = wall->kernel;
	long result = 0;
	for (size_t i = 0; i < POLICY_LIBCS + p->n_programs && result >= 0; i++) {
		const char *path = i < POLICY_LIBCS ? policy_libc_loader((enum policy_libc)i) : p->programs[i - POLICY_LIBCS];
		struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = wall->namespaces ? RESOLVE_IN_ROOT : 0 };
		long fd = KCALL4(k, SYS_openat2, wall->namespaces ? wall->root : AT_FDCWD, path, &how, sizeof(how));
		if (fd < 0)
			continue; /* what is not there cannot be started */
		result = add_rule(k, ruleset, (int)fd, ACCESS_EXECUTE);
		KCALL1(k, SYS_close, fd);
	}
	return result;
}

int wall_landlock(struct wall *wall, const struct policy *p)
{
	struct wall_kernel *k = wall->kernel;
	const int abi = wall->landlock_abi;
	uint64_t known = ACCESS_EXECUTE | ACCESS_DEVICES, handled = 0;
	wall->exact = true;
	for (size_t i = 0; i < N_ACCESSES; i++)
		known |= accesses[i].abi <= abi ? accesses[i].access : 0;
	for (size_t i = 0; i < p->n_dirs; i++) {
		handled |= withheld(dir_rights(&p->dirs[i]), abi) & known & ~(uint64_t)ACCESS_DEVICES;
		wall->exact &= says_all(dir_rights(&p->dirs[i]), abi);
	}
	/* Where any program may be started, executing is only looked at when it costs nothing more. */
	const bool listed = p->exec == POLICY_EXEC_LISTED && wall->guest == WALL_GUEST_NATIVE;
	const uint64_t execute = listed ? 0 : ACCESS_EXECUTE;
	if (listed)
		handled |= ACCESS_EXECUTE;
	if (!wall->namespaces)
		handled = known;
	else if (handled && abi >= WALL_LANDLOCK_ABI_MIN)
		handled |= ACCESS_REFER; /* refused between directories unless it is handled and allowed */
	else if (abi < WALL_LANDLOCK_ABI_MIN)
		handled = 0; /* would refuse every rename between directories */

	struct wall_landlock_ruleset attr = { .fs = handled };
	if (abi >= 6)
		attr.scoped = WALL_LANDLOCK_SCOPE_ABSTRACT | WALL_LANDLOCK_SCOPE_SIGNAL;
	wall->ruleset = -1;
	if (abi == 0 || (!attr.fs && !attr.scoped))
		return 0;
	long size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	long ruleset = KCALL3(k, SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return (int)ruleset;
	long result = 0;
	for (size_t i = 0; handled && i < p->n_dirs && result >= 0; i++)
		result = add_rule(k, (int)ruleset, p->dirs[i].fd, (open_accesses(dir_rights(&p->dirs[i]), abi, false) | execute) & handled);
	for (size_t i = 0; handled && i < p->n_files && result >= 0; i++) {
		/* Each file by itself: its directory may hold others. */
		const struct policy_file *f = &p->files[i];
		long fd = KCALL4(k, SYS_openat, f->dir_fd, f->name, O_PATH | O_CLOEXEC, 0);
		if (fd < 0)
			continue;
		result = add_rule(k, (int)ruleset, (int)fd, (open_accesses(f->rights, abi, true) | execute) & handled);
		KCALL1(k, SYS_close, fd);
	}
	for (size_t i = 0; handled && i < wall->n_extra && result >= 0; i++) {
		uint64_t allowed = (i == wall->program_at ? ACCESS_EXECUTE : execute) | 1u << 2 | 1u << 3;
		result = add_rule(k, (int)ruleset, wall->extra[i], allowed & handled);
		if (result == -EINVAL) /* a file has no entries to list */
			result = add_rule(k, (int)ruleset, wall->extra[i], allowed & handled & ~(uint64_t)(1u << 3));
	}
	if (listed && result >= 0)
		result = add_programs(wall, (int)ruleset, p);
	if (result < 0) {
		KCALL1(k, SYS_close, ruleset);
		return (int)result;
	}
	wall->ruleset = (int)ruleset;
	return 0;
}

struct wall_right wall_right(unsigned bit)
{
	wasi_rights_t right = (wasi_rights_t)1 << bit;
	struct wall_right result = {
		.read_only = all_rights() & right & ~wasi_rights_readonly(right),
		.seccomp = right & (R(SOCK_SHUTDOWN) | R(SOCK_ACCEPT)),
	};
	for (size_t i = N_ACCESSES; i-- > 0;) {
		if (accesses[i].needs & right)
			result.landlock_abi = accesses[i].abi;
	}
	return result;
}
