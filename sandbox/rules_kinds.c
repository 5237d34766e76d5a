/* Kinds of settings: see rules_kinds.h. */
#include "rules_kinds.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nearest.h"

#define SECOND INT64_C(1000000000)

__attribute__((format(printf, 2, 3))) static bool wrong(const struct rule_text *t, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(t->message, RULES_MESSAGE, format, ap);
	va_end(ap);
	return false;
}

__attribute__((format(printf, 2, 3))) static void add_word(struct words *w, const char *format, ...)
{
	char word[128];
	va_list ap;
	va_start(ap, format);
	int len = vsnprintf(word, sizeof(word), format, ap);
	va_end(ap);
	words_add(w, word, len < 0 ? 0 : (size_t)len < sizeof(word) ? (size_t)len : sizeof(word) - 1);
}

/* ---- one of a few words ---- */

/* Index of the only word among the choices; -1 with the reason. */
static int choose(const struct rule_text *t, const char *const *choices, int n)
{
	const char *word = t->words[0];
	struct nearest search = nearest_start(word, strlen(word));
	char list[128] = "";
	for (int i = 0; i < n; i++) {
		if (!strcmp(word, choices[i]))
			return i;
		nearest_try(&search, choices[i]);
		const char *joint = i == 0 ? "" : i == n - 1 ? " or " : ", ";
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", joint, choices[i]);
	}
	const char *near = nearest_result(&search);
	if (near)
		wrong(t, "did you mean \"%s\"?", near);
	else
		wrong(t, "must be %s", list);
	return -1;
}

/* A kind with two words, the first for false. */
#define TWO_WORDS(name, no, yes)                                                   \
	static bool parse_##name(const struct rule_text *t, void *field)           \
	{                                                                          \
		int i = choose(t, (const char *const[]){ no, yes }, 2);            \
		if (i >= 0)                                                        \
			*(bool *)field = i;                                        \
		return i >= 0;                                                     \
	}                                                                          \
	static void print_##name(const void *field, struct words *w)               \
	{                                                                          \
		add_word(w, "%s", *(const bool *)field ? yes : no);                \
	}                                                                          \
	const struct rule_kind kind_##name = { parse_##name, print_##name, false };
TWO_WORDS(jit, "refused", "allowed")
TWO_WORDS(tmp, "none", "private")
TWO_WORDS(proc, "none", "own")
TWO_WORDS(readdir, "host", "sorted")
TWO_WORDS(stream, "null", "inherit")

static const char *const profiles[] = { [POLICY_POSIX] = "posix", [POLICY_STRICT] = "strict" };

static bool parse_profile(const struct rule_text *t, void *field)
{
	int i = choose(t, profiles, 2);
	if (i >= 0)
		*(enum policy_profile *)field = (enum policy_profile)i;
	return i >= 0;
}

static void print_profile(const void *field, struct words *w)
{
	add_word(w, "%s", profiles[*(const enum policy_profile *)field]);
}
const struct rule_kind kind_profile = { parse_profile, print_profile, false };

static bool parse_network(const struct rule_text *t, void *field)
{
	if (strcmp(t->words[0], "none"))
		return wrong(t, "must be none: addresses cannot be granted yet");
	*(bool *)field = false;
	return true;
}

static void print_network(const void *field, struct words *w)
{
	(void)field;
	add_word(w, "none");
}
const struct rule_kind kind_network = { parse_network, print_network, false };

static bool parse_text(const struct rule_text *t, void *field)
{
	char **text = field, *copy = strdup(t->words[0]);
	if (!copy)
		return wrong(t, "out of memory");
	free(*text);
	*text = copy;
	return true;
}

static void print_text(const void *field, struct words *w)
{
	const char *text = *(char *const *)field;
	if (text)
		words_add(w, text, strlen(text));
}
const struct rule_kind kind_text = { parse_text, print_text, false };

/* ---- a word or a list of paths ---- */

static bool take_paths(const struct rule_text *t, const char *otherwise, struct words *ret_paths)
{
	struct words paths = { 0 };
	for (size_t i = 0; i < t->n; i++) {
		if (t->words[i][0] != '/') {
			words_free(&paths);
			return wrong(t, "\"%s\": write %s or absolute paths", t->words[i], otherwise);
		}
		words_add(&paths, t->words[i], strlen(t->words[i]));
	}
	words_free(ret_paths);
	*ret_paths = paths;
	return true;
}

