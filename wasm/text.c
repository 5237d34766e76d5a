/* The assembler's entry points: text.h. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "text_assembler.h"

static void free_assembler(struct assembler *a)
{
	struct bytes *const all[] = {&a->fields, &a->types,  &a->customs, &a->params,	 &a->results, &a->signature,
				     &a->offset, &a->type,   &a->items,	  &a->body,	 &a->locals,  &a->pending,
				     &a->labels, &a->frames, &a->marks,	  &a->body_marks};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		bytes_free(all[i]);
	for (int i = 0; i < N_SPACES; i++)
		bytes_free(&a->names[i]);
	for (int i = 0; i < TEXT_SECTIONS; i++)
		bytes_free(&a->sections[i]);
	symtab_free(&a->symbols);
	free(a);
}

/* wanted: a byte of the binary whose place in the source goes to *ret_found, or SIZE_MAX. */
static enum engine_error_kind run(struct text *t, enum token_kind close, struct bytes *out, size_t wanted,
				  size_t *ret_found)
{
	jmp_buf *outer = t->on_fail, here;
	struct assembler *a = calloc(1, sizeof(*a));
	*t->error = (struct engine_error){.kind = ENGINE_OK, .offset = SIZE_MAX};
	t->on_fail = &here;
	if (setjmp(here) == 0) {
		if (!a)
			text_no_memory(t);
		a->t = t;
		a->wanted = wanted;
		a->marking = wanted != SIZE_MAX;
		a->found = SIZE_MAX;
		text_read_module(a, close);
		text_write_module(a, out);
		*ret_found = a->found;
	}
	t->on_fail = outer;
	if (a)
		free_assembler(a);
	return t->error->kind;
}

enum engine_error_kind text_module(struct text *t, enum token_kind close, struct bytes *out)
{
	size_t found;
	return run(t, close, out, SIZE_MAX, &found);
}

bool text_looks_like(const void *bytes, size_t len)
{
	const char *p = bytes;
	size_t i = len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (i < len && strchr(" \t\r\n", p[i]) && p[i])
		i++;
	return i < len && (p[i] == '(' || (p[i] == ';' && i + 1 < len && p[i + 1] == ';'));
}

/* Everything of a text that is one module. */
static enum engine_error_kind assemble(struct text *t, const char *source, size_t len, struct bytes *out, size_t wanted,
				       size_t *ret_found)
{
	jmp_buf on_fail;
	t->on_fail = &on_fail;
	if (setjmp(on_fail))
		return t->error->kind;
	text_lex(t, source, len);
	bool wrapped = text_accept_list(t, "module");
	enum engine_error_kind kind = run(t, wrapped ? TOKEN_RPAR : TOKEN_END, out, wanted, ret_found);
	if (kind == ENGINE_OK && wrapped && !text_is(t, TOKEN_END))
		text_unexpected(t, "the end");
	return kind;
}

enum engine_error_kind text_assemble(const char *source, size_t len, uint8_t **ret_bytes, size_t *ret_len,
				     struct engine_error *ret_error)
{
	struct text t = {.error = ret_error};
	struct bytes out = {0};
	*ret_error = (struct engine_error){.kind = ENGINE_OK, .offset = SIZE_MAX};
	size_t found;
	enum engine_error_kind kind = assemble(&t, source, len, &out, SIZE_MAX, &found);
	text_free(&t);
	if (kind != ENGINE_OK) {
		bytes_free(&out);
		return kind;
	}
	*ret_bytes = out.p;
	*ret_len = out.len;
	return ENGINE_OK;
}

bool text_locate(const char *source, size_t len, size_t offset, size_t *ret_offset)
{
	struct engine_error error = {.kind = ENGINE_OK};
	struct text t = {.error = &error};
	struct bytes out = {0};
	enum engine_error_kind kind = assemble(&t, source, len, &out, offset, ret_offset);
	text_free(&t);
	bytes_free(&out);
	return kind == ENGINE_OK && *ret_offset != SIZE_MAX;
}

void text_position(const char *source, size_t offset, size_t *ret_line, size_t *ret_column)
{
	*ret_line = 1;
	*ret_column = 1;
	for (size_t i = 0; i < offset; i++) {
		if (source[i] == '\n') {
			++*ret_line;
			*ret_column = 1;
		} else if ((source[i] & 0xc0) != 0x80) {
			++*ret_column;
		}
	}
}
