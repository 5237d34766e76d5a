/* Instructions with rows in insn.def's numeric classes: choosing operand forms. */
#include "compile.h"

static void push_dead(struct compiler *c, engine_type_t type)
{
	push_const(c, type, 0);
}

void push_result(struct compiler *c, engine_type_t type, uint32_t id, uint32_t f1, uint32_t upper)
{
	uint32_t pos = emit32(c, id + 1, 0, f1, upper);
	push_acc(c, type, pos, id + 1);
}

static const struct insn *inverse(const struct insn *insn)
{
	static const uint8_t i32_inverse[] = {OP_i32_ne,   OP_i32_eq,   OP_i32_ge_s, OP_i32_ge_u, OP_i32_le_s,
					      OP_i32_le_u, OP_i32_gt_s, OP_i32_gt_u, OP_i32_lt_s, OP_i32_lt_u};
	unsigned base = insn->code >= OP_i64_eq ? OP_i64_eq : OP_i32_eq;
	return insn_find(i32_inverse[insn->code - base] - OP_i32_eq + base);
}

/* a OP b is b mirrored(OP) a. */
static const struct insn *mirrored(const struct insn *insn)
{
	static const uint8_t ints[] = {OP_i32_eq,   OP_i32_ne,   OP_i32_gt_s, OP_i32_gt_u, OP_i32_lt_s,
				       OP_i32_lt_u, OP_i32_ge_s, OP_i32_ge_u, OP_i32_le_s, OP_i32_le_u};
	static const uint8_t floats[] = {OP_f32_eq, OP_f32_ne, OP_f32_gt, OP_f32_lt, OP_f32_ge, OP_f32_le};
	if (insn->cls == INSN_CMPI) {
		unsigned base = insn->code >= OP_i64_eq ? OP_i64_eq : OP_i32_eq;
		return insn_find(ints[insn->code - base] - OP_i32_eq + base);
	}
	if (insn->cls == INSN_CMPF) {
		unsigned base = insn->code >= OP_f64_eq ? OP_f64_eq : OP_f32_eq;
		return insn_find(floats[insn->code - base] - OP_f32_eq + base);
	}
	return insn;
}

static void emit_unary(struct compiler *c, const struct insn *insn, bool acc, uint32_t slot)
{
	int32_t mirror = c->acc[ACC_INT].mirror;
	push_result(c, insn->res, insn->ir + (acc ? 2u : 0u), slot, 0);
	if (insn->code == OP_i32_eqz || insn->code == OP_i64_eqz) {
		c->cmp_pos = c->last;
		c->cmp = insn;
		c->cmp_ab = acc ? AB_RS : AB_SS;
		c->cmp_mirror = mirror;
	}
}

void compile_unary(struct compiler *c, const struct insn *insn)
{
	struct val a = pop_val(c, insn->arg);
	if (c->dead) {
		push_dead(c, insn->res);
		return;
	}
	if (insn->code == OP_i64_extend_i32_u && a.loc != LOC_LOCAL) {
		/* i32 values have their upper half zero: only the type changes. */
		uint32_t pos = c->acc[ACC_INT].pos, id = c->acc[ACC_INT].id;
		a.type = ENGINE_I64;
		if (a.loc == LOC_ACC)
			push_acc(c, ENGINE_I64, pos, id);
		else
			push_val(c, a);
		return;
	}
	if (insn->code == OP_i32_eqz && a.loc == LOC_ACC && c->cmp_pos == c->last && c->acc[ACC_INT].pos == c->last &&
	    c->cmp->cls == INSN_CMPI) {
		uint32_t pos = c->last;
		c->cmp = inverse(c->cmp);
		uint32_t id = c->cmp->ir + c->cmp_ab + 1;
		c->code[pos] = id;
		int32_t mirror = c->cmp_mirror;
		push_acc(c, ENGINE_I32, pos, id);
		c->cmp_mirror = mirror;
		return;
	}
	bool acc = in_acc(c, &a);
	emit_unary(c, insn, acc, acc ? 0 : to_slot(c, &a));
}

void push_is_zero(struct compiler *c, uint32_t slot)
{
	bool acc = c->acc[ACC_INT].mirror == (int32_t)slot;
	emit_unary(c, insn_find(OP_i64_eqz), acc, acc ? 0 : slot);
}

/* Can the constant stand in an instruction? */
static bool immediate(const struct insn *insn, const struct val *v)
{
	return v->loc == LOC_CONST && (insn->arg != ENGINE_I64 || (int64_t)(int32_t)v->imm == (int64_t)v->imm);
}

