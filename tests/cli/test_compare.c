/* `wasiward compare`: pairs that agree, pairs that do not, and what is left out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

/* A module that writes "hello\n" and exits with 3. */
static const char hello_wat[] =
	"(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))\n"
	" (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))\n"
	" (memory (export \"memory\") 1) (data (i32.const 0) \"\\10\\00\\00\\00\\06\\00\\00\\00\") (data (i32.const 16) \"hello\\n\")\n"
	" (func (export \"_start\") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))\n"
	"  (call $exit (i32.const 3))))\n";

static void build(const char *dir, const char *name, const char *body)
{
	char *source, *line;
	cr_assert_gt(asprintf(&source, "#include <stdio.h>\n#include <unistd.h>\nint main(int argc, char **argv) { %s }\n", body), 0);
	char *c = put_file(dir, "source.c", source, strlen(source), 0644);
	cr_assert_gt(asprintf(&line, "cc -w -o %s/%s %s", dir, name, c), 0);
	cr_assert_eq(system(line), 0);
}

static char *pair_dir(void)
{
	char *dir = fresh_dir();
	put_wat(dir, "hello.wasm", hello_wat);
	build(dir, "same", "puts(\"hello\"); return 3;");
	build(dir, "other", "puts(\"goodbye\"); return 4;");
	build(dir, "writes", "puts(\"hello\"); fputs(\"new\", fopen(\"/made\", \"w\")); return 3;");
	return dir;
}

Test(compare, equal_programs_are_the_same)
{
	struct outcome o = COMMAND(pair_dir(), "compare", "--dir", "sub::/", "./same", "hello.wasm", "--", "an argument");
	cr_expect_eq(o.status, 0, "%s%s", o.out, o.err);
	cr_expect_str_eq(o.out, "hello: same\n");
	cr_expect_str_empty(o.err);
}

Test(compare, the_first_difference_is_shown_side_by_side)
{
	struct outcome o = COMMAND(pair_dir(), "compare", "./other", "hello.wasm");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "hello: DIFFERS in stdout, status\n  first difference: stdout, line 1 (left native, right wasm)\n");
	HAS(o.out, "  ! goodbye                                                  | hello\n");
}

Test(compare, files_left_behind_count_and_the_original_stays)
{
	char *dir = pair_dir();
	struct outcome o = COMMAND(dir, "compare", "--dir", "sub::/", "./writes", "hello.wasm");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "DIFFERS in tree, trace");
	HAS(o.out, "made: file, mode");
	char *path;
	cr_assert_gt(asprintf(&path, "%s/sub/made", dir), 0);
	cr_expect_neq(access(path, F_OK), 0);
	o = COMMAND(dir, "compare", "--ignore", "trace", "--ignore", "tree:made|\\| new|no newline", "--dir", "sub::/", "./writes", "hello.wasm");
	cr_expect_eq(o.status, 0, "%s", o.out);
}

Test(compare, known_differences_are_left_out)
{
	char *dir = pair_dir();
	cr_expect_eq(COMMAND(dir, "compare", "--ignore", "status", "--ignore", "stdout:^(hello|goodbye)$", "./other", "hello.wasm").status, 0);
	HAS(COMMAND(dir, "compare", "--ignore", "stdout", "./other", "hello.wasm").out, "exit status 4");
	HAS(COMMAND(dir, "compare", "--ignore", "stdot", "./other", "hello.wasm").err, "did you mean \"stdout\"?");
	HAS(COMMAND(dir, "compare", "--ignore", "stdout:(", "./other", "hello.wasm").err, "--ignore stdout:(: ");
}

Test(compare, calls_are_compared_in_a_normal_form)
{
	char *dir = pair_dir();
	build(dir, "looks", "puts(\"hello\"); access(\"./a.txt\", 4); return 3;");
	struct outcome o = COMMAND(dir, "compare", "--dir", "sub::/", "./looks", "hello.wasm");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "hello: DIFFERS in trace\n");
	HAS(o.out, "    left:  path_filestat_get(fd=/, flags=symlink_follow, path=\"a.txt\") = noent\n");
	cr_expect_eq(COMMAND(dir, "compare", "--ignore", "trace", "--dir", "sub::/", "./looks", "hello.wasm").status, 0);
}

