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

bool engine_func_name(const engine_module_t *module, uint32_t func_index, const char **ret_name, size_t *ret_len)
{
	struct span name;
	if (!module_func_name(module, func_index, &name))
		return false;
	*ret_name = (const char *)name.p;
	*ret_len = name.len;
	return true;
}

bool module_func_name(const engine_module_t *module, uint32_t func, struct span *ret_name)
{
	struct span s = module->names, sub, name;
	while (s.len) {
		uint8_t id = *s.p++;
		s.len--;
		if (!read_span(&s, &sub))
			return false;
		uint32_t n, index;
		if (id != 1) /* function names */
			continue;
		if (!read_u32(&sub, &n))
			return false;
		while (n-- && read_u32(&sub, &index) && read_span(&sub, &name)) {
			if (index == func) {
				*ret_name = name;
				return true;
			}
		}
		return false;
	}
	return false;
}
