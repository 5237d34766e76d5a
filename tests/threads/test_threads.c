/* Modules with threads (wasi-threads) through the command. The program is threads.c; THREADS_WASM names its module. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)
#define RUN(mode) COMMAND(NULL, "run", getenv("THREADS_WASM"), mode)

static void expect(struct outcome o, int status, const char *out)
{
	cr_expect_eq(o.status, status, "%d: %s", o.status, o.err);
	cr_expect_str_eq(o.out, out);
}

Test(threads, share_memory_and_keep_their_own_variables)
{
	/* 8 threads, 2000 increments each; results are 100000 times the number, and 7 + 2000. */
	expect(RUN("counting"), 0, "counter 16000\nresults 2816056\nown 7\n");
}

Test(threads, wait_for_and_wake_each_other)
{
	expect(RUN("queueing"), 0, "produced 1000\nsum 250500\n");
}

Test(threads, any_of_them_may_end_the_program)
{
	expect(RUN("x: a thread calls proc_exit"), 7, "");
}

Test(threads, a_trap_in_one_is_the_programs)
{
	struct outcome o = RUN("trap");
	cr_expect_eq(o.status, 134);
	HAS(o.err, "trap: unreachable");
	HAS(o.err, "wasi_thread_start");
}

Test(threads, end_when_the_first_returns)
{
	expect(RUN("returning"), 0, "returning\n");
}

/* Each of the 8 threads unlocks a mutex 2000 times, which is an exchange, as is waiting for it; none of the threads is missing, though
 * the first one to notice that they are through ends the program at once. */
Test(threads, are_counted_together)
{
	struct outcome o = COMMAND(NULL, "run", "--stats=opcodes", getenv("THREADS_WASM"), "counting");
	expect(o, 0, "counter 16000\nresults 2816056\nown 7\n");
	const char *end = strstr(o.err, " i32_atomic_rmw_xchg\n"), *line = end;
	cr_assert(end, "%s", o.err);
	while (line > o.err && line[-1] != '\n')
		line--;
	cr_assert(!strncmp(line, "opcode ", 7), "%s", o.err);
	cr_expect_geq(strtoull(line + 7, NULL, 10), 16000, "%s", o.err);
}

Test(threads, are_limited_in_number)
{
	expect(RUN("many"), 0, "threads 1024\nerror 6\n"); /* again */
}

Test(threads, are_counted_as_processes)
{
	expect(COMMAND(NULL, "run", "--max-processes", "3", getenv("THREADS_WASM"), "many"), 0, "threads 2\nerror 6\n");
	expect(COMMAND(NULL, "run", "--max-processes", "1", getenv("THREADS_WASM"), "many"), 0, "threads 0\nerror 6\n");
}

Test(threads, are_traced_like_one)
{
	struct outcome o = COMMAND(NULL, "run", "--trace", getenv("THREADS_WASM"), "x");
	cr_expect_eq(o.status, 7);
	HAS(o.err, "proc_exit");
}

/* What has no threads of its own: a module that cannot begin one, one that does not end the wait. */
static const char no_entry[] =
	"(module (import \"wasi\" \"thread-spawn\" (func $spawn (param i32) (result i32)))"
	" (memory 1) (func (export \"_start\") (drop (call $spawn (i32.const 0)))))";

Test(threads, need_an_entry)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", put_wat(dir, "a.wasm", no_entry));
	cr_expect_eq(o.status, 134);
	HAS(o.err, "wasi_thread_start");
}

Test(threads, a_shared_memory_that_cannot_be_had_is_named)
{
	char *dir = fresh_dir();
	/* (memory i64 0 2^40 shared): all of it would have to stay where it is */
	const char module[] = "\0asm\1\0\0\0\2\x15\1\3env\6memory\2\7\0\x80\x80\x80\x80\x80\x20";
	put_file(dir, "a.wasm", module, sizeof(module) - 1, 0644);
	struct outcome o = COMMAND(dir, "run", "a.wasm");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "no shared memory");
}
