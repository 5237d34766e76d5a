/* Well-formed UTF-8, as both formats ask for it in names: the sequences of Unicode's table 3-7. */
#ifndef WASIWARD_UTF8_H
#define WASIWARD_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the sequence at p (1 to 4), or 0 if none that is well-formed begins there within len bytes. */
static inline size_t utf8_sequence(const uint8_t *p, size_t len)
{
	if (len == 0)
		return 0;
	uint8_t c = *p;
	size_t more = c < 0x80 ? 0 : c < 0xc2 ? 4 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 4;
	if (more == 4 || more >= len)
		return 0;
	for (size_t i = 1; i <= more; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
	    (c == 0xf4 && p[1] > 0x8f))
		return 0;
	return more + 1;
}

/* The first byte that is not part of a well-formed sequence, or NULL. */
static inline const uint8_t *utf8_invalid(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	while (p < end) {
		size_t n = utf8_sequence(p, (size_t)(end - p));
		if (!n)
			return p;
		p += n;
	}
	return NULL;
}

#endif
