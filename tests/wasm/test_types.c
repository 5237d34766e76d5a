/* Defined types across modules: equality by structure, subtyping where modules meet, and what becomes of types when their
 * modules go. */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static bool resolve_export(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	return engine_export(user, import->name, import->name_len, ret_extern);
}

static enum engine_error_kind link_with(engine_store_t *store, engine_instance_t *provider, const char *text)
{
	struct engine_error error;
	engine_instance_t *instance;
	engine_module_t *module = load_text(text, &error);
	cr_assert_not_null(module, "%s", error.message);
	enum engine_error_kind kind = engine_instantiate(store, module, resolve_export, provider, &instance, &error);
	cr_assert(kind == ENGINE_OK || !strncmp(error.message, "incompatible import type", 24), "%s", error.message);
	return kind;
}

/* How loading a text ends. */
static enum engine_error_kind kind_of(const char *text)
{
	struct engine_error error;
	return load_text(text, &error) ? ENGINE_OK : error.kind;
}

static const char tree_provider[] =
	"(module (rec (type $tree (struct (field (ref null $forest)))) (type $forest (array (mut (ref $tree)))))"
	"  (func (export \"f\") (param (ref null $tree)) (result i32) (i32.const 7)))";

Test(types, recursive_types_are_equal_across_modules)
{
	engine_store_t *store = new_store();
	engine_instance_t *provider = instantiate_text(store, tree_provider, NULL, NULL);
	cr_assert_eq(link_with(store, provider,
			       "(module (type (func)) (rec (type $a (struct (field (ref null $b)))) (type $b (array (mut (ref $a)))))"
			       "  (import \"m\" \"f\" (func (param (ref null $a)) (result i32))))"),
		     ENGINE_OK);
	engine_store_free(store);
}

Test(types, groups_of_other_shape_are_other_types)
{
	engine_store_t *store = new_store();
	engine_instance_t *provider = instantiate_text(store, tree_provider, NULL, NULL);
	/* The same two members, and one more. */
	cr_assert_eq(link_with(store, provider,
			       "(module (rec (type $a (struct (field (ref null $b)))) (type $b (array (mut (ref $a)))) (type (func)))"
			       "  (import \"m\" \"f\" (func (param (ref null $a)) (result i32))))"),
		     ENGINE_UNLINKABLE);
	/* The other one of the two. */
	cr_assert_eq(link_with(store, provider,
			       "(module (rec (type $a (struct (field (ref null $b)))) (type $b (array (mut (ref $a)))))"
			       "  (import \"m\" \"f\" (func (param (ref null $b)) (result i32))))"),
		     ENGINE_UNLINKABLE);
	/* Not final. */
	cr_assert_eq(link_with(store, provider,
			       "(module (rec (type $a (sub (struct (field (ref null $b))))) (type $b (array (mut (ref $a)))))"
			       "  (import \"m\" \"f\" (func (param (ref null $a)) (result i32))))"),
		     ENGINE_UNLINKABLE);
	engine_store_free(store);
}

static const char subtype_provider[] =
	"(module (type $super (sub (func (result anyref)))) (type $sub (sub $super (func (result (ref i31)))))"
	"  (func $f (export \"f\") (type $sub) (ref.i31 (i32.const -3)))"
	"  (global (export \"constant\") (ref null $sub) (ref.func $f))"
	"  (global (export \"variable\") (mut (ref null $sub)) (ref.func $f))"
	"  (table (export \"table\") 1 (ref null $sub)))";

#define SUPER "(module (type $super (sub (func (result anyref)))) (import \"m\" "

