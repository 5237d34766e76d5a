/* Sections: one pass over their headers and contents; function bodies are only measured. */
#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"
#include "reader.h"

enum section {
	SECTION_CUSTOM,
	SECTION_TYPE,
	SECTION_IMPORT,
	SECTION_FUNCTION,
	SECTION_TABLE,
	SECTION_MEMORY,
	SECTION_GLOBAL,
	SECTION_EXPORT,
	SECTION_START,
	SECTION_ELEMENT,
	SECTION_CODE,
	SECTION_DATA,
	SECTION_DATA_COUNT,
	SECTION_TAG
};

/* The order in which sections come is not that of their numbers. */
static const uint8_t section_order[] = {
	[SECTION_TYPE] = 1,   [SECTION_IMPORT] = 2, [SECTION_FUNCTION] = 3, [SECTION_TABLE] = 4,
	[SECTION_MEMORY] = 5, [SECTION_TAG] = 6,    [SECTION_GLOBAL] = 7,   [SECTION_EXPORT] = 8,
	[SECTION_START] = 9,  [SECTION_ELEMENT] = 10, [SECTION_DATA_COUNT] = 11, [SECTION_CODE] = 12,
	[SECTION_DATA] = 13,
};

static void *alloc(struct reader *r, engine_module_t *module, size_t n, size_t size)
{
	void *p = pool_alloc(&module->pool, n, size);
	if (!p)
		reader_fail(r, r->p, ENGINE_NOMEM, "out of memory");
	return p;
}

/* A vector grows by imports first and definitions after them. */
static void *extend(struct reader *r, engine_module_t *module, const void *old, size_t n_old, size_t n_new, size_t size)
{
	void *p = alloc(r, module, n_old + n_new, size);
	if (n_old)
		memcpy(p, old, n_old * size);
	return p;
}

static struct engine_limits read_limits(struct reader *r, bool memory)
{
	enum { HAS_MAX = 1, SHARED = 2, INDEX64 = 4 };
	const uint8_t *at = r->p;
	uint8_t flags = reader_byte(r);
	if (flags > (HAS_MAX | SHARED | INDEX64) || (!memory && (flags & SHARED)))
		reader_fail(r, at, ENGINE_MALFORMED, "malformed limits flags 0x%02x: integer too large", flags);
	struct engine_limits limits = {
		.min = reader_u64(r), .max = UINT64_MAX, .index64 = flags & INDEX64, .shared = flags & SHARED};
	if (flags & HAS_MAX)
		limits.max = reader_u64(r);
	uint64_t most = memory ? memory_most_pages(limits.index64) : limits.index64 ? UINT64_MAX : UINT32_MAX;
	if (limits.min > most || ((flags & HAS_MAX) && limits.max > most))
		reader_fail(r, at, ENGINE_INVALID, "%s", !memory	 ? "table size must be at most 2^32-1"
							 : limits.index64 ? "memory size must be at most 2^48 pages"
									  : "memory size must be at most 65536 pages (4GiB)");
	if (limits.max < limits.min)
		reader_fail(r, at, ENGINE_INVALID, "size minimum must not be greater than maximum");
	if (limits.shared && !(flags & HAS_MAX))
		reader_fail(r, at, ENGINE_INVALID, "shared memory must have maximum");
	return limits;
}

static struct table_type read_table_type(struct reader *r, const engine_module_t *module)
{
	struct table_type type = {.type = reader_reftype(r, module)};
	type.limits = read_limits(r, false);
	return type;
}

static struct global_type read_global_type(struct reader *r, const engine_module_t *module)
{
	struct global_type type = {.type = reader_valtype(r, module)};
	const uint8_t *at = r->p;
	uint8_t mutable_ = reader_byte(r);
	if (mutable_ > 1)
		reader_fail(r, at, ENGINE_MALFORMED, "malformed mutability");
	type.mutable_ = mutable_;
	return type;
}

static uint32_t read_tag(struct reader *r, engine_module_t *module)
{
	const uint8_t *at = r->p;
	if (reader_byte(r) != 0)
		reader_fail(r, at, ENGINE_MALFORMED, "malformed tag attribute");
	uint32_t type = reader_type_index(r, module, DEFTYPE_FUNC);
	if (module->types[type]->func.n_results)
		reader_fail(r, at, ENGINE_INVALID, "non-empty tag result type");
	return type;
}

