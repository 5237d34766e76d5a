#include "constexpr.h"

#include <string.h>

#include "reader.h"

enum { DEPTH = 64 }; /* operands; extended constant expressions of toolchains need two or three */

static void push(struct reader *r, const uint8_t *at, engine_type_t *types, unsigned *depth, engine_type_t type)
{
	if (*depth == DEPTH)
		reader_fail(r, at, ENGINE_LIMIT, "constant expression too deep");
	types[(*depth)++] = type;
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
				reader_fail(r, start, ENGINE_INVALID, "type mismatch in constant expression");
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
				reader_fail(r, at, ENGINE_INVALID, "type mismatch in constant expression");
			depth--;
			break;
		}
		default:
			if (op == 0xfb || op == 0xfd)
				reader_fail(r, at, ENGINE_UNSUPPORTED, "instruction 0x%02x is not supported yet", op);
			if (op > 0xd2 && op != 0xfc)
				reader_fail(r, at, ENGINE_MALFORMED, "illegal opcode 0x%02x", op);
			reader_fail(r, at, ENGINE_INVALID, "constant expression required");
		}
	}
}

union engine_value constexpr_value(engine_instance_t *instance, const uint8_t **p)
{
	union engine_value stack[DEPTH];
	unsigned depth = 0;
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
			return stack[0];
		case 0x23:
			value = instance->globals[reader_u32(&r)]->value;
			break;
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
		case 0xd0:
			reader_heaptype(&r, module);
			break;
		case 0xd2:
			value.func = instance_func(instance, reader_u32(&r));
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
