/* Reading policy files: YAML, of which JSON is a part, taken apart by libyaml. It keeps the line of every value, so each
 * mistake is told with its place.
 *
 * Scalars are text whatever they look like: what a value means is decided by the key, so `no` is never a truth value by
 * surprise. Aliases are refused, being nodes that stand in several places. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "nearest.h"
#include "rights_text.h"
#include "rules.h"

#define MAX_FILE (1u << 20)
#define MAX_DEPTH 16

struct reader {
	yaml_document_t document;
	struct rules *rules;
	const char *file;
	FILE *errors;
	unsigned n_errors;
	unsigned char *used; /* by node: what has been read once */
};

__attribute__((format(printf, 4, 5))) static void complain(struct reader *r, const yaml_node_t *at, const char *key,
							    const char *format, ...)
{
	fprintf(r->errors, "%s:%zu: %s%s", r->file, at ? at->start_mark.line + 1 : 1, key ? key : "", key ? ": " : "");
	va_list ap;
	va_start(ap, format);
	vfprintf(r->errors, format, ap);
	va_end(ap);
	fputc('\n', r->errors);
	r->n_errors++;
}

static yaml_node_t *node(struct reader *r, int index, const char *key)
{
	yaml_node_t *n = yaml_document_get_node(&r->document, index);
	if (n && r->used[index]++) {
		complain(r, n, key, "stands in several places (\"*\"); write it out");
		return NULL;
	}
	return n;
}

/* A scalar's text; NULL with a message for anything else. Text with a NUL is nobody's name. */
static const char *scalar(struct reader *r, const yaml_node_t *n, const char *key)
{
	if (!n)
		return NULL;
	if (n->type != YAML_SCALAR_NODE) {
		complain(r, n, key, "must be a single value");
		return NULL;
	}
	const char *text = (const char *)n->data.scalar.value;
	if (strlen(text) != n->data.scalar.length) {
		complain(r, n, key, "has a NUL in it");
		return NULL;
	}
	return text;
}

static bool is_null(const yaml_node_t *n)
{
	if (n->type != YAML_SCALAR_NODE || n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	const char *text = (const char *)n->data.scalar.value;
	return !*text || !strcmp(text, "null") || !strcmp(text, "~");
}

/* Calls each(…, name, value) for the pairs of a mapping. Names that come twice are mistakes: readers disagree on which
 * counts. */
static void each_pair(struct reader *r, yaml_node_t *map, const char *key,
		      void (*each)(struct reader *r, void *user, const yaml_node_t *at, const char *name, yaml_node_t *value), void *user)
{
	if (map->type != YAML_MAPPING_NODE) {
		complain(r, map, key, "must be a mapping: { name: value, … }");
		return;
	}
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *name_node = node(r, p->key, key);
		const char *name = scalar(r, name_node, key);
		yaml_node_t *value = name ? node(r, p->value, name) : NULL;
		if (!value)
			continue;
		bool twice = false;
		for (yaml_node_pair_t *q = map->data.mapping.pairs.start; q < p && !twice; q++) {
			const yaml_node_t *other = yaml_document_get_node(&r->document, q->key);
			twice = other->type == YAML_SCALAR_NODE && !strcmp((const char *)other->data.scalar.value, name);
		}
		if (twice)
			complain(r, name_node, name, "stands here twice");
		else
			each(r, user, name_node, name, value);
	}
}

/* The texts of a scalar or of a sequence of scalars. False after a message. */
static bool texts(struct reader *r, yaml_node_t *value, const char *key, struct words *ret)
{
	if (value->type != YAML_SEQUENCE_NODE) {
		const char *text = scalar(r, value, key);
		if (text)
			words_add(ret, text, strlen(text));
		return text;
	}
	for (yaml_node_item_t *i = value->data.sequence.items.start; i < value->data.sequence.items.top; i++) {
		const char *text = scalar(r, node(r, *i, key), key);
		if (!text)
			return false;
		words_add(ret, text, strlen(text));
	}
	return true;
}

static char *where(const struct reader *r, const yaml_node_t *at)
{
	char *text;
	if (asprintf(&text, "%s:%zu", r->file, at->start_mark.line + 1) < 0)
		abort();
	return text;
}

/* ---- dirs ---- */

