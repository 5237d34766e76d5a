/* Policies as bytes: one list of fields, walked once to write and once to read.
 *
 * The format never leaves a machine (it crosses an exec), so numbers are the host's. Strings carry their length and a
 * terminating NUL; absent strings have the length NO_STRING. Whoever reads must not trust what is there: a guest may
 * have passed a descriptor of its own. */
#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define POLICY_MAGIC UINT64_C(0x37796c6f70697361) /* "asipoly7": changes with the format */
#define NO_STRING UINT32_MAX
#define MAX_STRING 65536u
#define MAX_ITEMS 65536u

/* One cursor for both directions. A failed step sticks, so callers check once. */
struct codec {
	bool writing;
	int error;
	uint8_t *bytes;
	size_t len, room; /* writing: used and allocated; reading: position and size */
};

static void transfer(struct codec *c, void *data, size_t size)
{
	if (c->error)
		return;
	if (c->writing) {
		if (c->room - c->len < size) {
			size_t room = (c->room + size) * 2;
			uint8_t *bytes = realloc(c->bytes, room);
			if (!bytes) {
				c->error = ENOMEM;
				return;
			}
			c->bytes = bytes;
			c->room = room;
		}
		memcpy(c->bytes + c->len, data, size);
	} else {
		if (c->room - c->len < size) {
			c->error = EINVAL;
			return;
		}
		memcpy(data, c->bytes + c->len, size);
	}
	c->len += size;
}

static void code_u32(struct codec *c, uint32_t *value)
{
	transfer(c, value, sizeof(*value));
}

static void code_int(struct codec *c, int *value)
{
	transfer(c, value, sizeof(*value));
}

static void code_u64(struct codec *c, uint64_t *value)
{
	transfer(c, value, sizeof(*value));
}

/* A value that must lie in 0 … max; enums and booleans go through here so that a hostile number never becomes one. */
static uint32_t code_choice(struct codec *c, uint32_t value, uint32_t max)
{
	code_u32(c, &value);
	if (!c->error && value > max)
		c->error = EINVAL;
	return c->error ? 0 : value;
}

static void code_string(struct codec *c, char **string)
{
	uint32_t len = NO_STRING;
	if (c->writing && *string) {
		size_t n = strlen(*string);
		if (n > MAX_STRING) {
			c->error = EINVAL;
			return;
		}
		len = (uint32_t)n;
	}
	code_u32(c, &len);
	if (c->error || len == NO_STRING)
		return;
	if (!c->writing) {
		if (len > MAX_STRING || c->room - c->len < (size_t)len + 1) {
			c->error = EINVAL;
			return;
		}
		*string = malloc((size_t)len + 1);
		if (!*string) {
			c->error = ENOMEM;
			return;
		}
	}
	transfer(c, *string, (size_t)len + 1);
	if (!c->error && !c->writing && strnlen(*string, (size_t)len + 1) != len)
		c->error = EINVAL;
}

/* The number of items that follow, and when reading the zeroed array for them. item_size: a lower bound in bytes of one
 * encoded item, so that a huge count fails before anything is allocated. */
static size_t code_array(struct codec *c, size_t count, void **array, size_t element_size, size_t item_size)
{
	uint32_t n = code_choice(c, count > MAX_ITEMS ? MAX_ITEMS + 1 : (uint32_t)count, MAX_ITEMS);
	if (c->error || c->writing || n == 0)
		return c->error ? 0 : n;
	if ((c->room - c->len) / item_size < n) {
		c->error = EINVAL;
		return 0;
	}
	*array = calloc(n, element_size);
	if (!*array) {
		c->error = ENOMEM;
		return 0;
	}
	return n;
}

