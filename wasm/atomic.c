/* Atomic accesses, wait and notify: decoding and validation. They always name their memory and check. */
#include "compile.h"

/* Operands behind the address, by the operation's place among the opcodes: the proposal lists each for all widths. */
static uint32_t operands(const struct insn *insn, engine_type_t *types)
{
	uint32_t n = 0;
	if (insn->code == OP_memory_atomic_wait32 || insn->code == OP_memory_atomic_wait64) {
		types[n++] = insn->arg;
		types[n++] = ENGINE_I64; /* nanoseconds */
	} else if (insn->code == OP_memory_atomic_notify || insn->code >= OP_i32_atomic_store) {
		types[n++] = insn->arg;
		if (insn->code >= OP_i32_atomic_rmw_cmpxchg)
			types[n++] = insn->arg;
	}
	return n;
}

void compile_atomic(struct compiler *c, const struct insn *insn)
{
	const uint8_t *at = c->r.p;
	struct memarg m = read_memarg(c, insn);
	if (m.align != insn->log2_bytes)
		reader_fail(&c->r, at, ENGINE_INVALID, "atomic alignment must be natural");
	engine_type_t types[3] = {m.address};
	uint32_t n = 1 + operands(insn, types + 1);
	bool stores = insn->code >= OP_i32_atomic_store && insn->code < OP_i32_atomic_rmw_add;
	const uint64_t words[] = {(uint64_t)m.memory, m.offset};
	emit_helper_words(c, insn->ir, types, n, stores ? 0 : insn->res, words, 2);
}

void compile_fence(struct compiler *c)
{
	if (reader_byte(&c->r) != 0)
		fail(c, ENGINE_MALFORMED, "zero byte expected");
	if (!c->dead)
		emit(c, IR_atomic_fence, 0, 0, 0, 0);
}
