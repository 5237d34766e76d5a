#include "text_lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void text_fail(struct text *t, size_t at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	t->error->kind = ENGINE_MALFORMED;
	t->error->offset = at;
	vsnprintf(t->error->message, sizeof(t->error->message), format, args);
	va_end(args);
	longjmp(*t->on_fail, 1);
}

void text_invalid(struct text *t, size_t at, const char *message)
{
	t->error->kind = ENGINE_INVALID;
	t->error->offset = at;
	snprintf(t->error->message, sizeof(t->error->message), "%s", message);
	longjmp(*t->on_fail, 1);
}

void text_no_memory(struct text *t)
{
	t->error->kind = ENGINE_NOMEM;
	t->error->offset = SIZE_MAX;
	snprintf(t->error->message, sizeof(t->error->message), "out of memory");
	longjmp(*t->on_fail, 1);
}

/* ---- splitting ---- */

static void *grow(struct text *t, void *old, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return old;
	uint32_t more = *room ? *room + *room / 2 : 64;
	void *p = more > *room ? realloc(old, more * size) : NULL;
	if (!p)
		text_no_memory(t);
	*room = more;
	return p;
}

static void add_token(struct text *t, enum token_kind kind, size_t at, size_t end)
{
	t->tokens = grow(t, t->tokens, t->n_tokens, &t->token_room, sizeof(*t->tokens));
	t->tokens[t->n_tokens++] = (struct token){(uint32_t)at, (uint32_t)(end - at), (uint8_t)kind};
}

static bool is_id_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("\"(),;[]{}", c);
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* A character beyond ASCII: moves past it. */
static size_t wide_char(struct text *t, size_t at)
{
	size_t n = utf8_sequence((const uint8_t *)t->source + at, t->len - at);
	if (!n)
		text_fail(t, at, "malformed UTF-8 encoding");
	return at + n;
}

/* at: behind "\u". Returns the end of the escape, *ret_code the character. */
static size_t unicode_escape(struct text *t, size_t at, uint32_t *ret_code)
{
	size_t start = at - 2;
	uint32_t code = 0;
	bool digit = false;
	if (at == t->len || t->source[at++] != '{')
		text_fail(t, start, "illegal escape");
	for (; at < t->len; at++) {
		char c = t->source[at];
		if (c == '_' && digit && at + 1 < t->len && hex_digit(t->source[at + 1]) >= 0)
			continue;
		if (hex_digit(c) < 0)
			break;
		digit = true;
		code = code * 16 + (uint32_t)hex_digit(c);
		if (code > 0x10ffff)
			text_fail(t, start, "illegal escape: no such character");
	}
	if (!digit || at == t->len || t->source[at] != '}' || (code >= 0xd800 && code < 0xe000))
		text_fail(t, start, "illegal escape: \\u takes a character's number in braces");
	*ret_code = code;
	return at + 1;
}

/* at: behind the opening quote. Returns the end of the string, behind the closing one. */
static size_t string_end(struct text *t, size_t at)
{
	size_t start = at - 1;
	while (at < t->len) {
		char c = t->source[at];
		uint32_t code;
		if (c == '"')
			return at + 1;
		if (c == '\\') {
			char e = at + 1 < t->len ? t->source[at + 1] : 0;
			if (e && strchr("tnr\"'\\", e))
				at += 2;
			else if (e == 'u')
				at = unicode_escape(t, at + 2, &code);
			else if (hex_digit(e) >= 0 && at + 2 < t->len && hex_digit(t->source[at + 2]) >= 0)
				at += 3;
			else
				text_fail(t, at, "illegal escape");
		} else if (c == '\n') {
			break;
		} else if ((unsigned char)c < ' ' || c == 0x7f) {
			text_fail(t, at, "illegal character in a string");
		} else {
			at = c & 0x80 ? wide_char(t, at) : at + 1;
		}
	}
	text_fail(t, start, "unclosed string");
}

