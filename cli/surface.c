/* What wasi-libc has for a symbol of glibc: see surface.h. */
#include "surface.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "surface_table.h"

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static const struct surface_group only_glibc = {
	"glibc-only", SURFACE_ABSENT, NULL, "only the GNU C library has it",
	"bring a copy (gnulib has many), or use the standard call"
};
static const struct surface_group foreign = {
	"foreign", SURFACE_FOREIGN, NULL, "belongs to another library", "audit and port that library too, and link it in"
};

static const struct {
	const char *word, *text;
} verdicts[] = {
	[SURFACE_ABSENT] = { "absent", "not there: does not compile or does not link" },
	[SURFACE_DECLARED] = { "declared", "in a header only: compiles, but does not link" },
	[SURFACE_LIBRARY] = { "library", "needs a library that not every toolchain has" },
	[SURFACE_STUB] = { "stub", "compiles and links, but always fails" },
	[SURFACE_EMULATED] = { "emulated", "works to a degree, with a flag" },
	[SURFACE_CONSTANT] = { "constant", "gives a fixed answer" },
	[SURFACE_FOREIGN] = { "foreign", "not libc's, not judged" },
	[SURFACE_PORTABLE] = { "portable", "works" },
};
_Static_assert(sizeof(verdicts) / sizeof(verdicts[0]) == SURFACE_COUNT, "a word for each verdict");

static int compare(const void *key, const void *element)
{
	return strcmp(key, ((const struct row *)element)->name);
}

static const struct row *find_row(const char *name)
{
	return bsearch(name, rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), compare);
}

/* Undoes what glibc's headers do to names, one step at a time: fortified calls (__read_chk), large files (open64),
 * versions of scanf (__isoc99_scanf), reserved spellings (__getdelim). */
static const struct row *find_written(const char *name, int steps)
{
	const struct row *row = find_row(name);
	if (row || !steps)
		return row;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (!strcmp(name, same[i].made))
			return find_row(same[i].written);
	}
	char shorter[64];
	size_t len = strlen(name);
	if (len >= sizeof(shorter))
		return NULL;
	static const char *const prefixes[] = { "__isoc99_", "__isoc23_", "__" };
	static const char *const suffixes[] = { "_chk", "64" };
	for (size_t i = 0; i < 2 && !row; i++) {
		size_t n = strlen(suffixes[i]);
		if (len > n && !strcmp(name + len - n, suffixes[i])) {
			memcpy(shorter, name, len - n);
			shorter[len - n] = '\0';
			row = find_written(shorter, steps - 1);
		}
	}
	for (size_t i = 0; i < 3 && !row; i++) {
		size_t n = strlen(prefixes[i]);
		if (!strncmp(name, prefixes[i], n))
			row = find_written(name + n, steps - 1);
	}
	return row;
}

struct surface_answer surface_find(const char *name, const char *version)
{
	bool glibc = version && !strncmp(version, "GLIBC_", 6);
	const struct row *row = version && !glibc ? NULL : find_written(name, 4);
	if (!row)
		return (struct surface_answer){ glibc ? &only_glibc : &foreign, name, false };
	return (struct surface_answer){ &groups[row->group], row->name, row->newer };
}

const char *surface_word(enum surface_verdict verdict)
{
	return verdicts[verdict].word;
}

const char *surface_text(enum surface_verdict verdict)
{
	return verdicts[verdict].text;
}

const struct surface_group *surface_group_at(unsigned index)
{
	if (index < N_GROUPS)
		return &groups[index];
	return index == N_GROUPS ? &only_glibc : index == N_GROUPS + 1 ? &foreign : NULL;
}
