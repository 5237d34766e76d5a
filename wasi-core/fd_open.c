/* path_open: what is asked, whether the directory may grant it, and the new descriptor. */
#include "internal.h"

/* Requesting one of these means reading, or writing (the lists are wasi-libc's and CloudABI's). */
#define READ_CLASS (WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_READDIR)
#define WRITE_CLASS                                                                                                    \
	(WASI_RIGHTS_FD_DATASYNC | WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_ALLOCATE | WASI_RIGHTS_FD_FILESTAT_SET_SIZE)

/* What a native program may ask of its descriptor beyond preview1's flags. */
#define HOST_FLAGS ((unsigned)(O_CLOEXEC | O_DIRECT | O_NOATIME))

static int access_mode(wasi_rights_t base)
{
	if (!(base & WRITE_CLASS))
		return O_RDONLY;
	return base & READ_CLASS ? O_RDWR : O_WRONLY;
}

/* CloudABI's derivation: rights that the directory itself must carry, and rights it must be able to hand on. */
static wasi_errno_t check_rights(wasi_call_t *c, wasi_entry_t *dir, wasi_oflags_t oflags, wasi_rights_t base,
				 wasi_rights_t inheriting, wasi_fdflags_t fdflags)
{
	wasi_rights_t here = WASI_RIGHTS_PATH_OPEN, beneath = base | inheriting, missing;
	wasi_errno_t error;

	if (oflags & WASI_OFLAGS_CREAT)
		here |= WASI_RIGHTS_PATH_CREATE_FILE;
	if (oflags & WASI_OFLAGS_TRUNC)
		here |= WASI_RIGHTS_PATH_FILESTAT_SET_SIZE;
	if (fdflags & (WASI_FDFLAGS_SYNC | WASI_FDFLAGS_RSYNC))
		beneath |= WASI_RIGHTS_FD_SYNC;
	if (fdflags & WASI_FDFLAGS_DSYNC)
		beneath |= WASI_RIGHTS_FD_DATASYNC;
	if (base & WRITE_CLASS && !(fdflags & WASI_FDFLAGS_APPEND) && !(oflags & WASI_OFLAGS_TRUNC))
		beneath |= WASI_RIGHTS_FD_SEEK;
	error = need(c, dir, here);
	if (error)
		return error;
	missing = beneath & ~atomic_load_explicit(&dir->inheriting, memory_order_relaxed);
	return missing ? lack(c, dir, missing) : WASI_ERRNO_SUCCESS;
}

static int fdflags_to_host(wasi_fdflags_t fdflags)
{
	return (fdflags & WASI_FDFLAGS_APPEND ? O_APPEND : 0) | (fdflags & WASI_FDFLAGS_NONBLOCK ? O_NONBLOCK : 0) |
	       (fdflags & WASI_FDFLAGS_DSYNC ? O_DSYNC : 0) |
	       (fdflags & (WASI_FDFLAGS_SYNC | WASI_FDFLAGS_RSYNC) ? O_SYNC : 0);
}

static wasi_errno_t open_entry(wasi_call_t *c, wasi_entry_t *dir, const char *path, size_t path_len,
			       const struct open_request *request, wasi_fd_t *ret_fd)
{
	struct path copy;
	wasi_entry_t *e;
	wasi_errno_t error = path_copy(&copy, path, path_len);

	if (error)
		return error;
	if (!dir->ops->open)
		return WASI_ERRNO_NOTSUP;
	error = dir->ops->open(c, dir, &copy, request, &e);
	if (error)
		return error;
	error = table_install(c, e, WASI_FD_AUTO, 0, ret_fd);
	if (error)
		entry_put(c, e);
	return error;
}

wasi_errno_t open_at(wasi_call_t *c, wasi_entry_t *dir, wasi_lookupflags_t dirflags, const char *path, size_t path_len,
		     wasi_oflags_t oflags, wasi_rights_t base, wasi_rights_t inheriting, wasi_fdflags_t fdflags,
		     unsigned mode, unsigned host_flags, wasi_fd_t *ret_fd)
{
	struct open_request request = {
		.flags = access_mode(base) | fdflags_to_host(fdflags) | (oflags & WASI_OFLAGS_CREAT ? O_CREAT : 0) |
			 (oflags & WASI_OFLAGS_DIRECTORY ? O_DIRECTORY : 0) |
			 (oflags & WASI_OFLAGS_EXCL && oflags & WASI_OFLAGS_CREAT ? O_EXCL : 0) |
			 (oflags & WASI_OFLAGS_TRUNC ? O_TRUNC : 0) | (int)(host_flags & ~(unsigned)O_CLOEXEC),
		.mode = mode & 07777,
		.inherit = !(host_flags & O_CLOEXEC),
		.follow = dirflags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW,
		.base = base,
		.inheriting = inheriting,
	};
	wasi_errno_t error = check_rights(c, dir, oflags, base, inheriting, fdflags);

	if (error)
		return error;
	if (host_flags & ~HOST_FLAGS)
		return WASI_ERRNO_INVAL;
	if (oflags & WASI_OFLAGS_CREAT && oflags & WASI_OFLAGS_DIRECTORY)
		return WASI_ERRNO_INVAL;
	return open_entry(c, dir, path, path_len, &request, ret_fd);
}

wasi_errno_t call_path_open(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t dirflags, const char *path,
			    size_t path_len, wasi_oflags_t oflags, wasi_rights_t fs_rights_base,
			    wasi_rights_t fs_rights_inheriting, wasi_fdflags_t fdflags, wasi_fd_t *opened_fd)
{
	return open_at(c, fd, dirflags, path, path_len, oflags, fs_rights_base, fs_rights_inheriting, fdflags, 0666,
		       O_CLOEXEC, opened_fd);
}

wasi_errno_t call_path_open_mode(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t dirflags, const char *path,
				 size_t path_len, wasi_oflags_t oflags, wasi_rights_t fs_rights_base,
				 wasi_rights_t fs_rights_inheriting, wasi_fdflags_t fdflags, uint32_t mode,
				 uint32_t host_flags, wasi_fd_t *opened_fd)
{
	return open_at(c, fd, dirflags, path, path_len, oflags, fs_rights_base, fs_rights_inheriting, fdflags, mode,
		       host_flags, opened_fd);
}

wasi_errno_t call_path_open_tmpfile(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len,
				    wasi_rights_t fs_rights_base, uint32_t mode, uint32_t host_flags,
				    wasi_fd_t *opened_fd)
{
	struct open_request request = {
		.flags = access_mode(fs_rights_base) | O_TMPFILE | (int)(host_flags & ~(unsigned)O_CLOEXEC),
		.mode = mode & 07777,
		.inherit = !(host_flags & O_CLOEXEC),
		.follow = true,
		.base = fs_rights_base,
	};
	wasi_errno_t error = check_rights(c, fd, WASI_OFLAGS_CREAT, fs_rights_base, 0, 0);

	if (!error && host_flags & ~HOST_FLAGS)
		error = WASI_ERRNO_INVAL;
	return error ? error : open_entry(c, fd, path, path_len, &request, opened_fd);
}
