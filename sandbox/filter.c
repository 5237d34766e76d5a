/* Loading the seccomp filters: see filter.h. */
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "filters.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static long load(struct wall_kernel *k, const struct sock_filter *code, size_t n)
{
	struct sock_fprog program = { .len = (unsigned short)n, .filter = (struct sock_filter *)(uintptr_t)code };
	return KCALL3(k, SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

long wall_filter_load(struct wall_kernel *k, enum wall_filter filter)
{
	if (filter == WALL_FILTER_WASM)
		return load(k, wasm_filter, COUNT(wasm_filter));
	if (filter == WALL_FILTER_JIT)
		return load(k, jit_filter, COUNT(jit_filter));
	/* The short one first: the second load happens under the first filter, which must still let it. */
	long result = load(k, native_values_filter, COUNT(native_values_filter));
	return result < 0 ? result : load(k, native_filter, COUNT(native_filter));
}

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_EQUAL(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)

long wall_exec_gate(struct wall_kernel *k, uint64_t secret)
{
	/* Other architectures are the main filter's to refuse; the halves of the argument lie low, high. */
	const struct sock_filter code[] = {
		LOAD(arch),
		IF_EQUAL(NATIVE_ARCH, 0, 7),
		LOAD(nr),
		IF_EQUAL(SYS_execve, 6, 0),
		IF_EQUAL(SYS_execveat, 0, 4),
		LOAD(args[5]),
		IF_EQUAL((uint32_t)secret, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5]) + 4),
		IF_EQUAL((uint32_t)(secret >> 32), 0, 1),
		ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(SECCOMP_RET_ERRNO | EPERM),
	};
	return load(k, code, COUNT(code));
}
