/* The path_* calls except path_open: resolve to (parent, last component) or to the object, then one *at call. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#include "stat.h"

/* An object by path, to look at or to change: error, or a reference to drop. */
static wasi_errno_t object(wasi_call_t *c, wasi_entry_t *dir, struct path *buf, const char *path, size_t len,
			   bool follow, enum lookup_for why, struct path_ref *ret)
{
	wasi_errno_t error = path_copy(buf, path, len);

	if (error)
		return error;
	return dir->ops->lookup ? dir->ops->lookup(c, dir, buf, follow, why, ret) : WASI_ERRNO_NOTSUP;
}

/* A name to create, remove or move. */
static wasi_errno_t parent(wasi_call_t *c, wasi_entry_t *dir, struct path *buf, const char *path, size_t len,
			   struct path_ref *ret)
{
	wasi_errno_t error = path_copy(buf, path, len);

	if (error)
		return error;
	return dir->ops->parent ? dir->ops->parent(c, dir, buf, ret) : WASI_ERRNO_NOTSUP;
}

static wasi_errno_t create_directory(wasi_call_t *c, wasi_entry_t *dir, const char *path, size_t len, unsigned mode)
{
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = parent(c, dir, &buf, path, len, &ref);

	if (error)
		return error;
	error = host_error(HOST_RETRY(c, mkdirat(ref.dir, ref.name, mode)));
	path_drop(c, &ref);
	return error;
}

wasi_errno_t call_path_create_directory(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len)
{
	return create_directory(c, fd, path, path_len, 0777);
}

wasi_errno_t call_path_create_directory_mode(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len,
					     uint32_t mode)
{
	return create_directory(c, fd, path, path_len, mode & 07777);
}

wasi_errno_t call_path_create_node(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len, uint32_t mode,
				   uint64_t dev)
{
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error;

	/* A device node would be a door out of the tree. */
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return WASI_ERRNO_PERM;
	error = parent(c, fd, &buf, path, path_len, &ref);
	if (error)
		return error;
	error = host_error(HOST_RETRY(c, mknodat(ref.dir, ref.name, mode, dev)));
	path_drop(c, &ref);
	return error;
}

wasi_errno_t call_path_filestat_get(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t flags, const char *path,
				    size_t path_len, wasi_filestat_t *buf)
{
	struct path copy;
	struct statx st;
	wasi_errno_t error = path_copy(&copy, path, path_len);

	if (!error && !fd->ops->path_stat)
		error = WASI_ERRNO_NOTSUP;
	if (!error)
		error = fd->ops->path_stat(c, fd, &copy, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, STATX_BASIC_STATS,
					   &st);
	if (!error)
		filestat_from_statx(c->ctx, &st, buf);
	return error;
}

wasi_errno_t call_path_filestat_set_times(wasi_call_t *c, wasi_entry_t *fd, wasi_lookupflags_t flags, const char *path,
					  size_t path_len, wasi_timestamp_t atim, wasi_timestamp_t mtim,
					  wasi_fstflags_t fst_flags)
{
	struct path buf;
	struct path_ref ref;
	struct timespec times[2];
	wasi_errno_t error = times_to_host(atim, mtim, fst_flags, times);

	if (!error)
		error = object(c, fd, &buf, path, path_len, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, LOOKUP_TO_CHANGE,
			       &ref);
	if (error)
		return error;
	error = host_error(HOST_RETRY(c, utimensat(ref.dir, ref.name, times, ref.flags)));
	path_drop(c, &ref);
	return error;
}

/* Moving or linking a file into a directory with other rights would change what may be done with it. */
static wasi_errno_t same_domain(wasi_call_t *c, wasi_entry_t *old_dir, wasi_entry_t *new_dir)
{
	if (old_dir->domain == new_dir->domain)
		return WASI_ERRNO_SUCCESS;
	return lack(c, old_dir, (old_dir->domain ^ new_dir->domain) & WASI_RIGHTS_ALL);
}

wasi_errno_t call_path_link(wasi_call_t *c, wasi_entry_t *old_fd, wasi_lookupflags_t old_flags, const char *old_path,
			    size_t old_path_len, wasi_entry_t *new_fd, const char *new_path, size_t new_path_len)
{
	struct path old_buf, new_buf;
	struct path_ref old, new;
	wasi_errno_t error = same_domain(c, old_fd, new_fd);

	if (!error)
		error = path_copy(&old_buf, old_path, old_path_len);
	if (error)
		return error;
	/* The source must be (directory, name): linking a bare descriptor takes a privilege. With a trailing slash it
	 * is a directory, which the host refuses to link, but only if the name is not followed out of the tree first.
	 */
	if (old_fd->ops == &host_ops &&
	    (old_flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW || old_buf.text[old_buf.len - 1] == '/'))
		error = path_follow_to_name(c, old_fd->host_fd, &old_buf, &old);
	else
		error = parent(c, old_fd, &old_buf, old_path, old_path_len, &old);
	if (error)
		return error;
	error = parent(c, new_fd, &new_buf, new_path, new_path_len, &new);
	if (!error) {
		error = host_error(HOST_RETRY(c, linkat(old.dir, old.name, new.dir, new.name, 0)));
		path_drop(c, &new);
	}
	path_drop(c, &old);
	return error;
}

