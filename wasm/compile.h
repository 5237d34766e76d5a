/* One pass over a function body that validates it and, given an instance, compiles it to IR.
 *
 * The compiler keeps wasm's operand stack as a stack of descriptions. A value is in the home slot of its stack position, or
 * it is still what it came from: a local nobody has changed since, a constant, or the accumulator its producer has left it
 * in. Most operands are consumed before they ever reach their home. Where code paths part or meet, values are in known
 * places: locals read but not consumed are copied, accumulators forgotten, a block's results put into their homes.
 *
 * A producer writes only its accumulator at first. If the value must live longer, or is the next one for a local, the
 * producer is patched to write a slot instead: that costs no instruction. */
#ifndef WASIWARD_COMPILE_H
#define WASIWARD_COMPILE_H

#include "insn.h"
#include "reader.h"
#include "runtime.h"

/* LOC_SUM: an i32 that is a slot (a local's, or the value's own home) plus a constant, and has not been computed yet: most
 * such sums are addresses, and loads and stores add for themselves. */
enum loc { LOC_HOME, LOC_LOCAL, LOC_CONST, LOC_ACC, LOC_SUM };

#if defined(WASIWARD_NO_FUSION)
enum { FUSION = false };
#else
enum { FUSION = true };
#endif

struct val {
	engine_type_t type;
	uint8_t loc;
	uint16_t slot; /* LOC_LOCAL: the local's; LOC_SUM */
	uint16_t home;
	uint64_t imm; /* LOC_CONST (the address of a v128's bytes in the module), LOC_SUM */
};

enum ctrl_kind {
	CTRL_FUNC,
	CTRL_BLOCK,
	CTRL_LOOP,
	CTRL_IF,
	CTRL_ELSE,
	CTRL_TRY_TABLE,
	CTRL_TRY, /* the legacy form's three parts */
	CTRL_CATCH,
	CTRL_CATCH_ALL
};

struct ctrl {
	uint8_t kind;
	bool unreachable; /* the rest of the block, for validation: its operands may be anything */
	bool was_dead;	  /* no code was emitted around it */
	uint32_t height;  /* operands below the block's own */
	uint32_t home;	  /* slot of the block's first parameter and first result */
	uint32_t inits;	  /* locals initialised before it */
	uint32_t n_params, n_results;
	const engine_type_t *params, *results;
	uint32_t start;	       /* CTRL_LOOP: where to branch; CTRL_TRY…: where the body begins */
	uint32_t end;	       /* CTRL_CATCH…: where it ended */
	uint32_t clause, n_clauses; /* CTRL_TRY_TABLE; CTRL_CATCH…: the one of this part */
	uint32_t landings;     /* chain of clauses that go to the end: index plus one; 0 ends */
	uint32_t fixups;       /* chain of words that hold a branch to the end; 0 ends */
	uint32_t else_fixup;   /* CTRL_IF: the branch to else or end */
	uint32_t stamp, stub;  /* the br_table that last named this block, and its code for it */
};

enum acc_class { ACC_INT, ACC_F32, ACC_F64, ACC_V128, ACC_CLASSES };

struct acc {
	int64_t val;	/* index of the operand that is only here, or -1 */
	int32_t mirror; /* slot that has the same value, or -1 */
	uint32_t pos;	/* its producer … */
	uint16_t id;	/* … and the producer's form without a slot; the one with a slot is the one before */
};

#define NO_INSN UINT32_MAX
#define NO_CMP (UINT32_MAX - 1)

enum unset {
	UNSET_NOT,   /* has a value here */
	UNSET_READ,  /* has one that was read, or may be, before it was set: the zero that it begins with */
	UNSET_ZERO,  /* nobody has read that zero so far */
	UNSET_ERROR, /* may not be read: its type has no default */
};

struct compiler {
	struct reader r;
	const engine_module_t *module;
	engine_instance_t *instance; /* NULL: only validate */
	const struct engine_functype *type;
	const uint8_t *at; /* the instruction being read */
	bool dead;	   /* emit nothing */

	engine_type_t *locals;
	uint32_t n_locals, room_locals;
	uint32_t *wide_slots;	/* the slot of each local; NULL while no local is a v128 */
	uint32_t *slot_buffer;	/* for it */
	uint32_t first_operand; /* the slot behind the last local */
	uint16_t *local_refs;	/* how many operands refer to the local in each slot */
	/* Locals that have no value yet, and those that got one within the blocks that are open, in that order. */
	uint8_t *unset; /* enum unset */
	uint32_t *inits, n_inits;
	uint32_t skip; /* words at the beginning that need not be run: nobody misses what they zero */
	engine_type_t *field_types; /* aggregates.c: room for LIMIT_FIELDS */
	struct val *vals;
	uint32_t n_vals, room_vals;
	struct ctrl *ctrls;
	uint32_t n_ctrls, room_ctrls;
	uint32_t tables_seen; /* stamp of the current br_table */