static void unknown(struct reader *r, const yaml_node_t *at, const char *name, const char *near)
{
	complain(r, at, name, "no such key%s%s%s", near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void set_rights(struct reader *r, yaml_node_t *value, struct rules_dir *dir)
{
	struct words words = { 0 };
	char *joined = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&joined, &len);
	if (!out)
		abort();
	bool ok = texts(r, value, "rights", &words);
	for (size_t i = 0; i < words.n; i++)
		fprintf(out, "%s%s", i ? "," : "", words.at[i]);
	fclose(out);
	words_free(&words);
	const char *bad;
	size_t bad_len;
	if (ok && !rights_from_text(joined, len, &dir->rights, &bad, &bad_len)) {
		const char *near = rights_nearest(bad, bad_len);
		complain(r, value, "rights", "no right \"%.*s\"%s%s%s", (int)bad_len, bad, near ? "; did you mean \"" : "",
			 near ? near : "", near ? "\"?" : "");
	}
	free(joined);
}

static void dir_key(struct reader *r, void *user, const yaml_node_t *at, const char *name, yaml_node_t *value)
{
	struct rules_dir *dir = user;
	char **text = !strcmp(name, "host") ? &dir->host : !strcmp(name, "guest") ? &dir->guest : NULL;
	if (text) {
		const char *said = scalar(r, value, name);
		if (said && !*said)
			complain(r, value, name, "is empty");
		else if (said)
			*text = strdup(said);
	} else if (!strcmp(name, "rights")) {
		set_rights(r, value, dir);
	} else if (!strcmp(name, "optional")) {
		const char *said = scalar(r, value, name);
		if (said && strcmp(said, "true") && strcmp(said, "false"))
			complain(r, value, name, "must be true or false");
		else if (said)
			dir->optional = !strcmp(said, "true");
	} else {
		static const char *const keys[] = { "host", "guest", "rights", "optional" };
		struct nearest search = nearest_start(name, strlen(name));
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			nearest_try(&search, keys[i]);
		unknown(r, at, name, nearest_result(&search));
	}
}

static void read_dir(struct reader *r, yaml_node_t *n)
{
	struct rules_dir dir = { .rights = wasi_rights_preopen_base() | wasi_rights_preopen_inheriting() };
	unsigned before = r->n_errors;
	if (n->type == YAML_SCALAR_NODE) {
		const char *text = scalar(r, n, "dirs");
		char message[RULES_MESSAGE];
		if (text && !rules_parse_dir(text, &dir, message))
			complain(r, n, "dirs", "%s: %s", text, message);
	} else {
		each_pair(r, n, "dirs", dir_key, &dir);
		if (r->n_errors == before && !dir.host)
			complain(r, n, "dirs", "\"host\" is missing: the directory to grant");
	}
	if (r->n_errors == before && dir.host) {
		dir.where = where(r, n);
		rules_add_dir(r->rules, dir);
	} else {
		free(dir.host);
		free(dir.guest);
	}
}

static void read_dirs(struct reader *r, yaml_node_t *value)
{
	if (value->type != YAML_SEQUENCE_NODE) {
		complain(r, value, "dirs", "must be a sequence: [ { host: …, rights: … }, … ]");
		return;
	}
	for (yaml_node_item_t *i = value->data.sequence.items.start; i < value->data.sequence.items.top; i++) {
		yaml_node_t *n = node(r, *i, "dirs");
		if (n)
			read_dir(r, n);
	}
}

/* ---- env ---- */

static void set_env(struct reader *r, const yaml_node_t *at, const char *pair)
{
	char message[RULES_MESSAGE];
	if (!rules_set_env(r->rules, pair, message))
		complain(r, at, "env", "%s: %s", pair, message);
}

/* Without a value, the caller's own. */
static void env_key(struct reader *r, void *user, const yaml_node_t *at, const char *name, yaml_node_t *value)
{
	(void)user;
	if (!*name || strchr(name, '=')) {
		complain(r, at, "env", "\"%s\" is no name of a variable", name);
	} else if (is_null(value)) {
		set_env(r, at, name);
	} else {
		const char *text = scalar(r, value, name);
		char *pair;
		if (!text)
			return;
		if (asprintf(&pair, "%s=%s", name, text) < 0)
			abort();
		set_env(r, at, pair);
		free(pair);
	}
}

static void read_env(struct reader *r, yaml_node_t *value)
{
	if (value->type == YAML_MAPPING_NODE) {
		each_pair(r, value, "env", env_key, NULL);
		return;
	}
	struct words words = { 0 };
	if (texts(r, value, "env", &words)) {
		for (size_t i = 0; i < words.n; i++)
			set_env(r, value, words.at[i]);
	}
	words_free(&words);
}

/* ---- the whole ---- */

static void rule_value(struct reader *r, const yaml_node_t *at, const char *key, yaml_node_t *value)
{
	const char *near;
	char message[RULES_MESSAGE];
	enum rule rule = rule_find(key, &near);
	if (rule == RULE_COUNT) {
		unknown(r, at, key, near);
		return;
	}
	struct words words = { 0 };
	if (texts(r, value, key, &words) && !rules_set(r->rules, rule, (const char *const *)words.at, words.n, message))
		complain(r, value, key, "%s%s%s", words.n == 1 ? words.at[0] : "", words.n == 1 ? ": " : "", message);
	words_free(&words);
}

static void section_key(struct reader *r, void *user, const yaml_node_t *at, const char *name, yaml_node_t *value)
{
	char key[256];
	snprintf(key, sizeof(key), "%s.%s", (const char *)user, name);
	rule_value(r, at, key, value);
}

static bool is_section(const char *name)
{
	size_t len = strlen(name);
	for (int i = 0; i < RULE_COUNT; i++) {
		if (!strncmp(rule_key((enum rule)i), name, len) && rule_key((enum rule)i)[len] == '.')
			return true;
	}
	return false;
}

static void top_key(struct reader *r, void *user, const yaml_node_t *at, const char *name, yaml_node_t *value)
{
	(void)user;
	if (!strcmp(name, "version")) {
		const char *text = scalar(r, value, name);
		if (text && strcmp(text, "1"))
			complain(r, value, name, "%s: this wasiward knows version 1", text);
	} else if (!strcmp(name, "dirs")) {
		read_dirs(r, value);
	} else if (!strcmp(name, "env")) {
		read_env(r, value);
	} else if (is_section(name)) {
		each_pair(r, value, name, section_key, (void *)(uintptr_t)name);
	} else if (strchr(name, '.')) {
		complain(r, at, name, "no such key; sections are written as mappings");
	} else {
		const char *near = NULL; /* stays so if there is such a rule */
		static const char *const keys[] = { "version", "dirs", "env" };
		enum rule rule = rule_find(name, &near);
		struct nearest search = nearest_start(name, strlen(name));
		if (near)
			nearest_try(&search, near);
		for (size_t i = 0; i < 3; i++)
			nearest_try(&search, keys[i]);
		if (rule == RULE_COUNT)
			unknown(r, at, name, nearest_result(&search));
		else
			rule_value(r, at, name, value);
	}
}

/* The parser's own words, with the place. */
static void parser_error(struct reader *r, const yaml_parser_t *p)
{
	size_t line = p->problem_mark.line + 1;
	if (p->error == YAML_READER_ERROR)
		line = p->mark.line + 1;
	fprintf(r->errors, "%s:%zu: %s%s%s\n", r->file, line, p->problem ? p->problem : "cannot be read",
		p->context ? ", " : "", p->context ? p->context : "");
	r->n_errors++;
}

/* Deep nesting, which takes libyaml quadratic time, is found before it is taken apart. */
static void check_depth(struct reader *r, yaml_parser_t *parser)
{
	int depth = 0;
	bool more = true;
	while (more && !r->n_errors) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event))
			return; /* told by the second reading */
		if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT)
			depth++;
		else if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
			depth--;
		more = event.type != YAML_STREAM_END_EVENT;
		if (depth > MAX_DEPTH) {
			fprintf(r->errors, "%s:%zu: nested deeper than %d; no policy is\n", r->file, event.start_mark.line + 1, MAX_DEPTH);
			r->n_errors++;
		}
		yaml_event_delete(&event);
	}
}

