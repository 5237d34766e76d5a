/* Which programs are run, which refused, and with what exit status. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

Test(programs, the_exit_status_is_the_programs)
{
	cr_expect_eq(COMMAND(NULL, "run", "true").status, 0);
	cr_expect_eq(COMMAND(NULL, "run", "false").status, 1);
	cr_expect_eq(COMMAND(NULL, "run", "sh", "-c", "exit 33").status, 33);
	cr_expect_eq(COMMAND(NULL, "run", "sh", "-c", "kill -9 $$").status, 128 + 9);
}

Test(programs, what_is_missing_is_127)
{
	struct outcome o = COMMAND(NULL, "run", "no-such-program");
	cr_expect_eq(o.status, 127);
	HAS(o.err, "no-such-program: No such file or directory");
	cr_expect_eq(COMMAND(NULL, "run", "./no-such-program").status, 127);
	cr_expect_eq(COMMAND(NULL, "run", "no-such.wasm").status, 127);
}

Test(programs, what_cannot_be_run_is_126)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "./a.txt");
	cr_expect_eq(o.status, 126);
	HAS(o.err, "neither an ELF program, a WebAssembly module nor a #! script");
	cr_expect_eq(COMMAND(dir, "run", "./sub").status, 126);
	put_file(dir, "script", "#!/bin/sh\necho ran \"$@\"\n", 24, 0644);
	cr_expect_eq(COMMAND(dir, "run", "./script").status, 126);
	put_file(dir, "empty-line", "#! \n", 4, 0755);
	HAS(COMMAND(dir, "run", "./empty-line").err, "names no interpreter");
}

Test(programs, scripts_run_in_their_interpreter)
{
	char *dir = fresh_dir();
	put_file(dir, "script", "#!/bin/sh -u\necho ran \"$@\"\n", 27, 0755);
	struct outcome o = COMMAND(dir, "run", "--dir", ".", "./script", "x", "y");
	cr_expect_eq(o.status, 0, "%s", o.err);
	cr_expect_str_eq(o.out, "ran x y\n");
}

static char *compile(const char *dir, const char *flags)
{
	char *line, *program;
	put_file(dir, "p.c", "int main(void){return 3;}\n", 26, 0644);
	cr_assert_gt(asprintf(&program, "%s/p", dir), 0);
	cr_assert_gt(asprintf(&line, "cc %s -o %s %s/p.c", flags, program, dir), 0);
	cr_assert_eq(system(line), 0);
	return program;
}

Test(programs, a_static_program_is_refused_without_the_wall)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "--wall", "off", compile(dir, "-static"));
	cr_expect_eq(o.status, 126);
	HAS(o.err, "refused: it is statically linked");
	cr_expect_eq(COMMAND(dir, "run", compile(dir, "")).status, 3);
}

Test(programs, a_setuid_program_is_refused)
{
	char *dir = fresh_dir();
	char *program = compile(dir, "");
	chmod(program, 04755);
	struct outcome o = COMMAND(dir, "run", program);
	cr_expect_eq(o.status, 126);
	HAS(o.err, "refused: it is setuid");
}

Test(programs, a_cut_or_foreign_elf_is_refused)
{
	char *dir = fresh_dir();
	unsigned char elf[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	struct outcome o = COMMAND(dir, "run", put_file(dir, "cut", elf, 20, 0755));
	cr_expect_eq(o.status, 126);
	HAS(o.err, "cut short");
	elf[18] = 8; /* MIPS */
	HAS(COMMAND(dir, "run", put_file(dir, "mips", elf, 64, 0755)).err, "another architecture");
	elf[18] = 62;
	elf[16] = 3;
	elf[32] = 0xff; /* program headers far behind the end */
	elf[39] = 0x7f;
	elf[54] = 56;
	elf[56] = 9;
	cr_expect_eq(COMMAND(dir, "run", put_file(dir, "wild", elf, 64, 0755)).status, 126);
}

