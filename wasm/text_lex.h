/* Tokens of the text format, and a cursor over them. The whole text is split first; whoever reads it (text_module.c,
 * the spec scripts' runner) then looks at as many tokens ahead as it likes. Failures leave through text_fail, which
 * does not return. Source: WebAssembly core specification 3.0, section 6.3. */
#ifndef WASIWARD_TEXT_LEX_H
#define WASIWARD_TEXT_LEX_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "pool.h"

enum token_kind {
	TOKEN_END,
	TOKEN_LPAR,
	TOKEN_RPAR,
	TOKEN_KEYWORD,
	TOKEN_ID,     /* $name or $"name" */
	TOKEN_STRING, /* with its quotes; escapes are known to be valid */
	TOKEN_NUMBER, /* begins like a number; whether it is one is found out where it is used */
	TOKEN_RESERVED
};

struct token {
	uint32_t at, len; /* in the source */
	uint8_t kind;
};

/* Annotations that mean something; all others are skipped like comments. */
enum annotation_kind { ANNOTATION_CUSTOM, ANNOTATION_NAME, ANNOTATION_BRANCH_HINT, ANNOTATION_OTHER };

struct annotation {
	uint8_t kind;
	bool used;	   /* whoever reads it in a place where it may stand sets this */
	uint32_t at;	   /* in the source */
	uint32_t before;   /* index of the token that follows it */
	uint32_t first, n; /* its contents, in text.inner */
};

struct text {
	const char *source; /* borrowed */
	size_t len;
	struct token *tokens; /* the last one is TOKEN_END */
	uint32_t n_tokens, token_room;
	struct token *inner; /* tokens within annotations */
	uint32_t n_inner, inner_room;
	struct annotation *annotations; /* in the order of the source */
	uint32_t n_annotations, annotation_room;
	uint32_t pos;	  /* the cursor: the token to be read next */
	struct pool pool; /* what the readers keep for as long as the text lives */
	jmp_buf *on_fail; /* set by whoever calls anything that may fail */
	struct engine_error *error;
};

/* Bytes of an identifier, a string or a keyword. */
struct text_name {
	const char *p;
	size_t len;
};

/* Fails at a place of the source: message as with printf, specification's words first. ENGINE_MALFORMED. */
_Noreturn void text_fail(struct text *t, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));
/* The same with ENGINE_INVALID. */
_Noreturn void text_invalid(struct text *t, size_t at, const char *message);
_Noreturn void text_no_memory(struct text *t);

/* Splits a source (borrowed, less than 4 GiB). Fails for what no token begins with, unclosed strings, comments and
 * annotations, bad escapes and malformed UTF-8. Whatever the outcome, text_free frees what it made. */
void text_lex(struct text *t, const char *source, size_t len);
void text_free(struct text *t);

/* ---- the cursor ---- */

static inline const struct token *text_peek(const struct text *t)
{
	return &t->tokens[t->pos];
}

/* The token n places after the next one. */
static inline const struct token *text_peek_at(const struct text *t, uint32_t n)
{
	return &t->tokens[t->pos + n < t->n_tokens ? t->pos + n : t->n_tokens - 1];
}

static inline bool text_is(const struct text *t, enum token_kind kind)
{
	return text_peek(t)->kind == kind;
}

/* Fails with "unexpected token" ("unknown operator" if it is none that the format has) and what stands there. */
_Noreturn void text_unexpected(struct text *t, const char *expected);

/* True if a token is this keyword. */
bool token_is_word(const struct text *t, const struct token *token, const char *word);

/* Takes the next token if it is this keyword, or of this kind. */
bool text_accept_word(struct text *t, const char *word);
bool text_accept(struct text *t, enum token_kind kind);

/* True if "(word" comes next; text_accept_list takes both tokens. */
bool text_is_list(const struct text *t, const char *word);
bool text_accept_list(struct text *t, const char *word);

void text_expect(struct text *t, enum token_kind kind, const char *what);

/* Moves behind the parenthesis that closes the list around the cursor. */
void text_skip_list(struct text *t);

/* ---- contents of tokens ---- */

/* What a string, or the string of an id, stands for; in the pool or the source. */
struct text_name text_string_of(struct text *t, const struct token *token);

/* An id without its $. */
struct text_name text_id_of(struct text *t, const struct token *token);

/* The next tokens as one string: all strings there are, joined. */
struct text_name text_strings(struct text *t);

/* The next token, which must be a string and valid UTF-8. */
struct text_name text_utf8(struct text *t);

/* The annotation of this kind directly before the next token, marked as used, or NULL. */
struct annotation *text_annotation(struct text *t, enum annotation_kind kind);

#endif
