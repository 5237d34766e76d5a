/* The WebAssembly engine: load a module, link it, call its functions.
 *
 * A store holds everything that lives together: instances, memories, tables, globals, functions. A module is immutable
 * and can be instantiated in several stores. Loading is one pass over the sections that does not enter function bodies;
 * a body is validated and compiled when it is first called (engine_module_validate does all of them at once).
 *
 * Wherever values come as an array of union engine_value, a v128 takes two of them, its lower half first.
 *
 * A store is used by one thread at a time. Source: WebAssembly core specification 3.0. */
#ifndef WASIWARD_ENGINE_H
#define WASIWARD_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct engine_module engine_module_t;
typedef struct engine_store engine_store_t;
typedef struct engine_instance engine_instance_t;
typedef struct engine_func engine_func_t;
typedef struct engine_memory engine_memory_t;
typedef struct engine_table engine_table_t;
typedef struct engine_global engine_global_t;
typedef struct engine_tag engine_tag_t;
typedef struct engine_handle engine_handle_t;

/* A value type. The lowest byte is its code in the binary format. References: a code of ENGINE_EXNREF … ENGINE_NOEXNREF
 * is a nullable reference to that abstract heap type; ENGINE_REF refers to the type whose number is in the upper bits
 * (ENGINE_TYPE_SHIFT). With ENGINE_NON_NULL the reference cannot be null. Equal types are equal numbers. */
typedef uint32_t engine_type_t;
enum {
	ENGINE_I32 = 0x7f,
	ENGINE_I64 = 0x7e,
	ENGINE_F32 = 0x7d,
	ENGINE_F64 = 0x7c,
	ENGINE_V128 = 0x7b,
	ENGINE_NOEXNREF = 0x74,
	ENGINE_NOFUNCREF = 0x73,
	ENGINE_NOEXTERNREF = 0x72,
	ENGINE_NULLREF = 0x71,
	ENGINE_FUNCREF = 0x70,
	ENGINE_EXTERNREF = 0x6f,
	ENGINE_ANYREF = 0x6e,
	ENGINE_EQREF = 0x6d,
	ENGINE_I31REF = 0x6c,
	ENGINE_STRUCTREF = 0x6b,
	ENGINE_ARRAYREF = 0x6a,
	ENGINE_EXNREF = 0x69,
	ENGINE_REF = 0x63,
	ENGINE_NON_NULL = 0x100,
	ENGINE_TYPE_SHIFT = 9
};

/* One value. References are pointers, NULL is the null reference; narrower values keep the upper bits zero. A pointer of
 * the host's (external) has its upper 16 bits zero, as addresses of user space have. */
union engine_value {
	uint32_t i32;
	uint64_t i64;
	float f32;
	double f64;
	engine_func_t *func;
	void *external;
	uint64_t bits;
};

struct engine_functype {
	uint32_t n_params, n_results;
	const engine_type_t *params, *results;
	uint32_t param_values, result_values; /* how many values they are: a v128 is two. Filled in by the engine */
	/* Which type of this content it is: members of other recursion groups, or with supertypes, are other types. A reference
	 * to it as the engine gives it; 0 in what a host describes itself: a group of its own, without subtypes. */
	engine_type_t defined;
};

enum engine_error_kind {
	ENGINE_OK,
	ENGINE_MALFORMED,   /* the bytes are no module */
	ENGINE_INVALID,     /* a module that breaks the validation rules */
	ENGINE_UNSUPPORTED, /* valid in a later version of the standard than this engine's */
	ENGINE_LIMIT,       /* within the standard, beyond an implementation limit */
	ENGINE_UNLINKABLE,  /* an import is missing or of another type */
	ENGINE_TRAP,        /* a trap while instantiating or calling */
	ENGINE_EXCEPTION,   /* an exception that nobody caught: engine_exception has it */
	ENGINE_EXIT,        /* a host function ended the program (engine_exit) */
	ENGINE_NOMEM
};

/* Where and why something failed. Filled completely by whoever fails; owns nothing. */
struct engine_error {
	enum engine_error_kind kind;
	size_t offset;     /* byte offset in the module; SIZE_MAX when there is none */
	char message[256]; /* the specification's words first ("unexpected end", "out of bounds memory access"), then detail */
};

/* ---- types and references ---- */

/* Is a value of type a one of type b? Types as modules and functions give them; they are numbered alike in all stores. */
bool engine_type_matches(engine_type_t a, engine_type_t b);

/* Is a reference of the same hierarchy (any, func, extern, exn) as type a value of it? With the any hierarchy this tells
 * i31, structures and arrays apart. */
