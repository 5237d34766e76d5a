/* Attributes: stat and its relatives old and new, access, modes, owners, times, file systems. */
#include <stdio.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <utime.h>

#include "gate.h"
#include "guest.h"
#include "loan.h"
#include "place.h"

static void convert(const struct statx *x, struct stat *s)
{
	memset(s, 0, sizeof(*s));
	s->st_dev = makedev(x->stx_dev_major, x->stx_dev_minor);
	s->st_ino = x->stx_ino;
	s->st_mode = x->stx_mode;
	s->st_nlink = x->stx_nlink;
	s->st_uid = x->stx_uid;
	s->st_gid = x->stx_gid;
	s->st_rdev = makedev(x->stx_rdev_major, x->stx_rdev_minor);
	s->st_size = (off_t)x->stx_size;
	s->st_blksize = (blksize_t)x->stx_blksize;
	s->st_blocks = (blkcnt_t)x->stx_blocks;
	s->st_atim = (struct timespec){x->stx_atime.tv_sec, x->stx_atime.tv_nsec};
	s->st_mtim = (struct timespec){x->stx_mtime.tv_sec, x->stx_mtime.tv_nsec};
	s->st_ctim = (struct timespec){x->stx_ctime.tv_sec, x->stx_ctime.tv_nsec};
}

static int statx_fd(int fd, unsigned mask, struct statx *x)
{
	wasi_errno_t e = hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_stat(shim.ctx, (wasi_fd_t)fd, mask, x);

	return e ? fail(e) : 0;
}

static int call_stat(int dirfd, const char *path, bool follow, unsigned mask, struct statx *x)
{
	struct place p;
	wasi_lookupflags_t lookup = follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0;
	int error = AT_PLACE(p, dirfd, path, follow,
			     wasi_path_stat(shim.ctx, p.fd, lookup, p.path, p.len, mask, x));

	if (unlikely(error) && p.number >= 0)
		return statx_fd(p.number, mask, x);
	return place_result(error);
}

static int statx_at(int dirfd, const char *path, int flags, unsigned mask, struct statx *x)
{
	if ((flags & AT_EMPTY_PATH) && (!path || (guest_string(path) && !*path))) {
		if (dirfd == AT_FDCWD)
			path = ".";
		else
			return statx_fd(dirfd, mask, x);
	}
	return call_stat(dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW), mask, x);
}

/* The kernel's own call, where it cannot lead out. Yields 1 if it might, or if the call is not the core's to leave. */
static inline __attribute__((always_inline)) long stat_lent(int dirfd, const char *path, bool follow, struct stat *s)
{
	LOAN_SCOPED struct loan loan = {.entry = NULL};
	struct place p;
	struct stat there;
	bool nofollow;

	if (place_find(&p, dirfd, path))
		return 1;
	loan_begin(&loan, shim.ctx, p.fd, WASI_RIGHTS_PATH_FILESTAT_GET);
	if (unlikely(!loan.entry))
		return 1;
	int dir = loan_look(&loan, p.path, p.len, &nofollow);
	if (dir < 0)
		return 1;
	int flags = AT_NO_AUTOMOUNT | (nofollow || !follow ? AT_SYMLINK_NOFOLLOW : 0);
	if (!nofollow || !follow) {
		long result = gate_call(SYS_newfstatat, dir, (long)p.path, (long)s, flags, 0, 0);
		return unlikely(result == -ELOOP) ? 1 : result;
	}
	long result = gate_call(SYS_newfstatat, dir, (long)p.path, (long)&there, flags, 0, 0);
	if (result < 0)
		return result;
	if (unlikely(S_ISLNK(there.st_mode)))
		return 1;
	if (unlikely(!guest_writable(s, sizeof(*s))))
		return -EFAULT;
	*s = there;
	return 0;
}

static inline __attribute__((always_inline)) int stat_at(int dirfd, const char *path, int flags, struct stat *s)
{
	struct statx x;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
		return fail_with(EINVAL);
	if (likely(!(flags & AT_EMPTY_PATH))) {
		long result = stat_lent(dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW), s);
		if (likely(result <= 0))
			return (int)raw_result(result);
	}
	if (statx_at(dirfd, path, flags, STATX_BASIC_STATS, &x))
		return -1;
	if (unlikely(!guest_writable(s, sizeof(*s))))
		return fail_with(EFAULT);
	convert(&x, s);
	return 0;
}

WRAPPER(int, stat, (const char *path, struct stat *s))
{
	return stat_at(AT_FDCWD, path, 0, s);
}

WRAPPER(int, lstat, (const char *path, struct stat *s))
{
	return stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, s);
}

