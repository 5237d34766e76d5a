/* Random operands by layout: ir_operands.h. */
#include "ir_operands.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "insn.h"

/* ---- layouts ---- */

static const struct row {
	const char *pattern;
	char reads, leaves;
	const char *operands;
} rows[] = {
#define LAYOUT(pattern, reads, leaves, operands) {pattern, #reads[0], #leaves[0], operands},
#include "ir_layouts.def"
};

static char type_letter(uint8_t type)
{
	switch (type) {
	case (uint8_t)ENGINE_I64:
		return 'l';
	case (uint8_t)ENGINE_F32:
		return 'f';
	case (uint8_t)ENGINE_F64:
		return 'd';
	case (uint8_t)ENGINE_V128:
		return 'v';
	default:
		return 'i';
	}
}

/* A constant within the second word, or, of a type that is too long, in one of its own. */
static const char *half_constant(char type)
{
	return type == 'd' ? "_:D" : type == 'f' ? "F" : "C";
}

static char word_constant(char type)
{
	return type == 'd' ? 'D' : type == 'f' ? 'F' : type == 'l' ? 'L' : 'I';
}

/* r0 as an operand of a type. */
static char reads_r0(bool r0, char type)
{
	return r0 && (type == 'i' || type == 'l') ? type : '-';
}

static void numeric_layout(const char *form, char res, char arg, struct ir_layout *ret)
{
	bool unary = strlen(form) == 2, left = form[0] == 'C';
	size_t size = sizeof(ret->operands);
	if (unary)
		snprintf(ret->operands, size, "%c%c", res, arg);
	else if (left || form[1] == 'C')
		snprintf(ret->operands, size, "%c%c%s", res, arg, half_constant(arg));
	else
		snprintf(ret->operands, size, "%c%c%c", res, arg, arg);
	ret->reads = reads_r0(form[0] == 'R' || (!unary && form[1] == 'R'), arg);
	ret->leaves = res == 'i' || res == 'l' ? res : '-';
}

static void branch_layout(const char *form, char arg, struct ir_layout *ret)
{
	snprintf(ret->operands, sizeof(ret->operands), form[1] == 'C' ? "%c%cB:%c" : "%c%cB", arg, arg, word_constant(arg));
	ret->reads = reads_r0(form[0] == 'R', arg);
	ret->leaves = '-';
}

static bool load_layout(const char *form, char res, struct ir_layout *ret)
{
	const char *rest;
	switch (form[0]) {
	case 'g': /* names its memory */
		return false;
	case 'x':
	case 'y':
		rest = form[2] == 'C' ? "iC:A" : "iio";
		break;
	case 'z':
		rest = "iio:I";
		break;
	case 'u':
		rest = "ii:OC";
		break;
	default:
		rest = "iO";
	}
	snprintf(ret->operands, sizeof(ret->operands), "%c%s", res, rest);
	ret->reads = reads_r0(form[0] == 'R' || (form[0] != 'u' && form[1] == 'R' && strlen(form) > 2), 'i');
	ret->leaves = res == 'i' || res == 'l' ? res : form[0] == 'u' ? 'i' : '-';
	return true;
}

static bool store_layout(const char *form, char arg, struct ir_layout *ret)
{
	if (form[0] == 'g')
		return false;
	bool sum = form[0] == 'x';
	size_t n = (size_t)snprintf(ret->operands, sizeof(ret->operands), "%ci%s", arg, sum ? "C:A" : "O");
	char value = form[strlen(form) - 1];
	if (value == 'C')
		snprintf(ret->operands + n, sizeof(ret->operands) - n, ":%c", word_constant(arg));
	ret->reads = reads_r0(value == 'R', arg);
	if (form[0] == 'R' && ret->reads == '-')
		ret->reads = 'i';
	ret->leaves = '-';
	return true;
}

/* The row of insn.def that a number belongs to: its forms are the next numbers. */
static const struct insn *find_insn(uint32_t id)
{
	const struct insn *found = NULL;
	for (uint32_t code = 0; code <= 0xfd1ff; code = code == 0xffff ? 0xfd100 : code + 1) {
		const struct insn *insn = insn_find(code);
		if (insn && insn->cls != INSN_CTL && insn->ir <= id && (!found || insn->ir > found->ir))
			found = insn;
	}
	return found;
}

static bool class_layout(uint32_t id, const char *name, struct ir_layout *ret)
{
	const struct insn *insn = find_insn(id);
	const char *form = strrchr(name, '_') + 1;
	char res = type_letter(insn->res), arg = type_letter(insn->arg);
	if (opcode_prefix(insn->code) == 0xfb) /* references are no random numbers */
		return false;
	switch (insn->cls) {
	case INSN_UN:
	case INSN_BINC:
	case INSN_BIN:
		numeric_layout(form, res, arg, ret);
		return true;
	case INSN_CMPI:
	case INSN_CMPF:
		if (!strncmp(name, "br", 2))
			branch_layout(form, arg, ret);
		else
			numeric_layout(form, res, arg, ret);
		return true;
	case INSN_LOAD:
		return load_layout(form, res, ret);
	case INSN_STOREI:
	case INSN_STOREF:
		return store_layout(form, arg, ret);
	default:
		return false;
	}
}

