#include "wasm_link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ending.h"
#include "samples.h"
#include "wasm_stats.h"

/* ---- loading ---- */

void wasm_load(struct wasm_module *module, const char *path, int fd, unsigned features)
{
	struct engine_error error;
	if (!module_file_open(fd, path, &module->file))
		cli_die(CLI_FAILED, "%s: %s", path, strerror(errno));
	if (module_file_load(&module->file, &module->module, &error) != ENGINE_OK) {
		module_file_complain(&module->file, &error, true);
		exit(CLI_FAILED);
	}
	engine_module_set_features(module->module, features);
}

void wasm_load_preloads(struct wasm_program *program, const struct run_options *o)
{
	program->preloads = cli_alloc(o->n_preloads * sizeof(*program->preloads));
	for (size_t i = 0; i < o->n_preloads; i++) {
		const char *text = o->preloads[i], *equals = strchr(text, '=');
		if (!equals || !equals[1])
			cli_die(CLI_FAILED, "--preload %s: write NAME=FILE, the name that other modules import from and the module", text);
		struct wasm_module *preload = &program->preloads[program->n_preloads++];
		preload->name = cli_copy_n(text, (size_t)(equals - text));
		int fd = open(equals + 1, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			cli_die(CLI_FAILED, "--preload %s: %s", text, strerror(errno));
		wasm_load(preload, equals + 1, fd, o->wasm_features);
	}
}

/* ---- imports ---- */

static bool equals(const char *bytes, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(bytes, text, len) == 0;
}

/* A shared memory that nobody preloaded exports is made here, as toolchains for threads expect. The first store makes
 * it, by the first type that is asked for; threads begin afterwards. */
static engine_memory_t *shared_memory(struct wasm_linked *l, const struct engine_import_type *import)
{
	struct wasm_shared *s = l->program->shared;
	while (s && !(s->module_len == import->module_len && !memcmp(s->module, import->module, s->module_len) &&
		      s->name_len == import->name_len && !memcmp(s->name, import->name, s->name_len)))
		s = s->next;
	if (s)
		return engine_memory_share(l->store, s->memory) ? s->memory : NULL;
	engine_memory_t *memory = engine_memory_host(l->store, import->limits);
	if (!memory)
		return NULL;
	s = cli_alloc(sizeof(*s));
	*s = (struct wasm_shared){ .next = l->program->shared, .memory = memory, .module = import->module,
				   .module_len = import->module_len, .name = import->name, .name_len = import->name_len };
	l->program->shared = s;
	return memory;
}

/* The latest of that name counts, as with any repeated option. */
static engine_instance_t *find_preloaded(const struct wasm_linked *l, const struct engine_import_type *import)
{
	for (size_t i = l->n_preloaded; i-- > 0;) {
		if (equals(import->module, import->module_len, l->program->preloads[i].name))
			return l->preloaded[i];
	}
	return NULL;
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct wasm_linked *l = user;
	int module_len = (int)import->module_len, name_len = (int)import->name_len;
	engine_instance_t *preloaded = find_preloaded(l, import);
	if (preloaded) {
		if (engine_export(preloaded, import->name, import->name_len, ret_extern))
			return true;
		snprintf(l->missing, sizeof(l->missing), "the preloaded module \"%.*s\" exports no \"%.*s\"", module_len,
			 import->module, name_len, import->name);
		return false;
	}
	if (wasi_imports_resolve(&l->wasi, import, ret_extern))
		return true;
	if (l->wasi.refusal[0]) {
		snprintf(l->missing, sizeof(l->missing), "%s", l->wasi.refusal);
		return false;
	}
	if (import->kind == ENGINE_EXTERN_FUNC && equals(import->module, import->module_len, WASI_THREADS_MODULE) &&
	    equals(import->name, import->name_len, "thread-spawn")) {
		*ret_extern = (struct engine_extern){ .kind = ENGINE_EXTERN_FUNC,
						      .u.func = wasi_threads_spawn_func(&l->program->threads, l->store) };
		return ret_extern->u.func;
	}
	if (import->kind == ENGINE_EXTERN_MEMORY && import->limits.shared) {
		*ret_extern = (struct engine_extern){ .kind = ENGINE_EXTERN_MEMORY, .u.memory = shared_memory(l, import) };
		if (ret_extern->u.memory)
			return true;
		snprintf(l->missing, sizeof(l->missing), "no shared memory of %" PRIu64 " to %" PRIu64 " pages for %.*s.%.*s",
			 import->limits.min, import->limits.max, module_len, import->module, name_len, import->name);
		return false;
	}
	snprintf(l->missing, sizeof(l->missing), "no module \"%.*s\" to import \"%.*s\" from; --preload %.*s=FILE brings one",
		 module_len, import->module, name_len, import->name, module_len, import->module);
	return false;
}

/* ---- instances ---- */

/* A module that others import from is a reactor or has nothing to initialise; a command's _start is not called. */
static enum engine_error_kind initialise(struct wasm_linked *l, engine_instance_t *instance, struct engine_error *ret_error)
{
	struct engine_extern export;
	if (!engine_export(instance, "_initialize", 11, &export) || export.kind != ENGINE_EXTERN_FUNC)
		return ENGINE_OK;
	struct engine_functype type = engine_func_type(export.u.func);
	return type.n_params || type.n_results ? ENGINE_OK : engine_call(l->store, export.u.func, NULL, NULL, ret_error);
}

enum engine_error_kind wasm_link(struct wasm_program *program, struct wasm_linked *l, struct engine_error *ret_error)
{
	*l = (struct wasm_linked){ .program = program, .at = &program->main, .store = engine_store_new(&program->config),
				   .wasi = program->wasi };
	l->wasi.store = l->store;
	l->preloaded = calloc(program->n_preloads + 1, sizeof(*l->preloaded));
	if (!l->store || !l->preloaded) {
		*ret_error = (struct engine_error){ ENGINE_NOMEM, SIZE_MAX, "out of memory" };
		return ENGINE_NOMEM;
	}
	samples_of(l->store);
	ending_watch(l->store);
	for (size_t i = 0; i < program->n_preloads; i++) {
		const struct wasm_module *preload = &program->preloads[i];
		l->at = preload;
		enum engine_error_kind kind =
			engine_instantiate(l->store, preload->module, resolve, l, &l->preloaded[i], ret_error);
		if (kind == ENGINE_OK)
			kind = initialise(l, l->preloaded[i], ret_error);
		if (kind != ENGINE_OK)
			return kind;
		l->n_preloaded++;
	}
	l->at = &program->main;
	return engine_instantiate(l->store, program->main.module, resolve, l, &l->instance, ret_error);
}

/* ---- threads ---- */

static void end_thread(void *user, struct wasi_thread *thread)
{
	(void)user;
	struct wasm_linked *l = thread->user;
	wasm_stats_keep(l);
	engine_store_free(l->store);
	free(l->preloaded);
	free(l);
}

static bool begin_thread(void *user, struct wasi_thread *ret_thread)
{
	struct wasm_linked *l = malloc(sizeof(*l));
	struct engine_error error;
	if (!l)
		return false;
	enum engine_error_kind kind = wasm_link(user, l, &error);
	*ret_thread = (struct wasi_thread){ l->store, l->instance, l };
	if (kind != ENGINE_OK)
		end_thread(user, ret_thread);
	return kind == ENGINE_OK;
}

static void thread_failed(void *user, struct wasi_thread *thread, enum engine_error_kind kind, const struct engine_error *error)
{
	(void)user;
	struct wasm_linked *l = thread->user;
	int status = wasm_outcome(l, kind, error);
	wasm_stats_keep(l);
	atomic_fetch_sub(&l->program->threads.running, 1); /* nobody needs to wait for it */
	ending_end(status);
}

void wasm_allow_threads(struct wasm_program *program, uint64_t most)
{
	program->threads = (struct wasi_threads){
		.host = { program, begin_thread, end_thread, thread_failed },
		.most = most < WASI_THREADS_MOST ? (uint32_t)most : WASI_THREADS_MOST,
	};
}

/* ---- outcomes ---- */

/* The file that a frame's module was in. */
static const struct module_file *file_of(const struct wasm_program *program, const engine_module_t *module)
{
	for (size_t i = 0; i < program->n_preloads; i++) {
		if (program->preloads[i].module == module)
			return &program->preloads[i].file;
	}
	return &program->main.file;
}

static void print_backtrace(const struct wasm_linked *l)
{
	struct engine_frame frames[64];
	size_t total = engine_backtrace(l->store, frames, sizeof(frames) / sizeof(frames[0]));
	size_t n = total < 64 ? total : 64;
	for (size_t i = 0; i < n; i++) {
		fprintf(stderr, "  %2zu: ", i);
		if (frames[i].name)
			fprintf(stderr, "%.*s", (int)frames[i].name_len, frames[i].name);
		else
			fprintf(stderr, "function %" PRIu32, frames[i].func_index);
		char place[48];
		module_file_place(file_of(l->program, frames[i].module), frames[i].offset, place);
		fprintf(stderr, " @ %s\n", place);
	}
	if (total > n)
		fprintf(stderr, "  … %zu more\n", total - n);
}

int wasm_outcome(const struct wasm_linked *l, enum engine_error_kind kind, const struct engine_error *error)
{
	const struct module_file *file = &l->at->file;
	if (ending_asked())
		return 0; /* which nobody will hear of */
	switch (kind) {
	case ENGINE_OK:
		return 0;
	case ENGINE_EXIT:
		return (int)(engine_exit_code(l->store) & 0xff);
	case ENGINE_TRAP:
	case ENGINE_EXCEPTION:
		fflush(stdout);
		cli_complain("%s: %s%s", file->name, kind == ENGINE_TRAP ? "trap: " : "", error->message);
		print_backtrace(l);
		return CLI_TRAP;
	default:
		if (kind == ENGINE_UNLINKABLE && l->missing[0])
			cli_complain("%s: cannot be linked: %s", file->name, l->missing);
		else
			module_file_complain(file, error, kind != ENGINE_NOMEM);
		return CLI_FAILED;
	}
}
