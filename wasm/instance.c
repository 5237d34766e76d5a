/* Instantiation: imports, own things, segments, the start function. */
#include "handler.h"

#include <stdarg.h>
#include <stdio.h>

#include "constexpr.h"
#include "reader.h"

struct instantiation {
	engine_store_t *store;
	engine_instance_t *instance;
	const engine_module_t *module;
	struct engine_error *error;
};

__attribute__((format(printf, 3, 4))) static bool fail(struct instantiation *in, enum engine_error_kind kind,
						       const char *format, ...)
{
	*in->error = (struct engine_error){.kind = kind, .offset = SIZE_MAX};
	va_list args;
	va_start(args, format);
	vsnprintf(in->error->message, sizeof(in->error->message), format, args);
	va_end(args);
	return false;
}

static bool no_memory(struct instantiation *in)
{
	return fail(in, ENGINE_NOMEM, "out of memory");
}

engine_func_t *instance_func(engine_instance_t *instance, uint32_t index)
{
	const engine_module_t *module = instance->module;
	if (index < module->n_imported_funcs)
		return instance->imported_funcs[index];
	engine_func_t *func = &instance->funcs[index - module->n_imported_funcs];
	if (!func->entry) {
		func->type = module_func_type(module, index);
		func->instance = instance;
		func->index = index;
		func->stub[0] = (uint64_t)H_lazy_entry;
		func->entry = func->stub;
	}
	return func;
}

/* ---- imports ---- */

static bool limits_match(uint64_t size, const struct engine_limits *given, const struct engine_limits *wanted)
{
	return given->index64 == wanted->index64 && given->shared == wanted->shared && size >= wanted->min &&
	       given->max <= wanted->max;
}

static bool import_matches(const engine_module_t *module, const struct import *import, const struct engine_extern *e)
{
	if (e->kind != import->kind)
		return false;
	switch (e->kind) {
	case ENGINE_EXTERN_FUNC:
		return deftype_matches(deftype_of_func(e->u.func->type),
				       deftype_of_func(module_func_type(module, import->index)));
	case ENGINE_EXTERN_TABLE: {
		const struct table_type *want = &module->tables[import->index];
		return e->u.table->type == want->type &&
		       limits_match(e->u.table->size, &e->u.table->limits, &want->limits);
	}
	case ENGINE_EXTERN_MEMORY:
		return limits_match(memory_bytes(e->u.memory) / PAGE_BYTES, &e->u.memory->type,
				    &module->memories[import->index]);
	case ENGINE_EXTERN_TAG:
		return e->u.tag->type == module_tag_type(module, import->index);
	case ENGINE_EXTERN_GLOBAL: { /* one that is written, too, has exactly the type */
		const struct global_type *want = &module->globals[import->index];
		return e->u.global->mutable_ == want->mutable_ &&
		       (want->mutable_ ? e->u.global->type == want->type : type_matches(e->u.global->type, want->type));
	}
	}
	return false;
}

static bool link_imports(struct instantiation *in, engine_resolve_fn *resolve, void *user)
{
	engine_instance_t *instance = in->instance;
	for (uint32_t i = 0; i < in->module->n_imports; i++) {
		struct engine_import_type want;
		struct engine_extern e;
		engine_module_import(in->module, i, &want);
		if (!resolve || !resolve(user, &want, &e))
			return fail(in, ENGINE_UNLINKABLE, "unknown import %.*s.%.*s", (int)want.module_len, want.module,
				    (int)want.name_len, want.name);
		if (!import_matches(in->module, &in->module->imports[i], &e))
			return fail(in, ENGINE_UNLINKABLE, "incompatible import type %.*s.%.*s", (int)want.module_len,
				    want.module, (int)want.name_len, want.name);
		uint32_t index = in->module->imports[i].index;
		switch (e.kind) {
		case ENGINE_EXTERN_FUNC:
			instance->imported_funcs[index] = e.u.func;
			break;
		case ENGINE_EXTERN_TABLE:
			instance->tables[index] = e.u.table;
			break;
		case ENGINE_EXTERN_MEMORY:
			instance->memories[index] = e.u.memory;
			break;
		case ENGINE_EXTERN_TAG:
			instance->tags[index] = e.u.tag;
			break;
		case ENGINE_EXTERN_GLOBAL:
			instance->globals[index] = e.u.global;
			break;
		}
	}
	return true;
}

/* ---- own things ---- */

