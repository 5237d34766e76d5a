/* Several modules at once: --preload. */
#include <criterion/criterion.h>
#include <string.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

/* Exports one of everything, and a function that shows that _initialize has been called before. */
static const char provider[] =
	"(module (memory (export \"memory\") 1 2) (table (export \"table\") 2 funcref) (global $g (export \"global\") (mut i32) (i32.const 1))"
	" (elem (i32.const 1) $twice) (data (i32.const 4) \"abc\")"
	" (func $twice (export \"twice\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))"
	" (func (export \"_initialize\") (global.set $g (i32.const 20)))"
	" (func (export \"_start\") unreachable))";

static const char consumer[] =
	"(module (type $t (func (param i32) (result i32))) (import \"a\" \"twice\" (func $twice (type $t)))"
	" (import \"a\" \"memory\" (memory 1)) (import \"a\" \"table\" (table 2 funcref)) (import \"a\" \"global\" (global $g (mut i32)))"
	" (func (export \"sum\") (result i32) (i32.add (global.get $g) (i32.add (i32.load8_u (i32.const 5))"
	"  (call_indirect (type $t) (call $twice (i32.const 10)) (i32.const 1))))))";

Test(preload, gives_functions_memories_tables_and_globals)
{
	char *dir = fresh_dir();
	put_wat(dir, "provider.wasm", provider);
	struct outcome o = COMMAND(dir, "run", "--preload", "a=provider.wasm", "--invoke", "sum", put_wat(dir, "c.wasm", consumer));
	cr_expect_str_eq(o.out, "158\n", "%s", o.err); /* 20 + 'b' + 40 */
}

Test(preload, one_module_for_the_next)
{
	char *dir = fresh_dir();
	put_wat(dir, "provider.wasm", provider);
	put_wat(dir, "between.wasm", "(module (import \"a\" \"twice\" (func $f (param i32) (result i32)))"
				     " (func (export \"four\") (param i32) (result i32) (call $f (call $f (local.get 0))))"
				     " (export \"again\" (func $f)))");
	put_wat(dir, "main.wasm", "(module (import \"b\" \"four\" (func $f (param i32) (result i32)))"
				  " (import \"b\" \"again\" (func $g (param i32) (result i32)))"
				  " (func (export \"eight\") (param i32) (result i32) (call $g (call $f (local.get 0)))))");
	struct outcome o = COMMAND(dir, "run", "--preload=a=provider.wasm", "--preload=b=between.wasm", "--invoke", "eight",
				   "main.wasm", "5");
	cr_expect_str_eq(o.out, "40\n", "%s", o.err);
	/* The other way around the first has nothing to import from. */
	o = COMMAND(dir, "run", "--preload=b=between.wasm", "--preload=a=provider.wasm", "--invoke", "eight", "main.wasm", "5");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "between.wasm: cannot be linked: no module \"a\" to import \"twice\" from; --preload a=FILE brings one");
}

Test(preload, calls_use_the_memory_of_the_module_that_makes_them)
{
	char *dir = fresh_dir();
	put_wat(dir, "say.wasm", "(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func $w (param i32 i32 i32 i32) (result i32)))"
				 " (memory (export \"memory\") 1) (data (i32.const 8) \"\\10\\00\\00\\00\\06\\00\\00\\00theirs\")"
				 " (func (export \"say\") (drop (call $w (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))");
	put_wat(dir, "main.wasm", "(module (import \"s\" \"say\" (func $s)) (memory (export \"memory\") 1)"
				  " (data (i32.const 8) \"\\10\\00\\00\\00\\04\\00\\00\\00ours\") (func (export \"_start\") (call $s)))");
	struct outcome o = COMMAND(dir, "run", "--preload", "s=say.wasm", "main.wasm");
	cr_expect_str_eq(o.out, "theirs", "%s", o.err);
}

Test(preload, may_stand_in_for_wasi)
{
	char *dir = fresh_dir();
	put_wat(dir, "exit.wasm", "(module (func (export \"proc_exit\") (param i32)))");
	put_wat(dir, "main.wasm", "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $e (param i32)))"
				  " (memory (export \"memory\") 1) (func (export \"_start\") (call $e (i32.const 3))))");
	cr_expect_eq(COMMAND(dir, "run", "main.wasm").status, 3);
	cr_expect_eq(COMMAND(dir, "run", "--preload", "wasi_snapshot_preview1=exit.wasm", "main.wasm").status, 0);
}

Test(preload, mistakes_are_125_and_named)
{
	char *dir = fresh_dir();
	put_wat(dir, "provider.wasm", provider);
	put_wat(dir, "c.wasm", consumer);
	static const char *const wrong[] = { "provider.wasm", "a=", "a=missing.wasm", "a=a.txt" };
	static const char *const texts[] = { "write NAME=FILE", "write NAME=FILE", "No such file", "magic header not detected" };
	for (int i = 0; i < 4; i++) {
		struct outcome o = COMMAND(dir, "run", "--preload", wrong[i], "c.wasm");
		cr_expect_eq(o.status, 125);
		HAS(o.err, texts[i]);
	}
	put_wat(dir, "less.wasm", "(module (func (export \"twice\")))");
	struct outcome o = COMMAND(dir, "run", "--preload", "a=less.wasm", "c.wasm");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "incompatible import type a.twice");
	put_wat(dir, "none.wasm", "(module)");
	o = COMMAND(dir, "run", "--preload", "a=none.wasm", "c.wasm");
	HAS(o.err, "the preloaded module \"a\" exports no \"twice\"");
	put_wat(dir, "trap.wasm", "(module (func $s unreachable) (start $s))");
	o = COMMAND(dir, "run", "--preload", "a=trap.wasm", "c.wasm");
	cr_expect_eq(o.status, 134);
	HAS(o.err, "trap.wasm: trap: unreachable");
	o = COMMAND(dir, "run", "--preload", "a=provider.wasm", "true");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "--preload needs a WebAssembly module");
}
