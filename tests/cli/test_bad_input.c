/* What goes wrong outside the program: full disks, names that are no text, limits that are too low. An error is told, nothing
 * crashes, and nothing is taken for success. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

/* What a shell's line writes, both streams together, and its exit status. */
static char *shell(const char *dir, const char *line, int *ret_status)
{
	char *whole, *text = calloc(1, 65536);
	cr_assert_gt(asprintf(&whole, "cd '%s' && { %s\n} 2>&1", dir, line), 0);
	FILE *in = popen(whole, "r");
	cr_assert(in);
	size_t n = fread(text, 1, 65535, in);
	text[n] = '\0';
	int status = pclose(in);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	free(whole);
	return text;
}

/* A file system of 64 KiB that is full, as the current directory. */
#define FULL "exec unshare -m sh -c 'mount -t tmpfs -o size=64k none . && cd . && cd \"$PWD\" && { head -c 100000 /dev/zero > fill; echo full; } 2>/dev/null && "

Test(bad_input, a_full_disk)
{
	int status;
	char *dir = fresh_dir(), *text = shell(dir, FULL "true'", &status);
	if (!strstr(text, "full"))
		cr_skip_test("no file systems can be mounted here");
	text = shell(dir, FULL "\"$WASIWARD\" run --dir . sh -c \"cat fill > new || exit 9\"'", &status);
	cr_expect_eq(status, 9, "%s", text);
	HAS(text, "No space left on device");
	text = shell(dir, FULL "\"$WASIWARD\" run --dir . sh -c \"echo x > new || exit 9\"'", &status);
	cr_expect_eq(status, 9, "%s", text);
	/* A place for a mount is made in the wall's own file system, not in the granted one. */
	text = shell(dir, FULL "\"$WASIWARD\" run --dir .::/data/deep/er sh -c \"wc -c < /data/deep/er/fill\"'", &status);
	cr_expect_eq(status, 0, "%s", text);
	HAS(text, "65536");
	text = shell(dir, FULL "\"$WASIWARD\" trace -o calls --dir . cat fill >/dev/null'", &status);
	cr_expect_neq(status, 0);
	HAS(text, "calls: No space left on device");
}

Test(bad_input, a_full_tmp_of_ones_own)
{
	struct outcome o = COMMAND(NULL, "run", "--tmp", "private", "--max-memory", "64M", "sh", "-c", "head -c 100000000 /dev/zero > /tmp/fill || exit 9");
	cr_expect_eq(o.status, 9);
	HAS(o.err, "No space left on device");
}

Test(bad_input, output_that_nobody_can_take)
{
	static const char *const commands[] = { "doctor", "--help", "version", "run --help", "policy show build" };
	char *dir = fresh_dir(), *line, *text;
	int status;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		cr_assert_gt(asprintf(&line, "\"$WASIWARD\" %s > /dev/full", commands[i]), 0);
		text = shell(dir, line, &status);
		cr_expect_eq(status, 125, "%s", commands[i]);
		HAS(text, "wasiward: standard output: No space left on device");
	}
	text = shell(dir, "\"$WASIWARD\" run --max-output 100 echo hi > /dev/full", &status);
	cr_expect_eq(status, 125);
	HAS(text, "echo: its output could not be written: No space left on device");
	/* Not where nobody wants it any more. */
	shell(dir, "\"$WASIWARD\" run --max-output 1000000000 yes | head -n 1 >/dev/null", &status);
	cr_expect_eq(status, 0);
}

Test(bad_input, names_that_are_no_text)
{
	char *dir = fresh_dir();
	int status;
	const char *make = "n=$(printf '\\377\\376x'); mkdir \"$n\" && cp a.txt \"$n/\" && ";
	char *line;
	cr_assert_gt(asprintf(&line, "%s\"$WASIWARD\" run --dir \"$n\" sh -c 'cd *x && cat a.txt'", make), 0);
	cr_expect_str_eq(shell(dir, line, &status), "hello\n");
	cr_expect_eq(status, 0);
	cr_expect_str_eq(shell(dir, "n=$(printf '\\377\\376x'); \"$WASIWARD\" run --dir \"$n::/$n:ro\" cat \"/$n/a.txt\"", &status), "hello\n");
	HAS(shell(dir, "\"$WASIWARD\" run --dir \"$(printf 'no\\377')\" true", &status), "No such file or directory");
	cr_expect_eq(status, 125);
	/* A policy file is text. */
	HAS(shell(dir, "printf 'dirs:\\n  - host: \\377\\n' > p.yaml; \"$WASIWARD\" policy check ./p.yaml", &status), "p.yaml:");
	cr_expect_eq(status, 1);
	HAS(shell(dir, "\"$WASIWARD\" run --policy ./p.yaml true", &status), "nothing was run");
	cr_expect_eq(status, 125);
}

Test(bad_input, guest_names)
{
	char *dir = fresh_dir();
	/* A relative one is beneath the root. */
	cr_expect_str_eq(COMMAND(dir, "run", "--dir", ".::data:ro", "cat", "/data/a.txt").out, "hello\n");
	cr_expect_str_eq(COMMAND(dir, "run", "--dir", ".::./x/./y/:ro", "cat", "/x/y/a.txt").out, "hello\n");
	static const char *const refused[] = { ".::..", ".::../data", ".::/a/../b", ".::/a/.." };
	for (size_t i = 0; i < 4; i++) {
		struct outcome o = COMMAND(dir, "run", "--dir", refused[i], "true");
		cr_expect_eq(o.status, 125, "%s", refused[i]);
		HAS(o.err, "has a \"..\"");
	}
	cr_expect_eq(COMMAND(dir, "run", "--dir", ".::", "true").status, 125);
	/* The same name twice, however it is spelt. */
	HAS(COMMAND(dir, "run", "--dir", ".::/x", "--dir", "sub::x/.", "true").err, "would see two directories as /x");
	/* A grant that holds a file of the runtime's hides it; one that is the root lies under the runtime. */
	struct outcome o = COMMAND(dir, "run", "--dir", "sub::/etc", "cat", "/etc/b.txt", "/etc/ld.so.cache");
	cr_expect_str_eq(o.out, "inner\n");
	HAS(o.err, "No such file or directory");
	cr_expect_str_eq(COMMAND(dir, "run", "--dir", ".::/", "sh", "-c", "echo x > /dev/null && cat /a.txt /dev/null").out, "hello\n");
	cr_expect_eq(COMMAND(NULL, "run", "--dir", "/etc:ro", "cat", "/etc/ld.so.cache").status, 0);
}

Test(bad_input, limits_that_are_too_low)
{
	char *dir = fresh_dir();
	int status;
	HAS(shell(dir, "ulimit -f 1; \"$WASIWARD\" run true", &status), "the limit of file sizes (ulimit -f): native programs need at least 1M");
	cr_expect_eq(status, 125);
	HAS(shell(dir, "ulimit -n 20; \"$WASIWARD\" run true", &status), "Too many open files");
	cr_expect_eq(status, 125);
}
