/* Questions about a loaded module. */
#include "module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void engine_module_free(engine_module_t *module)
{
	if (!module)
		return;
	for (uint32_t i = 0; i < module->n_groups; i++)
		type_group_release(module->groups[i]);
	pool_free(&module->scratch);
	pool_free(&module->pool);
	free(module);
}

void engine_module_set_features(engine_module_t *module, unsigned features)
{
	module->features = features;
}

bool module_check_features(const engine_module_t *module, struct engine_error *ret_error)
{
	const char *what = module->features & ENGINE_FEATURE_ONE_MEMORY && module->n_memories > 1 ? "memories"
			   : module->features & ENGINE_FEATURE_ONE_TABLE && module->n_tables > 1  ? "tables"
												  : NULL;
	*ret_error = (struct engine_error){.kind = what ? ENGINE_INVALID : ENGINE_OK, .offset = SIZE_MAX};
	if (what)
		snprintf(ret_error->message, sizeof(ret_error->message), "multiple %s: switched off", what);
	return !what;
}

size_t engine_module_n_funcs(const engine_module_t *module)
{
	return module->n_bodies;
}

size_t engine_module_n_imports(const engine_module_t *module)
{
	return module->n_imports;
}

void engine_module_import(const engine_module_t *module, size_t index, struct engine_import_type *ret_import)
{
	const struct import *import = &module->imports[index];
	*ret_import = (struct engine_import_type){
		.module = (const char *)import->module.p,
		.name = (const char *)import->name.p,
		.module_len = import->module.len,
		.name_len = import->name.len,
		.kind = import->kind,
	};
	switch (import->kind) {
	case ENGINE_EXTERN_FUNC:
		ret_import->func = *module_func_type(module, import->index);
		break;
	case ENGINE_EXTERN_TABLE:
		ret_import->limits = module->tables[import->index].limits;
		ret_import->value_type = module->tables[import->index].type;
		break;
	case ENGINE_EXTERN_MEMORY:
		ret_import->limits = module->memories[import->index];
		break;
	case ENGINE_EXTERN_TAG:
		ret_import->func = *module_tag_type(module, import->index);
		break;
	case ENGINE_EXTERN_GLOBAL:
		ret_import->value_type = module->globals[import->index].type;
		ret_import->mutable_ = module->globals[import->index].mutable_;
		break;
	}
}

bool engine_module_exports_func(const engine_module_t *module, const char *name)
{
	const struct export *export = module_find_export(module, name, strlen(name));
	return export && export->kind == ENGINE_EXTERN_FUNC;
}
