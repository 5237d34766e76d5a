/* Runs one module and prints everything it leaves behind, for comparison between builds of the engine: a program's output,
 * or, of a module without _start, the results of its exported functions f0, f1, …, its globals and its memory.
 * --fused prints the names of all fused instructions instead, --dump MODULE what all functions of the module are compiled to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "engine.h"
#include "ir.h"

#if !defined(COUNT)
#define COUNT false
#endif

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

/* Just enough of WASI for programs that print. */
static enum engine_error_kind host(struct engine_caller *caller, union engine_value *values)
{
	const char *name = caller->data;
	if (!strcmp(name, "proc_exit"))
		return engine_exit(caller, values[0].bits & UINT32_MAX);
	if (!strcmp(name, "fd_write")) {
		uint32_t total = 0, iovs = (uint32_t)values[1].bits, n = (uint32_t)values[2].bits;
		for (uint32_t i = 0; i < n; i++) {
			const uint8_t *iov = caller->memory + iovs + 8 * i;
			total += (uint32_t)fwrite(caller->memory + get32(iov), 1, get32(iov + 4), stdout);
		}
		memcpy(caller->memory + (uint32_t)values[3].bits, &total, sizeof(total));
	}
	values[0].bits = 0;
	return ENGINE_OK;
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret)
{
	char *name = strndup(import->name, import->name_len);
	if (!name || import->kind != ENGINE_EXTERN_FUNC)
		abort();
	ret->kind = ENGINE_EXTERN_FUNC;
	ret->u.func = engine_func_host(user, &import->func, host, name);
	return ret->u.func != NULL;
}

static void run_functions(engine_store_t *store, engine_instance_t *instance)
{
	static const uint64_t args[][2] = {{0, 0}, {1, 1000}, {0xfffffff0, UINT64_MAX}, {123456789, 1ull << 40}};
	struct engine_extern e;
	struct engine_error error;
	char name[16];
	for (int i = 0; snprintf(name, sizeof(name), "f%d", i), engine_export(instance, name, strlen(name), &e); i++) {
		for (size_t k = 0; k < sizeof(args) / sizeof(*args); k++) {
			union engine_value values[2] = {{.bits = args[k][0]}, {.bits = args[k][1]}}, result = {.bits = 0};
			enum engine_error_kind kind = engine_call(store, e.u.func, values, &result, &error);
			printf("%s %zu: %d %llx %s\n", name, k, kind, (unsigned long long)result.bits,
			       kind == ENGINE_OK ? "" : error.message);
		}
	}
	static const char *const globals[] = {"g", "fuel"};
	for (int i = 0; i < 2; i++)
		if (engine_export(instance, globals[i], strlen(globals[i]), &e))
			printf("%s %llx\n", globals[i], (unsigned long long)engine_global_get(e.u.global).bits);
	if (!engine_export(instance, "memory", 6, &e))
		return;
	uint64_t bytes, sum = 0;
	const uint8_t *data = engine_memory_data(e.u.memory, &bytes);
	for (uint64_t i = 0; i < bytes; i++)
		sum = (sum ^ data[i]) * 1099511628211u;
	printf("memory %llx\n", (unsigned long long)sum);
}

static int print_fused(void)
{
	for (uint32_t id = IR_FUSED; id < IR_CHAINS; id++)
		puts(ir_name(ir_handler(id)));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--fused"))
		return print_fused();
	bool dump = argc == 3 && !strcmp(argv[1], "--dump");
	FILE *f = argc == 2 || dump ? fopen(argv[argc - 1], "rb") : NULL;
	size_t room = 1 << 22;
	void *bytes = malloc(room);
	if (!f || !bytes)
		return 2;
	size_t len = fread(bytes, 1, room, f);
	fclose(f);
	engine_module_t *module;
	engine_instance_t *instance;
	struct engine_error error;
	struct engine_extern start;
	engine_store_t *store = engine_store_new(&(struct engine_config){.count_instructions = COUNT});
	if (!store || engine_module_load(bytes, len, &module, &error) != ENGINE_OK ||
	    engine_instantiate(store, module, resolve, store, &instance, &error) != ENGINE_OK) {
		fprintf(stderr, "%s\n", store ? error.message : "no store");
		return 2;
	}
	if (dump) {
		size_t first = engine_module_n_imports(module); /* all of them functions */
		for (size_t i = 0; i < engine_module_n_funcs(module); i++)
			engine_dump_function(instance, (uint32_t)(first + i), stdout);
	} else if (engine_export(instance, "_start", 6, &start)) {
		enum engine_error_kind kind = engine_call(store, start.u.func, NULL, NULL, &error);
		printf("ended with %d\n", kind == ENGINE_EXIT ? ENGINE_OK : kind);
	} else {
		run_functions(store, instance);
	}
	fflush(stdout);
	_Exit(0);
}
