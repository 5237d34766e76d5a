/* Entering the interpreter from C, and leaving it for host functions. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "counts.h"
#include "handler.h"
#include "ref.h"
#include "heap.h"
#include "shown.h"

handler_fn *const code_finish[RETURN_CODE_WORDS] = {0, H_finish};
handler_fn *const code_foreign_return[RETURN_CODE_WORDS] = {(handler_fn *)FOREIGN_SLOTS, H_foreign_return};

#if defined(WASIWARD_LOOP_DISPATCH)
_Thread_local struct registers loop_registers;
#endif

static int run(const uint64_t *pc, uint64_t *sp, uint8_t *mem, uint64_t r0, engine_store_t *x)
{
#if defined(WASIWARD_SHOWS_FRAMES)
	if (x->shown)
		return run_shown(pc, sp, mem, r0, x, &x->shown->now);
#endif
	int kind = ((handler_fn *)pc[0])(pc, sp, mem, r0, x, 0, 0, (v128){0});
#if defined(WASIWARD_LOOP_DISPATCH)
	while (kind == LOOP_CONTINUE) {
		struct registers r = loop_registers;
		kind = ((handler_fn *)r.pc[0])(r.pc, r.sp, r.mem, r.r0, x, r.d0, r.s0, r.v0);
	}
#endif
	return kind;
}

/* Faults are handled on a stack of their own, unless the thread has one: the thread's stack may be nearly full. */
static void ensure_signal_stack(void)
{
	static _Thread_local bool done;
	if (done)
		return;
	done = true;
	stack_t old;
	if (sigaltstack(NULL, &old) || !(old.ss_flags & SS_DISABLE))
		return;
	size_t bytes = 65536;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p != MAP_FAILED)
		sigaltstack(&(stack_t){.ss_sp = p, .ss_size = bytes}, NULL);
}

static bool ensure_stack(engine_store_t *store)
{
	if (store->stack)
		return true;
	size_t margin = (MAX_FRAME_SLOTS + 8192) * sizeof(uint64_t); /* handlers check a frame's begin, not its end */
	size_t bytes = store->config.stack_bytes ? store->config.stack_bytes : (size_t)32 << 20;
	store->stack_reserved = (bytes + margin + 4095) & ~(size_t)4095;
	void *stack = mmap(NULL, store->stack_reserved, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return false;
	if (store->config.address_of && engine_can_show_frames() && !(store->shown = shown_new(store->stack_reserved))) {
		munmap(stack, store->stack_reserved);
		return false;
	}
	store->stack = store->top = stack;
	store->stack_limit = store->stack + bytes / sizeof(uint64_t);
	if (!atomic_load(&store->interrupt))
		atomic_store(&store->limit, store->stack_limit);
	return true;
}

void narrow_all(uint64_t *to, const uint64_t *from, const engine_type_t *types, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		*to++ = types[i] == ENGINE_I32 || types[i] == ENGINE_F32 ? (uint32_t)*from : *from;
		from++;
		if (types[i] == ENGINE_V128)
			*to++ = *from++;
	}
}

static enum engine_error_kind fail(struct engine_error *ret_error, enum engine_error_kind kind, const char *message)
{
	*ret_error = (struct engine_error){.kind = kind, .offset = SIZE_MAX};
	snprintf(ret_error->message, sizeof(ret_error->message), "%s", message);
	return kind;
}

/* Checks references from outside. Returns which of n values, from 1, is none of its type; 0 if all are. */
static uint32_t find_mismatch(const uint64_t *values, const engine_type_t *types, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (type_is_ref(types[i]) && !ref_matches(*values, types[i]))
			return i + 1;
		values += type_slots(types[i]);
	}
	return 0;
}

/* Runs code; a fault within jumps back to here. Apart from its caller, so that no variable is alive over sigsetjmp in the
 * function that calls it: an optimiser could keep one in a register that the jump brings back to an older value. */
static __attribute__((noinline)) int run_guarded(struct activation *activation, engine_store_t *store,
						 const engine_func_t *func, uint64_t *frame)
{
	int kind = sigsetjmp(activation->on_fault, 0);
	if (kind != 0)
		return kind;
	engine_memory_t *const memory = instance_memory0(func->instance);
	return run(func->entry, frame, memory ? memory->base : NULL, (uint64_t)func->instance, store);
}

static enum engine_error_kind call_wasm(engine_store_t *store, engine_func_t *func, const union engine_value *args,
					union engine_value *results)
{
	const struct engine_functype *type = func->type;
	uint32_t n = type->param_values;
	uint64_t *frame = store->top;
	narrow_all(frame, (const uint64_t *)args, type->params, type->n_params);
	frame[n] = return_code(code_finish, type);
	frame[n + 1] = (uint64_t)frame;
	struct activation activation = {.outer = store->activation};
	engine_store_t *previous = trap_current();
	store->activation = &activation;
	store->nesting++;
	trap_set_current(store);
	counts_entered(store);
	int kind = run_guarded(&activation, store, func, frame);
	trap_set_current(previous);
	store->nesting--;
	store->activation = activation.outer;
	store->top = frame;
	if (store->shown)
		shown_return(store->shown, frame - 1);
	counts_entered(store);
	if (kind != ENGINE_OK)
		return (enum engine_error_kind)kind;
	narrow_all((uint64_t *)results, frame, type->results, type->n_results);
	return ENGINE_OK;
}