Test(types, imports_may_be_of_a_supertype_unless_they_are_written)
{
	engine_store_t *store = new_store();
	engine_instance_t *provider = instantiate_text(store, subtype_provider, NULL, NULL);
	cr_assert_eq(link_with(store, provider, SUPER "\"f\" (func (type $super))))"), ENGINE_OK);
	cr_assert_eq(link_with(store, provider, SUPER "\"constant\" (global (ref null $super))))"), ENGINE_OK);
	cr_assert_eq(link_with(store, provider, SUPER "\"constant\" (global funcref)))"), ENGINE_OK);
	cr_assert_eq(link_with(store, provider, SUPER "\"constant\" (global (ref func))))"), ENGINE_UNLINKABLE);
	cr_assert_eq(link_with(store, provider, SUPER "\"variable\" (global (mut (ref null $super)))))"), ENGINE_UNLINKABLE);
	cr_assert_eq(link_with(store, provider, SUPER "\"table\" (table 1 (ref null $super))))"), ENGINE_UNLINKABLE);
	cr_assert_eq(link_with(store, provider, SUPER "\"table\" (table 1 funcref)))"), ENGINE_UNLINKABLE);
	engine_store_free(store);
}

Test(types, indirect_calls_accept_subtypes_only)
{
	engine_store_t *store = new_store();
	engine_instance_t *m = instantiate_text(
		store,
		"(module (type $super (sub (func (result anyref)))) (type $sub (sub $super (func (result (ref i31)))))"
		"  (type $other (sub $super (func (result i31ref))))"
		"  (table funcref (elem $f)) (func $f (type $sub) (ref.i31 (i32.const 5)))"
		"  (func (export \"super\") (result i32)"
		"    (i31.get_s (ref.cast (ref i31) (call_indirect (type $super) (i32.const 0)))))"
		"  (func (export \"sub\") (result i32) (i31.get_u (call_indirect (type $sub) (i32.const 0))))"
		"  (func (export \"other\") (result i32) (i31.get_u (call_indirect (type $other) (i32.const 0)))))",
		NULL, NULL);
	expect_result(store, m, "super", 5, 0);
	expect_result(store, m, "sub", 5, 0);
	expect_trap(store, m, "other", "indirect call type mismatch", 0);
	engine_store_free(store);
}

Test(types, supertypes_come_first_and_are_not_final_and_match)
{
	cr_assert_eq(kind_of("(module (type $a (struct)) (type (sub $a (struct))))"), ENGINE_INVALID);
	cr_assert_eq(kind_of("(module (rec (type (sub $b (struct))) (type $b (sub (struct)))))"), ENGINE_INVALID);
	cr_assert_eq(kind_of("(module (type $a (sub (struct (field i32)))) (type (sub $a (struct))))"), ENGINE_INVALID);
	cr_assert_eq(kind_of("(module (type $a (sub (struct (field i32)))) (type (sub $a (array i32))))"), ENGINE_INVALID);
	cr_assert_eq(kind_of("(module (type $a (sub (struct (field (mut anyref))))) (type (sub $a (struct (field (mut eqref))))))"),
		     ENGINE_INVALID);
	cr_assert_eq(kind_of("(module (type $a (sub (struct (field anyref)))) (type (sub $a (struct (field eqref) (field i8)))))"),
		     ENGINE_OK);
	cr_assert_eq(kind_of("(module (type $a (sub (func (param eqref) (result anyref))))"
			     "  (type (sub $a (func (param anyref) (result eqref)))))"),
		     ENGINE_OK);
	cr_assert_eq(kind_of("(module (type $a (sub (func (param anyref)))) (type (sub $a (func (param eqref)))))"), ENGINE_INVALID);
}

/* Types $0 … $n - 1, each below the one before. */
static enum engine_error_kind chain(unsigned n)
{
	static char text[16384];
	size_t len = (size_t)snprintf(text, sizeof(text), "(module (type $0 (sub (struct)))");
	for (unsigned i = 1; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "(type $%u (sub $%u (struct)))", i, i - 1);
	snprintf(text + len, sizeof(text) - len, ")");
	return kind_of(text);
}

Test(types, chains_of_supertypes_have_a_limit)
{
	cr_assert_eq(chain(64), ENGINE_OK);
	cr_assert_eq(chain(65), ENGINE_LIMIT);
}

