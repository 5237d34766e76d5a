/* Fusions across kinds of instructions: memory that is read, changed and written back, values that move from place to place in
 * memory, pointers to pointers, the shadow stack that compilers keep in a global, and what surrounds calls. Each looks at what
 * was emitted last, takes it back and emits both as one; docs/engine.md, "Fusion". Those within arithmetic are in numeric.c. */
#include "compile.h"

static bool is_insn(const struct compiler *c, uint32_t pos, uint32_t id)
{
	return pos != NO_INSN && c->code[pos] == id;
}

/* A popped operand that the last instruction, of a form, has left in the accumulator of integers and nowhere else. */
static bool made_by(const struct compiler *c, const struct val *v, uint32_t id)
{
	return v->loc == LOC_ACC && c->acc[ACC_INT].pos == c->last && is_insn(c, c->last, id);
}

static uint32_t field(const struct compiler *c, uint32_t pos, unsigned i)
{
	return c->code[pos + 1] >> 16 * i & 0xffff;
}

static uint32_t upper(const struct compiler *c, uint32_t pos)
{
	return (uint32_t)(c->code[pos + 1] >> 32);
}

/* The accumulator of integers is new: nobody waits for it, and it is equal to a slot, or none (-1). */
static void made_new(struct compiler *c, int32_t mirror)
{
	c->acc[ACC_INT] = (struct acc){.val = -1, .mirror = mirror};
}

/* ---- memory ---- */

bool fuse_pointer(struct compiler *c, const struct insn *insn, const struct val *address, uint64_t offset)
{
	bool acc = made_by(c, address, IR_i32_load_RR);
	if (!FUSION || insn->code != OP_i32_load || (!acc && !made_by(c, address, IR_i32_load_SR)))
		return false;
	uint32_t slot = field(c, c->last, 1), id = acc ? IR_i32_load2_RR : IR_i32_load2_SR;
	uint64_t offsets = offset << 32 | upper(c, c->last);
	rewind_to(c, c->last);
	made_new(c, -1);
	uint32_t pos = emit(c, id, 0, slot, 0, 0);
	emit_word(c, offsets);
	push_acc(c, ENGINE_I32, pos, id);
	return true;
}

/* Stores what was loaded. */
static bool fuse_move(struct compiler *c, const struct insn *insn, const struct val *v, uint32_t address, uint32_t offset)
{
	bool wide = insn->code == OP_i64_store;
	uint32_t load = wide ? IR_i64_load_SR : IR_i32_load_SR;
	bool acc = made_by(c, v, load + LOAD_R);
	if (!acc && !made_by(c, v, load))
		return false;
	uint32_t slot = field(c, c->last, 1);
	uint64_t offsets = (uint64_t)offset << 32 | upper(c, c->last);
	rewind_to(c, c->last);
	made_new(c, -1);
	emit(c, (wide ? IR_i64_move_S : IR_i32_move_S) + acc, address, slot, 0, 0);
	emit_word(c, offsets);
	return true;
}

/* How a value that is to be stored was made from the one that is there. */
struct change {
	uint32_t start; /* the first instruction of it */
	uint32_t form;	/* from the forms with a slot and a constant, each to a slot and to the accumulator */
	uint32_t by;
};

struct change_row {
	uint16_t store, load, op, load_op, fused; /* load_op: both with a slot, already one instruction; IR_COUNT: there is none */
};

static bool find_change(const struct compiler *c, const struct change_row *row, uint32_t address, uint64_t offset,
			struct change *ret)
{
	uint32_t op = c->last;
	if (row->load_op != IR_COUNT && (is_insn(c, op, row->load_op) || is_insn(c, op, row->load_op + 1u))) {
		*ret = (struct change){op, is_insn(c, op, row->load_op + 1u), field(c, op, 1)};
		return field(c, op, 2) == address && c->code[op + 2] == offset << 32;
	}
	if (!is_insn(c, c->prev, row->load) || field(c, c->prev, 1) != address || upper(c, c->prev) != offset)
		return false;
	for (uint32_t form = 0; form < 4; form++)
		if (is_insn(c, op, row->op + AB_RS + form)) {
			*ret = (struct change){c->prev, form, form < 2 ? field(c, op, 2) : upper(c, op)};
			return true;
		}
	return false;
}

