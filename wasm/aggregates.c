/* Instructions on structures and arrays. */
#include <stdlib.h>

#include "compile.h"
#include "heap.h"

/* Where a field or an element is, for the instruction that accesses it. */
static const struct layout *layout_of(struct compiler *c, const struct deftype *def)
{
	const struct layout *layout = heap_layout(c->instance->store, def);
	if (!layout)
		fail(c, ENGINE_NOMEM, "out of memory");
	return layout;
}

/* What needs a C function: n operands in their homes, then two words. def: of the object that is made or changed. */
static void operate(struct compiler *c, uint32_t id, const engine_type_t *types, uint32_t n, engine_type_t result,
		    const struct deftype *def, uint64_t word)
{
	const uint64_t words[] = {c->dead ? 0 : (uint64_t)layout_of(c, def), word};
	emit_helper_words(c, id, types, n, result, words, 2);
}

/* Pops the operands of an access and says where they are: object, then index or value, then value. */
static void pop_slots(struct compiler *c, const engine_type_t *types, uint32_t n, uint32_t *ret_slots)
{
	struct val vals[3];
	for (uint32_t i = n; i-- > 0;) {
		vals[i] = pop_any(c, types[i]);
		if (vals[i].type == TYPE_ANY)
			vals[i].type = types[i];
	}
	for (uint32_t i = n; !c->dead && i-- > 0;)
		ret_slots[i] = to_slot(c, &vals[i]);
}

/* IR of gets by type and of sets by how a field is stored; a get through r0 has its form without a slot behind it. */
struct access {
	uint16_t get_s8, get_u8, get_s16, get_u16, get_i32, get_i64, get_f32, get_f64, get_v128, set[FIELD_EXTERN + 1];
};

#define ACCESS(p) \
	{ \
		IR_##p##_get_s8_S, IR_##p##_get_u8_S, IR_##p##_get_s16_S, IR_##p##_get_u16_S, IR_##p##_get_i32_S, \
		IR_##p##_get_i64_S, IR_##p##_get_f32, IR_##p##_get_f64, IR_##p##_get_v128, { \
			[FIELD_8] = IR_##p##_set_8, [FIELD_16] = IR_##p##_set_16, [FIELD_32] = IR_##p##_set_32, \
			[FIELD_64] = IR_##p##_set_64, [FIELD_128] = IR_##p##_set_128, [FIELD_ANY] = IR_##p##_set_any, \
			[FIELD_EXTERN] = IR_##p##_set_extern \
		} \
	}
static const struct access struct_access = ACCESS(struct), array_access = ACCESS(array);

/* The value of a field or element as an operand: object in field 1 of the instruction, index in 2, offset (if any) behind. */
static void get(struct compiler *c, const struct access *access, const struct field_type *field, bool is_signed,
		const engine_type_t *types, uint32_t n, const uint32_t *offset)
{
	uint32_t slots[3] = {0}, id;
	engine_type_t type = type_unpacked(field->type);
	pop_slots(c, types, n, slots);
	if (c->dead) {
		push_const(c, type, 0);
		return;
	}
	switch (field->type) {
	case TYPE_I8:
		id = is_signed ? access->get_s8 : access->get_u8;
		break;
	case TYPE_I16:
		id = is_signed ? access->get_s16 : access->get_u16;
		break;
	case ENGINE_I32:
		id = access->get_i32;
		break;
	case ENGINE_F32:
		id = access->get_f32;
		break;
	case ENGINE_F64:
		id = access->get_f64;
		break;
	case ENGINE_V128:
		id = access->get_v128;
		break;
	default:
		id = access->get_i64;
		break;
	}
	bool through_r0 = id <= access->get_i64 + 1u && id >= access->get_s8;
	if (through_r0) {
		uint32_t pos = emit(c, id + 1, 0, slots[0], slots[1], 0);
		if (offset)
			emit_word(c, *offset);
		push_acc(c, type, pos, id + 1);
		return;
	}
	push_home(c, type);
	uint32_t home = c->vals[c->n_vals - 1].home;
	wrote_value(c, type, home);
	emit(c, id, home, slots[0], slots[1], 0);
	if (offset)
		emit_word(c, *offset);
}