/* A host function called by the embedder itself. */
static enum engine_error_kind call_host_directly(engine_store_t *store, engine_func_t *func,
						 const union engine_value *args, union engine_value *results)
{
	const struct engine_functype *type = func->type;
	union engine_value values[2 * LIMIT_PARAMS];
	/* Either pointer may be NULL when there is nothing to copy. */
	if (type->n_params > 0)
		memcpy(values, args, type->param_values * sizeof(*values));
	int kind = call_host(store, func, NULL, &values[0].bits, NULL, NULL);
	if (kind == ENGINE_OK && type->n_results > 0)
		memcpy(results, values, type->result_values * sizeof(*values));
	return (enum engine_error_kind)kind;
}

enum engine_error_kind engine_call(engine_store_t *store, engine_func_t *func, const union engine_value *args,
				   union engine_value *results, struct engine_error *ret_error)
{
	*ret_error = (struct engine_error){.kind = ENGINE_OK, .offset = SIZE_MAX};
	if (!ensure_stack(store))
		return fail(ret_error, ENGINE_NOMEM, "out of memory");
	store->n_frames = 0;
	store->exception = NULL;
	if (store->nesting == MAX_NESTING || store->top > store->stack_limit)
		return fail(ret_error, ENGINE_TRAP, trap_texts[TRAP_stack_exhausted]);
	uint32_t bad = find_mismatch((const uint64_t *)args, func->type->params, func->type->n_params);
	if (bad) {
		*ret_error = (struct engine_error){.kind = ENGINE_TRAP, .offset = SIZE_MAX};
		snprintf(ret_error->message, sizeof(ret_error->message), "type mismatch: argument %u is no reference of its "
			 "parameter's type", bad);
		return ENGINE_TRAP;
	}
	ensure_signal_stack();
	enum engine_error_kind kind = func->instance ? call_wasm(store, func, args, results)
						     : call_host_directly(store, func, args, results);
	if (kind != ENGINE_OK) {
		*ret_error = store->error;
		ret_error->kind = kind;
	}
	return kind;
}

int call_host(engine_store_t *store, const engine_func_t *func, engine_instance_t *instance, uint64_t *values,
	      const uint64_t *back, uint64_t *caller)
{
	const struct engine_functype *type = func->type;
	uint32_t n = type->param_values, r = type->result_values;
	engine_memory_t *memory = instance ? instance_memory0(instance) : NULL;
	struct engine_caller c = {.store = store, .instance = instance, .data = func->data};
	if (memory) {
		c.memory = memory->base;
		c.memory_bytes = memory_bytes(memory);
		c.memory_shared = memory->type.shared;
	}
	narrow_all(values, values, type->params, type->n_params);
	uint32_t n_roots = store->heap ? store->heap->n_roots : 0;
	const uint64_t *value = values;
	for (uint32_t i = 0; store->heap && i < type->n_params; i++) {
		if (type_is_ref(type->params[i]))
			heap_root(store, *value, heap_ref_kind(type->params[i]));
		value += type_slots(type->params[i]);
	}
	uint64_t *top = store->top;
	struct activation *activation = store->activation;
	if (back) {
		store->top = values + (n > r ? n : r);
		activation->host_pc = call_site(back);
		activation->host_sp = caller;
	}
	store->error = (struct engine_error){.kind = ENGINE_OK, .offset = SIZE_MAX};
	int kind = func->host(&c, (union engine_value *)values);
	store->top = top;
	if (store->heap)
		store->heap->n_roots = n_roots;
	narrow_all(values, values, type->results, type->n_results);
	if (kind == ENGINE_OK) {
		if (!find_mismatch(values, type->results, type->n_results))
			return ENGINE_OK;
		kind = engine_trap(&c, "type mismatch: a host function returned a reference that is none of its result's type");
	}
	if (store->error.kind != (enum engine_error_kind)kind) { /* the host function made the kind up itself */
		store->error = (struct engine_error){.kind = (enum engine_error_kind)kind, .offset = SIZE_MAX};
		snprintf(store->error.message, sizeof(store->error.message), "host function failed");
	}
	if (back && kind == ENGINE_TRAP)
		trap_capture(store, call_site(back), caller);
	return kind;
}

enum engine_error_kind engine_trap(struct engine_caller *caller, const char *message)
{
	engine_store_t *store = caller->store;
	store->error = (struct engine_error){.kind = ENGINE_TRAP, .offset = SIZE_MAX};
	snprintf(store->error.message, sizeof(store->error.message), "%s", message);
	return ENGINE_TRAP;
}

enum engine_error_kind engine_exit(struct engine_caller *caller, uint32_t code)
{
	engine_store_t *store = caller->store;
	store->exit_code = code;
	store->error = (struct engine_error){.kind = ENGINE_EXIT, .offset = SIZE_MAX};
	snprintf(store->error.message, sizeof(store->error.message), "exit with code %u", code);
	return ENGINE_EXIT;
}

uint32_t engine_exit_code(const engine_store_t *store)
{
	return store->exit_code;
}
