/* Calls that are no jump to code of the same instance: of hosts' functions and other instances', of functions that are not
 * compiled yet, calls that replace their caller, and what to do when the limit has been passed. */
#include "counts.h"
#include "handlers_call.h"

static handler_fn call_foreign, call_foreign_slow;

/* The last word of a call that is not direct: the instance. */
static inline const uint64_t *last_word(const engine_store_t *store, const uint64_t *call)
{
	uint64_t handler = insn_handler(store, call);
	if (handler == (uint64_t)H_call_indirect_copy2_R)
		return call + 5;
	return handler == (uint64_t)H_call_indirect_S || handler == (uint64_t)H_call_indirect_R ? call + 4 : call + 3;
}

/* A function of another instance gets a frame after a record (FOREIGN_SLOTS) that says what to restore: return address, caller's frame,
 * instance, function, and where the results go. */
IN_HANDLER_SECTION static int call_foreign(HANDLER_PARAMS)
{
	const uint64_t *at = pc; /* for the trap */
	const engine_func_t *func = (const engine_func_t *)r0;
	const uint64_t *last = last_word(x, at);
	uint32_t n = func->type->param_values, r = func->type->result_values;
	uint64_t *args = &SLOT(0), *save = args + (n > r ? n : r), *frame = save + FOREIGN_SLOTS;
	if (unlikely(frame > LIMIT()))
		TAIL(call_foreign_slow);
	const uint64_t *back = last + 1;
	bool single = func->type->n_results == 1;
	save[0] = (uint64_t)(back + single);
	save[1] = (uint64_t)sp;
	save[2] = *last;
	save[3] = (uint64_t)func;
	save[4] = (uint64_t)(single ? sp + back[0] : args);
	memmove(frame, args, n * sizeof(*frame));
	frame[n] = return_code(code_foreign_return, func->type);
	frame[n + 1] = (uint64_t)save;
	engine_memory_t *memory = instance_memory0(func->instance);
	mem = memory ? memory->base : NULL;
	sp = frame;
	pc = func->entry;
	DISPATCH();
}

H(H_foreign_return)
{
	const engine_func_t *func = (const engine_func_t *)sp[3];
	engine_memory_t *memory = instance_memory0((const engine_instance_t *)sp[2]);
	mem = memory ? memory->base : NULL;
	pc = (const uint64_t *)sp[0];
	uint64_t *results = (uint64_t *)sp[4], *from = sp + FOREIGN_SLOTS;
	sp = (uint64_t *)sp[1];
	memmove(results, from, func->type->result_values * sizeof(*results)); /* may lie over the record */
	DISPATCH();
}

/* Host functions find the calling instance in r0. */
H(H_call_import)
{
	const engine_func_t *func = (const engine_func_t *)pc[2];
	if (unlikely(func->instance != NULL)) {
		r0 = (uint64_t)func;
		TAIL(call_foreign);
	}
	r0 = pc[3];
	ENTER(func->entry, 4);
}

/* Finds the function that an indirect call means: table, type and instance are the words from 2 on. */
#define LOOK_UP(i) \
	const engine_table_t *table = (const engine_table_t *)pc[2]; \
	uint64_t index = (i); \
	if (unlikely(index >= table->size)) \
		TRAP_NOW(undefined_element); \
	const engine_func_t *func = table->elems[index]; \
	if (unlikely(!func)) \
		TRAP_NOW(uninitialized_element); \
	if (unlikely((uint64_t)func->type != pc[3]) && \
	    !deftype_matches(deftype_of_func(func->type), (const struct deftype *)pc[3])) \
		TRAP_NOW(indirect_type)

/* The index is in r0. */
IN_HANDLER_SECTION int call_indirect_slow(HANDLER_PARAMS)
{
	LOOK_UP(r0);
	const uint64_t *last = last_word(x, pc);
	if (!func->instance) {
		r0 = *last;
	} else if ((uint64_t)func->instance != *last) {
		r0 = (uint64_t)func;
		TAIL(call_foreign);
	} else if (func->entry != func->stub) {
		((engine_instance_t *)*last)->targets[index % CALL_TARGETS] =
			(struct call_target){func, (const struct engine_functype *)pc[3], func->entry, (handler_fn *)func->entry[0]};
	}
	ENTER_CHECKED(func->entry, last - pc + 1);
}

