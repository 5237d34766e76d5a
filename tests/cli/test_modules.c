/* WebAssembly modules through the command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

static const char hello[] =
	"(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func $w (param i32 i32 i32 i32) (result i32)))"
	" (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
	" (memory (export \"memory\") 1) (data (i32.const 8) \"\\10\\00\\00\\00\\03\\00\\00\\00hi\\n\")"
	" (func (export \"_start\") (drop (call $w (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))"
	"  (call $exit (i32.const 259))))";

Test(modules, a_command_writes_and_exits)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", put_wat(dir, "hello.wasm", hello));
	cr_expect_str_eq(o.out, "hi\n");
	cr_expect_eq(o.status, 3, "the low 8 bits of 259");
}

Test(modules, are_told_by_content_not_by_name)
{
	char *dir = fresh_dir();
	cr_expect_str_eq(COMMAND(dir, "run", put_wat(dir, "hello", hello)).out, "hi\n");
}

Test(modules, a_trap_is_134_with_a_named_backtrace)
{
	char *dir = fresh_dir();
	put_wat(dir, "trap.wasm", "(module (memory (export \"memory\") 1) (func $inner (drop (i32.div_s (i32.const 1) (i32.const 0))))"
				  " (func $outer (call $inner)) (func (export \"_start\") (call $outer)))");
	struct outcome o = COMMAND(dir, "run", "trap.wasm");
	cr_expect_eq(o.status, 134);
	HAS(o.err, "trap: integer divide by zero");
	char *inner = strstr(o.err, "inner"), *outer = strstr(o.err, "outer");
	cr_expect(inner && outer && inner < outer, "%s", o.err);
}

/* A text that is run as it is. */
#define PUT_TEXT(dir, name, text) put_file(dir, name, text, strlen(text), 0644)

Test(modules, a_text_runs_like_a_module)
{
	char *dir = fresh_dir();
	PUT_TEXT(dir, "hello.wat", hello);
	struct outcome o = COMMAND(dir, "run", "hello.wat");
	cr_expect_str_eq(o.out, "hi\n");
	cr_expect_eq(o.status, 3);
	PUT_TEXT(dir, "hello", hello);
	cr_expect_str_eq(COMMAND(dir, "run", "./hello").out, "hi\n", "told by content");
}

Test(modules, errors_in_texts_have_line_and_column)
{
	char *dir = fresh_dir();
	PUT_TEXT(dir, "a.wat", "(module\n  (func (reslt i32)))");
	struct outcome o = COMMAND(dir, "run", "a.wat");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "wasiward: a.wat:2:10: malformed module: unknown operator reslt");
	PUT_TEXT(dir, "b.wat", "(module (func (export \"_start\")\n (drop\n  (i32.div_u (i32.const 1) (i32.const 0)))))");
	o = COMMAND(dir, "run", "b.wat");
	cr_expect_eq(o.status, 134);
	HAS(o.err, "b.wat: trap: integer divide by zero");
	HAS(o.err, "@ 3:4\n");
	PUT_TEXT(dir, "c.wat", "(module (func (export \"_start\")\n (i32.const 1)))");
	o = COMMAND(dir, "run", "c.wat");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "c.wat:2:15: invalid module: type mismatch");
}

Test(modules, validate_checks_what_run_puts_off)
{
	char *dir = fresh_dir();
	PUT_TEXT(dir, "good.wat", "(module (func (export \"f\")))");
	PUT_TEXT(dir, "bad.wat", "(module (func (export \"f\"))\n(func (result i32) (i64.const 0)))");
	cr_expect_str_eq(COMMAND(dir, "run", "--invoke", "f", "bad.wat").err, "", "the second function is never called");
	struct outcome o = COMMAND(dir, "validate", "good.wat");
	cr_expect_eq(o.status, 0);
	cr_expect_str_eq(o.out, "");
	cr_expect_str_eq(o.err, "");
	o = COMMAND(dir, "validate", "good.wat", "bad.wat", "--verbose");
	cr_expect_eq(o.status, 1);
	cr_expect_str_eq(o.out, "good.wat: valid\n");
	HAS(o.err, "bad.wat:2:");
	HAS(o.err, "invalid module: type mismatch");
	o = COMMAND(dir, "validate", "missing.wasm", "good.wat");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "missing.wasm: No such file or directory");
	HAS(COMMAND(dir, "validate").err, "no file is named");
	HAS(COMMAND(dir, "validate", "sub").err, "sub: ");
	PUT_TEXT(dir, "old.wat", "(module (func (try (do) (catch_all))))");
	cr_expect_eq(COMMAND(dir, "validate", "old.wat").status, 1);
	cr_expect_eq(COMMAND(dir, "validate", "-W", "legacy-exceptions", "old.wat").status, 0);
}

