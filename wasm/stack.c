/* The compiler's picture of the operand stack. */
#include <stdlib.h>

#include "compile.h"

/* A local that is read early and consumed late would have to be searched for when it is written. No operand deeper than
 * this is LOC_LOCAL, so that the search is short however deep the stack. */
enum { LOCAL_DEPTH = 64 };

static bool refers(const struct val *v)
{
	return v->loc == LOC_LOCAL || v->loc == LOC_SUM;
}

uint32_t next_home(const struct compiler *c)
{
	if (!c->n_vals)
		return c->first_operand;
	const struct val *v = &c->vals[c->n_vals - 1];
	return v->home + type_slots(v->type);
}

void push_val(struct compiler *c, struct val v)
{
	uint32_t home = next_home(c);
	if (home >= MAX_FRAME_SLOTS)
		fail(c, ENGINE_LIMIT, "frame too large: more than %u locals and operands", MAX_FRAME_SLOTS);
	if (c->n_vals == c->room_vals) {
		uint32_t room = c->room_vals ? c->room_vals * 2 : 256;
		struct val *vals = realloc(c->vals, room * sizeof(*vals));
		if (!vals)
			fail(c, ENGINE_NOMEM, "out of memory");
		c->vals = vals;
		c->room_vals = room;
	}
	v.home = (uint16_t)home;
	c->vals[c->n_vals++] = v;
	if (c->n_vals > LOCAL_DEPTH && refers(&c->vals[c->n_vals - LOCAL_DEPTH]))
		home_val(c, c->n_vals - LOCAL_DEPTH);
}

void push_const(struct compiler *c, engine_type_t type, uint64_t imm)
{
	push_val(c, (struct val){.type = type, .loc = LOC_CONST, .imm = imm});
}

void push_home(struct compiler *c, engine_type_t type)
{
	push_val(c, (struct val){.type = type, .loc = LOC_HOME});
}

void push_local(struct compiler *c, engine_type_t type, uint32_t local)
{
	if (c->dead) {
		push_const(c, type, 0);
		return;
	}
	uint32_t slot = local_slot(c, local);
	c->local_refs[slot]++;
	push_val(c, (struct val){.type = type, .loc = LOC_LOCAL, .slot = (uint16_t)slot});
}

/* A value begins (or ends) to refer to a local, if its slot is one. */
static void refer(struct compiler *c, uint32_t slot, int change)
{
	if (slot < c->first_operand)
		c->local_refs[slot] += (uint16_t)change;
}

void push_sum(struct compiler *c, uint32_t slot, uint32_t imm)
{
	refer(c, slot, 1);
	push_val(c, (struct val){.type = ENGINE_I32, .loc = LOC_SUM, .slot = (uint16_t)slot, .imm = imm});
}

/* The operand that is only in the accumulator goes home: its producer writes a slot, too. */
static void spill(struct compiler *c, enum acc_class cls)
{
	struct acc *acc = &c->acc[cls];
	if (acc->val >= 0)
		home_val(c, (uint32_t)acc->val);
}

void push_acc(struct compiler *c, engine_type_t type, uint32_t pos, uint32_t id)
{
	enum acc_class cls = acc_class(type);
	spill(c, cls);
	push_val(c, (struct val){.type = type, .loc = LOC_ACC});
	c->acc[cls] = (struct acc){.val = c->n_vals - 1, .mirror = -1, .pos = pos, .id = (uint16_t)id};
}

static void release(struct compiler *c, const struct val *v)
{
	if (refers(v))
		refer(c, v->slot, -1);
}

struct val pop_any(struct compiler *c, engine_type_t type)
{
	const struct ctrl *ctrl = top_ctrl(c);
	if (c->n_vals == ctrl->height) {
		if (!ctrl->unreachable)
			fail(c, ENGINE_INVALID, "type mismatch: %s expected, the stack is empty", type_text(c->module, type).s);
		return (struct val){.type = type, .loc = LOC_CONST, .home = (uint16_t)next_home(c)};
	}
	struct val v = c->vals[c->n_vals - 1];
	if (type != TYPE_ANY && !type_matches(v.type, type))
		fail(c, ENGINE_INVALID, "type mismatch: %s expected, but got %s", type_text(c->module, type).s, type_text(c->module, v.type).s);
	c->n_vals--;
	release(c, &v);
	if (v.loc == LOC_ACC)
		c->acc[acc_class(v.type)].val = -1;
	return v;
}

void settle(struct compiler *c, struct val *v, bool keep)
{
	if (v->loc != LOC_SUM)
		return;
	struct acc *acc = &c->acc[ACC_INT];
	if (keep || acc->val >= 0) {
		to_home(c, v);
		return;
	}
	bool mirrored = acc->mirror == (int32_t)v->slot;
	uint32_t id = mirrored ? IR_i32_add_RCR : IR_i32_add_SCR;
	uint32_t pos = emit32(c, id, 0, mirrored ? 0 : v->slot, (uint32_t)v->imm);
	*acc = (struct acc){.val = -1, .mirror = -1, .pos = pos, .id = (uint16_t)id};
	v->loc = LOC_ACC;
}

struct val pop_val(struct compiler *c, engine_type_t type)
{
	struct val v = pop_any(c, type);
	settle(c, &v, false);
	return v;
}

void truncate_vals(struct compiler *c, uint32_t n)
{
	while (c->n_vals > n) {
		const struct val *v = &c->vals[--c->n_vals];
		release(c, v);
		if (v->loc == LOC_ACC)
			c->acc[acc_class(v->type)].val = -1;
	}
}

