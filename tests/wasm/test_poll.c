/* Looking in while code runs, and fuel. Polls come at any call and loop head, and must change nothing. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "support.h"

/* Every way of calling, each with the callee's index or reference in a slot and in the accumulator, and loops. Run in both
 * worlds: $peer's functions are another instance's. */
static const char peer_text[] =
	"(module (func (export \"peer\") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1))))";
static const char calls_text[] =
	"(module (type $t (func (param i64) (result i64)))"
	" (import \"m\" \"peer\" (func $peer (type $t))) (import \"m\" \"host\" (func $host (type $t)))"
	" (table funcref (elem $inc $peer $host $tail)) (elem declare func $inc $peer $host)"
	" (func $inc (type $t) (i64.add (local.get 0) (i64.const 1)))"
	" (func $tail (type $t) (return_call_indirect (type $t) (local.get 0) (i32.and (i32.wrap_i64 (local.get 0)) (i32.const 1))))"
	" (func $tail_host (type $t) (return_call $host (local.get 0)))"
	" (func $tail_peer (type $t) (return_call_ref $t (local.get 0) (ref.func $peer)))"
	" (func (export \"run\") (param $n i64) (result i64) (local $s i64) (local $i i32)"
	"  (loop $again"
	"   (local.set $s (call $inc (local.get $s)))"
	"   (local.set $s (call $peer (local.get $s)))"
	"   (local.set $s (call $host (local.get $s)))"
	"   (local.set $s (call_indirect (type $t) (local.get $s) (local.get $i)))"
	"   (local.set $s (call_indirect (type $t) (local.get $s) (i32.and (i32.add (local.get $i) (i32.const 1)) (i32.const 3))))"
	"   (local.set $s (call_ref $t (local.get $s) (ref.func $host)))"
	"   (local.set $s (call_ref $t (local.get $s) (ref.func $peer)))"
	"   (local.set $s (call $tail_host (local.get $s)))"
	"   (local.set $s (call $tail_peer (local.get $s)))"
	"   (local.set $i (i32.and (i32.add (local.get $i) (i32.const 1)) (i32.const 3)))"
	"   (br_if $again (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))"
	"  (local.get $s))"
	" (func $fib (export \"fib\") (param i64) (result i64)"
	"  (if (result i64) (i64.lt_u (local.get 0) (i64.const 2)) (then (local.get 0)) (else"
	"   (i64.add (call $fib (i64.sub (local.get 0) (i64.const 1))) (call $fib (i64.sub (local.get 0) (i64.const 2))))))))";

static enum engine_error_kind host(struct engine_caller *caller, union engine_value *values)
{
	(void)caller;
	values[0].i64++;
	return ENGINE_OK;
}

struct world {
	engine_store_t *store;
	engine_instance_t *peer, *calls;
	engine_func_t *host;
};

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct world *w = user;
	if (import->name_len == 4 && !memcmp(import->name, "host", 4)) {
		*ret_extern = (struct engine_extern){.kind = ENGINE_EXTERN_FUNC, .u.func = w->host};
		return true;
	}
	return engine_export(w->peer, import->name, import->name_len, ret_extern);
}

static void make(struct world *w, engine_store_t *store)
{
	static const engine_type_t i64 = ENGINE_I64;
	struct engine_functype type = {.n_params = 1, .n_results = 1, .params = &i64, .results = &i64};
	w->store = store;
	w->host = engine_func_host(store, &type, host, NULL);
	w->peer = instantiate_text(store, peer_text, NULL, NULL);
	w->calls = instantiate_text(store, calls_text, resolve, w);
}

struct poller {
	engine_store_t *store;
	atomic_bool stop;
	atomic_size_t asked, seen;
};

static void *ask(void *user)
{
	struct poller *p = user;
	while (!p->stop) {
		engine_poll(p->store);
		p->asked++;
		nanosleep(&(struct timespec){0, 1000}, NULL);
	}
	return NULL;
}

static void on_poll(void *user, const struct engine_frame *frames, size_t n)
{
	struct poller *p = user;
	cr_assert(n > 0 && frames[0].module && frames[n - 1].offset == SIZE_MAX);
	p->seen++;
}

Test(poll, changes_no_result)
{
	struct world w;
	make(&w, new_store());
	struct poller p = {.store = w.store};
	engine_on_poll(w.store, on_poll, &p);
	pthread_t thread;
	cr_assert_eq(pthread_create(&thread, NULL, ask, &p), 0);
	for (int i = 0; i < 100; i++) {
		expect_result(w.store, w.calls, "run", 9 * 2000, 2000);
		expect_result(w.store, w.calls, "fib", 6765, 20);
	}
	p.stop = true;
	pthread_join(thread, NULL);
	cr_assert_gt(p.seen, 10, "%zu polls of %zu", p.seen, p.asked);
	engine_store_free(w.store);
}

Test(poll, does_not_hide_an_exhausted_stack_or_an_interruption)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(
		store, "(module (func $f (export \"f\") (call $f)) (func (export \"loop\") (loop $l (br $l))))", NULL, NULL);
	struct poller p = {.store = store};
	engine_on_poll(store, on_poll, &p);
	engine_poll(store);
	expect_trap(store, m, "f", "call stack exhausted", 0);
	engine_poll(store);
	engine_interrupt(store);
	expect_trap(store, m, "loop", "interrupted", 0);
	engine_store_free(store);
}

static engine_store_t *store_with_fuel(uint64_t fuel)
{
	return new_store_with((struct engine_config){.fuel = fuel});
}

Test(fuel, is_used_by_calls_and_rounds_of_loops)
{
	struct engine_stats stats;
	engine_store_t *store = store_with_fuel(1000);
	engine_instance_t *m = instantiate_text(store,
		"(module (func (export \"f\") (param i64) (result i64)"
		" (loop $l (br_if $l (i64.ne (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0)))) (local.get 0))"
		" (func (export \"nothing\") (result i64) (i64.const 7)))", NULL, NULL);
	expect_result(store, m, "nothing", 7, 0);
	engine_stats(store, &stats);
	cr_assert_eq(stats.fuel, 999);
	expect_result(store, m, "f", 0, 100);
	engine_stats(store, &stats);
	cr_assert_eq(stats.fuel, 999 - 101);
	expect_trap(store, m, "f", "all fuel consumed", 5000);
	expect_trap(store, m, "nothing", "all fuel consumed", 0);
	engine_store_free(store);
}

Test(fuel, ends_endless_recursion_of_every_kind)
{
	static const char *const bodies[] = {
		"(loop $l (br $l))", "(call $f)", "(return_call $f)", "(loop $l (br_table $l $l (i32.const 0)))",
		"(return_call_indirect (i32.const 0))", "(call_indirect (i32.const 0))"};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text), "(module (table funcref (elem $f)) (func $f (export \"f\") %s))", bodies[i]);
		engine_store_t *store = store_with_fuel(10000);
		engine_instance_t *m = instantiate_text(store, text, NULL, NULL);
		expect_trap(store, m, "f", "all fuel consumed", 0);
		engine_store_free(store);
	}
}

Test(fuel, changes_no_result)
{
	struct world w;
	make(&w, store_with_fuel(UINT64_MAX));
	expect_result(w.store, w.calls, "run", 9 * 2000, 2000);
	expect_result(w.store, w.calls, "fib", 6765, 20);
	engine_store_free(w.store);
}
