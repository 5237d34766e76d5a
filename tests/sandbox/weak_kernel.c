/* Runs a command on a kernel that offers less: a filter answers what such a kernel would answer.
 *
 * usage: weak-kernel LACK[,LACK] COMMAND…
 *
 * LACK: namespaces mounts openat2 close_range seccomp landlock, or landlock=ABI: a Landlock of that ABI, which refuses what is newer.
 * Exit status: the command's, 125 when the filter could not be loaded. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter code[64];
static unsigned short n;

static void add(struct sock_filter insn)
{
	code[n++] = insn;
}

static void answer(long number, uint32_t action)
{
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1));
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void lack(const char *what, int *abi)
{
	const uint32_t absent = SECCOMP_RET_ERRNO | ENOSYS;
	if (!strcmp(what, "namespaces")) {
		answer(SYS_unshare, SECCOMP_RET_ERRNO | EPERM);
	} else if (!strcmp(what, "mounts")) {
		answer(SYS_mount_setattr, absent);
		answer(SYS_open_tree, absent);
	} else if (!strcmp(what, "openat2")) {
		answer(SYS_openat2, absent);
	} else if (!strcmp(what, "close_range")) {
		answer(SYS_close_range, absent);
	} else if (!strcmp(what, "seccomp")) {
		answer(SYS_seccomp, absent);
	} else if (!strcmp(what, "landlock")) {
		answer(SYS_landlock_create_ruleset, SECCOMP_RET_ERRNO | EOPNOTSUPP);
	} else if (sscanf(what, "landlock=%d", abi) == 1) {
		answer(SYS_landlock_create_ruleset, SECCOMP_RET_USER_NOTIF);
	} else {
		fprintf(stderr, "weak-kernel: %s: no such thing\n", what);
		exit(125);
	}
}

/* The process that called has this at an address. */
static void peek(pid_t pid, uint64_t address, void *to, size_t size)
{
	char path[40];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	FILE *mem = fopen(path, "r");
	memset(to, 0, size);
	if (!mem || fseek(mem, (long)address, SEEK_SET) || fread(to, 1, size, mem) != size)
		fprintf(stderr, "weak-kernel: cannot read the caller's memory\n");
	if (mem)
		fclose(mem);
}

/* What a Landlock of this ABI says to landlock_create_ruleset; 0: the real one may say it. */
static int64_t landlock(int abi, const struct seccomp_notif *call)
{
	static const uint64_t fs[] = { 0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff, 0xffff };
	const uint64_t attr = call->data.args[0], size = call->data.args[1];
	uint64_t value[3];
	if (call->data.args[2] == 1) /* LANDLOCK_CREATE_RULESET_VERSION */
		return abi;
	if (size > (abi >= 6 ? 24 : abi >= 4 ? 16 : 8))
		return -E2BIG;
	peek((pid_t)call->pid, attr, value, size);
	return value[0] & ~fs[abi] ? -EINVAL : 0;
}

static void serve(int listener, int abi)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	for (;;) {
		struct seccomp_notif call = { 0 };
		if (poll(&p, 1, -1) < 0 || p.revents & POLLHUP)
			return;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			continue;
		struct seccomp_notif_resp reply = { .id = call.id };
		int64_t result = landlock(abi, &call);
		if (result > 0)
			reply.val = result;
		else if (result < 0)
			reply.error = (int32_t)result;
		else
			reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	}
}

int main(int argc, char **argv)
{
	int abi = 0;
	if (argc < 3)
		return 125;
	add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	for (char *what = strtok(argv[1], ","); what; what = strtok(NULL, ","))
		lack(what, &abi);
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	struct sock_fprog program = { .len = n, .filter = code };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!abi) {
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
			return 125;
		execvp(argv[2], argv + 2);
		return 125;
	}
	/* The descriptors are shared until the command starts, so its listener is ours, too. */
	int ready[2], go[2], number;
	char byte = 0;
	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		return 125;
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		number = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
		if (write(ready[1], &number, sizeof(number)) != sizeof(number) || number < 0 || read(go[0], &byte, 1) != 1)
			_exit(125);
		execvp(argv[2], argv + 2);
		_exit(125);
	}
	if (pid > 0 && read(ready[0], &number, sizeof(number)) == sizeof(number) && number >= 0) {
		if (write(go[1], &byte, 1) != 1)
			return 125;
		serve(number, abi);
	}
	int status;
	if (pid < 0 || waitpid((pid_t)pid, &status, 0) < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
