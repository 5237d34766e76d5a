/* A map for perf(1): see perf_map.h.
 *
 * perf names the addresses in call chains by the executable mapping they lie in; if that is of no file, by the lines of
 * /tmp/perf-PID.map. So there is such a mapping, of nothing: no function is ever at its address. */
#include "perf_map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FUNCTION_BYTES = 16, WITHIN = 8 /* where a return address points */ };

struct named {
	const char *name; /* NULL: none */
	size_t len;
};

/* The addresses of a module's functions, by their index. Imported ones have addresses, too, which are never used. */
struct range {
	const engine_module_t *module;
	uint32_t n_funcs, n_imported;
	uintptr_t start;
	struct named *names; /* only until they are written */
};

static struct range *ranges;
static size_t n_ranges;

static uint64_t address_of(void *user, const engine_module_t *module, uint32_t func_index)
{
	(void)user;
	for (size_t i = 0; i < n_ranges; i++) {
		if (ranges[i].module == module)
			return ranges[i].start + (uintptr_t)func_index * FUNCTION_BYTES + WITHIN;
	}
	return 0;
}

static bool keep_name(void *user, uint32_t func_index, const char *name, size_t len)
{
	struct range *range = user;
	if (func_index < range->n_funcs && len)
		range->names[func_index] = (struct named){ name, len };
	return true;
}

static void add_range(const engine_module_t *module)
{
	struct range *range = &ranges[n_ranges++];
	*range = (struct range){ .module = module };
	for (size_t i = 0; i < engine_module_n_imports(module); i++) {
		struct engine_import_type import;
		engine_module_import(module, i, &import);
		range->n_imported += import.kind == ENGINE_EXTERN_FUNC;
	}
	range->n_funcs = range->n_imported + (uint32_t)engine_module_n_funcs(module);
	range->names = cli_alloc((size_t)range->n_funcs * sizeof(*range->names));
	engine_func_names(module, keep_name, range);
}

static void write_range(const struct range *range, FILE *out)
{
	for (uint32_t i = range->n_imported; i < range->n_funcs; i++) {
		const struct named *named = &range->names[i];
		fprintf(out, "%" PRIxPTR " %x ", range->start + (uintptr_t)i * FUNCTION_BYTES, FUNCTION_BYTES);
		for (size_t k = 0; k < named->len; k++) /* a line each, whatever is in it */
			fputc((unsigned char)named->name[k] < ' ' ? '?' : named->name[k], out);
		if (!named->name)
			fprintf(out, "function[%" PRIu32 "]", i);
		fputc('\n', out);
	}
}

/* Another process that had this number may have left a file; anybody may write to /tmp, so nothing that is there is opened. */
static FILE *create(const char *file)
{
	if (unlink(file) < 0 && errno != ENOENT)
		cli_die(CLI_FAILED, "--perf-map: %s is there and cannot be removed: %s", file, strerror(errno));
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		cli_die(CLI_FAILED, "--perf-map: %s: %s", file, strerror(errno));
	return out;
}

void perf_map_write(struct wasm_program *program)
{
	if (!engine_can_show_frames())
		cli_die(CLI_FAILED, "--perf-map: this build of the engine cannot show its frames to perf: it takes x86-64 and "
				    "-Dengine_dispatch=tail; --samples works everywhere");
	ranges = cli_alloc((program->n_preloads + 1) * sizeof(*ranges));
	for (size_t i = 0; i < program->n_preloads; i++)
		add_range(program->preloads[i].module);
	add_range(program->main.module);
	size_t bytes = 0;
	for (size_t i = 0; i < n_ranges; i++)
		bytes += (size_t)ranges[i].n_funcs * FUNCTION_BYTES;
	void *nothing = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (nothing == MAP_FAILED)
		cli_die(CLI_FAILED, "--perf-map: no addresses for the functions: %s", strerror(errno));
	char file[64];
	snprintf(file, sizeof(file), "/tmp/perf-%ld.map", (long)getpid());
	FILE *out = create(file);
	uintptr_t start = (uintptr_t)nothing;
	for (size_t i = 0; i < n_ranges; i++) {
		struct range *range = &ranges[i];
		range->start = start;
		start += (uintptr_t)range->n_funcs * FUNCTION_BYTES;
		write_range(range, out);
		free(range->names);
		range->names = NULL;
	}
	if (ferror(out) | fclose(out))
		cli_die(CLI_FAILED, "--perf-map: %s: %s", file, strerror(errno));
	program->config.address_of = address_of;
}