bool fuse_modify(struct compiler *c, const struct insn *insn, const struct val *v, uint32_t address, uint64_t offset)
{
	static const struct change_row rows[] = {
		{OP_i32_store, IR_i32_load_SR, IR_i32_add_SSS, IR_i32_add_load_SSS, IR_i32_modify_add_SS},
		{OP_i32_store, IR_i32_load_SR, IR_i32_and_SSS, IR_i32_and_load_SSS, IR_i32_modify_and_SS},
		{OP_i32_store, IR_i32_load_SR, IR_i32_or_SSS, IR_i32_or_load_SSS, IR_i32_modify_or_SS},
		{OP_i64_store, IR_i64_load_SR, IR_i64_add_SSS, IR_COUNT, IR_i64_modify_add_SS},
	};
	struct change change;
	if (!FUSION || c->last == NO_INSN || (insn->code != OP_i32_store && insn->code != OP_i64_store))
		return false;
	uint32_t dst = field(c, c->last, 0);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (insn->code != rows[i].store || !find_change(c, &rows[i], address, offset, &change))
			continue;
		bool acc = change.form & 1;
		if (acc ? v->loc != LOC_ACC || c->acc[ACC_INT].pos != c->last : val_slot(v) != dst || dst == address)
			continue;
		rewind_to(c, change.start);
		made_new(c, acc ? -1 : (int32_t)dst);
		emit32(c, rows[i].fused + change.form, dst, address, change.by);
		emit_word(c, offset);
		return true;
	}
	return fuse_move(c, insn, v, address, (uint32_t)offset);
}

bool fuse_add_float(struct compiler *c, const struct insn *insn, uint64_t offset)
{
	uint32_t pos = c->last;
	if (!FUSION || insn->code != OP_f64_store || !is_insn(c, pos, IR_f64_add_load_SRR) || c->acc[ACC_F64].pos != pos ||
	    c->code[pos + 2] != offset << 32)
		return false;
	uint32_t slot = field(c, pos, 1);
	int32_t mirror = c->acc[ACC_INT].mirror;
	rewind_to(c, pos);
	c->acc[ACC_F64] = (struct acc){.val = -1, .mirror = -1};
	c->acc[ACC_INT].mirror = mirror;
	emit32(c, IR_f64_modify_add, 0, slot, (uint32_t)offset);
	return true;
}

/* ---- globals ---- */

bool fuse_global_add(struct compiler *c, const struct val *a, uint32_t imm)
{
	if (!FUSION || !made_by(c, a, IR_global_get_i_R))
		return false;
	uint64_t cell = c->code[c->last + 2];
	rewind_to(c, c->last);
	made_new(c, -1);
	uint32_t pos = emit32(c, IR_global_get_add_R, 0, 0, imm);
	emit_word(c, cell);
	push_acc(c, ENGINE_I32, pos, IR_global_get_add_R);
	return true;
}

bool fuse_global_set(struct compiler *c, const struct val *v, uint64_t cell)
{
	uint32_t pos = c->last;
	if (!FUSION || pos == NO_INSN)
		return false;
	bool slot = is_insn(c, pos, IR_global_get_add_S) && v->loc != LOC_ACC && val_slot(v) == field(c, pos, 0);
	if ((slot || made_by(c, v, IR_global_get_add_R)) && c->code[pos + 2] == cell) {
		c->code[pos] = slot ? IR_global_add_S : IR_global_add_R;
		return true;
	}
	return false;
}

/* ---- calls ---- */

