/* Instructions of the text format: names and immediates. */
#include "text_assembler.h"
#include "text_number.h"

#include <string.h>

#include "insn.h"

enum immediates {
	IMM_NONE,
	IMM_BLOCK,
	IMM_TAG,
	IMM_LABEL,
	IMM_LABELS,
	IMM_FUNC,
	IMM_CALL_INDIRECT,
	IMM_TYPE,
	IMM_SELECT,
	IMM_TRY_TABLE,
	IMM_LOCAL,
	IMM_GLOBAL,
	IMM_TABLE,
	IMM_MEMARG,
	IMM_MEMARG_LANE,
	IMM_MEMORY,
	IMM_I32,
	IMM_I64,
	IMM_F32,
	IMM_F64,
	IMM_HEAP_TYPE,
	IMM_TYPE_FIELD,
	IMM_TYPE_COUNT,
	IMM_TYPE_DATA,
	IMM_TYPE_ELEM,
	IMM_TYPE_TYPE,
	IMM_CAST,
	IMM_BRANCH_CAST,
	IMM_MEMORY_DATA,
	IMM_DATA,
	IMM_MEMORY_MEMORY,
	IMM_TABLE_ELEM,
	IMM_ELEM,
	IMM_TABLE_TABLE,
	IMM_V128,
	IMM_LANES,
	IMM_LANE,
	IMM_FENCE
};

static const struct {
	uint32_t first, last;
	enum immediates kind;
} ranges[] = {
#define IMMEDIATES(first, last, kind) {first, last, IMM_##kind},
#include "text_immediates.def"
};

static enum immediates immediates_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return ranges[i].kind;
	return IMM_NONE;
}

/* Prefixed opcodes are prefix << 8 | number, or prefix << 12 | number for numbers of more than eight bits. */
static void put_opcode(struct text *t, struct bytes *out, uint32_t code)
{
	unsigned shift = code >= 0x10000 ? 12 : 8;
	if (code < 0x100) {
		bytes_byte(t, out, (uint8_t)code);
		return;
	}
	bytes_byte(t, out, (uint8_t)(code >> shift));
	bytes_unsigned(t, out, code & ((1u << shift) - 1));
}