WRAPPER(int, fstat, (int fd, struct stat *s))
{
	struct statx x;

	/* The core's own call lets it learn what was opened. */
	{
		LOAN_SCOPED struct loan loan;
		loan_begin(&loan, shim.ctx, hidden(fd) ? WASI_FD_AUTO : (wasi_fd_t)fd, WASI_RIGHTS_FD_FILESTAT_GET);
		if (likely(loan.entry && loan_knows(&loan)))
			return (int)raw_result(gate_call(SYS_fstat, loan.entry->host_fd, (long)s, 0, 0, 0, 0));
	}
	if (statx_fd(fd, STATX_BASIC_STATS, &x))
		return -1;
	if (unlikely(!guest_writable(s, sizeof(*s))))
		return fail_with(EFAULT);
	convert(&x, s);
	return 0;
}

WRAPPER(int, fstatat, (int dirfd, const char *path, struct stat *s, int flags))
{
	return stat_at(dirfd, path, flags, s);
}

/* Programs linked before glibc 2.33 call these; version 0 and 1 are the only layouts there ever were on 64 bit. */
WRAPPER_UNDECLARED(int, __xstat, (int version, const char *path, struct stat *s))
{
	return (unsigned)version > 1 ? fail_with(EINVAL) : stat_at(AT_FDCWD, path, 0, s);
}

WRAPPER_UNDECLARED(int, __lxstat, (int version, const char *path, struct stat *s))
{
	return (unsigned)version > 1 ? fail_with(EINVAL) : stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, s);
}

WRAPPER_UNDECLARED(int, __fxstat, (int version, int fd, struct stat *s))
{
	return (unsigned)version > 1 ? fail_with(EINVAL) : wrap_fstat(fd, s);
}

WRAPPER_UNDECLARED(int, __fxstatat, (int version, int dirfd, const char *path, struct stat *s, int flags))
{
	return (unsigned)version > 1 ? fail_with(EINVAL) : stat_at(dirfd, path, flags, s);
}

WRAPPER(int, statx, (int dirfd, const char *path, int flags, unsigned mask, struct statx *x))
{
	return guest_writable(x, sizeof(*x)) ? statx_at(dirfd, path, flags, mask, x) : fail_with(EFAULT);
}

/* ---- access ---- */

static int call_access(int dirfd, const char *path, int mode, int flags)
{
	struct place p;
	bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
	wasi_lookupflags_t lookup = follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0;

	if (mode & ~(R_OK | W_OK | X_OK))
		return fail_with(EINVAL);
	if ((flags & AT_EMPTY_PATH) && path && !*path && dirfd != AT_FDCWD)
		return fd_host_for(dirfd, mode & W_OK ? WASI_RIGHTS_FD_WRITE : 0) < 0 ? -1 : 0;
	int error = AT_PLACE(p, dirfd, path, follow,
			     wasi_path_access(shim.ctx, p.fd, lookup, p.path, p.len, (uint32_t)mode,
					      flags & AT_EACCESS));
	if (unlikely(error) && p.number >= 0)
		return fd_host_for(p.number, 0) < 0 ? fail_with(ENOENT) : 0;
	return place_result(error);
}

WRAPPER(int, access, (const char *path, int mode))
{
	return call_access(AT_FDCWD, path, mode, 0);
}

WRAPPER(int, faccessat, (int dirfd, const char *path, int mode, int flags))
{
	return call_access(dirfd, path, mode, flags);
}

WRAPPER(int, euidaccess, (const char *path, int mode))
{
	return call_access(AT_FDCWD, path, mode, AT_EACCESS);
}

/* ---- modes and owners ---- */

static int done(wasi_errno_t e)
{
	return likely(!e) ? 0 : fail_path(e);
}

static int call_chmod(int dirfd, const char *path, mode_t mode, bool follow)
{
	struct place p;
	wasi_lookupflags_t lookup = follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0;

	return place_result(AT_PLACE(p, dirfd, path, follow,
				     wasi_path_chmod(shim.ctx, p.fd, lookup, p.path, p.len, mode)));
}

WRAPPER(int, chmod, (const char *path, mode_t mode))
{
	return call_chmod(AT_FDCWD, path, mode, true);
}

WRAPPER(int, lchmod, (const char *path, mode_t mode))
{
	return call_chmod(AT_FDCWD, path, mode, false);
}

WRAPPER(int, fchmodat, (int dirfd, const char *path, mode_t mode, int flags))
{
	if (flags & ~AT_SYMLINK_NOFOLLOW)
		return fail_with(EINVAL);
	return call_chmod(dirfd, path, mode, !(flags & AT_SYMLINK_NOFOLLOW));
}

