/* What is asked for, before anything is opened: the one struct that options, policy files and profiles fill. The front
 * end opens what it names and makes the policy (policy.h) and the wall (wall.h) from it. */
#ifndef WASIWARD_RULES_H
#define WASIWARD_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "policy.h"

/* Room for a message, in bytes. Messages are cut to it. */
#define RULES_MESSAGE 1024

struct words {
	char **at; /* owned */
	size_t n;
};

struct rules_dir {
	char *host, *guest; /* guest: NULL, the same name as host */
	wasi_rights_t rights;
	bool optional; /* what the host does not have is left out */
	char *where;   /* what asked for it: "--dir src:ro" or "policy.yaml:7"; owned */
	char *note;    /* written as a comment before it; NULL: none; owned */
};

enum rules_runtime { RULES_RUNTIME_AUTO, RULES_RUNTIME_NONE, RULES_RUNTIME_LISTED };

struct rules {
	struct rules_dir *dirs;
	size_t n_dirs;
	char **env; /* "NAME=VALUE", each name once; owned */
	size_t n_env;

	enum policy_profile profile;
	struct rules_runtime_choice {
		enum rules_runtime mode;
		struct words dirs; /* RULES_RUNTIME_LISTED: host directories, absolute */
	} runtime;
	char *cwd; /* NULL: where the command was started */
	struct rules_exec {
		enum policy_exec mode;
		struct words programs; /* POLICY_EXEC_LISTED: guest paths, absolute */
	} exec;
	bool jit;     /* memory that was written may be executed */
	bool network; /* nothing but false so far */
	bool tmp;     /* a /tmp of its own, gone afterwards */
	bool proc;    /* /proc, of the guest's own processes */
	struct rules_clock {
		enum policy_clock mode;
		uint64_t ns; /* as policy.clock_ns */
	} clock;
	struct rules_random {
		bool seeded;
		uint64_t seed;
	} random;
	bool sorted; /* directories in the order of their names */
	bool stream[3]; /* 0, 1, 2: inherited; false: /dev/null */
	struct policy_limits limits;
};

/* What holds where nothing is said: nothing granted, posix profile, the runtime, any program beneath what is granted. */
struct rules rules_default(void);

enum rule {
#define RULE(ID, key, kind, field) RULE_##ID,
#include "rules.def"
	RULE_COUNT
};

/* "limits.memory" */
const char *rule_key(enum rule rule);

/* Whether a rule may have several words. */
bool rule_is_list(enum rule rule);

/* The rule of a key, RULE_COUNT if there is none; then *ret_nearest is the one that was probably meant, or NULL. */
enum rule rule_find(const char *key, const char **ret_nearest);

/* Sets a rule from its words: one, except where a list is allowed (exec, runtime). On failure returns false, with the
 * reason in message and rules as they were. */
bool rules_set(struct rules *rules, enum rule rule, const char *const *words, size_t n, char message[RULES_MESSAGE]);

/* The same from one text, as an option has it: lists are joined by commas. */
bool rules_set_text(struct rules *rules, enum rule rule, const char *text, char message[RULES_MESSAGE]);

/* Whether a rule has its default value. */
bool rule_is_default(const struct rules *rules, enum rule rule);

/* The words that rules_set reads back as the rule's value. Malloced list of malloced words (words_free). */
struct words rule_words(const struct rules *rules, enum rule rule);

/* Splits HOST[::GUEST][:RIGHTS], without `where`. False with the reason in message. The strings are owned by the result. */
bool rules_parse_dir(const char *text, struct rules_dir *ret_dir, char message[RULES_MESSAGE]);

/* Appends a grant; takes ownership of its strings. */
void rules_add_dir(struct rules *rules, struct rules_dir dir);

/* Sets a variable from NAME=VALUE, or passes the caller's own on when there is no "=" (one that is not set stays unset).
 * False with the reason in message. */
bool rules_set_env(struct rules *rules, const char *text, char message[RULES_MESSAGE]);

/* Appends a copy. */
void words_add(struct words *words, const char *word, size_t len);
void words_free(struct words *words);

/* ---- policy files: policy_read.c, policy_write.c ---- */

/* Reads a policy file into rules, over what is there already. Every mistake is written to errors as one line
 * "FILE:LINE: KEY: what is wrong"; returns their number. file: what messages call it. */
unsigned policy_read(FILE *in, const char *file, struct rules *rules, FILE *errors);

/* Writes a policy file that reads back as these rules. comment: lines for its head, without "#"; NULL: none. Names that
 * are no text (not UTF-8), which such a file cannot hold, become comments; returns their number. */
unsigned policy_write(FILE *out, const struct rules *rules, const char *comment);

#endif
