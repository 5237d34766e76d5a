/* The IR as text, for people. */
#include "dump.h"

#include "compile.h"

void engine_dump_function(engine_instance_t *instance, uint32_t index, FILE *out)
{
	engine_func_t *func = instance_func(instance, index);
	if (!func->code_words && (!func->instance || code_compile(func) != ENGINE_OK)) {
		fprintf(out, "function %u: %s\n", index, func->instance ? instance->store->error.message : "a host's");
		return;
	}
	fprintf(out, "function %u: %u words\n", index, func->code_words);
	for (uint32_t i = 0; i < func->code_words;) {
		fprintf(out, "%5u  %-24s", i, ir_name(func->entry[i]));
		i++;
		if (i < func->code_words) {
			uint64_t w = func->entry[i++];
			fprintf(out, " [%u %u %u %u]", (unsigned)(w & 0xffff), (unsigned)(w >> 16 & 0xffff),
				(unsigned)(w >> 32 & 0xffff), (unsigned)(w >> 48));
		}
		/* Whatever is no handler belongs to the instruction. */
		for (; i < func->code_words && !ir_name(func->entry[i]); i++)
			fprintf(out, " {%llx}", (unsigned long long)func->entry[i]);
		fputc('\n', out);
	}
}