/* The same where the operand has just been loaded. */
static bool fuse_load_operand(struct compiler *c, const struct insn *insn, uint32_t ab, uint32_t slot)
{
	uint64_t op = c->code[c->last], word = c->code[c->last + 1];
	const struct insn *load = insn_find(insn->arg == ENGINE_F64 ? OP_f64_load : OP_i32_load);
	uint32_t id, offset = (uint32_t)(word >> 32), constant = 0;
	if (insn->code == OP_f64_add)
		id = IR_f64_add_load_SSR;
	else if (insn->code == OP_f64_mul)
		id = IR_f64_mul_load_SSR;
	else if (insn->code == OP_f64_sub)
		id = ab == AB_SR ? IR_f64_sub_load_SSR : IR_f64_rsub_load_SSR;
	else if (insn->code == OP_i32_add)
		id = IR_i32_add_load_SSR;
	else if (insn->code == OP_i32_and)
		id = IR_i32_and_load_SSR;
	else if (insn->code == OP_i32_or)
		id = IR_i32_or_load_SSR;
	else if (insn->code == OP_i32_xor)
		id = IR_i32_xor_load_SSR;
	else
		return false;
	bool sum = op == load->ir + LOAD_X + AB_SC + 1;
	bool acc = op == load->ir + LOAD_R + 1;
	if (sum) {
		constant = offset;
		offset = (uint32_t)c->code[c->last + 2];
	} else if (!acc && op != load->ir + LOAD_S + 1) {
		return false;
	}
	id += acc ? 2 : 0;
	rewind_to(c, c->last);
	c->acc[acc_class(insn->arg)].mirror = -1;
	uint32_t pos = emit(c, id, 0, slot, acc ? 0 : word >> 16 & 0xffff, 0);
	emit_word(c, (uint64_t)offset << 32 | constant);
	push_acc(c, insn->res, pos, id);
	return true;
}

/* v128.or of a slot and the accumulator, which the last two instructions have made of the same lanes, shifted left by n and
 * right by 32 - n: a rotation, which SIMD has no instruction for. Its operand is a slot: two shifts read it. */
static bool fuse_rotation(struct compiler *c, uint32_t slot)
{
	uint32_t right = c->last, left = c->prev;
	if (left == NO_INSN)
		return false;
	const struct insn *shl = insn_find(OP_i32x4_shl), *shr = insn_find(OP_i32x4_shr_u);
	if (c->code[right] != shr->ir + AB_SC + 1) {
		const struct insn *swap = shl;
		shl = shr;
		shr = swap;
	}
	uint64_t word = c->code[right + 1], first = c->code[left + 1];
	uint32_t count = (uint32_t)(first >> 32);
	bool from_slot = c->code[left] == shl->ir + AB_SC;
	if (c->code[right] != shr->ir + AB_SC + 1 || !from_slot || (first & 0xffff) != slot ||
	    slot < c->first_operand ||
	    (first >> 16 & 0xffff) != (word >> 16 & 0xffff) || count == 0 || count >= 32 || count + (uint32_t)(word >> 32) != 32)
		return false;
	if (shl->code == OP_i32x4_shr_u)
		count = 32 - count;
	rewind_to(c, left);
	c->acc[ACC_V128].mirror = -1;
	uint32_t pos = emit(c, IR_i32x4_rotl_SR, 0, word >> 16 & 0xffff, count, 0);
	push_acc(c, ENGINE_V128, pos, IR_i32x4_rotl_SR);
	return true;
}

/* The form that takes a shift of a slot and an exclusive or of its result; 0 for other handlers. */
static uint32_t shift_before_xor(uint64_t op)
{
	static const uint16_t rows[][2] = {
		{IR_i32_rotl_SCR, IR_i32_xor_rotl_SR}, {IR_i32_shl_SCR, IR_i32_xor_shl_SR}, {IR_i32_shr_u_SCR, IR_i32_xor_shr_u_SR}};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (op == rows[i][0])
			return rows[i][1];
	return 0;
}

/* An operand that the last instruction has left in the accumulator, and another in slot: one instruction for both if there
 * is one. ab is AB_RS or AB_SR. */
static bool fuse_operand(struct compiler *c, const struct insn *insn, uint32_t ab, uint32_t slot)
{
	if (!FUSION || c->last == NO_INSN || c->acc[acc_class(insn->arg)].pos != c->last)
		return false;
	if (insn->code == OP_v128_or)
		return fuse_rotation(c, slot);
	uint64_t op = c->code[c->last], word = c->code[c->last + 1];
	uint32_t f1 = word >> 16 & 0xffff, f2 = word >> 32 & 0xffff, f3 = slot, id;
	if (insn->code == OP_i32_add && op == IR_i32_shl_SCR) {
		id = IR_i32_shladd_SR;
		f3 = f2 & 31;
		f2 = slot;
	} else if (insn->code == OP_i32_add && op == IR_i32_shl_RCR) {
		id = IR_i32_shladd_RR;
		f3 = f2 & 31;
		f2 = slot;
	} else if (insn->code == OP_i32_xor && (id = shift_before_xor(op))) {
		f3 = f2 & 31;
		f2 = slot;
	} else if (op == IR_f64_mul_SSR && insn->code == OP_f64_mul) {
		id = IR_f64_mul3_R;
	} else if (op == IR_f64_mul_SSR && insn->code == OP_f64_add) {
		id = IR_f64_muladd_R;
	} else if (op == IR_f64_mul_SSR && insn->code == OP_f64_sub) {
		id = ab == AB_RS ? IR_f64_mulsub_R : IR_f64_submul_R;
	} else if (op == IR_f64_mul_RSR && insn->code == OP_f64_add) {
		id = IR_f64_rmuladd_R;
	} else if (op == IR_f64_mul_RSR && insn->code == OP_f64_sub) {
		id = ab == AB_RS ? IR_f64_rmulsub_R : IR_f64_rsubmul_R;
	} else {
		return fuse_load_operand(c, insn, ab, slot);
	}
	rewind_to(c, c->last);
	c->acc[acc_class(insn->arg)].mirror = -1;
	push_acc(c, insn->res, emit(c, id, 0, f1, f2, f3), id);
	return true;
}

