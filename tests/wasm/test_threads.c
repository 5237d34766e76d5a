/* Shared memories: atomic accesses, waiting, and stores on several threads over one memory. */
#include <pthread.h>
#include <unistd.h>

#include "support.h"

enum { EQUAL, NOT_EQUAL, TIMED_OUT }; /* results of wait */

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret)
{
	*ret = (struct engine_extern){.kind = import->kind, .u.memory = user};
	return true;
}

static engine_memory_t *make_memory(engine_store_t *store)
{
	engine_memory_t *memory =
		engine_memory_host(store, (struct engine_limits){.min = 1, .max = 4, .shared = true});
	cr_assert_not_null(memory);
	return memory;
}

/* Another thread's store over the same memory. */
struct worker {
	engine_store_t *store;
	engine_instance_t *instance;
	const char *function;
	unsigned n;
	uint64_t args[3];
	enum engine_error_kind kind;
	union engine_value result;
	struct engine_error error;
	pthread_t thread;
};

static void *work(void *user)
{
	struct worker *w = user;
	w->kind = call(w->store, w->instance, w->function, w->n, w->args, &w->result, &w->error);
	return NULL;
}

static void start(struct worker *w, engine_memory_t *memory)
{
	w->store = new_store();
	cr_assert(engine_memory_share(w->store, memory));
	w->instance = instantiate(w->store, "shared", resolve, memory);
	cr_assert_eq(pthread_create(&w->thread, NULL, work, w), 0);
}

static void finish(struct worker *w)
{
	pthread_join(w->thread, NULL);
	engine_store_free(w->store);
}

Test(atomic, bounds_alignment_and_narrow_exchange)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "shared", resolve, make_memory(store));
	expect_result(store, m, "add", 0, 65532, 0x1ff);
	expect_result(store, m, "add", 0x1ff, 65532, 0);
	expect_trap(store, m, "add", "out of bounds memory access", 65536, 1);
	expect_trap(store, m, "add", "unaligned atomic", 65533, 1);
	expect_trap(store, m, "load_offset", "unaligned atomic", 4);
	expect_trap(store, m, "load_offset", "out of bounds memory access", 65528);
	expect_trap(store, m, "load_offset", "out of bounds memory access", 0xfffffff8);
	/* The comparison is between bytes, and only a byte is written. */
	expect_result(store, m, "cmpxchg8", 0xff, 65532, 0x7ff, 0x155);
	expect_result(store, m, "load", 0x155, 65532);
	expect_result(store, m, "cmpxchg8", 0x55, 65532, 0x54, 0);
	expect_result(store, m, "load", 0x155, 65532);
	engine_store_free(store);
}

Test(wait, ends_at_once_or_after_the_time)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "shared", resolve, make_memory(store));
	expect_result(store, m, "wait32", NOT_EQUAL, 0, 1, UINT64_MAX);
	expect_result(store, m, "wait64", NOT_EQUAL, 8, (uint64_t)1 << 32, UINT64_MAX);
	expect_result(store, m, "wait32", TIMED_OUT, 0, 0, 0);
	expect_result(store, m, "wait64", TIMED_OUT, 8, 0, 2000000);
	expect_result(store, m, "notify", 0, 0, 100);
	expect_trap(store, m, "wait64", "unaligned atomic", 4, 0, 0);
	expect_trap(store, m, "wait32", "out of bounds memory access", 65536, 0, 0);
	expect_trap(store, m, "notify", "out of bounds memory access", 65536, 0);
	engine_store_free(store);
}

Test(wait, needs_a_shared_memory)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate(store, "unshared", NULL, NULL);
	expect_trap(store, m, "wait32", "expected shared memory", 0, 0, 0);
	expect_result(store, m, "notify", 0, 0, 1);
	expect_result(store, m, "add", 0, 0, 5);
	expect_result(store, m, "add", 5, 0, 1);
	engine_store_free(store);
}

