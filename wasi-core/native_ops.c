/* The rows of native.def that are not a variant of a preview1 call: see native.h for what each does. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static wasi_errno_t object(wasi_call_t *c, wasi_entry_t *dir, struct path *buf, const char *path, size_t len,
			   wasi_lookupflags_t flags, enum lookup_for why, struct path_ref *ret)
{
	wasi_errno_t error = path_copy(buf, path, len);

	if (error)
		return error;
	if (!dir->ops->lookup)
		return WASI_ERRNO_NOTSUP;
	return dir->ops->lookup(c, dir, buf, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, why, ret);
}

/* An O_PATH descriptor of a resolved object, or -errno; the reference is used up. */
static long take_path_fd(wasi_call_t *c, struct path_ref *ref)
{
	long fd;

	if (ref->name[0] == '\0' && ref->close_dir)
		return ref->dir;
	fd = HOST_RETRY(c, openat(ref->dir, ref->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
	path_drop(c, ref);
	return fd;
}

wasi_errno_t call_path_host(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t flags, const char *path,
			    size_t path_len, int *host_fd)
{
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = object(c, fd, &buf, path, path_len, flags, LOOKUP_TO_READ, &ref);

	if (error)
		return error;
	long result = take_path_fd(c, &ref);
	if (result >= 0)
		*host_fd = (int)result;
	return host_error(result);
}

wasi_errno_t call_fd_host(wasi_call_t *c, wasi_entry_t *fd, wasi_rights_t needed, int *host_fd)
{
	wasi_errno_t error = needed ? entry_know(c, fd) : WASI_ERRNO_SUCCESS;

	if (!error)
		error = need(c, fd, needed);
	if (error)
		return error;
	if (fd->host_fd < 0)
		return WASI_ERRNO_NOTSUP;
	*host_fd = fd->host_fd;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_path_stat(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t flags, const char *path,
			    size_t path_len, uint32_t mask, struct statx *buf)
{
	struct path copy;
	struct statx st;
	wasi_errno_t error = path_copy(&copy, path, path_len);

	if (!error && !fd->ops->path_stat)
		error = WASI_ERRNO_NOTSUP;
	if (!error)
		error = fd->ops->path_stat(c, fd, &copy, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, mask, &st);
	if (!error)
		*buf = st;
	return error;
}

wasi_errno_t call_fd_stat(wasi_call_t *c, wasi_entry_t *fd, uint32_t mask, struct statx *buf)
{
	return fd->ops->stat(c, fd, mask, buf);
}

wasi_errno_t call_path_access(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t flags, const char *path,
			      size_t path_len, uint32_t mode, uint32_t effective)
{
	wasi_rights_t granted = atomic_load(&fd->inheriting);
	struct path copy;
	wasi_errno_t error;

	if (mode & ~(uint32_t)(R_OK | W_OK | X_OK) || effective & ~(uint32_t)AT_EACCESS)
		return WASI_ERRNO_INVAL;
	error = path_copy(&copy, path, path_len);
	if (!error && !fd->ops->path_access)
		error = WASI_ERRNO_NOTSUP;
	/* First the host, so that what does not exist is noent; then the rights, which only take away. */
	if (!error)
		error = fd->ops->path_access(c, fd, &copy, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, (int)mode,
					     (int)effective);
	/* A read-only mount may be how somebody keeps the rights from outside; the answer is that of the rights. */
	if (error == WASI_ERRNO_ROFS && !(granted & (WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_PATH_CREATE_FILE)))
		error = WASI_ERRNO_ACCES;
	if (error)
		return error;
	if ((mode & R_OK && !(granted & (WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_READDIR))) ||
	    (mode & W_OK && !(granted & (WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_PATH_CREATE_FILE))))
		return WASI_ERRNO_ACCES;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_path_statfs(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len, struct statfs *buf)
{
	struct path copy;
	wasi_errno_t error = path_copy(&copy, path, path_len);

	if (error)
		return error;
	return fd->ops->path_statfs ? fd->ops->path_statfs(c, fd, &copy, buf) : WASI_ERRNO_NOTSUP;
}

wasi_errno_t call_fd_statfs(wasi_call_t *c, wasi_entry_t *fd, struct statfs *buf)
{
	return fd->ops->statfs ? fd->ops->statfs(c, fd, buf) : WASI_ERRNO_NOTSUP;
}

/* chmod of a descriptor that may be O_PATH, on kernels before fchmodat2 (6.6). Never by name: the name could become a
 * link that leads out between our look and the kernel's. */
static wasi_errno_t chmod_old(wasi_call_t *c, int fd, unsigned mode)
{
	char name[sizeof("/proc/self/fd/") + 12];
	struct statx st;
	long result = c->host->statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);

	if (result < 0)
		return host_error(result);
	if (S_ISLNK(st.stx_mode))
		return WASI_ERRNO_NOTSUP;
	if (S_ISDIR(st.stx_mode))
		return host_error(HOST_RETRY(c, fchmodat(fd, ".", mode)));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	result = HOST_RETRY(c, fchmodat(AT_FDCWD, name, mode));
	return result == -ENOENT ? WASI_ERRNO_NOTSUP : host_error(result);
}

wasi_errno_t call_path_chmod(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t flags, const char *path,
			     size_t path_len, uint32_t mode)
{
	struct path buf;
	struct path_ref ref;
	long result = -ENOSYS;
	wasi_errno_t error = object(c, fd, &buf, path, path_len, flags, LOOKUP_TO_CHANGE, &ref);

	if (error)
		return error;
	if (!atomic_load(&c->ctx->no_fchmodat2))
		result = HOST_RETRY(c, fchmodat2(ref.dir, ref.name, mode & 07777, ref.flags));
	if (result != -ENOSYS) {
		path_drop(c, &ref);
		return host_error(result);
	}
	atomic_store(&c->ctx->no_fchmodat2, true);
	result = take_path_fd(c, &ref);
	if (result < 0)
		return host_error(result);
	error = chmod_old(c, (int)result, mode & 07777);
	c->host->close((int)result);
	return error;
}

wasi_errno_t call_fd_chmod(wasi_call_t *c, wasi_entry_t *fd, uint32_t mode)
{
	return fd->ops->chmod ? fd->ops->chmod(c, fd, mode & 07777) : WASI_ERRNO_NOTSUP;
}

wasi_errno_t call_path_chown(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t flags, const char *path,
			     size_t path_len, uint32_t uid, uint32_t gid)
{
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = object(c, fd, &buf, path, path_len, flags, LOOKUP_TO_CHANGE, &ref);

	if (error)
		return error;
	error = host_error(HOST_RETRY(c, fchownat(ref.dir, ref.name, uid, gid, ref.flags)));
	path_drop(c, &ref);
	return error;
}

wasi_errno_t call_fd_chown(wasi_call_t *c, wasi_entry_t *fd, uint32_t uid, uint32_t gid)
{
	return fd->ops->chown ? fd->ops->chown(c, fd, uid, gid) : WASI_ERRNO_NOTSUP;
}

wasi_errno_t call_path_rename_flags(wasi_call_t *c, wasi_entry_t *fd, const char *old_path, size_t old_path_len,
				    wasi_entry_t *new_fd, const char *new_path, size_t new_path_len, uint32_t flags)
{
	/* RENAME_WHITEOUT would create a device node. */
	if (flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return WASI_ERRNO_INVAL;
	if (flags & RENAME_EXCHANGE) {
		/* Both directories lose a name and gain one. */
		wasi_errno_t error = need(c, fd, WASI_RIGHTS_PATH_RENAME_TARGET);

		if (!error)
			error = need(c, new_fd, WASI_RIGHTS_PATH_RENAME_SOURCE);
		if (error)
			return error;
	}
	return rename_at(c, fd, old_path, old_path_len, new_fd, new_path, new_path_len, flags);
}

wasi_errno_t call_fd_copy_range(wasi_call_t *c, wasi_entry_t *fd, int64_t *in_offset, wasi_entry_t *out,
				int64_t *out_offset, wasi_filesize_t len, wasi_filesize_t *ncopied)
{
	wasi_errno_t error = WASI_ERRNO_SUCCESS;
	long result;

	if (in_offset)
		error = need(c, fd, WASI_RIGHTS_FD_SEEK);
	if (!error && out_offset)
		error = need(c, out, WASI_RIGHTS_FD_SEEK);
	if (error)
		return error;
	if (fd->host_fd < 0 || out->host_fd < 0)
		return WASI_ERRNO_NOTSUP;
	result = HOST_RETRY(c, copy_file_range(fd->host_fd, in_offset, out->host_fd, out_offset, len, 0));
	if (result < 0)
		return host_error(result);
	*ncopied = (wasi_filesize_t)result;
	return WASI_ERRNO_SUCCESS;
}
