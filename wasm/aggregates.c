/* Instructions on structures and arrays. */
#include <stdlib.h>

#include "compile.h"

/* Pops n operands and pushes the result, if any. What an instruction works with besides follows as words. */
static void operate(struct compiler *c, uint32_t op, const engine_type_t *types, uint32_t n, engine_type_t result,
		    const void *object1, const void *object2)
{
	(void)op, (void)object1, (void)object2;
	check_top(c, types, n);
	if (c->instance)
		fail(c, ENGINE_UNSUPPORTED, "structures and arrays are not supported yet");
	truncate_vals(c, c->n_vals - n);
	if (result)
		push_const(c, result, 0);
}

/* ---- types and fields ---- */

static const struct deftype *read_type(struct compiler *c, enum deftype_kind kind)
{
	return c->module->types[reader_type_index(&c->r, c->module, kind)];
}

static bool is_packed(engine_type_t type)
{
	return type == TYPE_I8 || type == TYPE_I16;
}

/* What a field is as an operand. */
static engine_type_t unpacked(engine_type_t type)
{
	return is_packed(type) ? (engine_type_t)ENGINE_I32 : type;
}

static const struct field_type *read_field(struct compiler *c, const struct deftype *def, uint32_t *ret_index)
{
	uint32_t index = reader_u32(&c->r);
	if (index >= def->n_fields)
		fail(c, ENGINE_INVALID, "unknown field %u", index);
	*ret_index = index;
	return &def->fields[index];
}

static void check_mutable(struct compiler *c, const struct field_type *field)
{
	if (!field->mutable_)
		fail(c, ENGINE_INVALID, "immutable %s", "field or array");
}

/* Packed fields are read with a sign or without, and only those. */
static void check_packing(struct compiler *c, const struct field_type *field, bool extends)
{
	if (is_packed(field->type) != extends)
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
			types[i] = unpacked(def->fields[i].type);
		operate(c, op, types, def->n_fields, def->refs[1], def, NULL);
		break;
	}
	case OP_struct_new_default:
		check_default(c, def);
		operate(c, op, NULL, 0, def->refs[1], def, NULL);
		break;
	case OP_struct_get:
	case OP_struct_get_s:
	case OP_struct_get_u:
		check_packing(c, field, op != OP_struct_get);
		operate(c, op, &def->refs[0], 1, unpacked(field->type), def, (const void *)(uintptr_t)index);
		break;
	case OP_struct_set:
		check_mutable(c, field);
		operate(c, op, (engine_type_t[]){def->refs[0], unpacked(field->type)}, 2, 0, def,
			(const void *)(uintptr_t)index);
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
	engine_type_t type = unpacked(field->type), ref = def->refs[1];
	switch (op) {
	case OP_array_new:
		operate(c, op, (engine_type_t[]){type, ENGINE_I32}, 2, ref, def, NULL);
		break;
	case OP_array_new_default:
		check_default(c, def);
		operate(c, op, i32x2, 1, ref, def, NULL);
		break;
	case OP_array_new_fixed: {
		uint32_t n = reader_u32(&c->r);
		if (n > LIMIT_FIELDS)
			fail(c, ENGINE_LIMIT, "array.new_fixed of %u elements, the limit is %u", n, LIMIT_FIELDS);
		engine_type_t *types = type_room(c);
		for (uint32_t i = 0; i < n; i++)
			types[i] = type;
		operate(c, op, types, n, ref, def, (const void *)(uintptr_t)n);
		break;
	}
	case OP_array_new_data:
		operate(c, op, i32x2, 2, ref, def, read_data(c, field));
		break;
	case OP_array_new_elem:
		operate(c, op, i32x2, 2, ref, def, read_elem(c, field));
		break;
	}
}

static void compile_copy(struct compiler *c, const struct deftype *def)
{
	const struct deftype *from = read_type(c, DEFTYPE_ARRAY);
	engine_type_t to_type = def->fields[0].type, from_type = from->fields[0].type;
	check_mutable(c, &def->fields[0]);
	if (is_packed(to_type) || is_packed(from_type) ? to_type != from_type : !type_matches(from_type, to_type))
		fail(c, ENGINE_INVALID, "array types do not match");
	operate(c, OP_array_copy, (engine_type_t[]){def->refs[0], ENGINE_I32, from->refs[0], ENGINE_I32, ENGINE_I32}, 5, 0,
		def, from);
}

void compile_array(struct compiler *c, uint32_t op)
{
	if (op == OP_array_len) {
		operate(c, op, (engine_type_t[]){ENGINE_ARRAYREF}, 1, ENGINE_I32, NULL, NULL);
		return;
	}
	const struct deftype *def = read_type(c, DEFTYPE_ARRAY);
	const struct field_type *field = &def->fields[0];
	engine_type_t type = unpacked(field->type), ref = def->refs[0];
	switch (op) {
	case OP_array_get:
	case OP_array_get_s:
	case OP_array_get_u:
		check_packing(c, field, op != OP_array_get);
		operate(c, op, (engine_type_t[]){ref, ENGINE_I32}, 2, type, def, NULL);
		break;
	case OP_array_set:
		check_mutable(c, field);
		operate(c, op, (engine_type_t[]){ref, ENGINE_I32, type}, 3, 0, def, NULL);
		break;
	case OP_array_fill:
		check_mutable(c, field);
		operate(c, op, (engine_type_t[]){ref, ENGINE_I32, type, ENGINE_I32}, 4, 0, def, NULL);
		break;
	case OP_array_copy:
		compile_copy(c, def);
		break;
	case OP_array_init_data:
	case OP_array_init_elem: {
		check_mutable(c, field);
		const void *segment = op == OP_array_init_data ? (const void *)read_data(c, field) : read_elem(c, field);
		operate(c, op, (engine_type_t[]){ref, ENGINE_I32, ENGINE_I32, ENGINE_I32}, 4, 0, def, segment);
		break;
	}
	default:
		compile_new(c, op, def);
		break;
	}
}