Test(modules, legacy_exceptions_have_to_be_asked_for)
{
	char *dir = fresh_dir();
	put_wat(dir, "throw.wasm", "(module (memory (export \"memory\") 1) (tag $e (param i32))"
				   " (func $inner (throw $e (i32.const 42)))"
				   " (func (export \"_start\") (try (do (call $inner)) (catch $e (drop))) (call $inner)))");
	struct outcome o = COMMAND(dir, "run", "throw.wasm");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "legacy-exceptions");
	cr_expect_eq(COMMAND(dir, "run", "-W", "legacy-exceptions,legacy-exceptions=n", "throw.wasm").status, 125);
	o = COMMAND(dir, "run", "-W", "legacy-exceptions", "throw.wasm");
	cr_expect_eq(o.status, 134, "the second one is not caught");
	HAS(o.err, "throw.wasm: uncaught exception: i32 42");
	HAS(o.err, "inner");
	HAS(COMMAND(dir, "run", "-W", "legacy-exceptions=maybe", "throw.wasm").err, "must be y or n");
	HAS(COMMAND(dir, "run", "-W", "legacy-exception", "throw.wasm").err, "did you mean \"legacy-exceptions\"?");
}

Test(modules, more_than_one_memory_or_table_can_be_refused)
{
	char *dir = fresh_dir();
	PUT_TEXT(dir, "two.wat", "(module (memory 1) (memory 1) (table 1 funcref) (table 1 funcref) (func (export \"_start\")))");
	cr_expect_eq(COMMAND(dir, "run", "two.wat").status, 0);
	struct outcome o = COMMAND(dir, "run", "-W", "multi-memory=n", "two.wat");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "multiple memories");
	o = COMMAND(dir, "validate", "-W", "multi-table=n", "two.wat");
	cr_expect_neq(o.status, 0);
	HAS(o.err, "multiple tables");
	cr_expect_eq(COMMAND(dir, "run", "-W", "multi-table=n,multi-table=y", "two.wat").status, 0);
}

Test(modules, broken_ones_are_125_with_offset_and_reason)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", put_file(dir, "empty.wasm", "", 0, 0644));
	cr_expect_eq(o.status, 125);
	HAS(o.err, "malformed module: unexpected end (at offset 0x0)");
	o = COMMAND(dir, "run", put_file(dir, "text.wasm", "hello world", 11, 0644));
	HAS(o.err, "magic header not detected");
	o = COMMAND(dir, "run", put_file(dir, "version.wasm", "\0asm\2\0\0\0", 8, 0644));
	HAS(o.err, "unknown binary version");
	o = COMMAND(dir, "run", put_file(dir, "cut.wasm", "\0asm\1\0\0\0\1\5", 10, 0644));
	cr_expect_eq(o.status, 125);
	HAS(o.err, "at offset 0x");
	cr_expect_str_empty(o.out);
}

Test(modules, a_missing_import_is_named)
{
	char *dir = fresh_dir();
	put_wat(dir, "a.wasm", "(module (import \"wasi_snapshot_preview1\" \"fd_raed\" (func)) (func (export \"_start\")))");
	struct outcome o = COMMAND(dir, "run", "a.wasm");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "fd_raed");
	put_wat(dir, "b.wasm", "(module (import \"env\" \"f\" (func)) (func (export \"_start\")))");
	o = COMMAND(dir, "run", "b.wasm");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "no module \"env\" to import \"f\" from");
	put_wat(dir, "c.wasm", "(module (import \"wasi_unstable\" \"fd_read\" (func)) (func (export \"_start\")))");
	HAS(COMMAND(dir, "run", "c.wasm").err, "incompatible import type wasi_unstable.fd_read");
}

