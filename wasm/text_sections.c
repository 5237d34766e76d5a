/* The end of assembling: sections in their order, and those that annotations make. */
#include "text_assembler.h"

#include <string.h>

#include "utf8.h"

/* Sections in the order in which modules have them, with the names that placements use. */
static const struct {
	uint8_t id;
	const char *word;
} order[] = {
	{0, "first"},
	{TEXT_TYPE, "type"},
	{TEXT_IMPORT, "import"},
	{TEXT_FUNCTION, "func"},
	{TEXT_TABLE, "table"},
	{TEXT_MEMORY, "memory"},
	{TEXT_TAG, "tag"},
	{TEXT_GLOBAL, "global"},
	{TEXT_EXPORT, "export"},
	{TEXT_START, "start"},
	{TEXT_ELEM, "elem"},
	{TEXT_DATA_COUNT, "datacount"},
	{TEXT_CODE, "code"},
	{TEXT_DATA, "data"},
	{0, "last"},
};
enum { N_PLACES = sizeof(order) / sizeof(order[0]) };

/* ---- annotations ---- */

/* (before section) or (after section); at is the index of "(" among the annotation's tokens. */
static uint8_t placement(struct text *t, const struct annotation *annotation, const struct token *tokens)
{
	bool before = token_is_word(t, &tokens[1], "before"), after = token_is_word(t, &tokens[1], "after");
	if (!before && !after)
		text_fail(t, annotation->at, "@custom annotation: malformed placement");
	for (unsigned i = 0; i < N_PLACES && tokens[2].kind == TOKEN_KEYWORD; i++)
		if (token_is_word(t, &tokens[2], order[i].word) && tokens[3].kind == TOKEN_RPAR)
			return (uint8_t)(2 * i + after);
	text_fail(t, annotation->at, "@custom annotation: malformed section kind");
}

/* A token that is read as if the annotation went on behind its end. */
static void custom(struct assembler *a, const struct annotation *annotation)
{
	struct text *t = a->t;
	struct token tokens[5] = {{0}};
	uint32_t n = annotation->n, at = 1;
	const struct token *all = n ? t->inner + annotation->first : tokens;
	struct text_custom section = {.place = 2 * (N_PLACES - 1) + 1};
	if (n == 0 || all[0].kind != TOKEN_STRING)
		text_fail(t, annotation->at, "@custom annotation: missing section name");
	section.name = text_string_of(t, &all[0]);
	if (utf8_invalid((const uint8_t *)section.name.p, section.name.len))
		text_fail(t, all[0].at, "@custom annotation: malformed UTF-8 encoding");
	if (n > 1 && all[1].kind == TOKEN_LPAR) {
		memcpy(tokens, all + 1, (n - 1 < 4 ? n - 1 : 4) * sizeof(*tokens));
		section.place = placement(t, annotation, tokens);
		at = 5;
	}
	struct bytes contents = {0};
	size_t room = 0;
	for (uint32_t i = at; i < n; i++) {
		if (all[i].kind != TOKEN_STRING)
			text_fail(t, all[i].at, "@custom annotation: unexpected token");
		room += all[i].len;
	}
	contents.p = pool_alloc(&t->pool, room, 1);
	if (!contents.p)
		text_no_memory(t);
	contents.room = room;
	for (uint32_t i = at; i < n; i++) {
		struct text_name part = text_string_of(t, &all[i]);
		bytes_put(t, &contents, part.p, part.len);
	}
	section.contents = (struct text_name){(const char *)contents.p, contents.len};
	bytes_put(t, &a->customs, &section, sizeof(section));
}

/* Whether a token stands directly between the fields of the module (or is what closes it). */
static bool between_fields(const struct assembler *a, uint32_t token, uint32_t end)
{
	const uint32_t *fields = (const void *)a->fields.p; /* tokens behind the opening parentheses, ascending */
	size_t low = 0, high = a->fields.len / sizeof(*fields);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (fields[middle] - 1 < token)
			low = middle + 1;
		else
			high = middle;
	}
	return token == end || (low < a->fields.len / sizeof(*fields) && fields[low] - 1 == token);
}

