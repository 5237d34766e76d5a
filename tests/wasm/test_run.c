/* Running: traps, backtraces, recursion, memory, interruption, linking, operand placement. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support.h"

static void expect_frame(const struct engine_frame *frame, const char *name)
{
	cr_assert_not_null(frame->name);
	cr_assert(frame->name_len == strlen(name) && !memcmp(frame->name, name, frame->name_len), "%.*s, expected %s",
		  (int)frame->name_len, frame->name, name);
	cr_assert_neq(frame->offset, SIZE_MAX);
}

Test(trap, each_with_named_backtrace)
{
	static const struct {
		const char *text;
		unsigned char opcode; /* at the offset that the backtrace gives */
	} traps[] = {
		{"unreachable", 0x00},		      {"integer divide by zero", 0x6e},
		{"integer overflow", 0x6d},	      {"invalid conversion to integer", 0xaa},
		{"integer overflow", 0xaa},	      {"out of bounds memory access", 0x28},
		{"undefined element", 0x11},	      {"uninitialized element", 0x11},
		{"indirect call type mismatch", 0x11}, {"out of bounds table access", 0x26},
	};
	engine_store_t *store = new_store();
	size_t len;
	const unsigned char *bytes = module_bytes("traps", &len);
	engine_instance_t *instance = instantiate(store, "traps", NULL, NULL);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < sizeof(traps) / sizeof(*traps); i++) {
			expect_trap(store, instance, "trap", traps[i].text, i);
			struct engine_frame frames[8];
			cr_assert_eq(engine_backtrace(store, frames, 8), 2, "trap %u", i);
			expect_frame(&frames[0], "inner");
			expect_frame(&frames[1], "outer");
			cr_assert_eq(bytes[frames[0].offset], traps[i].opcode, "trap %u at 0x%zx: 0x%02x", i,
				     frames[0].offset, bytes[frames[0].offset]);
			cr_assert_eq(bytes[frames[1].offset], 0x10);
		}
	}
	engine_store_free(store);
}

Test(recursion, a_hundred_thousand_frames)
{
	engine_store_t *store = new_store();
	engine_instance_t *instance = instantiate(store, "recursion", NULL, NULL);
	expect_result(store, instance, "down", 100000, 100000);
	expect_trap(store, instance, "forever", "call stack exhausted", 0);
	struct engine_frame frames[4];
	cr_assert_eq(engine_backtrace(store, frames, 4), 4);
	expect_frame(&frames[3], "forever");
	expect_result(store, instance, "down", 1000, 1000);
	engine_store_free(store);
}

Test(recursion, small_stack)
{
	struct engine_config config = {.stack_bytes = 65536};
	engine_store_t *store = engine_store_new(&config);
	engine_instance_t *instance = instantiate(store, "recursion", NULL, NULL);
	expect_result(store, instance, "down", 100, 100);
	expect_trap(store, instance, "down", "call stack exhausted", 100000);
	engine_store_free(store);
}

static void check_memory(const struct engine_config *config)
{
	engine_store_t *store = engine_store_new(config);
	engine_instance_t *m = instantiate(store, "memory", NULL, NULL);
	expect_result(store, m, "load64", 0x0807060504030201, 65528);
	expect_trap(store, m, "load64", "out of bounds memory access", 65529);
	expect_trap(store, m, "load64", "out of bounds memory access", UINT32_MAX);
	expect_trap(store, m, "load_far", "out of bounds memory access", 0);
	expect_trap(store, m, "load_far", "out of bounds memory access", UINT32_MAX);
	expect_trap(store, m, "store8", "out of bounds memory access", 65536, 1);
	expect_trap(store, m, "storef", "out of bounds memory access", 65529, 0);
	expect_result(store, m, "size", 1, 0);
	expect_result(store, m, "grow", 1, 1);
	expect_result(store, m, "size", 2, 0);
	expect_result(store, m, "load64", 0x08070605040302, 65529);
	expect_result(store, m, "load64", 0, 131064);
	expect_trap(store, m, "load64", "out of bounds memory access", 131065);
	expect_result(store, m, "grow", UINT32_MAX, 2);
	expect_result(store, m, "grow", UINT32_MAX, UINT32_MAX);
	expect_result(store, m, "grow", 2, 1);
	expect_result(store, m, "grow", UINT32_MAX, 1);
	engine_store_free(store);
}

