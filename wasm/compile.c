/* The pass over a body: locals, then instruction by instruction. */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

void compiler_free(struct compiler *c)
{
	free(c->locals);
	free(c->unset);
	free(c->inits);
	free(c->field_types);
	free(c->local_refs);
	free(c->slot_buffer);
	free(c->vals);
	free(c->ctrls);
	free(c->code);
	free(c->starts);
	free(c->maps);
	free(c->refs);
	free(c->ranges);
	free(c->clauses);
}

/* Room for n locals; most functions have few. */
static void make_locals(struct compiler *c, uint32_t n)
{
	uint32_t room = c->room_locals ? c->room_locals : 64;
	while (room < n)
		room *= 2;
	if (room == c->room_locals)
		return;
	/* In slots: a v128 has two. */
	size_t old_refs = c->room_locals ? 2 * c->room_locals + LINK_SLOTS : 0, refs = 2 * room + LINK_SLOTS;
	void *locals = reallocarray(c->locals, room, sizeof(*c->locals));
	c->locals = locals ? locals : c->locals;
	void *slots = reallocarray(c->slot_buffer, room, sizeof(*c->slot_buffer));
	c->slot_buffer = slots ? slots : c->slot_buffer;
	uint16_t *counts = reallocarray(c->local_refs, refs, sizeof(*c->local_refs));
	c->local_refs = counts ? counts : c->local_refs;
	void *unset = reallocarray(c->unset, room, sizeof(*c->unset));
	c->unset = unset ? unset : c->unset;
	void *inits = reallocarray(c->inits, room, sizeof(*c->inits));
	c->inits = inits ? inits : c->inits;
	if (!locals || !slots || !counts || !unset || !inits)
		fail(c, ENGINE_NOMEM, "out of memory");
	memset(counts + old_refs, 0, (refs - old_refs) * sizeof(*counts));
	c->room_locals = room;
}

/* What is known about a local before anything is done with it. The collector looks at references at any time. */
static enum unset unset_at_entry(const struct compiler *c, engine_type_t type)
{
	if (!type_has_default(type))
		return UNSET_ERROR;
	return !FUSION || c->dead || type_is_ref(type) ? UNSET_READ : UNSET_ZERO;
}

/* Parameters, the link, and the other locals. */
static void place_locals(struct compiler *c)
{
	uint32_t slot = 0;
	c->wide_slots = c->slot_buffer;
	for (uint32_t i = 0; i < c->n_locals; i++) {
		if (i == c->type->n_params)
			slot += LINK_SLOTS;
		c->slot_buffer[i] = slot;
		slot += type_slots(c->locals[i]);
	}
	c->first_operand = slot + (c->n_locals == c->type->n_params ? LINK_SLOTS : 0);
	if (c->first_operand >= MAX_FRAME_SLOTS)
		fail(c, ENGINE_LIMIT, "frame too large: more than %u slots of locals", MAX_FRAME_SLOTS);
}

static uint32_t zero_op(uint32_t n)
{
	return n == 1 ? IR_zero1 : n == 2 ? IR_zero2 : n == 4 ? IR_zero4 : IR_zero_n;
}

static void read_locals(struct compiler *c)
{
	uint32_t n = c->type->n_params;
	make_locals(c, n);
	if (n) {
		memcpy(c->locals, c->type->params, n * sizeof(*c->locals));
		memset(c->unset, UNSET_NOT, n);
	}
	uint32_t groups = reader_count(&c->r, UINT32_MAX, "local groups");
	uint64_t total = n;
	bool wide = c->type->param_values != n;
	for (uint32_t i = 0; i < groups; i++) {
		c->at = c->r.p;
		uint32_t count = reader_u32(&c->r);
		total += count;
		if (total > UINT32_MAX)
			fail(c, ENGINE_MALFORMED, "too many locals");
		engine_type_t type = reader_valtype(&c->r, c->module);
		if (total > LIMIT_LOCALS)
			continue; /* the rest may still be malformed */
		make_locals(c, n + count);
		memset(c->unset + n, unset_at_entry(c, type), count);
		wide |= type == ENGINE_V128;
		for (uint32_t end = n + count; n < end; n++)
			c->locals[n] = type;
	}
	if (total > LIMIT_LOCALS)
		fail(c, ENGINE_LIMIT, "too many locals: %u, the limit is %u", (unsigned)total, LIMIT_LOCALS);
	c->n_locals = n;
	c->wide_slots = NULL;
	c->first_operand = n + LINK_SLOTS;
	if (wide)
		place_locals(c);
	/* Locals start as zero. */
	uint32_t first = c->type->param_values, zeros = c->first_operand - LINK_SLOTS - first;
	if (c->dead || !zeros)
		return;
	emit(c, zero_op(zeros), first + LINK_SLOTS, zeros, 0, 0);
}

