/* The assembler: any text, no crash. What it makes is a module for the loader: malformed bytes would be the assembler's
 * fault, and so would be a place that leads nowhere. Seeds: the modules of the spec scripts (seed_texts.py). */
#include <stdlib.h>
#include <string.h>

#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(const char *source, size_t size, size_t offset)
{
	size_t at, line, column;
	if (!text_locate(source, size, offset, &at))
		return;
	if (at > size)
		abort();
	text_position(source, at, &line, &column);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *source = (const char *)data;
	struct engine_error error;
	uint8_t *bytes = NULL;
	size_t len = 0;
	if (text_assemble(source, size, &bytes, &len, &error) != ENGINE_OK) {
		if (!error.message[0] || error.offset > size || !memchr(error.message, 0, sizeof error.message))
			abort();
		return 0;
	}
	engine_module_t *module;
	enum engine_error_kind kind = engine_module_load(bytes, len, &module, &error);
	if (kind == ENGINE_OK) {
		kind = engine_module_validate(module, &error);
		engine_module_free(module);
	}
	if (kind == ENGINE_MALFORMED)
		abort();
	if (kind != ENGINE_OK && error.offset != SIZE_MAX)
		check_place(source, size, error.offset);
	free(bytes);
	return 0;
}
