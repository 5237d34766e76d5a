/* Sets of rights: by kind of object, for preopens, and by name. */
#include <string.h>

#include "internal.h"

_Static_assert(WASI_RIGHT_COUNT == 30, "preview1 has 30 rights");

/* With a constant letter all of this folds into one constant. */
static inline __attribute__((always_inline)) wasi_rights_t usable(char letter)
{
	wasi_rights_t rights = 0;

#define RIGHT(NAME, name, TYPES, EFFECT, text) rights |= __builtin_strchr(TYPES, letter) ? WASI_RIGHTS_##NAME : 0;
#include "rights.def"
	return rights;
}

wasi_rights_t rights_usable(enum wasi_class class)
{
	switch (class) {
#define CLASS(NAME, letter)                                                                                            \
	case CLASS_##NAME:                                                                                             \
		return usable(letter);
		WASI_CLASSES(CLASS)
#undef CLASS
	}
	return 0;
}

wasi_errno_t rights_kind_error(enum wasi_class class, wasi_rights_t need)
{
	wasi_rights_t unusable = need & ~rights_usable(class);

	if (unusable & usable('d') & ~usable('f'))
		return WASI_ERRNO_NOTDIR;
	if (unusable & usable('s') & ~usable('f'))
		return WASI_ERRNO_NOTSOCK;
	if (class == CLASS_DIRECTORY)
		return WASI_ERRNO_ISDIR;
	if (unusable & (WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL | WASI_RIGHTS_FD_ADVISE | WASI_RIGHTS_FD_ALLOCATE))
		return WASI_ERRNO_SPIPE;
	if (unusable & (WASI_RIGHTS_FD_SYNC | WASI_RIGHTS_FD_DATASYNC | WASI_RIGHTS_FD_FILESTAT_SET_SIZE))
		return WASI_ERRNO_INVAL;
	return WASI_ERRNO_NOTCAPABLE;
}

wasi_rights_t wasi_rights_preopen_base(void)
{
	return usable('d');
}

wasi_rights_t wasi_rights_preopen_inheriting(void)
{
	return usable('d') | usable('f');
}

wasi_rights_t wasi_rights_readonly(wasi_rights_t rights)
{
#define READ 0
#define NONE 0
#define WRITE 1
#define RIGHT(NAME, name, TYPES, EFFECT, text)                                                                         \
	rights &= EFFECT ? ~(wasi_rights_t)WASI_RIGHTS_##NAME : ~(wasi_rights_t)0;
#include "rights.def"
	return rights;
}

static const struct {
	const char *name, *text;
} names[] = {
#define RIGHT(NAME, name, TYPES, EFFECT, text) {#name, text},
#include "rights.def"
};

const char *wasi_right_name(unsigned bit)
{
	return bit < WASI_RIGHT_COUNT ? names[bit].name : "?";
}

const char *wasi_right_text(unsigned bit)
{
	return bit < WASI_RIGHT_COUNT ? names[bit].text : "?";
}

wasi_errno_t wasi_right_from_name(const char *name, size_t name_len, wasi_rights_t *ret_right)
{
	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++) {
		if (strlen(names[bit].name) == name_len && memcmp(names[bit].name, name, name_len) == 0) {
			*ret_right = (wasi_rights_t)1 << bit;
			return WASI_ERRNO_SUCCESS;
		}
	}
	return WASI_ERRNO_INVAL;
}
