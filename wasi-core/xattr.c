/* Extended attributes: the rows of native.def for them.
 *
 * An attribute is metadata: reading needs the right to read a file's status, writing the right to change its times, as
 * for modes and owners. What the kernel decides by (capabilities, labels) is not a guest's to write.
 *
 * The kernel takes (directory, name) since Linux 6.13. Before, it takes a descriptor that is open for reading, or a path
 * of which nobody knows where it leads; then files that cannot be opened have no attributes. Synthetic directories and
 * what lies in them have none. */
#include <string.h>

#include "internal.h"

/* A name as the kernel wants it. */
#define NAME_BYTES 256
struct attribute {
	char text[NAME_BYTES];
};

static wasi_errno_t name_copy(struct attribute *ret, const char *name, size_t len)
{
	if (len == 0 || len >= NAME_BYTES)
		return WASI_ERRNO_RANGE;
	if (memchr(name, '\0', len))
		return WASI_ERRNO_INVAL;
	memcpy(ret->text, name, len);
	ret->text[len] = '\0';
	return WASI_ERRNO_SUCCESS;
}

/* The same for one that is to be written: the user's own, and the lists that extend a mode. */
static wasi_errno_t name_to_change(struct attribute *ret, const char *name, size_t len)
{
	static const char *const own[] = {"user.", "system.posix_acl_access", "system.posix_acl_default"};
	wasi_errno_t error = name_copy(ret, name, len);

	if (error)
		return error;
	if (strncmp(ret->text, own[0], strlen(own[0])) == 0 || strcmp(ret->text, own[1]) == 0 ||
	    strcmp(ret->text, own[2]) == 0)
		return WASI_ERRNO_SUCCESS;
	return WASI_ERRNO_PERM;
}

/* preview1 has no word for a missing attribute; nomsg is nobody else's. */
static wasi_errno_t attribute_error(long result)
{
	return result == -ENODATA ? WASI_ERRNO_NOMSG : host_error(result);
}

static wasi_errno_t attribute_size(long result, wasi_size_t *ret)
{
	if (result >= 0)
		*ret = (wasi_size_t)result;
	return attribute_error(result);
}

/* ---- by name ---- */

/* The object as a name in a directory that is not followed any more. */
static wasi_errno_t named(wasi_call_t *c, wasi_entry_t *dir, struct path *buf, const char *path, size_t len, bool follow,
			  struct path_ref *ret)
{
	wasi_errno_t error = path_copy(buf, path, len);

	if (error)
		return error;
	if (dir->ops != &host_ops) {
		error = dir->ops->lookup ? dir->ops->lookup(c, dir, buf, follow, LOOKUP_TO_READ, ret) : WASI_ERRNO_NOTSUP;
		if (!error)
			path_drop(c, ret);
		return error && error != WASI_ERRNO_INVAL ? error : WASI_ERRNO_NOTSUP;
	}
	/* With a slash behind it the name would be followed once more. */
	if (buf->text[buf->len - 1] == '/') {
		*ret = (struct path_ref){.name = "."};
		error = path_open_beneath(c, dir->host_fd, buf->text, O_PATH | O_DIRECTORY, 0, true, &ret->dir);
		ret->close_dir = error == WASI_ERRNO_SUCCESS;
		return error;
	}
	return follow ? path_follow_to_name(c, dir->host_fd, buf, ret) : path_parent(c, dir->host_fd, buf, ret);
}

/* A descriptor for kernels that take no name. Only for what can be opened without consequences. */
static long open_named(wasi_call_t *c, const struct path_ref *ref)
{
	struct statx st;
	long result = c->host->statx(ref->dir, ref->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st);

	if (result < 0)
		return result;
	if (!S_ISREG(st.stx_mode) && !S_ISDIR(st.stx_mode))
		return -EOPNOTSUPP;
	result = HOST_RETRY(c, openat(ref->dir, ref->name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0));
	return result == -EACCES || result == -EPERM || result == -ELOOP ? -EOPNOTSUPP : result;
}

/* Both of the kernel's forms: `by_name` over ref, or else `by_fd` over fd. */
#define ATTRIBUTE(c, ref, by_name, by_fd)                                     \
	__extension__({                                                       \
		long done_ = (c)->host->by_name;                              \
		if (unlikely(done_ == -ENOSYS)) {                             \
			long opened_ = open_named(c, &(ref));                 \
			int fd = (int)opened_;                                \
			done_ = opened_ < 0 ? opened_ : (c)->host->by_fd;     \
			if (opened_ >= 0)                                     \
				(c)->host->close(fd);                         \
		}                                                             \
		path_drop(c, &(ref));                                         \
		done_;                                                        \
	})

