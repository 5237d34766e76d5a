/* Which valid word did they mean? Optimal string alignment distance: insertions, deletions, substitutions and swaps of
 * neighbours cost 1 each. */
#ifndef WASIWARD_NEAREST_H
#define WASIWARD_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word;
	size_t len;
	const char *best;
	unsigned distance;
};

/* word: what was typed, len bytes, borrowed while searching. */
struct nearest nearest_start(const char *word, size_t len);

/* Offers a candidate (borrowed). */
void nearest_try(struct nearest *search, const char *candidate);

/* The best candidate, or NULL when none is near enough to be meant (distance over a third of the length, at least 2). */
const char *nearest_result(const struct nearest *search);

#endif
