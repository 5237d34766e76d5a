/* Element and data segments, also those within tables and memories. */
#include "text_assembler.h"

#include "insn.h"

enum { FLAG_NOT_ACTIVE = 1, FLAG_INDEX = 2, FLAG_DECLARATIVE = 2, FLAG_EXPRESSIONS = 4 };
enum { FUNCREF = 0x70, PAGE = 65536 };

static void offset(struct assembler *a, struct bytes *out)
{
	if (!text_accept_list(a->t, "offset")) {
		text_folded_expression(a, out);
		return;
	}
	text_expression(a, out);
	text_expect(a->t, TOKEN_RPAR, ")");
}

static uint32_t func_items(struct assembler *a, struct bytes *out, bool expressions)
{
	uint32_t n = 0;
	for (; token_is_index(a->t, text_peek(a->t)); n++) {
		if (expressions)
			bytes_byte(a->t, out, OP_ref_func);
		bytes_unsigned(a->t, out, text_index(a, SPACE_FUNC));
		if (expressions)
			bytes_byte(a->t, out, OP_end);
	}
	return n;
}

static uint32_t expression_items(struct assembler *a, struct bytes *out)
{
	uint32_t n = 0;
	for (; text_is(a->t, TOKEN_LPAR); n++) {
		if (!text_accept_list(a->t, "item")) {
			text_folded_expression(a, out);
			continue;
		}
		text_expression(a, out);
		text_expect(a->t, TOKEN_RPAR, ")");
	}
	return n;
}

/* Writes the segment that a->offset, a->type and a->items hold. */
static void put_elem(struct assembler *a, unsigned flags, uint32_t table, uint32_t n)
{
	struct text *t = a->t;
	struct bytes *out = text_item(a, TEXT_ELEM);
	bool typed = flags & FLAG_EXPRESSIONS && !(a->type.len == 1 && a->type.p[0] == FUNCREF);
	if (!(flags & FLAG_NOT_ACTIVE) && (table || typed))
		flags |= FLAG_INDEX;
	bytes_unsigned(t, out, flags);
	if (!(flags & FLAG_NOT_ACTIVE) && flags & FLAG_INDEX)
		bytes_unsigned(t, out, table);
	bytes_append(t, out, &a->offset);
	if (flags & (FLAG_NOT_ACTIVE | FLAG_INDEX)) {
		if (flags & FLAG_EXPRESSIONS)
			bytes_append(t, out, &a->type);
		else
			bytes_byte(t, out, 0);
	}
	bytes_unsigned(t, out, n);
	bytes_append(t, out, &a->items);
}

void text_elem(struct assembler *a)
{
	struct text *t = a->t;
	unsigned flags = 0;
	uint32_t table = 0, n;
	bool table_named = false;
	a->next[SPACE_ELEM]++;
	text_accept(t, TOKEN_ID);
	a->offset.len = a->type.len = a->items.len = 0;
	if (text_accept_word(t, "declare")) {
		flags = FLAG_NOT_ACTIVE | FLAG_DECLARATIVE;
	} else if (text_accept_list(t, "table")) {
		table_named = true;
		table = text_index(a, SPACE_TABLE);
		text_expect(t, TOKEN_RPAR, ")");
		offset(a, &a->offset);
	} else if (text_is(t, TOKEN_NUMBER)) { /* as texts from before reference types have it */
		table = text_index(a, SPACE_TABLE);
		offset(a, &a->offset);
	} else if (text_is(t, TOKEN_LPAR) && !text_at_reftype(a)) {
		offset(a, &a->offset);
	} else {
		flags = FLAG_NOT_ACTIVE;
	}
	/* "func" may be left out where nothing but an offset stands before it. */
	bool bare = !(flags & FLAG_NOT_ACTIVE) && !table_named && !text_at_reftype(a);
	if (text_accept_word(t, "func") || bare) {
		n = func_items(a, &a->items, false);
	} else {
		flags |= FLAG_EXPRESSIONS;
		text_reftype(a, &a->type);
		n = expression_items(a, &a->items);
	}
	put_elem(a, flags, table, n);
}

static void zero_offset(struct assembler *a, bool is64)
{
	a->offset.len = 0;
	bytes_byte(a->t, &a->offset, is64 ? OP_i64_const : OP_i32_const);
	bytes_byte(a->t, &a->offset, 0);
	bytes_byte(a->t, &a->offset, OP_end);
}

uint32_t text_inline_elem(struct assembler *a, uint32_t table, bool is64)
{
	bool plain = a->type.len == 1 && a->type.p[0] == FUNCREF;
	uint32_t n;
	a->next[SPACE_ELEM]++;
	zero_offset(a, is64);
	a->items.len = 0;
	unsigned flags = text_is(a->t, TOKEN_LPAR) || !plain ? FLAG_EXPRESSIONS : 0;
	n = text_is(a->t, TOKEN_LPAR) ? expression_items(a, &a->items) : func_items(a, &a->items, !plain);
	put_elem(a, flags, table, n);
	text_expect(a->t, TOKEN_RPAR, ")");
	return n;
}

static void put_data(struct assembler *a, bool active, uint32_t memory)
{
	struct text *t = a->t;
	struct bytes *out = text_item(a, TEXT_DATA);
	struct text_name contents = text_strings(t);
	bytes_unsigned(t, out, !active ? FLAG_NOT_ACTIVE : memory ? FLAG_INDEX : 0);
	if (active && memory)
		bytes_unsigned(t, out, memory);
	if (active)
		bytes_append(t, out, &a->offset);
	bytes_name(t, out, contents);
}

void text_data(struct assembler *a)
{
	struct text *t = a->t;
	uint32_t memory = 0;
	bool active = false;
	a->next[SPACE_DATA]++;
	text_accept(t, TOKEN_ID);
	if (text_accept_list(t, "memory")) {
		active = true;
		memory = text_index(a, SPACE_MEMORY);
		text_expect(t, TOKEN_RPAR, ")");
	} else if (text_is(t, TOKEN_NUMBER)) { /* likewise */
		active = true;
		memory = text_index(a, SPACE_MEMORY);
	}
	if (active || text_is(t, TOKEN_LPAR)) {
		active = true;
		a->offset.len = 0;
		offset(a, &a->offset);
	}
	put_data(a, active, memory);
}

uint64_t text_inline_data(struct assembler *a, uint32_t memory, bool is64)
{
	struct text *t = a->t;
	uint32_t start = t->pos;
	uint64_t len = text_strings(t).len;
	t->pos = start;
	a->next[SPACE_DATA]++;
	zero_offset(a, is64);
	put_data(a, true, memory);
	text_expect(t, TOKEN_RPAR, ")");
	return (len + PAGE - 1) / PAGE;
}
