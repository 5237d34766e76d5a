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

/* A host function that interrupts the store it is called from. */
static enum engine_error_kind interrupt(struct engine_caller *caller, union engine_value *values)
{
	(void)values;
	engine_interrupt(caller->store);
	return ENGINE_OK;
}

static bool resolve_interrupt(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	*ret_extern = (struct engine_extern){.kind = ENGINE_EXTERN_FUNC};
	ret_extern->u.func = engine_func_host(user, &import->func, interrupt, NULL);
	return ret_extern->u.func != NULL;
}

/* Interrupted before the first round of a loop that would end by itself soon, and in which nothing else looks at the limit. */
static void expect_interrupted(const char *condition)
{
	char text[1024];
	snprintf(text, sizeof(text),
		 "(module (import \"m\" \"interrupt\" (func $interrupt)) (memory 1) (data (i32.const 0) \"\\01\\00\\00\\00\\01\")"
		 " (func (export \"f\") (local $i i32) (local $t i32) (local $u i32) (local $l i64) (local $s i64) (local $b i64)"
		 " (local $d f64) (local $n i32)"
		 " (local.set $t (i32.const 1)) (local.set $s (i64.const 1)) (local.set $n (i32.const 3))"
		 " (call $interrupt) (block $out (loop $again"
		 "  (br_if $out (i32.eqz (local.get $n))) (local.set $n (i32.sub (local.get $n) (i32.const 1)))"
		 "  %s))))",
		 condition);
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(store, text, resolve_interrupt, store);
	struct engine_error error;
	cr_assert_eq(call(store, m, "f", 0, NULL, NULL, &error), ENGINE_TRAP, "%s", condition);
	cr_assert(!strncmp(error.message, "interrupted", 11), "%s: %s", condition, error.message);
	engine_store_free(store);
}

/* Branches back that are one instruction with what makes their condition. */
Test(poll, every_branch_back_can_be_interrupted, .timeout = 60)
{
	/* Of what the variable is before a step of 1, and a bound. */
	static const struct {
		const char *compare;
		int from, bound;
	} compares[] = {{"eq", -1, 0},	 {"ne", -1, 1},	  {"lt_s", -1, 1}, {"lt_u", -1, 1}, {"gt_s", -1, -1},
			{"gt_u", -2, 0}, {"le_s", -1, 0}, {"le_u", -1, 0}, {"ge_s", -1, 0}, {"ge_u", -1, 0}};
	char text[512];
	for (size_t i = 0; i < sizeof(compares) / sizeof(*compares); i++)
		for (int form = 0; form < 8; form++) {
			bool wide = form & 4;
			const char *t = wide ? "i64" : "i32", *variable = wide ? "$l" : "$i", *bound = wide ? "$b" : "$u";
			char step[32], limit[32];
			snprintf(step, sizeof(step), form & 1 ? "(%s.const 1)" : "(local.get %s)", form & 1 ? t : wide ? "$s" : "$t");
			if (form & 2)
				snprintf(limit, sizeof(limit), "(%s.const %d)", t, compares[i].bound);
			else
				snprintf(limit, sizeof(limit), "(local.get %s)", bound);
			snprintf(text, sizeof(text),
				 "(local.set %s (%s.const %d)) (local.set %s (%s.const %d)) (br_if $again (%s.%s (local.tee %s (%s.add (local.get %s) %s)) %s))",
				 variable, t, compares[i].from, bound, t, compares[i].bound, t, compares[i].compare, variable, t,
				 variable, step, limit);
			expect_interrupted(text);
		}
	/* What is loaded from 0 is true, from 8 it is not. */
	for (int form = 0; form < 16; form++) {
		char load[128], kept[160];
		snprintf(load, sizeof(load), "(i32.%s offset=%d %s)", form & 1 ? "load8_u" : "load", form & 2 ? 8 : 0,
			 form & 4 ? "(i32.mul (local.get $u) (local.get $n))" : "(local.get $u)");
		snprintf(kept, sizeof(kept), form & 8 ? "(local.tee $i %s)" : "%s", load);
		snprintf(text, sizeof(text), form & 2 ? "(br_if $again (i32.eqz %s))" : "(br_if $again %s)", kept);
		expect_interrupted(text);
	}
	static const char *const others[] = {
		"(br $again)", "(br_if $again (local.get $n))", "(br_if $again (i32.eqz (local.get $u)))",
		"(br_if $again (i64.eqz (local.get $b)))", "(br_if $again (i32.and (local.get $t) (i32.const 255)))",
		"(br_if $again (i32.eqz (i32.and (local.get $t) (i32.const 256))))",
		"(br_if $again (i32.and (i32.mul (local.get $n) (local.get $n)) (i32.const 255)))",
		"(br_if $again (i32.eqz (i32.and (local.get $n) (i32.const 256))))",
		"(br_if $again (f64.lt (local.get $d) (f64.const 1)))", "(br_if $again (i32.eqz (f64.gt (local.get $d) (f64.const 1))))",
		"(br_if $again (i32.lt_u (local.get $u) (local.get $t)))", "(br_if $again (i64.lt_s (local.get $b) (i64.const 1)))",
		"(br_table $out $again (local.get $t))", "(br_table $out $again (i32.load8_u offset=1 (i32.add (local.get $u) (i32.const 3))))"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		expect_interrupted(others[i]);
}
