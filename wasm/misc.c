/* Variables, and the instructions that work on whole memories and tables. */
#include "compile.h"

void compile_local(struct compiler *c, uint32_t op)
{
	uint32_t local = reader_u32(&c->r);
	if (local >= c->n_locals)
		fail(c, ENGINE_INVALID, "unknown local %u", local);
	engine_type_t type = c->locals[local];
	if (op == OP_local_get) {
		if (c->unset[local] == UNSET_ERROR)
			fail(c, ENGINE_INVALID, "uninitialized local %u", local);
		if (c->unset[local] == UNSET_ZERO && !c->dead)
			c->unset[local] = UNSET_READ;
		push_local(c, type, local);
		return;
	}
	struct val v = pop_any(c, type);
	v.type = type;
	if (c->unset[local] > UNSET_READ) {
		c->unset[local] = UNSET_NOT;
		c->inits[c->n_inits++] = local;
	}
	if (!c->dead) {
		set_local(c, local, v);
		fuse_assignment(c);
	}
	if (op == OP_local_tee)
		push_local(c, type, local);
}

void compile_global(struct compiler *c, uint32_t op)
{
	static const uint16_t get[] = {[ACC_INT] = IR_global_get_i_R, [ACC_F32] = IR_global_get_f32_R,
				       [ACC_F64] = IR_global_get_f64_R, [ACC_V128] = IR_global_get_v128_R};
	static const uint16_t set[] = {[ACC_INT] = IR_global_set_i_R, [ACC_F32] = IR_global_set_f32_R,
				       [ACC_F64] = IR_global_set_f64_R, [ACC_V128] = IR_global_set_v128_R};
	uint32_t index = reader_u32(&c->r);
	if (index >= c->module->n_globals)
		fail(c, ENGINE_INVALID, "unknown global %u", index);
	engine_type_t type = c->module->globals[index].type;
	if (op == OP_global_get) {
		if (c->dead) {
			push_const(c, type, 0);
			return;
		}
		uint32_t id = get[acc_class(type)], pos = emit(c, id, 0, 0, 0, 0);
		emit_word(c, (uint64_t)c->instance->globals[index]);
		push_acc(c, type, pos, id);
		return;
	}
	if (!c->module->globals[index].mutable_)
		fail(c, ENGINE_INVALID, "immutable global: global is immutable");
	struct val v = pop_any(c, type);
	if (c->dead)
		return;
	v.type = type;
	if (FUSION && v.loc == LOC_SUM && c->acc[ACC_INT].val < 0) {
		emit32(c, IR_global_set_sum, 0, v.slot, (uint32_t)v.imm);
		emit_word(c, (uint64_t)c->instance->globals[index]);
		c->acc[ACC_INT].mirror = -1;
		return;
	}
	settle(c, &v, false);
	bool acc = in_acc(c, &v);
	if (acc && type == ENGINE_I32 && fuse_global_set(c, &v, (uint64_t)c->instance->globals[index]))
		return;
	uint32_t id = set[acc_class(type)], slot = acc ? 0 : to_slot(c, &v);
	/* Floats are rare here: from a slot they go as the bits they are. */
	emit(c, acc ? id : type == ENGINE_V128 ? IR_global_set_v128_S : IR_global_set_i_S, 0, slot, 0, 0);
	emit_word(c, (uint64_t)c->instance->globals[index]);
}

void emit_helper_words(struct compiler *c, uint32_t id, const engine_type_t *types, uint32_t n, engine_type_t result,
		       const uint64_t *words, uint32_t n_words)
{
	check_top(c, types, n);
	if (!c->dead) {
		home_top(c, n);
		emit(c, id, n ? c->vals[c->n_vals - n].home : next_home(c), 0, 0, 0);
		for (uint32_t i = 0; i < n_words; i++)
			emit_word(c, words[i]);
		note_map(c, c->last);
	}
	truncate_vals(c, c->n_vals - n);
	if (!result)
		return;
	if (c->dead) {
		push_const(c, result, 0);
		return;
	}
	clobber_all(c);
	push_home(c, result);
	uint32_t home = c->vals[c->n_vals - 1].home;
	wrote_value(c, result, home);
	if (acc_class(result) == ACC_INT)
		c->acc[ACC_INT].mirror = (int32_t)home;
}

/* The same with one object or two. */
static void emit_helper(struct compiler *c, uint32_t id, const engine_type_t *types, uint32_t n, engine_type_t result,
			const void *object1, const void *object2)
{
	const uint64_t words[] = {(uint64_t)object1, (uint64_t)object2};
	emit_helper_words(c, id, types, n, result, words, object2 ? 2 : 1);
}

/* Reads which memory an instruction is about. *ret_type: what addresses it. */
static engine_memory_t *read_memory(struct compiler *c, engine_type_t *ret_type)
{
	uint32_t index = reader_u32(&c->r);
	if (index >= c->module->n_memories)
		fail(c, ENGINE_INVALID, "unknown memory %u", index);
	*ret_type = index_type(&c->module->memories[index]);
	return c->instance ? c->instance->memories[index] : NULL;
}

