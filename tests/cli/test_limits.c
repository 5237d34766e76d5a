/* Limits, and what a guest has of its own: behind the wall, for native programs and for modules. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)
#define WALLED(dir, ...) COMMAND(dir, "run", "--wall", "auto", __VA_ARGS__)

Test(limits, output_is_counted_over_both_streams)
{
	struct outcome o = WALLED(NULL, "--max-output", "10", "sh", "-c", "echo 12345; echo 678901 >&2; sleep 600");
	cr_expect_eq(o.status, 124);
	cr_expect_str_eq(o.out, "12345\n");
	HAS(o.err, "6789wasiward: sh: ended after 10 bytes of output");
	o = WALLED(NULL, "--max-output", "12", "sh", "-c", "echo 12345; echo 67890 >&2; exit 5");
	cr_expect_eq(o.status, 5);
	cr_expect_str_eq(o.err, "67890\n");
	/* What a child leaves in the pipe counts, too. */
	o = WALLED(NULL, "--max-output", "100000", "sh", "-c", "head -c 90000 /dev/zero | tr '\\0' x");
	cr_expect_eq(strlen(o.out), 90000);
}

Test(limits, memory)
{
	cr_expect_eq(WALLED(NULL, "--max-memory", "64M", "sh", "-c", "head -c 200000000 /dev/zero | tail -c 150000000 | wc -c >&2; exit 3").status, 3);
	HAS(WALLED(NULL, "--max-memory", "64M", "sh", "-c", "head -c 200000000 /dev/zero | tail -c 150000000").err, "memory exhausted");
}

Test(limits, processes)
{
	struct outcome o = WALLED(NULL, "--max-processes", "3", "sh", "-c", "sleep 600 & sleep 600 & sleep 600 & sleep 600 & wait");
	HAS(o.err, "Cannot fork");
	cr_expect_eq(WALLED(NULL, "--max-processes", "3", "sh", "-c", "sleep 0.1 & sleep 0.1 & wait; exit 4").status, 4);
}

/* Where the group of this running launcher is; "" when nothing counts by group here. */
static void group_of(pid_t launcher, char path[4096])
{
	char line[100];
	snprintf(line, sizeof(line), "find /sys/fs/cgroup -maxdepth 6 -name wasiward-%d 2>/dev/null", (int)launcher);
	FILE *in = popen(line, "r");
	if (!in || !fgets(path, 4096, in))
		*path = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (in)
		pclose(in);
}

/* A process that has ended leaves its group a moment after it has closed its files. */
static void await_empty(const char *group)
{
	char path[4200], line[32];
	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	for (bool empty = false; !empty; usleep(1000)) {
		FILE *in = fopen(path, "r");
		cr_assert(in, "%s", path);
		empty = !fgets(line, sizeof(line), in);
		fclose(in);
	}
}

Test(limits, a_killed_launchers_group_is_removed_by_the_next)
{
	char path[4096] = "";
	struct running r = START(NULL, "run", "--max-processes", "4", "sh", "-c", "echo ready; sleep 600");
	group_of(r.pid, path);
	kill(r.pid, SIGKILL);
	waitpid(r.pid, NULL, 0);
	cr_expect(all_have_ended(r.out));
	if (!*path)
		cr_skip_test("processes are not counted by control group here");
	await_empty(path);
	cr_expect_eq(access(path, F_OK), 0, "the test has nothing to show");
	cr_expect_eq(WALLED(NULL, "--max-processes", "4", "true").status, 0);
	cr_expect_lt(access(path, F_OK), 0, "%s", path);
}

Test(limits, descriptors)
{
	const char *script = "exec 3</dev/null 4</dev/null 5</dev/null; echo five; exec 6</dev/null; echo six";
	struct outcome o = WALLED(NULL, "--max-descriptors", "6", "dash", "-c", script);
	cr_expect_str_eq(o.out, "five\n");
	cr_expect_str_eq(WALLED(NULL, "--max-descriptors", "7", "dash", "-c", script).out, "five\nsix\n");
	cr_expect_neq(WALLED(NULL, "--max-descriptors", "7", "sh", "-c", "ulimit -n 8").status, 0);
}

Test(limits, files_do_not_grow_beyond)
{
	char *dir = fresh_dir();
	struct outcome o = WALLED(dir, "--max-file-size", "1M", "--dir", ".", "sh", "-c", "head -c 3000000 /dev/zero > f; wc -c < f");
	cr_expect_str_eq(o.out, "1048576\n", "%s", o.err);
	cr_expect_eq(WALLED(dir, "--max-file-size", "1K", "true").status, 125);
}