static void read_imports(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_IMPORTS, "imports");
	module->imports = alloc(r, module, n, sizeof(*module->imports));
	module->func_types = alloc(r, module, n, sizeof(*module->func_types));
	module->tables = alloc(r, module, n, sizeof(*module->tables));
	module->memories = alloc(r, module, n, sizeof(*module->memories));
	module->globals = alloc(r, module, n, sizeof(*module->globals));
	module->tags = alloc(r, module, n, sizeof(*module->tags));
	for (uint32_t i = 0; i < n; i++) {
		struct import *import = &module->imports[i];
		import->module = reader_name(r);
		import->name = reader_name(r);
		const uint8_t *at = r->p;
		uint8_t kind = reader_byte(r);
		switch (kind) {
		case 0:
			import->kind = ENGINE_EXTERN_FUNC;
			import->index = module->n_funcs;
			module->func_types[module->n_funcs++] = reader_type_index(r, module, DEFTYPE_FUNC);
			break;
		case 1:
			import->kind = ENGINE_EXTERN_TABLE;
			import->index = module->n_tables;
			module->tables[module->n_tables++] = read_table_type(r, module);
			break;
		case 2:
			import->kind = ENGINE_EXTERN_MEMORY;
			import->index = module->n_memories;
			module->memories[module->n_memories++] = read_limits(r, true);
			if (module->n_memories > LIMIT_MEMORIES)
				reader_fail(r, at, ENGINE_LIMIT, "too many memories, the limit is %u", LIMIT_MEMORIES);
			break;
		case 3:
			import->kind = ENGINE_EXTERN_GLOBAL;
			import->index = module->n_globals;
			module->globals[module->n_globals++] = read_global_type(r, module);
			break;
		case 4:
			import->kind = ENGINE_EXTERN_TAG;
			import->index = module->n_tags;
			module->tags[module->n_tags++] = read_tag(r, module);
			break;
		default:
			reader_fail(r, at, ENGINE_MALFORMED, "malformed import kind");
		}
		module->n_imports = i + 1;
	}
	module->n_imported_funcs = module->n_funcs;
	module->n_imported_tables = module->n_tables;
	module->n_imported_memories = module->n_memories;
	module->n_imported_globals = module->n_globals;
	module->n_imported_tags = module->n_tags;
}

static void read_functions(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_FUNCS, "functions");
	module->func_types =
		extend(r, module, module->func_types, module->n_funcs, n, sizeof(*module->func_types));
	for (uint32_t i = 0; i < n; i++)
		module->func_types[module->n_funcs++] = reader_type_index(r, module, DEFTYPE_FUNC);
}

static void read_tables(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_TABLES, "tables");
	module->tables = extend(r, module, module->tables, module->n_tables, n, sizeof(*module->tables));
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *at = r->p;
		bool has_init = at < r->end && *at == 0x40;
		if (has_init && (r->p++, reader_byte(r)) != 0)
			reader_fail(r, at, ENGINE_MALFORMED, "malformed table");
		struct table_type type = read_table_type(r, module);
		if (has_init) {
			type.init = r->p;
			constexpr_check(r, module, type.type, module->n_imported_globals);
		} else if (!type_has_default(type.type)) {
			reader_fail(r, at, ENGINE_INVALID, "type mismatch: table of non-nullable references without an "
				    "initial value");
		}
		module->tables[module->n_tables++] = type;
	}
}

static void read_memories(struct reader *r, engine_module_t *module)
{
	const uint8_t *at = r->p;
	uint32_t n = reader_count(r, LIMIT_MEMORIES, "memories");
	module->memories = extend(r, module, module->memories, module->n_memories, n, sizeof(*module->memories));
	for (uint32_t i = 0; i < n; i++)
		module->memories[module->n_memories++] = read_limits(r, true);
	if (module->n_memories > LIMIT_MEMORIES)
		reader_fail(r, at, ENGINE_LIMIT, "too many memories, the limit is %u", LIMIT_MEMORIES);
}

static void read_tags(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_TAGS, "tags");
	module->tags = extend(r, module, module->tags, module->n_tags, n, sizeof(*module->tags));
	for (uint32_t i = 0; i < n; i++)
		module->tags[module->n_tags++] = read_tag(r, module);
}