struct data_instance *check_data(struct compiler *c, uint32_t index)
{
	/* Without the count a segment may exist or not. */
	if (!c->module->has_data_count && c->module->n_datas)
		fail(c, ENGINE_MALFORMED, "data count section required");
	if (!c->module->has_data_count || index >= c->module->data_count)
		fail(c, ENGINE_INVALID, "unknown data segment %u", index);
	return c->instance ? &c->instance->datas[index] : NULL;
}

/* The number of things copied between two memories or tables: i64 only if both have such indices. */
static engine_type_t common_index(engine_type_t a, engine_type_t b)
{
	return a == ENGINE_I64 && b == ENGINE_I64 ? ENGINE_I64 : ENGINE_I32;
}

void compile_memory(struct compiler *c, uint32_t op)
{
	uint32_t segment = op == OP_memory_init || op == OP_data_drop ? reader_u32(&c->r) : 0;
	if (op == OP_data_drop) {
		emit_helper(c, IR_data_drop, NULL, 0, 0, check_data(c, segment), NULL);
		return;
	}
	engine_type_t index, src_index;
	engine_memory_t *memory = read_memory(c, &index);
	switch (op) {
	case OP_memory_size:
		emit_helper(c, IR_memory_size, NULL, 0, index, memory, NULL);
		break;
	case OP_memory_grow:
		emit_helper(c, IR_memory_grow, &index, 1, index, memory, NULL);
		break;
	case OP_memory_fill:
		emit_helper(c, IR_memory_fill, (engine_type_t[]){index, ENGINE_I32, index}, 3, 0, memory, NULL);
		break;
	case OP_memory_copy: {
		engine_memory_t *src = read_memory(c, &src_index);
		emit_helper(c, IR_memory_copy, (engine_type_t[]){index, src_index, common_index(index, src_index)}, 3, 0,
			    memory, src);
		break;
	}
	case OP_memory_init:
		emit_helper(c, IR_memory_init, (engine_type_t[]){index, ENGINE_I32, ENGINE_I32}, 3, 0, memory,
			    check_data(c, segment));
		break;
	}
}

/* Reads which table an instruction is about and returns its type. */
static const struct table_type *read_table(struct compiler *c, engine_table_t **ret)
{
	uint32_t index = reader_u32(&c->r);
	if (index >= c->module->n_tables)
		fail(c, ENGINE_INVALID, "unknown table %u", index);
	*ret = c->instance ? c->instance->tables[index] : NULL;
	return &c->module->tables[index];
}

engine_type_t check_elem(struct compiler *c, uint32_t index, struct elem_instance **ret)
{
	if (index >= c->module->n_elems)
		fail(c, ENGINE_INVALID, "unknown elem segment %u", index);
	*ret = c->instance ? &c->instance->elems[index] : NULL;
	return c->module->elems[index].type;
}

void compile_table(struct compiler *c, uint32_t op)
{
	engine_table_t *table = NULL, *src = NULL;
	struct elem_instance *elem = NULL;
	uint32_t segment = op == OP_table_init || op == OP_elem_drop ? reader_u32(&c->r) : 0;
	if (op == OP_elem_drop) {
		check_elem(c, segment, &elem);
		emit_helper(c, IR_elem_drop, NULL, 0, 0, elem, NULL);
		return;
	}
	const struct table_type *table_type = read_table(c, &table);
	engine_type_t type = table_type->type, index = index_type(&table_type->limits);
	switch (op) {
	case OP_table_get:
		emit_helper(c, IR_table_get, &index, 1, type, table, NULL);
		break;
	case OP_table_set:
		emit_helper(c, IR_table_set, (engine_type_t[]){index, type}, 2, 0, table, NULL);
		break;
	case OP_table_size:
		emit_helper(c, IR_table_size, NULL, 0, index, table, NULL);
		break;
	case OP_table_grow:
		emit_helper(c, IR_table_grow, (engine_type_t[]){type, index}, 2, index, table, NULL);
		break;
	case OP_table_fill:
		emit_helper(c, IR_table_fill, (engine_type_t[]){index, type, index}, 3, 0, table, NULL);
		break;
	case OP_table_copy: {
		const struct table_type *src_type = read_table(c, &src);
		engine_type_t src_index = index_type(&src_type->limits);
		if (!type_matches(src_type->type, type))
			fail(c, ENGINE_INVALID, "type mismatch: tables of different references");
		emit_helper(c, IR_table_copy, (engine_type_t[]){index, src_index, common_index(index, src_index)}, 3, 0,
			    table, src);
		break;
	}
	case OP_table_init:
		if (!type_matches(check_elem(c, segment, &elem), type))
			fail(c, ENGINE_INVALID, "type mismatch: segment and table of different references");
		emit_helper(c, IR_table_init, (engine_type_t[]){index, ENGINE_I32, ENGINE_I32}, 3, 0, table, elem);
		break;
	}
}
