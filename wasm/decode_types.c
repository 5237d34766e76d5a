/* The type section, and types wherever they occur. */
#include <stdio.h>
#include <stdlib.h>

#include "reader.h"

enum {
	CODE_REF = 0x64,
	CODE_REF_NULL = 0x63,
	FORM_REC = 0x4e,
	FORM_SUB_FINAL = 0x4f,
	FORM_SUB = 0x50,
	FORM_ARRAY = 0x5e,
	FORM_STRUCT = 0x5f,
	FORM_FUNC = 0x60
};

static bool is_abstract(uint8_t code)
{
	return code >= ENGINE_EXNREF && code <= ENGINE_NOEXNREF;
}

/* A nullable reference to the type of an index. */
static engine_type_t concrete(struct reader *r, const engine_module_t *module, const uint8_t *at, uint64_t index)
{
	if (index < module->n_types)
		return module->types[index]->refs[0];
	if (index - module->n_types >= module->n_open)
		reader_fail(r, at, ENGINE_INVALID, "unknown type %llu", (unsigned long long)index);
	return TYPE_RELATIVE | ENGINE_REF | (uint32_t)(index - module->n_types) << ENGINE_TYPE_SHIFT;
}

engine_type_t reader_heaptype(struct reader *r, const engine_module_t *module)
{
	const uint8_t *at = r->p;
	if (r->p < r->end && is_abstract(*r->p))
		return *r->p++;
	int64_t index = reader_s33(r);
	if (index < 0)
		reader_fail(r, at, ENGINE_MALFORMED, "malformed heap type");
	return concrete(r, module, at, (uint64_t)index);
}

/* Returns TYPE_ANY for bytes that begin no reference type. */
static engine_type_t read_ref(struct reader *r, const engine_module_t *module, uint8_t code)
{
	if (code == CODE_REF || code == CODE_REF_NULL)
		return reader_heaptype(r, module) | (code == CODE_REF ? (engine_type_t)ENGINE_NON_NULL : 0);
	return is_abstract(code) ? code : (engine_type_t)TYPE_ANY;
}

engine_type_t reader_valtype(struct reader *r, const engine_module_t *module)
{
	const uint8_t *at = r->p;
	uint8_t code = reader_byte(r);
	if (code >= ENGINE_V128 && code <= ENGINE_I32)
		return code;
	engine_type_t type = read_ref(r, module, code);
	if (type == TYPE_ANY)
		reader_fail(r, at, ENGINE_MALFORMED, "malformed value type 0x%02x", code);
	return type;
}

engine_type_t reader_reftype(struct reader *r, const engine_module_t *module)
{
	const uint8_t *at = r->p;
	uint8_t code = reader_byte(r);
	engine_type_t type = read_ref(r, module, code);
	if (type == TYPE_ANY)
		reader_fail(r, at, ENGINE_MALFORMED, "malformed reference type 0x%02x", code);
	return type;
}

uint32_t reader_type_index(struct reader *r, const engine_module_t *module, enum deftype_kind kind)
{
	static const char *const names[] = {
		[DEFTYPE_FUNC] = "function", [DEFTYPE_STRUCT] = "structure", [DEFTYPE_ARRAY] = "array"};
	const uint8_t *at = r->p;
	uint32_t index = reader_u32(r);
	if (index >= module->n_types)
		reader_fail(r, at, ENGINE_INVALID, "unknown type %u", index);
	if (module->types[index]->kind != kind)
		reader_fail(r, at, ENGINE_INVALID, "type mismatch: type %u is not a %s type", index, names[kind]);
	return index;
}

/* ---- the section ---- */

static void *alloc(struct reader *r, struct pool *pool, size_t n, size_t size)
{
	void *p = pool_alloc(pool, n, size);
	if (!p)
		reader_fail(r, r->p, ENGINE_NOMEM, "out of memory");
	return p;
}

