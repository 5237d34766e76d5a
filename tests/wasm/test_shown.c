/* Frames that native profilers see are the frames that are there, and the frame pointer leads to them. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <ucontext.h>

#include "shown.h"
#include "support.h"

static uint64_t address_of(void *user, const engine_module_t *module, uint32_t func_index)
{
	(void)user;
	return (uint64_t)(uintptr_t)module + func_index; /* a module is larger than it has functions here */
}

static engine_store_t *showing_store(void)
{
	return new_store_with((struct engine_config){.address_of = address_of});
}

enum { TAIL_HOST = 6 }; /* an index in main_text */

struct world {
	engine_store_t *store;
	engine_instance_t *peer, *main;
	unsigned looks;
};

/* Compares what a profiler sees with what a backtrace does. */
static void look(struct world *w)
{
	struct engine_frame frames[BACKTRACE_FRAMES];
	size_t n = engine_callers(w->store, frames, BACKTRACE_FRAMES);
	cr_assert_gt(n, 0);
	const struct shown_frame *f = &w->store->shown->now;
	for (size_t i = 0; i < n; i++, f = f->caller) {
		if (f->address == address_of(NULL, w->store->instances->module, TAIL_HOST))
			f = f->caller; /* it stands for the host's function, which took its place */
		uint64_t expected = address_of(NULL, frames[i].module, frames[i].func_index);
		cr_assert(f->caller, "%zu frames, %zu are shown", n, i);
		cr_assert_eq(f->address, expected, "frame %zu of %zu is function %u", i, n, frames[i].func_index);
	}
	if (n < BACKTRACE_FRAMES) {
		cr_assert_null(f->caller, "more than %zu frames are shown", n);
		cr_assert_eq(f->address, (uint64_t)(uintptr_t)engine_call + 1);
	}
	w->looks++;
}

static enum engine_error_kind host(struct engine_caller *caller, union engine_value *values)
{
	struct world *w = caller->data;
	look(w);
	if (values[0].i64 % 7 == 3) {
		struct engine_error error;
		union engine_value arg = {.i64 = 4}, result;
		cr_assert_eq(engine_call(w->store, export_func(w->main, "fib"), &arg, &result, &error), ENGINE_OK, "%s", error.message);
		look(w);
		arg.i64 = 1;
		cr_assert_eq(engine_call(w->store, export_func(w->main, "fail"), &arg, &result, &error), ENGINE_TRAP);
		look(w);
	}
	values[0].i64++;
	return ENGINE_OK;
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct world *w = user;
	if (import->name_len != 4 || memcmp(import->name, "host", 4))
		return engine_export(w->peer, import->name, import->name_len, ret_extern);
	*ret_extern = (struct engine_extern){.kind = ENGINE_EXTERN_FUNC,
					     .u.func = engine_func_host(w->store, &import->func, host, w)};
	return true;
}

#define SIGNATURE "(type $t (func (param i64) (result i64))) (import \"m\" \"host\" (func $host (type $t)))"
static const char peer_text[] =
	"(module " SIGNATURE
	" (tag $e (export \"e\") (param i64))"
	" (func (export \"peer\") (type $t) (call $host (i64.add (local.get 0) (i64.const 1))))"
	" (func (export \"throws\") (type $t) (throw $e (call $host (local.get 0)))))";
/* Every way of calling, of not coming back, and of going on somewhere else. */
static const char main_text[] =
	"(module " SIGNATURE
	" (import \"m\" \"peer\" (func $peer (type $t))) (import \"m\" \"throws\" (func $throws (type $t)))"
	" (import \"m\" \"e\" (tag $e (param i64)))"
	" (table funcref (elem $own $peer $host $tail)) (elem declare func $own $host $peer)"
	" (func $own (type $t) (call $host (i64.add (local.get 0) (i64.const 1))))"
	" (func $tail (type $t) (return_call $own (local.get 0)))"
	" (func $tail_far (type $t) (local i64 i64 i64) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))"
	" (func $tail_host (type $t) (return_call $host (local.get 0)))"
	" (func $deep (type $t) (if (result i64) (i64.eqz (local.get 0)) (then (throw $e (call $throws (i64.const 8))))"
	"  (else (i64.add (i64.const 0) (call $deep (i64.sub (local.get 0) (i64.const 1)))))))"
	" (func $catches (type $t) (block $b (result i64)"
	"   (try_table (result i64) (catch $e $b) (call $deep (local.get 0))))"
	"  (call $host))"
	" (func $recursion (export \"recursion\") (type $t) (if (result i64) (i64.eqz (local.get 0)) (then (call $host (i64.const 3)))"
	"  (else (i64.add (call $recursion (i64.sub (local.get 0) (i64.const 1))) (call $host (i64.const 1))))))"
	" (func (export \"run\") (param $n i64) (result i64) (local $s i64) (local $i i32)"
	"  (loop $again"
	"   (local.set $s (call $own (local.get $s)))"
	"   (local.set $s (call $peer (local.get $s)))"
	"   (local.set $s (call $host (local.get $s)))"
	"   (local.set $s (call_indirect (type $t) (local.get $s) (local.get $i)))"
	"   (local.set $s (call_ref $t (local.get $s) (ref.func $host)))"
	"   (local.set $s (call_ref $t (local.get $s) (ref.func $peer)))"
	"   (local.set $s (call $tail (local.get $s)))"
	"   (local.set $s (call $tail_far (local.get $s)))"
	"   (local.set $s (call $tail_host (local.get $s)))"
	"   (local.set $s (i64.add (local.get $s) (call $catches (i64.const 3))))"
	"   (local.set $s (call $host (local.get $s)))"
	"   (local.set $i (i32.and (i32.add (local.get $i) (i32.const 1)) (i32.const 3)))"
	"   (br_if $again (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))"
	"  (local.get $s))"
	" (func $fail (export \"fail\") (type $t) (if (i64.gt_u (local.get 0) (i64.const 5)) (then unreachable))"
	"  (i64.add (i64.const 1) (call $fail (i64.add (local.get 0) (i64.const 1)))))"
	" (func $fib (export \"fib\") (param i64) (result i64)"
	"  (if (result i64) (i64.lt_u (local.get 0) (i64.const 2)) (then (call $host (i64.const 1))) (else"
	"   (i64.add (call $fib (i64.sub (local.get 0) (i64.const 1))) (call $fib (i64.sub (local.get 0) (i64.const 2))))))))";

