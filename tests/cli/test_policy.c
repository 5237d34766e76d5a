/* `wasiward policy`, and runs that read their rules from files. */
#include <criterion/criterion.h>
#include <string.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

static void put_text(const char *dir, const char *name, const char *text)
{
	put_file(dir, name, text, strlen(text), 0644);
}

Test(policy, check_tells_every_mistake_and_runs_nothing)
{
	char *dir = fresh_dir();
	put_text(dir, "good.yaml", "dirs: [{host: ., rights: ro}] # fine\n");
	put_text(dir, "bad.yaml", "dirs:\n  - host: .\n    rigths: ro\nlimits: {time: -1}\n");
	struct outcome o = COMMAND(dir, "policy", "check", "good.yaml");
	cr_expect_eq(o.status, 0);
	cr_expect_str_eq(o.out, "good.yaml: good\n");
	o = COMMAND(dir, "policy", "check", "good.yaml", "bad.yaml", "./absent");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "bad.yaml:3: rigths: no such key; did you mean \"rights\"?\nbad.yaml:4: limits.time: -1: not a number");
	HAS(o.err, "./absent: No such file");
	o = COMMAND(dir, "run", "--policy", "bad.yaml", "cat", "a.txt");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "bad.yaml:3: rigths");
	cr_expect_str_eq(o.out, "");
}

Test(policy, profiles_that_come_along_are_good)
{
	struct outcome o = COMMAND(NULL, "policy", "check", "build", "script", "viewer");
	cr_expect_eq(o.status, 0, "%s", o.out);
	HAS(COMMAND(NULL, "policy", "list").out, "viewer   A program that only looks");
	HAS(COMMAND(NULL, "run", "--policy", "biuld", "true").err, "no such profile");
}

Test(policy, what_is_shown_reads_back)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "policy", "show", "--dir", "sub::/data:ro", "--env", "A=b c", "--timeout", "5");
	cr_expect_str_eq(o.out, "version: 1\n\ndirs:\n  - host: sub\n    guest: /data\n    rights: ro\n\nenv:\n  A: \"b c\"\n\n"
				"limits:\n  time: 5\n");
	put_text(dir, "p.yaml", o.out);
	cr_expect_str_eq(COMMAND(dir, "policy", "show", "p.yaml").out, o.out);
}

Test(policy, a_run_has_the_rules_of_its_file)
{
	char *dir = fresh_dir();
	put_text(dir, "p.yaml", "dirs:\n  - {host: sub, guest: /data, rights: ro}\n  - {host: absent, optional: true}\n"
				"env: {GREETING: hi}\ncwd: /data\n");
	struct outcome o = COMMAND(dir, "run", "--policy", "p.yaml", "sh", "-c", "cat b.txt; echo $GREETING; echo x > new");
	cr_expect_str_eq(o.out, "inner\nhi\n");
	cr_expect_neq(o.status, 0);
	/* What stands behind changes what is said before. */
	o = COMMAND(dir, "run", "--policy", "p.yaml", "--env", "GREETING=ho", "--dir", ".::/more", "sh", "-c", "cat /more/a.txt; echo $GREETING");
	cr_expect_str_eq(o.out, "hello\nho\n");
	put_text(dir, "q.yaml", "dirs:\n  - host: nowhere\n");
	o = COMMAND(dir, "run", "--policy", "q.yaml", "true");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "q.yaml:2: No such file");
}

Test(policy, modules_have_them_too)
{
	char *dir = fresh_dir();
	put_text(dir, "p.yaml", "env: {A: b}\nclock: real\n");
	put_wat(dir, "m.wasm",
		"(module (import \"wasi_snapshot_preview1\" \"environ_sizes_get\" (func $e (param i32 i32) (result i32)))"
		"(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $x (param i32))) (memory (export \"memory\") 1)"
		"(func (export \"_start\") (drop (call $e (i32.const 0) (i32.const 4))) (call $x (i32.load (i32.const 4)))))");
	cr_expect_eq(COMMAND(dir, "run", "--policy", "p.yaml", "m.wasm").status, 4, "A=b and its NUL");
}