/* The last instruction has shifted a slot or the accumulator left by a constant, and left the result in the accumulator. */
static bool is_shift(const struct compiler *c, uint32_t *ret_slot, uint32_t *ret_shift, bool *ret_acc)
{
	if (c->last == NO_INSN || c->acc[ACC_INT].pos != c->last)
		return false;
	uint64_t op = c->code[c->last], word = c->code[c->last + 1];
	*ret_acc = op == IR_i32_shl_RCR;
	if (!*ret_acc && op != IR_i32_shl_SCR)
		return false;
	*ret_slot = word >> 16 & 0xffff;
	*ret_shift = word >> 32 & 31;
	return true;
}

/* i32.add of popped operands with a constant among them: computed later, or in one instruction with what made the other. */
static bool add_sum(struct compiler *c, struct val *a, struct val *b)
{
	if (a->loc == LOC_CONST || (a->loc == LOC_SUM && b->loc != LOC_CONST)) {
		struct val v = *a;
		*a = *b;
		*b = v;
	}
	bool acc = false;
	uint32_t slot, shift = 0;
	if (b->loc == LOC_CONST) {
		if (a->loc == LOC_SUM || a->loc == LOC_LOCAL || (a->loc == LOC_HOME && a->home == next_home(c))) {
			uint64_t imm = a->loc == LOC_SUM ? a->imm + b->imm : b->imm;
			/* The sum of a home lies in the same place of the stack. */
			push_sum(c, a->loc == LOC_HOME ? a->home : a->slot, (uint32_t)imm);
			return true;
		}
		if (fuse_global_add(c, a, (uint32_t)b->imm))
			return true;
		if (a->loc != LOC_ACC || !is_shift(c, &slot, &shift, &acc))
			return false;
		rewind_to(c, c->last);
		c->acc[ACC_INT].mirror = -1;
		uint32_t id = acc ? IR_i32_shladdc_RR : IR_i32_shladdc_SR;
		uint32_t pos = emit32(c, id, 0, slot, (uint32_t)b->imm);
		emit_word(c, shift);
		push_acc(c, ENGINE_I32, pos, id);
		return true;
	}
	if (b->loc != LOC_SUM)
		return false;
	uint64_t imm = b->imm;
	if (a->loc == LOC_SUM) {
		slot = a->slot;
		imm += a->imm;
	} else if (a->loc == LOC_ACC && is_shift(c, &slot, &shift, &acc)) {
		rewind_to(c, c->last);
		c->acc[ACC_INT].mirror = -1;
	} else {
		acc = in_acc(c, a);
		slot = acc ? 0 : val_slot(a);
	}
	uint32_t id = acc ? IR_i32_shladd3_RR : IR_i32_shladd3_SR, pos = emit(c, id, 0, slot, b->slot, shift);
	emit_word(c, (uint32_t)imm);
	push_acc(c, ENGINE_I32, pos, id);
	return true;
}

/* An operand that has just been wrapped to 32 bits from a slot: who reads 32 bits needs no wrapping. */
static void unwrap(struct compiler *c, struct val *v)
{
	if (v->loc != LOC_ACC || c->last == NO_INSN || c->acc[ACC_INT].pos != c->last ||
	    c->code[c->last] != IR_i32_wrap_i64_SR)
		return;
	v->slot = (uint16_t)(c->code[c->last + 1] >> 16);
	v->loc = v->slot == v->home ? LOC_HOME : LOC_LOCAL;
	rewind_to(c, c->last);
	c->acc[ACC_INT].mirror = -1;
}

