/* Contexts: made, filled by the embedder, forked, freed. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "internal.h"

#define MAX_FDS (TABLE_PAGE * TABLE_PAGES)

wasi_errno_t wasi_ctx_new(const struct wasi_ctx_config *config, wasi_ctx_t **ret_ctx)
{
	wasi_ctx_t *ctx = calloc(1, sizeof(*ctx));
	struct timespec now = {0};
	uint64_t limit[2];

	if (!ctx)
		return WASI_ERRNO_NOMEM;
	if (config)
		ctx->config = *config;
	ctx->host = ctx->config.host ? ctx->config.host : wasi_host_linux();
	ctx->max_fds = ctx->config.max_fds;
	/* Numbers that are the kernel's are limited by the kernel, whose limit may be raised later. */
	if (ctx->max_fds == 0 && ctx->config.numbering == WASI_NUMBERING_LOWEST &&
	    ctx->host->prlimit64(0, RLIMIT_NOFILE, NULL, limit) >= 0 && limit[0] < MAX_FDS)
		ctx->max_fds = (wasi_fd_t)limit[0];
	if (ctx->max_fds == 0 || ctx->max_fds > MAX_FDS)
		ctx->max_fds = MAX_FDS;
	if (ctx->config.zero_monotonic && ctx->host->clock_gettime(CLOCK_MONOTONIC, &now) >= 0)
		ctx->monotonic_zero = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	if (ctx->config.hash_identity)
		ctx->host->getrandom(&ctx->identity_key, sizeof(ctx->identity_key), 0);
	pthread_mutex_init(&ctx->lock, NULL);
	for (int i = 0; i < DIR_LOCKS; i++)
		pthread_mutex_init(&ctx->dir_locks[i], NULL);
	*ret_ctx = ctx;
	return WASI_ERRNO_SUCCESS;
}

void wasi_ctx_free(wasi_ctx_t *ctx)
{
	if (!ctx)
		return;
	fd_table_free(ctx);
	while (ctx->sinks) {
		struct trace_sink *sink = ctx->sinks;

		ctx->sinks = sink->older;
		free(sink);
	}
	free(ctx->args.text);
	free(ctx->environ.text);
	pthread_mutex_destroy(&ctx->lock);
	for (int i = 0; i < DIR_LOCKS; i++)
		pthread_mutex_destroy(&ctx->dir_locks[i]);
	free(ctx);
}

static wasi_errno_t set_strings(struct strings *strings, size_t count, const char *const *from)
{
	size_t bytes = 0;
	char *text, *p;

	for (size_t i = 0; i < count; i++)
		bytes += strlen(from[i]) + 1;
	if (bytes > UINT32_MAX || count > UINT32_MAX)
		return WASI_ERRNO_OVERFLOW;
	p = text = malloc(bytes ? bytes : 1);
	if (!text)
		return WASI_ERRNO_NOMEM;
	for (size_t i = 0; i < count; i++)
		p = stpcpy(p, from[i]) + 1;
	free(strings->text);
	*strings = (struct strings){count, bytes, text};
	return WASI_ERRNO_SUCCESS;
}

wasi_errno_t wasi_ctx_set_args(wasi_ctx_t *ctx, size_t count, const char *const *argv)
{
	return set_strings(&ctx->args, count, argv);
}

wasi_errno_t wasi_ctx_set_environ(wasi_ctx_t *ctx, size_t count, const char *const *environ)
{
	return set_strings(&ctx->environ, count, environ);
}

/* Directories with equal masks may exchange files: what can be done beneath one can be done beneath the other. */
static uint32_t domain_of(wasi_rights_t base, wasi_rights_t inheriting)
{
	return (uint32_t)((base | inheriting) & WASI_RIGHTS_ALL);
}

static wasi_rights_t rights_of_mode(wasi_entry_t *e, long host_flags)
{
	wasi_rights_t rights = rights_usable((enum wasi_class)e->class);

	if (e->class == CLASS_DIRECTORY)
		return rights;
	if (e->opath || (host_flags & O_ACCMODE) == O_WRONLY)
		rights &= ~(wasi_rights_t)WASI_RIGHTS_FD_READ;
	if (e->opath || (host_flags & O_ACCMODE) == O_RDONLY)
		rights &= ~(wasi_rights_t)(WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_ALLOCATE |
					   WASI_RIGHTS_FD_FILESTAT_SET_SIZE);
	return rights;
}