Test(programs, the_environment_is_what_was_given)
{
	setenv("WASIWARD_TEST_SECRET", "x", 1);
	setenv("WASIWARD_TEST_GIVEN", "y", 1);
	struct outcome o = COMMAND(NULL, "run", "--env", "A=1", "--env", "A=2", "--env", "WASIWARD_TEST_GIVEN", "env");
	HAS(o.out, "A=2\n");
	HAS(o.out, "WASIWARD_TEST_GIVEN=y\n");
	cr_expect_not(strstr(o.out, "A=1"));
	cr_expect_not(strstr(o.out, "SECRET"));
	cr_expect_not(strstr(o.out, "LD_PRELOAD"), "the shim hides how it came in");
	cr_expect_not(strstr(o.out, "POLICY"), "%s", o.out);
	HAS(COMMAND(NULL, "run", "--inherit-env", "env").out, "SECRET=x");
}

Test(programs, argv0_can_be_chosen)
{
	cr_expect_str_eq(COMMAND(NULL, "run", "--argv0", "other", "sh", "-c", "echo $0").out, "other\n");
}

Test(programs, no_descriptor_of_ours_or_the_callers_is_inherited)
{
	int extra = dup(1);
	cr_assert_geq(extra, 3);
	char number[16];
	snprintf(number, sizeof(number), "%d", extra);
	struct outcome o = COMMAND(NULL, "run", "sh", "-c", "echo x >&$0", number);
	cr_expect_neq(o.status, 0);
}

Test(programs, explain_names_what_was_refused_and_what_allows_it)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "--explain", "--dir", "sub", "cat", "/etc/passwd");
	cr_expect_eq(o.status, 1);
	HAS(o.err, "wasiward: denied: ");
	HAS(o.err, "\"/etc/passwd\"");
	HAS(o.err, "allow with: --dir /etc::/etc:ro");
	o = COMMAND(dir, "run", "--explain", "--dir", ".:ro", "rm", "-f", "a.txt");
	cr_expect_neq(o.status, 0);
	HAS(o.err, "path_unlink_file");
	cr_expect_eq(COMMAND(dir, "run", "--dir", ".", "cat", "a.txt").status, 0);
}

Test(programs, trace_goes_to_a_file_one_call_a_line)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "--trace=calls", "--dir", ".:ro", "cat", "a.txt");
	cr_expect_str_eq(o.out, "hello\n");
	cr_expect_str_empty(o.err);
	char *path;
	cr_assert_gt(asprintf(&path, "%s/calls", dir), 0);
	FILE *f = fopen(path, "r");
	cr_assert(f);
	char line[4096];
	int opens = 0, reads = 0;
	while (fgets(line, sizeof(line), f)) {
		cr_expect(line[2] == ':' || !strncmp(line, "# wasiward: ", 12), "%s", line);
		cr_expect_eq(line[strlen(line) - 1], '\n');
		opens += strstr(line, "path_open") && strstr(line, "\"a.txt\"");
		reads += strstr(line, "fd_read(") && strstr(line, "= 0");
	}
	cr_expect_eq(opens, 1);
	cr_expect_geq(reads, 1);
	fclose(f);
}

Test(programs, options_behind_the_program_are_its_own)
{
	struct outcome o = COMMAND(NULL, "run", "echo", "--help", "--dir");
	cr_expect_eq(o.status, 0);
	cr_expect_str_eq(o.out, "--help --dir\n");
	cr_expect_str_eq(COMMAND(NULL, "run", "--", "echo", "x").out, "x\n");
}

Test(programs, a_denial_is_explained_once_by_all_processes)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "--explain", "--dir", ".", "sh", "-c", "cat /etc/shadow; ls >/dev/null; cat /etc/shadow; cat /proc/mounts");
	char *first = strstr(o.err, "denied: open \"/etc/shadow\"");
	cr_expect(first && !strstr(first + 1, "denied: open \"/etc/shadow\""), "%s", o.err);
	cr_expect(!strstr(o.err, "selinux"), "%s", o.err);
	cr_expect(strstr(o.err, "denied: open \"/proc/mounts\""), "%s", o.err);
}
