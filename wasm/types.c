#include "types.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"

struct type_group {
	struct type_group *next; /* in its bucket */
	uint64_t uses;
	uint32_t hash, n;
	struct deftype types[];
};

enum {
	CHUNK = 512,
	MAX_TYPES = 1 << 22, /* TYPE_RELATIVE and the code take the other bits of an engine_type_t */
	CODE_BITS = (1 << ENGINE_TYPE_SHIFT) - 1
};

/* The registry. A type's entry is written before its number is known to anybody, and chunks never move: reading an
 * entry takes no lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct deftype **chunks[MAX_TYPES / CHUNK];
static uint32_t n_ids, *free_ids, n_free, room_free;
static struct type_group **buckets;
static uint32_t n_buckets, n_groups;

static uint32_t id_of(engine_type_t ref)
{
	return ref >> ENGINE_TYPE_SHIFT;
}

const struct deftype *deftype_of(engine_type_t ref)
{
	uint32_t id = id_of(ref);
	return chunks[id / CHUNK][id % CHUNK];
}

static bool take_id(uint32_t *ret)
{
	if (n_free) {
		*ret = free_ids[--n_free];
		return true;
	}
	if (!chunks[n_ids / CHUNK]) {
		chunks[n_ids / CHUNK] = calloc(CHUNK, sizeof(*chunks[0]));
		if (!chunks[n_ids / CHUNK])
			return false;
	}
	*ret = n_ids++;
	return true;
}

static void give_id(uint32_t id)
{
	chunks[id / CHUNK][id % CHUNK] = NULL;
	if (n_free == room_free) {
		uint32_t room = room_free ? room_free * 2 : 256;
		uint32_t *ids = realloc(free_ids, room * sizeof(*ids));
		if (!ids)
			return; /* the number is lost, no harm done */
		free_ids = ids;
		room_free = room;
	}
	free_ids[n_free++] = id;
}

/* ---- equality of groups ---- */

static void add_all(struct keyed_hash *h, const engine_type_t *types, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		keyed_hash_add(h, types[i]);
}

static uint32_t hash_group(const struct deftype *types, uint32_t n)
{
	struct keyed_hash h = keyed_hash_begin();
	for (uint32_t i = 0; i < n; i++) {
		const struct deftype *t = &types[i];
		keyed_hash_add(&h, (uint64_t)t->super << 32 | (uint32_t)t->kind << 1 | t->final);
		keyed_hash_add(&h, (uint64_t)t->func.n_params << 32 | t->func.n_results);
		keyed_hash_add(&h, t->n_fields);
		add_all(&h, t->func.params, t->func.n_params);
		add_all(&h, t->func.results, t->func.n_results);
		for (uint32_t k = 0; k < t->n_fields; k++)
			keyed_hash_add(&h, (uint64_t)t->fields[k].type << 1 | t->fields[k].mutable_);
	}
	return (uint32_t)keyed_hash_end_with(&h, NULL, 0);
}

/* What a type of a member is in the group itself. */
static engine_type_t absolute(const struct type_group *group, engine_type_t type)
{
	if (!type_is_concrete(type) || !(type & TYPE_RELATIVE))
		return type;
	const struct deftype *to = &group->types[id_of(type & ~TYPE_RELATIVE)];
	return to->refs[type & ENGINE_NON_NULL ? 1 : 0];
}

static bool lists_equal(const struct type_group *group, const engine_type_t *stored, const engine_type_t *types, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (stored[i] != absolute(group, types[i]))
			return false;
	return true;
}

static bool member_equal(const struct type_group *group, const struct deftype *stored, const struct deftype *t)
{
	if (stored->kind != t->kind || stored->final != t->final || stored->super != absolute(group, t->super) ||
	    stored->n_fields != t->n_fields || stored->func.n_params != t->func.n_params ||
	    stored->func.n_results != t->func.n_results)
		return false;
	for (uint32_t i = 0; i < t->n_fields; i++)
		if (stored->fields[i].type != absolute(group, t->fields[i].type) ||
		    stored->fields[i].mutable_ != t->fields[i].mutable_)
			return false;
	return lists_equal(group, stored->func.params, t->func.params, t->func.n_params) &&
	       lists_equal(group, stored->func.results, t->func.results, t->func.n_results);
}