/* Zeroes no more than what was read before it was set. If that is nothing, the function begins behind the instruction. */
static void narrow_zeros(struct compiler *c, uint32_t zero_words)
{
	uint32_t first = UINT32_MAX, end = 0;
	c->skip = 0;
	for (uint32_t i = c->type->n_params; zero_words && i < c->n_locals; i++) {
		if (c->unset[i] != UNSET_READ && !type_is_ref(c->locals[i]))
			continue;
		uint32_t slot = local_slot(c, i);
		first = first == UINT32_MAX ? slot : first;
		end = slot + type_slots(c->locals[i]);
	}
	if (end == 0) {
		c->skip = zero_words;
	} else {
		c->code[0] = zero_op(end - first);
		c->code[1] = (uint64_t)(end - first) << 16 | first;
	}
}

static void compile_control(struct compiler *c, uint32_t op)
{
	switch (op) {
	case OP_unreachable:
		if (!c->dead)
			emit(c, IR_trap_unreachable, 0, 0, 0, 0);
		set_unreachable(c);
		break;
	case OP_nop:
		break;
	case OP_block:
		compile_block(c, CTRL_BLOCK);
		break;
	case OP_loop:
		compile_block(c, CTRL_LOOP);
		break;
	case OP_if:
		compile_block(c, CTRL_IF);
		break;
	case OP_else:
		compile_else(c);
		break;
	case OP_end:
		compile_end(c);
		break;
	case OP_try_table:
		compile_try_table(c);
		break;
	case OP_throw:
		compile_throw(c);
		break;
	case OP_throw_ref:
		compile_throw_ref(c);
		break;
	case OP_try:
		compile_try(c);
		break;
	case OP_catch:
	case OP_catch_all:
		compile_catch(c, op == OP_catch_all);
		break;
	case OP_rethrow:
		compile_rethrow(c);
		break;
	case OP_delegate:
		compile_delegate(c);
		break;
	case OP_br:
		compile_br(c);
		break;
	case OP_br_if:
		compile_br_if(c);
		break;
	case OP_br_table:
		compile_br_table(c);
		break;
	case OP_return:
		compile_return(c);
		break;
	case OP_call:
	case OP_return_call:
		compile_call(c, op == OP_return_call);
		break;
	case OP_call_ref:
	case OP_return_call_ref:
		compile_call_ref(c, op == OP_return_call_ref);
		break;
	case OP_call_indirect:
	case OP_return_call_indirect:
		compile_call_indirect(c, op == OP_return_call_indirect);
		break;
	case OP_drop:
		pop_any(c, TYPE_ANY);
		break;
	case OP_select:
	case OP_select_t:
		compile_select(c, op == OP_select_t);
		break;
	case OP_local_get:
	case OP_local_set:
	case OP_local_tee:
		compile_local(c, op);
		break;
	case OP_global_get:
	case OP_global_set:
		compile_global(c, op);
		break;
	case OP_memory_size:
	case OP_memory_grow:
	case OP_memory_init:
	case OP_data_drop:
	case OP_memory_copy:
	case OP_memory_fill:
		compile_memory(c, op);
		break;
	case OP_i32_const:
		push_const(c, ENGINE_I32, (uint32_t)reader_s32(&c->r));
		break;
	case OP_i64_const:
		push_const(c, ENGINE_I64, (uint64_t)reader_s64(&c->r));
		break;
	case OP_f32_const: {
		uint32_t bits;
		memcpy(&bits, reader_bytes(&c->r, sizeof(bits)), sizeof(bits));
		push_const(c, ENGINE_F32, bits);
		break;
	}
	case OP_f64_const: {
		uint64_t bits;
		memcpy(&bits, reader_bytes(&c->r, sizeof(bits)), sizeof(bits));
		push_const(c, ENGINE_F64, bits);
		break;
	}
	case OP_v128_const:
		push_const(c, ENGINE_V128, (uint64_t)reader_bytes(&c->r, sizeof(v128)));
		break;
	case OP_atomic_fence:
		compile_fence(c);
		break;
	default:
		if (op >= OP_struct_new && op <= OP_struct_set)
			compile_struct(c, op);
		else if (op >= OP_array_new && op <= OP_array_init_elem)
			compile_array(c, op);
		else if (op >= OP_ref_null && op <= OP_br_on_cast_fail)
			compile_ref(c, op);
		else
			compile_table(c, op);
		break;
	}
}