static const engine_type_t *read_type_list(struct reader *r, const engine_module_t *module, struct pool *scratch,
					   uint32_t limit, const char *what, uint32_t *ret_n)
{
	*ret_n = reader_count(r, limit, what);
	engine_type_t *types = alloc(r, scratch, *ret_n, sizeof(*types));
	for (uint32_t i = 0; i < *ret_n; i++)
		types[i] = reader_valtype(r, module);
	return types;
}

static void read_fields(struct reader *r, const engine_module_t *module, struct pool *scratch, struct deftype *type)
{
	struct field_type *fields = alloc(r, scratch, type->n_fields, sizeof(*fields));
	for (uint32_t i = 0; i < type->n_fields; i++) {
		if (r->p < r->end && (*r->p == TYPE_I8 || *r->p == TYPE_I16))
			fields[i].type = *r->p++;
		else
			fields[i].type = reader_valtype(r, module);
		const uint8_t *at = r->p;
		uint8_t mutable_ = reader_byte(r);
		if (mutable_ > 1)
			reader_fail(r, at, ENGINE_MALFORMED, "malformed mutability");
		fields[i].mutable_ = mutable_;
	}
	type->fields = fields;
}

static void read_content(struct reader *r, const engine_module_t *module, struct pool *scratch, struct deftype *type)
{
	const uint8_t *at = r->p;
	uint8_t form = reader_byte(r);
	switch (form) {
	case FORM_FUNC:
		type->kind = DEFTYPE_FUNC;
		type->func.params =
			read_type_list(r, module, scratch, LIMIT_PARAMS, "parameters", &type->func.n_params);
		type->func.results =
			read_type_list(r, module, scratch, LIMIT_RESULTS, "results", &type->func.n_results);
		break;
	case FORM_STRUCT:
		type->kind = DEFTYPE_STRUCT;
		type->n_fields = reader_count(r, LIMIT_FIELDS, "fields");
		read_fields(r, module, scratch, type);
		break;
	case FORM_ARRAY:
		type->kind = DEFTYPE_ARRAY;
		type->n_fields = 1;
		read_fields(r, module, scratch, type);
		break;
	default:
		reader_fail(r, at, ENGINE_MALFORMED, "malformed definition type: integer representation too long "
			    "or unknown type form 0x%02x", form);
	}
}

/* The member of the open group at its position. */
static void read_subtype(struct reader *r, const engine_module_t *module, struct pool *scratch, struct deftype *members,
			 uint32_t position)
{
	struct deftype *type = &members[position];
	type->final = true;
	if (r->p < r->end && (*r->p == FORM_SUB || *r->p == FORM_SUB_FINAL)) {
		type->final = *r->p++ == FORM_SUB_FINAL;
		const uint8_t *at = r->p;
		uint32_t n = reader_count(r, UINT32_MAX, "supertypes");
		if (n > 1)
			reader_fail(r, at, ENGINE_INVALID, "sub type with more than one super type");
		if (n) {
			uint32_t index = reader_u32(r);
			if (index >= module->n_types + position)
				reader_fail(r, at, ENGINE_INVALID, "unknown type %u: super types come first", index);
			type->super = concrete(r, module, at, index);
		}
	}
	read_content(r, module, scratch, type);
}

static void check_super(struct reader *r, const engine_module_t *module, const uint8_t *at, const struct deftype *type,
			uint32_t index)
{
	if (!type->super)
		return;
	const struct deftype *super = deftype_of(type->super);
	if (super->final)
		reader_fail(r, at, ENGINE_INVALID, "sub type %u: its super type %s is final", index,
			    type_text(module, type->super).s);
	if (!deftype_extends(type, super))
		reader_fail(r, at, ENGINE_INVALID, "sub type %u does not match super type %s", index,
			    type_text(module, type->super).s);
}

