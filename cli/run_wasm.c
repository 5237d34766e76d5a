/* Running a WebAssembly module: the same policy, the engine instead of the shim. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "determined.h"
#include "ending.h"
#include "engine.h"
#include "explain.h"
#include "module_limits.h"
#include "perf_map.h"
#include "record.h"
#include "samples.h"
#include "wasm_link.h"
#include "wasm_stats.h"

/* What the trace callback needs. */
struct watch {
	const struct policy *policy;
	int fd; /* -1: standard error */
	int64_t clock_offset;
	pthread_mutex_t lock; /* calls come from all threads */
	struct explain_log log;
	/* For the functions behind the calls. */
	const engine_module_t *module;
	struct named { /* by index of the function; NULL: not looked up yet, "" if it has no name */
		const char *name;
		size_t len;
	} *names;
	size_t n_names;
};

static void print_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd < 0 ? STDERR_FILENO : fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nowhere to complain to */
		text += n;
		len -= (size_t)n;
	}
}

/* The first quoted text among a trace's parameters, which is the path if there is one; still escaped. */
static char *path_of(const char *args)
{
	const char *start = strstr(args, "=\"");
	if (!start)
		return NULL;
	start += 2;
	size_t len = 0;
	while (start[len] && start[len] != '"')
		len += start[len] == '\\' && start[len + 1] ? 2 : 1;
	return strndup(start, len);
}

static void explain_event(struct watch *w, const struct wasi_trace_event *e)
{
	struct denial d = { .call = e->name, .error = wasi_errno_name(e->error), .missing = e->missing };
	char *path = path_of(e->args);
	d.path = path;
	if (e->missing) {
		d.reason = DENIED_RIGHT;
		/* The preopens are 3, 4, … as wasi-libc expects; what was opened beneath them is not known here. */
		if (e->missing_fd >= 3 && e->missing_fd - 3 < w->policy->n_dirs)
			d.dir = &w->policy->dirs[e->missing_fd - 3];
		else if (w->policy->n_dirs == 1)
			d.dir = &w->policy->dirs[0];
	} else {
		d.reason = e->error == WASI_ERRNO_NOTCAPABLE ? DENIED_ESCAPE : DENIED_HOST;
	}
	if (explain_first(&w->log, &d)) {
		char text[2048];
		print_all(w->fd, text, explain_denial(&d, text, sizeof(text)));
	}
	free(path);
}

static bool is_denial(wasi_errno_t error)
{
	return error == WASI_ERRNO_NOTCAPABLE || error == WASI_ERRNO_ACCES || error == WASI_ERRNO_PERM;
}

/* A function's name, remembered: finding it means walking a section. */
static const struct named *name_of(struct watch *w, uint32_t func)
{
	if (func >= w->n_names) {
		size_t n = (size_t)func + 256;
		struct named *names = reallocarray(w->names, n, sizeof(*names));
		if (!names)
			cli_die(CLI_FAILED, "out of memory");
		memset(names + w->n_names, 0, (n - w->n_names) * sizeof(*names));
		w->names = names;
		w->n_names = n;
	}
	struct named *known = &w->names[func];
	if (!known->name && !engine_func_name(w->module, func, &known->name, &known->len))
		*known = (struct named){ "", 0 };
	return known;
}

/* What the program called: the innermost function that has a name and is no helper beneath wasi-libc's functions. NULL if none. */
static const struct named *function_behind(struct watch *w)
{
	static const char *const wrappers[] = { "__wasi", "__imported_wasi" };
	struct engine_frame frames[8];
	engine_store_t *store = engine_running();
	size_t n = store ? engine_callers(store, frames, sizeof(frames) / sizeof(frames[0])) : 0;
	for (size_t i = 0; i < n; i++) {
		if (frames[i].module != w->module)
			continue; /* a preloaded one */
		const struct named *found = name_of(w, frames[i].func_index);
		bool wrapper = !found->len;
		for (size_t k = 0; k < 2 && !wrapper; k++) {
			size_t len = strlen(wrappers[k]);
			wrapper = found->len >= len && !memcmp(found->name, wrappers[k], len);
		}
		if (!wrapper)
			return found;
	}
	return NULL;
}

