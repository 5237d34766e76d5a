/* A module with what it needs: modules preloaded for it, its imports, its threads. */
#ifndef WASIWARD_WASM_LINK_H
#define WASIWARD_WASM_LINK_H

#include "cli.h"
#include "engine.h"
#include "module_file.h"
#include "wasi_imports.h"
#include "wasi_threads.h"

struct wasm_module {
	const char *name; /* that others import from, if it is preloaded */
	struct module_file file;
	engine_module_t *module;
};

/* A program that several stores have instances of. Lives as long as the process. */
struct wasm_program {
	struct wasm_module main;
	struct wasi_imports wasi; /* for every store to copy; has none itself */
	struct wasm_module *preloads; /* instantiated before it, for others to import from */
	size_t n_preloads;
	struct engine_config config;
	struct wasi_threads threads;
	/* The shared memories that the modules import: made for the first store, put into those of the threads. */
	struct wasm_shared {
		struct wasm_shared *next;
		engine_memory_t *memory;
		size_t module_len, name_len;
		const char *module, *name;
	} *shared;
};

/* An instance of it in a store of its own. */
struct wasm_linked {
	struct wasm_program *program;
	engine_store_t *store;
	engine_instance_t *instance;
	engine_instance_t **preloaded;
	size_t n_preloaded;
	struct wasi_imports wasi;
	const struct wasm_module *at; /* the one that was linked last, for messages */
	char missing[256]; /* why an import could not be answered; empty if it was another thing */
};

/* Loads a module from an open file, which is closed, or ends the process (125). features: see engine_module_set_features. */
void wasm_load(struct wasm_module *module, const char *path, int fd, unsigned features);

/* Opens and loads what the options preload; ends the process on mistakes (125). For before the wall. */
void wasm_load_preloads(struct wasm_program *program, const struct run_options *options);

/* Lets the program start at most that many threads besides its first. */
void wasm_allow_threads(struct wasm_program *program, uint64_t most);

/* Makes a store and instantiates the preloaded modules in it, in order, and then the program. *ret_linked must stay in
 * place. Returns what engine_instantiate returns, and NOMEM. */
enum engine_error_kind wasm_link(struct wasm_program *program, struct wasm_linked *ret_linked, struct engine_error *ret_error);

/* What a finished call or a failed link means for the exit status; prints what went wrong. */
int wasm_outcome(const struct wasm_linked *linked, enum engine_error_kind kind, const struct engine_error *error);

#endif
