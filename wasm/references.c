/* Instructions on references: null, equality, functions, casts, i31, and the branches among them. */
#include "compile.h"
#include "ref.h"

/* The topmost operand, which must be a reference. In unreachable code there is one if it is needed. */
static struct val *top_ref(struct compiler *c)
{
	const struct ctrl *ctrl = top_ctrl(c);
	if (c->n_vals == ctrl->height) {
		if (!ctrl->unreachable)
			fail(c, ENGINE_INVALID, "type mismatch: reference expected, the stack is empty");
		push_const(c, TYPE_BOTREF, 0);
	}
	struct val *v = &c->vals[c->n_vals - 1];
	if (v->type == TYPE_ANY)
		v->type = TYPE_BOTREF;
	if (!type_is_ref(v->type))
		fail(c, ENGINE_INVALID, "type mismatch: reference expected, but got %s", type_text(c->module, v->type).s);
	return v;
}

static struct val *top_ref_of(struct compiler *c, engine_type_t type)
{
	struct val *v = top_ref(c);
	if (!type_matches(v->type, type))
		fail(c, ENGINE_INVALID, "type mismatch: %s expected, but got %s", type_text(c->module, type).s,
		     type_text(c->module, v->type).s);
	return v;
}

/* The slot of the topmost operand, which stays what it is. */
static uint32_t top_slot(struct compiler *c)
{
	struct val *v = &c->vals[c->n_vals - 1];
	if (v->loc != LOC_LOCAL)
		home_val(c, c->n_vals - 1);
	return val_slot(v);
}

/* ---- null and functions ---- */

static void compile_ref_func(struct compiler *c)
{
	uint32_t index = reader_u32(&c->r);
	if (index >= c->module->n_funcs)
		fail(c, ENGINE_INVALID, "unknown function %u", index);
	if (!module_is_declared(c->module, index))
		fail(c, ENGINE_INVALID, "undeclared function reference");
	engine_type_t type = c->module->types[c->module->func_types[index]]->refs[1];
	push_const(c, type, c->dead ? 0 : (uint64_t)instance_func(c->instance, index));
}

static void compile_as_non_null(struct compiler *c)
{
	struct val *v = top_ref(c);
	if (!c->dead) {
		bool acc = in_acc(c, v);
		uint32_t slot = acc ? 0 : top_slot(c);
		emit(c, acc ? IR_ref_as_non_null_R : IR_ref_as_non_null_S, 0, slot, 0, 0);
	}
	c->vals[c->n_vals - 1].type |= ENGINE_NON_NULL;
}

/* For the machine references are integers: runs an instruction on the topmost operand as if it were one. */
static void unary_as(struct compiler *c, const struct insn *insn, engine_type_t result)
{
	c->vals[c->n_vals - 1].type = insn->arg;
	compile_unary(c, insn);
	c->vals[c->n_vals - 1].type = result;
}

static void compile_eq(struct compiler *c)
{
	static const engine_type_t eqrefs[] = {ENGINE_EQREF, ENGINE_EQREF};
	check_top(c, eqrefs, 2);
	c->vals[c->n_vals - 1].type = c->vals[c->n_vals - 2].type = ENGINE_I64;
	compile_binary(c, insn_find(OP_i64_eq));
}

void compile_ref_unary(struct compiler *c, const struct insn *insn)
{
	engine_type_t non_null;
	switch (insn->code) {
	case OP_any_convert_extern:
		non_null = top_ref_of(c, ENGINE_EXTERNREF)->type & ENGINE_NON_NULL;
		unary_as(c, insn, ENGINE_ANYREF | non_null);
		break;
	case OP_extern_convert_any:
		non_null = top_ref_of(c, ENGINE_ANYREF)->type & ENGINE_NON_NULL;
		unary_as(c, insn, ENGINE_EXTERNREF | non_null);
		break;
	case OP_ref_i31:
		compile_unary(c, insn);
		c->vals[c->n_vals - 1].type = ENGINE_I31REF | ENGINE_NON_NULL;
		break;
	default: /* i31.get_s, i31.get_u */
		top_ref_of(c, ENGINE_I31REF);
		unary_as(c, insn, ENGINE_I32);
		break;
	}
}

/* ---- casts ---- */

/* Emits a test or cast of a slot and returns where. */
static uint32_t emit_check(struct compiler *c, uint32_t id, uint32_t object_id, uint32_t slot, engine_type_t type)
{
	const struct deftype *def = type_is_concrete(type) ? deftype_of(type) : NULL;
	bool object = def && def->kind != DEFTYPE_FUNC;
	uint32_t pos = emit(c, object ? object_id : id, 0, slot, object && !(type & ENGINE_NON_NULL), 0);
	emit_word(c, object ? (uint64_t)def : type);
	return pos;
}

static void emit_test(struct compiler *c, uint32_t slot, engine_type_t type)
{
	uint32_t pos = emit_check(c, IR_ref_test_R, IR_ref_test_object_R, slot, type);
	bool object = c->code[pos] == IR_ref_test_object_R;
	push_acc(c, ENGINE_I32, pos, object ? IR_ref_test_object_R : IR_ref_test_R);
}

/* Pushes whether the topmost operand, which stays below it, is a value of a type. */
static void push_test(struct compiler *c, engine_type_t type)
{
	if (c->dead) {
		push_const(c, ENGINE_I32, 0);
		return;
	}
	emit_test(c, top_slot(c), type);
}