wasi_errno_t call_path_getxattr(wasi_call_t *c, wasi_entry_t *dir, wasi_lookupflags_t flags, const char *path,
				size_t path_len, const char *name, size_t name_len, void *value, size_t value_len,
				wasi_size_t *size)
{
	struct wasi_xattr_args args = {.value = (uintptr_t)value, .size = (uint32_t)value_len};
	struct attribute attribute;
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = name_copy(&attribute, name, name_len);

	if (!error)
		error = named(c, dir, &buf, path, path_len, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, &ref);
	if (error)
		return error;
	return attribute_size(
		ATTRIBUTE(c, ref, getxattrat(ref.dir, ref.name, AT_SYMLINK_NOFOLLOW, attribute.text, &args, sizeof(args)),
			  fgetxattr(fd, attribute.text, value, value_len)),
		size);
}

wasi_errno_t call_path_listxattr(wasi_call_t *c, wasi_entry_t *dir, wasi_lookupflags_t flags, const char *path,
				 size_t path_len, void *list, size_t list_len, wasi_size_t *size)
{
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = named(c, dir, &buf, path, path_len, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, &ref);

	if (error)
		return error;
	return attribute_size(ATTRIBUTE(c, ref, listxattrat(ref.dir, ref.name, AT_SYMLINK_NOFOLLOW, list, list_len),
					flistxattr(fd, list, list_len)),
			      size);
}

wasi_errno_t call_path_setxattr(wasi_call_t *c, wasi_entry_t *dir, wasi_lookupflags_t flags, const char *path,
				size_t path_len, const char *name, size_t name_len, const char *value, size_t value_len,
				uint32_t how)
{
	struct wasi_xattr_args args = {.value = (uintptr_t)value, .size = (uint32_t)value_len, .flags = how};
	struct attribute attribute;
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = name_to_change(&attribute, name, name_len);

	if (!error)
		error = named(c, dir, &buf, path, path_len, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, &ref);
	if (error)
		return error;
	return attribute_error(
		ATTRIBUTE(c, ref, setxattrat(ref.dir, ref.name, AT_SYMLINK_NOFOLLOW, attribute.text, &args, sizeof(args)),
			  fsetxattr(fd, attribute.text, value, value_len, (int)how)));
}

wasi_errno_t call_path_removexattr(wasi_call_t *c, wasi_entry_t *dir, wasi_lookupflags_t flags, const char *path,
				   size_t path_len, const char *name, size_t name_len)
{
	struct attribute attribute;
	struct path buf;
	struct path_ref ref;
	wasi_errno_t error = name_to_change(&attribute, name, name_len);

	if (!error)
		error = named(c, dir, &buf, path, path_len, flags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, &ref);
	if (error)
		return error;
	return attribute_error(ATTRIBUTE(c, ref, removexattrat(ref.dir, ref.name, AT_SYMLINK_NOFOLLOW, attribute.text),
					 fremovexattr(fd, attribute.text)));
}

/* ---- by descriptor ---- */

/* The host descriptor of what can have attributes. */
static wasi_errno_t object(wasi_call_t *c, wasi_entry_t *e, int *ret)
{
	if (e->ops != &host_ops || e->host_fd < 0)
		return WASI_ERRNO_NOTSUP;
	if (e->opath)
		return e->class == CLASS_DIRECTORY ? host_scan_fd(c, e, ret) : WASI_ERRNO_BADF;
	*ret = e->host_fd;
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t call_fd_getxattr(wasi_call_t *c, wasi_entry_t *fd, const char *name, size_t name_len, void *value,
			      size_t value_len, wasi_size_t *size)
{
	struct attribute attribute;
	int host_fd;
	wasi_errno_t error = name_copy(&attribute, name, name_len);

	if (!error)
		error = object(c, fd, &host_fd);
	return error ? error : attribute_size(c->host->fgetxattr(host_fd, attribute.text, value, value_len), size);
}

wasi_errno_t call_fd_listxattr(wasi_call_t *c, wasi_entry_t *fd, void *list, size_t list_len, wasi_size_t *size)
{
	int host_fd;
	wasi_errno_t error = object(c, fd, &host_fd);

	return error ? error : attribute_size(c->host->flistxattr(host_fd, list, list_len), size);
}

wasi_errno_t call_fd_setxattr(wasi_call_t *c, wasi_entry_t *fd, const char *name, size_t name_len, const char *value,
			      size_t value_len, uint32_t how)
{
	struct attribute attribute;
	int host_fd;
	wasi_errno_t error = name_to_change(&attribute, name, name_len);

	if (!error)
		error = object(c, fd, &host_fd);
	if (error)
		return error;
	return attribute_error(c->host->fsetxattr(host_fd, attribute.text, value, value_len, (int)how));
}

wasi_errno_t call_fd_removexattr(wasi_call_t *c, wasi_entry_t *fd, const char *name, size_t name_len)
{
	struct attribute attribute;
	int host_fd;
	wasi_errno_t error = name_to_change(&attribute, name, name_len);

	if (!error)
		error = object(c, fd, &host_fd);
	return error ? error : attribute_error(c->host->fremovexattr(host_fd, attribute.text));
}