	uint64_t *code;
	uint32_t pos, room_code;
	uint64_t *starts; /* a bit for each word of code: an instruction begins there */
	struct acc acc[ACC_CLASSES];
	uint32_t last; /* the instruction emitted last, if nothing can jump between it and here */
	uint32_t prev; /* the one before it, on the same condition */
	uint32_t result_pos; /* the last word of the last call that has one result: the slot that gets it */
	uint32_t low;  /* the first word that the current wasm instruction has written */
	/* If the last instruction is a comparison (after a possible swap of operands) or eqz: */
	uint32_t cmp_pos;
	const struct insn *cmp;
	uint32_t cmp_ab;
	int32_t cmp_mirror; /* of r0 before it */

	/* Where the function catches; the target of a clause that is not known yet is the next of its chain. */
	struct try_range *ranges;
	uint32_t n_ranges, room_ranges;
	struct catch_clause *clauses;
	uint32_t n_clauses, room_clauses;

	/* Stack maps, if mapping (stack_map.c). */
	bool mapping, maps_partial;
	uint32_t map_only; /* just for the instruction with this word; 0: for all */
	struct frame_map *maps;
	uint32_t n_maps, room_maps;
	uint32_t *refs, n_refs, room_refs, n_local_refs;

	uint32_t map_pos; /* asked for: the offset of the instruction at this word */
	size_t map_offset;
};

/* ---- compile.c ---- */

/* Both leave through c->r.on_fail. */
void compile_body(struct compiler *c, uint32_t func);
void compiler_free(struct compiler *c);

/* ---- stack.c: operands and where they are ---- */

#define fail(c, kind, ...) reader_fail(&(c)->r, (c)->at, kind, __VA_ARGS__)

static inline enum acc_class acc_class(engine_type_t type)
{
	switch (type) {
	case ENGINE_F32:
		return ACC_F32;
	case ENGINE_F64:
		return ACC_F64;
	case ENGINE_V128:
		return ACC_V128;
	default:
		return ACC_INT;
	}
}

static inline uint32_t local_slot(const struct compiler *c, uint32_t local)
{
	if (c->wide_slots)
		return c->wide_slots[local];
	return local < c->type->n_params ? local : local + LINK_SLOTS;
}

static inline uint32_t slot_local(const struct compiler *c, uint32_t slot)
{
	return slot < c->type->n_params ? slot : slot - LINK_SLOTS;
}

static inline struct ctrl *top_ctrl(struct compiler *c)
{
	return &c->ctrls[c->n_ctrls - 1];
}

static inline uint32_t val_slot(const struct val *v)
{
	return v->loc == LOC_LOCAL ? v->slot : v->home;
}

void push_val(struct compiler *c, struct val v); /* sets home */
void push_const(struct compiler *c, engine_type_t type, uint64_t imm);
void push_home(struct compiler *c, engine_type_t type);
void push_local(struct compiler *c, engine_type_t type, uint32_t local);
/* The result of the instruction just emitted at pos, whose form id writes no slot yet. */
void push_acc(struct compiler *c, engine_type_t type, uint32_t pos, uint32_t id);
uint32_t next_home(const struct compiler *c);

/* slot + imm, not computed. */
void push_sum(struct compiler *c, uint32_t slot, uint32_t imm);

/* Pops an operand of a type, TYPE_ANY for all. Fails with "type mismatch". pop_any leaves a LOC_SUM as it is, pop_val
 * computes it, into the accumulator if that is free. Whoever pops several uses pop_any and settle. */
struct val pop_any(struct compiler *c, engine_type_t type);
struct val pop_val(struct compiler *c, engine_type_t type);
/* Computes a popped LOC_SUM. With keep, the accumulator has something that is still needed. */
void settle(struct compiler *c, struct val *v, bool keep);
/* Checks the topmost operands against n types and returns how many there are: fewer than n only in unreachable code. */
uint32_t match_top(struct compiler *c, const engine_type_t *types, uint32_t n);
/* The same, and makes them n operands of these types. */
void check_top(struct compiler *c, const engine_type_t *types, uint32_t n);
void truncate_vals(struct compiler *c, uint32_t n);

