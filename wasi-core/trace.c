/* The trace's printers. Nothing here runs unless a trace is on. */
#include "trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static __attribute__((format(printf, 2, 3))) void add(struct trace_text *t, const char *format, ...)
{
	size_t room = sizeof(t->bytes) - t->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->bytes + t->len, room, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n < room) {
		t->len += (size_t)n;
		return;
	}
	t->len = sizeof(t->bytes) - 1;
	memcpy(t->bytes + sizeof(t->bytes) - 4, "...", 4);
}

void trace_name(struct trace_text *t, const char *name)
{
	add(t, "%s%s=", t->len ? ", " : "", name);
}

void trace_quoted(struct trace_text *t, const char *bytes, size_t len)
{
	add(t, "\"");
	for (size_t i = 0; i < len && t->len < sizeof(t->bytes) - 1; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte == '"' || byte == '\\')
			add(t, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			add(t, "\\x%02x", byte);
		else
			add(t, "%c", byte);
	}
	add(t, "\"");
}

void trace_number(struct trace_text *t, uint64_t number)
{
	add(t, "%" PRIu64, number);
}

/* names[i] belongs to bit i. */
static void flags(struct trace_text *t, uint64_t value, const char *const *names, unsigned count)
{
	const char *between = "";

	if (value == 0) {
		add(t, "0");
		return;
	}
	for (unsigned bit = 0; bit < count; bit++) {
		if (value >> bit & 1) {
			add(t, "%s%s", between, names[bit]);
			between = "|";
		}
	}
	value = count < 64 ? value >> count << count : 0;
	if (value)
		add(t, "%s0x%" PRIx64, between, value);
}

static void choice(struct trace_text *t, uint64_t value, const char *const *names, unsigned count)
{
	if (value < count)
		add(t, "%s", names[value]);
	else
		add(t, "%" PRIu64, value);
}

#define COUNT(array) (unsigned)(sizeof(array) / sizeof((array)[0]))
#define SHOW_FLAGS(show, ...)                                           \
	void trace_show_##show(struct trace_text *t, uint64_t value)    \
	{                                                               \
		static const char *const names[] = {__VA_ARGS__};       \
		flags(t, value, names, COUNT(names));                   \
	}
#define SHOW_CHOICE(show, ...)                                          \
	void trace_show_##show(struct trace_text *t, uint64_t value)    \
	{                                                               \
		static const char *const names[] = {__VA_ARGS__};       \
		choice(t, value, names, COUNT(names));                  \
	}

SHOW_CHOICE(clockid, "realtime", "monotonic", "process_cputime_id", "thread_cputime_id")
SHOW_CHOICE(advice, "normal", "sequential", "random", "willneed", "dontneed", "noreuse")
SHOW_CHOICE(whence, "set", "cur", "end")
SHOW_FLAGS(fdflags, "append", "dsync", "nonblock", "rsync", "sync")
SHOW_FLAGS(fstflags, "atim", "atim_now", "mtim", "mtim_now")
SHOW_FLAGS(lookupflags, "symlink_follow")
SHOW_FLAGS(oflags, "creat", "directory", "excl", "trunc")
SHOW_FLAGS(riflags, "recv_peek", "recv_waitall")
SHOW_FLAGS(sdflags, "rd", "wr")

void trace_show_rights(struct trace_text *t, uint64_t value)
{
	static const char *const names[] = {
#define RIGHT(NAME, name, TYPES, EFFECT, text) #name,
#include "rights.def"
	};

	/* The usual sets by name: a list of 28 words helps nobody. */
	if (value == wasi_rights_preopen_inheriting())
		add(t, "all");
	else if (value == wasi_rights_preopen_base())
		add(t, "directory");
	else
		flags(t, value, names, COUNT(names));
}

void trace_show_fd(struct trace_text *t, uint64_t value)
{
	add(t, "%" PRIu64, value);
}

void trace_show_u64(struct trace_text *t, uint64_t value)
{
	add(t, "%" PRIu64, value);
}

void trace_show_s64(struct trace_text *t, uint64_t value)
{
	add(t, "%" PRId64, (int64_t)value);
}

void trace_show_timestamp(struct trace_text *t, uint64_t value)
{
	add(t, "%" PRIu64 ".%09" PRIu64, value / 1000000000, value % 1000000000);
}

void trace_show_hex(struct trace_text *t, uint64_t value)
{
	add(t, "0x%" PRIx64, value);
}

void trace_show_siflags(struct trace_text *t, uint64_t value)
{
	trace_show_hex(t, value);
}

void trace_show_oct(struct trace_text *t, uint64_t value)
{
	add(t, "0%" PRIo64, value);
}

void trace_show_id(struct trace_text *t, uint64_t value)
{
	add(t, "%" PRId32, (int32_t)value);
}

static const char *const filetypes[] = {"unknown",      "block_device", "character_device", "directory",
					"regular_file", "socket_dgram", "socket_stream",    "symbolic_link"};

void trace_show_fdstat_at(struct trace_text *t, const wasi_fdstat_t *stat)
{
	add(t, "{");
	choice(t, stat->fs_filetype, filetypes, COUNT(filetypes));
	add(t, ", flags=");
	trace_show_fdflags(t, stat->fs_flags);
	add(t, ", base=");
	trace_show_rights(t, stat->fs_rights_base);
	add(t, ", inheriting=");
	trace_show_rights(t, stat->fs_rights_inheriting);
	add(t, "}");
}

void trace_show_filestat_at(struct trace_text *t, const wasi_filestat_t *stat)
{
	add(t, "{");
	choice(t, stat->filetype, filetypes, COUNT(filetypes));
	add(t, ", ino=%" PRIu64 ", size=%" PRIu64 "}", stat->ino, stat->size);
}

void trace_show_prestat_at(struct trace_text *t, const wasi_prestat_t *stat)
{
	add(t, "{dir, name_len=%" PRIu32 "}", stat->pr_name_len);
}

uint64_t trace_clock(wasi_ctx_t *ctx)
{
	struct timespec ts = {0};

	ctx->host->clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

bool trace_is_denial(wasi_errno_t error)
{
	return error == WASI_ERRNO_NOTCAPABLE || error == WASI_ERRNO_ACCES || error == WASI_ERRNO_PERM ||
	       error == WASI_ERRNO_ROFS;
}
