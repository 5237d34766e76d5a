/* Sequences of instructions, plain and folded. Lists that are open are frames on a stack of our own: how deep a text
 * nests is its author's business and must not decide how deep we recurse. */
#include "text_assembler.h"

#include <string.h>

#include "insn.h"

enum frame_kind {
	FRAME_SEQUENCE,	  /* the whole: instructions up to a closing parenthesis, which is left */
	FRAME_SINGLE,	  /* the whole: one folded instruction */
	FRAME_OPERANDS,	  /* (op …: folded operands, then op itself */
	FRAME_LIST,	  /* (block …: instructions, then "end" */
	FRAME_CLAUSE,	  /* (then …, (else …, (do …, (catch …: instructions, nothing after them */
	FRAME_IF,	  /* (if …: folded condition, (then …), perhaps (else …) */
	FRAME_THEN,	  /* the same behind (then …) */
	FRAME_ELSE,	  /* the same behind (else …) */
	FRAME_TRY,	  /* (try …: (do …) */
	FRAME_CATCHES,	  /* the same behind (do …): catches, or one delegate */
	FRAME_CAUGHT_ALL, /* the same behind (catch_all …) */
	FRAME_BLOCK,	  /* block … end */
	FRAME_PLAIN_IF,	  /* if … else … end */
	FRAME_PLAIN_ELSE,
	FRAME_PLAIN_TRY, /* try … catch … end */
	FRAME_PLAIN_CATCH,
	FRAME_PLAIN_CATCH_ALL
};

struct text_frame {
	enum frame_kind kind;
	size_t pending; /* where its instruction waits in a->pending */
	uint32_t at;	/* that instruction's place in the source */
	struct text_name label;
};

static struct text_frame *top(struct assembler *a)
{
	return (struct text_frame *)(void *)(a->frames.p + a->frames.len) - 1;
}

static void push(struct assembler *a, enum frame_kind kind)
{
	struct text_frame frame = {.kind = kind, .pending = a->pending.len};
	bytes_put(a->t, &a->frames, &frame, sizeof(frame));
}

static void pop(struct assembler *a)
{
	a->frames.len -= sizeof(struct text_frame);
}

/* An instruction from this place of the source goes to out. */
static void mark(struct assembler *a, const struct bytes *out, uint32_t at)
{
	if (out == &a->body)
		text_mark(a, &a->body_marks, TEXT_CODE, out->len, at);
}

/* The instruction that a frame keeps waiting, and what was put behind it. */
static void put_pending(struct assembler *a, struct bytes *out)
{
	size_t from = top(a)->pending;
	mark(a, out, top(a)->at);
	bytes_put(a->t, out, a->pending.p + from, a->pending.len - from);
	a->pending.len = from;
}

static struct text_name optional_label(struct assembler *a)
{
	struct text_name name = {NULL, 0};
	if (text_is(a->t, TOKEN_ID))
		name = text_id_of(a->t, &a->t->tokens[a->t->pos++]);
	return name;
}

static void push_label(struct assembler *a, struct text_name name)
{
	struct text_label label = {name};
	bytes_put(a->t, &a->labels, &label, sizeof(label));
	top(a)->label = name;
}

static void pop_label(struct assembler *a)
{
	a->labels.len -= sizeof(struct text_label);
}

/* Behind end, else and catch the block's label may be repeated. */
static void repeated_label(struct assembler *a)
{
	struct text *t = a->t;
	size_t at = text_peek(t)->at;
	if (!text_is(t, TOKEN_ID))
		return;
	struct text_name name = optional_label(a), want = top(a)->label;
	if (!want.p || want.len != name.len || memcmp(want.p, name.p, name.len) != 0)
		text_fail(t, at, "mismatching label");
}

static void branch_hint(struct assembler *a, uint32_t code)
{
	struct annotation *hint = text_annotation(a->t, ANNOTATION_BRANCH_HINT);
	if (!hint)
		return;
	struct annotation *again = text_annotation(a->t, ANNOTATION_BRANCH_HINT);
	if (again)
		text_fail(a->t, again->at, "@metadata.code.branch_hint annotation: duplicate annotation");
	if (code != OP_if && code != OP_br_if)
		text_invalid(a->t, hint->at, "@metadata.code.branch_hint annotation: invalid target");
}