static wasi_errno_t add(wasi_call_t *c, wasi_fd_t at, int host_fd, wasi_rights_t base, wasi_rights_t inheriting,
			bool owned, const char *preopen, wasi_fd_t *ret_fd)
{
	long flags = c->host->fcntl(host_fd, F_GETFL, 0);
	wasi_entry_t *e;
	wasi_errno_t error;

	if (flags < 0)
		return host_error(flags);
	error = entry_from_host(c, host_fd, owned, &e);
	if (error)
		return error;
	e->opath = flags & O_PATH;
	atomic_store(&e->base, base & rights_of_mode(e, flags));
	if (e->class == CLASS_DIRECTORY || e->class == CLASS_SOCKET) {
		atomic_store(&e->inheriting, inheriting & WASI_RIGHTS_ALL);
		e->domain = domain_of(base, inheriting);
	}
	if (!owned) {
		e->soft = malloc(sizeof(*e->soft));
		if (!e->soft)
			error = WASI_ERRNO_NOMEM;
	}
	if (e->soft) {
		atomic_init(&e->soft->refs, 1);
		atomic_init(&e->soft->flags, (wasi_fdflags_t)((flags & O_APPEND ? WASI_FDFLAGS_APPEND : 0) |
							      (flags & O_NONBLOCK ? WASI_FDFLAGS_NONBLOCK : 0)));
		e->host_append = flags & O_APPEND;
	}
	if (!error && preopen) {
		e->preopen = true;
		e->name = strdup(preopen);
		if (!e->name)
			error = WASI_ERRNO_NOMEM;
		else if (e->class != CLASS_DIRECTORY)
			error = WASI_ERRNO_NOTDIR;
	}
	if (!error && at == WASI_FD_AUTO && c->ctx->config.numbering == WASI_NUMBERING_HOST)
		at = (wasi_fd_t)host_fd;
	if (!error)
		error = table_install(c, e, at, 0, ret_fd);
	if (error) {
		e->owned = false;
		entry_put(c, e);
	}
	return error;
}

wasi_errno_t wasi_ctx_add_fd(wasi_ctx_t *ctx, wasi_fd_t at, int host_fd, wasi_rights_t base, wasi_rights_t inheriting,
			     bool owned, wasi_fd_t *ret_fd)
{
	wasi_call_t c;

	call_begin(&c, ctx);
	return add(&c, at, host_fd, base, inheriting, owned, NULL, ret_fd);
}

wasi_errno_t wasi_ctx_add_preopen(wasi_ctx_t *ctx, wasi_fd_t at, int host_fd, const char *name, wasi_rights_t base,
				  wasi_rights_t inheriting, wasi_fd_t *ret_fd)
{
	wasi_call_t c;

	if (!name)
		return WASI_ERRNO_INVAL;
	call_begin(&c, ctx);
	return add(&c, at, host_fd, base, inheriting, true, name, ret_fd);
}

wasi_errno_t wasi_ctx_fd_info(wasi_ctx_t *ctx, wasi_fd_t fd, struct wasi_fd_info *ret_info)
{
	wasi_fdflags_t flags = 0;
	wasi_errno_t error;
	wasi_entry_t *e;
	wasi_call_t c;

	call_begin(&c, ctx);
	e = entry_get(&c, fd);
	if (!e)
		return WASI_ERRNO_BADF;
	error = entry_know(&c, e);
	if (!error)
		error = entry_flags(&c, e, &flags);
	if (!error) {
		*ret_info = (struct wasi_fd_info){
			.host_fd = e->host_fd,
			.owned = e->owned,
			.preopen = e->preopen,
			.filetype = e->filetype,
			.flags = flags,
			.base = atomic_load(&e->base),
			.inheriting = atomic_load(&e->inheriting),
			.domain = e->domain,
		};
	}
	entry_put(&c, e);
	return error;
}

wasi_errno_t wasi_ctx_forget(wasi_ctx_t *ctx, wasi_fd_t fd)
{
	wasi_entry_t *e = table_remove(ctx, fd);
	wasi_call_t c;

	if (!e)
		return WASI_ERRNO_BADF;
	call_begin(&c, ctx);
	e->owned = false;
	e->place_fd = -1;
	entry_put(&c, e);
	return WASI_ERRNO_SUCCESS;
}

void wasi_ctx_set_trace(wasi_ctx_t *ctx, void (*fn)(void *user, const struct wasi_trace_event *event), void *user,
			bool only_denials)
{
	struct trace_sink *sink = NULL;

	if (fn) {
		sink = malloc(sizeof(*sink));
		if (!sink)
			return;
		*sink = (struct trace_sink){fn, user, only_denials, NULL};
	}
	struct ctx_hold hold = ctx_lock(ctx);
	if (sink) {
		sink->older = ctx->sinks;
		ctx->sinks = sink;
	}
	atomic_store(&ctx->trace, sink);
	ctx_unlock(&hold);
}

void wasi_ctx_expect_signals(wasi_ctx_t *ctx)
{
	atomic_store(&ctx->signals, true);
}

/* Signals stay blocked from here on, before the first lock: a handler could want any of them. */
void wasi_ctx_fork_prepare(wasi_ctx_t *ctx)
{
	static const uint64_t all = ~(uint64_t)0;
	bool masked = atomic_load(&ctx->signals);
	uint64_t mask = 0;

	if (masked)
		ctx->host->rt_sigprocmask(MASK_BLOCK, &all, &mask, sizeof(mask));
	for (int i = 0; i < DIR_LOCKS; i++)
		pthread_mutex_lock(&ctx->dir_locks[i]);
	pthread_mutex_lock(&ctx->lock);
	ctx->fork_hold = (struct ctx_hold){.ctx = ctx, .mask = mask, .masked = masked};
}

void wasi_ctx_fork_parent(wasi_ctx_t *ctx)
{
	struct ctx_hold hold = ctx->fork_hold;

	for (int i = DIR_LOCKS; i-- > 0;)
		pthread_mutex_unlock(&ctx->dir_locks[i]);
	ctx_unlock(&hold);
}

void wasi_ctx_fork_child(wasi_ctx_t *ctx)
{
	wasi_ctx_fork_parent(ctx);
	table_after_fork(ctx);
}
