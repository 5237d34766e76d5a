/* Text for people: see explain.h. */
#include "explain.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rights_text.h"

/* A buffer that is cut, never overrun. */
struct text {
	char *buf;
	size_t room, len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(t->buf + t->len, t->room - t->len, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	size_t left = t->room - t->len - 1;
	t->len += (size_t)n < left ? (size_t)n : left;
}

/* Names come from the guest: what a terminal would act on is shown as escapes. */
static void add_quoted(struct text *t, const char *name)
{
	add(t, "\"");
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		if (*p == '"' || *p == '\\')
			add(t, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			add(t, "\\x%02x", *p);
		else
			add(t, "%c", *p);
	}
	add(t, "\"");
}

/* The option that grants what is missing: as little as possible, spelled so that it can be pasted. */
static void add_remedy(struct text *t, const struct denial *d)
{
	switch (d->reason) {
	case DENIED_NOT_GRANTED: {
		if (!d->path || d->path[0] != '/') {
			add(t, "wasiward:   allow with: --dir HOST::GUEST, where GUEST is what the program calls the directory\n");
			return;
		}
		size_t dir_len = (size_t)(strrchr(d->path, '/') - d->path);
		if (dir_len == 0)
			dir_len = strlen(d->path); /* the root as a whole is never what is meant */
		add(t, "wasiward:   allow with: --dir %.*s::%.*s:ro (or :rw)\n", (int)dir_len, d->path, (int)dir_len, d->path);
		return;
	}
	case DENIED_RIGHT:
		if (!d->dir) {
			add(t, "wasiward:   allow with: ");
			char names[512];
			rights_to_text(d->missing, names, sizeof(names));
			add(t, "a --dir that grants %s\n", names);
			return;
		}
		if (d->dir->origin != POLICY_FROM_OPTION) {
			add(t, "wasiward:   the runtime's directories are read-only; grant a directory of your own with --dir\n");
			return;
		}
		char names[512];
		rights_to_text(d->dir->base | d->dir->inheriting | d->missing, names, sizeof(names));
		add(t, "wasiward:   allow with: --dir %s::%s:%s\n", d->dir->host, d->dir->guest, names);
		return;
	case DENIED_ESCAPE:
		add(t, "wasiward:   allow with: a --dir that covers the target too, or a path that does not leave its directory\n");
		return;
	case DENIED_HOST:
		add(t, "wasiward:   no option changes this: the host refuses it to this user\n");
		return;
	case DENIED_EXEC:
	case DENIED_PROFILE:
		return;
	}
}

size_t explain_denial(const struct denial *d, char *buf, size_t room)
{
	struct text t = { .buf = buf, .room = room };
	buf[0] = '\0';
	add(&t, "wasiward: denied: %s", d->call);
	if (d->path) {
		add(&t, " ");
		add_quoted(&t, d->path);
	}
	add(&t, ": ");
	switch (d->reason) {
	case DENIED_NOT_GRANTED:
		add(&t, "no granted directory covers it");
		break;
	case DENIED_RIGHT: {
		char names[512];
		rights_names(d->missing, names, sizeof(names));
		add(&t, "missing right %s", names);
		unsigned bit = d->missing ? (unsigned)__builtin_ctzll(d->missing) : 0;
		if (d->missing && !(d->missing & (d->missing - 1)))
			add(&t, " (%s)", wasi_right_text(bit));
		if (d->dir)
			add(&t, " in --dir %s::%s", d->dir->host, d->dir->guest);
		break;
	}
	case DENIED_ESCAPE:
		add(&t, "the path leaves the granted directory");
		if (d->dir)
			add(&t, " %s", d->dir->guest);
		break;
	case DENIED_EXEC:
	case DENIED_PROFILE:
		add(&t, "%s", d->why ? d->why : "not allowed");
		break;
	case DENIED_HOST:
		add(&t, "refused by the host's own permissions");
		break;
	}
	add(&t, " (%s)\n", d->error);
	add_remedy(&t, d);
	/* A cut paragraph still ends its line. */
	if (t.len == room - 1)
		buf[t.len - 1] = '\n';
	return t.len;
}

static uint64_t mix(uint64_t hash, const char *s)
{
	for (; s && *s; s++)
		hash = (hash ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return hash * UINT64_C(0x100000001b3) + 1;
}

int explain_log_open(void)
{
	int fd = memfd_create("explained", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, sizeof(struct explain_log)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A name in one of the directories of PATH. */
static bool in_search_path(const char *path)
{
	const char *search = getenv("PATH"), *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	while (len && search && *search) {
		size_t n = strcspn(search, ":");
		if (n == len && !memcmp(search, path, len))
			return true;
		search += n + (search[n] == ':');
	}
	return false;
}

static bool is_probe(struct explain_log *log, const struct denial *d)
{
	static const struct {
		const char *path, *call; /* call: NULL, any */
	} of_selinux[] = { { "/sys/fs/selinux", NULL }, { "/selinux", NULL }, { "/etc/selinux/config", NULL },
			   { "/proc/filesystems", "fopen" }, { "/proc/mounts", "fopen" } };
	if (d->reason != DENIED_NOT_GRANTED || !d->path)
		return false;
	if (!strcmp(d->path, of_selinux[0].path))
		__atomic_store_n(&log->selinux, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < sizeof(of_selinux) / sizeof(of_selinux[0]); i++) {
		if (!strcmp(d->path, of_selinux[i].path) && (!of_selinux[i].call || !strcmp(d->call, of_selinux[i].call)) &&
		    __atomic_load_n(&log->selinux, __ATOMIC_RELAXED))
			return true;
	}
	return in_search_path(d->path);
}

bool explain_first(struct explain_log *log, const struct denial *d)
{
	if (is_probe(log, d))
		return false;
	uint64_t hash = mix(mix(UINT64_C(0xcbf29ce484222325) + d->reason, d->call), d->path) ^ d->missing;
	hash |= 1; /* 0 marks a free slot */
	const size_t n = sizeof(log->seen) / sizeof(log->seen[0]);
	for (size_t i = 0; i < n; i++) {
		uint64_t *slot = &log->seen[(hash + i) % n];
		uint64_t old = 0;
		if (__atomic_compare_exchange_n(slot, &old, hash, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
		if (old == hash)
			return false;
	}
	return false;
}

int64_t trace_clock_offset(uint64_t realtime_ns, uint64_t monotonic_ns)
{
	return (int64_t)(realtime_ns - monotonic_ns);
}

/* A function's name comes from the program: brackets are the line's own, and control characters the terminal's. */
static void add_function(struct text *t, const char *name, size_t len)
{
	add(t, " [");
	for (size_t i = 0; i < len && i < 200; i++) {
		unsigned char c = (unsigned char)name[i];
		add(t, "%c", c == '[' ? '(' : c == ']' ? ')' : c < 0x20 || c == 0x7f ? '.' : c);
	}
	add(t, "]");
}

size_t reached_format(const char *function, char *buf, size_t room)
{
	struct text t = { .buf = buf, .room = room };
	add(&t, "reached %s\n", function);
	return t.len;
}

size_t stray_format(long number, const char *name, char *buf, size_t room)
{
	struct text t = { .buf = buf, .room = room };
	if (name)
		add(&t, "stray %s\n", name);
	else
		add(&t, "stray syscall_%ld\n", number);
	return t.len;
}

size_t trace_format(const struct wasi_trace_event *e, int64_t clock_offset_ns, int pid, const char *function,
		    size_t function_len, char *buf, size_t room)
{
	struct text t = { .buf = buf, .room = room };
	uint64_t now_us = (e->start_ns + (uint64_t)clock_offset_ns) / 1000;
	unsigned second = (unsigned)(now_us / 1000000 % 86400);
	add(&t, "%02u:%02u:%02u.%06u ", second / 3600, second / 60 % 60, second % 60, (unsigned)(now_us % 1000000));
	if (pid)
		add(&t, "%d ", pid);
	add(&t, "%s(%s) = %u", e->name, e->args, e->error);
	if (e->error)
		add(&t, " %s", wasi_errno_name(e->error));
	if (e->results[0])
		add(&t, " %s", e->results);
	if (e->missing) {
		char names[512];
		rights_names(e->missing, names, sizeof(names));
		add(&t, " (missing %s)", names);
	}
	if (function)
		add_function(&t, function, function_len);
	add(&t, " <%llu.%06llu>\n", (unsigned long long)(e->duration_ns / 1000000000),
	    (unsigned long long)(e->duration_ns / 1000 % 1000000));
	if (t.len == room - 1)
		buf[t.len - 1] = '\n';
	return t.len;
}
