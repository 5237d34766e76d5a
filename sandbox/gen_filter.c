/* Compiles syscalls.def to BPF with libseccomp and prints it as C arrays. Runs when the project is built.
 *
 * usage: gen-filter MACHINE > filters.h
 *
 * Two programs for native guests, because libseccomp knows no "all but these values": an allow list by number alone,
 * whose answers the kernel caches, and a short list of refused values. The kernel takes the stricter answer. */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { K_ALLOW, K_BOTH, K_REFUSE, K_REFUSE_IF, K_REFUSE_UNLESS, K_ALLOW_ONLY_IF, K_REFUSE_JIT };

static const struct row {
	enum kind kind;
	const char *name;
	unsigned error, arg;
	scmp_datum_t mask, value;
	unsigned arg2;
	scmp_datum_t mask2;
} rows[] = {
#define ROW(kind, name, error, arg, mask, value, arg2, mask2) { kind, #name, error, arg, mask, value, arg2, mask2 },
#define ALLOW(name, reason) ROW(K_ALLOW, name, 0, 0, 0, 0, 0, 0)
#define BOTH(name, reason) ROW(K_BOTH, name, 0, 0, 0, 0, 0, 0)
#define REFUSE(name, error, reason) ROW(K_REFUSE, name, error, 0, 0, 0, 0, 0)
#define REFUSE_IF(name, error, arg, mask, value, reason) ROW(K_REFUSE_IF, name, error, arg, mask, value, 0, 0)
#define REFUSE_UNLESS(name, error, arg, value, reason) ROW(K_REFUSE_UNLESS, name, error, arg, 0, value, 0, 0)
#define ALLOW_ONLY_IF(name, arg, value, reason) ROW(K_ALLOW_ONLY_IF, name, 0, arg, 0xffffffff, value, 0, 0)
#define REFUSE_JIT(name, error, arg, mask, arg2, mask2, reason) ROW(K_REFUSE_JIT, name, error, arg, mask, mask, arg2, mask2)
#include "syscalls.def"
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

enum program { NATIVE, NATIVE_VALUES, WASM, JIT };

/* These answer a few values only; all else is another program's business. */
static int only_refuses(enum program program)
{
	return program == NATIVE_VALUES || program == JIT;
}

static void check(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "gen-filter: %s: %s\n", what, strerror(-result));
		exit(1);
	}
}

static void add_row(scmp_filter_ctx filter, enum program program, const struct row *r, int number)
{
	struct scmp_arg_cmp masked = { r->arg, SCMP_CMP_MASKED_EQ, r->mask, r->value };
	struct scmp_arg_cmp differs = { r->arg, SCMP_CMP_NE, r->value, 0 };
	int result = 0;
	switch (r->kind) {
	case K_ALLOW:
		if (program == NATIVE)
			result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		break;
	case K_BOTH:
		if (!only_refuses(program))
			result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		break;
	case K_REFUSE:
		/* What is refused with the default's errno needs no rule; the row holds the reason. */
		if (!only_refuses(program) && r->error != ENOSYS)
			result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(r->error), number, 0);
		break;
	case K_REFUSE_IF:
		if (program == NATIVE_VALUES)
			result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(r->error), number, 1, &masked);
		break;
	case K_REFUSE_UNLESS:
		if (program == NATIVE_VALUES)
			result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(r->error), number, 1, &differs);
		break;
	case K_REFUSE_JIT: {
		struct scmp_arg_cmp both[2] = { masked, { r->arg2, SCMP_CMP_MASKED_EQ, r->mask2, r->mask2 } };
		if (program == JIT)
			result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(r->error), number, r->mask2 ? 2 : 1, both);
		break;
	}
	case K_ALLOW_ONLY_IF:
		if (program == WASM)
			result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &masked);
		break;
	}
	check(result, r->name);
}

/* Calls newer than the library that compiles; since 424 the numbers are the same everywhere. */
static int newer_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} newer[] = { { "fchmodat2", 452 }, { "mseal", 462 }, { "setxattrat", 463 }, { "getxattrat", 464 }, { "listxattrat", 465 },
		      { "removexattrat", 466 } };

	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++) {
		if (!strcmp(name, newer[i].name))
			return newer[i].number;
	}
	return __NR_SCMP_ERROR;
}

static void print_program(const char *name, enum program program, uint32_t arch)
{
	scmp_filter_ctx filter = seccomp_init(only_refuses(program) ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
	if (!filter)
		exit(1);
	/* i386 and x32 calls reach the same kernel by numbers that mean something else. */
	check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)), "bad architecture");
	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "binary tree");
	if (arch != seccomp_arch_native()) {
		check(seccomp_arch_add(filter, arch), "architecture");
		check(seccomp_arch_remove(filter, seccomp_arch_native()), "architecture");
	}
	for (size_t i = 0; i < N_ROWS; i++) {
		/* By the building machine's number: the library translates, and skips what the other one lacks. */
		int number = seccomp_syscall_resolve_name(rows[i].name);
		if (number == __NR_SCMP_ERROR && arch == seccomp_arch_native())
			number = newer_number(rows[i].name);
		if (number != __NR_SCMP_ERROR)
			add_row(filter, program, &rows[i], number);
	}

	FILE *bpf = tmpfile();
	if (!bpf)
		exit(1);
	check(seccomp_export_bpf(filter, fileno(bpf)), "export");
	seccomp_release(filter);
	rewind(bpf);
	printf("static const struct sock_filter %s[] = {\n", name);
	struct sock_filter insn;
	while (fread(&insn, sizeof(insn), 1, bpf) == 1)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", insn.code, insn.jt, insn.jf, insn.k);
	printf("};\n");
	fclose(bpf);
}

int main(int argc, char **argv)
{
	uint32_t arch = argc == 2 ? seccomp_arch_resolve_name(argv[1]) : 0;
	if (!arch) {
		fprintf(stderr, "usage: gen-filter MACHINE > filters.h\n");
		return 1;
	}
	print_program("native_filter", NATIVE, arch);
	print_program("native_values_filter", NATIVE_VALUES, arch);
	print_program("wasm_filter", WASM, arch);
	print_program("jit_filter", JIT, arch);
	return 0;
}