/* Opens a.txt (6 bytes) beneath descriptor 3, stats it, and seeks by preview0's numbers: 0 is cur, 1 end, 2 set. The sum
 * says what came of it: 6 (size at 24) + 10000 * 1 (nlink at 20, 32 bits) + 100 * 4 (end - 2) + 1000 * 3 (cur - 1). */
Test(modules, of_preview0_have_its_layouts)
{
	char *dir = fresh_dir();
	put_wat(dir, "old.wasm",
		"(module (import \"wasi_unstable\" \"path_open\" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
		" (import \"wasi_unstable\" \"path_filestat_get\" (func $stat (param i32 i32 i32 i32 i32) (result i32)))"
		" (import \"wasi_unstable\" \"fd_filestat_get\" (func $fstat (param i32 i32) (result i32)))"
		" (import \"wasi_unstable\" \"fd_seek\" (func $seek (param i32 i64 i32 i32) (result i32)))"
		" (memory (export \"memory\") 1) (data (i32.const 0) \"a.txt\") (data (i32.const 120) \"untouched\")"
		" (func $check (param i32) (if (local.get 0) (then unreachable)))"
		" (func (export \"sum\") (result i64) (local $fd i32) (local $sum i64)"
		"  (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 0) (i64.const 0x200026)"
		"   (i64.const 0) (i32.const 0) (i32.const 16)))"
		"  (local.set $fd (i32.load (i32.const 16)))"
		"  (call $check (call $stat (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 64)))"
		"  (local.set $sum (i64.add (i64.load (i32.const 88)) (i64.mul (i64.const 10000) (i64.load32_u (i32.const 84)))))"
		"  (i64.store (i32.const 88) (i64.const 0))"
		"  (call $check (call $fstat (local.get $fd) (i32.const 64)))"
		"  (if (i64.ne (i64.load (i32.const 88)) (i64.const 6)) (then unreachable))"
		"  (if (i32.ne (i32.load8_u (i32.const 120)) (i32.const 117)) (then unreachable))"
		"  (call $check (call $seek (local.get $fd) (i64.const -2) (i32.const 1) (i32.const 32)))"
		"  (local.set $sum (i64.add (local.get $sum) (i64.mul (i64.const 100) (i64.load (i32.const 32)))))"
		"  (call $check (call $seek (local.get $fd) (i64.const -1) (i32.const 0) (i32.const 32)))"
		"  (local.set $sum (i64.add (local.get $sum) (i64.mul (i64.const 1000) (i64.load (i32.const 32)))))"
		"  (call $check (call $seek (local.get $fd) (i64.const 5) (i32.const 2) (i32.const 32)))"
		"  (if (i64.ne (i64.load (i32.const 32)) (i64.const 5)) (then unreachable))"
		"  (if (i32.ne (call $seek (local.get $fd) (i64.const 0) (i32.const 3) (i32.const 32)) (i32.const 28)) (then unreachable))"
		"  (local.get $sum)))");
	struct outcome o = COMMAND(dir, "run", "--dir", ".", "--invoke", "sum", "old.wasm");
	cr_expect_str_eq(o.out, "13406\n", "%s", o.err);
}

Test(modules, a_pointer_out_of_range_traps)
{
	char *dir = fresh_dir();
	put_wat(dir, "wild.wasm",
		"(module (import \"wasi_snapshot_preview1\" \"random_get\" (func $r (param i32 i32) (result i32)))"
		" (memory (export \"memory\") 1) (func (export \"_start\") (drop (call $r (i32.const 65530) (i32.const 7)))))");
	struct outcome o = COMMAND(dir, "run", "wild.wasm");
	cr_expect_eq(o.status, 134);
	HAS(o.err, "random_get");
}