static void print_paths(const struct words *paths, struct words *w)
{
	for (size_t i = 0; i < paths->n; i++)
		words_add(w, paths->at[i], strlen(paths->at[i]));
}

static bool parse_exec(const struct rule_text *t, void *field)
{
	struct rules_exec *e = field;
	bool any = !strcmp(t->words[0], "any"), none = !strcmp(t->words[0], "none");
	if (t->n == 1 && (any || none)) {
		words_free(&e->programs);
		e->mode = any ? POLICY_EXEC_ANY : POLICY_EXEC_NONE;
		return true;
	}
	if (!take_paths(t, "any, none", &e->programs))
		return false;
	e->mode = POLICY_EXEC_LISTED;
	return true;
}

static void print_exec(const void *field, struct words *w)
{
	const struct rules_exec *e = field;
	if (e->mode == POLICY_EXEC_LISTED)
		print_paths(&e->programs, w);
	else
		add_word(w, "%s", e->mode == POLICY_EXEC_ANY ? "any" : "none");
}
const struct rule_kind kind_exec = { parse_exec, print_exec, true };

static bool parse_runtime(const struct rule_text *t, void *field)
{
	struct rules_runtime_choice *r = field;
	if (t->n == 1 && t->words[0][0] != '/') {
		int i = choose(t, (const char *const[]){ "auto", "none" }, 2);
		if (i < 0)
			return false;
		words_free(&r->dirs);
		r->mode = i ? RULES_RUNTIME_NONE : RULES_RUNTIME_AUTO;
		return true;
	}
	if (!take_paths(t, "auto, none", &r->dirs))
		return false;
	r->mode = RULES_RUNTIME_LISTED;
	return true;
}

static void print_runtime(const void *field, struct words *w)
{
	const struct rules_runtime_choice *r = field;
	if (r->mode == RULES_RUNTIME_LISTED)
		print_paths(&r->dirs, w);
	else
		add_word(w, "%s", r->mode == RULES_RUNTIME_AUTO ? "auto" : "none");
}
const struct rule_kind kind_runtime = { parse_runtime, print_runtime, true };

/* ---- numbers ---- */

static bool parse_seconds(const struct rule_text *t, void *field)
{
	char *end;
	double seconds = strtod(t->words[0], &end);
	if (end == t->words[0] || *end || !(seconds > 0 && seconds <= 1e9))
		return wrong(t, "not a number of seconds above 0");
	uint64_t ns = (uint64_t)(seconds * (double)SECOND);
	*(uint64_t *)field = ns ? ns : 1;
	return true;
}

static void print_seconds(const void *field, struct words *w)
{
	uint64_t ns = *(const uint64_t *)field;
	add_word(w, "%.10g", (double)ns / (double)SECOND);
}
const struct rule_kind kind_seconds = { parse_seconds, print_seconds, false };

/* Digits, then nothing else; false beyond 64 bits. */
static bool parse_whole(const char *text, uint64_t *ret, char **ret_end)
{
	errno = 0;
	if (*text < '0' || *text > '9')
		return false;
	*ret = strtoull(text, ret_end, 10);
	return !errno;
}

static bool parse_count(const struct rule_text *t, void *field)
{
	uint64_t n;
	char *end;
	if (!parse_whole(t->words[0], &n, &end) || *end || n == 0 || n > INT32_MAX)
		return wrong(t, "not a whole number above 0");
	*(uint64_t *)field = n;
	return true;
}

static void print_count(const void *field, struct words *w)
{
	add_word(w, "%" PRIu64, *(const uint64_t *)field);
}
const struct rule_kind kind_count = { parse_count, print_count, false };

static const char units[] = "KMGT";

static bool parse_bytes(const struct rule_text *t, void *field)
{
	uint64_t n;
	char *end;
	if (!parse_whole(t->words[0], &n, &end))
		return wrong(t, "not a number of bytes; write 1000000, 64K, 512M or 2G");
	const char *unit = *end ? strchr(units, *end) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	if (end[unit != NULL] || n == 0 || n > (uint64_t)INT64_MAX >> shift)
		return wrong(t, "not a number of bytes; write 1000000, 64K, 512M or 2G");
	*(uint64_t *)field = n << shift;
	return true;
}