static struct type_group *find_group(const struct deftype *members, uint32_t n, uint32_t hash)
{
	struct type_group *group = n_buckets ? buckets[hash & (n_buckets - 1)] : NULL;
	for (; group; group = group->next) {
		uint32_t i = 0;
		if (group->hash != hash || group->n != n)
			continue;
		while (i < n && member_equal(group, &group->types[i], &members[i]))
			i++;
		if (i == n)
			return group;
	}
	return NULL;
}

/* ---- making and freeing groups ---- */

/* Counts, or stops counting, the group that a type of this group refers to. Those that nobody uses any more are added to
 * the list *ret_dead. */
static void use(const struct type_group *group, engine_type_t type, int change, struct type_group **ret_dead);

static void use_all(const struct type_group *group, int change, struct type_group **ret_dead)
{
	for (uint32_t i = 0; i < group->n; i++) {
		const struct deftype *t = &group->types[i];
		use(group, t->super, change, ret_dead);
		for (uint32_t k = 0; k < t->func.n_params; k++)
			use(group, t->func.params[k], change, ret_dead);
		for (uint32_t k = 0; k < t->func.n_results; k++)
			use(group, t->func.results[k], change, ret_dead);
		for (uint32_t k = 0; k < t->n_fields; k++)
			use(group, t->fields[k].type, change, ret_dead);
	}
}

static void unlink_group(struct type_group *group)
{
	struct type_group **at = &buckets[group->hash & (n_buckets - 1)];
	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	n_groups--;
}

static void drop(struct type_group *group, struct type_group **ret_dead)
{
	if (--group->uses)
		return;
	unlink_group(group);
	group->next = *ret_dead;
	*ret_dead = group;
}

static void use(const struct type_group *group, engine_type_t type, int change, struct type_group **ret_dead)
{
	if (!type_is_concrete(type))
		return;
	struct type_group *to = deftype_of(type)->group;
	if (to == group)
		return;
	if (change > 0)
		to->uses++;
	else
		drop(to, ret_dead);
}

void type_group_release(const struct deftype *types)
{
	struct type_group *dead = NULL;
	if (!types)
		return;
	pthread_mutex_lock(&lock);
	drop(types->group, &dead);
	while (dead) { /* a loop: chains of groups may be long */
		struct type_group *group = dead;
		dead = group->next;
		use_all(group, -1, &dead);
		for (uint32_t i = 0; i < group->n; i++)
			give_id(id_of(group->types[i].refs[0]));
		free(group);
	}
	pthread_mutex_unlock(&lock);
}

static bool make_room(void)
{
	if (n_groups < n_buckets)
		return true;
	uint32_t n = n_buckets ? n_buckets * 2 : 256;
	struct type_group **bigger = calloc(n, sizeof(struct type_group *));
	if (!bigger)
		return n_buckets != 0;
	for (uint32_t i = 0; i < n_buckets; i++)
		for (struct type_group *group = buckets[i], *next; group; group = next) {
			next = group->next;
			group->next = bigger[group->hash & (n - 1)];
			bigger[group->hash & (n - 1)] = group;
		}
	free(buckets);
	buckets = bigger;
	n_buckets = n;
	return true;
}

/* The depth of a member whose supertype comes before it. */
static uint32_t member_depth(const struct type_group *group, engine_type_t super)
{
	if (!super)
		return 0;
	return (super & TYPE_RELATIVE ? &group->types[id_of(super & ~TYPE_RELATIVE)] : deftype_of(super))->depth + 1u;
}

static size_t content_bytes(const struct deftype *t, uint32_t depth)
{
	return depth * sizeof(*t->supers) + t->n_fields * sizeof(*t->fields) +
	       (((size_t)t->func.n_params + t->func.n_results) * sizeof(engine_type_t) + 7) / 8 * 8;
}

