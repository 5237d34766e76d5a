/* Blocks, branches, calls. */
#include <stdlib.h>
#include <string.h>

#include "compile.h"

/* ---- labels ---- */

uint32_t label_arity(const struct ctrl *ctrl)
{
	return ctrl->kind == CTRL_LOOP ? ctrl->n_params : ctrl->n_results;
}

const engine_type_t *label_types(const struct ctrl *ctrl)
{
	return ctrl->kind == CTRL_LOOP ? ctrl->params : ctrl->results;
}

/* What the word at pos says of a branch to target: the distance in bytes, from the word before it. */
static uint64_t distance(uint32_t pos, uint32_t target)
{
	return (uint64_t)((target - pos + 1) * (uint32_t)sizeof(uint64_t)) << 32;
}

/* Makes the word at pos branch to the label: now if it is known, else when the block ends. */
static void link_branch(struct compiler *c, struct ctrl *ctrl, uint32_t pos)
{
	if (ctrl->kind == CTRL_LOOP) {
		c->code[pos] = (c->code[pos] & UINT32_MAX) | distance(pos, ctrl->start);
	} else {
		c->code[pos] = (c->code[pos] & UINT32_MAX) | (uint64_t)ctrl->fixups << 32;
		ctrl->fixups = pos;
	}
}

static void resolve(struct compiler *c, uint32_t pos)
{
	c->code[pos] = (c->code[pos] & UINT32_MAX) | distance(pos, c->pos);
}

static void resolve_chain(struct compiler *c, uint32_t pos)
{
	while (pos) {
		uint32_t next = (uint32_t)(c->code[pos] >> 32);
		resolve(c, pos);
		pos = next;
	}
}

struct ctrl *read_label(struct compiler *c)
{
	uint32_t depth = reader_u32(&c->r);
	if (depth >= c->n_ctrls)
		fail(c, ENGINE_INVALID, "unknown label %u", depth);
	return &c->ctrls[c->n_ctrls - 1 - depth];
}

void set_unreachable(struct compiler *c)
{
	struct ctrl *ctrl = top_ctrl(c);
	truncate_vals(c, ctrl->height);
	ctrl->unreachable = true;
	c->dead = true;
}

/* Do the n topmost operands lie in, or go home to, the slots from home on? */
static bool in_place(const struct compiler *c, uint32_t n, uint32_t home)
{
	return n == 0 || c->vals[c->n_vals - n].home == home;
}

/* Copies the n topmost operands to the slots from home on. They are in their homes if there are many, and home is not
 * above them: ascending order never overwrites what is still to be copied. */
static void move_to(struct compiler *c, uint32_t n, uint32_t home)
{
	const struct val *v = &c->vals[c->n_vals - n];
	if (n > 4) {
		uint32_t slots = next_home(c) - v->home;
		emit32(c, IR_move_n, home, v->home, slots);
		for (uint32_t i = 0; i < slots; i++)
			wrote_slot(c, home + i);
		return;
	}
	for (uint32_t i = 0; i < n; i++, v++) {
		if (v->loc == LOC_ACC)
			emit_set(c, v->type, home);
		else if (v->loc == LOC_CONST)
			emit_const(c, v->type, home, v->imm);
		else if (v->loc == LOC_SUM)
			emit_lea(c, home, v->slot, (uint32_t)v->imm);
		else
			emit_copy(c, v->type, home, val_slot(v));
		home += type_slots(v->type);
	}
}

