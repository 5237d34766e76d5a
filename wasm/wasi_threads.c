#include "wasi_threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

enum { NATIVE_STACK = 1 << 20 }; /* for host functions; the interpreter has a stack of its own */

/* What goes to the new thread. */
struct start {
	struct wasi_threads *threads;
	struct wasi_thread thread;
	uint32_t id, argument;
};

static const char entry_name[] = "wasi_thread_start";

static engine_func_t *entry_of(engine_instance_t *instance)
{
	struct engine_extern e;
	if (!engine_export(instance, entry_name, sizeof(entry_name) - 1, &e) || e.kind != ENGINE_EXTERN_FUNC)
		return NULL;
	struct engine_functype type = engine_func_type(e.u.func);
	bool fits = type.n_params == 2 && type.n_results == 0 && type.params[0] == ENGINE_I32 &&
		    type.params[1] == ENGINE_I32;
	return fits ? e.u.func : NULL;
}

static void *run_thread(void *user)
{
	struct start *start = user;
	struct wasi_threads *threads = start->threads;
	const union engine_value args[] = {{.i32 = start->id}, {.i32 = start->argument}};
	struct engine_error error;
	engine_func_t *entry = entry_of(start->thread.instance);
	enum engine_error_kind kind = engine_call(start->thread.store, entry, args, NULL, &error);
	if (kind != ENGINE_OK)
		threads->host.failed(threads->host.user, &start->thread, kind, &error);
	threads->host.end(threads->host.user, &start->thread);
	free(start);
	atomic_fetch_sub(&threads->running, 1);
	return NULL;
}

/* 0, or an error; *start is owned by the thread then. */
static wasi_errno_t launch(struct start *start)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, NATIVE_STACK);
	int error = pthread_create(&thread, &attributes, run_thread, start);
	pthread_attr_destroy(&attributes);
	return error ? WASI_ERRNO_AGAIN : WASI_ERRNO_SUCCESS;
}

/* Begins a thread that has its place among `most` already. */
static wasi_errno_t begin(struct wasi_threads *threads, uint32_t argument, uint32_t *ret_id)
{
	struct start *start = calloc(1, sizeof(*start));
	if (!start)
		return WASI_ERRNO_NOMEM;
	*start = (struct start){.threads = threads, .argument = argument};
	start->id = *ret_id = atomic_fetch_add(&threads->last_id, 1) + 1;
	wasi_errno_t error = WASI_ERRNO_NOMEM;
	if (start->id > WASI_THREADS_LAST_ID) {
		atomic_store(&threads->last_id, WASI_THREADS_LAST_ID);
		error = WASI_ERRNO_AGAIN;
	} else if (threads->host.begin(threads->host.user, &start->thread)) {
		error = launch(start);
		if (error)
			threads->host.end(threads->host.user, &start->thread);
	}
	if (error)
		free(start);
	return error;
}

static enum engine_error_kind thread_spawn(struct engine_caller *caller, union engine_value *values)
{
	struct wasi_threads *threads = caller->data;
	if (!caller->instance || !entry_of(caller->instance))
		return engine_trap(caller, "thread-spawn: the module exports no function wasi_thread_start (i32, i32)");
	uint32_t id = 0;
	wasi_errno_t error = WASI_ERRNO_AGAIN;
	if (atomic_fetch_add(&threads->running, 1) < threads->most)
		error = begin(threads, values[0].i32, &id);
	if (error)
		atomic_fetch_sub(&threads->running, 1);
	values[0] = (union engine_value){.i32 = error ? -(uint32_t)error : id};
	return ENGINE_OK;
}

engine_func_t *wasi_threads_spawn_func(struct wasi_threads *threads, engine_store_t *store)
{
	static const engine_type_t i32 = ENGINE_I32;
	const struct engine_functype type = {.n_params = 1, .n_results = 1, .params = &i32, .results = &i32};
	return engine_func_host(store, &type, thread_spawn, threads);
}
