/* `wasiward audit`: verdicts, forms of output, and files that are not what they seem. */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)
#define LACKS(text, part) cr_expect(!strstr(text, part), "unexpected \"%s\" in:\n%s", part, text)

/* Compiles a program to dir/name with these flags. */
static char *build(const char *dir, const char *name, const char *source, const char *flags)
{
	char *c = put_file(dir, "source.c", source, strlen(source), 0644);
	char *path, *line;
	cr_assert_gt(asprintf(&path, "%s/%s", dir, name), 0);
	cr_assert_gt(asprintf(&line, "cc -w -O1 %s -o %s %s", flags, path, c), 0);
	cr_assert_eq(system(line), 0);
	return path;
}

static unsigned char *slurp(const char *path, size_t *ret_len)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && fstat(fd, &st) == 0);
	unsigned char *bytes = malloc((size_t)st.st_size);
	cr_assert_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_len = (size_t)st.st_size;
	return bytes;
}

static const char forks[] = "#include <unistd.h>\n#include <stdio.h>\n#include <signal.h>\n"
			    "int main(void) { signal(2, SIG_IGN); printf(\"%d\\n\", dup(fork())); fputc(10, stderr); }\n";

Test(audit, a_program_is_judged_worst_first)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "audit", build(dir, "forks", forks, ""));
	cr_expect_eq(o.status, 1);
	HAS(o.out, "program: not portable");
	char *fork_at = strstr(o.out, "    fork\n"), *dup_at = strstr(o.out, "    dup*\n"), *signal_at = strstr(o.out, "    signal\n");
	cr_expect(fork_at && dup_at && signal_at && fork_at < dup_at && dup_at < signal_at, "%s", o.out);
	HAS(o.out, "there are no processes");
	HAS(o.out, "(ENOTSUP)");
	HAS(o.out, "-D_WASI_EMULATED_SIGNAL -lwasi-emulated-signal");
	LACKS(o.out, "printf");
	cr_expect_str_empty(o.err);
	/* A variable that the program has a copy of is imported. */
	HAS(COMMAND(dir, "audit", "--all", "forks").out, "stderr");
}

Test(audit, exit_status_says_portable_or_not)
{
	char *dir = fresh_dir();
	build(dir, "hello", "#include <stdio.h>\nint main(int c, char **v) { printf(\"%s\\n\", v[0]); }\n", "-D_FORTIFY_SOURCE=2");
	build(dir, "signals", "#include <signal.h>\nint main(void) { raise(2); }\n", "");
	struct outcome o = COMMAND(dir, "audit", "hello");
	cr_expect_eq(o.status, 0, "%s%s", o.out, o.err);
	HAS(o.out, "hello: program: portable");
	cr_expect_eq(COMMAND(dir, "audit", "signals").status, 0);
	cr_expect_eq(COMMAND(dir, "audit", "--fail-on", "emulated", "signals").status, 1);
	cr_expect_eq(COMMAND(dir, "audit", "hello", "missing").status, 125);
	HAS(COMMAND(dir, "audit", "hello", "missing").out, "hello: program: portable");
	HAS(COMMAND(dir, "audit").err, "no file is named");
	HAS(COMMAND(dir, "audit", "--fail-on", "emulatde", "hello").err, "did you mean \"emulated\"?");
}

Test(audit, stripped_programs_and_missing_section_headers_do_not_matter)
{
	char *dir = fresh_dir();
	char *path = build(dir, "forks", forks, "-s");
	struct outcome whole = COMMAND(dir, "audit", "forks");
	size_t len;
	unsigned char *bytes = slurp(path, &len);
	Elf64_Ehdr header;
	memcpy(&header, bytes, sizeof(header));
	header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
	memcpy(bytes, &header, sizeof(header));
	put_file(dir, "forks", bytes, len, 0755);
	cr_expect_str_eq(COMMAND(dir, "audit", "forks").out, whole.out);
}

Test(audit, objects_and_archives_define_things_for_each_other)
{
	char *dir = fresh_dir();
	build(dir, "a.o", "int helper(void); int main(void) { return helper(); }\n", "-c");
	build(dir, "b.o", "#include <unistd.h>\nint helper(void) { return getpid() + fork(); }\n", "-c");
	struct outcome o = COMMAND(dir, "audit", "a.o");
	HAS(o.out, "a.o: object: portable, but for other libraries");
	HAS(o.out, "    helper\n");
	o = COMMAND(dir, "audit", "a.o", "b.o");
	LACKS(o.out, "    helper");
	cr_expect_eq(o.status, 1);
	char *line;
	cr_assert_gt(asprintf(&line, "cd %s && ar rc both.a a.o b.o", dir), 0);
	cr_assert_eq(system(line), 0);
	o = COMMAND(dir, "audit", "both.a");
	HAS(o.out, "both.a: archive: not portable");
	HAS(o.out, "    fork\n");
	LACKS(o.out, "helper");
	/* What could be read of a damaged archive is kept and marked. */
	size_t len;
	char *path;
	cr_assert_gt(asprintf(&path, "%s/both.a", dir), 0);
	unsigned char *bytes = slurp(path, &len);
	put_file(dir, "cut.a", bytes, len - 200, 0644);
	o = COMMAND(dir, "audit", "cut.a");
	cr_expect_eq(o.status, 125);
	HAS(o.out, "incomplete: 1 members could not be read");
	HAS(o.err, "cut short or damaged");
}