bool engine_ref_matches(union engine_value ref, engine_type_t type);

/* References of the any hierarchy that need no memory: 31 bits (i31), and a host's pointer, which is not NULL and has its
 * upper 16 bits clear, as any.convert_extern makes them. engine_ref_i31_signed: of a reference to i31. */
union engine_value engine_ref_i31(uint32_t bits);
int32_t engine_ref_i31_signed(union engine_value ref);
union engine_value engine_ref_host(void *external);

/* ---- modules ---- */

/* Loads a module.
 * bytes, len: the binary; borrowed, must stay mapped and unchanged while the module lives (map the file, do not copy).
 * *ret_module: owned by the caller, freed with engine_module_free after the last store that uses it.
 * Returns ENGINE_OK, MALFORMED, INVALID, UNSUPPORTED, LIMIT or NOMEM, with *ret_error filled. */
enum engine_error_kind engine_module_load(const void *bytes, size_t len, engine_module_t **ret_module,
					  struct engine_error *ret_error);
void engine_module_free(engine_module_t *module);

/* What a module may use beyond the standard, and what of it not, in bits. */
enum engine_feature {
	ENGINE_FEATURE_LEGACY_EXCEPTIONS = 1, /* try, catch, delegate: superseded by try_table, still emitted by toolchains */
	ENGINE_FEATURE_ONE_MEMORY = 2,	      /* more are invalid, as before 3.0 */
	ENGINE_FEATURE_ONE_TABLE = 4	      /* more are invalid, as before 2.0 */
};

/* Sets features. To be called before the module is validated or instantiated, which is when they count; there are none at
 * first. */
void engine_module_set_features(engine_module_t *module, unsigned features);

/* Validates every function body now. Same results as engine_module_load. */
enum engine_error_kind engine_module_validate(engine_module_t *module, struct engine_error *ret_error);

enum engine_extern_kind {
	ENGINE_EXTERN_FUNC,
	ENGINE_EXTERN_TABLE,
	ENGINE_EXTERN_MEMORY,
	ENGINE_EXTERN_GLOBAL,
	ENGINE_EXTERN_TAG
};

struct engine_limits {
	uint64_t min, max; /* max is UINT64_MAX when the type has none */
	bool index64;      /* addresses, indices and sizes are i64 instead of i32 */
	bool shared;       /* kind MEMORY: usable by several threads; has a maximum */
};

struct engine_import_type {
	const char *module, *name; /* not NUL-terminated */
	size_t module_len, name_len;
	enum engine_extern_kind kind;
	struct engine_functype func;     /* kind FUNC; kind TAG, which has no results */
	struct engine_limits limits;     /* kind TABLE (elements) and MEMORY (64 KiB pages) */
	engine_type_t value_type;        /* kind TABLE and GLOBAL */
	bool mutable_;                   /* kind GLOBAL */
};

size_t engine_module_n_funcs(const engine_module_t *module); /* with bodies */
size_t engine_module_n_imports(const engine_module_t *module);
void engine_module_import(const engine_module_t *module, size_t index, struct engine_import_type *ret_import);

/* True if the module exports a function of that name (without instantiating it). */
bool engine_module_exports_func(const engine_module_t *module, const char *name);

/* ---- stores and linking ---- */

struct engine_extern {
	enum engine_extern_kind kind;
	union {
		engine_func_t *func;
		engine_table_t *table;
		engine_memory_t *memory;
		engine_global_t *global;
		engine_tag_t *tag;
	} u;
};

/* An address that stands for a function of a module wherever a native profiler looks for return addresses. Nothing is read or
 * executed there. The answer is the same each time for one function; threads may ask at the same time. */
typedef uint64_t engine_address_fn(void *user, const engine_module_t *module, uint32_t func_index);

struct engine_config {
	size_t stack_bytes;      /* the interpreter's own stack; 0: enough for 100,000 small frames. Overflow is a trap */
	uint64_t max_memory;     /* bytes one memory may grow to; 0: the standard's limit */
	uint64_t max_heap;       /* bytes for garbage-collected objects; 0: 4 GiB. More is a trap */
	bool collect_always;     /* collect at every allocation and overwrite what is freed: for tests */
	uint64_t fuel;           /* calls of functions and rounds of loops until a trap; 0: no end. Costs time only if given */
	bool no_guard_pages;     /* explicit bounds checks even where guard pages are possible */
	bool count_instructions; /* for engine_opcode_counts. Takes three to nine times as long; off, it costs nothing */
	/* Keeps a chain of frame pointers for profilers that follow it, with these addresses; a few instructions for each call.
	 * NULL: none, and costs nothing. Ignored if !engine_can_show_frames(). */
	engine_address_fn *address_of;
	void *address_user;
};