static void print_bytes(const void *field, struct words *w)
{
	uint64_t n = *(const uint64_t *)field;
	unsigned unit = 0;
	while (unit < 4 && n && !(n & 1023)) {
		n >>= 10;
		unit++;
	}
	if (unit)
		add_word(w, "%" PRIu64 "%c", n, units[unit - 1]);
	else
		add_word(w, "%" PRIu64, n);
}
const struct rule_kind kind_bytes = { parse_bytes, print_bytes, false };

/* ---- repeatable runs ---- */

/* [-]SECONDS[.FRACTION] as nanoseconds; false for anything else and for what 64 bits cannot hold. */
static bool parse_ns(const char *text, int64_t *ret_ns)
{
	bool negative = *text == '-';
	text += *text == '-' || *text == '+';
	if (*text < '0' || *text > '9')
		return false;
	char *end;
	errno = 0;
	long long seconds = strtoll(text, &end, 10);
	int64_t ns, fraction = 0;
	if (*end == '.') {
		int64_t unit = SECOND / 10;
		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			fraction += (*end - '0') * unit;
	}
	if (errno || *end || __builtin_mul_overflow(seconds, SECOND, &ns) || __builtin_add_overflow(ns, fraction, &ns))
		return false;
	*ret_ns = negative ? -ns : ns;
	return true;
}

/* 2024-02-29, 2024-02-29T12:30:00, either with a Z behind: UTC. */
static bool parse_calendar(const char *text, int64_t *ret_ns)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ" };
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, formats[i], &tm);
		if (end && !*end)
			return !__builtin_mul_overflow((int64_t)timegm(&tm), SECOND, ret_ns);
	}
	return false;
}

static bool parse_clock(const struct rule_text *t, void *field)
{
	struct rules_clock *c = field;
	const char *text = t->words[0];
	int64_t ns = 0;
	enum policy_clock mode = POLICY_CLOCK_REAL;
	if (!strncmp(text, "fixed:", 6)) {
		mode = POLICY_CLOCK_FIXED;
		if ((!parse_ns(text + 6, &ns) && !parse_calendar(text + 6, &ns)) || ns < 0)
			return wrong(t, "\"%s\" is no time since 1970; write 1700000000.5 or 2024-02-29T12:30:00", text + 6);
	} else if (!strncmp(text, "offset:", 7)) {
		mode = POLICY_CLOCK_OFFSET;
		if (!parse_ns(text + 7, &ns))
			return wrong(t, "\"%s\" is no number of seconds", text + 7);
	} else if (strcmp(text, "real")) {
		return wrong(t, "write fixed:TIME or offset:SECONDS");
	}
	*c = (struct rules_clock){ .mode = mode, .ns = (uint64_t)ns };
	return true;
}

static void print_clock(const void *field, struct words *w)
{
	const struct rules_clock *c = field;
	int64_t ns = (int64_t)c->ns;
	if (c->mode == POLICY_CLOCK_REAL) {
		add_word(w, "real");
		return;
	}
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	char fraction[16] = "";
	if (size % (uint64_t)SECOND) {
		snprintf(fraction, sizeof(fraction), ".%09" PRIu64, size % (uint64_t)SECOND);
		for (char *end = fraction + strlen(fraction) - 1; *end == '0'; end--)
			*end = '\0';
	}
	add_word(w, "%s%s%" PRIu64 "%s", c->mode == POLICY_CLOCK_FIXED ? "fixed:" : "offset:", ns < 0 ? "-" : "",
		 size / (uint64_t)SECOND, fraction);
}
const struct rule_kind kind_clock = { parse_clock, print_clock, false };

static bool parse_random(const struct rule_text *t, void *field)
{
	struct rules_random *r = field;
	const char *text = t->words[0], *digits = text + 5;
	if (!strcmp(text, "host")) {
		*r = (struct rules_random){ 0 };
		return true;
	}
	char *end;
	errno = 0;
	if (strncmp(text, "seed:", 5) || *digits < '0' || *digits > '9')
		return wrong(t, "write seed:NUMBER");
	uint64_t seed = strtoull(digits, &end, 0);
	if (errno || *end)
		return wrong(t, "write seed:NUMBER");
	*r = (struct rules_random){ .seeded = true, .seed = seed };
	return true;
}

static void print_random(const void *field, struct words *w)
{
	const struct rules_random *r = field;
	if (r->seeded)
		add_word(w, "seed:%" PRIu64, r->seed);
	else
		add_word(w, "host");
}
const struct rule_kind kind_random = { parse_random, print_random, false };
