/* Exceptions at run time: from the throwing instruction to the one that handles it.
 *
 * Entering and leaving a block that catches costs nothing: functions have tables of the ranges of their code that are tried,
 * and throwing walks the frames outwards. An exception is made into an object only if somebody gets hold of a reference to
 * it, or nobody catches it. */
#include <stdio.h>
#include <string.h>

#include "heap.h"

/* What is thrown: values of a tag, and the object once there is one. */
struct thrown {
	const engine_tag_t *tag;
	const uint64_t *values;
	struct exception *object;
};

static const struct catch_clause *find_clause(const struct catch_table *table, uint32_t at, const engine_tag_t *tag)
{
	uint32_t level = LEVEL_NONE;
	for (uint32_t i = 0; i < table->n_ranges; i++) {
		const struct try_range *range = &table->ranges[i];
		if (at < range->start || at >= range->end || range->level > level)
			continue;
		if (range->delegate != LEVEL_NONE) {
			level = range->delegate;
			continue;
		}
		for (uint32_t k = 0; k < range->n_clauses; k++) {
			const struct catch_clause *clause = &table->clauses[range->clause + k];
			if (!clause->tag || clause->tag == tag)
				return clause;
		}
	}
	return NULL;
}

static int no_room(engine_store_t *store)
{
	store->error = (struct engine_error){ENGINE_TRAP, SIZE_MAX, ""};
	snprintf(store->error.message, sizeof(store->error.message), "%s", trap_texts[TRAP_heap_exhausted]);
	return ENGINE_TRAP;
}

/* The values may be the operands of the throwing instruction, at pc: the collector finds them there. */
static bool make_object(engine_store_t *store, const uint64_t *pc, uint64_t *sp, struct thrown *t)
{
	if (t->object)
		return true;
	t->object = heap_new_exception(store, pc, sp, t->tag);
	if (t->object && t->tag->type->n_params)
		memcpy(t->object->values, t->values, t->tag->type->param_values * sizeof(*t->values));
	return t->object != NULL;
}

static int land(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const struct frame *frame, const struct catch_clause *clause, struct thrown *t)
{
	if (clause->uses_ref && !make_object(store, pc, sp, t))
		return no_room(store);
	if (clause->tag && t->tag->type->n_params) /* values may lie in this very frame */
		memmove(frame->sp + clause->values, t->values, t->tag->type->param_values * sizeof(*t->values));
	if (clause->has_ref)
		frame->sp[clause->ref] = clause->uses_ref ? (uint64_t)t->object : 0;
	const engine_memory_t *memory = instance_memory0(frame->func->instance);
	store->landing = (struct landing){frame->func->entry + clause->target, frame->sp, memory ? memory->base : NULL};
	return ENGINE_OK;
}

/* "uncaught exception (i32 7)": values that can be read. */
static void describe(engine_store_t *store, const struct thrown *t)
{
	char *text = store->error.message;
	size_t room = sizeof(store->error.message);
	int used = snprintf(text, room, "uncaught exception");
	const uint64_t *value = t->values;
	for (uint32_t i = 0; i < t->tag->type->n_params && used < (int)room - 64; i++) {
		union engine_value v = {.bits = *value};
		const char *before = i ? " " : ": ";
		switch (t->tag->type->params[i]) {
		case ENGINE_I32:
			used += snprintf(text + used, room - (size_t)used, "%si32 %d", before, (int)v.i32);
			break;
		case ENGINE_I64:
			used += snprintf(text + used, room - (size_t)used, "%si64 %lld", before, (long long)v.i64);
			break;
		case ENGINE_F32:
			used += snprintf(text + used, room - (size_t)used, "%sf32 %g", before, (double)v.f32);
			break;
		case ENGINE_F64:
			used += snprintf(text + used, room - (size_t)used, "%sf64 %g", before, v.f64);
			break;
		case ENGINE_V128:
			used += snprintf(text + used, room - (size_t)used, "%sv128 0x%016llx%016llx", before,
					 (unsigned long long)value[1], (unsigned long long)value[0]);
			break;
		default:
			used += snprintf(text + used, room - (size_t)used, "%s(ref)", before);
			break;
		}
		value += type_slots(t->tag->type->params[i]);
	}
}

static int unwind(engine_store_t *store, const uint64_t *pc, uint64_t *sp, struct thrown *t)
{
	struct frame_walk walk = frame_walk(store, pc, sp, false);
	struct frame frame;
	while (frame_next(&walk, &frame)) {
		const struct catch_table *table = frame.func->catches;
		const struct catch_clause *clause =
			table ? find_clause(table, (uint32_t)(frame.pc - frame.func->entry), t->tag) : NULL;
		if (clause)
			return land(store, pc, sp, &frame, clause, t);
	}
	if (!make_object(store, pc, sp, t))
		return no_room(store);
	store->exception = t->object;
	store->error = (struct engine_error){.kind = ENGINE_EXCEPTION, .offset = SIZE_MAX};
	describe(store, t);
	trap_capture(store, pc, sp);
	return ENGINE_EXCEPTION;
}

int unwind_throw(engine_store_t *store, const uint64_t *pc, uint64_t *sp, const engine_tag_t *tag, const uint64_t *values)
{
	return unwind(store, pc, sp, &(struct thrown){tag, values, NULL});
}

int unwind_rethrow(engine_store_t *store, const uint64_t *pc, uint64_t *sp, struct exception *exception)
{
	return unwind(store, pc, sp, &(struct thrown){exception->tag, &exception->values[0].bits, exception});
}

enum engine_error_kind engine_throw(struct engine_caller *caller, const engine_tag_t *tag, const union engine_value *values)
{
	engine_store_t *store = caller->store;
	struct thrown t = {tag, &values->bits, NULL};
	if (!make_object(store, NULL, NULL, &t)) /* the host's values are not where the collector looks */
		return (enum engine_error_kind)no_room(store);
	narrow_all(&t.object->values[0].bits, t.values, tag->type->params, tag->type->n_params);
	store->exception = t.object;
	store->error = (struct engine_error){.kind = ENGINE_EXCEPTION, .offset = SIZE_MAX};
	describe(store, &t);
	return ENGINE_EXCEPTION;
}

const engine_tag_t *engine_exception(const engine_store_t *store, const union engine_value **ret_values)
{
	if (!store->exception)
		return NULL;
	if (ret_values)
		*ret_values = store->exception->values;
	return store->exception->tag;
}
