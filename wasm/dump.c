/* The IR as text, for people. */
#include "dump.h"

#include "compile.h"
#include "counts.h"

/* NULL if no instruction begins at this word. */
static const char *name_at(const engine_func_t *func, uint32_t word)
{
	return ir_name(insn_handler(func->instance->store, func->entry + word));
}

/* Writes the instruction at a word and returns where the next one begins. */
static uint32_t dump_insn(const engine_func_t *func, uint32_t i, FILE *out)
{
	fprintf(out, "%5u  %-24s", i, name_at(func, i));
	i++;
	if (i < func->code_words) {
		uint64_t w = func->entry[i++];
		fprintf(out, " [%u %u %u %u]", (unsigned)(w & 0xffff), (unsigned)(w >> 16 & 0xffff),
			(unsigned)(w >> 32 & 0xffff), (unsigned)(w >> 48));
	}
	/* Whatever is no handler belongs to the instruction. */
	for (; i < func->code_words && !name_at(func, i); i++)
		fprintf(out, " {%llx}", (unsigned long long)func->entry[i]);
	fputc('\n', out);
	return i;
}

void engine_dump_function(engine_instance_t *instance, uint32_t index, FILE *out)
{
	engine_func_t *func = instance_func(instance, index);
	if (!func->code_words && (!func->instance || code_compile(func) != ENGINE_OK)) {
		fprintf(out, "function %u: %s\n", index, func->instance ? instance->store->error.message : "a host's");
		return;
	}
	fprintf(out, "function %u: %u words\n", index, func->code_words);
	for (uint32_t i = 0; i < func->code_words;)
		i = dump_insn(func, i, out);
}

static void dump_counts(const struct counts *counts, const engine_func_t *func, FILE *out)
{
	const char *name = "";
	size_t len = 0;
	engine_func_name(func->instance->module, func->index, &name, &len);
	fprintf(out, "function %u %.*s\n", func->index, (int)len, name);
	for (uint32_t i = 0; i < func->code_words;) {
		fprintf(out, "%14llu ", (unsigned long long)SITE_RUNS(count_find(&counts->sites, (uint64_t)&func->entry[i])->value));
		i = dump_insn(func, i, out);
	}
}

void engine_dump_counts(const engine_store_t *store, FILE *out)
{
	for (size_t i = 0; store->counts && i < store->n_compiled; i++)
		dump_counts(store->counts, store->compiled[i], out);
}
