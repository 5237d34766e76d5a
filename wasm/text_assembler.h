/* What the parts of the assembler share. A module is read three times: names are bound and fields noted
 * (text_module.c), then types are encoded (text_types.c), then everything else, which may name anything. */
#ifndef WASIWARD_TEXT_ASSEMBLER_H
#define WASIWARD_TEXT_ASSEMBLER_H

#include "text_bytes.h"
#include "text_lex.h"

/* Index spaces of a module. Those of locals, fields and type uses follow in the same symbol table; they are kept apart
 * by the function's or the type's index. */
enum text_space {
	SPACE_TYPE,
	SPACE_FUNC,
	SPACE_TABLE,
	SPACE_MEMORY,
	SPACE_GLOBAL,
	SPACE_TAG,
	SPACE_ELEM,
	SPACE_DATA,
	N_SPACES,
	SPACE_LOCAL = N_SPACES,
	SPACE_FIELD,
	SPACE_SIGNATURE
};

struct text_type {
	struct text_name signature; /* of a function type: its parameters and results, encoded. Else p is NULL */
	uint32_t n_params;
};

struct text_label {
	struct text_name name; /* p is NULL if it has none */
};

/* Lists that are open around an instruction: text_body.c. */
struct text_frame;

/* A custom section: from an annotation. */
struct text_custom {
	uint8_t place; /* twice the place of a section in the module's order; plus one if behind it */
	struct text_name name, contents;
};

/* Where in the source something of a section comes from. Kept only when somebody asks (text_locate). */
struct text_mark {
	size_t offset; /* in the section's items; in the body while it is read */
	uint32_t at;
	uint8_t section;
};

enum { TEXT_SECTIONS = 14 };

struct assembler {
	struct text *t;
	struct symtab symbols;
	uint32_t counts[N_SPACES];    /* bound so far */
	uint32_t next[N_SPACES];      /* defined so far, in the last pass */
	struct bytes names[N_SPACES]; /* contents of the name section: index, name */
	uint32_t n_names[N_SPACES];
	struct text_name module_name;
	struct bytes fields; /* uint32_t each: token behind the field's opening parenthesis */

	struct bytes types; /* struct text_type each */
	struct bytes sections[TEXT_SECTIONS];
	uint32_t n_items[TEXT_SECTIONS];
	struct bytes customs; /* struct text_custom each */
	bool has_start, names_data;

	bool marking;
	struct bytes marks, body_marks; /* struct text_mark each */
	size_t wanted, found;		/* a byte of the binary, and where it comes from; SIZE_MAX: not known */

	/* The type use read last. */
	struct bytes params, results, signature;
	uint32_t n_params, n_results;

	/* The segment or table being read. */
	struct bytes offset, type, items;

	/* The function being read. */
	uint32_t func, n_locals;
	struct bytes body, locals, pending;
	struct bytes labels; /* struct text_label each */
	struct bytes frames; /* struct text_frame each */
};

/* ---- indices (text_module.c) ---- */

/* The next token as an index of a space: a number, or an id that is bound there. "unknown function $x" otherwise. */
uint32_t text_index(struct assembler *a, enum text_space space);
uint32_t text_local(struct assembler *a);
uint32_t text_field(struct assembler *a, uint32_t type);

/* True if a token can be an index. */
bool token_is_index(const struct text *t, const struct token *token);

/* Gives a name to an index; "duplicate …" if it is taken. */
void text_bind(struct assembler *a, enum text_space space, uint32_t scope, const struct token *id, uint32_t index);

/* ---- types (text_types.c) ---- */

void text_valtype(struct assembler *a, struct bytes *out);
void text_reftype(struct assembler *a, struct bytes *out);
void text_heaptype(struct assembler *a, struct bytes *out);
/* The same in parts, for casts: whether it may be null, and the heap type's encoding. */
bool text_reftype_parts(struct assembler *a, struct bytes *out);
bool text_at_reftype(const struct assembler *a);

/* Limits of a memory or table with their address type, as encoded. */
void text_limits(struct assembler *a, struct bytes *out);
void text_global_type(struct assembler *a, struct bytes *out);

/* A field "type" or "rec", cursor behind the word: goes to the type section. */
void text_type_definition(struct assembler *a);
void text_rec_definition(struct assembler *a);

/* What names of parameters are: not allowed, without meaning, or of the locals of the function being read. */
enum text_param_names { TEXT_NO_NAMES, TEXT_IGNORED_NAMES, TEXT_LOCAL_NAMES };

/* A type use: (type …) (param …)* (result …)*. Returns the type's index; one is added behind all others if none says
 * the same. With TEXT_LOCAL_NAMES n_locals becomes the number of parameters. */
uint32_t text_type_use(struct assembler *a, enum text_param_names names);

/* A block's type, encoded. */
void text_block_type(struct assembler *a, struct bytes *out);

static inline struct text_type *text_type_at(const struct assembler *a, uint32_t index)
{
	return index < a->types.len / sizeof(struct text_type) ? (struct text_type *)(void *)a->types.p + index : NULL;
}

/* ---- instructions (text_body.c, text_insn.c) ---- */

/* Instructions up to the parenthesis that closes the list around them, which is left, and "end". */
void text_expression(struct assembler *a, struct bytes *out);

/* One folded instruction and "end". */
void text_folded_expression(struct assembler *a, struct bytes *out);

/* Reads an instruction's name and immediates. */
struct insn;
const struct insn *text_insn_name(struct assembler *a);
void text_immediates(struct assembler *a, const struct insn *insn, struct bytes *out);
uint32_t text_label_index(struct assembler *a);

/* ---- modules (text_module.c, text_segments.c) ---- */

/* A module's fields, and its name before them, up to and with the token that closes it. Its sections are then in a. */
void text_read_module(struct assembler *a, enum token_kind close);

void text_elem(struct assembler *a);
void text_data(struct assembler *a);
/* (elem …) and (data …) within a table, whose type is in a->type, or memory; cursor behind the word. They return the
 * size, in elements and pages. */
uint32_t text_inline_elem(struct assembler *a, uint32_t table, bool is64);
uint64_t text_inline_data(struct assembler *a, uint32_t memory, bool is64);

/* ---- the end (text_sections.c) ---- */

/* Annotations that make custom sections; whatever annotation stands where it means nothing is an error. */
void text_custom_annotations(struct assembler *a, uint32_t first_token, uint32_t end_token);
void text_write_module(struct assembler *a, struct bytes *out);

/* Sections by their numbers in the binary format. */
enum text_section {
	TEXT_TYPE = 1,
	TEXT_IMPORT,
	TEXT_FUNCTION,
	TEXT_TABLE,
	TEXT_MEMORY,
	TEXT_GLOBAL,
	TEXT_EXPORT,
	TEXT_START,
	TEXT_ELEM,
	TEXT_CODE,
	TEXT_DATA,
	TEXT_DATA_COUNT,
	TEXT_TAG
};

static inline void text_mark(struct assembler *a, struct bytes *marks, enum text_section section, size_t offset,
			     uint32_t at)
{
	struct text_mark mark = {offset, at, (uint8_t)section};
	if (a->marking)
		bytes_put(a->t, marks, &mark, sizeof(mark));
}

/* Begins an item of a section: counts it and gives the section's bytes. */
static inline struct bytes *text_item(struct assembler *a, enum text_section section)
{
	struct bytes *out = &a->sections[section];
	a->n_items[section]++;
	text_mark(a, &a->marks, section, out->len, text_peek(a->t)->at);
	return out;
}

#endif
