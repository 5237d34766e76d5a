#include "constexpr.h"

#include <string.h>

#include "heap.h"
#include "insn.h"
#include "reader.h"
#include "ref.h"

enum { DEPTH = LIMIT_FIELDS + 64 }; /* operands: all fields of a structure, and a few */

static void push(struct reader *r, const uint8_t *at, engine_type_t *types, unsigned *depth, engine_type_t type)
{
	if (*depth == DEPTH)
		reader_fail(r, at, ENGINE_LIMIT, "constant expression too deep");
	types[(*depth)++] = type;
}

static void mismatch(struct reader *r, const uint8_t *at)
{
	reader_fail(r, at, ENGINE_INVALID, "type mismatch in constant expression");
}

static engine_type_t pop(struct reader *r, const uint8_t *at, const engine_type_t *types, unsigned *depth, engine_type_t want)
{
	if (*depth == 0 || !type_matches(types[*depth - 1], want))
		mismatch(r, at);
	return types[--*depth];
}

static void check_default(struct reader *r, const uint8_t *at, const struct deftype *def)
{
	for (uint32_t i = 0; i < def->n_fields; i++)
		if (!type_has_default(def->fields[i].type))
			mismatch(r, at);
}

/* Instructions with the prefix 0xfb. */
static void check_object(struct reader *r, engine_module_t *module, const uint8_t *at, engine_type_t *types, unsigned *depth)
{
	uint32_t number = reader_u32(r), op = number < 0x100 ? 0xfb00 | number : UINT32_MAX;
	bool is_struct = op == OP_struct_new || op == OP_struct_new_default;
	const struct deftype *def = NULL;
	if (is_struct || op == OP_array_new || op == OP_array_new_default || op == OP_array_new_fixed)
		def = module->types[reader_type_index(r, module, is_struct ? DEFTYPE_STRUCT : DEFTYPE_ARRAY)];
	switch (op) {
	case OP_struct_new:
		for (uint32_t i = def->n_fields; i-- > 0;)
			pop(r, at, types, depth, type_unpacked(def->fields[i].type));
		break;
	case OP_struct_new_default:
		check_default(r, at, def);
		break;
	case OP_array_new:
		pop(r, at, types, depth, ENGINE_I32);
		pop(r, at, types, depth, type_unpacked(def->fields[0].type));
		break;
	case OP_array_new_default:
		check_default(r, at, def);
		pop(r, at, types, depth, ENGINE_I32);
		break;
	case OP_array_new_fixed:
		for (uint32_t n = reader_u32(r); n > 0; n--) /* ends when the operands do */
			pop(r, at, types, depth, type_unpacked(def->fields[0].type));
		break;
	case OP_ref_i31:
		pop(r, at, types, depth, ENGINE_I32);
		push(r, at, types, depth, ENGINE_I31REF | ENGINE_NON_NULL);
		return;
	case OP_any_convert_extern: {
		engine_type_t from = pop(r, at, types, depth, ENGINE_EXTERNREF);
		push(r, at, types, depth, ENGINE_ANYREF | (from & ENGINE_NON_NULL));
		return;
	}
	case OP_extern_convert_any: {
		engine_type_t from = pop(r, at, types, depth, ENGINE_ANYREF);
		push(r, at, types, depth, ENGINE_EXTERNREF | (from & ENGINE_NON_NULL));
		return;
	}
	default:
		reader_fail(r, at, ENGINE_INVALID, "constant expression required");
	}
	push(r, at, types, depth, def->refs[1]);
}

void constexpr_check(struct reader *r, engine_module_t *module, engine_type_t type, uint32_t globals)
{
	engine_type_t types[DEPTH];
	unsigned depth = 0;
	const uint8_t *start = r->p;
	for (;;) {
		const uint8_t *at = r->p;
		uint8_t op = reader_byte(r);
		uint32_t index;
		switch (op) {
		case 0x0b:
			if (depth != 1 || !type_matches(types[0], type))
				mismatch(r, start);
			return;
		case 0x23:
			index = reader_u32(r);
			if (index >= globals)
				reader_fail(r, at, ENGINE_INVALID, "unknown global %u", index);
			if (module->globals[index].mutable_)
				reader_fail(r, at, ENGINE_INVALID, "constant expression required");
			push(r, at, types, &depth, module->globals[index].type);
			break;
		case 0x41:
			reader_s32(r);
			push(r, at, types, &depth, ENGINE_I32);
			break;
		case 0x42:
			reader_s64(r);
			push(r, at, types, &depth, ENGINE_I64);
			break;
		case 0x43:
			reader_bytes(r, 4);
			push(r, at, types, &depth, ENGINE_F32);
			break;
		case 0x44:
			reader_bytes(r, 8);
			push(r, at, types, &depth, ENGINE_F64);
			break;
		case 0xfd:
			if (reader_u32(r) != opcode_number(OP_v128_const))
				reader_fail(r, at, ENGINE_INVALID, "constant expression required");
			reader_bytes(r, 16);
			push(r, at, types, &depth, ENGINE_V128);
			break;
		case 0xd0:
			push(r, at, types, &depth, reader_heaptype(r, module));
			break;
		case 0xd2:
			index = reader_u32(r);
			if (index >= module->n_funcs)
				reader_fail(r, at, ENGINE_INVALID, "unknown function %u", index);
			module->declared[index / 8] |= (uint8_t)(1 << index % 8);
			push(r, at, types, &depth, module->types[module->func_types[index]]->refs[1]);
			break;
		case 0x6a:
		case 0x6b:
		case 0x6c:
		case 0x7c:
		case 0x7d:
		case 0x7e: {
			engine_type_t operand = op < 0x70 ? ENGINE_I32 : ENGINE_I64;
			if (depth < 2 || types[depth - 1] != operand || types[depth - 2] != operand)
				mismatch(r, at);
			depth--;
			break;
		}
		case 0xfb:
			check_object(r, module, at, types, &depth);
			break;
		default:
			if (op > 0xd2 && op != 0xfc)
				reader_fail(r, at, ENGINE_MALFORMED, "illegal opcode 0x%02x", op);
			reader_fail(r, at, ENGINE_INVALID, "constant expression required");
		}
	}
}