static void copy_member(struct type_group *group, struct deftype *to, const struct deftype *from, char *room)
{
	const struct deftype **supers = (const struct deftype **)room;
	struct field_type *fields = (struct field_type *)(supers + to->depth);
	engine_type_t *params = (engine_type_t *)(fields + from->n_fields), *results = params + from->func.n_params;
	to->kind = from->kind;
	to->final = from->final;
	to->super = absolute(group, from->super);
	if (to->super) {
		const struct deftype *super = deftype_of(to->super);
		memcpy(supers, super->supers, super->depth * sizeof(*supers));
		supers[super->depth] = super;
	}
	to->supers = supers;
	for (uint32_t i = 0; i < from->n_fields; i++)
		fields[i] = (struct field_type){absolute(group, from->fields[i].type), from->fields[i].mutable_};
	to->fields = fields;
	to->n_fields = from->n_fields;
	for (uint32_t i = 0; i < from->func.n_params; i++)
		params[i] = absolute(group, from->func.params[i]);
	for (uint32_t i = 0; i < from->func.n_results; i++)
		results[i] = absolute(group, from->func.results[i]);
	to->func = (struct engine_functype){from->func.n_params, from->func.n_results, params, results,
					    types_slots(params, from->func.n_params), types_slots(results, from->func.n_results), to->refs[0]};
}

static bool give_ids(struct type_group *group)
{
	for (uint32_t i = 0; i < group->n; i++) {
		uint32_t id;
		if (!take_id(&id)) {
			while (i-- > 0)
				give_id(id_of(group->types[i].refs[0]));
			return false;
		}
		struct deftype *t = &group->types[i];
		t->group = group;
		t->refs[0] = ENGINE_REF | id << ENGINE_TYPE_SHIFT;
		t->refs[1] = t->refs[0] | ENGINE_NON_NULL;
		chunks[id / CHUNK][id % CHUNK] = t;
	}
	return true;
}

/* One allocation: the members, and behind them what they point to. */
static enum engine_error_kind make_group(const struct deftype *members, uint32_t n, struct type_group **ret)
{
	size_t bytes = sizeof(struct type_group) + n * sizeof(struct deftype);
	struct type_group *group = calloc(1, bytes);
	if (!group)
		return ENGINE_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t depth = member_depth(group, members[i].super);
		if (depth > TYPE_MAX_SUPERS) {
			free(group);
			return ENGINE_LIMIT;
		}
		group->types[i].depth = (uint8_t)depth;
		bytes += content_bytes(&members[i], depth);
	}
	struct type_group *whole = realloc(group, bytes);
	if (whole) {
		group = whole;
		group->n = n;
	}
	if (!whole || !give_ids(group)) {
		free(group);
		return ENGINE_NOMEM;
	}
	char *room = (char *)&group->types[n];
	for (uint32_t i = 0; i < n; i++) {
		copy_member(group, &group->types[i], &members[i], room);
		room += content_bytes(&members[i], group->types[i].depth);
	}
	*ret = group;
	return ENGINE_OK;
}

static enum engine_error_kind intern(const struct deftype *members, uint32_t n, struct type_group **ret)
{
	uint32_t hash = hash_group(members, n);
	struct type_group *group = find_group(members, n, hash);
	if (!group) {
		if (n > MAX_TYPES - n_ids + n_free)
			return ENGINE_LIMIT;
		if (!make_room())
			return ENGINE_NOMEM;
		enum engine_error_kind kind = make_group(members, n, &group);
		if (kind != ENGINE_OK)
			return kind;
		group->hash = hash;
		use_all(group, 1, NULL);
		group->next = buckets[hash & (n_buckets - 1)];
		buckets[hash & (n_buckets - 1)] = group;
		n_groups++;
	}
	group->uses++;
	*ret = group;
	return ENGINE_OK;
}

enum engine_error_kind type_group_intern(const struct deftype *members, uint32_t n, const struct deftype **ret_types)
{
	struct type_group *group = NULL;
	pthread_mutex_lock(&lock);
	enum engine_error_kind kind = intern(members, n, &group);
	pthread_mutex_unlock(&lock);
	if (kind == ENGINE_OK)
		*ret_types = group->types;
	return kind;
}

