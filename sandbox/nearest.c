/* Edit distance: see nearest.h. */
#include "nearest.h"

#include <limits.h>
#include <string.h>

#define MAX_WORD 63 /* options and rights are shorter; longer input is no misspelling */

struct nearest nearest_start(const char *word, size_t len)
{
	return (struct nearest){ .word = word, .len = len, .distance = UINT_MAX };
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][MAX_WORD + 1];
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned change = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = min3(above[j] + 1, row[j - 1] + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return rows[n % 3][m];
}

void nearest_try(struct nearest *search, const char *candidate)
{
	size_t len = strlen(candidate);
	if (search->len > MAX_WORD || len > MAX_WORD)
		return;
	unsigned d = distance(search->word, search->len, candidate, len);
	if (d < search->distance) {
		search->distance = d;
		search->best = candidate;
	}
}

const char *nearest_result(const struct nearest *search)
{
	size_t limit = search->len / 3 < 2 ? 2 : search->len / 3;
	return search->distance <= limit ? search->best : NULL;
}