Test(audit, foreign_files_get_a_clear_message)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "audit", "a.txt");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "a.txt: neither an ELF file nor an archive");
	HAS(COMMAND(dir, "audit", "sub").err, "sub: not a regular file");
	put_wat(dir, "m.wasm", "(module)");
	HAS(COMMAND(dir, "audit", "m.wasm").err, "it is ported already");
	build(dir, "static", "int main(void) { return 0; }\n", "-static");
	HAS(COMMAND(dir, "audit", "static").err, "statically linked");
	static const unsigned char big_endian[64] = { 0x7f, 'E', 'L', 'F', 2, 2, 1 };
	put_file(dir, "foreign", big_endian, sizeof(big_endian), 0755);
	HAS(COMMAND(dir, "audit", "foreign").err, "foreign architecture");
	put_file(dir, "thin.a", "!<thin>\n", 8, 0644);
	HAS(COMMAND(dir, "audit", "thin.a").err, "thin archive");
}

/* Every length and many bit errors: an answer or a message, never a crash. */
Test(audit, truncated_and_damaged_files_are_survived)
{
	char *dir = fresh_dir();
	size_t len;
	unsigned char *bytes = slurp(build(dir, "forks", forks, "-s"), &len);
	for (size_t cut = 0; cut < len; cut += 1 + len / 60) {
		put_file(dir, "cut", bytes, cut, 0755);
		int status = COMMAND(dir, "audit", "cut").status;
		cr_expect(status == 125 || status == 1 || status == 0, "cut to %zu: %d", cut, status);
	}
	uint32_t seed = 1;
	for (int round = 0; round < 150; round++) {
		unsigned char *copy = memcpy(malloc(len), bytes, len);
		for (int k = 0; k < 4; k++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % (round % 2 ? 2048 : len)] ^= (unsigned char)(1 << (seed & 7));
		}
		put_file(dir, "damaged", copy, len, 0755);
		int status = COMMAND(dir, "audit", "--format=json", "damaged").status;
		cr_expect(status == 125 || status == 1 || status == 0, "round %d: %d", round, status);
		free(copy);
	}
}

Test(audit, json_and_sarif_are_well_formed)
{
	char *dir = fresh_dir();
	build(dir, "forks", forks, "");
	char *line;
	cr_expect_eq(COMMAND(dir, "audit", "--format=json", "-o", "out.json", "forks").status, 1);
	cr_assert_gt(asprintf(&line,
			      "cd %s && python3 -c \"import json; d = json.load(open('out.json')); f, = d['files']; "
			      "assert f['path'] == 'forks' and not f['portable'] and f['counts']['stub'] == 1; "
			      "s, = [s for s in f['symbols'] if s['name'] == 'fork']; assert s['verdict'] == 'absent' and "
			      "s['group'] in [g['id'] for g in d['groups']]\"",
			      dir),
		      0);
	cr_expect_eq(system(line), 0);
	cr_expect_eq(COMMAND(dir, "audit", "--format=sarif", "-o", "out.sarif", "forks").status, 1);
	cr_assert_gt(asprintf(&line,
			      "cd %s && python3 -c \"import json; d = json.load(open('out.sarif')); r, = d['runs']; "
			      "assert d['version'] == '2.1.0'; rules = [x['id'] for x in r['tool']['driver']['rules']]; "
			      "assert len(rules) == len(set(rules)); assert all(x['ruleId'] in rules for x in r['results']); "
			      "assert [x['level'] for x in r['results']] == ['error', 'warning', 'note']\"",
			      dir),
		      0);
	cr_expect_eq(system(line), 0);
}

Test(audit, a_run_marks_what_was_called)
{
	if (getenv("SANITIZED"))
		cr_skip_test("a sanitized shim cannot be preloaded into plain programs");
	char *dir = fresh_dir();
	build(dir, "some", "#include <unistd.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
			   "int main(int argc, char **argv) { if (argc > 1) { char t[] = \"/tmp/aXXXXXX\"; mkstemp(t); }\n"
			   "if (argc > 2) abort(); printf(\"%d\\n\", getppid() >= 0); dup(1); return 0; }\n", "");
	struct outcome o = COMMAND(dir, "audit", "--run", "--dir", ".", "./some");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "1\n./some: program: not portable");
	HAS(o.out, "getppid!\n");
	HAS(o.out, "dup*!\n");
	HAS(o.out, "    mkstemp\n"); /* in the program, not in the run */
	HAS(o.out, "! called in the run: 2 of 3 that do not work");
	o = COMMAND(dir, "audit", "--format", "json", "-o", "report", "--run", "./some", "x");
	char *path, *line;
	cr_assert_gt(asprintf(&path, "%s/report", dir), 0);
	cr_assert_gt(asprintf(&line, "python3 -c \"\nimport json\nf, = json.load(open('%s'))['files']\n"
				     "called = {s['name']: s.get('called') for s in f['symbols']}\n"
				     "assert called['mkstemp'] is True and called['dup'] is True\n\"", path), 0);
	cr_expect_eq(system(line), 0);
	o = COMMAND(dir, "audit", "--run", "./some", "x", "y");
	HAS(o.out, "INCOMPLETE: the run was ended by signal 6");
	HAS(o.out, "mkstemp!\n");
}

Test(audit, a_run_needs_a_native_program)
{
	char *dir = fresh_dir();
	put_wat(dir, "m.wasm", "(module)");
	HAS(COMMAND(dir, "audit", "--run", "m.wasm").err, "only native programs (ELF) can be audited");
	HAS(COMMAND(dir, "audit", "a.txt", "--run", "true").err, "a.txt: with --run, the program that is run is the one that is audited");
	cr_expect_eq(COMMAND(dir, "audit", "--run", "/nothing/there").status, 127);
	cr_expect_eq(COMMAND(dir, "audit", "--run").status, 125);
	/* Behind -- it is a file's name. */
	HAS(COMMAND(dir, "audit", "--", "--run").err, "--run: No such file");
}