/* Returns the n topmost operands without changing where they are, except that several are in their homes. */
static void emit_return(struct compiler *c)
{
	static const uint16_t ids[ACC_CLASSES][2] = {
		[ACC_INT] = {IR_return_i_S, IR_return_i_R},
		[ACC_F32] = {IR_return_f32_S, IR_return_f32_R},
		[ACC_F64] = {IR_return_f64_S, IR_return_f64_R},
		[ACC_V128] = {IR_return_v128_S, IR_return_v128_R},
	};
	uint32_t n = c->type->n_results, link = c->type->param_values;
	if (n == 0) {
		if (!fuse_return(c, NULL))
			emit(c, IR_return_void, link, 0, 0, 0);
		return;
	}
	struct val v = c->vals[c->n_vals - n];
	if (n > 1) {
		emit32(c, IR_return_n, link, v.home, c->type->result_values);
		return;
	}
	settle(c, &v, false);
	if (acc_class(v.type) == ACC_INT && fuse_return(c, &v))
		return;
	if (v.loc == LOC_CONST && acc_class(v.type) == ACC_INT && v.imm <= UINT32_MAX) {
		emit32(c, IR_return_i_C, link, 0, (uint32_t)v.imm);
		return;
	}
	bool acc = in_acc(c, &v);
	if (!acc && v.loc == LOC_CONST) {
		emit_const(c, v.type, v.home, v.imm);
		v.loc = LOC_HOME;
	}
	emit(c, ids[acc_class(v.type)][acc], link, acc ? 0 : val_slot(&v), 0, 0);
}

/* Brings the n topmost operands to the slots from home on. */
static void to_place(struct compiler *c, uint32_t n, uint32_t home)
{
	if (n > 4 || in_place(c, n, home))
		home_top(c, n);
	if (!in_place(c, n, home))
		move_to(c, n, home);
}

/* Jumps to a label with its operands on top of the stack; nothing comes after. */
static void emit_jump(struct compiler *c, struct ctrl *ctrl)
{
	uint32_t n = label_arity(ctrl);
	if (ctrl->kind == CTRL_FUNC) {
		if (n > 1)
			home_top(c, n);
		emit_return(c);
		return;
	}
	to_place(c, n, ctrl->home);
	link_branch(c, ctrl, emit(c, ctrl->kind == CTRL_LOOP ? IR_br_loop : IR_br, 0, 0, 0, 0) + 1);
}

/* ---- blocks ---- */

void push_ctrl(struct compiler *c, struct ctrl ctrl)
{
	if (c->n_ctrls == LIMIT_NESTING)
		fail(c, ENGINE_LIMIT, "blocks nested deeper than %u", LIMIT_NESTING);
	if (c->n_ctrls == c->room_ctrls) {
		uint32_t room = c->room_ctrls ? c->room_ctrls * 2 : 32;
		struct ctrl *ctrls = realloc(c->ctrls, room * sizeof(*ctrls));
		if (!ctrls)
			fail(c, ENGINE_NOMEM, "out of memory");
		c->ctrls = ctrls;
		c->room_ctrls = room;
	}
	ctrl.inits = c->n_inits;
	c->ctrls[c->n_ctrls++] = ctrl;
}

void restore_inits(struct compiler *c, const struct ctrl *ctrl)
{
	while (c->n_inits > ctrl->inits && c->n_inits--)
		c->unset[c->inits[c->n_inits]] = type_has_default(c->locals[c->inits[c->n_inits]]) ? UNSET_ZERO : UNSET_ERROR;
}

static void read_blocktype(struct compiler *c, struct ctrl *ctrl)
{
	const uint8_t *at = c->r.p;
	if (at < c->r.end && *at == 0x40) {
		c->r.p++;
		return;
	}
	if (at < c->r.end && (*at & 0xc0) == 0x40) { /* a value type */
		ctrl->n_results = 1;
		ctrl->results = type_list(reader_valtype(&c->r, c->module));
		return;
	}
	int64_t index = reader_s33(&c->r);
	if (index < 0 || index >= c->module->n_types)
		fail(c, ENGINE_INVALID, "unknown type %lld", (long long)index);
	if (c->module->types[index]->kind != DEFTYPE_FUNC)
		fail(c, ENGINE_INVALID, "type mismatch: type %lld is not a function type", (long long)index);
	const struct engine_functype *type = &c->module->types[index]->func;
	ctrl->n_params = type->n_params;
	ctrl->params = type->params;
	ctrl->n_results = type->n_results;
	ctrl->results = type->results;
}

