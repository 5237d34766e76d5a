/* Mapping files. */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "place.h"
#include "stray.h"

/* A mapping reads and writes behind every later check, so the rights are asked for now. Code may be mapped from what
 * cannot be written through the same descriptor. */
WRAPPER(void *, mmap, (void *address, size_t len, int protection, int flags, int fd, off_t offset))
{
	/* Code that is made here may make system calls of its own. */
	if (unlikely(protection & PROT_EXEC))
		stray_arm();
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