bool in_acc(const struct compiler *c, const struct val *v);
/* Makes sure the value (popped, or one on the stack) is in a slot, and returns it. */
uint32_t to_slot(struct compiler *c, struct val *v);
void to_home(struct compiler *c, struct val *v);
/* The operand at index i of the stack leaves the accumulator or its local. */
void home_val(struct compiler *c, uint32_t i);
void home_top(struct compiler *c, uint32_t n);
/* Before control flow: no operand of the current block stays in an accumulator or a local. */
void flush(struct compiler *c);
/* Where control flow meets: nothing is known about accumulators. */
void forget(struct compiler *c);
/* A call: accumulators die. */
void clobber_all(struct compiler *c);
void set_local(struct compiler *c, uint32_t local, struct val v);

/* ---- fuse.c: each emits one instruction for the last one or two and what is being compiled, or returns false ---- */

/* A load whose popped address was loaded, too; pushes the result. */
bool fuse_pointer(struct compiler *c, const struct insn *insn, const struct val *address, uint64_t offset);
/* A store of a popped value to a slot's address: the value was loaded from there and changed, or just loaded. */
bool fuse_modify(struct compiler *c, const struct insn *insn, const struct val *v, uint32_t address, uint64_t offset);
/* A store of what is in its accumulator to the address in r0, from where something was added to it. */
bool fuse_add_float(struct compiler *c, const struct insn *insn, uint64_t offset);
/* A global plus a constant; pushes the result. */
bool fuse_global_add(struct compiler *c, const struct val *a, uint32_t imm);
/* A global, the object at cell, gets what was computed from it. */
bool fuse_global_set(struct compiler *c, const struct val *v, uint64_t cell);
/* A direct call, but for the words from its function on, with what has placed the last argument. */
bool fuse_call(struct compiler *c, uint32_t frame, uint32_t link);
/* Takes back one or two copies that were emitted last: [dst][src][dst][src], or 0 if there are none. */
uint64_t take_copies(struct compiler *c);
/* A return of an integer, NULL for none, with what has made it, or with what has put the shadow stack back. */
bool fuse_return(struct compiler *c, const struct val *v);

/* ---- emit.c ---- */

uint32_t emit(struct compiler *c, uint32_t id, uint32_t f0, uint32_t f1, uint32_t f2, uint32_t f3);
/* Takes back everything from pos on. */
void rewind_to(struct compiler *c, uint32_t pos);
/* Forgets the beginnings of instructions from pos on. */
void clear_starts(struct compiler *c, uint32_t pos);
/* The first word from pos on at which an instruction begins; c->pos if there is none. */
uint32_t next_start(const struct compiler *c, uint32_t pos);
/* With a 32-bit upper half. */
uint32_t emit32(struct compiler *c, uint32_t id, uint32_t f0, uint32_t f1, uint32_t upper);
void emit_word(struct compiler *c, uint64_t word);
/* Where fuel is counted, if it is. */
void emit_fuel(struct compiler *c);
/* At a function's entry, and behind a call, if profilers are to see frames (shown.h). */
void emit_show_frame(struct compiler *c, uint32_t func);
void emit_show_return(struct compiler *c);
void emit_copy(struct compiler *c, engine_type_t type, uint32_t dst, uint32_t src);
void emit_const(struct compiler *c, engine_type_t type, uint32_t dst, uint64_t imm);
/* Leaves the accumulators alone. */
void emit_lea(struct compiler *c, uint32_t dst, uint32_t src, uint32_t imm);
void emit_set(struct compiler *c, engine_type_t type, uint32_t dst); /* from the accumulator */
void wrote_slot(struct compiler *c, uint32_t slot);
/* All slots of a value. */
void wrote_value(struct compiler *c, engine_type_t type, uint32_t slot);
/* The 16 bytes at an address. */
void emit_v128(struct compiler *c, uint64_t bytes);

/* ---- numeric.c ---- */

void compile_unary(struct compiler *c, const struct insn *insn);
void compile_binary(struct compiler *c, const struct insn *insn);
struct memarg {
	uint64_t offset;
	uint32_t align; /* binary logarithm */
	engine_type_t address;
	const engine_memory_t *memory; /* NULL without an instance */
	bool general;		       /* only the general forms will do */
};
/* Reads and checks which memory, offset and alignment an instruction has. */
struct memarg read_memarg(struct compiler *c, const struct insn *insn);
/* A form that writes a slot is pushed as the one that does not, one further: id is the former. */
void push_result(struct compiler *c, engine_type_t type, uint32_t id, uint32_t f1, uint32_t upper);
void compile_load(struct compiler *c, const struct insn *insn);
void compile_store(struct compiler *c, const struct insn *insn);
/* Pushes whether a slot is zero. */
void push_is_zero(struct compiler *c, uint32_t slot);
/* Behind an assignment to a local. */
void fuse_assignment(struct compiler *c);
/* Emits a branch that is taken if the popped condition is true (or, with sense false, is not), fusing it with the
 * comparison that made the condition. Returns the word that will hold the distance. */