static void set(struct compiler *c, const struct access *access, const engine_type_t *types, uint32_t n,
		const struct deftype *def, uint32_t index)
{
	uint32_t slots[3] = {0};
	pop_slots(c, types, n, slots);
	if (c->dead)
		return;
	const struct field_layout *layout = &layout_of(c, def)->fields[index];
	emit(c, access->set[layout->kind], 0, slots[0], slots[1], slots[2]);
	if (access == &struct_access)
		emit_word(c, layout->offset);
}

/* ---- types and fields ---- */

static const struct deftype *read_type(struct compiler *c, enum deftype_kind kind)
{
	return c->module->types[reader_type_index(&c->r, c->module, kind)];
}

static const struct field_type *read_field(struct compiler *c, const struct deftype *def, uint32_t *ret_index)
{
	uint32_t index = reader_u32(&c->r);
	if (index >= def->n_fields)
		fail(c, ENGINE_INVALID, "unknown field %u", index);
	*ret_index = index;
	return &def->fields[index];
}

static void check_mutable(struct compiler *c, const struct field_type *field, const char *what)
{
	if (!field->mutable_)
		fail(c, ENGINE_INVALID, "immutable %s", what);
}

/* Packed fields are read with a sign or without, and only those. */
static void check_packing(struct compiler *c, const struct field_type *field, bool extends)
{
	if (type_is_packed(field->type) != extends)
		fail(c, ENGINE_INVALID, "type mismatch: field is %s", extends ? "unpacked" : "packed");
}

static void check_default(struct compiler *c, const struct deftype *def)
{
	for (uint32_t i = 0; i < def->n_fields; i++)
		if (!type_has_default(def->fields[i].type))
			fail(c, ENGINE_INVALID, "type mismatch: field %u has no default value", i);
}

/* n types to be popped, valid until the next call. */
static engine_type_t *type_room(struct compiler *c)
{
	if (!c->field_types)
		c->field_types = malloc(LIMIT_FIELDS * sizeof(*c->field_types));
	if (!c->field_types)
		fail(c, ENGINE_NOMEM, "out of memory");
	return c->field_types;
}

/* ---- structures ---- */

void compile_struct(struct compiler *c, uint32_t op)
{
	const struct deftype *def = read_type(c, DEFTYPE_STRUCT);
	const struct field_type *field = NULL;
	uint32_t index = 0;
	if (op != OP_struct_new && op != OP_struct_new_default)
		field = read_field(c, def, &index);
	switch (op) {
	case OP_struct_new: {
		engine_type_t *types = type_room(c);
		for (uint32_t i = 0; i < def->n_fields; i++)
			types[i] = type_unpacked(def->fields[i].type);
		operate(c, IR_struct_new, types, def->n_fields, def->refs[1], def, 0);
		break;
	}
	case OP_struct_new_default:
		check_default(c, def);
		operate(c, IR_struct_new_default, NULL, 0, def->refs[1], def, 0);
		break;
	case OP_struct_get:
	case OP_struct_get_s:
	case OP_struct_get_u:
		check_packing(c, field, op != OP_struct_get);
		get(c, &struct_access, field, op == OP_struct_get_s, &def->refs[0], 1,
		    &(uint32_t){c->dead ? 0 : layout_of(c, def)->fields[index].offset});
		break;
	case OP_struct_set:
		check_mutable(c, field, "field");
		set(c, &struct_access, (engine_type_t[]){def->refs[0], type_unpacked(field->type)}, 2, def, index);
		break;
	}
}

/* ---- arrays ---- */

/* A data segment for an array of numbers. */
static const struct data_instance *read_data(struct compiler *c, const struct field_type *field)
{
	uint32_t index = reader_u32(&c->r);
	if (type_is_ref(field->type))
		fail(c, ENGINE_INVALID, "array type is not numeric or vector");
	return check_data(c, index);
}

static const struct elem_instance *read_elem(struct compiler *c, const struct field_type *field)
{
	struct elem_instance *elem;
	engine_type_t type = check_elem(c, reader_u32(&c->r), &elem);
	if (!type_matches(type, field->type))
		fail(c, ENGINE_INVALID, "type mismatch: segment of %s, array of %s", type_text(c->module, type).s,
		     type_text(c->module, field->type).s);
	return elem;
}

