/* Mapping files, and loading libraries. */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "place.h"

/* A mapping reads and writes behind every later check, so the rights are asked for now. Code may be mapped from what
 * cannot be written through the same descriptor. */
WRAPPER(void *, mmap, (void *address, size_t len, int protection, int flags, int fd, off_t offset))
{
	if (!(flags & MAP_ANONYMOUS)) {
		wasi_rights_t needed = WASI_RIGHTS_FD_READ;
		bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
		struct wasi_fd_info info;

		if (shim.strict && (protection & PROT_EXEC || flags & MAP_FIXED)) {
			errno = EINVAL;
			return MAP_FAILED;
		}
		/* wasi-libc's mapping is a copy that is never written back. */
		if (shim.strict && shared)
			flags = (flags & ~MAP_TYPE) | MAP_PRIVATE;
		else if (shared && protection & PROT_WRITE)
			needed |= WASI_RIGHTS_FD_WRITE;
		if (fd_host_for(fd, needed) < 0) {
			if (fd_host_for(fd, 0) >= 0)
				errno = EACCES;
			return MAP_FAILED;
		}
		if (protection & PROT_EXEC && (wasi_ctx_fd_info(shim.ctx, (wasi_fd_t)fd, &info) ||
					       info.base & WASI_RIGHTS_FD_WRITE)) {
			errno = EACCES;
			return MAP_FAILED;
		}
	}
	return (void *)raw_result(RAW(SYS_mmap, address, len, protection, flags, fd, offset));
}

/* Does a guest name mean the same object to the loader, which knows the host's names only? */
bool place_is(const char *name, int object)
{
	struct statx there, here;

	return RAW(SYS_statx, AT_FDCWD, name, 0, STATX_INO, &there) == 0 &&
	       RAW(SYS_statx, object, "", AT_EMPTY_PATH, STATX_INO, &here) == 0 && there.stx_ino == here.stx_ino &&
	       there.stx_dev_major == here.stx_dev_major && there.stx_dev_minor == here.stx_dev_minor;
}

/* A library named by a path must be granted. One named without is searched for by the loader among the runtime's: that
 * call is handed on as it came, since the loader asks who called. */
WRAPPER(void *, dlopen, (const char *name, int flags))
{
	char guest[PATH_MAX], by_fd[32];
	struct place p;
	int object;

	if (!name || !strchr(name, '/'))
		return NEXT(dlopen)(name, flags);
	int error = AT_PLACE(p, AT_FDCWD, name, true,
			     wasi_path_host(shim.ctx, p.fd, WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.path, p.len, &object));
	if (error) {
		/* The loader's own message, for a name that it will not find either. */
		return NEXT(dlopen)("/dev/null/not-granted", flags);
	}
	snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", object);
	bool same = place_name(AT_FDCWD, name, guest) == 0 && place_is(guest, object);
	void *handle = NEXT(dlopen)(same ? guest : by_fd, flags);
	RAW(SYS_close, object);
	return handle;
}