Test(memory, guard_pages)
{
	check_memory(&(struct engine_config){0});
}

Test(memory, explicit_checks)
{
	check_memory(&(struct engine_config){.no_guard_pages = true});
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) /* it needs terabytes */
Test(memory, little_address_space)
{
	struct rlimit limit = {1 << 30, 1 << 30};
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	check_memory(&(struct engine_config){0});
}
#endif

Test(memory, configured_maximum)
{
	struct engine_config config = {.max_memory = 2 * 65536};
	engine_store_t *store = engine_store_new(&config);
	engine_instance_t *m = instantiate(store, "memory", NULL, NULL);
	expect_result(store, m, "grow", 1, 1);
	expect_result(store, m, "grow", UINT32_MAX, 1);
	engine_store_free(store);
}

/* A fault that is none of ours still reaches the handler that was there before. */
static void exit_42(int sig)
{
	(void)sig;
	_exit(42);
}

Test(memory, foreign_faults_are_passed_on, .exit_code = 42)
{
	signal(SIGSEGV, exit_42);
	engine_store_t *store = engine_store_new(NULL);
	engine_instance_t *m = instantiate(store, "memory", NULL, NULL);
	expect_trap(store, m, "load64", "out of bounds memory access", 65529);
	volatile uintptr_t null = 8;
	*(volatile char *)null = 1;
}

/* ---- interruption ---- */

static enum engine_error_kind tick(struct engine_caller *caller, union engine_value *values)
{
	(void)values;
	if (!caller->data) {
		engine_interrupt(caller->store);
		return ENGINE_OK;
	}
	return ENGINE_OK;
}

static bool resolve_tick(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &import->func, tick, NULL);
	return true;
}

Test(interrupt, at_loop_heads_and_calls, .timeout = 20)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "loop", resolve_tick, store);
	for (int i = 0; i < 3; i++) {
		expect_trap(store, m, "spin", "interrupted", 0);
		expect_trap(store, m, "spin_if", "interrupted", 1);
		expect_trap(store, m, "spin_table", "interrupted", 0);
		expect_trap(store, m, "spin_calls", "interrupted", 0);
	}
	expect_result(store, instantiate(store, "recursion", NULL, NULL), "down", 50, 50);
	engine_store_free(store);
}

static engine_store_t *alarmed;

static void on_alarm(int sig)
{
	(void)sig;
	engine_interrupt(alarmed);
}

static enum engine_error_kind start_alarm(struct engine_caller *caller, union engine_value *values)
{
	(void)values;
	alarmed = caller->store;
	signal(SIGALRM, on_alarm);
	ualarm(50000, 0);
	return ENGINE_OK;
}

static bool resolve_alarm(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &import->func, start_alarm, NULL);
	return true;
}

Test(interrupt, from_a_signal_handler, .timeout = 20)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "loop", resolve_alarm, store);
	expect_trap(store, m, "spin", "interrupted", 0);
	engine_store_free(store);
}

/* ---- linking ---- */

static bool resolve_export(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	return engine_export(user, import->name, import->name_len, ret_extern);
}

Test(link, instances_with_each_other)
{
	engine_store_t *store = new_store();
	engine_instance_t *provider = instantiate(store, "provider", NULL, NULL);
	engine_instance_t *consumer = instantiate(store, "consumer", resolve_export, provider);
	expect_result(store, consumer, "bytes", ('c' << 16) + ('p' << 8) + 'c', 0);
	expect_result(store, consumer, "swap_pair", 5 + 1000 + 'r', 0);
	expect_result(store, consumer, "through_table", 'c', 0);
	struct engine_error error;
	cr_assert_eq(call(store, consumer, "set_g", ARGS(99), NULL, &error), ENGINE_OK);
	struct engine_extern g;
	cr_assert(engine_export(provider, "g", 1, &g));
	cr_assert_eq(engine_global_get(g.u.global).i32, 99);
	expect_trap(store, consumer, "middle", "unreachable", 0);
	struct engine_frame frames[4];
	cr_assert_eq(engine_backtrace(store, frames, 4), 2);
	expect_frame(&frames[1], "middle");
	engine_store_free(store);
}

