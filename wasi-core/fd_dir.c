/* fd_readdir. The records are packed by the directory's method; here is what all kinds of directory share. */
#include "internal.h"

wasi_errno_t call_fd_readdir(wasi_call_t *c, wasi_entry_t *fd, void *buf, size_t buf_len, wasi_dircookie_t cookie,
			     wasi_size_t *bufused)
{
	size_t used = 0;
	wasi_errno_t error;

	if (!fd->ops->readdir)
		return WASI_ERRNO_NOTSUP;
	if (buf_len > UINT32_MAX)
		buf_len = UINT32_MAX;
	/* Nothing fits into nothing, which is not the end either: bufused == buf_len. */
	if (buf_len > 0) {
		error = fd->ops->readdir(c, fd, buf, buf_len, cookie, &used);
		if (error)
			return error;
	}
	*bufused = (wasi_size_t)used;
	return WASI_ERRNO_SUCCESS;
}
