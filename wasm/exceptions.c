/* Exceptions at compile time: throwing, and blocks that catch, in the standard's form and in the one before it. */
#include <stdlib.h>

#include "compile.h"

static void *grow(struct compiler *c, void *list, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room ? *room * 2 : 16;
	list = reallocarray(list, *room, size);
	if (!list)
		fail(c, ENGINE_NOMEM, "out of memory");
	return list;
}

static uint32_t add_clause(struct compiler *c, struct catch_clause clause)
{
	c->clauses = grow(c, c->clauses, c->n_clauses, &c->room_clauses, sizeof(clause));
	c->clauses[c->n_clauses] = clause;
	return c->n_clauses++;
}

static void add_range(struct compiler *c, struct try_range range)
{
	c->ranges = grow(c, c->ranges, c->n_ranges, &c->room_ranges, sizeof(range));
	c->ranges[c->n_ranges++] = range;
}

static uint32_t read_tag(struct compiler *c)
{
	uint32_t index = reader_u32(&c->r);
	if (index >= c->module->n_tags)
		fail(c, ENGINE_INVALID, "unknown tag %u", index);
	return index;
}

/* ---- throwing ---- */

void compile_throw(struct compiler *c)
{
	uint32_t tag = read_tag(c);
	const struct engine_functype *type = module_tag_type(c->module, tag);
	check_top(c, type->params, type->n_params);
	if (!c->dead) {
		home_top(c, type->n_params);
		emit(c, IR_throw, type->n_params ? c->vals[c->n_vals - type->n_params].home : 0, 0, 0, 0);
		emit_word(c, (uint64_t)c->instance->tags[tag]);
		note_map(c, c->last);
	}
	set_unreachable(c);
}

void compile_throw_ref(struct compiler *c)
{
	struct val v = pop_val(c, ENGINE_EXNREF);
	if (!c->dead)
		emit(c, IR_throw_ref, to_slot(c, &v), 0, 0, 0);
	set_unreachable(c);
}

/* ---- try_table ---- */

enum { CATCH, CATCH_REF, CATCH_ALL, CATCH_ALL_REF };

/* One clause: its label gets the tag's values, and perhaps the reference. */
static void read_clause(struct compiler *c)
{
	uint8_t kind = reader_byte(&c->r);
	if (kind > CATCH_ALL_REF)
		reader_fail(&c->r, c->r.p - 1, ENGINE_MALFORMED, "malformed catch clause");
	bool tagged = kind <= CATCH_REF, has_ref = kind & 1;
	uint32_t tag = tagged ? read_tag(c) : 0;
	struct ctrl *label = read_label(c);
	const struct engine_functype *type = tagged ? module_tag_type(c->module, tag) : NULL;
	uint32_t n = tagged ? type->n_params : 0;
	const engine_type_t *want = label_types(label), ref = ENGINE_EXNREF | ENGINE_NON_NULL;
	if (label_arity(label) != n + has_ref || !types_match(type ? type->params : NULL, want, n) ||
	    (has_ref && !type_matches(ref, want[n])))
		fail(c, ENGINE_INVALID, "type mismatch: catch clause and label");
	if (c->dead)
		return;
	/* The values go where the label expects them. A function has no such place: they go above all operands. */
	uint32_t home = label->kind == CTRL_FUNC ? next_home(c) : label->home;
	uint32_t after = home + (tagged ? type->param_values : 0);
	if (after + has_ref > MAX_FRAME_SLOTS)
		fail(c, ENGINE_LIMIT, "frame too large: more than %u locals and operands", MAX_FRAME_SLOTS);
	struct catch_clause clause = {.tag = tagged ? c->instance->tags[tag] : NULL, .values = (uint16_t)home,
				      .ref = (uint16_t)after, .has_ref = has_ref, .uses_ref = has_ref};
	clause.target = label->kind == CTRL_LOOP ? label->start : label->landings;
	uint32_t index = add_clause(c, clause);
	if (label->kind != CTRL_LOOP)
		label->landings = index + 1;
}

void compile_try_table(struct compiler *c)
{
	struct ctrl ctrl = begin_block(c, CTRL_TRY_TABLE);
	uint32_t n = reader_count(&c->r, LIMIT_BODY, "catch clauses");
	ctrl.clause = c->n_clauses;
	for (uint32_t i = 0; i < n; i++)
		read_clause(c);
	ctrl.n_clauses = c->n_clauses - ctrl.clause;
	if (!c->dead)
		forget(c);
	ctrl.start = c->pos;
	push_ctrl(c, ctrl);
}

void end_try(struct compiler *c, const struct ctrl *ctrl)
{
	if (ctrl->kind == CTRL_TRY_TABLE && !ctrl->was_dead && ctrl->n_clauses)
		add_range(c, (struct try_range){ctrl->start, c->pos, c->n_ctrls - 1, ctrl->clause, ctrl->n_clauses, LEVEL_NONE});
}