Test(link, incompatible_and_missing)
{
	engine_store_t *store = new_store();
	engine_instance_t *provider = instantiate(store, "provider", NULL, NULL), *instance;
	struct engine_error error;
	cr_assert_eq(engine_instantiate(store, load("consumer"), NULL, NULL, &instance, &error), ENGINE_UNLINKABLE);
	cr_assert_not_null(strstr(error.message, "unknown import provider.first_byte"), "%s", error.message);
	cr_assert_eq(engine_instantiate(store, load("loop"), resolve_export, provider, &instance, &error),
		     ENGINE_UNLINKABLE);
	engine_store_free(store);
}

/* ---- host functions ---- */

static enum engine_error_kind fail_or_exit(struct engine_caller *caller, union engine_value *values)
{
	(void)values;
	return caller->data ? engine_trap(caller, "host says no") : engine_exit(caller, 7);
}

static bool resolve_fail(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(*(engine_store_t **)user, &import->func, fail_or_exit,
					      ((void **)user)[1]);
	return true;
}

Test(host, trap_and_exit)
{
	engine_store_t *store = new_store();
	void *user[2] = {store, store};
	engine_instance_t *m = instantiate(store, "loop", resolve_fail, user);
	expect_trap(store, m, "spin", "host says no", 0);
	struct engine_frame frames[2];
	cr_assert_eq(engine_backtrace(store, frames, 2), 1);
	user[1] = NULL;
	m = instantiate(store, "loop", resolve_fail, user);
	struct engine_error error;
	cr_assert_eq(call(store, m, "spin", 0, NULL, NULL, &error), ENGINE_EXIT);
	cr_assert_eq(engine_exit_code(store), 7);
	engine_store_free(store);
}

/* Host functions that call back, deeper than the engine allows: a trap, not the end of the C stack. */
static engine_instance_t *nested;

static enum engine_error_kind call_back(struct engine_caller *caller, union engine_value *values)
{
	struct engine_error error;
	(void)values;
	enum engine_error_kind kind = call(caller->store, nested, "spin", 0, NULL, NULL, &error);
	return kind == ENGINE_OK ? kind : engine_trap(caller, error.message);
}

static bool resolve_call_back(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &import->func, call_back, NULL);
	return true;
}

Test(host, nested_without_end)
{
	engine_store_t *store = new_store();
	nested = instantiate(store, "loop", resolve_call_back, store);
	expect_trap(store, nested, "spin", "call stack exhausted", 0);
	engine_store_free(store);
}

/* ---- operands ---- */

static uint64_t bits(double v)
{
	uint64_t b;
	memcpy(&b, &v, sizeof(b));
	return b;
}

Test(operands, where_the_compiler_puts_them)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "shapes", NULL, NULL);
	expect_result(store, m, "alias", (uint32_t)-5, 10);
	expect_result(store, m, "alias_if", 110, 10, 1);
	expect_result(store, m, "alias_if", 20, 10, 0);
	expect_result(store, m, "square", 49, 6);
	expect_result(store, m, "fib_loop", 55, 10);
	expect_result(store, m, "br_value", 8, 1);
	expect_result(store, m, "br_value", 15, 0);
	expect_result(store, m, "br_table_values", 120, 0);
	expect_result(store, m, "br_table_values", 20, 1);
	expect_result(store, m, "br_table_values", 20, 2);
	expect_result(store, m, "float_min", bits(-0.0), bits(0.0), bits(-0.0));
	expect_result(store, m, "not_less", 1, bits(1), bits(__builtin_nan("")));
	expect_result(store, m, "not_less", 0, bits(1), bits(2));
	expect_result(store, m, "select", UINT64_MAX, 2);
	expect_result(store, m, "select", 0x123456789abc, 3);
	expect_result(store, m, "const_left", 3, 7);
	expect_result(store, m, "store_both", 0, 3);
	union engine_value r[3];
	struct engine_error error;
	cr_assert_eq(call(store, m, "rotate", ARGS(1, 2, 3), r, &error), ENGINE_OK);
	cr_assert(r[0].i32 == 2 && r[1].i32 == 3 && r[2].i32 == 1);
	engine_store_free(store);
}

