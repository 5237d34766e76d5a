/* Exceptions: within and across instances, through host functions, uncaught. */
#include "support.h"

static const engine_type_t i32_i64[] = {ENGINE_I32, ENGINE_I64};

struct host {
	engine_store_t *store;
	engine_tag_t *tag;
	engine_instance_t *instance;
	bool nested; /* call "throw" instead of throwing */
};

static enum engine_error_kind host_call(struct engine_caller *caller, union engine_value *values)
{
	struct host *host = caller->data;
	if (!host->nested)
		/* What else is in the slot of an i32 is nobody's business. */
		return engine_throw(caller, host->tag, (union engine_value[]){{.i64 = values[0].i32 | 1ull << 40}, {.i64 = 7}});
	struct engine_error error;
	union engine_value arg = values[0];
	return engine_call(host->store, export_func(host->instance, "throw"), &arg, NULL, &error);
}

static bool resolve(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	struct host *host = user;
	ret_extern->kind = import->kind;
	if (import->kind == ENGINE_EXTERN_TAG)
		ret_extern->u.tag = host->tag;
	else
		ret_extern->u.func = engine_func_host(host->store, &import->func, host_call, host);
	return true;
}

static bool resolve_export(void *user, const struct engine_import_type *import, struct engine_extern *ret_extern)
{
	return engine_export(user, import->name, import->name_len, ret_extern);
}

static engine_instance_t *instantiate_legacy(engine_store_t *store, const char *name, engine_resolve_fn *fn, void *user)
{
	engine_module_t *module = load(name);
	engine_module_set_features(module, ENGINE_FEATURE_LEGACY_EXCEPTIONS);
	engine_instance_t *instance;
	struct engine_error error;
	cr_assert_eq(engine_instantiate(store, module, fn, user, &instance, &error), ENGINE_OK, "%s", error.message);
	return instance;
}

static void set_up(struct host *host)
{
	host->store = new_store();
	host->tag = engine_tag_host(host->store, &(struct engine_functype){2, 0, i32_i64, NULL});
	cr_assert_not_null(host->tag);
	host->instance = instantiate_legacy(host->store, "exceptions", resolve, host);
}

Test(exceptions, from_the_host)
{
	struct host host = {0};
	set_up(&host);
	expect_result(host.store, host.instance, "catch_host", 507, 5);
	engine_store_free(host.store);
}

Test(exceptions, through_a_host_function)
{
	struct host host = {.nested = true};
	set_up(&host);
	expect_result(host.store, host.instance, "catch_through_host", 84, 42);
	engine_store_free(host.store);
}

Test(exceptions, from_another_instance)
{
	struct host host = {0};
	set_up(&host);
	struct engine_extern tag;
	cr_assert(engine_export(host.instance, "e", 1, &tag));
	cr_assert_eq(tag.kind, ENGINE_EXTERN_TAG);
	cr_assert_eq(engine_tag_type(tag.u.tag).n_params, 2);
	engine_instance_t *peer = instantiate_legacy(host.store, "exceptions_peer", resolve_export, host.instance);
	expect_result(host.store, peer, "catch", 30, 10);
	engine_store_free(host.store);
}

Test(exceptions, locals_as_they_were_when_it_was_thrown)
{
	struct host host = {0};
	set_up(&host);
	expect_result(host.store, host.instance, "locals", 1000 + 3 + 10, 3);
	engine_store_free(host.store);
}

Test(exceptions, catch_all_catches_no_trap)
{
	struct host host = {0};
	set_up(&host);
	expect_trap(host.store, host.instance, "not_a_trap", "unreachable", 0);
	engine_store_free(host.store);
}

Test(exceptions, a_million_thrown_and_caught)
{
	struct host host = {0};
	set_up(&host);
	expect_result(host.store, host.instance, "many", (uint32_t)(UINT64_C(1000000) * 1000001 / 2), 1000000);
	engine_store_free(host.store);
}

static void check_uncaught(struct host *host, const char *function)
{
	struct engine_error error;
	struct engine_extern e;
	const union engine_value *values;
	cr_assert_eq(call(host->store, host->instance, function, ARGS(42), NULL, &error), ENGINE_EXCEPTION);
	cr_assert_str_eq(error.message, "uncaught exception: i32 42 f64 1.5");
	cr_assert(engine_export(host->instance, "e", 1, &e));
	cr_assert_eq(engine_exception(host->store, &values), e.u.tag);
	cr_assert_eq(values[0].i32, 42);
	cr_assert_eq(values[1].f64, 1.5);
}

Test(exceptions, uncaught_has_tag_values_and_backtrace)
{
	struct host host = {0};
	set_up(&host);
	check_uncaught(&host, "throw");
	struct engine_frame frames[4];
	cr_assert_eq(engine_backtrace(host.store, frames, 4), 1);
	cr_assert_eq(frames[0].name_len, 5);
	cr_assert(!memcmp(frames[0].name, "throw", 5));
	check_uncaught(&host, "rethrow");
	cr_assert_eq(engine_backtrace(host.store, frames, 4), 1);
	/* It is gone with the next call. */
	expect_result(host.store, host.instance, "locals", 1013, 3);
	cr_assert_null(engine_exception(host.store, NULL));
	engine_store_free(host.store);
}

Test(exceptions, legacy_form_needs_the_feature)
{
	struct host host = {.store = new_store()};
	host.tag = engine_tag_host(host.store, &(struct engine_functype){2, 0, i32_i64, NULL});
	engine_module_t *module = load("exceptions");
	struct engine_error error;
	cr_assert_eq(engine_module_validate(module, &error), ENGINE_UNSUPPORTED);
	cr_assert_not_null(strstr(error.message, "legacy-exceptions"), "%s", error.message);
	engine_module_set_features(module, ENGINE_FEATURE_LEGACY_EXCEPTIONS);
	cr_assert_eq(engine_module_validate(module, &error), ENGINE_OK, "%s", error.message);
	engine_store_free(host.store);
}

Test(exceptions, tags_of_other_types_do_not_link)
{
	struct host host = {.store = new_store()};
	host.tag = engine_tag_host(host.store, &(struct engine_functype){1, 0, i32_i64, NULL});
	cr_assert_null(engine_tag_host(host.store, &(struct engine_functype){0, 1, NULL, i32_i64}));
	engine_instance_t *instance;
	struct engine_error error;
	cr_assert_eq(engine_instantiate(host.store, load("exceptions"), resolve, &host, &instance, &error),
		     ENGINE_UNLINKABLE);
	cr_assert_not_null(strstr(error.message, "incompatible import type host.tag"), "%s", error.message);
	engine_store_free(host.store);
}
