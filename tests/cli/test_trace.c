/* `wasiward trace`: filters, tables, JSON, and programs that end badly. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)
#define LACKS(text, part) cr_expect(!strstr(text, part), "unexpected \"%s\" in:\n%s", part, text)

/* A module that writes "hello\n" and yields. */
static const char hello_wat[] =
	"(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))\n"
	" (import \"wasi_snapshot_preview1\" \"fd_close\" (func $close (param i32) (result i32)))\n"
	" (memory (export \"memory\") 1) (data (i32.const 0) \"\\10\\00\\00\\00\\06\\00\\00\\00\") (data (i32.const 16) \"hello\\n\")\n"
	" (func (export \"_start\") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))\n"
	"  (drop (call $close (i32.const 77)))))\n";

static size_t count_lines(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

Test(trace, calls_and_the_end_go_to_standard_error)
{
	char *dir = fresh_dir();
	put_wat(dir, "hello.wasm", hello_wat);
	struct outcome o = COMMAND(dir, "trace", "hello.wasm");
	cr_expect_eq(o.status, 0);
	cr_expect_str_eq(o.out, "hello\n");
	cr_expect_eq(count_lines(o.err), 3, "%s", o.err);
	HAS(o.err, "fd_write(fd=1");
	HAS(o.err, "fd_close(fd=77) = 8 badf\n");
	HAS(o.err, "+++ exited with 0 +++\n");
}

Test(trace, the_file_of_run_is_the_hosts)
{
	char *dir = fresh_dir();
	put_wat(dir, "hello.wasm", hello_wat);
	cr_expect_eq(COMMAND(dir, "run", "--trace=calls", "hello.wasm").status, 0);
	char *line;
	cr_assert_gt(asprintf(&line, "grep -q fd_close %s/calls", dir), 0);
	cr_expect_eq(system(line), 0);
}

Test(trace, times_stand_where_they_are_asked_for)
{
	char *dir = fresh_dir();
	put_wat(dir, "hello.wasm", hello_wat);
	struct outcome o = COMMAND(dir, "trace", "-tT", "hello.wasm");
	cr_expect_eq(o.err[2], ':');
	cr_expect_eq(o.err[15], ' ');
	HAS(o.err, "badf <0.0");
	o = COMMAND(dir, "trace", "-r", "hello.wasm");
	HAS(o.err, "     0.000000 fd_write(");
}

Test(trace, filters_by_call_errno_and_path)
{
	char *dir = fresh_dir();
	put_wat(dir, "hello.wasm", hello_wat);
	struct outcome o = COMMAND(dir, "trace", "-e", "call=fd_write,fd_read", "hello.wasm");
	HAS(o.err, "fd_write(");
	LACKS(o.err, "fd_close(");
	o = COMMAND(dir, "trace", "-e", "errno=!success", "hello.wasm");
	HAS(o.err, "fd_close(");
	LACKS(o.err, "fd_write(");
	o = COMMAND(dir, "trace", "-e", "errno=!success", "-e", "call=fd_write", "hello.wasm");
	cr_expect_str_eq(o.err, "+++ exited with 0 +++\n");
	o = COMMAND(dir, "trace", "-e", "path=*b.txt", "--dir", ".", "cat", "a.txt", "sub/b.txt");
	cr_expect_str_eq(o.out, "hello\ninner\n");
	HAS(o.err, "sub/b.txt");
	LACKS(o.err, "a.txt");
	HAS(COMMAND(dir, "trace", "-e", "call=fd_raed", "hello.wasm").err, "did you mean \"fd_read\"?");
	HAS(COMMAND(dir, "trace", "-e", "errno=nonet", "hello.wasm").err, "did you mean \"noent\"?");
	HAS(COMMAND(dir, "trace", "-e", "cal=fd_read", "hello.wasm").err, "did you mean \"call\"?");
	cr_expect_eq(COMMAND(dir, "trace", "-e", "fd_read", "hello.wasm").status, 125);
}

Test(trace, strings_are_cut_when_asked)
{
	struct outcome o = COMMAND(fresh_dir(), "trace", "-s", "3", "-e", "path=*b.txt", "--dir", ".", "cat", "sub/b.txt");
	HAS(o.err, "path=\"sub\"...");
	LACKS(o.err, "b.txt");
}

Test(trace, the_table_counts)
{
	char *dir = fresh_dir();
	put_wat(dir, "hello.wasm", hello_wat);
	struct outcome o = COMMAND(dir, "trace", "-c", "hello.wasm");
	LACKS(o.err, "fd_close(");
	HAS(o.err, "        1         1 fd_close\n");
	HAS(o.err, "        1           fd_write\n");
	HAS(o.err, "        2         1 total\n");
	HAS(COMMAND(dir, "trace", "-C", "hello.wasm").err, "fd_close(fd=77)");
}

Test(trace, the_table_counts_strays)
{
	char *code;
	cr_assert_gt(asprintf(&code, "my $n = 'made'; syscall(9999) for 1..3; syscall(%d, %d, $n, 0755)", SYS_mkdirat, AT_FDCWD), 0);
	struct outcome o = COMMAND(fresh_dir(), "trace", "-c", "--dir", ".", "--", "perl", "-e", code);
	LACKS(o.err, "\nstray ");
	HAS(o.err, "        3           stray syscall_9999\n");
	HAS(o.err, " stray mkdirat\n");
	HAS(o.err, " path_create_directory_mode\n");
}

Test(trace, json_lines_keep_to_the_schema)
{
	char *dir = fresh_dir(), *line;
	struct outcome o = COMMAND(dir, "trace", "--json", "-C", "-o", "calls", "--explain", "--dir", ".:ro", "--", "sh", "-c",
				   "cat a.txt 'not \"there' > /dev/null; echo x > new");
	cr_expect_neq(o.status, 0);
	cr_assert_gt(asprintf(&line,
			      "cd %s && python3 -c \"\nimport json\nlines = [json.loads(l) for l in open('calls')]\n"
			      "calls = [l for l in lines if l['type'] == 'call']\n"
			      "assert all(set(c) - {'missing', 'function'} == {'type', 'time', 'pid', 'call', 'params', 'errno', 'error', 'results', "
			      "'duration_us'} for c in calls)\n"
			      "assert any(c['params'].get('path') == 'not ' + chr(34) + 'there' and c['error'] == 'noent' for c in calls)\n"
			      "assert any(c.get('missing') for c in calls) and len({c['pid'] for c in calls}) > 1\n"
			      "assert any(l['type'] == 'text' and 'denied' in l['text'] for l in lines)\n"
			      "assert [l['status'] for l in lines if l['type'] == 'exit'] == [%d]\n"
			      "assert sum(l['calls'] for l in lines if l['type'] == 'count') == len(calls)\n\"",
			      dir, o.status),
		      0);
	cr_expect_eq(system(line), 0);
}

Test(trace, each_call_says_which_function_caused_it)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "trace", "-e", "path=a.txt", "--dir", ".", "cat", "a.txt");
	HAS(o.err, " opened_fd=3 [open]\n");
	put_wat(dir, "named.wasm",
		"(module (import \"wasi_snapshot_preview1\" \"fd_close\" (func $imported (param i32) (result i32)))\n"
		" (memory (export \"memory\") 1)\n"
		" (func $__wasi_fd_close (param i32) (drop (call $imported (local.get 0))))\n"
		" (func $close_it (param i32) (call $__wasi_fd_close (local.get 0)))\n"
		" (func (export \"_start\") (call $close_it (i32.const 77)) (drop (call $imported (i32.const 78)))))\n");
	o = COMMAND(dir, "trace", "named.wasm");
	HAS(o.err, "fd_close(fd=77) = 8 badf [close_it]\n");
	HAS(o.err, "fd_close(fd=78) = 8 badf\n");
	o = COMMAND(dir, "trace", "--json", "named.wasm");
	HAS(o.err, "\"function\": \"close_it\"");
}

Test(trace, a_killed_program_leaves_what_it_did)
{
	struct outcome o = COMMAND(fresh_dir(), "trace", "--dir", ".", "--", "sh", "-c", "cat a.txt; kill -9 $$");
	cr_expect_eq(o.status, 137);
	cr_expect_str_eq(o.out, "hello\n");
	HAS(o.err, "a.txt");
	HAS(o.err, "[pid ");
	HAS(o.err, "+++ killed by SIGKILL +++\n");
}

Test(trace, mistakes_are_those_of_run)
{
	struct outcome o = COMMAND(NULL, "trace", "/nothing/there");
	cr_expect_eq(o.status, 127);
	HAS(COMMAND(NULL, "trace").err, "no program is named; see wasiward trace --help");
	HAS(COMMAND(NULL, "trace", "--profiel", "strict", "true").err, "did you mean \"--profile\"?");
	HAS(COMMAND(NULL, "trace", "-s", "many", "true").err, "must be a number");
	HAS(COMMAND(NULL, "trace", "--help").out, "--runtime auto|none");
}