bool type_is_known(engine_type_t type)
{
	engine_type_t code = type & ~(engine_type_t)ENGINE_NON_NULL;
	if (!type_is_concrete(type))
		return (type >= ENGINE_V128 && type <= ENGINE_I32) || (code >= ENGINE_EXNREF && code <= ENGINE_NOEXNREF);
	pthread_mutex_lock(&lock);
	bool known = id_of(type) < n_ids && deftype_of(type);
	pthread_mutex_unlock(&lock);
	return known;
}

static bool same_types(const engine_type_t *a, const engine_type_t *b, uint32_t n)
{
	return n == 0 || !memcmp(a, b, n * sizeof(*a));
}

enum engine_error_kind type_of_host(const struct engine_functype *type, const struct deftype **ret_types)
{
	for (uint32_t i = 0; i < type->n_params + type->n_results; i++)
		if (!type_is_known(i < type->n_params ? type->params[i] : type->results[i - type->n_params]))
			return ENGINE_INVALID;
	if (!type->defined) {
		const struct deftype wanted = {.func = *type, .kind = DEFTYPE_FUNC, .final = true};
		return type_group_intern(&wanted, 1, ret_types);
	}
	if (!type_is_concrete(type->defined) || !type_is_known(type->defined))
		return ENGINE_INVALID;
	const struct deftype *def = deftype_of(type->defined);
	if (def->kind != DEFTYPE_FUNC || def->func.n_params != type->n_params || def->func.n_results != type->n_results ||
	    !same_types(def->func.params, type->params, type->n_params) ||
	    !same_types(def->func.results, type->results, type->n_results))
		return ENGINE_INVALID;
	pthread_mutex_lock(&lock);
	def->group->uses++;
	pthread_mutex_unlock(&lock);
	*ret_types = def;
	return ENGINE_OK;
}

/* ---- subtyping ---- */

/* For each abstract heap type the ones it matches, itself included. */
#define BIT(ref) (1u << ((ref) - ENGINE_EXNREF))
static const uint16_t above[] = {
#define ABOVE(ref, others) [(ref) - ENGINE_EXNREF] = BIT(ref) | (others)
	ABOVE(ENGINE_EXNREF, 0),
	ABOVE(ENGINE_NOEXNREF, BIT(ENGINE_EXNREF)),
	ABOVE(ENGINE_FUNCREF, 0),
	ABOVE(ENGINE_NOFUNCREF, BIT(ENGINE_FUNCREF)),
	ABOVE(ENGINE_EXTERNREF, 0),
	ABOVE(ENGINE_NOEXTERNREF, BIT(ENGINE_EXTERNREF)),
	ABOVE(ENGINE_ANYREF, 0),
	ABOVE(ENGINE_EQREF, BIT(ENGINE_ANYREF)),
	ABOVE(ENGINE_I31REF, BIT(ENGINE_EQREF) | BIT(ENGINE_ANYREF)),
	ABOVE(ENGINE_STRUCTREF, BIT(ENGINE_EQREF) | BIT(ENGINE_ANYREF)),
	ABOVE(ENGINE_ARRAYREF, BIT(ENGINE_EQREF) | BIT(ENGINE_ANYREF)),
	ABOVE(ENGINE_NULLREF, BIT(ENGINE_I31REF) | BIT(ENGINE_STRUCTREF) | BIT(ENGINE_ARRAYREF) | BIT(ENGINE_EQREF) |
				      BIT(ENGINE_ANYREF)),
#undef ABOVE
};

/* The abstract heap type directly above (or, with below, at the bottom of) a kind of defined type. */
static uint8_t kind_code(uint8_t kind, bool below)
{
	static const uint8_t codes[][2] = {
		[DEFTYPE_FUNC] = {ENGINE_FUNCREF, ENGINE_NOFUNCREF},
		[DEFTYPE_STRUCT] = {ENGINE_STRUCTREF, ENGINE_NULLREF},
		[DEFTYPE_ARRAY] = {ENGINE_ARRAYREF, ENGINE_NULLREF},
	};
	return codes[kind][below];
}

