/* Kinds of settings: how each is read from words, and written as words. Used by rules.c alone. */
#ifndef WASIWARD_RULES_KINDS_H
#define WASIWARD_RULES_KINDS_H

#include "rules.h"

/* What a rule's words are read from, and where the reason goes when they make no sense. */
struct rule_text {
	const char *const *words;
	size_t n; /* at least 1; the kinds that are no list are only called with 1 */
	char *message; /* RULES_MESSAGE bytes */
};

/* parse: sets *field (freeing what it owned) or returns false with the reason, and *field as it was. print: appends the
 * words. list: takes more than one word. */
struct rule_kind {
	bool (*parse)(const struct rule_text *text, void *field);
	void (*print)(const void *field, struct words *ret_words);
	bool list;
};

extern const struct rule_kind kind_profile, kind_runtime, kind_text, kind_exec, kind_jit, kind_network, kind_tmp, kind_proc,
	kind_clock, kind_random, kind_readdir, kind_stream, kind_seconds, kind_bytes, kind_count;

#endif