static void read_globals(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_GLOBALS, "globals");
	module->globals = extend(r, module, module->globals, module->n_globals, n, sizeof(*module->globals));
	for (uint32_t i = 0; i < n; i++) {
		struct global_type type = read_global_type(r, module);
		type.init = r->p;
		constexpr_check(r, module, type.type, module->n_globals);
		module->globals[module->n_globals++] = type;
	}
}

static uint32_t hash_name(const uint8_t *p, size_t len)
{
	struct keyed_hash h = keyed_hash_begin();
	return (uint32_t)keyed_hash_bytes(&h, p, len);
}

const struct export *module_find_export(const engine_module_t *module, const char *name, size_t len)
{
	if (!module->n_export_buckets)
		return NULL;
	uint32_t i = module->export_buckets[hash_name((const uint8_t *)name, len) & (module->n_export_buckets - 1)];
	for (; i; i = module->exports[i - 1].next) {
		const struct export *export = &module->exports[i - 1];
		if (export->name.len == len && !memcmp(export->name.p, name, len))
			return export;
	}
	return NULL;
}

static void read_exports(struct reader *r, engine_module_t *module)
{
	static const char *const kinds[] = {"function", "table", "memory", "global", "tag"};
	uint32_t n = reader_count(r, LIMIT_EXPORTS, "exports");
	module->exports = alloc(r, module, n, sizeof(*module->exports));
	uint32_t buckets = 16;
	while (buckets < n)
		buckets *= 2;
	module->export_buckets = alloc(r, module, buckets, sizeof(*module->export_buckets));
	module->n_export_buckets = buckets;
	const uint32_t counts[] = {module->n_funcs, module->n_tables, module->n_memories, module->n_globals,
				   module->n_tags};
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *at = r->p;
		struct export export = {.name = reader_name(r)};
		uint8_t kind = reader_byte(r);
		if (kind > 4)
			reader_fail(r, at, ENGINE_MALFORMED, "malformed export kind");
		export.kind = (enum engine_extern_kind)kind;
		export.index = reader_u32(r);
		if (export.index >= counts[kind])
			reader_fail(r, at, ENGINE_INVALID, "unknown %s %u", kinds[kind], export.index);
		if (module_find_export(module, (const char *)export.name.p, export.name.len))
			reader_fail(r, at, ENGINE_INVALID, "duplicate export name");
		if (kind == ENGINE_EXTERN_FUNC)
			module->declared[export.index / 8] |= (uint8_t)(1 << export.index % 8);
		uint32_t *bucket = &module->export_buckets[hash_name(export.name.p, export.name.len) & (buckets - 1)];
		export.next = *bucket;
		module->exports[i] = export;
		*bucket = i + 1;
		module->n_exports = i + 1;
	}
}

static void read_start(struct reader *r, engine_module_t *module)
{
	const uint8_t *at = r->p;
	module->start = reader_u32(r);
	module->has_start = true;
	if (module->start >= module->n_funcs)
		reader_fail(r, at, ENGINE_INVALID, "unknown function %u", module->start);
	const struct engine_functype *type = module_func_type(module, module->start);
	if (type->n_params || type->n_results)
		reader_fail(r, at, ENGINE_INVALID, "start function: type mismatch");
}

static void read_elem_items(struct reader *r, engine_module_t *module, struct elem_segment *segment)
{
	segment->n = reader_count(r, LIMIT_TABLE_SIZE, "elements");
	segment->items = r->p;
	for (uint32_t i = 0; i < segment->n; i++) {
		if (segment->exprs) {
			constexpr_check(r, module, segment->type, module->n_globals);
			continue;
		}
		const uint8_t *at = r->p;
		uint32_t func = reader_u32(r);
		if (func >= module->n_funcs)
			reader_fail(r, at, ENGINE_INVALID, "unknown function %u", func);
		module->declared[func / 8] |= (uint8_t)(1 << func % 8);
	}
}