Test(limits, what_only_the_wall_keeps_is_refused_without)
{
	static const char *const options[][2] = { { "--tmp", "private" }, { "--proc", "own" }, { "--jit", "refused" },
						   { "--max-processes", "9" }, { "--max-output", "9" }, { "--timeout", "9" } };
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct outcome o = COMMAND(NULL, "run", "--wall", "off", "--exec", "none", options[i][0], options[i][1], "true");
		cr_expect_eq(o.status, 125, "%s", options[i][0]);
		HAS(o.err, "needs the wall");
	}
	/* These hold without. */
	HAS(COMMAND(NULL, "run", "--wall", "off", "--max-memory", "64M", "sh", "-c", "head -c 200000000 /dev/zero | tail -c 150000000").err,
	    "memory exhausted");
}

/* Writes for ever, or spins, or grows. */
static char *put_module(const char *dir, const char *body)
{
	char *text;
	cr_assert_gt(asprintf(&text,
			      "(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func $w (param i32 i32 i32 i32) (result i32)))"
			      "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $x (param i32)))"
			      "(import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $p (param i32 i32 i32 i32) (result i32)))"
			      "(memory (export \"memory\") 1) (data (i32.const 0) \"\\10\\00\\00\\00\\04\\00\\00\\00\")"
			      "(data (i32.const 16) \"abc\\n\") (func (export \"_start\") %s))",
			      body), 0);
	return put_wat(dir, "m.wasm", text);
}

static void expect_module_limits(const char *wall)
{
	char *dir = fresh_dir();
	put_module(dir, "(loop (br 0))");
	struct outcome o = COMMAND(dir, "run", "--wall", wall, "--timeout", "0.2", "m.wasm");
	cr_expect_eq(o.status, 124);
	HAS(o.err, "m.wasm: ended after 0.2 seconds");
	put_module(dir, "(i32.store (i32.const 112) (i32.const 1)) (i64.store (i32.const 120) (i64.const 60000000000))"
			"(drop (call $p (i32.const 96) (i32.const 200) (i32.const 1) (i32.const 300)))");
	cr_expect_eq(COMMAND(dir, "run", "--wall", wall, "--timeout", "0.2", "m.wasm").status, 124, "waiting counts");
	put_module(dir, "(loop (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))");
	o = COMMAND(dir, "run", "--wall", wall, "--max-output", "10", "m.wasm");
	cr_expect_eq(o.status, 124);
	cr_expect_str_eq(o.out, "abc\nabc\nab");
	put_module(dir, "(call $x (memory.grow (i32.const 40)))");
	cr_expect_eq(COMMAND(dir, "run", "--wall", wall, "--max-memory", "1M", "m.wasm").status, 255);
	cr_expect_eq(COMMAND(dir, "run", "--wall", wall, "--max-memory", "4M", "m.wasm").status, 1);
}

Test(limits, of_modules_behind_the_wall)
{
	expect_module_limits("auto");
}

Test(limits, of_modules_without_it)
{
	expect_module_limits("off");
}

Test(own, a_tmp_that_is_gone_afterwards)
{
	struct outcome o = WALLED(NULL, "--tmp", "private", "sh", "-c", "echo x > /tmp/wasiward-own && cat /tmp/wasiward-own && ls /tmp");
	cr_expect_str_eq(o.out, "x\nwasiward-own\n");
	cr_expect_neq(system("test -e /tmp/wasiward-own"), 0);
	cr_expect_neq(WALLED(NULL, "sh", "-c", "echo x > /tmp/wasiward-own").status, 0);
	HAS(WALLED("/", "--tmp", "private", "--dir", "/tmp", "true").err, "/tmp is granted by --dir, and asked for");
}

Test(own, a_proc_of_ones_own_processes)
{
	struct outcome o = WALLED(NULL, "--proc", "own", "sh", "-c", "cat /proc/self/comm; ls /proc/sys /proc/kcore /proc/1/root/ 2>&1 | grep -c :; echo /proc/[0-9]*");
	HAS(o.out, "cat\n3\n/proc/1 /proc/2");
	cr_expect_neq(WALLED(NULL, "--proc", "own", "sh", "-c", "echo 5 > /proc/self/oom_score_adj").status, 0);
	cr_expect_neq(WALLED(NULL, "cat", "/proc/self/comm").status, 0);
}

Test(own, null_streams)
{
	struct outcome o = WALLED(NULL, "--stdin", "null", "--stdout", "null", "sh", "-c", "cat; echo out; echo err >&2");
	cr_expect_str_eq(o.out, "");
	cr_expect_str_eq(o.err, "err\n");
}