#define LOOK_AT(ref) \
	const engine_func_t *func = (const engine_func_t *)(ref); \
	if (unlikely(!func)) \
		TRAP_NOW(null_function)

#define CALL_REF(ref) \
	LOOK_AT(ref); \
	if (unlikely((uint64_t)func->instance != pc[3])) { \
		if (func->instance) { \
			r0 = (uint64_t)func; \
			TAIL(call_foreign); \
		} \
		CHECK_FRAME(); \
		r0 = pc[3]; \
		ENTER_CHECKED(func->entry, 4); \
	} \
	ENTER(func->entry, 4)

H(H_call_ref_S)
{
	CALL_REF(SLOT(2));
}

H(H_call_ref_R)
{
	CALL_REF(r0);
}

/* Tail calls: the arguments move to where this frame begins, the link behind them, and the callee takes the frame over.
 * Field 0 is where the arguments are, 1 the link, 2 how many slots the arguments take. They lie above this frame's locals,
 * so that copying upwards never overwrites what is still to be copied. */
#define TAKE_OVER(func) \
	do { \
		if (unlikely(sp > LIMIT())) \
			TAIL(call_slow); \
		TAKE_OVER_CHECKED(func); \
	} while (0)
#define TAKE_OVER_CHECKED(func) \
	do { \
		const uint64_t *from_ = &SLOT(0), *link_ = &SLOT(1); \
		uint64_t back_ = link_[0], caller_ = link_[1]; \
		uint32_t n_ = FIELD(2); \
		for (uint32_t i_ = 0; i_ < n_; i_++) \
			sp[i_] = from_[i_]; \
		sp[n_] = back_; \
		sp[n_ + 1] = caller_; \
		pc = (func)->entry; \
		DISPATCH(); \
	} while (0)

static handler_fn return_call_other, return_call_other_slow;

H(H_return_call)
{
	const engine_func_t *func = (const engine_func_t *)pc[2];
	TAKE_OVER(func);
}

/* To a host's function, or one of another instance, in r0; the word before the next instruction is this instance.
 * Whoever waits for this frame's results may rely on its own memory being at hand: a foreign function gets a record that
 * restores it, unless there is one already (or nobody but the embedder waits). So the stack grows once, however often
 * instances call each other. */
IN_HANDLER_SECTION static int return_call_other(HANDLER_PARAMS)
{
	if (unlikely(sp > LIMIT()))
		TAIL(return_call_other_slow);
	const engine_func_t *func = (const engine_func_t *)r0;
	uint64_t handler = insn_handler(x, pc);
	bool indirect = handler == (uint64_t)H_return_call_indirect_S || handler == (uint64_t)H_return_call_indirect_R;
	const engine_instance_t *instance = (const engine_instance_t *)pc[indirect ? 4 : 3];
	if (!func->instance) {
		r0 = (uint64_t)instance;
		TAKE_OVER_CHECKED(func);
	}
	engine_memory_t *memory = instance_memory0(func->instance);
	mem = memory ? memory->base : NULL;
	const uint64_t *args = &SLOT(0), *link = &SLOT(1);
	const uint64_t *back = (const uint64_t *)link[0];
	if (is_foreign_return(back) || is_finish(back))
		TAKE_OVER_CHECKED(func);
	uint64_t *caller = (uint64_t *)link[1], *save = sp;
	bool single = func->type->n_results == 1;
	uint32_t n = FIELD(2);
	sp += FOREIGN_SLOTS;
	memmove(sp, args, n * sizeof(*sp));
	sp[n] = return_code(code_foreign_return, func->type);
	sp[n + 1] = (uint64_t)save;
	save[0] = (uint64_t)(back + single);
	save[1] = (uint64_t)caller;
	save[2] = (uint64_t)instance;
	save[3] = (uint64_t)func;
	save[4] = (uint64_t)(single ? caller + back[0] : save);
	pc = func->entry;
	DISPATCH();
}