static engine_type_t first_parameter(const char *text, engine_module_t **ret_module)
{
	struct engine_error error;
	struct engine_import_type import;
	*ret_module = load_text(text, &error);
	cr_assert_not_null(*ret_module, "%s", error.message);
	engine_module_import(*ret_module, 0, &import);
	return import.func.params[0];
}

Test(types, numbers_are_shared_while_in_use_and_given_back)
{
	static const char one[] = "(module (type $t (struct (field f64 f32 f64))) (import \"\" \"\" (func (param (ref null $t)))))";
	static const char same[] = "(module (type (func)) (type $t (struct (field f64 f32 f64))) (import \"\" \"\" (func (param (ref $t)))))";
	static const char other[] = "(module (type $t (struct (field f32 f64 f32))) (import \"\" \"\" (func (param (ref null $t)))))";
	engine_module_t *a, *b, *c;
	engine_type_t type = first_parameter(one, &a);
	cr_assert_eq(first_parameter(same, &b), type | ENGINE_NON_NULL);
	cr_assert(engine_type_matches(type | ENGINE_NON_NULL, type));
	cr_assert(!engine_type_matches(type, type | ENGINE_NON_NULL));
	cr_assert(engine_type_matches(type, ENGINE_STRUCTREF));
	cr_assert(!engine_type_matches(type, ENGINE_ARRAYREF));
	engine_module_free(a);
	cr_assert_neq(first_parameter(other, &c), type); /* b still has it */
	engine_module_free(c);
	engine_module_free(b);
	for (int i = 0; i < 100; i++) {
		cr_assert_lt(first_parameter(i % 2 ? one : other, &a) >> ENGINE_TYPE_SHIFT, 16u);
		engine_module_free(a);
	}
}

Test(types, host_functions_take_types_of_modules_only)
{
	engine_store_t *store = new_store();
	engine_type_t unknown = ENGINE_REF | 12345u << ENGINE_TYPE_SHIFT, packed = 0x78;
	struct engine_functype type = {.n_params = 1, .params = &unknown};
	cr_assert_null(engine_func_host(store, &type, NULL, NULL));
	type.params = &packed;
	cr_assert_null(engine_func_host(store, &type, NULL, NULL));
	cr_assert_null(engine_table_host(store, ENGINE_FUNCREF | ENGINE_NON_NULL, (struct engine_limits){.min = 1, .max = 1}));
	engine_store_free(store);
}

static enum engine_error_kind nothing(struct engine_caller *caller, union engine_value *values)
{
	(void)caller, (void)values;
	return ENGINE_OK;
}

static bool resolve_exactly(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &import->func, nothing, NULL);
	return ret_extern->u.func;
}

static bool resolve_by_content(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct engine_functype type = import->func;
	type.defined = 0;
	ret_extern->kind = ENGINE_EXTERN_FUNC;
	ret_extern->u.func = engine_func_host(user, &type, nothing, NULL);
	return ret_extern->u.func;
}

Test(types, host_functions_can_be_of_a_type_within_a_group)
{
	engine_store_t *store = new_store();
	struct engine_error error;
	engine_instance_t *instance;
	engine_module_t *module = load_text("(module (rec (type $f (sub (func (param i32)))) (type (struct (field (ref $f)))))"
					    "  (import \"m\" \"f\" (func (type $f))))", &error);
	cr_assert_eq(engine_instantiate(store, module, resolve_exactly, store, &instance, &error), ENGINE_OK);
	cr_assert_eq(engine_instantiate(store, module, resolve_by_content, store, &instance, &error), ENGINE_UNLINKABLE);
	struct engine_import_type import;
	engine_module_import(module, 0, &import);
	import.func.n_params = 0; /* no longer what defined says */
	cr_assert_null(engine_func_host(store, &import.func, nothing, NULL));
	import.func.defined = ENGINE_STRUCTREF;
	cr_assert_null(engine_func_host(store, &import.func, nothing, NULL));
	engine_store_free(store);
}
