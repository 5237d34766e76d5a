/* Runs what validates: every export of a module is called once with zeros, imports are answered with whatever type they
 * want. Feed it with small modules (those that the spec scripts convert to) so that mutations stay valid. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_VALUES = 64, MILLISECONDS = 20 };

static engine_store_t *volatile running;
static timer_t timer;

/* A loop without end is interrupted, and so is waiting, which takes no time of the processor. */
static void on_alarm(int signal_number)
{
	(void)signal_number;
	if (running)
		engine_interrupt(running);
}

static enum engine_error_kind answer_zeros(struct engine_caller *caller, union engine_value *values)
{
	const size_t *n_results = caller->data;
	memset(values, 0, *n_results * sizeof *values);
	return ENGINE_OK;
}

/* Host functions need to know how many results to give; numbers up to the limit stand here. */
static size_t counts[MAX_VALUES + 1];

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	engine_store_t *store = user;
	ret_extern->kind = import->kind;
	switch (import->kind) {
	case ENGINE_EXTERN_FUNC:
		if (import->func.result_values > MAX_VALUES)
			return false;
		ret_extern->u.func = engine_func_host(store, &import->func, answer_zeros, &counts[import->func.result_values]);
		return ret_extern->u.func;
	case ENGINE_EXTERN_TABLE:
		if (import->limits.min > 1000)
			return false;
		ret_extern->u.table = engine_table_host(store, import->value_type, import->limits);
		return ret_extern->u.table;
	case ENGINE_EXTERN_MEMORY:
		if (import->limits.min > 100)
			return false;
		ret_extern->u.memory = engine_memory_host(store, import->limits);
		return ret_extern->u.memory;
	case ENGINE_EXTERN_TAG:
		ret_extern->u.tag = engine_tag_host(store, &import->func);
		return ret_extern->u.tag;
	case ENGINE_EXTERN_GLOBAL:
		ret_extern->u.global = engine_global_host(store, import->value_type, import->mutable_, (union engine_value){.bits = 0});
		return ret_extern->u.global;
	}
	return false;
}

/* ---- the export section, read a second time: the engine looks exports up by name only ---- */

struct bytes {
	const uint8_t *at, *end;
};

static uint32_t read_u32(struct bytes *bytes)
{
	uint32_t value = 0;
	for (unsigned shift = 0; bytes->at < bytes->end && shift < 35; shift += 7) {
		uint8_t byte = *bytes->at++;
		value |= (uint32_t)(byte & 0x7f) << (shift & 31);
		if (!(byte & 0x80))
			break;
	}
	return value;
}

static struct bytes find_exports(const uint8_t *data, size_t size)
{
	struct bytes all = {data + 8, data + size};
	while (all.at < all.end) {
		uint8_t id = *all.at++;
		uint32_t len = read_u32(&all);
		if (len > (size_t)(all.end - all.at))
			break;
		if (id == 7)
			return (struct bytes){all.at, all.at + len};
		all.at += len;
	}
	return (struct bytes){data, data};
}

static void call_exports(engine_store_t *store, engine_instance_t *instance, struct bytes exports)
{
	uint32_t count = read_u32(&exports);
	for (uint32_t i = 0; i < count && i < 32 && exports.at < exports.end; i++) {
		static union engine_value args[MAX_VALUES], results[MAX_VALUES];
		struct engine_extern export;
		struct engine_error error;
		uint32_t len = read_u32(&exports);
		if (len > (size_t)(exports.end - exports.at))
			return;
		const char *name = (const char *)exports.at;
		exports.at += len;
		if (exports.at < exports.end)
			exports.at++;
		read_u32(&exports);
		if (!engine_export(instance, name, len, &export) || export.kind != ENGINE_EXTERN_FUNC)
			continue;
		struct engine_functype type = engine_func_type(export.u.func);
		memset(args, 0, sizeof args);
		if (type.param_values <= MAX_VALUES && type.result_values <= MAX_VALUES)
			engine_call(store, export.u.func, args, results, &error);
	}
}

static void run(engine_module_t *module, const uint8_t *data, size_t size)
{
	/* The size chooses how memory is checked, and whether garbage is collected all the time, so that all ways are tried. */
	struct engine_config config = {.stack_bytes = 1 << 18, .max_memory = 1 << 24, .max_heap = 1 << 22,
				       .no_guard_pages = size & 1, .collect_always = size & 2};
	engine_module_set_features(module, ENGINE_FEATURE_LEGACY_EXCEPTIONS);
	engine_store_t *store = engine_store_new(&config);
	engine_instance_t *instance;
	struct engine_error error;
	if (!store)
		return;
	const struct itimerspec on = {{0, MILLISECONDS * 1000000}, {0, MILLISECONDS * 1000000}}, off = {{0, 0}, {0, 0}};
	running = store;
	timer_settime(timer, 0, &on, NULL);
	if (engine_instantiate(store, module, resolve, store, &instance, &error) == ENGINE_OK)
		call_exports(store, instance, find_exports(data, size));
	timer_settime(timer, 0, &off, NULL);
	running = NULL;
	engine_store_free(store);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i <= MAX_VALUES; i++)
		counts[i] = i;
	signal(SIGUSR1, on_alarm);
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	engine_module_t *module = NULL;
	struct engine_error error;
	if (engine_module_load(data, size, &module, &error) != ENGINE_OK)
		return 0;
	run(module, data, size);
	engine_module_free(module);
	return 0;
}
