/* Counting: stands in front of every instruction of a store that does (counts.h). */
#include "counts.h"
#include "handler.h"

static handler_fn count_first;

H(H_counted)
{
	struct counts *counts = x->counts;
	struct count_entry *site = count_find(&counts->sites, (uint64_t)pc);
	uint32_t id = SITE_ID(site->value);
	uint64_t sequence = count_sequence(counts, id);
	struct count_entry *entry = count_find(&counts->sequences, sequence);
	if (unlikely(!entry->key))
		TAIL(count_first);
	entry->value++;
	site->value += SITE_RUN;
	counts->history = sequence;
	TAIL((handler_fn *)ir_handler(id));
}

/* The first time of a sequence. Not inlined: what it calls would make every count save registers. */
__attribute__((noinline, section(HANDLER_SECTION))) static int count_first(HANDLER_PARAMS)
{
	if (!counts_begin(x->counts, pc)) {
		x->error = (struct engine_error){ENGINE_NOMEM, SIZE_MAX, "out of memory"};
		return ENGINE_NOMEM;
	}
	TAIL(H_counted);
}