/* Whether engine_config.address_of works in this build: on x86-64, with handlers that call each other. */
bool engine_can_show_frames(void);

/* Makes a store. config: copied, NULL means all zero. Returns NULL for want of memory. */
engine_store_t *engine_store_new(const struct engine_config *config);
void engine_store_free(engine_store_t *store);

/* The calling instance as a host function sees it. */
struct engine_caller {
	engine_store_t *store;
	engine_instance_t *instance;
	uint8_t *memory;       /* base of the instance's memory 0, or NULL */
	uint64_t memory_bytes; /* its current size; one with 64-bit addresses is a memory, too */
	bool memory_shared;    /* other threads may change what is in it at any time */
	void *data;            /* as given to engine_func_host */
};

/* A host function. values: param_values arguments on entry, result_values results on return, one after the other from
 * values[0]; the array has room for the larger of the two. Returns ENGINE_OK, or what engine_trap, engine_throw or
 * engine_exit returned; a nested engine_call's result may be passed on, too. A reference that is none of its result's type
 * is a trap. */
typedef enum engine_error_kind engine_host_fn(struct engine_caller *caller, union engine_value *values);

/* To be returned by host functions: a trap with a message (copied), or the end of the program with an exit code that
 * engine_exit_code gives afterwards. */
enum engine_error_kind engine_trap(struct engine_caller *caller, const char *message);
enum engine_error_kind engine_exit(struct engine_caller *caller, uint32_t code);
uint32_t engine_exit_code(const engine_store_t *store);

/* To be returned by host functions: throws an exception into the calling code. values: param_values of the tag's type,
 * copied. Returns ENGINE_EXCEPTION, or TRAP (the heap is exhausted). */
enum engine_error_kind engine_throw(struct engine_caller *caller, const engine_tag_t *tag, const union engine_value *values);

/* The exception with which the last call ended (ENGINE_EXCEPTION): its tag, and the values, param_values of its
 * type. NULL if there was none. Lives until the next call. */
const engine_tag_t *engine_exception(const engine_store_t *store, const union engine_value **ret_values);
/* Its parameters; no results. */
struct engine_functype engine_tag_type(const engine_tag_t *tag);

/* Externs made by the host, owned by the store. type is copied. Return NULL for want of memory. The upper half of a v128
 * global begins as zero. */
engine_func_t *engine_func_host(engine_store_t *store, const struct engine_functype *type, engine_host_fn *fn, void *data);
engine_global_t *engine_global_host(engine_store_t *store, engine_type_t type, bool mutable_, union engine_value value);
engine_tag_t *engine_tag_host(engine_store_t *store, const struct engine_functype *type);
/* A shared memory needs a maximum, or it is NULL, too. */
engine_memory_t *engine_memory_host(engine_store_t *store, struct engine_limits pages);
engine_table_t *engine_table_host(engine_store_t *store, engine_type_t type, struct engine_limits elements);

/* Makes a shared memory of another store one of this store, too: for threads, which have a store each. The memory lives as
 * long as one of its stores. False if it is not shared, or for want of memory. */
bool engine_memory_share(engine_store_t *store, engine_memory_t *memory);

/* Answers an import: fills *ret_extern and returns true, or returns false if there is no such thing. */
typedef bool engine_resolve_fn(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern);

/* Links and instantiates a module and runs its start function.
 * Returns ENGINE_OK, UNLINKABLE, TRAP, EXCEPTION, EXIT, NOMEM, INVALID (a lazily validated start function). The instance is owned by
 * the store, also after a trap (its earlier writes to shared tables and memories stay, as the standard says). */
enum engine_error_kind engine_instantiate(engine_store_t *store, engine_module_t *module, engine_resolve_fn *resolve,
					  void *user, engine_instance_t **ret_instance, struct engine_error *ret_error);

/* An export by name (bytes). Returns false if there is none. */
bool engine_export(engine_instance_t *instance, const char *name, size_t name_len, struct engine_extern *ret_extern);

/* ---- use ---- */

struct engine_functype engine_func_type(const engine_func_t *func);

/* Calls a function. args: param_values values; results: room for result_values. Returns ENGINE_OK, TRAP, EXCEPTION, EXIT,
 * INVALID (a body that fails its lazy validation), LIMIT or NOMEM. Calls from host functions nest. A reference that is
 * none of its parameter's type is a TRAP, too. */
enum engine_error_kind engine_call(engine_store_t *store, engine_func_t *func, const union engine_value *args,
				   union engine_value *results, struct engine_error *ret_error);