/* Returns what a handler has put into the slots from values on. */
static void emit_return_from(struct compiler *c, uint32_t values)
{
	static const uint16_t ids[] = {[ACC_INT] = IR_return_i_S, [ACC_F32] = IR_return_f32_S, [ACC_F64] = IR_return_f64_S,
				       [ACC_V128] = IR_return_v128_S};
	uint32_t n = c->type->n_results, link = c->type->param_values;
	if (n == 0)
		emit(c, IR_return_void, link, 0, 0, 0);
	else if (n == 1)
		emit(c, ids[acc_class(c->type->results[0])], link, values, 0, 0);
	else
		emit32(c, IR_return_n, link, values, c->type->result_values);
}

void resolve_landings(struct compiler *c, const struct ctrl *ctrl)
{
	for (uint32_t next, i = ctrl->landings; i; i = next) {
		struct catch_clause *clause = &c->clauses[i - 1];
		next = clause->target;
		clause->target = c->pos;
		if (ctrl->kind == CTRL_FUNC)
			emit_return_from(c, clause->values);
	}
}

/* ---- the legacy form ---- */

static void check_legacy(struct compiler *c)
{
	if (!(c->module->features & ENGINE_FEATURE_LEGACY_EXCEPTIONS))
		fail(c, ENGINE_UNSUPPORTED, "legacy exception handling is not allowed "
		     "(feature legacy-exceptions)");
}

void compile_try(struct compiler *c)
{
	check_legacy(c);
	struct ctrl ctrl = begin_block(c, CTRL_TRY);
	if (!c->dead)
		forget(c);
	ctrl.start = c->pos;
	push_ctrl(c, ctrl);
}

/* A handler begins. Beneath its operands is the exception, for rethrow: in the block's first slot, the values behind it. */
void compile_catch(struct compiler *c, bool all)
{
	check_legacy(c);
	uint32_t tag = all ? 0 : read_tag(c);
	struct ctrl *ctrl = top_ctrl(c);
	if (ctrl->kind != CTRL_TRY && ctrl->kind != CTRL_CATCH)
		fail(c, ENGINE_MALFORMED, "END opcode expected, catch without try");
	check_results(c);
	restore_inits(c, ctrl);
	if (!c->dead)
		leave_block(c);
	if (ctrl->kind == CTRL_TRY)
		ctrl->end = c->pos;
	else
		ctrl->height--;
	truncate_vals(c, ctrl->height);
	c->dead = ctrl->was_dead;
	forget(c);
	ctrl->kind = all ? CTRL_CATCH_ALL : CTRL_CATCH;
	ctrl->unreachable = false;
	const engine_type_t ref = ENGINE_EXNREF;
	push_homes(c, &ref, 1);
	ctrl->height++;
	if (!c->dead) {
		struct catch_clause clause = {.tag = all ? NULL : c->instance->tags[tag], .target = c->pos, .has_ref = true,
					      .ref = (uint16_t)ctrl->home, .values = (uint16_t)(ctrl->home + 1)};
		ctrl->clause = add_clause(c, clause);
		add_range(c, (struct try_range){ctrl->start, ctrl->end, c->n_ctrls - 1, ctrl->clause, 1, LEVEL_NONE});
	}
	if (!all) {
		const struct engine_functype *type = module_tag_type(c->module, tag);
		push_homes(c, type->params, type->n_params);
	}
}

void compile_rethrow(struct compiler *c)
{
	check_legacy(c);
	const struct ctrl *ctrl = read_label(c);
	if (ctrl->kind != CTRL_CATCH && ctrl->kind != CTRL_CATCH_ALL)
		fail(c, ENGINE_INVALID, "invalid rethrow label");
	if (!c->dead) {
		c->clauses[ctrl->clause].uses_ref = true;
		emit(c, IR_throw_ref, ctrl->home, 0, 0, 0);
	}
	set_unreachable(c);
}

void compile_delegate(struct compiler *c)
{
	check_legacy(c);
	uint32_t depth = reader_u32(&c->r);
	struct ctrl *ctrl = top_ctrl(c);
	if (ctrl->kind != CTRL_TRY)
		fail(c, ENGINE_MALFORMED, "END opcode expected, delegate without try");
	if (depth >= c->n_ctrls - 1)
		fail(c, ENGINE_INVALID, "unknown label %u", depth);
	uint32_t level = c->n_ctrls - 1, start = ctrl->start;
	bool tried = !ctrl->was_dead;
	compile_end(c);
	if (tried)
		add_range(c, (struct try_range){start, c->pos, level, 0, 0, level - 1 - depth});
}