void compile_binary(struct compiler *c, const struct insn *insn)
{
	struct val b = pop_any(c, insn->arg), a = pop_any(c, insn->arg);
	if (c->dead) {
		push_dead(c, insn->res);
		return;
	}
	if (insn->code == OP_i32_sub && b.loc == LOC_CONST) { /* additions are what other fusions look for */
		insn = insn_find(OP_i32_add);
		b.imm = (uint32_t)-b.imm;
	}
	if (FUSION && insn->arg == ENGINE_I32) {
		unwrap(c, &b);
		unwrap(c, &a);
	}
	if (FUSION && insn->code == OP_i32_add && add_sum(c, &a, &b))
		return;
	uint32_t shifted = c->last;
	if (FUSION && insn->code == OP_i32_and && a.loc == LOC_ACC && b.loc == LOC_CONST && shifted != NO_INSN &&
	    c->acc[ACC_INT].pos == shifted &&
	    (c->code[shifted] == IR_i32_shr_u_SCR ||
	     c->code[shifted] == IR_i32_shr_u_RCR)) {
		uint32_t id = c->code[shifted] == IR_i32_shr_u_RCR ? IR_i32_shrand_RR : IR_i32_shrand_SR;
		uint64_t word = c->code[shifted + 1];
		rewind_to(c, shifted);
		c->acc[ACC_INT].mirror = -1;
		uint32_t pos = emit(c, id, 0, word >> 16 & 0xffff, word >> 32 & 31, 0);
		emit_word(c, b.imm);
		push_acc(c, ENGINE_I32, pos, id);
		return;
	}
	settle(c, &b, in_acc(c, &a)); /* what is there was made last: others wait for it */
	settle(c, &a, in_acc(c, &b));
	bool commutes = insn->cls != INSN_BIN && insn->cls != INSN_VBIN;
	if (a.loc == LOC_CONST && (b.loc == LOC_CONST || insn->cls == INSN_VBIN || !immediate(insn, &a)))
		to_home(c, &a);
	if (b.loc == LOC_CONST && !immediate(insn, &b))
		to_home(c, &b);
	bool a_acc = in_acc(c, &a), b_acc = in_acc(c, &b);
	if (commutes && (a.loc == LOC_CONST || (b_acc && !a_acc && b.loc != LOC_CONST && a.loc != LOC_CONST))) {
		struct val v = a;
		a = b;
		b = v;
		insn = mirrored(insn);
		a_acc = in_acc(c, &a);
		b_acc = in_acc(c, &b);
	}
	uint32_t ab, f1 = 0, upper = 0;
	uint64_t imm = a.loc == LOC_CONST ? a.imm : b.imm;
	bool has_imm = true;
	if (a.loc == LOC_CONST) {
		ab = b_acc ? AB_CR : AB_CS;
		f1 = b_acc ? 0 : val_slot(&b);
	} else if (b.loc == LOC_CONST) {
		ab = a_acc ? AB_RC : AB_SC;
		f1 = a_acc ? 0 : val_slot(&a);
	} else {
		has_imm = false;
		ab = a_acc ? AB_RS : b_acc ? AB_SR : AB_SS;
		if (ab == AB_RS && b.loc == LOC_ACC) { /* both are the same value */
			ab = AB_SR;
			if (commutes)
				to_home(c, &b), ab = AB_RS;
		}
		f1 = ab == AB_RS ? 0 : val_slot(&a);
		upper = ab == AB_SR ? 0 : val_slot(&b);
	}
	if ((ab == AB_RS && a.loc == LOC_ACC && fuse_operand(c, insn, ab, upper)) ||
	    (ab == AB_SR && b.loc == LOC_ACC && fuse_operand(c, insn, ab, f1)))
		return;
	if (has_imm)
		upper = insn->arg == ENGINE_F64 || insn->arg == ENGINE_V128 ? 0 : (uint32_t)imm;
	int32_t mirror = c->acc[ACC_INT].mirror;
	uint32_t pos = emit32(c, insn->ir + ab + 1, 0, f1, upper);
	if (has_imm && insn->arg == ENGINE_F64)
		emit_word(c, imm);
	else if (has_imm && insn->arg == ENGINE_V128)
		emit_v128(c, imm);
	push_acc(c, insn->res, pos, insn->ir + ab + 1);
	if (insn->cls == INSN_CMPI || insn->cls == INSN_CMPF) {
		c->cmp_pos = pos;
		c->cmp = insn;
		c->cmp_ab = ab;
		c->cmp_mirror = mirror;
	}
}

/* ---- branches ---- */

/* Something that is added to a slot: a constant, or another slot. */
struct step {
	uint32_t slot, by;
	bool constant;
};

/* The instruction at pos adds to a slot. */
static bool is_step(const struct compiler *c, uint32_t pos, engine_type_t type, struct step *ret)
{
	if (!FUSION || pos == NO_INSN)
		return false;
	uint32_t add = type == ENGINE_I64 ? IR_i64_add_SSS : IR_i32_add_SSS;
	uint64_t word = c->code[pos + 1];
	uint32_t a = word >> 16 & 0xffff, b = word >> 32 & 0xffff;
	ret->slot = word & 0xffff;
	ret->constant = c->code[pos] == add + AB_SC;
	ret->by = ret->constant ? (uint32_t)(word >> 32) : a == ret->slot ? b : a;
	return ret->constant ? a == ret->slot
			     : c->code[pos] == add && (a == ret->slot || b == ret->slot);
}

