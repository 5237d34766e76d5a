/* Rights as options spell them: see rights_text.h. */
#include "rights_text.h"

#include <string.h>

#include "nearest.h"

static wasi_rights_t rw_set(void)
{
	return wasi_rights_preopen_base() | wasi_rights_preopen_inheriting();
}

static void append(char *buf, size_t room, const char *separator, const char *prefix, const char *word)
{
	size_t len = strlen(buf);
	const char *parts[] = { len ? separator : "", prefix, word };
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(parts[i]);
		if (n > room - len - 1)
			n = room - len - 1;
		memcpy(buf + len, parts[i], n);
		len += n;
	}
	buf[len] = '\0';
}

static void append_names(char *buf, size_t room, const char *separator, const char *prefix, wasi_rights_t rights)
{
	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++) {
		if (rights >> bit & 1)
			append(buf, room, separator, prefix, wasi_right_name(bit));
	}
}

void rights_names(wasi_rights_t rights, char *buf, size_t room)
{
	buf[0] = '\0';
	append_names(buf, room, "|", "", rights & WASI_RIGHTS_ALL);
	if (!buf[0])
		append(buf, room, "", "", "none");
}

void rights_to_text(wasi_rights_t rights, char *buf, size_t room)
{
	wasi_rights_t rw = rw_set(), ro = wasi_rights_readonly(rw);
	buf[0] = '\0';
	if (rights == rw) {
		append(buf, room, "", "", "rw");
	} else if ((rights & ro) == ro && __builtin_popcountll(rights & ~ro) <= __builtin_popcountll(rw & ~rights)) {
		append(buf, room, "", "", "ro");
		append_names(buf, room, ",", "", rights & ~ro);
	} else if (__builtin_popcountll(rw & ~rights) < __builtin_popcountll(rights)) {
		append(buf, room, "", "", "rw");
		append_names(buf, room, ",", "-", rw & ~rights);
	} else {
		append_names(buf, room, ",", "", rights);
	}
}

bool rights_from_text(const char *text, size_t len, wasi_rights_t *ret_rights, const char **bad, size_t *bad_len)
{
	wasi_rights_t rights = 0;
	const char *end = text + len;
	for (const char *word = text; word <= end;) {
		const char *stop = memchr(word, ',', (size_t)(end - word));
		if (!stop)
			stop = end;
		bool remove = stop > word && *word == '-';
		const char *name = word + remove;
		size_t n = (size_t)(stop - name);
		wasi_rights_t one;
		if (n == 2 && !memcmp(name, "rw", 2))
			one = rw_set();
		else if (n == 2 && !memcmp(name, "ro", 2))
			one = wasi_rights_readonly(rw_set());
		else if (wasi_right_from_name(name, n, &one) != WASI_ERRNO_SUCCESS) {
			*bad = name;
			*bad_len = n;
			return false;
		}
		rights = remove ? rights & ~one : rights | one;
		word = stop + 1;
	}
	*ret_rights = rights;
	return true;
}

const char *rights_nearest(const char *word, size_t len)
{
	struct nearest search = nearest_start(word, len);
	nearest_try(&search, "ro");
	nearest_try(&search, "rw");
	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++)
		nearest_try(&search, wasi_right_name(bit));
	return nearest_result(&search);
}