static void compile_new(struct compiler *c, uint32_t op, const struct deftype *def)
{
	static const engine_type_t i32x2[] = {ENGINE_I32, ENGINE_I32};
	const struct field_type *field = &def->fields[0];
	engine_type_t type = type_unpacked(field->type), ref = def->refs[1];
	switch (op) {
	case OP_array_new:
		operate(c, IR_array_new, (engine_type_t[]){type, ENGINE_I32}, 2, ref, def, 0);
		break;
	case OP_array_new_default:
		check_default(c, def);
		operate(c, IR_array_new_default, i32x2, 1, ref, def, 0);
		break;
	case OP_array_new_fixed: {
		uint32_t n = reader_u32(&c->r);
		if (n > LIMIT_FIELDS)
			fail(c, ENGINE_LIMIT, "array.new_fixed of %u elements, the limit is %u", n, LIMIT_FIELDS);
		engine_type_t *types = type_room(c);
		for (uint32_t i = 0; i < n; i++)
			types[i] = type;
		operate(c, IR_array_new_fixed, types, n, ref, def, n);
		break;
	}
	case OP_array_new_data:
		operate(c, IR_array_new_data, i32x2, 2, ref, def, (uint64_t)read_data(c, field));
		break;
	case OP_array_new_elem:
		operate(c, IR_array_new_elem, i32x2, 2, ref, def, (uint64_t)read_elem(c, field));
		break;
	}
}

static void compile_copy(struct compiler *c, const struct deftype *def)
{
	const struct deftype *from = read_type(c, DEFTYPE_ARRAY);
	engine_type_t to_type = def->fields[0].type, from_type = from->fields[0].type;
	check_mutable(c, &def->fields[0], "array");
	if (type_is_packed(to_type) || type_is_packed(from_type) ? to_type != from_type : !type_matches(from_type, to_type))
		fail(c, ENGINE_INVALID, "array types do not match");
	operate(c, IR_array_copy, (engine_type_t[]){def->refs[0], ENGINE_I32, from->refs[0], ENGINE_I32, ENGINE_I32}, 5, 0,
		def, 0);
}

static void compile_len(struct compiler *c)
{
	static const engine_type_t type = ENGINE_ARRAYREF;
	uint32_t slot = 0;
	pop_slots(c, &type, 1, &slot);
	if (c->dead)
		push_const(c, ENGINE_I32, 0);
	else
		push_acc(c, ENGINE_I32, emit(c, IR_array_len_R, 0, slot, 0, 0), IR_array_len_R);
}

void compile_array(struct compiler *c, uint32_t op)
{
	if (op == OP_array_len) {
		compile_len(c);
		return;
	}
	const struct deftype *def = read_type(c, DEFTYPE_ARRAY);
	const struct field_type *field = &def->fields[0];
	engine_type_t type = type_unpacked(field->type), ref = def->refs[0];
	switch (op) {
	case OP_array_get:
	case OP_array_get_s:
	case OP_array_get_u:
		check_packing(c, field, op != OP_array_get);
		get(c, &array_access, field, op == OP_array_get_s, (engine_type_t[]){ref, ENGINE_I32}, 2, NULL);
		break;
	case OP_array_set:
		check_mutable(c, field, "array");
		set(c, &array_access, (engine_type_t[]){ref, ENGINE_I32, type}, 3, def, 0);
		break;
	case OP_array_fill:
		check_mutable(c, field, "array");
		operate(c, IR_array_fill, (engine_type_t[]){ref, ENGINE_I32, type, ENGINE_I32}, 4, 0, def, 0);
		break;
	case OP_array_copy:
		compile_copy(c, def);
		break;
	case OP_array_init_data:
	case OP_array_init_elem: {
		check_mutable(c, field, "array");
		const void *segment = op == OP_array_init_data ? (const void *)read_data(c, field) : read_elem(c, field);
		operate(c, op == OP_array_init_data ? IR_array_init_data : IR_array_init_elem,
			(engine_type_t[]){ref, ENGINE_I32, ENGINE_I32, ENGINE_I32}, 4, 0, def, (uint64_t)segment);
		break;
	}
	default:
		compile_new(c, op, def);
		break;
	}
}