/* Replaces everything from pos on by the step and the branch in one. */
static uint32_t emit_step_branch(struct compiler *c, uint32_t pos, const struct insn *cmp, const struct step *step,
				 bool backward, bool constant, uint32_t b)
{
	rewind_to(c, pos);
	uint32_t base = cmp->arg == ENGINE_I64 ? IR_step_br_i64_eq_SS + 8u * (cmp->code - OP_i64_eq)
					       : IR_step_br_i32_eq_SS + 8u * (cmp->code - OP_i32_eq);
	emit(c, base + (backward ? 4u : 0u) + (step->constant ? 2u : 0u) + constant, step->slot, constant ? 0 : b, 0, 0);
	emit_word(c, (uint64_t)(constant ? b : 0) << 32 | step->by);
	c->acc[ACC_INT] = (struct acc){.val = -1, .mirror = (int32_t)step->slot};
	return pos + 1;
}

/* Behind an assignment: the last two instructions are sums, or a store and a step of the slot of its address. */
void fuse_assignment(struct compiler *c)
{
	static const uint16_t stores[][3] = {
		{OP_i32_store, IR_i32_store_step_SS, IR_i32_store_step_CS},
		{OP_i32_store8, IR_i32_store8_step_SS, IR_i32_store8_step_CS},
		{OP_i64_store, IR_i64_store_step_SS, IR_i64_store_step_CS},
		{OP_f64_store, IR_f64_store_step_SS, 0},
	};
	struct step step;
	uint32_t pos = c->prev;
	if (!FUSION || pos == NO_INSN || c->last == NO_INSN)
		return;
	uint64_t sum = IR_i32_add_SCS;
	if (c->code[pos] == sum && c->code[c->last] == sum) {
		uint64_t first = c->code[pos + 1], second = c->code[c->last + 1];
		rewind_to(c, pos);
		emit32(c, IR_i32_add2, first & 0xffff, first >> 16 & 0xffff, (uint32_t)second);
		emit_word(c, second >> 32 << 32 | first >> 32);
		return;
	}
	if (!is_step(c, c->last, ENGINE_I32, &step) ||
	    (c->code[pos + 1] >> 16 & 0xffff) != step.slot)
		return;
	for (unsigned i = 0; i < sizeof(stores) / sizeof(*stores); i++) {
		uint32_t ir = insn_find(stores[i][0])->ir, id;
		uint64_t op = c->code[pos], word = c->code[pos + 1], value = c->code[pos + 2];
		bool constant = stores[i][2] && op == ir + STORE_SC;
		if (constant)
			id = stores[i][2];
		else if (op == ir + STORE_SS)
			id = stores[i][1];
		else if (op == ir + STORE_SR)
			id = stores[i][1] + 2u;
		else
			continue;
		if (!step.constant && step.by == step.slot)
			return;
		rewind_to(c, pos);
		emit(c, id + step.constant, word & 0xffff, step.slot, step.constant ? 0 : step.by, 0);
		emit_word(c, (uint64_t)(step.constant ? step.by : 0) << 32 | word >> 32);
		if (constant)
			emit_word(c, value);
		return;
	}
}

/* The last instruction has made the condition, which nobody else needs or which has a slot, too. Returns NO_INSN if there
 * is no fused form. */
static uint32_t fuse_condition(struct compiler *c, bool sense, bool backward)
{
	uint32_t pos = c->last;
	if (!FUSION || pos == NO_INSN)
		return NO_INSN;
	uint64_t op = c->code[pos], word = c->code[pos + 1];
	uint32_t f0 = word & 0xffff, f1 = word >> 16 & 0xffff, variant = (sense ? 2u : 0u) + backward;
	bool from_acc = op == IR_i32_and_RCR;
	if (from_acc || op == IR_i32_and_SCR) {
		rewind_to(c, pos);
		c->acc[ACC_INT] = (struct acc){.val = -1, .mirror = -1};
		emit(c, IR_and_br_unless_S + 2 * variant + from_acc, f1, 0, 0, 0);
		emit_word(c, word >> 32);
		return pos + 1;
	}
	static const uint16_t loads[][2] = {{OP_i32_load, IR_i32_load_br_unless_SS}, {OP_i32_load8_u, IR_i32_load8_u_br_unless_SS}};
	for (unsigned i = 0; i < 2; i++) {
		uint32_t ir = insn_find(loads[i][0])->ir;
		for (uint32_t form = 0; form < 4; form++) {
			if (op != ir + form)
				continue;
			int32_t mirror = c->acc[ACC_INT].mirror;
			rewind_to(c, pos);
			c->acc[ACC_INT] = (struct acc){.val = -1, .mirror = mirror};
			emit(c, loads[i][1] + 4 * variant + form, f0, f1, 0, 0);
			emit_word(c, word >> 32);
			return pos + 1;
		}
	}
	return NO_INSN;
}