struct ctrl begin_block(struct compiler *c, enum ctrl_kind kind)
{
	struct ctrl ctrl = {.kind = (uint8_t)kind, .was_dead = c->dead};
	read_blocktype(c, &ctrl);
	struct val cond = {0};
	if (kind == CTRL_IF)
		cond = pop_val(c, ENGINE_I32);
	check_top(c, ctrl.params, ctrl.n_params);
	ctrl.height = c->n_vals - ctrl.n_params;
	ctrl.home = ctrl.n_params ? c->vals[ctrl.height].home : next_home(c);
	if (!c->dead) {
		home_top(c, ctrl.n_params);
		flush(c);
		if (kind == CTRL_IF)
			ctrl.else_fixup = emit_branch_on(c, &cond, false, false);
	}
	if (kind == CTRL_LOOP) {
		forget(c);
		ctrl.start = c->pos;
		emit_fuel(c);
	}
	return ctrl;
}

void compile_block(struct compiler *c, enum ctrl_kind kind)
{
	push_ctrl(c, begin_block(c, kind));
}

void leave_block(struct compiler *c)
{
	emit_jump(c, top_ctrl(c));
}

void check_results(struct compiler *c)
{
	const struct ctrl *ctrl = top_ctrl(c);
	check_top(c, ctrl->results, ctrl->n_results);
	if (c->n_vals != ctrl->height + ctrl->n_results)
		fail(c, ENGINE_INVALID, "type mismatch: %u values remaining on stack at end of block",
		     c->n_vals - ctrl->height - ctrl->n_results);
}

void push_homes(struct compiler *c, const engine_type_t *types, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (c->dead)
			push_const(c, types[i], 0);
		else
			push_home(c, types[i]);
	}
}

void compile_else(struct compiler *c)
{
	struct ctrl *ctrl = top_ctrl(c);
	if (ctrl->kind != CTRL_IF)
		fail(c, ENGINE_MALFORMED, "END opcode expected, else without if");
	check_results(c);
	if (!c->dead) {
		home_top(c, ctrl->n_results);
		link_branch(c, ctrl, emit(c, IR_br, 0, 0, 0, 0) + 1);
	}
	truncate_vals(c, ctrl->height);
	c->dead = ctrl->was_dead;
	forget(c);
	if (!c->dead)
		resolve(c, ctrl->else_fixup);
	restore_inits(c, ctrl);
	ctrl->kind = CTRL_ELSE;
	ctrl->unreachable = false;
	push_homes(c, ctrl->params, ctrl->n_params);
}

void compile_end(struct compiler *c)
{
	struct ctrl ctrl = *top_ctrl(c);
	check_results(c);
	restore_inits(c, &ctrl);
	if (ctrl.kind == CTRL_IF &&
	    (ctrl.n_params != ctrl.n_results || !types_match(ctrl.params, ctrl.results, ctrl.n_params)))
		fail(c, ENGINE_INVALID, "type mismatch: if without else has other results than parameters");
	if (ctrl.kind == CTRL_FUNC) {
		if (!c->dead)
			emit_jump(c, top_ctrl(c));
		resolve_landings(c, &ctrl);
		truncate_vals(c, 0);
		c->n_ctrls--;
		return;
	}
	bool joined = ctrl.fixups || ctrl.landings || ((ctrl.kind == CTRL_IF || ctrl.kind >= CTRL_TRY_TABLE) && !ctrl.was_dead);
	bool fell = !c->dead;
	if (fell && joined)
		to_place(c, ctrl.n_results, ctrl.home);
	if (ctrl.kind >= CTRL_TRY_TABLE)
		end_try(c, &ctrl);
	c->dead = ctrl.was_dead;
	c->n_ctrls--;
	if (ctrl.kind < CTRL_CATCH && (c->dead || (fell && !joined)))
		return; /* the results are where they are */
	truncate_vals(c, ctrl.height - (ctrl.kind >= CTRL_CATCH)); /* with the exception, which a catch has beneath */
	if (c->dead) {
		push_homes(c, ctrl.results, ctrl.n_results);
		return;
	}
	forget(c);
	resolve_chain(c, ctrl.fixups);
	resolve_landings(c, &ctrl);
	if (ctrl.kind == CTRL_IF)
		resolve(c, ctrl.else_fixup);
	push_homes(c, ctrl.results, ctrl.n_results);
}

