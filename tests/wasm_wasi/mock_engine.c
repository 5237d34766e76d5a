#include "mock.h"

#include <stdio.h>
#include <string.h>

struct mock_engine mock_engine;

void mock_reset(void)
{
	memset(&mock_core, 0, sizeof mock_core);
	memset(&mock_engine, 0, sizeof mock_engine);
}

enum engine_error_kind engine_trap(struct engine_caller *caller, const char *message)
{
	(void)caller;
	snprintf(mock_engine.trap, sizeof mock_engine.trap, "%s", message);
	return ENGINE_TRAP;
}

enum engine_error_kind engine_exit(struct engine_caller *caller, uint32_t code)
{
	(void)caller;
	mock_engine.exit_code = code;
	return ENGINE_EXIT;
}

engine_func_t *engine_func_host(engine_store_t *store, const struct engine_functype *type, engine_host_fn *fn, void *data)
{
	static char made[256]; /* never looked into: distinct addresses are enough */
	(void)store;
	memcpy(mock_engine.params, type->params, type->n_params * sizeof(*type->params));
	mock_engine.result = type->n_results ? type->results[0] : 0;
	mock_engine.type = *type;
	mock_engine.fn = fn;
	mock_engine.data = data;
	return (engine_func_t *)&made[mock_engine.funcs++];
}
