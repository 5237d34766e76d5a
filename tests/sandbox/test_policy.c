/* Policies as bytes, and in memfds. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "policy.h"

static struct policy *sample(void)
{
	struct policy *p = calloc(1, sizeof(*p));
	p->profile = POLICY_STRICT;
	p->exec = POLICY_EXEC_NONE;
	p->explain = true;
	p->trace_fd = 7;
	p->clock = POLICY_CLOCK_OFFSET;
	p->clock_ns = (uint64_t)-5;
	p->seeded = true;
	p->reached = p->sorted = true;
	p->seed = 99;
	p->shims[POLICY_MUSL] = strdup("/lib/shim.so");
	p->cwd = strdup("/data");
	p->program = strdup("/usr/bin/x");
	p->user = strdup("me");
	p->n_dirs = 2;
	p->dirs = calloc(2, sizeof(*p->dirs));
	p->dirs[0] = (struct policy_dir){ .guest = strdup("/data"), .host = strdup("."), .base = 5, .inheriting = 1u << 29, .fd = 900, .look_fd = 902 };
	p->dirs[1] = (struct policy_dir){ .guest = strdup(""), .host = NULL, .origin = POLICY_FROM_RUNTIME, .fd = -1 };
	p->n_files = 1;
	p->files = calloc(1, sizeof(*p->files));
	p->files[0] = (struct policy_file){ .guest = strdup("/dev/null"), .name = strdup("null"), .rights = 2, .dir_fd = 901 };
	p->n_fds = 1;
	p->fds = calloc(1, sizeof(*p->fds));
	p->fds[0] = (struct policy_fd){ .number = 1, .base = 64, .inheriting = 0, .guest_path = strdup("/data/sub") };
	return p;
}

Test(policy, a_loader_tells_the_c_library)
{
	for (int i = 0; i < POLICY_LIBCS; i++)
		cr_expect_eq((int)policy_libc_of(policy_libc_loader((enum policy_libc)i)), i);
	/* Where a system keeps it elsewhere. */
	const char *musl = strrchr(policy_libc_loader(POLICY_MUSL), '/');
	char path[256];
	snprintf(path, sizeof(path), "/opt/lib%s", musl);
	cr_expect_eq(policy_libc_of(path), POLICY_MUSL);
	cr_expect_eq(policy_libc_of(musl + 1), POLICY_MUSL);
	snprintf(path, sizeof(path), "/opt%s/ld-other.so.1", musl);
	cr_expect_eq(policy_libc_of(path), POLICY_LIBCS);
	cr_expect_eq(policy_libc_of(""), POLICY_LIBCS);
	cr_expect_str_eq(policy_libc_shim(POLICY_MUSL), "libwasi-shim-musl.so");
	cr_expect_str_eq(policy_libc_name(POLICY_GLIBC), "glibc");
}