static void on_call(void *user, const struct wasi_trace_event *e)
{
	struct watch *w = user;
	pthread_mutex_lock(&w->lock);
	if (w->policy->trace) {
		char line[8192];
		const struct named *behind = function_behind(w);
		print_all(w->fd, line, trace_format(e, w->clock_offset, 0, behind ? behind->name : NULL, behind ? behind->len : 0,
						    line, sizeof(line)));
	}
	if (w->policy->explain && is_denial(e->error))
		explain_event(w, e);
	pthread_mutex_unlock(&w->lock);
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static wasi_ctx_t *make_context(const struct run_options *o, const struct policy *p)
{
	wasi_ctx_t *ctx;
	size_t argc = 0;
	while (o->argv[argc])
		argc++;
	const char *saved = o->argv[0];
	if (o->argv0)
		o->argv[0] = (char *)(uintptr_t)o->argv0;
	static struct wasi_host host; /* must outlive the context */
	host = *wasi_host_linux();
	determined_install(&host, p);
	module_limits_install(&host, &o->rules.limits);
	/* wasi-libc's telldir has 32 bits, and some file systems' cookies 63. */
	const uint64_t descriptors = o->rules.limits.descriptors;
	const struct wasi_ctx_config config = { .host = &host,
						.max_fds = (wasi_fd_t)descriptors,
						.listing = p->sorted ? WASI_LISTING_SORTED : WASI_LISTING_COUNTED };
	wasi_errno_t error = wasi_ctx_new(&config, &ctx);
	if (!error)
		error = wasi_ctx_set_args(ctx, argc, (const char *const *)o->argv);
	if (!error)
		error = wasi_ctx_set_environ(ctx, o->rules.n_env, (const char *const *)o->rules.env);
	o->argv[0] = (char *)(uintptr_t)saved;
	wasi_fd_t fd;
	for (int i = 0; i < 3 && !error; i++) {
		error = wasi_ctx_add_fd(ctx, (wasi_fd_t)i, i, WASI_RIGHTS_ALL, 0, false, &fd);
		if (error == WASI_ERRNO_BADF)
			error = WASI_ERRNO_SUCCESS; /* closed for us, closed for the module */
	}
	for (size_t i = 0; i < p->n_dirs && !error; i++) {
		const struct policy_dir *d = &p->dirs[i];
		error = wasi_ctx_add_preopen(ctx, (wasi_fd_t)(3 + i), d->fd, d->guest, d->base, d->inheriting, &fd);
	}
	if (error)
		cli_die(CLI_FAILED, "cannot set up the module's world: %s", wasi_errno_text(error));
	return ctx;
}

static union engine_value parse_value(const char *function, const char *text, engine_type_t type)
{
	union engine_value v = { .bits = 0 };
	char *end;
	errno = 0;
	switch (type) {
	case ENGINE_I32: {
		long long n = strtoll(text, &end, 0);
		if (n < INT32_MIN || n > UINT32_MAX)
			errno = ERANGE;
		v.i32 = (uint32_t)n;
		break;
	}
	case ENGINE_I64:
		v.i64 = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
		break;
	case ENGINE_F32:
		v.f32 = strtof(text, &end);
		errno = 0; /* infinities and denormals are values */
		break;
	case ENGINE_F64:
		v.f64 = strtod(text, &end);
		errno = 0;
		break;
	default:
		cli_die(CLI_FAILED, "--invoke %s: takes a reference, which has no spelling here", function);
	}
	if (errno || end == text || *end)
		cli_die(CLI_FAILED, "--invoke %s: \"%s\" is not a number of the parameter's type", function, text);
	return v;
}

/* A vector is one number of 128 bits, in hexadecimal: 0x and up to 32 digits. Its lowest digits are lane 0. */
static void parse_vector(const char *function, const char *text, union engine_value ret_halves[2])
{
	size_t digits = strncmp(text, "0x", 2) ? 0 : strspn(text + 2, "0123456789abcdefABCDEF");
	if (digits < 1 || digits > 32 || text[2 + digits])
		cli_die(CLI_FAILED, "--invoke %s: \"%s\" is not a vector: 0x and up to 32 hexadecimal digits", function, text);
	char padded[33] = "00000000000000000000000000000000", upper[17] = "";
	memcpy(padded + 32 - digits, text + 2, digits);
	memcpy(upper, padded, 16);
	ret_halves[0].i64 = strtoull(padded + 16, NULL, 16);
	ret_halves[1].i64 = strtoull(upper, NULL, 16);
}

static void print_value(const union engine_value *at, engine_type_t type)
{
	union engine_value v = *at;
	switch (type) {
	case ENGINE_V128:
		printf("0x%016" PRIx64 "%016" PRIx64 "\n", at[1].i64, v.i64);
		break;
	case ENGINE_I32:
		printf("%" PRId32 "\n", (int32_t)v.i32);
		break;
	case ENGINE_I64:
		printf("%" PRId64 "\n", (int64_t)v.i64);
		break;
	case ENGINE_F32:
		printf("%.9g\n", (double)v.f32);
		break;
	case ENGINE_F64:
		printf("%.17g\n", v.f64);
		break;
	default:
		puts(v.external ? "reference" : "null");
	}
}

static int invoke(const struct run_options *o, const struct wasm_linked *linked)
{
	struct engine_extern export;
	struct engine_error error = { .offset = SIZE_MAX };
	if (!engine_export(linked->instance, o->invoke, strlen(o->invoke), &export) || export.kind != ENGINE_EXTERN_FUNC)
		cli_die(CLI_FAILED, "--invoke %s: the module exports no such function", o->invoke);
	struct engine_functype type = engine_func_type(export.u.func);
	size_t given = 0;
	while (o->argv[1 + given])
		given++;
	if (given != type.n_params)
		cli_die(CLI_FAILED, "--invoke %s: takes %" PRIu32 " arguments, %zu given", o->invoke, type.n_params, given);
	union engine_value *args = cli_alloc(type.param_values * sizeof(*args)), *arg = args;
	union engine_value *results = cli_alloc(type.result_values * sizeof(*results)), *result = results;
	for (uint32_t i = 0; i < type.n_params; i++) {
		if (type.params[i] == ENGINE_V128) {
			parse_vector(o->invoke, o->argv[1 + i], arg);
			arg += 2;
		} else {
			*arg++ = parse_value(o->invoke, o->argv[1 + i], type.params[i]);
		}
	}
	enum engine_error_kind kind = engine_call(linked->store, export.u.func, args, results, &error);
	for (uint32_t i = 0; kind == ENGINE_OK && i < type.n_results; i++) {
		print_value(result, type.results[i]);
		result += type.results[i] == ENGINE_V128 ? 2 : 1;
	}
	free(args);
	free(results);
	return wasm_outcome(linked, kind, &error);
}

/* _start of a command, _initialize of a reactor, or what --invoke names. */
static int run_instance(const struct run_options *o, const struct wasm_linked *linked)
{
	struct engine_extern export;
	struct engine_error error = { .offset = SIZE_MAX };
	bool has_start = engine_export(linked->instance, "_start", 6, &export) && export.kind == ENGINE_EXTERN_FUNC;
	if (has_start && !o->invoke) {
		enum engine_error_kind kind = engine_call(linked->store, export.u.func, NULL, NULL, &error);
		return wasm_outcome(linked, kind, &error);
	}
	if (engine_export(linked->instance, "_initialize", 11, &export) && export.kind == ENGINE_EXTERN_FUNC) {
		enum engine_error_kind kind = engine_call(linked->store, export.u.func, NULL, NULL, &error);
		if (kind != ENGINE_OK)
			return wasm_outcome(linked, kind, &error);
	} else if (!o->invoke) {
		cli_die(CLI_FAILED, "%s: exports neither _start (a command) nor _initialize (a reactor); name a function with --invoke",
			o->argv[0]);
	}
	return o->invoke ? invoke(o, linked) : 0;
}

struct reported {
	const struct run_options *options;
	struct wasm_linked linked;
};

static void write_reports(void *user, bool all)
{
	const struct reported *r = user;
	samples_write();
	if (!r->options->stats)
		return;
	if (all && r->linked.store)
		wasm_stats_print(r->options, &r->linked);
	else
		cli_complain("--stats: the module did not come back from a call in time; what it did so far is not known");
}

int run_wasm(const struct run_options *o, struct program *file)
{
	const struct policy_limits *limits = &o->rules.limits;
	struct wasm_program *program = cli_alloc(sizeof(*program));
	*program = (struct wasm_program){
		.config = { .max_memory = limits->memory, .max_heap = limits->memory, .fuel = o->fuel,
			    .count_instructions = o->count_opcodes || o->count_code } };
	wasm_load(&program->main, o->argv[0], file->fd, o->wasm_features);
	wasm_load_preloads(program, o);
	wasm_allow_threads(program, limits->processes ? limits->processes - 1 : UINT64_MAX);

	struct wall wall;
	int trace_fd = trace_open(o); /* behind the wall the name would mean another file */
	if (o->samples_file)
		samples_open(o->samples_file);
	if (o->perf_map)
		perf_map_write(program);
	bool walled = wall_begin(o, &wall, WALL_GUEST_WASM);
	struct policy *policy = grants_make(o, false);
	record_head(trace_fd, o, policy);
	if (walled)
		wall_finish(&wall, policy);
	wasi_ctx_t *ctx = make_context(o, policy);
	wasi_errno_t setup = wasi_imports_init(&program->wasi, ctx, NULL);
	if (setup)
		cli_die(CLI_FAILED, "cannot set up the module's imports: %s", wasi_errno_text(setup));

	struct watch *watch = cli_alloc(sizeof(*watch));
	pthread_mutex_init(&watch->lock, NULL);
	watch->policy = policy;
	watch->module = program->main.module;
	watch->fd = trace_fd;
	watch->clock_offset = trace_clock_offset(now(CLOCK_REALTIME), now(CLOCK_MONOTONIC));
	if (o->trace || o->explain)
		wasi_ctx_set_trace(ctx, on_call, watch, !o->trace);

	/* A closed pipe is an errno to a module, which has no signals. */
	signal(SIGPIPE, SIG_IGN);

	struct reported *reported = cli_alloc(sizeof(*reported)); /* other threads look at it until the process is over */
	reported->options = o;
	if (o->samples_file || o->stats)
		ending_prepare(write_reports, reported);
	module_limits_start(o->argv[0], limits);
	samples_start();

	/* From here on the module's bytes decide what happens. */
	if (walled && wall_confine(&wall) < 0)
		cli_die(CLI_FAILED, "the wall: %s", wall.failure);

	ending_start(module_limits_say_late);

	struct engine_error error = { .offset = SIZE_MAX };
	struct wasm_linked *linked = &reported->linked;
	enum engine_error_kind kind = wasm_link(program, linked, &error);
	int status = kind == ENGINE_OK ? run_instance(o, linked) : wasm_outcome(linked, kind, &error);
	/* The process ends, its other threads, too: the kernel takes memory and descriptors back faster than we could. */
	ending_end(status);
}