static size_t line_comment(struct text *t, size_t at)
{
	while (at < t->len && t->source[at] != '\n' && t->source[at] != '\r')
		at = t->source[at] & 0x80 ? wide_char(t, at) : at + 1;
	return at;
}

static size_t block_comment(struct text *t, size_t at)
{
	size_t start = at, depth = 0;
	while (at < t->len) {
		const char *c = t->source + at;
		if (*c & 0x80) {
			at = wide_char(t, at);
		} else if (at + 1 < t->len && c[0] == '(' && c[1] == ';') {
			depth++;
			at += 2;
		} else if (at + 1 < t->len && c[0] == ';' && c[1] == ')') {
			at += 2;
			if (--depth == 0)
				return at;
		} else {
			at++;
		}
	}
	text_fail(t, start, "unclosed comment");
}

/* Letters, digits, symbols and strings up to the next separator; *ret_string says whether a string is among them. */
static size_t word_end(struct text *t, size_t at, bool *ret_string)
{
	*ret_string = false;
	while (at < t->len) {
		if (t->source[at] == '"') {
			*ret_string = true;
			at = string_end(t, at + 1);
		} else if (is_id_char(t->source[at])) {
			at++;
		} else {
			break;
		}
	}
	return at;
}

static enum token_kind word_kind(struct text *t, size_t at, size_t end, bool string)
{
	char c = t->source[at];
	if (c == '"')
		return string_end(t, at + 1) == end ? TOKEN_STRING : TOKEN_RESERVED;
	if (c == '$') {
		if (end == at + 1 && end < t->len && t->source[end] & 0x80)
			text_fail(t, end, "illegal character: beyond ASCII write $\"…\"");
		if (end == at + 1 || (end == at + 3 && string))
			text_fail(t, at, "empty identifier");
		if (!string)
			return TOKEN_ID;
		if (t->source[at + 1] != '"' || string_end(t, at + 2) != end)
			return TOKEN_RESERVED;
		struct token id = {(uint32_t)at, (uint32_t)(end - at), TOKEN_ID};
		struct text_name name = text_id_of(t, &id);
		if (utf8_invalid((const uint8_t *)name.p, name.len))
			text_fail(t, at, "malformed UTF-8 encoding");
		return TOKEN_ID;
	}
	if (string)
		return TOKEN_RESERVED;
	return is_letter(c)					? TOKEN_KEYWORD
	       : (c >= '0' && c <= '9') || c == '-' || c == '+' ? TOKEN_NUMBER
								: TOKEN_RESERVED;
}

/* Reads one token, or blanks or a comment. */
static size_t split_one(struct text *t, size_t at)
{
	char c = t->source[at], next = at + 1 < t->len ? t->source[at + 1] : 0;
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
		return at + 1;
	if (c == ';' && next == ';')
		return line_comment(t, at);
	if (c == '(' && next == ';')
		return block_comment(t, at);
	if (c == '(' || c == ')') {
		add_token(t, c == '(' ? TOKEN_LPAR : TOKEN_RPAR, at, at + 1);
		return at + 1;
	}
	if (c && strchr(",;[]{}", c)) {
		add_token(t, TOKEN_RESERVED, at, at + 1);
		return at + 1;
	}
	bool string;
	size_t end = word_end(t, at, &string);
	if (end == at) {
		if (c & 0x80)
			wide_char(t, at);
		text_fail(t, at, "illegal character");
	}
	add_token(t, word_kind(t, at, end, string), at, end);
	return end;
}

static enum annotation_kind annotation_kind(struct text_name name)
{
	static const char *const names[] = {
		[ANNOTATION_CUSTOM] = "custom",
		[ANNOTATION_NAME] = "name",
		[ANNOTATION_BRANCH_HINT] = "metadata.code.branch_hint",
	};
	for (int i = 0; i < ANNOTATION_OTHER; i++)
		if (strlen(names[i]) == name.len && memcmp(names[i], name.p, name.len) == 0)
			return (enum annotation_kind)i;
	return ANNOTATION_OTHER;
}

