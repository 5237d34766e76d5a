/* The start: the policy out of its memfd, the context filled. Runs at the first call of any symbol of ours, or as the
 * library's constructor, whichever comes first. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>

#include "determined.h"
#include "gate.h"
#include "host.h"
#include "libc.h"
#include "process.h"
#include "stray.h"
#include "trace.h"

struct shim shim;

void shim_die(const char *what)
{
	static const char prefix[] = "wasiward: shim: ";

	RAW(SYS_write, 2, prefix, sizeof(prefix) - 1);
	RAW(SYS_write, 2, what, strlen(what));
	RAW(SYS_write, 2, "\n", 1);
	for (;;)
		RAW(SYS_exit_group, 125);
}

/* ---- the environment ---- */

static const char *env_find(const char *name)
{
	size_t len = strlen(name);

	for (char **e = environ; e && *e; e++) {
		if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
			return *e + len + 1;
	}
	return NULL;
}

/* What the guest itself wanted preloaded stays; our library comes first in the list. */
static bool env_hide_preload(char *entry)
{
	static const char key[] = "LD_PRELOAD=";
	const char *own = shim.policy->shims[LIBC_OWN];
	size_t len = own ? strlen(own) : 0;
	char *value = entry + sizeof(key) - 1;

	if (strncmp(entry, key, sizeof(key) - 1) != 0 || !len || strncmp(value, own, len) != 0)
		return false;
	if (value[len] == ':') {
		memmove(value, value + len + 1, strlen(value + len + 1) + 1);
		return false;
	}
	return value[len] == '\0';
}

void env_hide(char **env)
{
	char **to = env;

	for (char **from = env; env && *from; from++) {
		if (strncmp(*from, POLICY_ENV "=", sizeof(POLICY_ENV)) != 0 &&
		    strncmp(*from, POLICY_ORIGIN_ENV "=", sizeof(POLICY_ORIGIN_ENV)) != 0 && !env_hide_preload(*from))
			*to++ = *from;
	}
	if (env)
		*to = NULL;
}

/* ---- fork ---- */

void fork_prepare(void)
{
	fds_fork_prepare();
	wasi_ctx_fork_prepare(shim.ctx);
}

void fork_in_parent(void)
{
	wasi_ctx_fork_parent(shim.ctx);
	fds_fork_done();
}

void fork_in_child(void)
{
	wasi_ctx_fork_child(shim.ctx);
	fds_fork_done();
	stray_arm_thread();
}

/* ---- the start ---- */

static void add_descriptors(void)
{
	for (size_t i = 0; i < shim.policy->n_fds; i++) {
		struct policy_fd *fd = &shim.policy->fds[i];
		/* What the guest inherits is its own to close; in strict, what it shares with others is not to be changed. */
		if (wasi_ctx_add_fd(shim.ctx, (wasi_fd_t)fd->number, fd->number, fd->base, fd->inheriting, !shim.strict,
				    NULL))
			continue; /* closed in between */
		fd_note(fd->number);
		if (fd->guest_path) {
			spot_set(fd->number, fd->guest_path);
			free(fd->guest_path);
			fd->guest_path = NULL;
		}
	}
}

/* Host descriptors that are ours but stand behind no entry of the table: an entry without rights, at a number that the
 * guest cannot name, makes the core keep the guest off them. */
static void reserve_descriptors(void)
{
	wasi_fd_t at = HIDDEN_BASE + 100000;
	const struct policy_file *files = shim.policy->files;

	if (shim.policy->trace_fd > 2)
		wasi_ctx_add_fd(shim.ctx, at++, shim.policy->trace_fd, 0, 0, false, NULL);
	if (shim.policy->explain_fd > 2)
		wasi_ctx_add_fd(shim.ctx, at++, shim.policy->explain_fd, 0, 0, false, NULL);
	for (size_t i = 0; i < shim.policy->n_files; i++) {
		size_t first = 0;
		while (files[first].dir_fd != files[i].dir_fd)
			first++;
		if (first == i)
			wasi_ctx_add_fd(shim.ctx, at++, files[i].dir_fd, 0, 0, false, NULL);
	}
}

/* The launcher waits for this: a program that we did not enter has its wall alone. */
static void say_that_we_are_here(void)
{
	if (shim.policy->handshake_fd <= 0)
		return;
	RAW(SYS_write, shim.policy->handshake_fd, "!", 1);
	RAW(SYS_close, shim.policy->handshake_fd);
	shim.policy->handshake_fd = 0; /* programs that we start have nobody waiting */
}

static void start(void)
{
	static struct wasi_host host;
	const char *value = env_find(POLICY_ENV);
	int error;

	if (!value)
		shim_die("no policy: " POLICY_ENV " is not set; start programs with `wasiward run`");
	int fd = atoi(value);
	if (policy_from_memfd(fd, &shim.policy))
		shim_die("the policy cannot be read");
	RAW(SYS_close, fd);
	shim.strict = shim.policy->profile == POLICY_STRICT;

	host = shim_host;
	determined_install(&host, shim.policy);
	struct wasi_ctx_config config = {
		.numbering = WASI_NUMBERING_HOST,
		.listing = shim.policy->sorted ? WASI_LISTING_SORTED : shim.strict ? WASI_LISTING_COUNTED : WASI_LISTING_HOST,
		.return_eintr = !shim.strict,
		.host = &host,
	};
	if (wasi_ctx_new(&config, &shim.ctx))
		shim_die("out of memory");
	error = shim.strict ? strict_init() : ns_init();
	if (error)
		shim_die("a granted directory cannot be used");
	reserve_descriptors();
	add_descriptors();
	cwd_set(shim.policy->cwd ? shim.policy->cwd : "/");
	trace_init();
	env_hide(environ);
	pthread_atfork(fork_prepare, fork_in_parent, fork_in_child);
	say_that_we_are_here();
}

enum { FRESH, BUSY, READY };
static atomic_int state = FRESH;
static atomic_int starter;

bool shim_init(void)
{
	int expected = FRESH;

	if (likely(atomic_load_explicit(&state, memory_order_acquire) == READY))
		return true;
	int self = (int)RAW(SYS_gettid);
	if (atomic_compare_exchange_strong(&state, &expected, BUSY)) {
		atomic_store(&starter, self);
		int saved = errno;
		start();
		errno = saved;
		atomic_store_explicit(&state, READY, memory_order_release);
		return true;
	}
	while (atomic_load(&state) != READY) {
		if (atomic_load(&starter) == self)
			return false;
		RAW(SYS_sched_yield);
	}
	return true;
}