/* ---- branches ---- */

void compile_br(struct compiler *c)
{
	struct ctrl *ctrl = read_label(c);
	check_top(c, label_types(ctrl), label_arity(ctrl));
	if (!c->dead)
		emit_jump(c, ctrl);
	set_unreachable(c);
}

void compile_return(struct compiler *c)
{
	check_top(c, c->type->results, c->type->n_results);
	if (!c->dead)
		emit_jump(c, &c->ctrls[0]);
	set_unreachable(c);
}

void branch_if(struct compiler *c, struct ctrl *ctrl, struct val *cond, bool sense)
{
	uint32_t n = label_arity(ctrl);
	bool direct = ctrl->kind != CTRL_FUNC && in_place(c, n, ctrl->home);
	if (direct || n > 1)
		home_top(c, n);
	if (direct) {
		link_branch(c, ctrl, emit_branch_on(c, cond, sense, ctrl->kind == CTRL_LOOP));
		return;
	}
	/* Around the way with the moves. What they write is dead on the other way. */
	uint32_t skip = emit_branch_on(c, cond, !sense, false);
	if (ctrl->kind == CTRL_FUNC) {
		emit_return(c);
	} else {
		move_to(c, n, ctrl->home);
		link_branch(c, ctrl, emit(c, ctrl->kind == CTRL_LOOP ? IR_br_loop : IR_br, 0, 0, 0, 0) + 1);
	}
	resolve(c, skip);
	c->last = NO_INSN;
}

void compile_br_if(struct compiler *c)
{
	struct ctrl *ctrl = read_label(c);
	struct val cond = pop_val(c, ENGINE_I32);
	check_top(c, label_types(ctrl), label_arity(ctrl));
	if (!c->dead)
		branch_if(c, ctrl, &cond, true);
}

/* One entry of a table jumps to the label directly, or through code that moves the operands. */
static void link_table_entry(struct compiler *c, uint32_t pos)
{
	struct ctrl *ctrl = &c->ctrls[c->n_ctrls - 1 - (uint32_t)c->code[pos]];
	uint32_t n = label_arity(ctrl);
	c->code[pos] = 0;
	if (ctrl->kind != CTRL_FUNC && in_place(c, n, ctrl->home)) {
		link_branch(c, ctrl, pos);
		return;
	}
	if (!ctrl->stub) {
		ctrl->stub = c->pos;
		if (ctrl->kind == CTRL_FUNC) {
			emit_return(c);
		} else {
			move_to(c, n, ctrl->home);
			link_branch(c, ctrl, emit(c, ctrl->kind == CTRL_LOOP ? IR_br_loop : IR_br, 0, 0, 0, 0) + 1);
		}
		c->last = NO_INSN;
	}
	c->code[pos] = distance(pos, ctrl->stub);
}