static uint32_t read_opcode(struct compiler *c)
{
	uint32_t op = reader_byte(&c->r);
	return op >= 0xfb && op <= 0xfe ? opcode_prefixed(op, reader_u32(&c->r)) : op;
}

static void unknown_opcode(struct compiler *c, uint32_t op)
{
	uint32_t byte = *c->at;
	fail(c, ENGINE_MALFORMED, "illegal opcode 0x%02x", op <= 0xff ? op : byte);
}

void compile_body(struct compiler *c, uint32_t func)
{
	const struct span *body = &c->module->bodies[func - c->module->n_imported_funcs];
	c->at = c->r.p = body->p;
	c->r.end = body->p + body->len;
	c->r.module = c->module->bytes;
	c->type = module_func_type(c->module, func);
	c->dead = !c->instance;
	clear_starts(c, 0);
	c->pos = c->n_vals = c->n_ctrls = c->tables_seen = c->n_ranges = c->n_clauses = 0;
	c->n_inits = 0;
	c->cmp_pos = NO_CMP;
	c->result_pos = NO_INSN - 1;
	for (int i = 0; i < ACC_CLASSES; i++)
		c->acc[i] = (struct acc){.val = -1, .mirror = -1};
	read_locals(c);
	uint32_t zero_words = c->pos;
	note_locals(c);
	forget(c);
	emit_show_frame(c, func);
	emit_fuel(c);
	struct ctrl root = {.kind = CTRL_FUNC, .was_dead = c->dead, .n_results = c->type->n_results,
			    .results = c->type->results};
	if (!c->ctrls) {
		c->room_ctrls = 32;
		c->ctrls = malloc(c->room_ctrls * sizeof(*c->ctrls));
		if (!c->ctrls)
			fail(c, ENGINE_NOMEM, "out of memory");
	}
	c->ctrls[c->n_ctrls++] = root;
	while (c->n_ctrls) {
		c->at = c->r.p;
		if (c->at == c->r.end)
			fail(c, ENGINE_MALFORMED, "unexpected end of section or function: END opcode expected");
		c->low = c->pos;
		uint32_t op = read_opcode(c);
		const struct insn *insn = insn_find(op);
		switch (insn ? (enum insn_class)insn->cls : INSN_NONE) {
		case INSN_NONE:
			unknown_opcode(c, op);
			break;
		case INSN_CTL:
			compile_control(c, op);
			break;
		case INSN_UN:
			if (op >> 8 == 0xfb)
				compile_ref_unary(c, insn);
			else
				compile_unary(c, insn);
			break;
		case INSN_VUN:
			compile_unary(c, insn);
			break;
		case INSN_BINC:
		case INSN_BIN:
		case INSN_CMPI:
		case INSN_CMPF:
		case INSN_VBINC:
		case INSN_VBIN:
			compile_binary(c, insn);
			break;
		case INSN_LOAD:
			compile_load(c, insn);
			break;
		case INSN_STOREI:
		case INSN_STOREF:
			compile_store(c, insn);
			break;
		case INSN_ATOMIC:
			compile_atomic(c, insn);
			break;
		case INSN_VTERN:
		case INSN_VSHIFT:
		case INSN_VSHUFFLE:
		case INSN_VEXTRACT:
		case INSN_VREPLACE:
		case INSN_LANELOAD:
		case INSN_LANESTORE:
			compile_vector(c, insn);
			break;
		}
		if (c->low <= c->map_pos && c->map_pos < c->pos)
			c->map_offset = (size_t)(c->at - c->module->bytes);
	}
	narrow_zeros(c, zero_words);
	if (c->r.p != c->r.end)
		reader_fail(&c->r, c->r.p, ENGINE_MALFORMED, "section size mismatch: operators remaining after end of function");
}