static bool allocate(struct instantiation *in)
{
	engine_instance_t *instance = in->instance;
	const engine_module_t *m = in->module;
	struct pool *pool = &in->store->pool;
	instance->memories = pool_alloc(pool, m->n_memories, sizeof(*instance->memories));
	instance->tables = pool_alloc(pool, m->n_tables, sizeof(*instance->tables));
	instance->globals = pool_alloc(pool, m->n_globals, sizeof(*instance->globals));
	instance->tags = pool_alloc(pool, m->n_tags, sizeof(*instance->tags));
	instance->imported_funcs = pool_alloc(pool, m->n_imported_funcs, sizeof(*instance->imported_funcs));
	instance->funcs = pool_alloc(pool, m->n_funcs - m->n_imported_funcs, sizeof(*instance->funcs));
	instance->elems = pool_alloc(pool, m->n_elems, sizeof(*instance->elems));
	instance->datas = pool_alloc(pool, m->n_datas, sizeof(*instance->datas));
	if (!instance->memories || !instance->tables || !instance->globals || !instance->tags ||
	    !instance->imported_funcs || !instance->funcs || !instance->elems || !instance->datas)
		return no_memory(in);
	return true;
}

static bool evaluate(struct instantiation *in, const uint8_t **p, union engine_value *ret)
{
	return constexpr_value(in->instance, p, ret) || fail(in, ENGINE_TRAP, "%s", trap_texts[TRAP_heap_exhausted]);
}

static bool make_tables(struct instantiation *in)
{
	const engine_module_t *m = in->module;
	for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++) {
		const struct table_type *type = &m->tables[i];
		if (type->limits.min > LIMIT_TABLE_SIZE)
			return fail(in, ENGINE_LIMIT, "table of %llu elements, the limit is %u",
				    (unsigned long long)type->limits.min, LIMIT_TABLE_SIZE);
		engine_table_t *table = in->instance->tables[i] = table_new(in->store, type->type, type->limits);
		if (!table)
			return no_memory(in);
		if (!type->init)
			continue;
		const uint8_t *p = type->init;
		union engine_value value;
		if (!evaluate(in, &p, &value))
			return false;
		for (uint32_t k = 0; value.external && k < table->size; k++)
			table->elems[k] = value.external;
	}
	return true;
}

static bool make_own(struct instantiation *in)
{
	engine_instance_t *instance = in->instance;
	const engine_module_t *m = in->module;
	for (uint32_t i = m->n_imported_memories; i < m->n_memories; i++) {
		uint64_t most = memory_max_pages(in->store, &m->memories[i]);
		if (m->memories[i].min > most)
			return fail(in, ENGINE_LIMIT, "memory of %llu pages, the limit is %llu",
				    (unsigned long long)m->memories[i].min, (unsigned long long)most);
		instance->memories[i] = memory_new(in->store, m->memories[i]);
		if (!instance->memories[i])
			return fail(in, ENGINE_NOMEM, "no memory of %llu pages",
				    (unsigned long long)m->memories[i].min);
	}
	engine_tag_t *tags = pool_alloc(&in->store->pool, m->n_tags - m->n_imported_tags, sizeof(*tags));
	if (!tags)
		return no_memory(in);
	for (uint32_t i = m->n_imported_tags; i < m->n_tags; i++, tags++) {
		tags->type = module_tag_type(m, i);
		instance->tags[i] = tags;
	}
	engine_global_t *globals = pool_alloc(&in->store->pool, m->n_globals - m->n_imported_globals, sizeof(*globals));
	if (!globals)
		return no_memory(in);
	for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++, globals++) {
		const uint8_t *p = m->globals[i].init;
		*globals = (engine_global_t){.type = m->globals[i].type, .mutable_ = m->globals[i].mutable_};
		union engine_value value[2] = {{0}};
		if (!evaluate(in, &p, value))
			return false;
		globals->value = value[0];
		globals->upper = value[1].bits;
		instance->globals[i] = globals;
	}
	return make_tables(in);
}

/* ---- segments ---- */