WRAPPER(int, fchmod, (int fd, mode_t mode))
{
	return done(hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_chmod(shim.ctx, (wasi_fd_t)fd, mode));
}

static int call_chown(int dirfd, const char *path, uid_t uid, gid_t gid, bool follow)
{
	struct place p;
	wasi_lookupflags_t lookup = follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0;

	return place_result(AT_PLACE(p, dirfd, path, follow,
				     wasi_path_chown(shim.ctx, p.fd, lookup, p.path, p.len, uid, gid)));
}

WRAPPER(int, chown, (const char *path, uid_t uid, gid_t gid))
{
	return call_chown(AT_FDCWD, path, uid, gid, true);
}

WRAPPER(int, lchown, (const char *path, uid_t uid, gid_t gid))
{
	return call_chown(AT_FDCWD, path, uid, gid, false);
}

WRAPPER(int, fchown, (int fd, uid_t uid, gid_t gid))
{
	return done(hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_chown(shim.ctx, (wasi_fd_t)fd, uid, gid));
}

WRAPPER(int, fchownat, (int dirfd, const char *path, uid_t uid, gid_t gid, int flags))
{
	if ((flags & AT_EMPTY_PATH) && path && !*path && dirfd != AT_FDCWD)
		return wrap_fchown(dirfd, uid, gid);
	return call_chown(dirfd, path, uid, gid, !(flags & AT_SYMLINK_NOFOLLOW));
}

/* ---- times ---- */

struct stamps {
	wasi_timestamp_t atim, mtim;
	wasi_fstflags_t flags;
	bool ok;
};

static wasi_timestamp_t stamp(const struct timespec *t, wasi_fstflags_t set, wasi_fstflags_t set_now, struct stamps *s)
{
	if (t->tv_nsec == UTIME_OMIT)
		return 0;
	if (t->tv_nsec == UTIME_NOW) {
		s->flags |= set_now;
		return 0;
	}
	if (t->tv_nsec < 0 || t->tv_nsec > 999999999)
		s->ok = false;
	s->flags |= set;
	/* preview1 counts from 1970 on. */
	return t->tv_sec < 0 ? 0 : (wasi_timestamp_t)t->tv_sec * 1000000000 + (wasi_timestamp_t)t->tv_nsec;
}

static struct stamps stamps(const struct timespec t[2])
{
	static const struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
	struct stamps s = {.ok = true};

	if (!t)
		t = now;
	s.atim = stamp(&t[0], WASI_FSTFLAGS_ATIM, WASI_FSTFLAGS_ATIM_NOW, &s);
	s.mtim = stamp(&t[1], WASI_FSTFLAGS_MTIM, WASI_FSTFLAGS_MTIM_NOW, &s);
	return s;
}

static int times_fd(int fd, const struct timespec t[2])
{
	struct stamps s = stamps(t);

	if (hidden(fd))
		return fail_with(EBADF);
	if (!s.ok)
		return fail_with(EINVAL);
	return done(wasi_fd_filestat_set_times(shim.ctx, (wasi_fd_t)fd, s.atim, s.mtim, s.flags));
}

static int call_utimes(int dirfd, const char *path, const struct timespec t[2], bool follow)
{
	struct place p;
	struct stamps s = stamps(t);
	wasi_lookupflags_t lookup = follow ? WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0;

	if (!s.ok)
		return fail_with(EINVAL);
	int error = AT_PLACE(p, dirfd, path, follow,
			     wasi_path_filestat_set_times(shim.ctx, p.fd, lookup, p.path, p.len, s.atim, s.mtim,
							  s.flags));
	return place_result(error);
}

WRAPPER(int, utimensat, (int dirfd, const char *path, const struct timespec t[2], int flags))
{
	if (t && !guest_readable(t, 2 * sizeof(*t)))
		return fail_with(EFAULT);
	if (!path)
		return times_fd(dirfd, t);
	if (!guest_string(path))
		return fail_with(EFAULT);
	if ((flags & AT_EMPTY_PATH) && !*path && dirfd != AT_FDCWD)
		return times_fd(dirfd, t);
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return fail_with(EINVAL);
	return call_utimes(dirfd, path, t, !(flags & AT_SYMLINK_NOFOLLOW));
}

WRAPPER(int, futimens, (int fd, const struct timespec t[2]))
{
	if (t && !guest_readable(t, 2 * sizeof(*t)))
		return fail_with(EFAULT);
	return times_fd(fd, t);
}