/* block, loop, if, try and try_table without parentheses, or one of those but if within them. */
static void begin_block(struct assembler *a, const struct insn *insn, enum frame_kind kind, struct bytes *out)
{
	struct text_name label = optional_label(a);
	text_immediates(a, insn, out);
	push(a, kind);
	push_label(a, label);
}

static bool is_block(uint32_t code)
{
	return code == OP_block || code == OP_loop || code == OP_try_table;
}

/* Words that have opcodes but are no instructions of their own. */
static bool continues_block(uint32_t code)
{
	return code == OP_end || code == OP_else || code == OP_catch || code == OP_catch_all || code == OP_delegate;
}

static void end_block(struct assembler *a, struct bytes *out)
{
	mark(a, out, text_peek(a->t)->at);
	bytes_byte(a->t, out, OP_end);
	pop_label(a);
	pop(a);
}

/* catch $tag, catch_all: true if the words are here. */
static bool catch_words(struct assembler *a, struct bytes *out, bool *ret_all)
{
	struct text *t = a->t;
	*ret_all = token_is_word(t, text_peek(t), "catch_all");
	if (!*ret_all && !token_is_word(t, text_peek(t), "catch"))
		return false;
	t->pos++;
	bytes_byte(t, out, *ret_all ? OP_catch_all : OP_catch);
	if (!*ret_all)
		bytes_unsigned(t, out, text_index(a, SPACE_TAG));
	return true;
}

static void delegate(struct assembler *a, struct bytes *out)
{
	pop_label(a); /* the label is one around the block */
	bytes_byte(a->t, out, OP_delegate);
	bytes_unsigned(a->t, out, text_label_index(a));
}

/* Words that go on with, or end, a block without parentheses. False if the next token is none of them. */
static bool continue_block(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	enum frame_kind kind = top(a)->kind;
	bool all;
	if (kind < FRAME_BLOCK)
		return false;
	if (text_accept_word(t, "end")) {
		repeated_label(a);
		end_block(a, out);
		return true;
	}
	if (kind == FRAME_PLAIN_IF && text_accept_word(t, "else")) {
		repeated_label(a);
		bytes_byte(t, out, OP_else);
		top(a)->kind = FRAME_PLAIN_ELSE;
		return true;
	}
	if (kind == FRAME_PLAIN_TRY && text_accept_word(t, "delegate")) {
		delegate(a, out);
		pop(a);
		return true;
	}
	if ((kind == FRAME_PLAIN_TRY || kind == FRAME_PLAIN_CATCH) && catch_words(a, out, &all)) {
		repeated_label(a);
		top(a)->kind = all ? FRAME_PLAIN_CATCH_ALL : FRAME_PLAIN_CATCH;
		return true;
	}
	return false;
}

static void plain(struct assembler *a, struct bytes *out)
{
	mark(a, out, text_peek(a->t)->at);
	if (continue_block(a, out))
		return;
	uint32_t at = a->t->pos;
	const struct insn *insn = text_insn_name(a);
	uint32_t code = insn->code;
	a->t->pos = at;
	branch_hint(a, code);
	a->t->pos++;
	if (is_block(code)) {
		begin_block(a, insn, FRAME_BLOCK, out);
	} else if (code == OP_if) {
		begin_block(a, insn, FRAME_PLAIN_IF, out);
	} else if (code == OP_try) {
		begin_block(a, insn, FRAME_PLAIN_TRY, out);
	} else if (continues_block(code)) {
		a->t->pos = at;
		text_unexpected(a->t, "an instruction");
	} else {
		text_immediates(a, insn, out);
	}
}

