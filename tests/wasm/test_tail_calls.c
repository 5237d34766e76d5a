/* Tail calls: constant stack within an instance, across instances and to host functions. */
#include <pthread.h>
#include <unistd.h>

#include "support.h"

static enum engine_error_kind take(struct engine_caller *caller, union engine_value *values)
{
	cr_assert_not_null(caller->instance);
	values[0].i64 = values[0].i32 * 100 + values[1].i64;
	return ENGINE_OK;
}

static bool resolve_take(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &import->func, take, NULL);
	return true;
}

static bool resolve_export(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	return engine_export(user, import->name, import->name_len, ret_extern);
}

/* A stack on which a thousand frames would not fit. */
static engine_store_t *small_store(void)
{
	return new_store_with((struct engine_config){.stack_bytes = 4096});
}

Test(tail_calls, a_million_on_a_page_of_stack)
{
	engine_store_t *store = small_store();
	engine_instance_t *m = instantiate(store, "tail", resolve_take, store);
	expect_result(store, m, "even", 1, 1000000);
	expect_result(store, m, "even", 0, 1000001);
	engine_store_free(store);
}

Test(tail_calls, host_function_takes_the_frame)
{
	engine_store_t *store = small_store();
	engine_instance_t *m = instantiate(store, "tail", resolve_take, store);
	expect_result(store, m, "to_host", 542, 42);
	engine_store_free(store);
}

Test(tail_calls, between_instances_each_with_its_memory)
{
	engine_store_t *store = small_store();
	engine_instance_t *m = instantiate(store, "tail", resolve_take, store);
	instantiate(store, "tail_peer", resolve_export, m);
	expect_result(store, m, "ping_pong", 2000000000 + 500000 * 5, 1000000);
	expect_result(store, m, "ping_pong", 2000000000 + 2, 1);
	engine_store_free(store);
}

static void *interrupt_soon(void *store)
{
	usleep(50000);
	engine_interrupt(store);
	return NULL;
}

Test(tail_calls, endless_ones_can_be_interrupted)
{
	engine_store_t *store = small_store();
	engine_instance_t *m = instantiate(store, "tail", resolve_take, store);
	pthread_t thread;
	cr_assert_eq(pthread_create(&thread, NULL, interrupt_soon, store), 0);
	expect_trap(store, m, "forever", "interrupted", 0);
	pthread_join(thread, NULL);
	engine_store_free(store);
}

Test(tail_calls, backtrace_has_the_callee_alone)
{
	engine_store_t *store = small_store();
	engine_instance_t *m = instantiate(store, "tail", resolve_take, store);
	expect_trap(store, m, "trap", "unreachable", 0);
	struct engine_frame frames[4];
	cr_assert_eq(engine_backtrace(store, frames, 4), 1);
	cr_assert_eq(frames[0].name_len, 4);
	cr_assert(!memcmp(frames[0].name, "deep", 4));
	engine_store_free(store);
}
