/* What lives in a store. Handlers know these layouts; nobody outside wasm/ does. */
#ifndef WASIWARD_RUNTIME_H
#define WASIWARD_RUNTIME_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include "engine.h"
#include "ir.h"
#include "module.h"

enum {
	PAGE_BYTES = 65536,
	LINK_SLOTS = 2,		 /* return address and caller's frame, after a frame's parameters */
	FOREIGN_SLOTS = 5,	 /* what to restore when a function of another instance returns (handlers_call.c) */
	MAX_FRAME_SLOTS = 65535, /* operands are 16-bit slot numbers */
	MAX_NESTING = 128,	 /* engine_call within host functions within engine_call …: bounds the C stack */
	BACKTRACE_FRAMES = 128
};

/* Where a function catches: ranges of its code, the innermost first, and what is caught within them. */
struct catch_clause {
	const engine_tag_t *tag; /* NULL: any */
	uint32_t target;	 /* word of the function where the handler begins */
	uint16_t values;	 /* slots for the exception's values, and for the reference to it */
	uint16_t ref;
	bool has_ref;  /* there is a slot for the reference … */
	bool uses_ref; /* … and somebody reads it; else it gets null */
};

struct try_range {
	uint32_t start, end, level; /* words; how deeply nested it is */
	uint32_t clause, n_clauses;
	uint32_t delegate; /* goes on with the ranges of at most this level; LEVEL_NONE: it has clauses */
};

#define LEVEL_NONE UINT32_MAX

struct catch_table {
	uint32_t n_ranges;
	struct try_range *ranges;
	struct catch_clause *clauses;
};

struct engine_func {
	/* Where callers continue: the compiled code, or &stub, whose handler compiles the function or calls the host. */
	const uint64_t *entry;
	const struct engine_functype *type; /* canonical, within a struct deftype: equal types are equal pointers */
	engine_instance_t *instance;	    /* NULL for host functions */
	uint64_t stub[1];
	uint32_t index; /* in the instance's module */
	uint32_t code_words : 30; /* a body has less than 2^23 bytes */
	uint32_t skipped : 2; /* words that the compiler made before the first of the code */
	const struct catch_table *catches; /* NULL: it catches nothing */
	struct stack_maps *maps; /* once the collector has asked (stack_map.c) */
	engine_host_fn *host;
	void *data;
};

/* A shared one may belong to several stores, whose threads see it change: read its size with memory_bytes. */
struct engine_memory {
	uint8_t *base;
	uint64_t bytes;
	uint64_t max_pages;
	uint64_t reserved; /* bytes of address space from base on that are ours */
	bool guarded;	   /* every 32-bit address plus 32-bit offset from base faults beyond bytes */
	bool pinned;	   /* base never moves */
	struct engine_limits type; /* as declared */
	atomic_uint refs;	   /* stores it belongs to */
	pthread_mutex_t growing;   /* shared: one thread at a time */
};

struct memory_link {
	engine_memory_t *memory;
	struct memory_link *next;
};

struct engine_table {
	void **elems; /* engine_func_t * or external references */
	uint32_t size, room;
	struct engine_limits limits; /* as declared */
	engine_type_t type;
	engine_table_t *next;
};

struct engine_global {
	union engine_value value;
	uint64_t upper; /* of a v128, directly behind its lower half */
	engine_type_t type;
	bool mutable_;
	engine_global_t *next; /* of the host's */
};

struct engine_tag {
	const struct engine_functype *type;
};

/* heap.h */
struct heap;
struct layout;
struct exception;

/* A reference that the host keeps. */
struct engine_handle {
	union engine_value value;
	engine_type_t type;
	engine_handle_t *next, **previous;
};

/* A segment as far as it is not dropped. */
struct elem_instance {
	void **refs;
	uint32_t n;
};

struct data_instance {
	const uint8_t *bytes;
	uint64_t len;
};

/* What an indirect call found: a function of the same instance, compiled, that is of the type the call asks for. Where it goes
 * next is known without going from the table to the function, to its code, to its first handler: nobody predicts where an
 * indirect call goes, so what it waits for is waited for. */