uint32_t emit_branch_on(struct compiler *c, struct val *cond, bool sense, bool backward);

/* ---- vector.c ---- */

/* SIMD instructions that have no scalar counterpart. */
void compile_vector(struct compiler *c, const struct insn *insn);

/* ---- control.c ---- */

void compile_block(struct compiler *c, enum ctrl_kind kind);
void compile_else(struct compiler *c);
void compile_end(struct compiler *c);
void compile_br(struct compiler *c);
void compile_br_if(struct compiler *c);
void compile_br_table(struct compiler *c);
void compile_return(struct compiler *c);
/* tail: the callee takes this frame over. */
void compile_call(struct compiler *c, bool tail);
void compile_call_indirect(struct compiler *c, bool tail);
void compile_select(struct compiler *c, bool typed);
void compile_call_ref(struct compiler *c, bool tail);
void set_unreachable(struct compiler *c);
struct ctrl *read_label(struct compiler *c);
uint32_t label_arity(const struct ctrl *ctrl);
const engine_type_t *label_types(const struct ctrl *ctrl);
/* Branches, with the label's operands on top of the stack, if the popped condition is true (with sense false, is not). */
void branch_if(struct compiler *c, struct ctrl *ctrl, struct val *cond, bool sense);
/* The end of a part of a block: locals it has initialised are not behind it. */
void restore_inits(struct compiler *c, const struct ctrl *ctrl);
/* Reads a block's type, checks its parameters and brings everything into its place: the block only needs to be pushed. */
struct ctrl begin_block(struct compiler *c, enum ctrl_kind kind);
void push_ctrl(struct compiler *c, struct ctrl ctrl);
void check_results(struct compiler *c);
void push_homes(struct compiler *c, const engine_type_t *types, uint32_t n);
/* Leaves the current block with its results on top of the stack; nothing comes after. */
void leave_block(struct compiler *c);

/* ---- stack_map.c ---- */

/* Notes which slots hold references, if that is asked for: locals, and operands while the instruction at start, which has just
 * been emitted, runs. */
void note_locals(struct compiler *c);
void note_map(struct compiler *c, uint32_t start);

/* ---- exceptions.c ---- */

void compile_throw(struct compiler *c);
void compile_throw_ref(struct compiler *c);
void compile_try_table(struct compiler *c);
void compile_try(struct compiler *c);
void compile_catch(struct compiler *c, bool all);
void compile_rethrow(struct compiler *c);
void compile_delegate(struct compiler *c);
/* The end of a block that is being tried, before its results are checked off. */
void end_try(struct compiler *c, const struct ctrl *ctrl);
/* The handlers that go to the current position, or, of the function's own label, return. */
void resolve_landings(struct compiler *c, const struct ctrl *ctrl);

/* ---- misc.c ---- */

void compile_local(struct compiler *c, uint32_t op);
void compile_global(struct compiler *c, uint32_t op);
/* Instructions whose handlers find n operands in consecutive slots and leave their result in the first; result 0: none.
 * Their objects and constants follow as words. */
void emit_helper_words(struct compiler *c, uint32_t id, const engine_type_t *types, uint32_t n, engine_type_t result,
		       const uint64_t *words, uint32_t n_words);
void compile_memory(struct compiler *c, uint32_t op);
void compile_table(struct compiler *c, uint32_t op);

/* The segment of an instruction: its type, or that it exists at all. *ret: NULL without an instance. */
struct data_instance *check_data(struct compiler *c, uint32_t index);
engine_type_t check_elem(struct compiler *c, uint32_t index, struct elem_instance **ret);

/* ---- aggregates.c ---- */

void compile_struct(struct compiler *c, uint32_t op);
void compile_array(struct compiler *c, uint32_t op);

/* ---- references.c ---- */

void compile_ref(struct compiler *c, uint32_t op);
/* Rows of class UN whose operand or result is a reference. */
void compile_ref_unary(struct compiler *c, const struct insn *insn);

/* ---- atomic.c ---- */

void compile_atomic(struct compiler *c, const struct insn *insn);
void compile_fence(struct compiler *c);

#endif