Test(compare, rows_are_laid_side_by_side_around_what_both_have)
{
	char *dir = pair_dir();
	build(dir, "more", "puts(\"before\\nhello\\nbehind\"); return 3;");
	struct outcome o = COMMAND(dir, "compare", "./more", "hello.wasm");
	HAS(o.out, "  ! before ");
	HAS(o.out, "    hello                                                    | hello\n");
	HAS(o.out, "  ! behind ");
}

Test(compare, update_writes_the_differences_that_known_excuses)
{
	char *dir = pair_dir(), *line;
	struct outcome o = COMMAND(dir, "compare", "--known", "known", "--update", "./other", "hello.wasm");
	cr_expect_eq(o.status, 0, "%s", o.err);
	cr_expect_str_eq(o.out, "hello: same, but for 2 known differences\n");
	cr_expect_eq(COMMAND(dir, "compare", "--known", "known", "./other", "hello.wasm").status, 0);
	/* What is known of one program excuses nothing of another, and a line is good for one line only. */
	o = COMMAND(dir, "compare", "--known", "known", "./same", "hello.wasm");
	cr_expect_eq(o.status, 0);
	HAS(o.err, "known: 4 of its lines excuse nothing any more");
	build(dir, "twice", "puts(\"goodbye\\ngoodbye\"); return 4;");
	o = COMMAND(dir, "compare", "--known", "known", "./twice", "hello.wasm");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "DIFFERS in stdout\n");
	cr_assert_gt(asprintf(&line, "cd %s && printf '%%s\\n' '# why' > more && cat known >> more && mv more known", dir), 0);
	cr_assert_eq(system(line), 0);
	cr_expect_eq(COMMAND(dir, "compare", "--known", "known", "--update", "./same", "hello.wasm").status, 0);
	cr_assert_gt(asprintf(&line, "cd %s && grep -q '# why' known && ! grep -q goodbye known", dir), 0);
	cr_expect_eq(system(line), 0);
	HAS(COMMAND(dir, "compare", "--update", "./same", "hello.wasm").err, "--update writes a file that --known names");
	put_file(dir, "bad", "stdout = x\n", 11, 0644);
	HAS(COMMAND(dir, "compare", "--known", "bad", "./same", "hello.wasm").err, "bad, line 1: write SECTION < LINE");
}

Test(compare, a_program_that_hangs_is_ended)
{
	char *dir = pair_dir();
	build(dir, "hangs", "puts(\"hello\"); fflush(stdout); for (;;) sleep(1);");
	struct outcome o = COMMAND(dir, "compare", "--timeout", "10", "./hangs", "hello.wasm");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "does not end within 10 s");
}

Test(compare, all_pairs_of_a_directory_and_junit)
{
	char *dir = pair_dir(), *line;
	cr_assert_gt(asprintf(&line,
			      "cd %s && mkdir pairs && cp same pairs/a.native && cp hello.wasm pairs/a.wasm && cp other pairs/b.native && "
			      "cp hello.wasm pairs/b.wasm && cp writes pairs/c.native && cp hello.wasm pairs/c.wasm && "
			      "printf '%%s\\n' --ignore tree --ignore trace --dir sub::/ -- an argument > pairs/c.compare",
			      dir),
		      0);
	cr_assert_eq(system(line), 0);
	struct outcome o = COMMAND(dir, "compare", "--all", "pairs", "--junit", "out.xml");
	cr_expect_eq(o.status, 1, "%s", o.err);
	HAS(o.out, "a: same\n");
	HAS(o.out, "b: DIFFERS in stdout, status\n");
	HAS(o.out, "c: same\n");
	HAS(o.out, "3 pairs: 2 passed, 1 failed\n");
	cr_assert_gt(asprintf(&line,
			      "cd %s && python3 -c \"import xml.etree.ElementTree as e; t = e.parse('out.xml').getroot(); "
			      "assert t.get('tests') == '3' and t.get('failures') == '1'; f, = t.iter('failure'); "
			      "assert 'goodbye' in f.text\"",
			      dir),
		      0);
	cr_expect_eq(system(line), 0);
	cr_expect_eq(COMMAND(dir, "compare", "--all", "sub").status, 125);
}

Test(compare, mistakes_are_told)
{
	char *dir = pair_dir();
	HAS(COMMAND(dir, "compare", "./same").err, "two programs must be named");
	HAS(COMMAND(dir, "compare", "hello.wasm", "./same").err, "first comes the native program");
	HAS(COMMAND(dir, "compare", "./same", "./same").err, "is no module");
	cr_expect_eq(COMMAND(dir, "compare", "--dir", "missing", "./same", "hello.wasm").status, 125);
}