/* The value of an instruction with the prefix 0xfb; its operands are popped. False: the heap is exhausted. */
static bool make_object(engine_instance_t *instance, struct reader *r, const union engine_value *stack, unsigned *depth,
			uint64_t *ret)
{
	const engine_module_t *module = instance->module;
	engine_store_t *store = instance->store;
	uint32_t op = 0xfb00 | reader_u32(r);
	const uint64_t *top = &stack[*depth].bits; /* behind the topmost */
	uint32_t slots = 0; /* of operands */
	const struct deftype *def = op <= OP_array_new_fixed ? module->types[reader_u32(r)] : NULL;
	switch (op) {
	case OP_struct_new:
		for (uint32_t i = 0; i < def->n_fields; i++)
			slots += type_slots(def->fields[i].type);
		*depth -= slots;
		*ret = heap_struct(store, def, top - slots);
		break;
	case OP_struct_new_default:
		*ret = heap_struct(store, def, NULL);
		break;
	case OP_array_new:
		slots = type_slots(def->fields[0].type) + 1;
		*depth -= slots;
		*ret = heap_array(store, def, top - slots, 0, (uint32_t)top[-1]);
		break;
	case OP_array_new_default:
		*depth -= 1;
		*ret = heap_array(store, def, NULL, 0, (uint32_t)top[-1]);
		break;
	case OP_array_new_fixed: {
		uint32_t n = reader_u32(r);
		slots = n * type_slots(def->fields[0].type);
		*depth -= slots;
		*ret = heap_array(store, def, top - slots, type_slots(def->fields[0].type), n);
		break;
	}
	default: /* of one operand */
		--*depth;
		*ret = op == OP_ref_i31 ? ref_i31((uint32_t)top[-1])
					: op == OP_any_convert_extern ? ref_any_of_extern(top[-1]) : ref_extern_of_any(top[-1]);
		return true;
	}
	return *ret != 0;
}

bool constexpr_value(engine_instance_t *instance, const uint8_t **p, union engine_value *ret)
{
	union engine_value stack[2 * DEPTH];
	unsigned depth = 0; /* in values */
	const engine_module_t *module = instance->module;
	struct engine_error error;
	jmp_buf never;
	struct reader r = {*p, module->bytes + module->len, module->bytes, &never, &error};
	for (;;) {
		union engine_value value = {.bits = 0};
		uint8_t op = reader_byte(&r);
		switch (op) {
		case 0x0b:
			*p = r.p;
			memcpy(ret, stack, depth * sizeof(*ret));
			return true;
		case 0x23: {
			const engine_global_t *global = instance->globals[reader_u32(&r)];
			value = global->value;
			if (global->type == ENGINE_V128) {
				stack[depth++] = value;
				value.bits = global->upper;
			}
			break;
		}
		case 0x41:
			value.i32 = (uint32_t)reader_s32(&r);
			break;
		case 0x42:
			value.i64 = (uint64_t)reader_s64(&r);
			break;
		case 0x43:
			memcpy(&value, reader_bytes(&r, 4), 4);
			break;
		case 0x44:
			memcpy(&value, reader_bytes(&r, 8), 8);
			break;
		case 0xfd:
			reader_u32(&r);
			memcpy(&stack[depth++], reader_bytes(&r, 8), 8);
			memcpy(&value, reader_bytes(&r, 8), 8);
			break;
		case 0xd0:
			reader_heaptype(&r, module);
			break;
		case 0xd2:
			value.func = instance_func(instance, reader_u32(&r));
			break;
		case 0xfb:
			if (!make_object(instance, &r, stack, &depth, &value.bits))
				return false;
			break;
		default: {
			uint64_t b = stack[--depth].bits, a = stack[--depth].bits;
			uint64_t result = op == 0x6a || op == 0x7c ? a + b : op == 0x6b || op == 0x7d ? a - b : a * b;
			value.bits = op < 0x70 ? (uint32_t)result : result;
		}
		}
		stack[depth++] = value;
	}
}