static void make(struct world *w)
{
	*w = (struct world){.store = showing_store()};
	if (!engine_can_show_frames())
		cr_skip_test("this build shows no frames");
	w->peer = instantiate_text(w->store, peer_text, resolve, w);
	w->main = instantiate_text(w->store, main_text, resolve, w);
}

static void run_in(struct world *w, const char *name, uint64_t arg)
{
	union engine_value result;
	struct engine_error error;
	cr_assert_eq(call(w->store, w->main, name, ARGS(arg), &result, &error), ENGINE_OK, "%s", error.message);
}

Test(shown, frames_are_those_of_a_backtrace)
{
	struct world w;
	make(&w);
	run_in(&w, "run", 50);
	cr_assert_gt(w.looks, 1000, "%u looks", w.looks);
	engine_store_free(w.store);
}

Test(shown, frames_may_be_many)
{
	struct world w;
	make(&w);
	run_in(&w, "recursion", 5000);
	cr_assert_gt(w.looks, 5000);
	engine_store_free(w.store);
}

Test(shown, frames_are_gone_when_a_call_has_ended)
{
	struct world w;
	make(&w);
	struct engine_error error;
	union engine_value result;
	cr_assert_eq(call(w.store, w.main, "fail", ARGS(1), &result, &error), ENGINE_TRAP);
	cr_assert_null(w.store->shown->now.caller);
	cr_assert_eq(w.store->shown->now.address, (uint64_t)(uintptr_t)engine_call + 1);
	engine_store_free(w.store);
}

#if defined(__x86_64__)
extern const char __start_wasm_handlers[], __stop_wasm_handlers[];
static engine_store_t *running;
static atomic_uint in_handlers, lost;

/* What a profiler does. Whatever else it interrupts may use the register for something else. */
static void on_time(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;
	const char *at = (const char *)registers[REG_RIP];
	if (at < __start_wasm_handlers || at >= __stop_wasm_handlers)
		return;
	in_handlers++;
	if (registers[REG_RBP] != (greg_t)(uintptr_t)&running->shown->now)
		lost++;
}

Test(shown, the_frame_pointer_is_at_them_while_handlers_run)
{
	running = engine_store_new(&(struct engine_config){.address_of = address_of}); /* counting takes the register meanwhile */
	if (!engine_can_show_frames())
		cr_skip_test("this build shows no frames");
	engine_instance_t *m = instantiate_text(running,
		"(module (func $f (param i32 f64) (result i32) (i32.add (i32.trunc_sat_f64_u (local.get 1)) (local.get 0)))"
		" (func (export \"f\") (param $n i32) (loop $l (drop (call $f (local.get $n) (f64.convert_i32_u (local.get $n))))"
		"  (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))", NULL, NULL);
	sigaction(SIGPROF, &(struct sigaction){.sa_sigaction = on_time, .sa_flags = SA_SIGINFO | SA_RESTART}, NULL);
	setitimer(ITIMER_PROF, &(struct itimerval){{0, 1000}, {0, 1000}}, NULL);
	struct engine_error error;
	for (int i = 0; i < 1000 && in_handlers < 20; i++)
		cr_assert_eq(call(running, m, "f", ARGS(1000000), NULL, &error), ENGINE_OK);
	setitimer(ITIMER_PROF, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
	cr_assert_geq(in_handlers, 20);
	cr_assert_eq(lost, 0, "%u of %u", lost, in_handlers);
	engine_store_free(running);
}
#endif