/* Moves the tokens from `first` on, which are an annotation's contents, to where they are kept. */
static void keep_annotation(struct text *t, enum annotation_kind kind, size_t at, uint32_t first)
{
	uint32_t n = t->n_tokens - first - 1; /* without the parenthesis that closes it */
	t->n_tokens = first;
	if (kind == ANNOTATION_OTHER)
		return;
	t->annotations = grow(t, t->annotations, t->n_annotations, &t->annotation_room, sizeof(*t->annotations));
	t->annotations[t->n_annotations++] = (struct annotation){
		.kind = (uint8_t)kind, .at = (uint32_t)at, .before = first, .first = t->n_inner, .n = n};
	for (uint32_t i = 0; i < n; i++) {
		t->inner = grow(t, t->inner, t->n_inner, &t->inner_room, sizeof(*t->inner));
		t->inner[t->n_inner++] = t->tokens[first + i];
	}
}

/* at: of "(@". Its contents are tokens with balanced parentheses, of any kind. */
static size_t annotation(struct text *t, size_t at)
{
	size_t start = at;
	bool string;
	size_t name_at = at + 2, name_end = word_end(t, name_at, &string);
	struct token id = {(uint32_t)name_at, (uint32_t)(name_end - name_at), TOKEN_STRING};
	struct text_name name = {t->source + name_at, name_end - name_at};
	if (string && t->source[name_at] == '"') {
		name_end = string_end(t, name_at + 1);
		id.len = (uint32_t)(name_end - name_at);
		name = text_string_of(t, &id);
		if (utf8_invalid((const uint8_t *)name.p, name.len))
			text_fail(t, name_at, "malformed UTF-8 encoding");
	}
	if (name.len == 0)
		text_fail(t, at, "empty annotation id");
	uint32_t first = t->n_tokens, depth = 1;
	for (at = name_end; at < t->len;) {
		uint32_t before = t->n_tokens;
		at = split_one(t, at);
		if (t->n_tokens == before)
			continue;
		if (t->tokens[before].kind == TOKEN_LPAR) {
			depth++;
		} else if (t->tokens[before].kind == TOKEN_RPAR && --depth == 0) {
			keep_annotation(t, annotation_kind(name), start, first);
			return at;
		}
	}
	text_fail(t, start, "unclosed annotation");
}

void text_lex(struct text *t, const char *source, size_t len)
{
	t->source = source;
	t->len = len;
	if (len >= UINT32_MAX)
		text_fail(t, 0, "text larger than 4 GiB");
	for (size_t at = 0; at < len;)
		at = source[at] == '(' && at + 1 < len && source[at + 1] == '@' ? annotation(t, at) : split_one(t, at);
	add_token(t, TOKEN_END, len, len);
}

void text_free(struct text *t)
{
	free(t->tokens);
	free(t->inner);
	free(t->annotations);
	pool_free(&t->pool);
	*t = (struct text){0};
}

/* ---- the cursor ---- */

void text_unexpected(struct text *t, const char *expected)
{
	const struct token *token = text_peek(t);
	if (token->kind == TOKEN_END)
		text_fail(t, token->at, "unexpected end, expected %s", expected);
	text_fail(t, token->at, "%s %.*s, expected %s",
		  token->kind == TOKEN_RESERVED ? "unknown operator" : "unexpected token",
		  (int)(token->len < 80 ? token->len : 80), t->source + token->at, expected);
}

bool token_is_word(const struct text *t, const struct token *token, const char *word)
{
	return token->kind == TOKEN_KEYWORD && strlen(word) == token->len &&
	       memcmp(t->source + token->at, word, token->len) == 0;
}

bool text_accept_word(struct text *t, const char *word)
{
	if (!token_is_word(t, text_peek(t), word))
		return false;
	t->pos++;
	return true;
}

bool text_accept(struct text *t, enum token_kind kind)
{
	if (!text_is(t, kind))
		return false;
	t->pos++;
	return true;
}

bool text_is_list(const struct text *t, const char *word)
{
	return text_is(t, TOKEN_LPAR) && token_is_word(t, text_peek_at(t, 1), word);
}