Test(modules, reactors_are_initialized_and_invoked)
{
	char *dir = fresh_dir();
	put_wat(dir, "r.wasm", "(module (global $g (mut i32) (i32.const 0))"
			       " (func (export \"_initialize\") (global.set $g (i32.const 100)))"
			       " (func (export \"add\") (param i32 i64) (result i64 f64)"
			       "  (i64.add (i64.extend_i32_s (i32.add (local.get 0) (global.get $g))) (local.get 1)) (f64.const 0.5)))");
	struct outcome o = COMMAND(dir, "run", "--invoke", "add", "r.wasm", "-1", "5");
	cr_expect_eq(o.status, 0, "%s", o.err);
	cr_expect_str_eq(o.out, "104\n0.5\n");
	HAS(COMMAND(dir, "run", "--invoke", "nope", "r.wasm").err, "exports no such function");
	HAS(COMMAND(dir, "run", "--invoke", "add", "r.wasm", "1").err, "takes 2 arguments, 1 given");
	HAS(COMMAND(dir, "run", "--invoke", "add", "r.wasm", "x", "1").err, "\"x\" is not a number");
	put_wat(dir, "n.wasm", "(module (func (export \"f\")))");
	HAS(COMMAND(dir, "run", "n.wasm").err, "neither _start");
}

Test(modules, vectors_are_invoked_in_hexadecimal)
{
	char *dir = fresh_dir();
	put_wat(dir, "v.wasm", "(module (func (export \"f\") (param i32 v128 i32) (result v128 i32)"
			       " (i64x2.add (local.get 1) (i64x2.splat (i64.extend_i32_u (local.get 0)))) (local.get 2)))");
	struct outcome o = COMMAND(dir, "run", "--invoke", "f", "v.wasm", "2", "0x1f0000000000000003", "7");
	cr_expect_eq(o.status, 0, "%s", o.err);
	cr_expect_str_eq(o.out, "0x00000000000000210000000000000005\n7\n");
	HAS(COMMAND(dir, "run", "--invoke", "f", "v.wasm", "2", "31", "7").err, "is not a vector");
	HAS(COMMAND(dir, "run", "--invoke", "f", "v.wasm", "2", "0x1f0000000000000000000000000000000", "7").err, "is not a vector");
}

Test(modules, endless_recursion_is_a_trap)
{
	char *dir = fresh_dir();
	put_wat(dir, "deep.wasm", "(module (func $f (export \"_start\") (call $f)))");
	struct outcome o = COMMAND(dir, "run", "deep.wasm");
	cr_expect_eq(o.status, 134);
	HAS(o.err, "call stack exhausted");
}

Test(modules, explain_says_which_right_is_missing)
{
	char *dir = fresh_dir();
	put_wat(dir, "rm.wasm",
		"(module (import \"wasi_snapshot_preview1\" \"path_unlink_file\" (func $u (param i32 i32 i32) (result i32)))"
		" (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
		" (memory (export \"memory\") 1) (data (i32.const 0) \"a.txt\")"
		" (func (export \"_start\") (call $exit (call $u (i32.const 3) (i32.const 0) (i32.const 5)))))");
	struct outcome o = COMMAND(dir, "run", "--explain", "--dir", ".:ro", "rm.wasm");
	cr_expect_eq(o.status, 76);
	HAS(o.err, "denied: path_unlink_file \"a.txt\": missing right path_unlink_file (remove files) in --dir .::.");
	HAS(o.err, "allow with: --dir .::.:ro,path_unlink_file");
	cr_expect_eq(COMMAND(dir, "run", "--dir", ".", "rm.wasm").status, 0);
	cr_expect_eq(COMMAND(dir, "run", "--dir", ".", "rm.wasm").status, 44, "noent");
}

static const char busy[] =
	"(module (memory (export \"memory\") 1) (func $inner (param $n i32) (loop $l (br_if $l"
	"  (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
	" (func $outer (call $inner (i32.const 100000000))) (func (export \"_start\") (call $outer)))";