static void compile_test(struct compiler *c, engine_type_t type)
{
	top_ref_of(c, type_top(type));
	if (c->dead) {
		truncate_vals(c, c->n_vals - 1);
		push_const(c, ENGINE_I32, 0);
		return;
	}
	uint32_t slot = top_slot(c);
	truncate_vals(c, c->n_vals - 1);
	emit_test(c, slot, type);
}

static void compile_cast(struct compiler *c, engine_type_t type)
{
	top_ref_of(c, type_top(type));
	if (!c->dead)
		emit_check(c, IR_ref_cast, IR_ref_cast_object, top_slot(c), type);
	c->vals[c->n_vals - 1].type = type;
}

/* ---- branches ---- */

/* A label that takes at least one operand. */
static struct ctrl *read_label_with_operand(struct compiler *c)
{
	struct ctrl *ctrl = read_label(c);
	if (label_arity(ctrl) == 0)
		fail(c, ENGINE_INVALID, "type mismatch: the label takes no operand");
	return ctrl;
}

static void check_label(struct compiler *c, const struct ctrl *ctrl)
{
	check_top(c, label_types(ctrl), label_arity(ctrl));
}

static void compile_br_on_cast(struct compiler *c, bool on_failure)
{
	const uint8_t *at = c->r.p;
	uint8_t flags = reader_byte(&c->r);
	if (flags > 3)
		reader_fail(&c->r, at, ENGINE_MALFORMED, "malformed cast flags 0x%02x", flags);
	struct ctrl *ctrl = read_label_with_operand(c);
	engine_type_t from = reader_heaptype(&c->r, c->module) | (flags & 1 ? 0 : (engine_type_t)ENGINE_NON_NULL);
	engine_type_t to = reader_heaptype(&c->r, c->module) | (flags & 2 ? 0 : (engine_type_t)ENGINE_NON_NULL);
	/* What is no value of a nullable type is not null. */
	engine_type_t rest = to & ENGINE_NON_NULL ? from : from | ENGINE_NON_NULL;
	if (!type_matches(to, from))
		fail(c, ENGINE_INVALID, "type mismatch: cast of %s to %s", type_text(c->module, from).s,
		     type_text(c->module, to).s);
	top_ref_of(c, from);
	push_test(c, to);
	struct val cond = pop_val(c, ENGINE_I32);
	c->vals[c->n_vals - 1].type = on_failure ? rest : to;
	check_label(c, ctrl);
	if (!c->dead)
		branch_if(c, ctrl, &cond, !on_failure);
	c->vals[c->n_vals - 1].type = on_failure ? to : rest;
}

/* Whether the topmost operand, which stays there, is null: as a popped condition. */
static struct val test_null(struct compiler *c)
{
	if (c->dead)
		return (struct val){.type = ENGINE_I32, .loc = LOC_CONST};
	push_is_zero(c, top_slot(c));
	return pop_val(c, ENGINE_I32);
}

static void compile_br_on_null(struct compiler *c)
{
	struct ctrl *ctrl = read_label(c);
	engine_type_t type = top_ref(c)->type | ENGINE_NON_NULL;
	struct val cond = test_null(c), v = pop_any(c, TYPE_ANY);
	check_label(c, ctrl);
	if (c->dead) {
		push_const(c, type, 0);
		return;
	}
	branch_if(c, ctrl, &cond, true);
	if (v.loc == LOC_LOCAL)
		push_local(c, type, slot_local(c, v.slot));
	else
		push_home(c, type);
}

static void compile_br_on_non_null(struct compiler *c)
{
	struct ctrl *ctrl = read_label_with_operand(c);
	struct val *v = top_ref(c);
	v->type |= ENGINE_NON_NULL;
	struct val cond = test_null(c);
	check_label(c, ctrl);
	if (!c->dead)
		branch_if(c, ctrl, &cond, false);
	truncate_vals(c, c->n_vals - 1);
}

static engine_type_t read_target(struct compiler *c, bool nullable)
{
	return reader_heaptype(&c->r, c->module) | (nullable ? 0 : (engine_type_t)ENGINE_NON_NULL);
}

void compile_ref(struct compiler *c, uint32_t op)
{
	switch (op) {
	case OP_ref_null:
		push_const(c, reader_heaptype(&c->r, c->module), 0);
		break;
	case OP_ref_is_null:
		top_ref(c);
		unary_as(c, insn_find(OP_i64_eqz), ENGINE_I32);
		break;
	case OP_ref_func:
		compile_ref_func(c);
		break;
	case OP_ref_eq:
		compile_eq(c);
		break;
	case OP_ref_as_non_null:
		compile_as_non_null(c);
		break;
	case OP_br_on_null:
		compile_br_on_null(c);
		break;
	case OP_br_on_non_null:
		compile_br_on_non_null(c);
		break;
	case OP_ref_test:
	case OP_ref_test_null:
		compile_test(c, read_target(c, op == OP_ref_test_null));
		break;
	case OP_ref_cast:
	case OP_ref_cast_null:
		compile_cast(c, read_target(c, op == OP_ref_cast_null));
		break;
	case OP_br_on_cast:
	case OP_br_on_cast_fail:
		compile_br_on_cast(c, op == OP_br_on_cast_fail);
		break;
	}
}
