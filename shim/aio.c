/* Asynchronous input and output. Threads of the C library do it, with the kernel's calls on the guest's number; so the rights
 * are asked for when an operation is handed to them, as those of a mapping are when it is made. Functions that they call
 * to notify are the guest's code in a thread that is not armed: those are refused. */
#include <aio.h>
#include <signal.h>

#include "guest.h"
#include "shim.h"

/* Whether what is to be done with a descriptor is allowed; false with errno. */
static bool may(const struct aiocb *block, wasi_rights_t needed)
{
	if (!guest_writable((void *)block, sizeof(*block)))
		return fail_with(EFAULT) == 0;
	if (block->aio_sigevent.sigev_notify == SIGEV_THREAD)
		return fail_with(ENOTSUP) == 0;
	return fd_host_for(block->aio_fildes, needed) >= 0;
}

WRAPPER(int, aio_read, (struct aiocb *block))
{
	return may(block, WASI_RIGHTS_FD_READ) ? NEXT(aio_read)(block) : -1;
}

WRAPPER(int, aio_write, (struct aiocb *block))
{
	return may(block, WASI_RIGHTS_FD_WRITE) ? NEXT(aio_write)(block) : -1;
}

WRAPPER(int, aio_fsync, (int operation, struct aiocb *block))
{
	return may(block, 0) ? NEXT(aio_fsync)(operation, block) : -1;
}

/* All of them or none: which of a list was refused could not be said. The libraries differ in where they say restrict. */
WRAPPER_UNDECLARED(int, lio_listio, (int mode, struct aiocb *const *list, int count, struct sigevent *event))
{
	if (count > 0 && !guest_readable(list, (size_t)count * sizeof(*list)))
		return fail_with(EFAULT);
	if (event && mode == LIO_NOWAIT && guest_readable(event, sizeof(*event)) && event->sigev_notify == SIGEV_THREAD)
		return fail_with(ENOTSUP);
	for (int i = 0; i < count; i++) {
		const struct aiocb *block = list[i];
		if (block && guest_readable(block, sizeof(*block)) && block->aio_lio_opcode != LIO_NOP &&
		    !may(block, block->aio_lio_opcode == LIO_READ ? WASI_RIGHTS_FD_READ : WASI_RIGHTS_FD_WRITE))
			return -1;
	}
	return NEXT(lio_listio)(mode, list, count, event);
}
