/* The module decoder and validator: any bytes, no crash, and the same verdict twice. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_imports(const engine_module_t *module)
{
	struct engine_import_type import;
	for (size_t i = 0; i < engine_module_n_imports(module); i++)
		engine_module_import(module, i, &import);
	engine_module_exports_func(module, "_start");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	engine_module_t *module = NULL;
	struct engine_error error, again;
	if (engine_module_load(data, size, &module, &error) != ENGINE_OK) {
		/* What fails says where and why. */
		if (error.kind == ENGINE_OK || !error.message[0] || !memchr(error.message, 0, sizeof error.message))
			abort();
		return 0;
	}
	look_at_imports(module);
	engine_module_set_features(module, ENGINE_FEATURE_LEGACY_EXCEPTIONS);
	enum engine_error_kind kind = engine_module_validate(module, &error);
	if (kind != engine_module_validate(module, &again))
		abort();
	engine_module_free(module);
	return 0;
}