/* Words that are known in the text format, but not as instructions. */
static bool is_structure(const struct text *t, const struct token *token)
{
	static const char *const words[] = {"type", "param", "result", "local",	 "then",
					    "do",   "catch", "export", "import", "func"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (token_is_word(t, token, words[i]))
			return true;
	return false;
}

const struct insn *text_insn_name(struct assembler *a)
{
	struct text *t = a->t;
	const struct token *token = text_peek(t);
	if (token->kind != TOKEN_KEYWORD || is_structure(t, token))
		text_unexpected(t, "an instruction");
	const struct insn *insn = insn_by_name(t->source + token->at, token->len);
	if (!insn)
		text_fail(t, token->at, "unknown operator %.*s", (int)(token->len < 80 ? token->len : 80),
			  t->source + token->at);
	t->pos++;
	return insn;
}

uint32_t text_label_index(struct assembler *a)
{
	struct text *t = a->t;
	if (!text_is(t, TOKEN_ID))
		return (uint32_t)text_natural(t, 32);
	struct text_name id = text_id_of(t, text_peek(t));
	const struct text_label *labels = (const void *)a->labels.p;
	size_t n = a->labels.len / sizeof(*labels);
	for (size_t i = n; i-- > 0;)
		if (labels[i].name.p && labels[i].name.len == id.len && memcmp(labels[i].name.p, id.p, id.len) == 0) {
			t->pos++;
			return (uint32_t)(n - 1 - i);
		}
	text_fail(t, text_peek(t)->at, "unknown label $%.*s", (int)(id.len < 80 ? id.len : 80), id.p);
}

static void put_index(struct assembler *a, enum text_space space, struct bytes *out)
{
	if (space == SPACE_DATA)
		a->names_data = true;
	bytes_unsigned(a->t, out, text_index(a, space));
}

/* An index that may be left out: then it is 0. */
static uint32_t optional_index(struct assembler *a, enum text_space space)
{
	return token_is_index(a->t, text_peek(a->t)) ? text_index(a, space) : 0;
}

/* [outer] inner, in the binary format the other way round. */
static void put_segment(struct assembler *a, enum text_space outer, enum text_space inner, struct bytes *out)
{
	uint32_t index = token_is_index(a->t, text_peek_at(a->t, 1)) ? text_index(a, outer) : 0;
	put_index(a, inner, out);
	bytes_unsigned(a->t, out, index);
}

static void put_pair(struct assembler *a, enum text_space space, struct bytes *out)
{
	bool given = token_is_index(a->t, text_peek(a->t));
	for (int i = 0; i < 2; i++)
		bytes_unsigned(a->t, out, given ? text_index(a, space) : 0);
}

static void labels(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	uint32_t n = 0, start = t->pos;
	for (; token_is_index(t, text_peek(t)); n++)
		t->pos++;
	if (n == 0)
		text_unexpected(t, "a label");
	t->pos = start;
	bytes_unsigned(t, out, n - 1); /* the last one is the default */
	while (n--)
		bytes_unsigned(t, out, text_label_index(a));
}

static void catches(struct assembler *a, struct bytes *out)
{
	static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
	struct text *t = a->t;
	struct bytes *clauses = &a->params;
	uint32_t n = 0;
	clauses->len = 0;
	for (int i = 0; i < 4; i++) {
		if (!text_accept_list(t, words[i]))
			continue;
		bytes_byte(t, clauses, (uint8_t)i);
		if (i < 2)
			bytes_unsigned(t, clauses, text_index(a, SPACE_TAG));
		bytes_unsigned(t, clauses, text_label_index(a));
		text_expect(t, TOKEN_RPAR, ")");
		n++;
		i = -1; /* from the first word again */
	}
	bytes_unsigned(t, out, n);
	bytes_append(t, out, clauses);
}

/* offset=N or align=N: true and its value. */
static bool memarg_value(struct text *t, const char *word, unsigned bits, uint64_t *ret_value)
{
	const struct token *token = text_peek(t);
	size_t len = strlen(word);
	if (token->kind != TOKEN_KEYWORD || token->len <= len || memcmp(t->source + token->at, word, len) != 0)
		return false;
	*ret_value = text_natural_at(t, token->at + len, token->len - len, bits);
	t->pos++;
	return true;
}

static void memarg(struct assembler *a, const struct insn *insn, bool lane, struct bytes *out)
{
	struct text *t = a->t;
	uint64_t offset = 0, align, flags = insn->log2_bytes;
	/* A number before a lane is that lane, unless something else of this instruction follows. */
	const struct token *next = text_peek_at(t, 1);
	bool more = token_is_natural(t, next) ||
		    (next->kind == TOKEN_KEYWORD && memchr(t->source + next->at, '=', next->len));
	uint32_t memory = text_is(t, TOKEN_ID) || !lane || more ? optional_index(a, SPACE_MEMORY) : 0;
	memarg_value(t, "offset=", 64, &offset);
	size_t at = text_peek(t)->at;
	if (memarg_value(t, "align=", 64, &align)) {
		if (align == 0 || (align & (align - 1)))
			text_fail(t, at, "alignment must be a power of two");
		flags = (uint64_t)__builtin_ctzll(align);
	}
	bytes_unsigned(t, out, flags | (memory ? 0x40 : 0));
	if (memory)
		bytes_unsigned(t, out, memory);
	bytes_unsigned(t, out, offset);
	if (lane)
		bytes_byte(t, out, (uint8_t)text_natural(t, 8));
}

static void put_bits(struct text *t, struct bytes *out, uint64_t bits, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		bytes_byte(t, out, (uint8_t)(bits >> 8 * i));
}

/* Casts have two opcodes, for references that may be null and others; select has two, without and with types. */
static void cast(struct assembler *a, uint32_t code, struct bytes *out)
{
	struct bytes *heap = &a->results;
	heap->len = 0;
	bool nullable = text_reftype_parts(a, heap);
	put_opcode(a->t, out, (code & ~1u) | nullable);
	bytes_append(a->t, out, heap);
}

static void branch_cast(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	struct bytes *types = &a->results;
	types->len = 0;
	uint32_t label = text_label_index(a);
	unsigned from = text_reftype_parts(a, types);
	unsigned to = text_reftype_parts(a, types);
	bytes_byte(t, out, (uint8_t)(from | to << 1));
	bytes_unsigned(t, out, label);
	bytes_append(t, out, types);
}

static void select_types(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	struct bytes *types = &a->results;
	uint32_t n = 0;
	types->len = 0;
	if (!text_is_list(t, "result")) {
		put_opcode(t, out, OP_select);
		return;
	}
	while (text_accept_list(t, "result"))
		for (; !text_accept(t, TOKEN_RPAR); n++)
			text_valtype(a, types);
	put_opcode(t, out, OP_select_t);
	bytes_unsigned(t, out, n);
	bytes_append(t, out, types);
}

static void vector(struct text *t, struct bytes *out)
{
	uint8_t lanes[16];
	text_v128(t, lanes);
	bytes_put(t, out, lanes, sizeof(lanes));
}

static void lanes(struct text *t, struct bytes *out)
{
	for (int i = 0; i < 16; i++) {
		if (!text_is(t, TOKEN_NUMBER) && !text_is(t, TOKEN_RESERVED))
			text_fail(t, text_peek(t)->at, "invalid lane length: a shuffle has 16 lanes");
		bytes_byte(t, out, (uint8_t)text_natural(t, 8));
	}
}

void text_immediates(struct assembler *a, const struct insn *insn, struct bytes *out)
{
	struct text *t = a->t;
	enum immediates kind = immediates_of(insn->code);
	uint32_t index, type;
	if (kind == IMM_SELECT || kind == IMM_CAST) {
		if (kind == IMM_SELECT)
			select_types(a, out);
		else
			cast(a, insn->code, out);
		return;
	}
	put_opcode(t, out, insn->code);
	switch (kind) {
	case IMM_NONE:
	case IMM_SELECT:
	case IMM_CAST:
		break;
	case IMM_BLOCK:
		text_block_type(a, out);
		break;
	case IMM_TRY_TABLE:
		text_block_type(a, out);
		catches(a, out);
		break;
	case IMM_LABEL:
		bytes_unsigned(t, out, text_label_index(a));
		break;
	case IMM_LABELS:
		labels(a, out);
		break;
	case IMM_TAG:
		put_index(a, SPACE_TAG, out);
		break;
	case IMM_FUNC:
		put_index(a, SPACE_FUNC, out);
		break;
	case IMM_TYPE:
		put_index(a, SPACE_TYPE, out);
		break;
	case IMM_GLOBAL:
		put_index(a, SPACE_GLOBAL, out);
		break;
	case IMM_DATA:
		put_index(a, SPACE_DATA, out);
		break;
	case IMM_ELEM:
		put_index(a, SPACE_ELEM, out);
		break;
	case IMM_LOCAL:
		bytes_unsigned(t, out, text_local(a));
		break;
	case IMM_CALL_INDIRECT:
		index = optional_index(a, SPACE_TABLE);
		bytes_unsigned(t, out, text_type_use(a, TEXT_NO_NAMES));
		bytes_unsigned(t, out, index);
		break;
	case IMM_TABLE:
		bytes_unsigned(t, out, optional_index(a, SPACE_TABLE));
		break;
	case IMM_MEMORY:
		bytes_unsigned(t, out, optional_index(a, SPACE_MEMORY));
		break;
	case IMM_MEMARG:
		memarg(a, insn, false, out);
		break;
	case IMM_MEMARG_LANE:
		memarg(a, insn, true, out);
		break;
	case IMM_I32:
		bytes_signed(t, out, (int32_t)text_integer(t, 32));
		break;
	case IMM_I64:
		bytes_signed(t, out, (int64_t)text_integer(t, 64));
		break;
	case IMM_F32:
		put_bits(t, out, text_f32(t), 4);
		break;
	case IMM_F64:
		put_bits(t, out, text_f64(t), 8);
		break;
	case IMM_HEAP_TYPE:
		text_heaptype(a, out);
		break;
	case IMM_TYPE_FIELD:
		type = text_index(a, SPACE_TYPE);
		bytes_unsigned(t, out, type);
		bytes_unsigned(t, out, text_field(a, type));
		break;
	case IMM_TYPE_COUNT:
		put_index(a, SPACE_TYPE, out);
		bytes_unsigned(t, out, text_natural(t, 32));
		break;
	case IMM_TYPE_DATA:
		put_index(a, SPACE_TYPE, out);
		put_index(a, SPACE_DATA, out);
		break;
	case IMM_TYPE_ELEM:
		put_index(a, SPACE_TYPE, out);
		put_index(a, SPACE_ELEM, out);
		break;
	case IMM_TYPE_TYPE:
		put_index(a, SPACE_TYPE, out);
		put_index(a, SPACE_TYPE, out);
		break;
	case IMM_BRANCH_CAST:
		branch_cast(a, out);
		break;
	case IMM_MEMORY_DATA:
		put_segment(a, SPACE_MEMORY, SPACE_DATA, out);
		break;
	case IMM_TABLE_ELEM:
		put_segment(a, SPACE_TABLE, SPACE_ELEM, out);
		break;
	case IMM_MEMORY_MEMORY:
		put_pair(a, SPACE_MEMORY, out);
		break;
	case IMM_TABLE_TABLE:
		put_pair(a, SPACE_TABLE, out);
		break;
	case IMM_V128:
		vector(t, out);
		break;
	case IMM_LANES:
		lanes(t, out);
		break;
	case IMM_LANE:
		bytes_byte(t, out, (uint8_t)text_natural(t, 8));
		break;
	case IMM_FENCE:
		bytes_byte(t, out, 0);
		break;
	}
}