static void read_elements(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_SEGMENTS, "element segments");
	module->elems = alloc(r, module, n, sizeof(*module->elems));
	for (uint32_t i = 0; i < n; i++) {
		struct elem_segment *segment = &module->elems[i];
		const uint8_t *at = r->p;
		/* Bit 0: not active; bit 1: with a table index, or declarative; bit 2: expressions. */
		uint32_t flags = reader_u32(r);
		if (flags > 7)
			reader_fail(r, at, ENGINE_MALFORMED, "malformed elements segment kind");
		segment->mode = !(flags & 1) ? SEGMENT_ACTIVE : flags & 2 ? SEGMENT_DECLARATIVE : SEGMENT_PASSIVE;
		segment->exprs = flags & 4;
		segment->type = segment->exprs ? ENGINE_FUNCREF : ENGINE_FUNCREF | ENGINE_NON_NULL;
		if (segment->mode == SEGMENT_ACTIVE) {
			segment->table = flags & 2 ? reader_u32(r) : 0;
			if (segment->table >= module->n_tables)
				reader_fail(r, at, ENGINE_INVALID, "unknown table %u", segment->table);
			segment->offset = r->p;
			constexpr_check(r, module, index_type(&module->tables[segment->table].limits), module->n_globals);
		}
		if (flags & 3) {
			if (segment->exprs) {
				segment->type = reader_reftype(r, module);
			} else if (reader_byte(r) != 0) {
				reader_fail(r, r->p - 1, ENGINE_MALFORMED, "malformed element kind");
			}
		}
		if (segment->mode == SEGMENT_ACTIVE && !type_matches(segment->type, module->tables[segment->table].type))
			reader_fail(r, at, ENGINE_INVALID, "type mismatch: element segment and table");
		read_elem_items(r, module, segment);
		module->n_elems = i + 1;
	}
}

static void read_code(struct reader *r, engine_module_t *module)
{
	const uint8_t *at = r->p;
	uint32_t n = reader_count(r, LIMIT_FUNCS, "functions");
	if (n != module->n_funcs - module->n_imported_funcs)
		reader_fail(r, at, ENGINE_MALFORMED, "function and code section have inconsistent lengths");
	module->bodies = alloc(r, module, n, sizeof(*module->bodies));
	for (uint32_t i = 0; i < n; i++) {
		at = r->p;
		uint32_t len = reader_u32(r);
		if (len > (size_t)(r->end - r->p))
			reader_fail(r, at, ENGINE_MALFORMED, "unexpected end of section or function: length out of bounds");
		if (len > LIMIT_BODY)
			reader_fail(r, at, ENGINE_LIMIT, "function body of %u bytes, the limit is %u", len, LIMIT_BODY);
		module->bodies[i] = (struct span){reader_bytes(r, len), len};
	}
	module->n_bodies = n;
}

static void read_data(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_SEGMENTS, "data segments");
	if (module->has_data_count && n != module->data_count)
		reader_fail(r, r->p, ENGINE_MALFORMED, "data count and data section have inconsistent lengths");
	module->datas = alloc(r, module, n, sizeof(*module->datas));
	for (uint32_t i = 0; i < n; i++) {
		struct data_segment *segment = &module->datas[i];
		const uint8_t *at = r->p;
		uint32_t flags = reader_u32(r);
		if (flags > 2)
			reader_fail(r, at, ENGINE_MALFORMED, "malformed data segment kind");
		segment->mode = flags == 1 ? SEGMENT_PASSIVE : SEGMENT_ACTIVE;
		if (segment->mode == SEGMENT_ACTIVE) {
			segment->memory = flags == 2 ? reader_u32(r) : 0;
			if (segment->memory >= module->n_memories)
				reader_fail(r, at, ENGINE_INVALID, "unknown memory %u", segment->memory);
			segment->offset = r->p;
			constexpr_check(r, module, index_type(&module->memories[segment->memory]), module->n_globals);
		}
		uint32_t len = reader_u32(r);
		segment->bytes = (struct span){reader_bytes(r, len), len};
		module->n_datas = i + 1;
	}
}

static void read_custom(struct reader *r, engine_module_t *module)
{
	struct span name = reader_name(r);
	if (name.len == 4 && !memcmp(name.p, "name", 4) && !module->names.p)
		module->names = (struct span){r->p, (size_t)(r->end - r->p)};
	r->p = r->end;
}