void compile_br_table(struct compiler *c)
{
	uint32_t n = reader_count(&c->r, LIMIT_BODY, "br_table labels");
	struct val index = pop_val(c, ENGINE_I32);
	uint32_t stamp = ++c->tables_seen, arity = 0, table = 0;
	for (uint32_t i = 0; i <= n; i++) {
		struct ctrl *ctrl = read_label(c);
		if (i == 0)
			arity = label_arity(ctrl);
		if (label_arity(ctrl) != arity)
			fail(c, ENGINE_INVALID, "type mismatch: br_table labels of different arity");
		if (ctrl->stamp != stamp) { /* each block once, however often it is named */
			ctrl->stamp = stamp;
			ctrl->stub = 0;
			match_top(c, label_types(ctrl), arity); /* one that pops anything stays anything */
		}
		if (c->dead)
			continue;
		if (i == 0) {
			home_top(c, arity);
			bool acc = in_acc(c, &index);
			if (FUSION && index.loc == LOC_ACC && c->last != NO_INSN && c->acc[ACC_INT].pos == c->last &&
			    c->code[c->last] == IR_i32_load8_u_xSCR) {
				uint64_t word = c->code[c->last + 1], offset = c->code[c->last + 2];
				rewind_to(c, c->last);
				bool stepped = c->last != NO_INSN && c->code[c->last] == IR_i32_add_SCS;
				uint64_t step = stepped ? c->code[c->last + 1] : 0;
				if (stepped)
					rewind_to(c, c->last);
				table = emit32(c, stepped ? IR_br_table_step_load8 : IR_br_table_load8, word >> 16 & 0xffff, 0, n) +
					(stepped ? 4 : 3);
				emit_word(c, offset << 32 | word >> 32);
				if (stepped)
					emit_word(c, step);
				c->last = NO_INSN;
				emit_word(c, (uint64_t)(c->ctrls + c->n_ctrls - 1 - ctrl));
				continue;
			}
			uint32_t slot = acc ? 0 : to_slot(c, &index);
			table = emit32(c, acc ? IR_br_table_R : IR_br_table_S, slot, 0, n) + 2;
			c->last = NO_INSN;
		}
		emit_word(c, (uint64_t)(c->ctrls + c->n_ctrls - 1 - ctrl));
	}
	for (uint32_t i = 0; !c->dead && i <= n; i++)
		link_table_entry(c, table + i);
	set_unreachable(c);
}

/* ---- calls ---- */

/* Puts the arguments where the callee's frame begins and returns that slot. */
static uint32_t place_args(struct compiler *c, const struct engine_functype *type)
{
	uint32_t n = type->n_params;
	home_top(c, n);
	return n ? c->vals[c->n_vals - n].home : next_home(c);
}

static void push_results(struct compiler *c, const struct engine_functype *type)
{
	truncate_vals(c, c->n_vals - type->n_params);
	if (!c->dead) {
		if (type->n_results == 1) { /* where it goes: home, unless set_local knows better */
			c->result_pos = c->pos;
			emit_word(c, next_home(c));
		}
		clobber_all(c);
		note_map(c, c->last);
		emit_show_return(c);
	}
	push_homes(c, type->results, type->n_results);
	if (!c->dead && type->n_results == 1) /* it is in its accumulator, too */
		c->acc[acc_class(type->results[0])].mirror = c->vals[c->n_vals - 1].home;
}

/* Behind a call: its results, or nothing if it was the last thing the function does. */
static void finish_call(struct compiler *c, const struct engine_functype *type, bool tail)
{
	if (tail)
		set_unreachable(c);
	else
		push_results(c, type);
}

static void check_tail(struct compiler *c, const struct engine_functype *type)
{
	if (type->n_results != c->type->n_results || !types_match(type->results, c->type->results, type->n_results))
		fail(c, ENGINE_INVALID, "type mismatch: tail call of a function with other results");
}

void compile_call(struct compiler *c, bool tail)
{
	uint32_t index = reader_u32(&c->r);
	if (index >= c->module->n_funcs)
		fail(c, ENGINE_INVALID, "unknown function %u", index);
	const struct engine_functype *type = module_func_type(c->module, index);
	if (tail)
		check_tail(c, type);
	check_top(c, type->params, type->n_params);
	if (!c->dead) {
		uint32_t frame = place_args(c, type);
		const engine_func_t *func = instance_func(c->instance, index);
		bool own = func->instance == c->instance;
		if (tail)
			emit(c, own ? IR_return_call : IR_return_call_import, frame, c->type->param_values, type->param_values, 0);
		else if (!own || !fuse_call(c, frame, type->param_values))
			emit(c, own ? IR_call : IR_call_import, frame, type->param_values, 0, 0);
		emit_word(c, own && !tail ? (uint64_t)func->entry : (uint64_t)func);
		if (!own)
			emit_word(c, (uint64_t)c->instance);
	}
	finish_call(c, type, tail);
}

