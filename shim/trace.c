/* Traces and explanations: what the policy wants people to read. The text is made in sandbox/explain.c. */
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "explain.h"
#include "trace.h"

/* The last refusal for want of rights in this thread: the core tells it to the trace only. */
static __thread struct {
	wasi_rights_t missing;
	wasi_fd_t fd;
} last;

__thread const char *trace_function;
static int64_t clock_offset;
static struct explain_log own_log, *explained = &own_log;

static void put(const char *text, size_t len)
{
	RAW(SYS_write, shim.policy->trace_fd >= 0 ? shim.policy->trace_fd : 2, text, len);
}

static void on_event(void *user, const struct wasi_trace_event *event)
{
	char line[8192];

	(void)user;
	last.missing = event->missing;
	last.fd = event->missing_fd;
	if (shim.policy->trace) {
		int saved = errno;
		put(line, trace_format(event, clock_offset, (int)RAW(SYS_getpid), trace_function,
				       trace_function ? strlen(trace_function) : 0, line, sizeof(line)));
		errno = saved;
	}
}

static uint64_t now(int clock)
{
	struct timespec t = {0};

	RAW(SYS_clock_gettime, clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void trace_init(void)
{
	if (!shim.policy->trace && !shim.policy->explain)
		return;
	/* Shared with all processes of the run, so that none says again what another has said. */
	if (shim.policy->explain && shim.policy->explain_fd >= 0) {
		long shared = RAW(SYS_mmap, NULL, sizeof(*explained), PROT_READ | PROT_WRITE, MAP_SHARED, shim.policy->explain_fd, 0);
		if (shared >= 0)
			explained = (struct explain_log *)shared;
	}
	clock_offset = trace_clock_offset(now(CLOCK_REALTIME), now(CLOCK_MONOTONIC));
	wasi_ctx_set_trace(shim.ctx, on_event, NULL, !shim.policy->trace);
}

void trace_reached(const char *function)
{
	char line[128];

	put(line, reached_format(function, line, sizeof(line)));
}

void trace_stray(long number, const char *name)
{
	char line[64];

	put(line, stray_format(number, name, line, sizeof(line)));
}

/* A wrapper's __func__ without its prefix (wrap_, call_). */
static const char *plain(const char *call)
{
	return strncmp(call, "wrap_", 5) == 0 || strncmp(call, "call_", 5) == 0 ? call + 5 : call;
}

static void explain(const char *call, const char *path, int error, enum denial_reason reason,
		    const struct policy_dir *dir, const char *why)
{
	char text[2048];
	struct denial denial = {
		.call = plain(call),
		.path = path,
		.error = strerrorname_np(error),
		.reason = reason,
		.missing = reason == DENIED_RIGHT ? last.missing : 0,
		.dir = dir,
		.why = why,
	};

	if (explain_first(explained, &denial))
		put(text, explain_denial(&denial, text, sizeof(text)));
}

void explain_exec(const char *path, int error, const char *why)
{
	if (shim.policy->explain)
		explain("exec", path, error, DENIED_EXEC, NULL, why);
}

int place_missing(const struct place *p, int error, const char *call)
{
	char name[PATH_MAX];

	if (unlikely(shim.policy->explain) && (error == ENOENT || error == ENOTDIR) && p->asked && *p->asked &&
	    p->number < 0) {
		int saved = errno;
		/* Without dots and links, so that the option that would allow it can be pasted. */
		if (place_resolve(p->dirfd, p->asked, false, false, name) && place_name(p->dirfd, p->asked, name))
			strcpy(name, "?");
		explain(call, name, error, DENIED_NOT_GRANTED, NULL, NULL);
		errno = saved;
	}
	return error;
}

int place_error(const struct place *p, wasi_errno_t e, const char *call)
{
	int error = path_errno(e);

	if (likely(!shim.policy->explain))
		return error;
	if (e == WASI_ERRNO_NOTCAPABLE || e == WASI_ERRNO_ROFS) {
		const struct policy_dir *dir = grant_of(p->fd);
		char name[PATH_MAX];
		const char *shown = place_name(p->dirfd, p->asked, name) ? p->asked : name;
		int saved = errno;

		if (last.missing)
			explain(call, shown, error, DENIED_RIGHT, dir, NULL);
		else if (e == WASI_ERRNO_NOTCAPABLE)
			explain(call, shown, error, DENIED_ESCAPE, dir, p->why);
		else if (p->path[0] == '.' || !dir)
			explain(call, shown, error, DENIED_NOT_GRANTED, NULL, NULL);
		errno = saved;
	}
	last.missing = 0;
	return error;
}
