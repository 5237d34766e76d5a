/* Writing the code stream. */
#include <stdlib.h>
#include <string.h>

#include "compile.h"

void emit_fuel(struct compiler *c)
{
	if (!c->dead && c->instance->store->config.fuel)
		emit(c, IR_fuel, 0, 0, 0, 0);
}

void emit_show_frame(struct compiler *c, uint32_t func)
{
	if (c->dead || !c->instance->store->shown)
		return;
	const struct engine_config *config = &c->instance->store->config;
	emit(c, IR_show_frame, 0, 0, 0, 0);
	emit_word(c, config->address_of(config->address_user, c->module, func));
}

void emit_show_return(struct compiler *c)
{
	if (!c->dead && c->instance->store->shown)
		emit(c, IR_show_return, 0, 0, 0, 0);
}

/* emit_word runs for every word, this hardly ever. */
__attribute__((noinline, cold)) static void grow_code(struct compiler *c)
{
	uint32_t room = c->room_code ? c->room_code * 2 : 1024;
	uint64_t *code = realloc(c->code, (size_t)room * sizeof(*code));
	if (!code)
		fail(c, ENGINE_NOMEM, "out of memory");
	c->code = code;
	size_t old = c->starts ? c->room_code / 64 + 1 : 0, bits = room / 64 + 1;
	uint64_t *starts = realloc(c->starts, bits * sizeof(*starts));
	if (!starts)
		fail(c, ENGINE_NOMEM, "out of memory");
	memset(starts + old, 0, (bits - old) * sizeof(*starts));
	c->starts = starts;
	c->room_code = room;
}

void emit_word(struct compiler *c, uint64_t word)
{
	if (c->pos == c->room_code)
		grow_code(c);
	c->code[c->pos++] = word;
}

uint32_t emit(struct compiler *c, uint32_t id, uint32_t f0, uint32_t f1, uint32_t f2, uint32_t f3)
{
	uint32_t pos = c->pos;
	if (c->room_code - pos < 2)
		grow_code(c);
	c->code[pos] = id;
	c->code[pos + 1] = (uint64_t)f3 << 48 | (uint64_t)f2 << 32 | (uint64_t)f1 << 16 | f0;
	c->starts[pos / 64] |= UINT64_C(1) << pos % 64;
	c->pos = pos + 2;
	c->prev = c->last;
	c->last = pos;
	return pos;
}

void clear_starts(struct compiler *c, uint32_t pos)
{
	if (!c->starts)
		return;
	uint32_t first = pos / 64;
	c->starts[first] &= (UINT64_C(1) << pos % 64) - 1;
	memset(c->starts + first + 1, 0, (c->pos / 64 - first) * sizeof(*c->starts));
}

uint32_t next_start(const struct compiler *c, uint32_t pos)
{
	if (pos >= c->pos)
		return c->pos;
	uint32_t i = pos / 64;
	uint64_t bits = c->starts[i] >> pos % 64 << pos % 64;
	while (!bits && i < c->pos / 64)
		bits = c->starts[++i];
	return bits ? i * 64 + (uint32_t)__builtin_ctzll(bits) : c->pos;
}

void rewind_to(struct compiler *c, uint32_t pos)
{
	clear_starts(c, pos);
	c->pos = pos;
	c->last = pos == c->last ? c->prev : NO_INSN;
	c->prev = NO_INSN;
	c->cmp_pos = NO_CMP;
	if (pos < c->low)
		c->low = pos;
}

uint32_t emit32(struct compiler *c, uint32_t id, uint32_t f0, uint32_t f1, uint32_t upper)
{
	return emit(c, id, f0, f1, upper & 0xffff, upper >> 16);
}

void wrote_slot(struct compiler *c, uint32_t slot)
{
	for (int i = 0; i < ACC_CLASSES; i++)
		if (c->acc[i].mirror == (int32_t)slot)
			c->acc[i].mirror = -1;
	if (c->acc[ACC_V128].mirror + 1 == (int32_t)slot) /* its upper half */
		c->acc[ACC_V128].mirror = -1;
}

void wrote_value(struct compiler *c, engine_type_t type, uint32_t slot)
{
	wrote_slot(c, slot);
	if (type == ENGINE_V128)
		wrote_slot(c, slot + 1);
}

void emit_v128(struct compiler *c, uint64_t bytes)
{
	uint64_t halves[2];
	memcpy(halves, (const void *)bytes, sizeof(halves));
	emit_word(c, halves[0]);
	emit_word(c, halves[1]);
}

void emit_copy(struct compiler *c, engine_type_t type, uint32_t dst, uint32_t src)
{
	if (dst == src)
		return;
	if (c->acc[acc_class(type)].mirror == (int32_t)src) {
		emit_set(c, type, dst);
		return;
	}
	wrote_value(c, type, dst);
	if (type == ENGINE_F32 || type == ENGINE_V128) {
		emit(c, type == ENGINE_F32 ? IR_copy32 : IR_copy128, dst, src, 0, 0);
		return;
	}
	if (c->last != NO_INSN && c->code[c->last] == IR_copy) { /* two in one */
		c->code[c->last] = IR_copy2;
		c->code[c->last + 1] |= (uint64_t)src << 48 | (uint64_t)dst << 32;
		return;
	}
	emit(c, IR_copy, dst, src, 0, 0);
}

void emit_lea(struct compiler *c, uint32_t dst, uint32_t src, uint32_t imm)
{
	wrote_slot(c, dst);
	emit32(c, IR_lea, dst, src, imm);
}

void emit_const(struct compiler *c, engine_type_t type, uint32_t dst, uint64_t imm)
{
	wrote_value(c, type, dst);
	if (type == ENGINE_V128) {
		emit(c, IR_const128, dst, 0, 0, 0);
		emit_v128(c, imm);
	} else if (imm <= UINT32_MAX) {
		emit32(c, IR_const32, dst, 0, (uint32_t)imm);
	} else {
		emit(c, IR_const64, dst, 0, 0, 0);
		emit_word(c, imm);
	}
}

void emit_set(struct compiler *c, engine_type_t type, uint32_t dst)
{
	static const uint16_t ids[] = {[ACC_INT] = IR_set_i, [ACC_F32] = IR_set_f32, [ACC_F64] = IR_set_f64,
				       [ACC_V128] = IR_set_v128};
	wrote_value(c, type, dst);
	emit(c, ids[acc_class(type)], dst, 0, 0, 0);
}