void text_custom_annotations(struct assembler *a, uint32_t first_token, uint32_t end_token)
{
	struct text *t = a->t;
	for (uint32_t i = 0; i < t->n_annotations; i++) {
		struct annotation *annotation = &t->annotations[i];
		if (annotation->used || annotation->before < first_token || annotation->before > end_token)
			continue;
		annotation->used = true;
		switch (annotation->kind) {
		case ANNOTATION_CUSTOM:
			if (!between_fields(a, annotation->before, end_token))
				text_fail(t, annotation->at, "misplaced @custom annotation");
			custom(a, annotation);
			break;
		case ANNOTATION_NAME:
			text_fail(t, annotation->at,
				  annotation->before == first_token + 1 || annotation->before == first_token
					  ? "@name annotation: multiple module"
					  : "misplaced @name annotation");
		default:
			text_fail(t, annotation->at, "@metadata.code.branch_hint annotation: not in a function");
		}
	}
}

/* ---- writing ---- */

static void section(struct text *t, struct bytes *out, uint8_t id, const struct bytes *contents)
{
	bytes_byte(t, out, id);
	bytes_unsigned(t, out, contents->len);
	bytes_append(t, out, contents);
}

static void custom_sections(struct assembler *a, unsigned place, struct bytes *out)
{
	struct text *t = a->t;
	const struct text_custom *customs = (const void *)a->customs.p;
	for (size_t i = 0; i < a->customs.len / sizeof(*customs); i++) {
		if (customs[i].place != place)
			continue;
		a->items.len = 0;
		bytes_name(t, &a->items, customs[i].name);
		bytes_put(t, &a->items, customs[i].contents.p, customs[i].contents.len);
		section(t, out, 0, &a->items);
	}
}

/* The name section: of the module and of everything that has an id or a @name. */
static void names(struct assembler *a, struct bytes *out)
{
	static const uint8_t subsections[N_SPACES] = {
		[SPACE_FUNC] = 1,   [SPACE_TYPE] = 4, [SPACE_TABLE] = 5, [SPACE_MEMORY] = 6,
		[SPACE_GLOBAL] = 7, [SPACE_ELEM] = 8, [SPACE_DATA] = 9,	 [SPACE_TAG] = 11,
	};
	struct text *t = a->t;
	struct bytes *all = &a->body, *one = &a->items;
	all->len = 0;
	bytes_name(t, all, (struct text_name){"name", 4});
	size_t empty = all->len;
	if (a->module_name.p) {
		one->len = 0;
		bytes_name(t, one, a->module_name);
		section(t, all, 0, one);
	}
	for (uint8_t id = 1; id <= 11; id++)
		for (int space = 0; space < N_SPACES; space++) {
			if (subsections[space] != id || a->n_names[space] == 0)
				continue;
			one->len = 0;
			bytes_unsigned(t, one, a->n_names[space]);
			bytes_append(t, one, &a->names[space]);
			section(t, all, id, one);
		}
	if (all->len > empty)
		section(t, out, 0, all);
}

/* The mark at or before the wanted byte of a section whose items begin at `start` of the binary. */
static void locate(struct assembler *a, enum text_section id, size_t start)
{
	const struct text_mark *marks = (const void *)a->marks.p;
	size_t best = 0;
	for (size_t i = 0; i < a->marks.len / sizeof(*marks); i++)
		if (marks[i].section == id && start + marks[i].offset <= a->wanted && marks[i].offset >= best) {
			best = marks[i].offset;
			a->found = marks[i].at;
		}
}

void text_write_module(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	bytes_put(t, out, "\0asm\1\0\0", 8);
	if (a->n_items[TEXT_DATA] > 0 || a->names_data)
		bytes_unsigned(t, &a->sections[TEXT_DATA_COUNT], a->n_items[TEXT_DATA]);
	for (unsigned i = 0; i < N_PLACES; i++) {
		uint8_t id = order[i].id;
		custom_sections(a, 2 * i, out);
		if (id && (a->n_items[id] || a->sections[id].len)) {
			a->items.len = 0;
			if (id != TEXT_START && id != TEXT_DATA_COUNT)
				bytes_unsigned(t, &a->items, a->n_items[id]);
			bytes_append(t, &a->items, &a->sections[id]);
			size_t before = out->len;
			section(t, out, id, &a->items);
			if (a->wanted >= before && a->wanted < out->len)
				locate(a, (enum text_section)id, out->len - a->sections[id].len);
		}
		custom_sections(a, 2 * i + 1, out);
	}
	names(a, out);
}
