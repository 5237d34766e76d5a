/* Defined types: functions, structures, arrays.
 *
 * The standard compares types by structure, recursion group by recursion group. Each group therefore lives once in the
 * process, in a registry that all modules and stores share: equal types are equal pointers and have the same number, which
 * is the number that value types refer to. A group is counted by who uses it (modules, stores, groups that refer to it). */
#ifndef WASIWARD_TYPES_H
#define WASIWARD_TYPES_H

#include "engine.h"

enum {
	TYPE_ANY = 0,				/* what unreachable code pops from nowhere: matches everything */
	TYPE_BOTREF = 0x64 | ENGINE_NON_NULL,	/* the same, but known to be a reference */
	TYPE_I16 = 0x77,			/* storage types of fields */
	TYPE_I8 = 0x78,
	TYPE_MAX_SUPERS = 63			/* implementation limit: length of a chain of supertypes */
};
/* With this bit the number in a concrete reference type counts within the group that is being read. */
#define TYPE_RELATIVE ((engine_type_t)1 << 31)

enum deftype_kind { DEFTYPE_FUNC, DEFTYPE_STRUCT, DEFTYPE_ARRAY };

struct field_type {
	engine_type_t type; /* a value type, TYPE_I8 or TYPE_I16 */
	bool mutable_;
};

struct deftype {
	struct engine_functype func;	 /* FUNC; first, so that deftype_of_func is free */
	const struct field_type *fields; /* STRUCT; ARRAY: its only one */
	uint32_t n_fields;
	uint8_t kind; /* enum deftype_kind */
	bool final;
	uint8_t depth;			     /* number of supertypes */
	engine_type_t super;		     /* as a nullable reference; 0: none */
	engine_type_t refs[2];		     /* the types that refer to this one: nullable, not nullable */
	const struct deftype *const *supers; /* all supertypes, the root first */
	struct type_group *group;
};

/* Finds or makes the group of these n members, in which references among themselves are TYPE_RELATIVE. The members are
 * copied. *ret_types is the first of the n canonical ones, and counted once: type_group_release.
 * Returns ENGINE_OK, LIMIT (too many types in the process, too long a chain of supertypes), NOMEM. */
enum engine_error_kind type_group_intern(const struct deftype *members, uint32_t n, const struct deftype **ret_types);
void type_group_release(const struct deftype *types);
/* The function type that a host means, counted once: the one it names by defined, if that is one of this content, or the
 * one that is a group of its own. Results as above, and INVALID: there is no such type. */
enum engine_error_kind type_of_host(const struct engine_functype *type, const struct deftype **ret_types);

/* The type that a concrete reference type refers to. */
const struct deftype *deftype_of(engine_type_t ref);

static inline const struct deftype *deftype_of_func(const struct engine_functype *type)
{
	return (const struct deftype *)type;
}

static inline bool deftype_matches(const struct deftype *a, const struct deftype *b)
{
	return a == b || (a->depth > b->depth && a->supers[b->depth] == b);
}

/* May a defined type of this content stand below its declared supertype? */
bool deftype_extends(const struct deftype *sub, const struct deftype *super);

static inline bool type_is_ref(engine_type_t type)
{
	uint8_t code = (uint8_t)type;
	return code >= ENGINE_REF && code <= ENGINE_NOEXNREF;
}

static inline bool type_is_packed(engine_type_t type)
{
	return type == TYPE_I8 || type == TYPE_I16;
}

/* What a field is as an operand. */
static inline engine_type_t type_unpacked(engine_type_t type)
{
	return type_is_packed(type) ? (engine_type_t)ENGINE_I32 : type;
}

/* How many slots (and values of the interface) a value takes. */
static inline uint32_t type_slots(engine_type_t type)
{
	return type == ENGINE_V128 ? 2 : 1;
}

static inline uint32_t types_slots(const engine_type_t *types, uint32_t n)
{
	uint32_t slots = n;
	for (uint32_t i = 0; i < n; i++)
		slots += types[i] == ENGINE_V128;
	return slots;
}

static inline bool type_is_concrete(engine_type_t type)
{
	return (uint8_t)type == ENGINE_REF;
}

/* Has values of this type a default (zero, null)? */
static inline bool type_has_default(engine_type_t type)
{
	return !type_is_ref(type) || !(type & ENGINE_NON_NULL);
}

/* Is a value of type a one of type b? TYPE_ANY is for any b. */
bool type_matches_slowly(engine_type_t a, engine_type_t b);
static inline bool type_matches(engine_type_t a, engine_type_t b)
{
	return a == b || type_matches_slowly(a, b);
}

/* Do n types match n others, one by one? */
bool types_match(const engine_type_t *a, const engine_type_t *b, uint32_t n);

/* A list of this one type, which lives as long as the type. */
const engine_type_t *type_list(engine_type_t type);

/* The nullable reference at the top of a reference type's hierarchy: any, func, extern or exn. */
engine_type_t type_top(engine_type_t ref);

/* A type an embedder may name: no storage type, no number that is not in the registry. */
bool type_is_known(engine_type_t type);

#endif