static void read_section(struct reader *r, engine_module_t *module, uint8_t id)
{
	switch (id) {
	case SECTION_CUSTOM:
		read_custom(r, module);
		break;
	case SECTION_TYPE:
		reader_types(r, module);
		break;
	case SECTION_IMPORT:
		read_imports(r, module);
		break;
	case SECTION_FUNCTION:
		read_functions(r, module);
		break;
	case SECTION_TABLE:
		read_tables(r, module);
		break;
	case SECTION_MEMORY:
		read_memories(r, module);
		break;
	case SECTION_TAG:
		read_tags(r, module);
		break;
	case SECTION_GLOBAL:
		read_globals(r, module);
		break;
	case SECTION_EXPORT:
		read_exports(r, module);
		break;
	case SECTION_START:
		read_start(r, module);
		break;
	case SECTION_ELEMENT:
		read_elements(r, module);
		break;
	case SECTION_DATA_COUNT:
		module->has_data_count = true;
		module->data_count = reader_u32(r);
		break;
	case SECTION_CODE:
		read_code(r, module);
		break;
	case SECTION_DATA:
		read_data(r, module);
		break;
	}
}

static void read_module(struct reader *r, engine_module_t *module)
{
	static const uint8_t magic[4] = {0, 'a', 's', 'm'}, version[4] = {1, 0, 0, 0};
	const uint8_t *end = r->end;
	if (module->len > UINT32_MAX)
		reader_fail(r, NULL, ENGINE_LIMIT, "module larger than 4 GiB");
	if (memcmp(reader_bytes(r, 4), magic, 4))
		reader_fail(r, r->p - 4, ENGINE_MALFORMED, "magic header not detected");
	const uint8_t *v = reader_bytes(r, 4);
	if (memcmp(v, version, 4))
		reader_fail(r, v, ENGINE_MALFORMED, "unknown binary version%s",
			    v[2] == 1 ? ": this is a component, not a core module" : "");
	uint8_t last = 0;
	while (r->p < end) {
		const uint8_t *at = r->p;
		uint8_t id = reader_byte(r);
		if (id > SECTION_TAG)
			reader_fail(r, at, ENGINE_MALFORMED, "malformed section id %u", id);
		uint32_t size = reader_u32(r);
		if (size > (size_t)(end - r->p))
			reader_fail(r, at, ENGINE_MALFORMED, "length out of bounds: unexpected end of section %u", id);
		if (id != SECTION_CUSTOM) {
			if (section_order[id] <= last)
				reader_fail(r, at, ENGINE_MALFORMED, "unexpected content after last section: section %u "
					    "out of order or twice", id);
			last = section_order[id];
			/* All function types are known now: time for what ref.func may name. */
			if (last >= section_order[SECTION_TABLE] && !module->declared)
				module->declared = alloc(r, module, module->n_funcs / 8 + 1, 1);
		}
		r->end = r->p + size;
		read_section(r, module, id);
		if (r->p != r->end)
			reader_fail(r, r->p, ENGINE_MALFORMED, "section size mismatch");
		r->end = end;
	}
	if (module->n_bodies != module->n_funcs - module->n_imported_funcs)
		reader_fail(r, r->p, ENGINE_MALFORMED, "function and code section have inconsistent lengths");
	if (module->has_data_count && module->n_datas != module->data_count)
		reader_fail(r, r->p, ENGINE_MALFORMED, "data count and data section have inconsistent lengths");
	if (!module->declared)
		module->declared = alloc(r, module, module->n_funcs / 8 + 1, 1);
}

enum engine_error_kind engine_module_load(const void *bytes, size_t len, engine_module_t **ret_module,
					  struct engine_error *ret_error)
{
	*ret_error = (struct engine_error){.kind = ENGINE_OK, .offset = SIZE_MAX};
	engine_module_t *module = calloc(1, sizeof(*module));
	if (!module) {
		*ret_error = (struct engine_error){ENGINE_NOMEM, SIZE_MAX, "out of memory"};
		return ENGINE_NOMEM;
	}
	module->bytes = bytes;
	module->len = len;
	jmp_buf on_fail;
	struct reader r = {bytes, (const uint8_t *)bytes + len, bytes, &on_fail, ret_error};
	if (setjmp(on_fail)) {
		engine_module_free(module);
		return ret_error->kind;
	}
	read_module(&r, module);
	*ret_module = module;
	return ENGINE_OK;
}
