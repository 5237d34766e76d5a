/* Calls in a normal form: see normal.h. */
#include "normal.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "wasi.h"

enum { MAX_FD = 1 << 16 };

void normal_name(struct normal *normal, unsigned fd, const char *name)
{
	if (fd >= MAX_FD)
		return;
	if (fd >= normal->n) {
		size_t n = (size_t)fd + 16;
		normal->names = reallocarray(normal->names, n, sizeof(*normal->names));
		if (!normal->names)
			cli_die(CLI_FAILED, "out of memory");
		memset(normal->names + normal->n, 0, (n - normal->n) * sizeof(*normal->names));
		normal->n = n;
	}
	char *copy = cli_copy(name);
	free(normal->names[fd]);
	normal->names[fd] = copy;
}

void normal_free(struct normal *normal)
{
	for (size_t i = 0; i < normal->n; i++)
		free(normal->names[i]);
	free(normal->names);
	*normal = (struct normal){ 0 };
}

/* The preview1 call that a call stands for, or NULL if it is left out. */
static const char *stands_for(const char *name)
{
	static const struct {
		const char *name, *call;
	} table[] = {
#define LEFT_OUT(call, reason) { #call, NULL },
#define TAKEN_AS(native, call) { #native, #call },
#define PARAMETER_LEFT_OUT(name)
#include "normal.def"
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!strcmp(name, table[i].name))
			return table[i].call;
	}
	return name;
}

static bool is(const struct parameter *p, const char *name)
{
	return p->name_len == strlen(name) && !memcmp(p->name, name, p->name_len);
}

static bool parameter_left_out(const struct parameter *p)
{
	static const char *const names[] = {
#define LEFT_OUT(call, reason)
#define TAKEN_AS(native, call)
#define PARAMETER_LEFT_OUT(name) #name,
#include "normal.def"
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is(p, names[i]))
			return true;
	}
	return false;
}

static bool is_descriptor(const struct parameter *p)
{
	return is(p, "fd") || is(p, "old_fd") || is(p, "new_fd") || is(p, "to");
}

static unsigned long number_of(const struct parameter *p)
{
	return strtoul(p->value, NULL, 10);
}

static const char *name_of(const struct normal *normal, unsigned long fd)
{
	return fd < normal->n ? normal->names[fd] : NULL;
}

/* "/" and "a" are "/a"; "/d" and "./a" are "/d/a". */
static char *join(const char *dir, const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	char *joined;
	size_t len = strlen(dir);
	if (asprintf(&joined, "%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", path) < 0)
		cli_die(CLI_FAILED, "out of memory");
	return joined;
}

/* Remembers the name behind the descriptor that the call made. */
static void note_opened(struct normal *normal, const struct call *call)
{
	struct parameter p, opened;
	const char *results = call->results, *dir = NULL;
	char *path = NULL;
	if (!parameter_next(&results, &opened) || !is(&opened, "opened_fd"))
		return;
	for (const char *list = call->args; parameter_next(&list, &p);) {
		if (is(&p, "fd"))
			dir = name_of(normal, number_of(&p));
		else if (is(&p, "path") && !path)
			path = parameter_unescape(&p);
	}
	if (path) {
		char *joined = join(dir ? dir : "?", path);
		normal_name(normal, (unsigned)number_of(&opened), joined);
		free(joined);
		free(path);
	}
}

static void note_renumbered(struct normal *normal, const struct call *call)
{
	struct parameter from, to;
	const char *list = call->args;
	if (parameter_next(&list, &from) && parameter_next(&list, &to)) {
		const char *name = name_of(normal, number_of(&from));
		normal_name(normal, (unsigned)number_of(&to), name ? name : "?");
	}
}

char *normal_line(struct normal *normal, const struct call *call)
{
	const char *name = stands_for(call->name);
	if (!name || call->error == WASI_ERRNO_BADF)
		return NULL;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		cli_die(CLI_FAILED, "out of memory");
	fprintf(out, "%s(", name);
	struct parameter p;
	const char *between = "";
	for (const char *list = call->args; parameter_next(&list, &p);) {
		if (parameter_left_out(&p))
			continue;
		fprintf(out, "%s%.*s=", between, (int)p.name_len, p.name);
		between = ", ";
		const char *known = is_descriptor(&p) ? name_of(normal, number_of(&p)) : NULL;
		/* Whether a current directory of "." is put before a path is the C library's choice. */
		for (; p.quoted && p.value_len > 2 && !memcmp(p.value, "./", 2); p.value += 2)
			p.value_len -= 2;
		if (known)
			fputs(known, out);
		else
			fprintf(out, "%s%.*s%s", p.quoted ? "\"" : "", (int)p.value_len, p.value, p.quoted ? "\"" : "");
	}
	fprintf(out, ") = %s", call->error_name);
	if (fclose(out))
		cli_die(CLI_FAILED, "out of memory");
	if (!call->error) {
		note_opened(normal, call);
		if (!strcmp(call->name, "fd_renumber"))
			note_renumbered(normal, call);
	}
	return text;
}