uint32_t match_top(struct compiler *c, const engine_type_t *types, uint32_t n)
{
	const struct ctrl *ctrl = top_ctrl(c);
	uint32_t have = c->n_vals - ctrl->height;
	if (have > n)
		have = n;
	if (have < n && !ctrl->unreachable)
		fail(c, ENGINE_INVALID, "type mismatch: %u operands expected, the stack has %u", n, have);
	for (uint32_t i = 0; i < have; i++) {
		const struct val *v = &c->vals[c->n_vals - 1 - i];
		engine_type_t type = types[n - 1 - i];
		if (!type_matches(v->type, type))
			fail(c, ENGINE_INVALID, "type mismatch: %s expected, but got %s", type_text(c->module, type).s,
			     type_text(c->module, v->type).s);
	}
	return have;
}

void check_top(struct compiler *c, const engine_type_t *types, uint32_t n)
{
	const struct ctrl *ctrl = top_ctrl(c);
	uint32_t have = match_top(c, types, n);
	for (uint32_t i = 0; i < have; i++)
		c->vals[c->n_vals - 1 - i].type = types[n - 1 - i];
	if (have < n) { /* unreachable: nothing on the stack has a meaning */
		truncate_vals(c, ctrl->height);
		for (uint32_t i = 0; i < n; i++)
			push_const(c, types[i], 0);
	}
}

bool in_acc(const struct compiler *c, const struct val *v)
{
	if (v->loc == LOC_ACC)
		return true;
	return v->loc != LOC_CONST && v->loc != LOC_SUM && c->acc[acc_class(v->type)].mirror == (int32_t)val_slot(v);
}

/* The producer of what is in the accumulator writes it to a slot, too. */
static void patch_producer(struct compiler *c, engine_type_t type, uint32_t slot)
{
	struct acc *acc = &c->acc[acc_class(type)];
	wrote_value(c, type, slot);
	c->code[acc->pos] = acc->id - 1;
	c->code[acc->pos + 1] |= slot;
	acc->mirror = (int32_t)slot;
}

void to_home(struct compiler *c, struct val *v)
{
	switch ((enum loc)v->loc) {
	case LOC_HOME:
		return;
	case LOC_LOCAL:
		emit_copy(c, v->type, v->home, v->slot);
		break;
	case LOC_CONST:
		if (!c->dead)
			emit_const(c, v->type, v->home, v->imm);
		break;
	case LOC_ACC:
		patch_producer(c, v->type, v->home);
		break;
	case LOC_SUM:
		emit_lea(c, v->home, v->slot, (uint32_t)v->imm);
		break;
	}
	v->loc = LOC_HOME;
}

uint32_t to_slot(struct compiler *c, struct val *v)
{
	if (v->loc != LOC_LOCAL)
		to_home(c, v);
	return val_slot(v);
}

void home_val(struct compiler *c, uint32_t i)
{
	struct val *v = &c->vals[i];
	release(c, v);
	if (v->loc == LOC_ACC)
		c->acc[acc_class(v->type)].val = -1;
	to_home(c, v);
}

void home_top(struct compiler *c, uint32_t n)
{
	for (uint32_t i = c->n_vals - n; i < c->n_vals; i++)
		home_val(c, i);
}

void flush(struct compiler *c)
{
	if (c->dead)
		return;
	for (uint32_t i = top_ctrl(c)->height; i < c->n_vals; i++)
		if (c->vals[i].loc != LOC_CONST)
			home_val(c, i);
}

void forget(struct compiler *c)
{
	for (int i = 0; i < ACC_CLASSES; i++) {
		if (!c->dead)
			spill(c, (enum acc_class)i);
		c->acc[i] = (struct acc){.val = -1, .mirror = -1};
	}
	c->last = NO_INSN;
}

void clobber_all(struct compiler *c)
{
	for (int i = 0; i < ACC_CLASSES; i++) {
		spill(c, (enum acc_class)i);
		c->acc[i].mirror = -1;
	}
}

void set_local(struct compiler *c, uint32_t local, struct val v)
{
	uint32_t slot = local_slot(c, local);
	struct acc *acc = &c->acc[acc_class(c->locals[local])];
	/* Operands that still mean the old value. */
	bool saved = false;
	for (uint32_t i = c->n_vals; c->local_refs[slot] && i > 0;)
		if (refers(&c->vals[--i]) && c->vals[i].slot == slot) {
			home_val(c, i);
			saved = true;
		}
	switch ((enum loc)v.loc) {
	case LOC_ACC:
		if (!saved && acc->pos == c->last) {
			patch_producer(c, v.type, slot);
		} else {
			emit_set(c, v.type, slot);
			acc->mirror = (int32_t)slot;
		}
		return;
	case LOC_CONST:
		emit_const(c, v.type, slot, v.imm);
		return;
	case LOC_SUM:
		if (acc->val >= 0) {
			emit_lea(c, slot, v.slot, (uint32_t)v.imm);
			return;
		}
		/* A step of a counter does not read the accumulator: other fusions look for it. */
		bool mirrored = acc->mirror == (int32_t)v.slot && v.slot != slot;
		wrote_slot(c, slot);
		emit32(c, mirrored ? IR_i32_add_RCS : IR_i32_add_SCS, slot, mirrored ? 0 : v.slot, (uint32_t)v.imm);
		acc->mirror = (int32_t)slot;
		return;
	case LOC_HOME:
		/* A call has just made it: it may go to the local at once. */
		if (!saved && c->last != NO_INSN && c->pos == c->result_pos + 1 && c->code[c->result_pos] == v.home) {
			wrote_value(c, v.type, slot);
			c->code[c->result_pos] = slot;
			acc->mirror = (int32_t)slot;
			return;
		}
		/* fallthrough */
	case LOC_LOCAL:
		if (val_slot(&v) == slot)
			return;
		emit_copy(c, v.type, slot, val_slot(&v));
		return;
	}
}