static void append_types(struct reader *r, engine_module_t *module, const struct deftype *types, uint32_t n)
{
	if (n > module->room_types - module->n_types) {
		uint32_t room = (module->n_types + n) * 2;
		const struct deftype **bigger = alloc(r, &module->pool, room, sizeof(*bigger));
		for (uint32_t i = 0; i < module->n_types; i++)
			bigger[i] = module->types[i];
		module->types = bigger;
		module->room_types = room;
	}
	for (uint32_t i = 0; i < n; i++)
		module->types[module->n_types++] = &types[i];
}

static void read_group(struct reader *r, engine_module_t *module, struct pool *scratch)
{
	const uint8_t *at = r->p;
	uint32_t n = 1;
	if (r->p < r->end && *r->p == FORM_REC) {
		r->p++;
		n = reader_count(r, LIMIT_TYPES, "types");
	}
	if (n > LIMIT_TYPES - module->n_types)
		reader_fail(r, at, ENGINE_LIMIT, "too many types, the limit is %u", LIMIT_TYPES);
	if (n == 0)
		return;
	struct deftype *members = alloc(r, scratch, n, sizeof(*members));
	module->n_open = n;
	for (uint32_t i = 0; i < n; i++)
		read_subtype(r, module, scratch, members, i);
	module->n_open = 0;
	const struct deftype *types = NULL;
	enum engine_error_kind kind = type_group_intern(members, n, &types);
	if (kind != ENGINE_OK)
		reader_fail(r, at, kind, "%s", kind == ENGINE_NOMEM ? "out of memory"
								    : "too many types, or too long a chain of super types");
	uint32_t first = module->n_types;
	module->groups[module->n_groups++] = types;
	append_types(r, module, types, n);
	for (uint32_t i = 0; i < n; i++)
		check_super(r, module, at, &types[i], first + i);
}

void reader_types(struct reader *r, engine_module_t *module)
{
	uint32_t n = reader_count(r, LIMIT_TYPES, "types");
	module->groups = alloc(r, &module->pool, n, sizeof(*module->groups));
	module->room_types = n;
	module->types = alloc(r, &module->pool, n, sizeof(*module->types));
	for (uint32_t i = 0; i < n; i++)
		read_group(r, module, &module->scratch);
	pool_free(&module->scratch);
}

/* ---- types as text ---- */

static const char *const names[] = {
	[ENGINE_I32] = "i32",		  [ENGINE_I64] = "i64",		[ENGINE_F32] = "f32",
	[ENGINE_F64] = "f64",		  [ENGINE_V128] = "v128",	[TYPE_I8] = "i8",
	[TYPE_I16] = "i16",		  [ENGINE_NOEXNREF] = "noexn",	[ENGINE_NOFUNCREF] = "nofunc",
	[ENGINE_NOEXTERNREF] = "noextern", [ENGINE_NULLREF] = "none",	[ENGINE_FUNCREF] = "func",
	[ENGINE_EXTERNREF] = "extern",	  [ENGINE_ANYREF] = "any",	[ENGINE_EQREF] = "eq",
	[ENGINE_I31REF] = "i31",	  [ENGINE_STRUCTREF] = "struct", [ENGINE_ARRAYREF] = "array",
	[ENGINE_EXNREF] = "exn",
};

struct type_text type_text(const engine_module_t *module, engine_type_t type)
{
	struct type_text text;
	uint8_t code = (uint8_t)type;
	const char *null = type & ENGINE_NON_NULL ? "" : "null ";
	if (type_is_concrete(type)) {
		uint32_t i = 0;
		while (i < module->n_types && module->types[i] != deftype_of(type))
			i++;
		snprintf(text.s, sizeof(text.s), "(ref %s%u)", null, i);
	} else if (type == TYPE_ANY || type == TYPE_BOTREF) {
		snprintf(text.s, sizeof(text.s), "any %s", type ? "reference" : "type");
	} else if (is_abstract(code)) {
		snprintf(text.s, sizeof(text.s), "(ref %s%s)", null, names[code]);
	} else {
		snprintf(text.s, sizeof(text.s), "%s", names[code]);
	}
	return text;
}