Test(modules, samples_are_folded_stacks)
{
	char *dir = fresh_dir();
	put_wat(dir, "busy.wasm", busy);
	cr_expect_eq(COMMAND(dir, "run", "--samples", "stacks", "busy.wasm").status, 0);
	char name[256], line[256] = "";
	snprintf(name, sizeof(name), "%s/stacks", dir);
	FILE *f = fopen(name, "r");
	cr_assert(f && fgets(line, sizeof(line), f));
	cr_expect(!strncmp(line, "_start;outer;inner ", 19) || strstr(line, ";outer;inner "), "%s", line);
	cr_expect_gt(atoi(strrchr(line, ' ')), 5, "%s", line);
	fclose(f);
	struct outcome o = COMMAND(dir, "run", "--samples", "missing/stacks", "busy.wasm");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "missing/stacks");
}

Test(modules, fuel_ends_them_wherever_they_are)
{
	char *dir = fresh_dir();
	put_wat(dir, "busy.wasm", busy);
	struct outcome o = COMMAND(dir, "run", "--fuel", "1000", "busy.wasm");
	cr_expect_eq(o.status, 134);
	HAS(o.err, "trap: all fuel consumed");
	HAS(o.err, "inner");
	o = COMMAND(dir, "run", "--fuel", "none", "busy.wasm");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "must be a number");
}

Test(modules, stats_say_what_the_engine_did)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "--stats", "--fuel", "1000", put_wat(dir, "hello.wasm", hello));
	cr_expect_str_eq(o.out, "hi\n");
	HAS(o.err, "functions compiled  1 of 1");
	HAS(o.err, "linear memory       65536 bytes");
	HAS(o.err, "fuel                999 left of 1000");
}

Test(modules, stats_count_opcodes)
{
	char *dir = fresh_dir();
	PUT_TEXT(dir, "calls.wat",
		 "(module (func $nothing) (func (export \"_start\") (local $n i32) (local.set $n (i32.const 1000))"
		 " (loop $l (call $nothing)"
		 "  (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))");
	struct outcome o = COMMAND(dir, "run", "--stats=opcodes", "calls.wat");
	cr_expect_eq(o.status, 0, "%s", o.err);
	HAS(o.err, "functions compiled  2 of 2\n");
	HAS(o.err, "\ninstructions        ");
	HAS(o.err, "\nopcode            1000 ");
	HAS(o.err, "% call\n");
	HAS(o.err, "\nopcode            1001 ");
	HAS(o.err, "% return_void\n");
	HAS(o.err, "\npair              1000 ");
	HAS(o.err, "% call                     return_void\n");
	HAS(o.err, "\ntriple            1000 ");
	o = COMMAND(dir, "run", "--stats", "calls.wat");
	cr_expect(!strstr(o.err, "opcode"), "%s", o.err);
	o = COMMAND(dir, "run", "--stats=opcode", "calls.wat");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "--stats opcode: did you mean \"opcodes\"?");
	o = COMMAND(dir, "run", "--stats=instructions", "calls.wat");
	HAS(o.err, "must be opcodes");
	o = COMMAND(dir, "run", "--stats=code", "calls.wat");
	cr_expect_eq(o.status, 0, "%s", o.err);
	HAS(o.err, "\nfunction 0 nothing\n          1000     0  return_void ");
	HAS(o.err, "\n          1000 ");
	HAS(o.err, "  call ");
	cr_expect(!strstr(o.err, "\nopcode"), "%s", o.err);
}

Test(modules, calls_may_have_types_of_a_recursion_group)
{
	char *dir = fresh_dir();
	PUT_TEXT(dir, "group.wat",
		 "(module (rec (type $exit (sub (func (param i32)))) (type $box (struct (field (ref null $exit)))))"
		 "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (type $exit)))"
		 "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32)))"
		 "  (func (export \"_start\") (call $exit (i32.const 7))))");
	struct outcome o = COMMAND(dir, "run", "group.wat");
	cr_expect_eq(o.status, 7, "%s", o.err);
	PUT_TEXT(dir, "other.wat",
		 "(module (rec (type $exit (func (param i64))) (type $box (struct)))"
		 "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (type $exit)))"
		 "  (func (export \"_start\") (call $exit (i64.const 7))))");
	o = COMMAND(dir, "run", "other.wat");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "incompatible import type wasi_snapshot_preview1.proc_exit");
}