/* What a function's frame had before must not show: $dirty leaves something in every slot. */
static const char locals_text[] =
	"(module (func $dirty (param i32) (local i64 i64 i64 i64 i64 i64 i64 i64)"
	"  (local.set 1 (i64.const -1)) (local.set 2 (i64.const -1)) (local.set 3 (i64.const -1)) (local.set 4 (i64.const -1))"
	"  (local.set 5 (i64.const -1)) (local.set 6 (i64.const -1)) (local.set 7 (i64.const -1)) (local.set 8 (i64.const -1)))"
	" (func $if (param i32) (result i32) (local i32 i32)"
	"  (if (local.get 0) (then (local.set 1 (i32.const 5)))) (local.set 2 (i32.const 100))"
	"  (i32.add (local.get 1) (local.get 2)))"
	" (func $else (param i32) (result i32) (local i32)"
	"  (if (local.get 0) (then (local.set 1 (i32.const 5))) (else (drop (local.get 1)))) (local.get 1))"
	" (func $out (param i32) (result i32) (local i32 i32 i32)"
	"  (block (br_if 0 (local.get 0)) (local.set 2 (i32.const 7))) (local.set 1 (i32.const 1)) (local.set 3 (i32.const 1))"
	"  (i32.add (local.get 2) (i32.sub (local.get 1) (local.get 3))))"
	" (func $loop (param i32) (result i32) (local i32 i32)"
	"  (loop (local.set 2 (i32.add (local.get 2) (local.tee 1 (i32.add (local.get 1) (i32.const 1)))))"
	"   (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
	"  (local.get 2))"
	" (func $table (param i32) (result i32) (local i32)"
	"  (block (block (br_table 0 1 (local.get 0))) (local.set 1 (i32.const 3))) (local.get 1))"
	" (func $set (param i32) (result i32) (local i32 i64 v128)"
	"  (local.set 1 (local.get 0)) (block (local.set 2 (i64.const 1)) (local.set 1 (i32.wrap_i64 (local.get 2))))"
	"  (i32.add (local.get 1) (i32x4.extract_lane 3 (local.get 3))))"
	" (func $dead (param i32) (result i32) (local i32)"
	"  (block (br 0) (local.set 1 (i32.const 3))) (local.get 1))"
	" (func $caught (param i32) (result i32) (local i32)"
	"  (block (try_table (catch_all 0) (if (local.get 0) (then (throw $e))) (local.set 1 (i32.const 3)) (throw $e))) (local.get 1))"
	" (tag $e)"
	" (func (export \"if\") (param i32) (result i32) (call $dirty (local.get 0)) (call $if (local.get 0)))"
	" (func (export \"else\") (param i32) (result i32) (call $dirty (local.get 0)) (call $else (local.get 0)))"
	" (func (export \"out\") (param i32) (result i32) (call $dirty (local.get 0)) (call $out (local.get 0)))"
	" (func (export \"loop\") (param i32) (result i32) (call $dirty (local.get 0)) (call $loop (local.get 0)))"
	" (func (export \"table\") (param i32) (result i32) (call $dirty (local.get 0)) (call $table (local.get 0)))"
	" (func (export \"set\") (param i32) (result i32) (call $dirty (local.get 0)) (call $set (local.get 0)))"
	" (func (export \"dead\") (param i32) (result i32) (call $dirty (local.get 0)) (call $dead (local.get 0)))"
	" (func (export \"caught\") (param i32) (result i32) (call $dirty (local.get 0)) (call $caught (local.get 0))))";

Test(locals, are_zero_where_they_are_read_first)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, locals_text, NULL, NULL);
	expect_result(store, m, "if", 100, 0);
	expect_result(store, m, "if", 105, 1);
	expect_result(store, m, "else", 0, 0);
	expect_result(store, m, "out", 0, 1);
	expect_result(store, m, "out", 7, 0);
	expect_result(store, m, "loop", 6, 3);
	expect_result(store, m, "table", 0, 1);
	expect_result(store, m, "table", 3, 0);
	expect_result(store, m, "set", 1, 9);
	expect_result(store, m, "dead", 0, 9);
	expect_result(store, m, "caught", 0, 1);
	expect_result(store, m, "caught", 3, 0);
	engine_store_free(store);
}
