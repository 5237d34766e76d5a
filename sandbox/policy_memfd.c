/* A policy in a sealed memfd: the form in which it crosses an exec.
 *
 * The seals matter on the reading side: a memfd that nobody can change any more is either ours or a forgery from before
 * the exec, and the launcher makes sure that a fresh run starts with ours. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host_syscall.h"
#include "policy.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define MAX_POLICY (16u << 20)

/* Raw system calls: inside the shim, libc's names are the guest's doors. */
static long call3(long number, long a, long b, long c)
{
	return host_syscall(number, a, b, c, 0, 0, 0);
}

int policy_to_memfd(const struct policy *policy)
{
	void *bytes;
	size_t len;
	int error = policy_encode(policy, &bytes, &len);
	if (error)
		return -error;

	long fd = call3(SYS_memfd_create, (long)(intptr_t) "wasiward-policy", MFD_ALLOW_SEALING | MFD_CLOEXEC, 0);
	long result = fd;
	for (size_t done = 0; result >= 0 && done < len; done += (size_t)result) {
		do
			result = call3(SYS_write, fd, (long)(intptr_t)((uint8_t *)bytes + done), (long)(len - done));
		while (result == -EINTR);
	}
	free(bytes);
	if (result >= 0)
		result = call3(SYS_fcntl, fd, F_ADD_SEALS, SEALS);
	if (fd < 0)
		return (int)fd;

	/* The copy is not close-on-exec; out of the guest's way if the limit of open files lets us. */
	if (result >= 0) {
		result = call3(SYS_fcntl, fd, F_DUPFD, POLICY_FD_FLOOR);
		if (result == -EINVAL)
			result = call3(SYS_fcntl, fd, F_DUPFD, 3);
	}
	call3(SYS_close, fd, 0, 0);
	return (int)result;
}

int policy_from_memfd(int fd, struct policy **ret_policy)
{
	long seals = call3(SYS_fcntl, fd, F_GET_SEALS, 0);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return EINVAL;
	long size = call3(SYS_lseek, fd, 0, SEEK_END);
	if (size <= 0 || size > MAX_POLICY)
		return EINVAL;

	char *bytes = malloc((size_t)size);
	if (!bytes)
		return ENOMEM;
	int error = 0;
	for (long done = 0; done < size && !error;) {
		long n = host_syscall(SYS_pread64, fd, (long)(intptr_t)(bytes + done), size - done, done, 0, 0);
		if (n == 0)
			error = EINVAL;
		else if (n < 0 && n != -EINTR)
			error = (int)-n;
		else if (n > 0)
			done += n;
	}
	if (!error)
		error = policy_decode(bytes, (size_t)size, ret_policy);
	free(bytes);
	return error;
}