struct call_target {
	const engine_func_t *func;
	const struct engine_functype *type;
	const uint64_t *code;
	handler_fn *first;
};

enum { CALL_TARGETS = 256 };

struct engine_instance {
	engine_store_t *store;
	struct call_target *targets; /* by index in the table, modulo CALL_TARGETS; NULL until code with such calls is compiled */
	const engine_module_t *module;
	engine_memory_t **memories;
	engine_table_t **tables;
	engine_global_t **globals;
	engine_tag_t **tags;
	engine_func_t **imported_funcs;
	engine_func_t *funcs; /* the module's own; filled in by instance_func when first needed */
	struct elem_instance *elems;
	struct data_instance *datas;
	engine_instance_t *next;
};

/* One engine_call: the chain of nested ones, for faults and backtraces. */
struct activation {
	struct activation *outer;
	sigjmp_buf on_fault;
	const uint64_t *host_pc; /* while a host function runs: where wasm called it from */
	uint64_t *host_sp;
};

struct code_chunk;
struct compiler;
struct counts;
struct shown;

struct engine_store {
	/* Handlers compare their frame with limit at calls and loop heads: one test for stack overflow and for
	 * interruption, which sets it to NULL. */
	uint64_t *_Atomic limit;
	uint64_t *stack, *stack_limit;
	uint64_t *top; /* where the next nested engine_call may begin its frame */
	size_t stack_reserved;
	struct activation *activation;
	unsigned nesting;
	atomic_bool interrupt, polled; /* what limit was set to NULL for */
	engine_poll_fn *poll;
	void *poll_user;
	uint64_t fuel; /* what is left, if config.fuel is given */
	struct counts *counts; /* NULL unless config.count_instructions (counts.h) */
	struct shown *shown;   /* NULL unless config.address_of (shown.h) */

	struct engine_error error; /* of the call that is failing */
	uint32_t exit_code;
	struct exception *exception; /* on its way to a handler, or uncaught */
	struct landing { /* where a handler was found */
		const uint64_t *pc;
		uint64_t *sp;
		uint8_t *mem;
	} landing;
	struct raw_frame {
		const engine_func_t *func;
		const uint64_t *pc;
	} raw_frames[BACKTRACE_FRAMES];
	size_t n_frames;

	struct engine_config config;
	engine_instance_t *instances;
	struct memory_link *memories;
	engine_table_t *tables;
	engine_global_t *host_globals;
	engine_handle_t *handles;
	struct heap *heap; /* NULL until something is allocated */
	struct layout **layouts; /* of the types that have been asked for: hash buckets */
	struct pool pool; /* types, host functions, instances: what lives as long as the store */
	struct host_type { /* types of host functions */
		struct host_type *next;
		const struct deftype *type;
	} *host_types;
	struct compiler *compiler; /* kept for its buffers */
	struct code_chunk *code;
	const engine_func_t **compiled; /* sorted by address of code when a backtrace needs it */
	size_t n_compiled, room_compiled;
	bool compiled_sorted;
};

enum trap {
#define TRAP(name, text) TRAP_##name,
#include "traps.def"
	TRAP_COUNT
};

/* instance.c */
engine_func_t *instance_func(engine_instance_t *instance, uint32_t index);

/* n things from at on are among the first size. */
static inline bool range_within(uint64_t at, uint64_t n, uint64_t size)
{
	return at <= size && n <= size - at;
}

/* memory.c. Sizes in pages. */
uint64_t memory_max_pages(const engine_store_t *store, const struct engine_limits *pages);
engine_memory_t *memory_new(engine_store_t *store, struct engine_limits pages); /* NULL: it cannot be had */
void memory_release(engine_memory_t *memory);
uint64_t memory_grow(engine_memory_t *memory, uint64_t pages); /* old size, or UINT64_MAX */

static inline uint64_t memory_bytes(const engine_memory_t *memory)
{
	return __atomic_load_n(&memory->bytes, __ATOMIC_RELAXED);
}

/* table.c */
engine_table_t *table_new(engine_store_t *store, engine_type_t type, struct engine_limits limits);
void table_free(engine_table_t *table);
uint64_t table_grow(engine_table_t *table, uint64_t n, void *value); /* old size, or UINT64_MAX */
bool table_init(engine_table_t *table, const struct elem_instance *segment, uint64_t dst, uint64_t src, uint64_t n);