static const struct timespec *from_timeval(const struct timeval tv[2], struct timespec t[2])
{
	if (!tv)
		return NULL;
	for (int i = 0; i < 2; i++) {
		t[i] = (struct timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
		if (tv[i].tv_usec < 0 || tv[i].tv_usec > 999999)
			t[i].tv_nsec = -1;
	}
	return t;
}

WRAPPER(int, utimes, (const char *path, const struct timeval tv[2]))
{
	struct timespec t[2];

	if (tv && !guest_readable(tv, 2 * sizeof(*tv)))
		return fail_with(EFAULT);
	return call_utimes(AT_FDCWD, path, from_timeval(tv, t), true);
}

WRAPPER(int, lutimes, (const char *path, const struct timeval tv[2]))
{
	struct timespec t[2];

	if (tv && !guest_readable(tv, 2 * sizeof(*tv)))
		return fail_with(EFAULT);
	return call_utimes(AT_FDCWD, path, from_timeval(tv, t), false);
}

WRAPPER(int, futimes, (int fd, const struct timeval tv[2]))
{
	struct timespec t[2];

	if (tv && !guest_readable(tv, 2 * sizeof(*tv)))
		return fail_with(EFAULT);
	return times_fd(fd, from_timeval(tv, t));
}

WRAPPER(int, futimesat, (int dirfd, const char *path, const struct timeval tv[2]))
{
	struct timespec t[2];

	if (tv && !guest_readable(tv, 2 * sizeof(*tv)))
		return fail_with(EFAULT);
	return path ? call_utimes(dirfd, path, from_timeval(tv, t), true) : times_fd(dirfd, from_timeval(tv, t));
}

WRAPPER(int, utime, (const char *path, const struct utimbuf *times))
{
	struct timespec t[2] = {{0}};

	if (times && !guest_readable(times, sizeof(*times)))
		return fail_with(EFAULT);
	if (times) {
		t[0].tv_sec = times->actime;
		t[1].tv_sec = times->modtime;
	}
	return call_utimes(AT_FDCWD, path, times ? t : NULL, true);
}

/* ---- file systems ---- */

WRAPPER(int, statfs, (const char *path, struct statfs *s))
{
	struct place p;

	if (!guest_writable(s, sizeof(*s)))
		return fail_with(EFAULT);
	return place_result(AT_PLACE(p, AT_FDCWD, path, true, wasi_path_statfs(shim.ctx, p.fd, p.path, p.len, s)));
}

WRAPPER(int, fstatfs, (int fd, struct statfs *s))
{
	if (!guest_writable(s, sizeof(*s)))
		return fail_with(EFAULT);
	return done(hidden(fd) ? WASI_ERRNO_BADF : wasi_fd_statfs(shim.ctx, (wasi_fd_t)fd, s));
}

static void convert_fs(const struct statfs *s, struct statvfs *v)
{
	memset(v, 0, sizeof(*v));
	v->f_bsize = (unsigned long)s->f_bsize;
	v->f_frsize = (unsigned long)(s->f_frsize ? s->f_frsize : s->f_bsize);
	v->f_blocks = s->f_blocks;
	v->f_bfree = s->f_bfree;
	v->f_bavail = s->f_bavail;
	v->f_files = s->f_files;
	v->f_ffree = s->f_ffree;
	v->f_favail = s->f_ffree;
	memcpy(&v->f_fsid, &s->f_fsid, sizeof(v->f_fsid) < sizeof(s->f_fsid) ? sizeof(v->f_fsid) : sizeof(s->f_fsid));
	v->f_flag = (unsigned long)s->f_flags & ~0x20UL; /* ST_VALID is the kernel's own mark */
	v->f_namemax = (unsigned long)s->f_namelen;
}

WRAPPER(int, statvfs, (const char *path, struct statvfs *v))
{
	struct statfs s;

	if (wrap_statfs(path, &s))
		return -1;
	if (!guest_writable(v, sizeof(*v)))
		return fail_with(EFAULT);
	convert_fs(&s, v);
	return 0;
}

WRAPPER(int, fstatvfs, (int fd, struct statvfs *v))
{
	struct statfs s;

	if (wrap_fstatfs(fd, &s))
		return -1;
	if (!guest_writable(v, sizeof(*v)))
		return fail_with(EFAULT);
	convert_fs(&s, v);
	return 0;
}

WRAPPER(long, pathconf, (const char *path, int name))
{
	struct place p;
	int fd;

	int error = AT_PLACE(p, AT_FDCWD, path, true,
			     wasi_path_host(shim.ctx, p.fd, WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.path, p.len, &fd));
	if (error)
		return fail_with(error);
	long result = fpathconf(fd, name);
	RAW(SYS_close, fd);
	return result;
}