static uint32_t emit_fused_branch(struct compiler *c, bool sense, bool backward)
{
	const struct insn *cmp = c->cmp;
	uint32_t pos = c->cmp_pos;
	struct step step;
	uint64_t operands = c->code[pos + 1], imm = cmp->arg == ENGINE_F64 ? c->code[pos + 2] : 0;
	uint32_t f1 = operands >> 16 & 0xffff, f2 = operands >> 32 & 0xffff, id;
	bool has_imm = c->cmp_ab == AB_SC || c->cmp_ab == AB_RC;
	if (cmp->cls == INSN_CMPI && !sense)
		cmp = inverse(cmp);
	if (cmp->cls == INSN_CMPI && (c->cmp_ab == AB_RS || c->cmp_ab == AB_RC) && c->last == pos &&
	    is_step(c, c->prev, cmp->arg, &step))
		return emit_step_branch(c, c->prev, cmp, &step, backward, has_imm, (uint32_t)(operands >> 32));
	uint32_t form = c->cmp_ab == AB_SS ? 0 : c->cmp_ab == AB_SC ? 1 : c->cmp_ab == AB_RS ? 2 : 3;
	if (cmp->cls == INSN_CMPF && !sense)
		id = cmp->ir + (backward ? CMP_BRN_LOOP : CMP_BRN) + form;
	else
		id = cmp->ir + (backward ? CMP_BR_LOOP : CMP_BR) + form;
	rewind_to(c, pos); /* over the comparison, which nobody has seen */
	c->acc[ACC_INT] = (struct acc){.val = -1, .mirror = c->cmp_mirror};
	emit(c, id, f1, has_imm ? 0 : f2, 0, 0);
	if (has_imm) {
		int64_t upper = (int32_t)(operands >> 32);
		emit_word(c, cmp->arg == ENGINE_F64   ? imm
			     : cmp->arg == ENGINE_I64 ? (uint64_t)upper
						      : (uint32_t)upper);
	}
	return pos + 1;
}

uint32_t emit_branch_on(struct compiler *c, struct val *cond, bool sense, bool backward)
{
	static const uint16_t ids[2][2][2][2] = {/* [64 bits][sense][backward][accumulator] */
		{{{IR_br_unless_S, IR_br_unless_R}, {IR_br_unless_loop_S, IR_br_unless_loop_R}},
		 {{IR_br_if_S, IR_br_if_R}, {IR_br_if_loop_S, IR_br_if_loop_R}}},
		{{{IR_br_unless64_S, IR_br_unless64_R}, {IR_br_unless64_loop_S, IR_br_unless64_loop_R}},
		 {{IR_br_if64_S, IR_br_if64_R}, {IR_br_if64_loop_S, IR_br_if64_loop_R}}}};
	bool wide = false, acc = in_acc(c, cond);
	uint32_t slot = acc ? 0 : to_slot(c, cond);
	if (FUSION && cond->loc == LOC_ACC && c->cmp_pos == c->last && c->acc[ACC_INT].pos == c->last) {
		if (c->cmp->cls != INSN_UN)
			return emit_fused_branch(c, sense, backward);
		/* eqz: the other sense of its operand */
		sense = !sense;
		wide = c->cmp->arg == ENGINE_I64;
		acc = c->cmp_ab == AB_RS;
		slot = c->code[c->cmp_pos + 1] >> 16 & 0xffff;
		rewind_to(c, c->cmp_pos);
		c->acc[ACC_INT] = (struct acc){.val = -1, .mirror = c->cmp_mirror};
	}
	struct step step;
	if (!wide && cond->loc != LOC_ACC && acc && is_step(c, c->last, ENGINE_I32, &step))
		return emit_step_branch(c, c->last, insn_find(sense ? OP_i32_ne : OP_i32_eq), &step, backward, true, 0);
	uint32_t fused = acc && !wide ? fuse_condition(c, sense, backward) : NO_INSN;
	if (fused != NO_INSN)
		return fused;
	return emit(c, ids[wide][sense][backward][acc], slot, 0, 0, 0) + 1;
}

/* ---- memory ---- */

struct memarg read_memarg(struct compiler *c, const struct insn *insn)
{
	struct memarg m = {0};
	const uint8_t *at = c->r.p;
	uint32_t align = reader_u32(&c->r), index = 0;
	if (align & 0x40) {
		index = reader_u32(&c->r);
		align &= ~0x40u;
	}
	if (align >= 0x40)
		reader_fail(&c->r, at, ENGINE_MALFORMED, "malformed memop flags");
	const uint8_t *offset_at = c->r.p;
	m.offset = reader_u64(&c->r);
	if (index >= c->module->n_memories)
		fail(c, ENGINE_INVALID, "unknown memory %u", index);
	m.address = index_type(&c->module->memories[index]);
	if (m.offset > UINT32_MAX && m.address == ENGINE_I32)
		reader_fail(&c->r, offset_at, ENGINE_INVALID, "offset out of range");
	m.align = align;
	if (align > insn->log2_bytes)
		fail(c, ENGINE_INVALID, "alignment must not be larger than natural");
	if (c->instance) {
		m.memory = c->instance->memories[index];
		m.general = index != 0 || !m.memory->guarded;
	}
	return m;
}

