/* What is asked for: see rules.h. */
#include "rules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nearest.h"
#include "rights_text.h"
#include "rules_kinds.h"

static const struct row {
	const char *key;
	const struct rule_kind *kind;
	size_t offset;
} rows[] = {
#define RULE(ID, key, kind, field) { key, &kind_##kind, offsetof(struct rules, field) },
#include "rules.def"
};

/* These structs are small and few; without memory for them nothing is left to do. */
static void *whole(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void words_add(struct words *w, const char *word, size_t len)
{
	w->at = whole(reallocarray(w->at, w->n + 1, sizeof(*w->at)));
	w->at[w->n++] = whole(strndup(word, len));
}

void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->at[i]);
	free(w->at);
	*w = (struct words){ 0 };
}

struct rules rules_default(void)
{
	return (struct rules){ .profile = POLICY_POSIX, .jit = true, .stream = { true, true, true } };
}

const char *rule_key(enum rule rule)
{
	return rows[rule].key;
}

bool rule_is_list(enum rule rule)
{
	return rows[rule].kind->list;
}

enum rule rule_find(const char *key, const char **ret_nearest)
{
	struct nearest search = nearest_start(key, strlen(key));
	for (int i = 0; i < RULE_COUNT; i++) {
		if (!strcmp(key, rows[i].key))
			return (enum rule)i;
		nearest_try(&search, rows[i].key);
	}
	*ret_nearest = nearest_result(&search);
	return RULE_COUNT;
}

bool rules_set(struct rules *r, enum rule rule, const char *const *words, size_t n, char message[RULES_MESSAGE])
{
	const struct row *row = &rows[rule];
	if (n == 0 || (n > 1 && !row->kind->list)) {
		snprintf(message, RULES_MESSAGE, n ? "takes one value" : "needs a value");
		return false;
	}
	return row->kind->parse(&(struct rule_text){ words, n, message }, (char *)r + row->offset);
}

bool rules_set_text(struct rules *r, enum rule rule, const char *text, char message[RULES_MESSAGE])
{
	if (!rows[rule].kind->list)
		return rules_set(r, rule, &text, 1, message);
	struct words words = { 0 };
	for (;;) {
		size_t len = strcspn(text, ",");
		words_add(&words, text, len);
		if (!text[len])
			break;
		text += len + 1;
	}
	bool ok = rules_set(r, rule, (const char *const *)words.at, words.n, message);
	words_free(&words);
	return ok;
}

struct words rule_words(const struct rules *r, enum rule rule)
{
	struct words words = { 0 };
	rows[rule].kind->print((const char *)r + rows[rule].offset, &words);
	return words;
}

bool rule_is_default(const struct rules *r, enum rule rule)
{
	struct rules initial = rules_default();
	struct words a = rule_words(r, rule), b = rule_words(&initial, rule);
	bool same = a.n == b.n;
	for (size_t i = 0; i < a.n && same; i++)
		same = !strcmp(a.at[i], b.at[i]);
	words_free(&a);
	words_free(&b);
	return same;
}

/* ---- lists of things ---- */

/* The text after the last single colon is always rights. */
bool rules_parse_dir(const char *text, struct rules_dir *ret_dir, char message[RULES_MESSAGE])
{
	struct rules_dir dir = { .rights = wasi_rights_preopen_base() | wasi_rights_preopen_inheriting() };
	const char *guest = strstr(text, "::");
	const char *last = guest ? guest + 2 : text;
	const char *colon = strrchr(last, ':');
	size_t last_len = colon ? (size_t)(colon - last) : strlen(last);
	size_t host_len = guest ? (size_t)(guest - text) : last_len;
	if (!host_len) {
		snprintf(message, RULES_MESSAGE, "no directory is named; write HOST[::GUEST][:RIGHTS]");
		return false;
	}
	if (guest && !last_len) {
		snprintf(message, RULES_MESSAGE, "the guest's name is empty; use / or . for the root");
		return false;
	}
	const char *bad;
	size_t bad_len;
	if (colon && !rights_from_text(colon + 1, strlen(colon + 1), &dir.rights, &bad, &bad_len)) {
		const char *near = rights_nearest(bad, bad_len);
		if (near)
			snprintf(message, RULES_MESSAGE, "no right \"%.*s\"; did you mean \"%s\"?", (int)bad_len, bad, near);
		else
			snprintf(message, RULES_MESSAGE,
				 "no right \"%.*s\"; after a colon come ro, rw or rights of preview1 (a name with a colon needs "
				 "rights behind it: %s:rw)",
				 (int)bad_len, bad, text);
		return false;
	}
	dir.host = whole(strndup(text, host_len));
	dir.guest = guest ? whole(strndup(last, last_len)) : NULL;
	*ret_dir = dir;
	return true;
}

void rules_add_dir(struct rules *r, struct rules_dir dir)
{
	r->dirs = whole(reallocarray(r->dirs, r->n_dirs + 1, sizeof(*r->dirs)));
	r->dirs[r->n_dirs++] = dir;
}

bool rules_set_env(struct rules *r, const char *text, char message[RULES_MESSAGE])
{
	size_t name_len = strcspn(text, "=");
	if (name_len == 0) {
		snprintf(message, RULES_MESSAGE, "the variable has no name");
		return false;
	}
	char *pair;
	if (text[name_len]) {
		pair = whole(strdup(text));
	} else {
		const char *value = getenv(text);
		if (!value)
			return true; /* as other runtimes: an unset variable stays unset */
		pair = whole(malloc(name_len + 1 + strlen(value) + 1));
		memcpy(pair, text, name_len);
		pair[name_len] = '=';
		strcpy(pair + name_len + 1, value);
	}
	for (size_t i = 0; i < r->n_env; i++) {
		if (!strncmp(r->env[i], pair, name_len + 1)) {
			free(r->env[i]);
			r->env[i] = pair;
			return true;
		}
	}
	r->env = whole(reallocarray(r->env, r->n_env + 1, sizeof(*r->env)));
	r->env[r->n_env++] = pair;
	return true;
}
