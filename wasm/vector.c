/* SIMD instructions that differ from all scalar ones: three operands, operands of different classes, lane numbers. */
#include "compile.h"

static uint32_t read_lane(struct compiler *c, const struct insn *insn)
{
	uint32_t lane = reader_byte(&c->r);
	if (lane >= 16u >> insn->log2_bytes)
		fail(c, ENGINE_INVALID, "invalid lane index %u", lane);
	return lane;
}

/* Only one of several popped vectors is in the accumulator, and only if its place in it is asked for: the others go to
 * slots. Returns the slot; 0 for the one that stays. */
static uint32_t place(struct compiler *c, struct val *v, bool stays)
{
	return stays ? 0 : to_slot(c, v);
}

static void compile_ternary(struct compiler *c, const struct insn *insn)
{
	struct val v[3];
	for (int i = 2; i >= 0; i--)
		v[i] = pop_val(c, ENGINE_V128);
	if (c->dead) {
		push_const(c, ENGINE_V128, 0);
		return;
	}
	int acc = -1;
	for (int i = 0; i < 3; i++)
		if (acc < 0 ? in_acc(c, &v[i]) : v[i].loc == LOC_ACC)
			acc = i;
	uint32_t slots[3];
	for (int i = 0; i < 3; i++)
		slots[i] = place(c, &v[i], i == acc);
	uint32_t id = insn->ir + VTERN_R * (uint32_t)(acc + 1) + 1;
	push_acc(c, ENGINE_V128, emit(c, id, 0, slots[0], slots[1], slots[2]), id);
}

static void compile_shift(struct compiler *c, const struct insn *insn)
{
	struct val b = pop_val(c, ENGINE_I32), a = pop_val(c, ENGINE_V128);
	if (c->dead) {
		push_const(c, ENGINE_V128, 0);
		return;
	}
	bool acc = in_acc(c, &a), constant = b.loc == LOC_CONST;
	uint32_t slot_a = place(c, &a, acc), upper = constant ? (uint32_t)b.imm : to_slot(c, &b);
	uint32_t id = insn->ir + (acc ? AB_RS : AB_SS) + (constant ? AB_SC : 0) + 1;
	push_acc(c, ENGINE_V128, emit32(c, id, 0, slot_a, upper), id);
}

static void compile_shuffle(struct compiler *c, const struct insn *insn)
{
	const uint8_t *lanes = reader_bytes(&c->r, 16);
	for (int i = 0; i < 16; i++)
		if (lanes[i] >= 32)
			fail(c, ENGINE_INVALID, "invalid lane index %u", lanes[i]);
	struct val b = pop_val(c, ENGINE_V128), a = pop_val(c, ENGINE_V128);
	if (c->dead) {
		push_const(c, ENGINE_V128, 0);
		return;
	}
	bool b_acc = b.loc == LOC_ACC, a_acc = !b_acc && in_acc(c, &a);
	uint32_t slot_a = place(c, &a, a_acc), slot_b = place(c, &b, b_acc);
	uint32_t id = insn->ir + (a_acc ? VSHUFFLE_RS : b_acc ? VSHUFFLE_SR : 0u) + 1, pos = emit(c, id, 0, slot_a, slot_b, 0);
	emit_v128(c, (uint64_t)lanes);
	push_acc(c, ENGINE_V128, pos, id);
}

static void compile_extract(struct compiler *c, const struct insn *insn)
{
	uint32_t lane = read_lane(c, insn);
	struct val a = pop_val(c, ENGINE_V128);
	if (c->dead) {
		push_const(c, insn->res, 0);
		return;
	}
	uint32_t slot = to_slot(c, &a), id = insn->ir + 1u;
	push_acc(c, insn->res, emit(c, id, 0, slot, 0, lane), id);
}

static void compile_replace(struct compiler *c, const struct insn *insn)
{
	uint32_t lane = read_lane(c, insn);
	struct val b = pop_val(c, insn->arg), a = pop_val(c, ENGINE_V128);
	if (c->dead) {
		push_const(c, ENGINE_V128, 0);
		return;
	}
	bool a_acc = in_acc(c, &a), b_acc = in_acc(c, &b);
	uint32_t slot_a = place(c, &a, a_acc), slot_b = place(c, &b, b_acc);
	uint32_t id = insn->ir + (a_acc ? VREPLACE_RS : 0u) + (b_acc ? VREPLACE_SR : 0u) + 1;
	push_acc(c, ENGINE_V128, emit(c, id, 0, slot_a, slot_b, lane), id);
}

static void compile_lane_access(struct compiler *c, const struct insn *insn)
{
	bool load = insn->cls == INSN_LANELOAD;
	struct memarg m = read_memarg(c, insn);
	uint32_t lane = read_lane(c, insn);
	struct val v = pop_val(c, ENGINE_V128), a = pop_val(c, m.address);
	if (c->dead) {
		if (load)
			push_const(c, ENGINE_V128, 0);
		return;
	}
	uint32_t general = load ? LANELOAD_GENERAL : LANESTORE_GENERAL;
	uint32_t id = insn->ir + (m.general ? general : 0) + (load ? 1 : 0);
	uint32_t slot_v = to_slot(c, &v), slot_a = to_slot(c, &a), pos = emit(c, id, 0, slot_a, slot_v, lane);
	emit_word(c, m.offset);
	if (m.general)
		emit_word(c, (uint64_t)m.memory);
	if (load)
		push_acc(c, ENGINE_V128, pos, id);
}

void compile_vector(struct compiler *c, const struct insn *insn)
{
	switch ((enum insn_class)insn->cls) {
	case INSN_VTERN:
		compile_ternary(c, insn);
		break;
	case INSN_VSHIFT:
		compile_shift(c, insn);
		break;
	case INSN_VSHUFFLE:
		compile_shuffle(c, insn);
		break;
	case INSN_VEXTRACT:
		compile_extract(c, insn);
		break;
	case INSN_VREPLACE:
		compile_replace(c, insn);
		break;
	default:
		compile_lane_access(c, insn);
		break;
	}
}