wasi_errno_t call_path_link_fd(wasi_call_t *c, wasi_entry_t *fd, wasi_entry_t *new_fd, const char *new_path,
			       size_t new_path_len)
{
	char name[sizeof("/proc/self/fd/") + 12];
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = same_domain(c, fd, new_fd);

	if (!error && !(fd->domain & WASI_RIGHTS_PATH_LINK_SOURCE))
		error = lack(c, fd, WASI_RIGHTS_PATH_LINK_SOURCE);
	if (!error && (fd->ops != &host_ops || fd->host_fd < 0))
		error = WASI_ERRNO_NOTSUP;
	if (!error && fd->class == CLASS_DIRECTORY)
		error = WASI_ERRNO_PERM;
	if (!error)
		error = parent(c, new_fd, &buf, new_path, new_path_len, &ref);
	if (error)
		return error;
	long result = HOST_RETRY(c, linkat(fd->host_fd, "", ref.dir, ref.name, AT_EMPTY_PATH));
	if (result == -ENOENT) {
		/* What takes a privilege on kernels before 6.10 goes by another name, where there is one. */
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd->host_fd);
		result = HOST_RETRY(c, linkat(AT_FDCWD, name, ref.dir, ref.name, AT_SYMLINK_FOLLOW));
	}
	path_drop(c, &ref);
	return host_error(result);
}

wasi_errno_t call_path_readlink(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len, void *buf,
				size_t buf_len, wasi_size_t *bufused)
{
	struct path copy;
	struct path_ref ref;
	char nothing[1];
	wasi_errno_t error = object(c, fd, &copy, path, path_len, false, LOOKUP_TO_READ, &ref);
	long result;

	if (error)
		return error;
	/* The kernel refuses an empty buffer; here it is a question like any other. */
	result = HOST_RETRY(c, readlinkat(ref.dir, ref.name, buf_len ? buf : nothing,
					  buf_len > INT_MAX ? INT_MAX
					  : buf_len	    ? buf_len
							    : 1));
	path_drop(c, &ref);
	/* By descriptor, Linux says noent for what is no link. */
	if (result == -ENOENT && ref.name[0] == '\0')
		return WASI_ERRNO_INVAL;
	if (result < 0)
		return host_error(result);
	*bufused = buf_len ? (wasi_size_t)result : 0;
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t remove_name(wasi_call_t *c, wasi_entry_t *dir, const char *path, size_t len, int flags)
{
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = parent(c, dir, &buf, path, len, &ref);

	if (error)
		return error;
	/* The parent of something is never empty. */
	if (ref.dotdot && flags & AT_REMOVEDIR)
		error = WASI_ERRNO_NOTEMPTY;
	else
		error = host_error(HOST_RETRY(c, unlinkat(ref.dir, ref.name, flags)));
	path_drop(c, &ref);
	return error;
}

wasi_errno_t call_path_remove_directory(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len)
{
	return remove_name(c, fd, path, path_len, AT_REMOVEDIR);
}

wasi_errno_t call_path_unlink_file(wasi_call_t *c, wasi_entry_t *fd, const char *path, size_t path_len)
{
	return remove_name(c, fd, path, path_len, 0);
}

wasi_errno_t rename_at(wasi_call_t *c, wasi_entry_t *old_dir, const char *old_path, size_t old_len,
		       wasi_entry_t *new_dir, const char *new_path, size_t new_len, unsigned flags)
{
	struct path old_buf, new_buf;
	struct path_ref old, new;
	wasi_errno_t error = same_domain(c, old_dir, new_dir);

	if (!error)
		error = parent(c, old_dir, &old_buf, old_path, old_len, &old);
	if (error)
		return error;
	error = parent(c, new_dir, &new_buf, new_path, new_len, &new);
	if (!error) {
		error = host_error(HOST_RETRY(c, renameat2(old.dir, old.name, new.dir, new.name, flags)));
		path_drop(c, &new);
	}
	path_drop(c, &old);
	return error;
}

wasi_errno_t call_path_rename(wasi_call_t *c, wasi_entry_t *fd, const char *old_path, size_t old_path_len,
			      wasi_entry_t *new_fd, const char *new_path, size_t new_path_len)
{
	return rename_at(c, fd, old_path, old_path_len, new_fd, new_path, new_path_len, 0);
}

/* Linux says exist for `file/` where other systems, and the official tests when strict, say notdir: only a directory
 * can bear the slash. Looks at the name without its slash, so that no link is followed. */
static wasi_errno_t exist_or_notdir(wasi_call_t *c, const struct path_ref *ref)
{
	char name[NAME_MAX + 1];
	struct statx st;
	size_t len = strlen(ref->name);

	if (len < 2 || len > sizeof(name) || ref->name[len - 1] != '/')
		return WASI_ERRNO_EXIST;
	memcpy(name, ref->name, len - 1);
	name[len - 1] = '\0';
	if (HOST_RETRY(c, statx(ref->dir, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st)) < 0)
		return WASI_ERRNO_EXIST;
	return S_ISDIR(st.stx_mode) || S_ISLNK(st.stx_mode) ? WASI_ERRNO_EXIST : WASI_ERRNO_NOTDIR;
}

wasi_errno_t call_path_symlink(wasi_call_t *c, const char *old_path, size_t old_path_len, wasi_entry_t *fd,
			       const char *new_path, size_t new_path_len)
{
	struct path contents, buf;
	struct path_ref ref;
	/* The contents are no path yet, but the same things are wrong with them: nothing, a NUL, a leading slash (which
	 * would lead a host user who follows the link later to a place the guest chose). */
	wasi_errno_t error = path_copy(&contents, old_path, old_path_len);

	if (!error)
		error = parent(c, fd, &buf, new_path, new_path_len, &ref);
	if (error)
		return error;
	error = host_error(HOST_RETRY(c, symlinkat(contents.text, ref.dir, ref.name)));
	if (error == WASI_ERRNO_EXIST)
		error = exist_or_notdir(c, &ref);
	path_drop(c, &ref);
	return error;
}