static uint32_t read_index(const uint8_t **p)
{
	uint32_t value = 0;
	for (unsigned shift = 0;; shift += 7) { /* checked when the module was loaded */
		uint8_t byte = *(*p)++;
		value |= (uint32_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
}

static bool fill_elems(struct instantiation *in)
{
	for (uint32_t i = 0; i < in->module->n_elems; i++) {
		const struct elem_segment *segment = &in->module->elems[i];
		struct elem_instance *elem = &in->instance->elems[i];
		elem->refs = pool_alloc(&in->store->pool, segment->n, sizeof(*elem->refs));
		if (!elem->refs)
			return no_memory(in);
		elem->n = segment->n;
		const uint8_t *p = segment->items;
		for (uint32_t k = 0; k < segment->n; k++) {
			union engine_value value = {.bits = 0};
			if (!segment->exprs)
				value.func = instance_func(in->instance, read_index(&p));
			else if (!evaluate(in, &p, &value))
				return false;
			elem->refs[k] = value.external;
		}
	}
	return true;
}

/* Active segments in order; what was written before a trap stays. */
static bool apply_segments(struct instantiation *in)
{
	const engine_module_t *m = in->module;
	for (uint32_t i = 0; i < m->n_elems; i++) {
		const struct elem_segment *segment = &m->elems[i];
		struct elem_instance *elem = &in->instance->elems[i];
		if (segment->mode == SEGMENT_PASSIVE)
			continue;
		if (segment->mode == SEGMENT_ACTIVE) {
			const uint8_t *p = segment->offset;
			union engine_value at;
			if (!evaluate(in, &p, &at))
				return false;
			if (!table_init(in->instance->tables[segment->table], elem, at.bits, 0, elem->n))
				return fail(in, ENGINE_TRAP, "%s: element segment %u", trap_texts[TRAP_table_bounds], i);
		}
		elem->n = 0;
	}
	for (uint32_t i = 0; i < m->n_datas; i++) {
		const struct data_segment *segment = &m->datas[i];
		if (segment->mode == SEGMENT_PASSIVE) {
			in->instance->datas[i] = (struct data_instance){segment->bytes.p, segment->bytes.len};
			continue;
		}
		const uint8_t *p = segment->offset;
		union engine_value offset; /* of an i32 the upper half is zero */
		if (!evaluate(in, &p, &offset))
			return false;
		uint64_t at = offset.bits;
		engine_memory_t *memory = in->instance->memories[segment->memory];
		if (!range_within(at, segment->bytes.len, memory_bytes(memory)))
			return fail(in, ENGINE_TRAP, "%s: data segment %u", trap_texts[TRAP_memory_bounds], i);
		if (segment->bytes.len)
			memcpy(memory->base + at, segment->bytes.p, segment->bytes.len);
	}
	return true;
}

enum engine_error_kind engine_instantiate(engine_store_t *store, engine_module_t *module, engine_resolve_fn *resolve,
					  void *user, engine_instance_t **ret_instance, struct engine_error *ret_error)
{
	if (!module_check_features(module, ret_error))
		return ret_error->kind;
	struct instantiation in = {store, NULL, module, ret_error};
	store->n_frames = 0;
	engine_instance_t *instance = in.instance = pool_alloc(&store->pool, 1, sizeof(*instance));
	if (!instance) {
		no_memory(&in);
		return ENGINE_NOMEM;
	}
	instance->store = store;
	instance->module = module;
	instance->next = store->instances;
	store->instances = instance;
	if (!allocate(&in) || !link_imports(&in, resolve, user) || !make_own(&in) || !fill_elems(&in) ||
	    !apply_segments(&in))
		return ret_error->kind;
	if (module->has_start &&
	    engine_call(store, instance_func(instance, module->start), NULL, NULL, ret_error) != ENGINE_OK)
		return ret_error->kind;
	*ret_instance = instance;
	return ENGINE_OK;
}

bool engine_export(engine_instance_t *instance, const char *name, size_t name_len, struct engine_extern *ret_extern)
{
	const struct export *export = module_find_export(instance->module, name, name_len);
	if (!export)
		return false;
	ret_extern->kind = export->kind;
	switch (export->kind) {
	case ENGINE_EXTERN_FUNC:
		ret_extern->u.func = instance_func(instance, export->index);
		break;
	case ENGINE_EXTERN_TABLE:
		ret_extern->u.table = instance->tables[export->index];
		break;
	case ENGINE_EXTERN_MEMORY:
		ret_extern->u.memory = instance->memories[export->index];
		break;
	case ENGINE_EXTERN_TAG:
		ret_extern->u.tag = instance->tags[export->index];
		break;
	case ENGINE_EXTERN_GLOBAL:
		ret_extern->u.global = instance->globals[export->index];
		break;
	}
	return true;
}