bool fuse_call(struct compiler *c, uint32_t frame, uint32_t link)
{
	uint32_t pos = c->last;
	if (!FUSION || pos == NO_INSN)
		return false;
	uint64_t word = c->code[pos + 1];
	uint32_t f0 = field(c, pos, 0), f1 = field(c, pos, 1);
	if (is_insn(c, pos, IR_copy)) {
		rewind_to(c, pos);
		emit(c, IR_call_copy, frame, link, f0, f1);
	} else if (is_insn(c, pos, IR_copy2)) {
		rewind_to(c, pos);
		emit(c, IR_call_copy2, frame, link, 0, 0);
		emit_word(c, word);
	} else if (is_insn(c, pos, IR_const32)) {
		rewind_to(c, pos);
		emit(c, IR_call_const, frame, link, f0, 0);
		emit_word(c, word >> 32);
	} else if (is_insn(c, pos, IR_i32_load_SS)) {
		rewind_to(c, pos);
		emit(c, IR_call_load, frame, link, f0, f1);
		emit_word(c, word >> 32);
	} else {
		return false;
	}
	return true;
}

uint64_t take_copies(struct compiler *c)
{
	uint32_t pos = c->last;
	if (!FUSION || pos == NO_INSN || (!is_insn(c, pos, IR_copy2) && !is_insn(c, pos, IR_copy)))
		return 0;
	uint64_t word = c->code[pos + 1];
	if (is_insn(c, pos, IR_copy))
		word |= word << 32;
	rewind_to(c, pos);
	return word;
}

/* The shadow stack goes back, then the function returns. */
static bool fuse_leave(struct compiler *c, const struct val *v)
{
	uint32_t pos = c->last, from = field(c, pos, 1), imm = upper(c, pos), id = IR_leave_void, link = c->type->param_values;
	uint64_t cell = c->code[pos + 2], value = 0;
	if (v && v->loc == LOC_CONST && v->imm <= UINT32_MAX) {
		id = IR_leave_i_C;
		value = v->imm << 32;
	} else if (v && (v->loc == LOC_LOCAL || v->loc == LOC_HOME)) {
		id = IR_leave_i_S;
		value = (uint64_t)val_slot(v) << 32;
	} else if (v) {
		return false;
	}
	rewind_to(c, pos);
	made_new(c, -1);
	emit32(c, id, link, from, imm);
	emit_word(c, cell);
	emit_word(c, value);
	return true;
}

bool fuse_return(struct compiler *c, const struct val *v)
{
	static const uint16_t ops[][2] = {
		{IR_i32_add_SSR, IR_return_i32_add_SS}, {IR_i32_mul_SSR, IR_return_i32_mul_SS},
		{IR_i32_and_SSR, IR_return_i32_and_SS}, {IR_i32_or_SSR, IR_return_i32_or_SS},
		{IR_i32_xor_SSR, IR_return_i32_xor_SS}, {IR_i64_add_SSR, IR_return_i64_add_SS},
		{IR_i64_or_SSR, IR_return_i64_or_SS},
	};
	if (!FUSION || c->last == NO_INSN)
		return false;
	if (is_insn(c, c->last, IR_global_set_sum))
		return fuse_leave(c, v);
	if (!v || v->loc != LOC_ACC || c->acc[ACC_INT].pos != c->last)
		return false;
	uint32_t made = c->acc[ACC_INT].id, id = 0;
	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (made >= ops[i][0] && made <= ops[i][0] + (uint32_t)AB_RC)
			id = ops[i][1] + (made - ops[i][0]) / 2;
	if (made == IR_i32_load_SR || made == IR_i32_load_RR)
		id = made == IR_i32_load_RR ? IR_return_i32_load_R : IR_return_i32_load_S;
	if (!id || !is_insn(c, c->last, made))
		return false;
	c->code[c->last] = id;
	c->code[c->last + 1] |= c->type->param_values; /* the link, in place of the destination */
	c->last = NO_INSN;
	return true;
}
