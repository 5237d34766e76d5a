/* What wasi-libc has for a symbol of glibc: libc-surface.txt, asked by name. */
#ifndef WASIWARD_SURFACE_H
#define WASIWARD_SURFACE_H

#include <stdbool.h>

/* Worst first. */
enum surface_verdict {
	SURFACE_ABSENT,
	SURFACE_DECLARED,
	SURFACE_LIBRARY,
	SURFACE_STUB,
	SURFACE_EMULATED,
	SURFACE_CONSTANT,
	SURFACE_FOREIGN, /* of another library: not for us to judge */
	SURFACE_PORTABLE,
	SURFACE_COUNT
};

struct surface_group {
	const char *id;
	enum surface_verdict verdict;
	const char *detail; /* errno of a stub, flags; NULL if there is nothing to say */
	const char *text;   /* what is the matter */
	const char *way;    /* the way out; NULL where none is needed */
};

struct surface_answer {
	const struct surface_group *group;
	const char *written; /* the name in the source: "printf" for "__printf_chk" */
	bool newer;          /* older releases of wasi-libc (2022, in Debian 12) lack it */
};

/* version: the symbol's version as in "GLIBC_2.34", NULL when it has none. */
struct surface_answer surface_find(const char *name, const char *version);

/* "absent"; and what it means in a few words. */
const char *surface_word(enum surface_verdict verdict);
const char *surface_text(enum surface_verdict verdict);

/* The groups of the table and those that rules make, for lists of rules. NULL behind the last. */
const struct surface_group *surface_group_at(unsigned index);

#endif