void compile_call_indirect(struct compiler *c, bool tail)
{
	uint32_t type_index = reader_type_index(&c->r, c->module, DEFTYPE_FUNC), table = reader_u32(&c->r);
	if (table >= c->module->n_tables)
		fail(c, ENGINE_INVALID, "unknown table %u", table);
	if (!type_matches(c->module->tables[table].type, ENGINE_FUNCREF))
		fail(c, ENGINE_INVALID, "type mismatch: call_indirect on a table of other references");
	const struct engine_functype *type = &c->module->types[type_index]->func;
	if (tail)
		check_tail(c, type);
	struct val index = pop_val(c, index_type(&c->module->tables[table].limits));
	check_top(c, type->params, type->n_params);
	if (!c->dead) {
		if (!c->instance->targets)
			c->instance->targets = pool_alloc(&c->instance->store->pool, CALL_TARGETS, sizeof(*c->instance->targets));
		if (!c->instance->targets)
			fail(c, ENGINE_NOMEM, "out of memory");
		uint64_t copies = 0;
		bool acc = in_acc(c, &index);
		uint32_t slot = acc ? 0 : to_slot(c, &index);
		uint32_t frame = place_args(c, type);
		if (tail)
			emit(c, acc ? IR_return_call_indirect_R : IR_return_call_indirect_S, frame, c->type->param_values,
			     type->param_values, slot);
		else
			copies = acc ? take_copies(c) : 0;
		if (!tail)
			emit(c, copies ? IR_call_indirect_copy2_R : acc ? IR_call_indirect_R : IR_call_indirect_S, frame,
			     type->param_values, slot, 0);
		emit_word(c, (uint64_t)c->instance->tables[table]);
		emit_word(c, (uint64_t)type);
		if (copies)
			emit_word(c, copies);
		emit_word(c, (uint64_t)c->instance);
	}
	finish_call(c, type, tail);
}

void compile_call_ref(struct compiler *c, bool tail)
{
	uint32_t type_index = reader_type_index(&c->r, c->module, DEFTYPE_FUNC);
	const struct deftype *def = c->module->types[type_index];
	const struct engine_functype *type = &def->func;
	if (tail)
		check_tail(c, type);
	struct val func = pop_val(c, def->refs[0]);
	check_top(c, type->params, type->n_params);
	if (!c->dead) {
		bool acc = in_acc(c, &func);
		uint32_t slot = acc ? 0 : to_slot(c, &func);
		uint32_t frame = place_args(c, type);
		if (tail)
			emit(c, acc ? IR_return_call_ref_R : IR_return_call_ref_S, frame, c->type->param_values, type->param_values,
			     slot);
		else
			emit(c, acc ? IR_call_ref_R : IR_call_ref_S, frame, type->param_values, slot, 0);
		emit_word(c, 0); /* so that all calls of what is not known have the instance at the same place */
		emit_word(c, (uint64_t)c->instance);
	}
	finish_call(c, type, tail);
}

void compile_select(struct compiler *c, bool typed)
{
	static const uint16_t ids[] = {
		[ACC_INT] = IR_select_i_SS, [ACC_F32] = IR_select_f32_SS, [ACC_F64] = IR_select_f64_SS,
		[ACC_V128] = IR_select_v128_SS};
	engine_type_t type = TYPE_ANY;
	if (typed) {
		uint32_t n = reader_count(&c->r, LIMIT_RESULTS, "select types");
		if (n != 1)
			fail(c, ENGINE_INVALID, "invalid result arity");
		type = reader_valtype(&c->r, c->module);
	}
	struct val cond = pop_val(c, ENGINE_I32), b = pop_any(c, type), a = pop_any(c, typed ? type : b.type);
	if (type == TYPE_ANY) {
		type = a.type ? a.type : b.type;
		if (type_is_ref(type))
			fail(c, ENGINE_INVALID, "type mismatch: select without a type on references");
	}
	if (c->dead) {
		push_const(c, type, 0);
		return;
	}
	a.type = b.type = type;
	bool acc = in_acc(c, &cond);
	uint32_t cond_slot = acc ? 0 : to_slot(c, &cond);
	uint32_t id = ids[acc_class(type)] + (acc ? 2u : 0u) + 1;
	uint32_t slot_a = to_slot(c, &a), slot_b = to_slot(c, &b);
	push_acc(c, type, emit(c, id, 0, cond_slot, slot_a, slot_b), id);
}