Test(wait, notify_wakes_as_many_as_it_says)
{
	engine_store_t *store = new_store();
	engine_memory_t *memory = make_memory(store);
	engine_instance_t *m = instantiate(store, "shared", resolve, memory);
	struct worker workers[3] = {0};
	for (int i = 0; i < 3; i++) {
		workers[i] = (struct worker){.function = "wait32", .n = 3, .args = {64, 0, UINT64_MAX}};
		start(&workers[i], memory);
	}
	/* Somebody who waits elsewhere is not woken. */
	struct worker other = {.function = "wait32", .n = 3, .args = {68, 0, UINT64_MAX}};
	start(&other, memory);
	unsigned woken = 0;
	while (woken < 3) {
		union engine_value n[1];
		struct engine_error error;
		cr_assert_eq(call(store, m, "notify", ARGS(64, woken < 2 ? 2 - woken : 1), n, &error), ENGINE_OK);
		cr_assert(n[0].i32 <= (woken < 2 ? 2 - woken : 1));
		woken += n[0].i32;
		usleep(1000);
	}
	for (int i = 0; i < 3; i++) {
		finish(&workers[i]);
		cr_assert_eq(workers[i].kind, ENGINE_OK);
		cr_assert_eq(workers[i].result.i32, EQUAL);
	}
	expect_result(store, m, "notify", 0, 64, UINT32_MAX);
	for (union engine_value n[1] = {{0}}; n[0].i32 == 0; usleep(1000)) {
		struct engine_error error;
		cr_assert_eq(call(store, m, "notify", ARGS(68, UINT32_MAX), n, &error), ENGINE_OK);
	}
	finish(&other);
	engine_store_free(store);
}

Test(wait, can_be_interrupted)
{
	engine_store_t *store = new_store();
	engine_memory_t *memory = make_memory(store);
	struct worker w = {.function = "wait32", .n = 3, .args = {0, 0, UINT64_MAX}};
	start(&w, memory);
	usleep(20000);
	engine_interrupt(w.store);
	finish(&w);
	cr_assert_eq(w.kind, ENGINE_TRAP);
	cr_assert(!strncmp(w.error.message, "interrupted", 11), "%s", w.error.message);
	engine_store_free(store);
}

Test(shared, additions_of_all_threads_count)
{
	enum { THREADS = 4, TIMES = 20000 };
	engine_store_t *store = new_store();
	engine_memory_t *memory = make_memory(store);
	engine_instance_t *m = instantiate(store, "shared", resolve, memory);
	struct worker workers[THREADS];
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.function = "count_up", .n = 2, .args = {1024, TIMES}};
		start(&workers[i], memory);
	}
	for (int i = 0; i < THREADS; i++) {
		finish(&workers[i]);
		cr_assert_eq(workers[i].kind, ENGINE_OK);
	}
	expect_result(store, m, "load", THREADS * TIMES, 1024);
	engine_store_free(store);
}

Test(shared, growth_is_seen_by_all_stores)
{
	engine_store_t *store = new_store();
	engine_memory_t *memory = make_memory(store);
	engine_instance_t *m = instantiate(store, "shared", resolve, memory);
	expect_trap(store, m, "load", "out of bounds memory access", 2 * 65536);
	struct worker w = {.function = "grow", .n = 1, .args = {2}};
	start(&w, memory);
	finish(&w);
	cr_assert_eq(w.result.i32, 1);
	expect_result(store, m, "size", 3, 0);
	expect_result(store, m, "load", 0, 3 * 65536 - 4);
	expect_trap(store, m, "load", "out of bounds memory access", 3 * 65536 - 3);
	expect_result(store, m, "grow", UINT32_MAX, 2);
	engine_store_free(store);
}

Test(shared, lives_as_long_as_one_of_its_stores)
{
	engine_store_t *first = new_store(), *second = new_store();
	engine_memory_t *memory = make_memory(first);
	cr_assert(engine_memory_share(second, memory));
	cr_assert(engine_memory_share(second, memory)); /* once more is the same */
	engine_instance_t *m = instantiate(second, "shared", resolve, memory);
	engine_store_free(first);
	expect_result(second, m, "add", 0, 0, 7);
	expect_result(second, m, "load", 7, 0);
	engine_store_free(second);
}

Test(shared, needs_a_maximum_and_others_stay_private)
{
	engine_store_t *store = new_store(), *other = new_store();
	cr_assert_null(engine_memory_host(store, (struct engine_limits){.min = 1, .max = UINT64_MAX, .shared = true}));
	engine_memory_t *private = engine_memory_host(store, (struct engine_limits){.min = 1, .max = 4});
	cr_assert_not(engine_memory_share(other, private));
	/* An import that wants a shared memory takes no other. */
	engine_instance_t *instance;
	struct engine_error error;
	cr_assert_eq(engine_instantiate(store, load("shared"), resolve, private, &instance, &error), ENGINE_UNLINKABLE);
	engine_store_free(other);
	engine_store_free(store);
}
