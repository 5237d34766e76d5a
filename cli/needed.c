/* Which rights a call needs: see needed.h. */
#include "needed.h"

#include <stdlib.h>
#include <string.h>

#include "sequence.h"

/* The rights of the rows, by their short names. */
enum row_rights {
#define RIGHT(NAME, name, TYPES, EFFECT, text) NAME = WASI_RIGHTS_##NAME,
#include "rights.def"
	A_SOCKET = 0,
};

#define NEED_A(t, a, n) NEED_##t(a, n) NEED_B
#define NEED_B(t, a, n) NEED_##t(a, n) NEED_A
#define NEED_A_END
#define NEED_B_END
#define NEED_F(rights, n) { #n, rights },
#define NEED_P(kind, n)

static const struct row {
	const char *call;
	struct {
		const char *parameter;
		unsigned rights;
	} fds[3]; /* ended by a NULL */
} rows[] = {
#define WASI(name, seq) { #name, { WASI_WALK(NEED_A seq) { NULL, 0 } } },
#include "wasi.def"
#define NATIVE(name, seq) { #name, { WASI_WALK(NEED_A seq) { NULL, 0 } } },
#include "native.def"
};

/* The value of a parameter, or one without length. */
static struct parameter find(const struct call *call, const char *name)
{
	struct parameter p;
	for (const char *list = call->args; parameter_next(&list, &p);) {
		if (p.name_len == strlen(name) && !memcmp(p.name, name, p.name_len))
			return p;
	}
	return (struct parameter){ .name = "", .value = "" };
}

/* Whether a list of flags has a word. */
static bool has(const struct parameter *flags, const char *word)
{
	size_t len = strlen(word);
	for (size_t at = 0; at < flags->value_len;) {
		const char *start = flags->value + at, *bar = memchr(start, '|', flags->value_len - at);
		size_t n = bar ? (size_t)(bar - start) : flags->value_len - at;
		if (n == len && !memcmp(start, word, n))
			return true;
		at += n + 1;
	}
	return false;
}

/* A list of rights, as traces show it. */
static wasi_rights_t rights_of(const struct parameter *p)
{
	if (has(p, "all") || has(p, "directory"))
		return has(p, "all") ? wasi_rights_preopen_inheriting() : wasi_rights_preopen_base();
	wasi_rights_t rights = 0;
	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++) {
		if (has(p, wasi_right_name(bit)))
			rights |= (wasi_rights_t)1 << bit;
	}
	return rights;
}

/* What opening needs beyond path_open. Front ends ask for all that a directory can hand on, so what counts is the access. */
static wasi_rights_t for_open(const struct call *call)
{
	const struct parameter oflags = find(call, "oflags"), fdflags = find(call, "fdflags"), base = find(call, "fs_rights_base");
	const wasi_rights_t asked = rights_of(&base);
	wasi_rights_t rights = 0;
	if (has(&oflags, "creat") || !strcmp(call->name, "path_open_tmpfile"))
		rights |= PATH_CREATE_FILE;
	if (has(&oflags, "trunc"))
		rights |= PATH_FILESTAT_SET_SIZE;
	if (has(&fdflags, "sync") || has(&fdflags, "rsync"))
		rights |= FD_SYNC;
	if (has(&fdflags, "dsync"))
		rights |= FD_DATASYNC;
	rights |= asked & (FD_WRITE | FD_READ);
	/* The kernel's wall knows directories that are read from those that are only passed through. */
	const struct parameter path = find(call, "path");
	const char *last = path.value + path.value_len;
	while (last > path.value && last[-1] != '/')
		last--;
	size_t len = path.value_len - (size_t)(last - path.value);
	bool directory = has(&oflags, "directory") || !len || (len <= 2 && !memcmp(last, "..", len));
	if (directory && !(asked & FD_WRITE))
		rights |= asked & FD_READDIR;
	if (asked & FD_WRITE && !has(&fdflags, "append") && !has(&oflags, "trunc"))
		rights |= FD_SEEK;
	return rights;
}

/* Rights that a call checks by itself, of its first descriptor. */
static wasi_rights_t own_rights(const struct call *call)
{
	if (!strncmp(call->name, "path_open", 9))
		return for_open(call);
	if (!strcmp(call->name, "fd_seek")) {
		const struct parameter offset = find(call, "offset"), whence = find(call, "whence");
		bool tell = has(&whence, "cur") && has(&offset, "0");
		return tell ? FD_TELL : FD_SEEK | FD_TELL;
	}
	if (!strcmp(call->name, "fd_datasync"))
		return FD_DATASYNC | FD_SYNC; /* of a file, of a directory */
	if (!strcmp(call->name, "fd_host")) {
		const struct parameter needed = find(call, "needed");
		return rights_of(&needed);
	}
	if (!strcmp(call->name, "path_rename_flags")) {
		const struct parameter flags = find(call, "flags");
		return has(&flags, "0x2") ? PATH_RENAME_TARGET : 0; /* an exchange goes both ways */
	}
	if (!strcmp(call->name, "fd_copy_range"))
		return FD_SEEK;
	if (!strcmp(call->name, "path_access") && !call->error) {
		/* It answers by what may be done with the file. */
		const struct parameter parameter = find(call, "mode");
		const unsigned long mode = strtoul(parameter.value, NULL, 8);
		return (mode & 4 ? FD_READ : 0) | (mode & 2 ? FD_WRITE : 0);
	}
	return 0;
}

size_t needed_by(const struct call *call, struct needed ret[2])
{
	size_t n = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].call, call->name))
			continue;
		for (size_t k = 0; k < 2 && rows[i].fds[k].parameter; k++) {
			const struct parameter p = find(call, rows[i].fds[k].parameter);
			if (!p.value_len)
				continue; /* the line was cut */
			ret[n++] = (struct needed){ strtoul(p.value, NULL, 10), rows[i].fds[k].rights };
		}
		break;
	}
	if (n)
		ret[0].rights |= own_rights(call);
	if (n == 2 && !strcmp(call->name, "path_rename_flags") && ret[0].rights & PATH_RENAME_TARGET)
		ret[1].rights |= PATH_RENAME_SOURCE;
	if (n == 2 && !strcmp(call->name, "fd_copy_range"))
		ret[1].rights |= FD_SEEK;
	return n;
}