/* code.c: compiles a function of an instance and makes its entry the code. On failure fills store->error. */
enum engine_error_kind code_compile(engine_func_t *func);
const engine_func_t *code_find(engine_store_t *store, const uint64_t *pc);
/* Compiles a function once more, noting stack maps: all, or the one at a word if that is not 0. NULL for want of memory. */
const struct compiler *code_map(const engine_func_t *func, uint32_t word);
/* The byte offset in the module of the instruction that the word at pc belongs to. */
size_t code_offset(const engine_func_t *func, const uint64_t *pc);
void code_free_all(engine_store_t *store);

/* frames.c: from an instruction in a frame outwards. */
struct frame_walk {
	struct engine_store *store;
	const struct activation *activation;
	const uint64_t *pc; /* of the next frame: the instruction itself, or a word of the call */
	uint64_t *sp;
	bool nested; /* beyond the host functions in between, too */
};
struct frame {
	const engine_func_t *func;
	const uint64_t *pc;
	uint64_t *sp;
};
struct frame_walk frame_walk(engine_store_t *store, const uint64_t *pc, uint64_t *sp, bool nested);
bool frame_next(struct frame_walk *walk, struct frame *ret);

/* unwind.c: throws from the instruction at pc in frame sp. Returns ENGINE_OK with store->landing filled, where execution
 * goes on, or ENGINE_EXCEPTION if this activation has no handler: then store->exception is set; or TRAP: the heap is exhausted. */
int unwind_throw(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const engine_tag_t *tag, const uint64_t *values);
int unwind_rethrow(engine_store_t *store, const uint64_t *pc, uint64_t *sp, struct exception *exception);

/* trap.c */
void trap_install(void);
int trap_raise(engine_store_t *store, const uint64_t *pc, uint64_t *sp, enum trap trap);
/* What a handler does that finds its frame beyond the limit. Serves engine_poll, if that was asked for. */
enum trap_poll_result { POLL_AGAIN, POLL_INTERRUPTED, POLL_NOTHING };
enum trap_poll_result trap_poll(engine_store_t *store, const uint64_t *pc, uint64_t *sp);
void trap_capture(engine_store_t *store, const uint64_t *pc, uint64_t *sp);
void trap_set_current(engine_store_t *store);
engine_store_t *trap_current(void);
extern const char *const trap_texts[TRAP_COUNT];

/* call.c: copies values from outside, f32 and i32 without what else was in their slots. */
void narrow_all(uint64_t *to, const uint64_t *from, const engine_type_t *types, uint32_t n);
/* call.c: calls a host function with its arguments in values; back and caller: where it was called from. */
int call_host(engine_store_t *store, const engine_func_t *func, engine_instance_t *instance, uint64_t *values,
	      const uint64_t *back, uint64_t *caller);
/* The code that ends the interpreter loop and the one that returns from another instance's function. As behind every call,
 * the first word says which slot the result goes to, if there is one; if not, a return goes to the second. */
enum { RETURN_CODE_WORDS = 2 };
extern handler_fn *const code_finish[RETURN_CODE_WORDS], *const code_foreign_return[RETURN_CODE_WORDS];

static inline bool is_finish(const uint64_t *pc)
{
	return (uintptr_t)pc - (uintptr_t)code_finish < sizeof(code_finish);
}

static inline bool is_foreign_return(const uint64_t *pc)
{
	return (uintptr_t)pc - (uintptr_t)code_foreign_return < sizeof(code_foreign_return);
}

/* Where a function of a type returns to within such code. */
static inline uint64_t return_code(handler_fn *const *code, const struct engine_functype *type)
{
	return (uint64_t)(code + (type->n_results != 1));
}

/* A word of the call that returns to back, or back itself if that is no function's code. */
static inline const uint64_t *call_site(const uint64_t *back)
{
	return is_finish(back) || is_foreign_return(back) ? back : back - 1;
}

static inline engine_memory_t *instance_memory0(const engine_instance_t *instance)
{
	return instance->module->n_memories ? instance->memories[0] : NULL;
}

#endif
