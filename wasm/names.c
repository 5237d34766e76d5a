/* Function names, looked up when somebody asks: a custom section is advice, so everything odd in it means "no name". */
#include "module.h"

/* Reads an unsigned LEB128 of at most 32 bits; false at the end of the input. */
static bool read_u32(struct span *s, uint32_t *ret)
{
	uint32_t value = 0;
	for (unsigned shift = 0; shift < 35; shift += 7) {
		if (!s->len)
			return false;
		uint8_t byte = *s->p++;
		s->len--;
		value |= (uint32_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool read_span(struct span *s, struct span *ret)
{
	uint32_t len;
	if (!read_u32(s, &len) || len > s->len)
		return false;
	*ret = (struct span){s->p, len};
	s->p += len;
	s->len -= len;
	return true;
}

void engine_func_names(const engine_module_t *module, engine_name_fn *fn, void *user)
{
	struct span s = module->names, sub, name;
	while (s.len) {
		uint8_t id = *s.p++;
		s.len--;
		if (!read_span(&s, &sub))
			return;
		uint32_t n, index;
		if (id != 1) /* function names */
			continue;
		if (!read_u32(&sub, &n))
			return;
		while (n-- && read_u32(&sub, &index) && read_span(&sub, &name)) {
			if (!fn(user, index, (const char *)name.p, name.len))
				return;
		}
		return;
	}
}

struct wanted {
	uint32_t func;
	const char *name; /* NULL: not found yet */
	size_t len;
};

static bool look_at(void *user, uint32_t func, const char *name, size_t len)
{
	struct wanted *wanted = user;
	if (func != wanted->func)
		return true;
	wanted->name = name;
	wanted->len = len;
	return false;
}

bool engine_func_name(const engine_module_t *module, uint32_t func_index, const char **ret_name, size_t *ret_len)
{
	struct wanted wanted = {.func = func_index};
	engine_func_names(module, look_at, &wanted);
	if (!wanted.name)
		return false;
	*ret_name = wanted.name;
	*ret_len = wanted.len;
	return true;
}