Test(policy, survives_encoding)
{
	struct policy *p = sample(), *q;
	void *bytes;
	size_t len;
	cr_assert_eq(policy_encode(p, &bytes, &len), 0);
	cr_assert_eq(policy_decode(bytes, len, &q), 0);
	cr_expect_eq(q->profile, POLICY_STRICT);
	cr_expect_eq(q->exec, POLICY_EXEC_NONE);
	cr_expect(q->explain && !q->trace);
	cr_expect_eq(q->trace_fd, 7);
	cr_expect(q->clock == POLICY_CLOCK_OFFSET && (int64_t)q->clock_ns == -5 && q->seeded && q->seed == 99 && q->reached && q->sorted);
	cr_expect_null(q->shims[POLICY_GLIBC]);
	cr_expect_str_eq(q->shims[POLICY_MUSL], "/lib/shim.so");
	cr_expect_str_eq(q->cwd, "/data");
	cr_expect_str_eq(q->program, "/usr/bin/x");
	cr_expect_str_eq(q->user, "me");
	cr_expect_null(q->group);
	cr_assert_eq(q->n_dirs, 2);
	cr_expect_str_eq(q->dirs[0].guest, "/data");
	cr_expect_str_eq(q->dirs[0].host, ".");
	cr_expect_eq(q->dirs[0].base, 5);
	cr_expect_eq(q->dirs[0].inheriting, 1u << 29);
	cr_expect_eq(q->dirs[0].fd, 900);
	cr_expect_eq(q->dirs[0].look_fd, 902);
	cr_expect_str_eq(q->dirs[1].guest, "");
	cr_expect_null(q->dirs[1].host);
	cr_expect_eq(q->dirs[1].origin, POLICY_FROM_RUNTIME);
	cr_assert_eq(q->n_files, 1);
	cr_expect_str_eq(q->files[0].name, "null");
	cr_expect_eq(q->files[0].dir_fd, 901);
	cr_assert_eq(q->n_fds, 1);
	cr_expect_eq(q->fds[0].number, 1);
	cr_expect_str_eq(q->fds[0].guest_path, "/data/sub");
	free(bytes);
	policy_free(p);
	policy_free(q);
}

Test(policy, cut_anywhere_is_refused)
{
	struct policy *p = sample(), *q;
	void *bytes;
	size_t len;
	cr_assert_eq(policy_encode(p, &bytes, &len), 0);
	for (size_t n = 0; n < len; n++) {
		/* A copy of exactly n bytes, so that a sanitizer sees a read beyond. */
		void *cut = malloc(n ? n : 1);
		memcpy(cut, bytes, n);
		cr_expect_eq(policy_decode(cut, n, &q), EINVAL, "cut at %zu", n);
		free(cut);
	}
	char *longer = malloc(len + 1);
	memcpy(longer, bytes, len);
	longer[len] = 0;
	cr_expect_eq(policy_decode(longer, len + 1, &q), EINVAL);
	free(longer);
	free(bytes);
	policy_free(p);
}

Test(policy, any_changed_byte_is_refused_or_decodes_to_a_whole_policy)
{
	struct policy *p = sample(), *q;
	uint8_t *bytes;
	size_t len, refused = 0;
	cr_assert_eq(policy_encode(p, (void **)&bytes, &len), 0);
	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] ^= (uint8_t)(1 << bit);
			int error = policy_decode(bytes, len, &q);
			if (error)
				refused++;
			else
				policy_free(q);
			bytes[i] ^= (uint8_t)(1 << bit);
		}
	}
	cr_expect_gt(refused, 8 * 8, "at least every change of the magic number");
	free(bytes);
	policy_free(p);
}

Test(policy, crosses_a_memfd_that_nobody_can_change)
{
	struct policy *p = sample(), *q;
	int fd = policy_to_memfd(p);
	cr_assert_geq(fd, 0);
	cr_expect_eq(fcntl(fd, F_GETFD), 0, "must survive exec");
	cr_expect_geq(fd, POLICY_FD_FLOOR);
	cr_expect_eq(write(fd, "x", 1), -1);
	cr_expect_eq(ftruncate(fd, 0), -1);
	cr_assert_eq(policy_from_memfd(fd, &q), 0);
	cr_expect_str_eq(q->cwd, "/data");
	policy_free(q);
	policy_free(p);
	close(fd);
}

Test(policy, an_unsealed_memfd_or_a_file_is_not_believed)
{
	struct policy *p = sample(), *q;
	void *bytes;
	size_t len;
	cr_assert_eq(policy_encode(p, &bytes, &len), 0);
	int fd = memfd_create("forged", MFD_ALLOW_SEALING);
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
	cr_expect_eq(policy_from_memfd(fd, &q), EINVAL);
	cr_expect_eq(policy_from_memfd(-1, &q), EINVAL);
	int null = open("/dev/null", O_RDONLY);
	cr_expect_eq(policy_from_memfd(null, &q), EINVAL);
	free(bytes);
	policy_free(p);
}