static void code_policy(struct codec *c, struct policy *p)
{
	uint64_t magic = POLICY_MAGIC;
	code_u64(c, &magic);
	if (!c->error && magic != POLICY_MAGIC)
		c->error = EINVAL;
	p->profile = (enum policy_profile)code_choice(c, p->profile, POLICY_STRICT);
	p->exec = (enum policy_exec)code_choice(c, p->exec, POLICY_EXEC_LISTED);
	p->explain = code_choice(c, p->explain, 1);
	p->trace = code_choice(c, p->trace, 1);
	p->reached = code_choice(c, p->reached, 1);
	p->sorted = code_choice(c, p->sorted, 1);
	p->clock = (enum policy_clock)code_choice(c, p->clock, POLICY_CLOCK_OFFSET);
	code_u64(c, &p->clock_ns);
	p->seeded = code_choice(c, p->seeded, 1);
	code_u64(c, &p->seed);
	code_int(c, &p->trace_fd);
	code_int(c, &p->handshake_fd);
	code_int(c, &p->explain_fd);
	for (int i = 0; i < POLICY_LIBCS; i++)
		code_string(c, &p->shims[i]);
	code_string(c, &p->program);
	code_string(c, &p->cwd);
	code_string(c, &p->user);
	code_string(c, &p->group);

	p->n_dirs = code_array(c, p->n_dirs, (void **)&p->dirs, sizeof(*p->dirs), 36);
	for (size_t i = 0; i < p->n_dirs; i++) {
		struct policy_dir *d = &p->dirs[i];
		code_string(c, &d->guest);
		code_string(c, &d->host);
		code_u64(c, &d->base);
		code_u64(c, &d->inheriting);
		d->origin = (enum policy_origin)code_choice(c, d->origin, POLICY_FROM_WALL);
		code_int(c, &d->fd);
		code_int(c, &d->look_fd);
		if (!c->error && !d->guest)
			c->error = EINVAL;
	}
	p->n_files = code_array(c, p->n_files, (void **)&p->files, sizeof(*p->files), 20);
	for (size_t i = 0; i < p->n_files; i++) {
		struct policy_file *f = &p->files[i];
		code_string(c, &f->guest);
		code_string(c, &f->name);
		code_u64(c, &f->rights);
		code_int(c, &f->dir_fd);
		if (!c->error && (!f->guest || !f->name))
			c->error = EINVAL;
	}
	p->n_fds = code_array(c, p->n_fds, (void **)&p->fds, sizeof(*p->fds), 24);
	for (size_t i = 0; i < p->n_fds; i++) {
		struct policy_fd *f = &p->fds[i];
		code_int(c, &f->number);
		code_u64(c, &f->base);
		code_u64(c, &f->inheriting);
		code_string(c, &f->guest_path);
	}
	p->n_programs = code_array(c, p->n_programs, (void **)&p->programs, sizeof(*p->programs), 5);
	for (size_t i = 0; i < p->n_programs; i++) {
		code_string(c, &p->programs[i]);
		if (!c->error && !p->programs[i])
			c->error = EINVAL;
	}
}

char *policy_origin_env(const char *program)
{
	static const char key[] = POLICY_ORIGIN_ENV "=";
	const char *slash = strrchr(program, '/');
	if (!slash)
		return NULL;
	size_t len = slash == program ? 1 : (size_t)(slash - program);
	char *text = malloc(sizeof(key) + len);
	if (text) {
		memcpy(text, key, sizeof(key) - 1);
		memcpy(text + sizeof(key) - 1, program, len);
		text[sizeof(key) - 1 + len] = '\0';
	}
	return text;
}

int policy_encode(const struct policy *policy, void **ret_buf, size_t *ret_len)
{
	/* Walking forwards only reads the fields when writing; the copy keeps the caller's struct const. */
	struct policy copy = *policy;
	struct codec c = { .writing = true };
	code_policy(&c, &copy);
	if (c.error) {
		free(c.bytes);
		return c.error;
	}
	*ret_buf = c.bytes;
	*ret_len = c.len;
	return 0;
}

int policy_decode(const void *buf, size_t len, struct policy **ret_policy)
{
	struct policy *p = calloc(1, sizeof(*p));
	if (!p)
		return ENOMEM;
	struct codec c = { .bytes = (uint8_t *)(uintptr_t)buf, .room = len };
	code_policy(&c, p);
	if (!c.error && c.len != len)
		c.error = EINVAL;
	if (c.error) {
		policy_free(p);
		return c.error;
	}
	*ret_policy = p;
	return 0;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_dirs; i++) {
		free(p->dirs[i].guest);
		free(p->dirs[i].host);
	}
	for (size_t i = 0; i < p->n_files; i++) {
		free(p->files[i].guest);
		free(p->files[i].name);
	}
	for (size_t i = 0; i < p->n_fds; i++)
		free(p->fds[i].guest_path);
	for (size_t i = 0; i < p->n_programs; i++)
		free(p->programs[i]);
	free(p->programs);
	free(p->dirs);
	free(p->files);
	free(p->fds);
	for (int i = 0; i < POLICY_LIBCS; i++)
		free(p->shims[i]);
	free(p->program);
	free(p->cwd);
	free(p->user);
	free(p->group);
	free(p);
}

/* ---- C libraries ---- */

static const struct {
	const char *name, *loader, *library, *package;
} libcs[] = {
#define LIBC(NAME, name, loader, library, package, search) { #name, loader, library, package },
#include "libc.def"
};

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Some systems keep the loader elsewhere, under the same name. */
enum policy_libc policy_libc_of(const char *interpreter)
{
	int i = 0;
	while (i < POLICY_LIBCS && strcmp(last_component(interpreter), last_component(libcs[i].loader)))
		i++;
	return (enum policy_libc)i;
}

const char *policy_libc_loader(enum policy_libc libc)
{
	return libcs[libc].loader;
}

const char *policy_libc_name(enum policy_libc libc)
{
	return libcs[libc].name;
}

const char *policy_libc_shim(enum policy_libc libc)
{
	return libcs[libc].library;
}

const char *policy_libc_package(enum policy_libc libc)
{
	return libcs[libc].package;
}