static bool matches_any(const char *name, const char *const *patterns)
{
	while (*patterns && fnmatch(*patterns, name, 0))
		patterns++;
	return *patterns;
}

bool ir_layout(uint32_t id, struct ir_layout *ret)
{
	static const char *const computing[] = {"i??_div_*", "i??_rem_*", "i??_trunc_f*", NULL};
	const char *name = ir_name(ir_handler(id));
	*ret = (struct ir_layout){.operands = ""};
	if (id < IR_copy) {
		if (!class_layout(id, name, ret))
			return false;
	} else {
		const struct row *row = rows, *end = rows + sizeof(rows) / sizeof(*rows);
		while (row < end && fnmatch(row->pattern, name, 0))
			row++;
		if (row == end)
			return false;
		snprintf(ret->operands, sizeof(ret->operands), "%s", row->operands);
		ret->reads = row->reads;
		ret->leaves = row->leaves;
	}
	ret->branches = strpbrk(ret->operands, "BN");
	ret->falls = !strchr(ret->operands, 'N') && strcmp(name, "br") && strcmp(name, "br_loop");
	ret->traps = strpbrk(ret->operands, "oOA") || matches_any(name, computing);
	return true;
}

/* ---- values ---- */

static uint64_t source_next(struct source *s)
{
	s->state ^= s->state << 13;
	s->state ^= s->state >> 7;
	s->state ^= s->state << 17;
	return s->state * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t source_below(struct source *s, uint32_t n)
{
	return (uint32_t)((source_next(s) >> 32) * n >> 32);
}

#define PICK(s, array) (array)[source_below(s, sizeof(array) / sizeof(*(array)))]

static uint32_t edge(struct source *s)
{
	static const uint32_t edges[] = {0, 1, 2, UINT32_MAX, INT32_MAX, 1u << 31, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff,
					 0x8000, 0xffff, MEMORY_BYTES, MEMORY_BYTES - 1, MEMORY_BYTES - 3, MEMORY_BYTES - 4};
	return PICK(s, edges);
}

static uint32_t address(struct source *s)
{
	return source_below(s, 8) ? 4 * source_below(s, 128) : source_below(s, MEMORY_BYTES);
}

/* Every other round computes with addresses for the most part, or programs would hardly get beyond a load. */
void source_round(struct source *s)
{
	bool calm = source_below(s, 2);
	s->pool[0] = calm ? address(s) : edge(s);
	s->pool[1] = calm ? source_below(s, 4) : address(s);
	s->pool[2] = calm ? address(s) : (uint32_t)source_next(s);
	s->pool[3] = edge(s);
}

static uint32_t value32(struct source *s)
{
	return source_below(s, 8) ? PICK(s, s->pool) : source_below(s, 2) ? edge(s) : (uint32_t)source_next(s);
}

static uint64_t value64(struct source *s)
{
	switch (source_below(s, 6)) {
	case 0:
		return (uint64_t)value32(s) << 32 | value32(s);
	case 1:
		return (uint64_t)INT64_MIN - source_below(s, 2);
	case 2:
		return source_next(s);
	case 3:
		return (uint64_t)(int32_t)value32(s);
	default:
		return value32(s);
	}
}

/* The only NaN is the one that this machine makes itself: which of two different ones a sum is depends on the order that the
 * compiler has chosen for its operands. */
static double own_nan(void)
{
	static volatile double zero;
	return zero / zero;
}

static double value_double(struct source *s)
{
	static const double edges[] = {0, -0.0, 1, -1, 0.5, 1.5, INFINITY, -INFINITY, 0x1p31, -0x1p31, 0x1p32, 0x1p63, -0x1p63, 0x1p64,
				       1e300, 0x1p-1074, 0x1p-1022, 0x1.fffffep127, 0x1p-149};
	switch (source_below(s, 8)) {
	case 0:
		return own_nan();
	case 1:
	case 2:
	case 3:
		return (int32_t)value32(s);
	default:
		return PICK(s, edges);
	}
}

uint64_t source_value(struct source *s, char type)
{
	uint64_t bits = 0;
	double d;
	float f;
	switch (type) {
	case 'i':
		return value32(s);
	case 'f': /* what is above it in the slot is anybody's guess */
		f = (float)value_double(s);
		bits = source_next(s);
		memcpy(&bits, &f, sizeof(f));
		return bits;
	case 'd':
		d = value_double(s);
		memcpy(&bits, &d, sizeof(d));
		return bits;
	default:
		return value64(s);
	}
}

/* No byte is 0x7f or 0xff: read as floats, at whatever address, they are no NaN. */
void source_memory(struct source *s, uint8_t *memory)
{
	for (uint32_t i = 0; i < MEMORY_BYTES; i += 4) {
		uint32_t word = 0;
		switch (source_below(s, 4)) {
		case 0:
			word = 4 * source_below(s, 0x1c);
			break;
		case 1:
			word = MEMORY_BYTES + source_below(s, 4);
			break;
		case 2:
			for (int k = 0; k < 4; k++)
				word = word << 8 | source_below(s, 0x7f) | (source_below(s, 2) << 7);
			break;
		}
		memcpy(memory + i, &word, sizeof(word));
	}
}

/* ---- operands ---- */

static uint32_t type_index(char type)
{
	return (uint32_t)(strchr("ilfdv", type) - "ilfdv");
}

uint32_t frame_first(char type)
{
	return FRAME_FIRST + type_index(type) * FRAME_RANGE;
}

/* Few, so that instructions meet in them, and far enough from the end for those that write four. */
static uint32_t pick_slot(struct source *s, char type)
{
	return frame_first(type) + (type == 'v' ? 2 * source_below(s, 3) : source_below(s, 6));
}

static uint32_t pick_offset(struct source *s)
{
	return source_below(s, 16) ? 4 * source_below(s, 16) : source_below(s, 2) ? edge(s) : MEMORY_BYTES - source_below(s, 32);
}

struct maker {
	struct source *source;
	const struct place *place;
	bool loop;
	char x, y;  /* the types that these letters stand for */
	char last;  /* that of the last slot */
	uint32_t n; /* targets of a table; 0: no table */
};

static uint64_t slot_operand(struct maker *m, char letter)
{
	m->last = letter == 'x' ? m->x : letter == 'y' ? m->y : letter == 'r' ? m->place->r0 : letter == 'w' ? 'l' : letter;
	return pick_slot(m->source, m->last);
}

static uint64_t distance(uint32_t from, uint32_t to)
{
	return (uint32_t)((int32_t)(to - from) * (int32_t)sizeof(uint64_t));
}

/* Returns how many of a word's four fields the operand takes. */
static unsigned make_operand(struct maker *m, char letter, uint64_t *ret)
{
	struct source *s = m->source;
	switch (letter) {
	case '_':
		*ret = source_next(s) & 0xffff;
		return 1;
	case 'o':
		*ret = pick_offset(s) & 0xffff;
		return 1;
	case 'n':
		*ret = source_below(s, 32);
		return 1;
	case 'm':
		*ret = 1 + source_below(s, 31);
		return 1;
	case 'z':
		*ret = 1 + source_below(s, 4);
		return 1;
	case 'C':
		*ret = value32(s);
		return 2;
	case 'F':
		*ret = source_value(s, 'f') & UINT32_MAX;
		return 2;
	case 'O':
		*ret = pick_offset(s);
		return 2;
	case 'Z':
		*ret = 1 + source_below(s, 4);
		return 2;
	case 'B':
		*ret = distance(m->place->at, m->loop ? m->place->backward : m->place->forward);
		return 2;
	case 'N':
		m->n = 1 + source_below(s, TABLE_MOST);
		*ret = m->n;
		return 2;
	case 'I':
		*ret = value32(s);
		return 4;
	case 'L':
		*ret = value64(s);
		return 4;
	case 'D':
		*ret = source_value(s, 'd');
		return 4;
	case 'A':
		*ret = pick_offset(s);
		return 4;
	case 'G':
		*ret = (uint64_t)s->globals[type_index(m->last)][source_below(s, GLOBALS)];
		return 4;
	default:
		*ret = slot_operand(m, letter);
		return 1;
	}
}

/* Writes the operands that a layout names for one word, and returns where those of the next begin. */
static const char *make_word(struct maker *m, const char *letters, uint64_t *ret)
{
	unsigned field = 0;
	*ret = 0;
	for (; *letters && *letters != ':'; letters++) {
		uint64_t operand;
		unsigned fields = make_operand(m, *letters, &operand);
		*ret |= operand << 16 * field;
		field += fields;
	}
	for (; field < 4; field++)
		*ret |= (uint64_t)source_below(m->source, 1 << 16) << 16 * field;
	return *letters ? letters + 1 : NULL;
}

static char any_type(struct source *s)
{
	return "ild"[source_below(s, 3)];
}

uint32_t make_operands(struct source *s, uint32_t id, const struct ir_layout *layout, const struct place *place, uint64_t *code)
{
	struct maker m = {.source = s, .place = place, .x = layout->leaves == 'x' ? place->wanted : any_type(s), .y = any_type(s)};
	m.loop = strstr(ir_name(ir_handler(id)), "loop");
	uint32_t words = 1;
	for (const char *letters = layout->operands; letters;)
		letters = make_word(&m, letters, &code[words++]);
	for (uint32_t i = 0; m.n > 0 && i <= m.n; i++, words++) {
		uint32_t target = (source_below(s, 2) ? place->backward : place->forward) + i;
		code[words] = distance(place->at + words - 1, target) << 32;
	}
	return words;
}