engine_type_t engine_global_type(const engine_global_t *global, bool *ret_mutable);
union engine_value engine_global_get(const engine_global_t *global);
/* The upper half of a v128 global, whose lower half engine_global_get gives. 0 for other types. */
uint64_t engine_global_get_upper(const engine_global_t *global);
uint8_t *engine_memory_data(engine_memory_t *memory, uint64_t *ret_bytes);

/* The frames of the last trap or uncaught exception, innermost first. Name is the name section's, or NULL. */
struct engine_frame {
	const char *name; /* not NUL-terminated */
	size_t name_len;
	const engine_module_t *module;
	uint32_t func_index;
	size_t offset; /* of the instruction in the module's bytes */
};
size_t engine_backtrace(const engine_store_t *store, struct engine_frame *frames, size_t room);

/* From inside a host function: its callers, innermost first, without names and offsets; 0 outside of one. It is found by the same walk
 * as a backtrace, so it is for traces, not for every call. */
size_t engine_callers(engine_store_t *store, struct engine_frame *frames, size_t room);

/* The store whose code this thread runs, also while that calls a host function; NULL if none. */
engine_store_t *engine_running(void);

/* The name section's name of a function of a module, or false. Walks the section. *ret_name is not NUL-terminated and lives as
 * long as the module. */
bool engine_func_name(const engine_module_t *module, uint32_t func_index, const char **ret_name, size_t *ret_len);

/* Calls fn for every function that has a name in the name section, in its order, as long as fn returns true. Walks the section
 * once, where engine_func_name for each would walk it as often as there are functions. */
typedef bool engine_name_fn(void *user, uint32_t func_index, const char *name, size_t len);
void engine_func_names(const engine_module_t *module, engine_name_fn *fn, void *user);

/* References to garbage-collected objects that the host got (results, values of globals and exceptions) are good until it
 * next calls into the store. Arguments of a host function are good until it returns. To keep one longer, hold it.
 * engine_hold: returns NULL for want of memory; handles still held when the store is freed are released with it. */
engine_handle_t *engine_hold(engine_store_t *store, union engine_value value, engine_type_t type);
union engine_value engine_held(const engine_handle_t *handle);
void engine_release(engine_handle_t *handle);

/* Collects garbage now. Returns the bytes that are left. */
uint64_t engine_collect(engine_store_t *store);

/* Has fn called, by the thread that runs the store, at the next loop head or call after each engine_poll: to sample what runs.
 * It gets the frames, innermost first (the innermost 128), without names and offsets, and calls nothing of the store. NULL:
 * nobody. Costs nothing between polls. engine_poll is async-signal-safe. */
typedef void engine_poll_fn(void *user, const struct engine_frame *frames, size_t n);
void engine_on_poll(engine_store_t *store, engine_poll_fn *fn, void *user);
void engine_poll(engine_store_t *store);

/* What a store has done so far. */
struct engine_stats {
	size_t functions;	 /* compiled, which is called at least once */
	uint64_t bytecode_bytes; /* of these functions in their modules */
	uint64_t code_bytes;	 /* what they were compiled to */
	uint64_t memory_bytes;	 /* of all memories */
	uint64_t fuel;		 /* left of engine_config.fuel */
	uint64_t instructions;	 /* of the compiled code, executed; 0 unless engine_config.count_instructions */
};
void engine_stats(const engine_store_t *store, struct engine_stats *ret_stats);

/* How often a sequence of the engine's own instructions, which functions are compiled to, has run. */
struct engine_opcode_count {
	const char *names[3]; /* in the order in which they ran; NULL behind the last. They are constants */
	uint64_t count;
};
/* What a store with engine_config.count_instructions has counted: single instructions (length 1), or those that ran one
 * directly after the other (2 or 3), whether they stand so or a branch, call or return lay between; not across an engine_call,
 * and without the host's functions. Fills the first room elements of counts, the most frequent first. Returns how many
 * different ones there are, which may be more than room; 0 if the store does not count, and for other lengths; SIZE_MAX for want of memory. */
size_t engine_opcode_counts(const engine_store_t *store, unsigned length, struct engine_opcode_count *counts, size_t room);
/* Adds what one store has counted to what another has: for threads, which have a store each. Both have been made with
 * count_instructions, and neither runs meanwhile. False for want of memory: then part of it has been added. */
bool engine_opcode_counts_add(engine_store_t *to, const engine_store_t *from);

/* Asks a running store to trap with "interrupted" at the next loop head or call. Async-signal-safe. */
void engine_interrupt(engine_store_t *store);

#endif