/* A folded instruction; the cursor is at its opening parenthesis. */
static void folded(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	uint32_t open = t->pos++;
	mark(a, out, text_peek(t)->at);
	const struct insn *insn = text_insn_name(a);
	uint32_t name_end = t->pos, code = insn->code;
	t->pos = open;
	branch_hint(a, code);
	t->pos = name_end;
	if (is_block(code)) {
		begin_block(a, insn, FRAME_LIST, out);
	} else if (code == OP_try) {
		begin_block(a, insn, FRAME_TRY, out);
	} else if (code == OP_if) {
		push(a, FRAME_IF);
		top(a)->at = t->tokens[open + 1].at;
		top(a)->label = optional_label(a); /* in scope from (then on */
		text_immediates(a, insn, &a->pending);
	} else if (continues_block(code)) {
		t->pos--;
		text_unexpected(t, "an instruction");
	} else {
		push(a, FRAME_OPERANDS);
		top(a)->at = t->tokens[open + 1].at;
		text_immediates(a, insn, &a->pending);
	}
}

static void open_list(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	bool all;
	switch (top(a)->kind) {
	case FRAME_IF:
		if (!text_accept_list(t, "then"))
			break;
		put_pending(a, out);
		top(a)->kind = FRAME_THEN;
		push_label(a, top(a)->label);
		push(a, FRAME_CLAUSE);
		return;
	case FRAME_THEN:
		if (!text_accept_list(t, "else"))
			text_unexpected(t, "(else …) or )");
		bytes_byte(t, out, OP_else);
		top(a)->kind = FRAME_ELSE;
		push(a, FRAME_CLAUSE);
		return;
	case FRAME_TRY:
		if (!text_accept_list(t, "do"))
			text_unexpected(t, "(do …)");
		top(a)->kind = FRAME_CATCHES;
		push(a, FRAME_CLAUSE);
		return;
	case FRAME_CATCHES:
		if (text_accept_list(t, "delegate")) {
			delegate(a, out);
			pop(a);
			text_expect(t, TOKEN_RPAR, ")");
			text_expect(t, TOKEN_RPAR, ")");
			return;
		}
		t->pos++;
		if (!catch_words(a, out, &all))
			text_unexpected(t, "catch, catch_all or delegate");
		top(a)->kind = all ? FRAME_CAUGHT_ALL : FRAME_CATCHES;
		push(a, FRAME_CLAUSE);
		return;
	case FRAME_ELSE:
	case FRAME_CAUGHT_ALL:
		text_unexpected(t, ")");
	default:
		break;
	}
	folded(a, out);
}

static void close_list(struct assembler *a, struct bytes *out)
{
	struct text *t = a->t;
	switch (top(a)->kind) {
	case FRAME_OPERANDS:
		put_pending(a, out);
		pop(a);
		break;
	case FRAME_CLAUSE:
		pop(a);
		break;
	case FRAME_LIST:
	case FRAME_THEN:
	case FRAME_ELSE:
	case FRAME_CATCHES:
	case FRAME_CAUGHT_ALL:
		end_block(a, out);
		break;
	case FRAME_IF:
		text_unexpected(t, "(then …)");
	case FRAME_TRY:
		text_unexpected(t, "(do …)");
	default:
		text_unexpected(t, "end");
	}
	t->pos++;
}

/* Reads until the frame of this kind, which is pushed here, is done. */
static void read_until(struct assembler *a, enum frame_kind whole, struct bytes *out)
{
	struct text *t = a->t;
	size_t base = a->frames.len;
	push(a, whole);
	size_t inside = a->frames.len;
	bool begun = false;
	for (;; begun = true) {
		enum frame_kind kind = top(a)->kind;
		if (a->frames.len == inside && (whole == FRAME_SINGLE ? begun : text_is(t, TOKEN_RPAR)))
			break;
		if (text_is(t, TOKEN_LPAR))
			open_list(a, out);
		else if (text_is(t, TOKEN_RPAR))
			close_list(a, out);
		else if (kind == FRAME_SEQUENCE || kind == FRAME_LIST || kind == FRAME_CLAUSE || kind >= FRAME_BLOCK)
			plain(a, out);
		else
			text_unexpected(t, "( or )");
	}
	a->frames.len = base;
}

void text_expression(struct assembler *a, struct bytes *out)
{
	read_until(a, FRAME_SEQUENCE, out);
	mark(a, out, text_peek(a->t)->at);
	bytes_byte(a->t, out, OP_end);
}

void text_folded_expression(struct assembler *a, struct bytes *out)
{
	read_until(a, FRAME_SINGLE, out);
	bytes_byte(a->t, out, OP_end);
}
