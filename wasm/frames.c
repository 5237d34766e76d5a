/* The frames on the interpreter's stack. */
#include "runtime.h"

struct frame_walk frame_walk(engine_store_t *store, const uint64_t *pc, uint64_t *sp, bool nested)
{
	return (struct frame_walk){store, store->activation, pc, sp, nested};
}

bool frame_next(struct frame_walk *walk, struct frame *ret)
{
	while (walk->pc) {
		const engine_func_t *func;
		if (is_finish(walk->pc)) {
			if (!walk->nested)
				return false;
			walk->activation = walk->activation ? walk->activation->outer : NULL;
			walk->pc = walk->activation ? walk->activation->host_pc : NULL;
			walk->sp = walk->activation ? walk->activation->host_sp : NULL;
			continue;
		}
		const uint64_t *link = walk->sp;
		if (is_foreign_return(walk->pc)) {
			func = NULL;
		} else {
			func = code_find(walk->store, walk->pc);
			if (!func)
				return false;
			*ret = (struct frame){func, walk->pc, walk->sp};
			link += func->type->param_values;
		}
		walk->pc = (const uint64_t *)link[0];
		walk->sp = (uint64_t *)link[1];
		walk->pc = call_site(walk->pc);
		if (func)
			return true;
	}
	return false;
}