bool text_accept_list(struct text *t, const char *word)
{
	if (!text_is_list(t, word))
		return false;
	t->pos += 2;
	return true;
}

void text_expect(struct text *t, enum token_kind kind, const char *what)
{
	if (!text_accept(t, kind))
		text_unexpected(t, what);
}

void text_skip_list(struct text *t)
{
	for (size_t depth = 1; depth > 0; t->pos++) {
		if (text_is(t, TOKEN_END))
			text_unexpected(t, "a closing parenthesis");
		depth += text_is(t, TOKEN_LPAR);
		depth -= text_is(t, TOKEN_RPAR);
	}
}

/* ---- contents of tokens ---- */

static char *put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
		return out;
	}
	unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
	*out++ = (char)(leads[more] | code >> 6 * more);
	while (more--)
		*out++ = (char)(0x80 | (code >> 6 * more & 0x3f));
	return out;
}

struct text_name text_string_of(struct text *t, const struct token *token)
{
	const char *from = t->source + token->at + 1, *end = t->source + token->at + token->len - 1;
	if (!memchr(from, '\\', (size_t)(end - from)))
		return (struct text_name){from, (size_t)(end - from)};
	char *bytes = pool_alloc(&t->pool, (size_t)(end - from), 1), *out = bytes;
	if (!bytes)
		text_no_memory(t);
	while (from < end) {
		if (*from != '\\') {
			*out++ = *from++;
			continue;
		}
		uint32_t code;
		from += 2;
		switch (from[-1]) {
		case 't':
			*out++ = '\t';
			break;
		case 'n':
			*out++ = '\n';
			break;
		case 'r':
			*out++ = '\r';
			break;
		case '"':
		case '\'':
		case '\\':
			*out++ = from[-1];
			break;
		case 'u':
			from = t->source + unicode_escape(t, (size_t)(from - t->source), &code);
			out = put_utf8(out, code);
			break;
		default:
			*out++ = (char)(hex_digit(from[-1]) << 4 | hex_digit(from[0]));
			from++;
		}
	}
	return (struct text_name){bytes, (size_t)(out - bytes)};
}

struct text_name text_id_of(struct text *t, const struct token *token)
{
	if (token->len > 1 && t->source[token->at + 1] == '"') {
		struct token string = {token->at + 1, token->len - 1, TOKEN_STRING};
		return text_string_of(t, &string);
	}
	return (struct text_name){t->source + token->at + 1, token->len - 1};
}

struct text_name text_strings(struct text *t)
{
	uint32_t n = 0;
	size_t room = 0;
	for (; text_peek_at(t, n)->kind == TOKEN_STRING; n++)
		room += text_peek_at(t, n)->len;
	if (n == 1)
		return text_string_of(t, &t->tokens[t->pos++]);
	char *bytes = pool_alloc(&t->pool, room, 1);
	size_t len = 0;
	if (!bytes)
		text_no_memory(t);
	while (n--) {
		struct text_name part = text_string_of(t, &t->tokens[t->pos++]);
		memcpy(bytes + len, part.p, part.len);
		len += part.len;
	}
	return (struct text_name){bytes, len};
}

struct text_name text_utf8(struct text *t)
{
	if (!text_is(t, TOKEN_STRING))
		text_unexpected(t, "a string");
	struct text_name name = text_string_of(t, text_peek(t));
	if (utf8_invalid((const uint8_t *)name.p, name.len))
		text_fail(t, text_peek(t)->at, "malformed UTF-8 encoding");
	t->pos++;
	return name;
}

struct annotation *text_annotation(struct text *t, enum annotation_kind kind)
{
	uint32_t low = 0, high = t->n_annotations;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (t->annotations[middle].before < t->pos)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < t->n_annotations && t->annotations[low].before == t->pos; low++) {
		struct annotation *found = &t->annotations[low];
		if (found->kind == kind && !found->used) {
			found->used = true;
			return found;
		}
	}
	return NULL;
}