static void read_document(struct reader *r, yaml_parser_t *parser)
{
	if (!yaml_parser_load(parser, &r->document)) {
		parser_error(r, parser);
		return;
	}
	size_t n = (size_t)(r->document.nodes.top - r->document.nodes.start);
	r->used = calloc(n + 1, 1);
	yaml_node_t *root = r->used && n ? yaml_document_get_root_node(&r->document) : NULL;
	if (root)
		each_pair(r, root, NULL, top_key, NULL);
	free(r->used);
	yaml_document_delete(&r->document);
	if (!root) {
		complain(r, NULL, NULL, "the file is empty; a policy that grants nothing is {}");
		return;
	}
	if (!yaml_parser_load(parser, &r->document)) {
		parser_error(r, parser);
		return;
	}
	const yaml_node_t *more = yaml_document_get_root_node(&r->document);
	if (more)
		complain(r, more, NULL, "a second document; a file holds one policy");
	yaml_document_delete(&r->document);
}

unsigned policy_read(FILE *in, const char *file, struct rules *rules, FILE *errors)
{
	struct reader r = { .rules = rules, .file = file, .errors = errors };
	unsigned char *bytes = malloc(MAX_FILE + 1);
	size_t len = bytes ? fread(bytes, 1, MAX_FILE + 1, in) : 0;
	if (!bytes || ferror(in)) {
		complain(&r, NULL, NULL, "%s", strerror(bytes ? errno : ENOMEM));
	} else if (len > MAX_FILE) {
		complain(&r, NULL, NULL, "is larger than 1 MiB; this is no policy");
	} else {
		static void (*const passes[])(struct reader *, yaml_parser_t *) = { check_depth, read_document };
		for (size_t i = 0; i < 2 && !r.n_errors; i++) {
			yaml_parser_t parser;
			if (!yaml_parser_initialize(&parser))
				abort();
			yaml_parser_set_input_string(&parser, bytes, len);
			yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
			passes[i](&r, &parser);
			yaml_parser_delete(&parser);
		}
	}
	free(bytes);
	return r.n_errors;
}