H(H_return_call_import)
{
	r0 = pc[2];
	TAIL(return_call_other);
}

#define RETURN_CALL_INDIRECT(i) \
	LOOK_UP(i); \
	if (unlikely((uint64_t)func->instance != pc[4])) { \
		r0 = (uint64_t)func; \
		TAIL(return_call_other); \
	} \
	TAKE_OVER(func)

H(H_return_call_indirect_S)
{
	RETURN_CALL_INDIRECT(SLOT(3));
}

H(H_return_call_indirect_R)
{
	RETURN_CALL_INDIRECT(r0);
}

#define RETURN_CALL_REF(ref) \
	LOOK_AT(ref); \
	if (unlikely((uint64_t)func->instance != pc[3])) { \
		r0 = (uint64_t)func; \
		TAIL(return_call_other); \
	} \
	TAKE_OVER(func)

H(H_return_call_ref_S)
{
	RETURN_CALL_REF(SLOT(3));
}

H(H_return_call_ref_R)
{
	RETURN_CALL_REF(r0);
}

/* The limit was passed at a call: the stack is full, or somebody wants something, and then the call is made once more. */
#define CALL_SLOW(scope, name, again) \
	IN_HANDLER_SECTION scope int name(HANDLER_PARAMS) \
	{ \
		switch (trap_poll(x, pc, sp)) { \
		case POLL_INTERRUPTED: \
			TRAP_NOW(interrupted); \
		case POLL_NOTHING: \
			TRAP_NOW(stack_exhausted); \
		case POLL_AGAIN: \
			break; \
		} \
		again; \
	}
CALL_SLOW(, call_slow, TAIL((handler_fn *)insn_handler(x, pc))) /* which has been counted already */
CALL_SLOW(static, call_foreign_slow, TAIL(call_foreign))
CALL_SLOW(static, return_call_other_slow, TAIL(return_call_other))

H(H_finish)
{
	(void)pc, (void)sp, (void)mem, (void)r0, (void)x, (void)d0, (void)s0, (void)v0;
	return ENGINE_OK;
}

/* A function's first call. Its frame and link stand already, and pc is the stub within the function. */
H(H_lazy_entry)
{
	engine_func_t *func = (engine_func_t *)((uintptr_t)pc - offsetof(engine_func_t, stub));
	if (func->entry == func->stub) { /* else this call site has not heard of it yet */
		enum engine_error_kind kind = code_compile(func);
		if (unlikely(kind != ENGINE_OK))
			return (int)kind;
	}
	/* A direct call, whose last word the entry is, goes to the code itself the next time. */
	const uint64_t *back = (const uint64_t *)sp[func->type->param_values];
	uint64_t *last = (uint64_t *)(uintptr_t)call_site(back);
	if (last != back && *last == (uint64_t)func->stub)
		*last = (uint64_t)func->entry;
	pc = func->entry;
	DISPATCH();
}

/* A call of a host function: the arguments are the frame. */
H(H_host_entry)
{
	const engine_func_t *func = (const engine_func_t *)((uintptr_t)pc - offsetof(engine_func_t, stub));
	const struct engine_functype *type = func->type;
	uint32_t n = type->param_values;
	const uint64_t *back = (const uint64_t *)sp[n];
	uint64_t *caller = (uint64_t *)sp[n + 1];
	int kind = call_host(x, func, (engine_instance_t *)r0, sp, back, caller);
	if (unlikely(kind == ENGINE_EXCEPTION && x->exception)) {
		pc = call_site(back);
		sp = caller;
		TAIL(host_threw);
	}
	if (unlikely(kind != ENGINE_OK))
		return kind;
	if (type->n_results == 1) { /* the compiler takes it from its accumulator, whichever that is */
		r0 = sp[0];
		memcpy(&s0, sp, sizeof(s0));
		memcpy(&d0, sp, sizeof(d0));
		memcpy(&v0, sp, sizeof(v0));
		memmove(&caller[back[0]], sp, type->result_values * sizeof(*sp));
		back++;
	}
	pc = back;
	sp = caller;
	DISPATCH();
}