/* Takes the addition, and a shift before it, that made the address into the load. */
static bool fuse_address(struct compiler *c, const struct insn *insn, uint64_t offset)
{
	struct acc *acc = &c->acc[ACC_INT];
	uint32_t pos = acc->pos, form;
	if (!FUSION || pos != c->last)
		return false;
	if ((acc->id == IR_i32_shladd3_SR || acc->id == IR_i32_shladd3_RR) && offset <= UINT16_MAX &&
	    c->code[pos + 1] >> 48 == insn->log2_bytes) {
		uint64_t operands = c->code[pos + 1], constant = c->code[pos + 2];
		uint32_t id = insn->ir + LOAD_Z + (acc->id == IR_i32_shladd3_RR ? 3u : 1u);
		rewind_to(c, pos);
		acc->mirror = -1;
		pos = emit(c, id, 0, operands >> 16 & 0xffff, operands >> 32 & 0xffff, (uint32_t)offset);
		emit_word(c, constant);
		push_acc(c, insn->res, pos, id);
		return true;
	}
	if ((acc->id == IR_i32_shladdc_SR || acc->id == IR_i32_shladdc_RR) && c->code[pos + 2] == insn->log2_bytes) {
		uint64_t operands = c->code[pos + 1];
		uint32_t id = insn->ir + LOAD_Y + (acc->id == IR_i32_shladdc_RR ? AB_RC : AB_SC) + 1;
		rewind_to(c, pos);
		acc->mirror = -1;
		pos = emit32(c, id, 0, operands >> 16 & 0xffff, (uint32_t)(operands >> 32));
		emit_word(c, offset);
		push_acc(c, insn->res, pos, id);
		return true;
	}
	if ((acc->id == IR_i32_shladd_SR || acc->id == IR_i32_shladd_RR) && offset <= UINT16_MAX &&
	    c->code[pos + 1] >> 48 == insn->log2_bytes) {
		uint64_t operands = c->code[pos + 1];
		uint32_t id = insn->ir + LOAD_Y + (acc->id == IR_i32_shladd_RR ? AB_RS : AB_SS) + 1;
		rewind_to(c, pos);
		acc->mirror = -1;
		push_acc(c, insn->res, emit(c, id, 0, operands >> 16 & 0xffff, operands >> 32 & 0xffff, (uint32_t)offset), id);
		return true;
	}
	if (acc->id < IR_i32_add_SSR || acc->id > IR_i32_add_RCR)
		return false;
	uint64_t word = c->code[pos + 1];
	uint32_t ab = acc->id - IR_i32_add_SSR, f1 = word >> 16 & 0xffff, upper = (uint32_t)(word >> 32);
	bool constant = ab == AB_SC || ab == AB_RC;
	if (!constant && offset > UINT16_MAX)
		return false;
	if (!constant)
		upper |= (uint32_t)offset << 16;
	form = LOAD_X + ab;
	if (ab >= AB_RS && c->prev != NO_INSN) {
		bool from_slot = c->code[c->prev] == IR_i32_shl_SCR;
		uint64_t shift = c->code[c->prev + 1];
		if ((from_slot || c->code[c->prev] == IR_i32_shl_RCR) &&
		    shift >> 32 == insn->log2_bytes) {
			pos = c->prev;
			f1 = from_slot ? shift >> 16 & 0xffff : 0;
			form = LOAD_Y + (from_slot ? ab - AB_RS : ab);
		}
	}
	rewind_to(c, pos);
	acc->mirror = -1;
	uint32_t id = insn->ir + form + 1;
	pos = emit32(c, id, 0, f1, upper);
	if (constant)
		emit_word(c, offset);
	push_acc(c, insn->res, pos, id);
	return true;
}

/* The address is a local that the last instruction has set to a sum with a constant. */
static bool fuse_stepped(struct compiler *c, const struct insn *insn, const struct val *a, uint64_t offset)
{
	uint32_t pos = c->last;
	if (!FUSION || pos == NO_INSN || c->code[pos] != IR_i32_add_SCS ||
	    (c->code[pos + 1] & 0xffff) != a->slot || c->acc[ACC_INT].mirror != a->slot)
		return false;
	uint64_t word = c->code[pos + 1];
	rewind_to(c, pos);
	pos = emit(c, insn->ir + LOAD_U + 1, 0, a->slot, word >> 16 & 0xffff, 0);
	emit_word(c, word >> 32 << 32 | offset);
	push_acc(c, insn->res, pos, insn->ir + LOAD_U + 1u);
	return true;
}

