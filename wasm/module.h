/* A decoded module: what the sections say, with function bodies as ranges of bytes. */
#ifndef WASIWARD_MODULE_H
#define WASIWARD_MODULE_H

#include "engine.h"
#include "pool.h"
#include "types.h"

enum { /* implementation limits */
	LIMIT_TYPES = 1000000,
	LIMIT_FUNCS = 1000000,
	LIMIT_IMPORTS = 1000000,
	LIMIT_EXPORTS = 1000000,
	LIMIT_GLOBALS = 1000000,
	LIMIT_TAGS = 1000000,
	LIMIT_SEGMENTS = 1000000,
	LIMIT_TABLES = 100000,
	LIMIT_MEMORIES = 100,
	LIMIT_PARAMS = 1000,
	LIMIT_RESULTS = 1000,
	LIMIT_FIELDS = 10000,
	LIMIT_LOCALS = 50000,
	LIMIT_BODY = 7654321,
	LIMIT_TABLE_SIZE = 10000000,
	LIMIT_NESTING = 50000
};

struct span {
	const uint8_t *p;
	size_t len;
};

struct import {
	struct span module, name;
	enum engine_extern_kind kind;
	uint32_t index; /* in the index space of its kind */
};

struct export {
	struct span name;
	enum engine_extern_kind kind;
	uint32_t index;
	uint32_t next; /* in its hash bucket, plus one; 0 ends */
};

struct table_type {
	engine_type_t type;
	struct engine_limits limits;
	const uint8_t *init; /* constant expression for all elements, or NULL */
};

struct global_type {
	engine_type_t type;
	bool mutable_;
	const uint8_t *init; /* constant expression, NULL for imports */
};

enum segment_mode { SEGMENT_ACTIVE, SEGMENT_PASSIVE, SEGMENT_DECLARATIVE };

struct elem_segment {
	enum segment_mode mode;
	engine_type_t type;
	bool exprs; /* items are constant expressions, not function indices */
	uint32_t table, n;
	const uint8_t *offset, *items;
};

struct data_segment {
	enum segment_mode mode;
	uint32_t memory;
	const uint8_t *offset;
	struct span bytes;
};

struct engine_module {
	const uint8_t *bytes;
	size_t len;
	struct pool pool, scratch; /* scratch: empty once the module is loaded */

	const struct deftype **types; /* canonical; the module counts their groups */
	uint32_t n_types, room_types;
	uint32_t n_open; /* while reading: members of the group that begins at n_types */
	const struct deftype **groups;
	uint32_t n_groups;
	struct import *imports;
	uint32_t n_imports;
	uint32_t *func_types; /* type index of each function, imports first */
	uint32_t n_funcs, n_imported_funcs;
	struct table_type *tables;
	uint32_t n_tables, n_imported_tables;
	struct engine_limits *memories;
	uint32_t n_memories, n_imported_memories;
	struct global_type *globals;
	uint32_t n_globals, n_imported_globals;
	uint32_t *tags; /* type index of each, imports first */
	uint32_t n_tags, n_imported_tags;
	struct export *exports;
	uint32_t n_exports;
	uint32_t *export_buckets, n_export_buckets;
	struct elem_segment *elems;
	uint32_t n_elems;
	struct data_segment *datas;
	uint32_t n_datas;
	bool has_data_count;
	uint32_t data_count;
	unsigned features; /* enum engine_feature */
	bool has_start;
	uint32_t start;
	struct span *bodies; /* n_funcs - n_imported_funcs */
	uint32_t n_bodies;
	uint8_t *declared; /* bit per function: may be named by ref.func */
	struct span names; /* contents of the name section, or NULL */
};

/* What addresses a memory or indexes a table. */
static inline engine_type_t index_type(const struct engine_limits *limits)
{
	return limits->index64 ? ENGINE_I64 : ENGINE_I32;
}

/* How many pages a memory type may ask for. */
static inline uint64_t memory_most_pages(bool index64)
{
	return index64 ? UINT64_C(1) << 48 : 65536;
}

static inline const struct engine_functype *module_func_type(const engine_module_t *module, uint32_t func)
{
	return &module->types[module->func_types[func]]->func;
}

static inline const struct engine_functype *module_tag_type(const engine_module_t *module, uint32_t tag)
{
	return &module->types[module->tags[tag]]->func;
}

static inline bool module_is_declared(const engine_module_t *module, uint32_t func)
{
	return module->declared[func / 8] >> func % 8 & 1;
}

/* Whether the module has what its features exclude: then false, and *ret_error says so. Fills it with ENGINE_OK otherwise. */
bool module_check_features(const engine_module_t *module, struct engine_error *ret_error);

const struct export *module_find_export(const engine_module_t *module, const char *name, size_t len);

/* A type as text, in the module's own numbering. */
struct type_text {
	char s[40];
};
struct type_text type_text(const engine_module_t *module, engine_type_t type);

#endif