bool type_matches_slowly(engine_type_t a, engine_type_t b)
{
	if (a == TYPE_ANY)
		return true;
	if (!type_is_ref(a) || !type_is_ref(b) || (b & ENGINE_NON_NULL && !(a & ENGINE_NON_NULL)))
		return false;
	if (a == TYPE_BOTREF)
		return true;
	if (type_is_concrete(b)) {
		const struct deftype *to = deftype_of(b);
		return type_is_concrete(a) ? deftype_matches(deftype_of(a), to) : (uint8_t)a == kind_code(to->kind, true);
	}
	uint8_t code = type_is_concrete(a) ? kind_code(deftype_of(a)->kind, false) : (uint8_t)a;
	return b != TYPE_BOTREF && above[code - ENGINE_EXNREF] & BIT((uint8_t)b);
}

bool engine_type_matches(engine_type_t a, engine_type_t b)
{
	return type_matches(a, b);
}

bool types_match(const engine_type_t *a, const engine_type_t *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!type_matches(a[i], b[i]))
			return false;
	return true;
}

const engine_type_t *type_list(engine_type_t type)
{
#define BOTH(code) [(code) - ENGINE_EXNREF] = {code, (code) | ENGINE_NON_NULL}
	static const engine_type_t types[][2] = {
		BOTH(ENGINE_I32),	  BOTH(ENGINE_I64),	   BOTH(ENGINE_F32),	    BOTH(ENGINE_F64),
		BOTH(ENGINE_V128),	  BOTH(ENGINE_NOEXNREF),   BOTH(ENGINE_NOFUNCREF),  BOTH(ENGINE_NOEXTERNREF),
		BOTH(ENGINE_NULLREF),	  BOTH(ENGINE_FUNCREF),	   BOTH(ENGINE_EXTERNREF),  BOTH(ENGINE_ANYREF),
		BOTH(ENGINE_EQREF),	  BOTH(ENGINE_I31REF),	   BOTH(ENGINE_STRUCTREF),  BOTH(ENGINE_ARRAYREF),
		BOTH(ENGINE_EXNREF),
	};
#undef BOTH
	unsigned non_null = type & ENGINE_NON_NULL ? 1 : 0;
	return type_is_concrete(type) ? &deftype_of(type)->refs[non_null] : &types[(uint8_t)type - ENGINE_EXNREF][non_null];
}

engine_type_t type_top(engine_type_t ref)
{
	uint8_t code = type_is_concrete(ref) ? kind_code(deftype_of(ref)->kind, false) : (uint8_t)ref;
	switch (code) {
	case ENGINE_FUNCREF:
	case ENGINE_NOFUNCREF:
		return ENGINE_FUNCREF;
	case ENGINE_EXTERNREF:
	case ENGINE_NOEXTERNREF:
		return ENGINE_EXTERNREF;
	case ENGINE_EXNREF:
	case ENGINE_NOEXNREF:
		return ENGINE_EXNREF;
	default:
		return ENGINE_ANYREF;
	}
}

static bool field_extends(const struct field_type *sub, const struct field_type *super)
{
	if (sub->mutable_ != super->mutable_)
		return false;
	return super->mutable_ ? sub->type == super->type : type_matches(sub->type, super->type);
}

bool deftype_extends(const struct deftype *sub, const struct deftype *super)
{
	if (sub->kind != super->kind || sub->n_fields < super->n_fields)
		return false;
	if (sub->kind == DEFTYPE_FUNC)
		return sub->func.n_params == super->func.n_params && sub->func.n_results == super->func.n_results &&
		       types_match(super->func.params, sub->func.params, sub->func.n_params) &&
		       types_match(sub->func.results, super->func.results, sub->func.n_results);
	for (uint32_t i = 0; i < super->n_fields; i++)
		if (!field_extends(&sub->fields[i], &super->fields[i]))
			return false;
	return true;
}