void compile_load(struct compiler *c, const struct insn *insn)
{
	struct memarg m = read_memarg(c, insn);
	struct val a = pop_any(c, m.address);
	if (c->dead) {
		push_dead(c, insn->res);
		return;
	}
	if (!m.general && a.loc == LOC_SUM) {
		bool mirrored = c->acc[ACC_INT].mirror == (int32_t)a.slot;
		uint32_t id = insn->ir + LOAD_X + (mirrored ? AB_RC : AB_SC) + 1;
		uint32_t pos = emit32(c, id, 0, mirrored ? 0 : a.slot, (uint32_t)a.imm);
		emit_word(c, m.offset);
		push_acc(c, insn->res, pos, id);
		return;
	}
	settle(c, &a, false);
	if (!m.general && a.loc == LOC_LOCAL && fuse_stepped(c, insn, &a, m.offset))
		return;
	if (!m.general && a.loc == LOC_CONST && a.imm + m.offset <= UINT32_MAX) {
		push_result(c, insn->res, insn->ir + LOAD_C, 0, (uint32_t)(a.imm + m.offset));
		return;
	}
	if (!m.general && a.loc == LOC_ACC && (fuse_address(c, insn, m.offset) || fuse_pointer(c, insn, &a, m.offset)))
		return;
	bool acc = in_acc(c, &a);
	uint32_t slot = acc ? 0 : to_slot(c, &a);
	uint32_t form = acc ? LOAD_R : LOAD_S;
	if (!m.general) {
		push_result(c, insn->res, insn->ir + form, slot, (uint32_t)m.offset);
		return;
	}
	uint32_t id = insn->ir + LOAD_GENERAL + form + 1, pos = emit(c, id, 0, slot, 0, 0);
	emit_word(c, m.offset);
	emit_word(c, (uint64_t)m.memory);
	push_acc(c, insn->res, pos, id);
}

void compile_store(struct compiler *c, const struct insn *insn)
{
	struct memarg m = read_memarg(c, insn);
	struct val v = pop_any(c, insn->arg), a = pop_any(c, m.address);
	if (c->dead)
		return;
	settle(c, &v, a.loc == LOC_ACC);
	bool integer = insn->cls == INSN_STOREI;
	uint64_t offset = m.offset;
	if (a.loc == LOC_SUM && !m.general) {
		bool constant = integer && v.loc == LOC_CONST;
		if (!constant && v.loc == LOC_CONST)
			to_home(c, &v);
		bool acc = !constant && in_acc(c, &v);
		uint32_t form = (integer ? STOREI_X : STOREF_X) + (constant ? 2u : acc ? 1u : 0u);
		emit32(c, insn->ir + form, constant || acc ? 0 : val_slot(&v), a.slot, (uint32_t)a.imm);
		emit_word(c, offset);
		if (constant)
			emit_word(c, v.imm);
		return;
	}
	settle(c, &a, in_acc(c, &v));
	bool absolute = !m.general && a.loc == LOC_CONST && a.imm + offset <= UINT32_MAX;
	if (absolute)
		offset += a.imm;
	else if (a.loc == LOC_CONST)
		to_home(c, &a);
	bool constant = integer && !m.general && v.loc == LOC_CONST;
	if (!constant && v.loc == LOC_CONST)
		to_home(c, &v);
	bool a_acc = !absolute && in_acc(c, &a), v_acc = !constant && in_acc(c, &v);
	if (integer && a_acc && v_acc) { /* the same value twice: one of them has a slot */
		if (v.loc == LOC_ACC)
			a_acc = false;
		else
			v_acc = false;
	}
	if (!m.general && !absolute && v_acc && (a_acc ? fuse_add_float(c, insn, offset) : fuse_modify(c, insn, &v, val_slot(&a), offset)))
		return;
	uint32_t form;
	if (absolute)
		form = constant ? STORE_CC : v_acc ? STORE_CR : STORE_CS;
	else if (a_acc)
		form = constant ? STORE_RC : v_acc ? STORE_RR : STORE_RS;
	else
		form = constant ? STORE_SC : v_acc ? STORE_SR : STORE_SS;
	uint32_t f0 = v_acc || constant ? 0 : val_slot(&v), f1 = a_acc || absolute ? 0 : val_slot(&a);
	if (!m.general) {
		emit32(c, insn->ir + form, f0, f1, (uint32_t)offset);
		if (constant)
			emit_word(c, v.imm);
		return;
	}
	emit(c, insn->ir + (form == STORE_RR ? STORE_GENERAL_RR : STORE_GENERAL + form), f0, f1, 0, 0);
	emit_word(c, offset);
	emit_word(c, (uint64_t)m.memory);
}
