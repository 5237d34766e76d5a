/* The host module "spectest" that the spec scripts import from. */
#ifndef WASIWARD_TEST_SPECTEST_H
#define WASIWARD_TEST_SPECTEST_H

#include "engine.h"

struct spectest_export {
	const char *name;
	struct engine_extern extern_;
};

enum { SPECTEST_ROOM = 16 };
struct spectest {
	size_t count;
	struct spectest_export exports[SPECTEST_ROOM];
};

/* Makes the module's functions, globals, table and memory in a store. Returns false for want of memory. */
bool spectest_make(struct spectest *spectest, engine_store_t *store);

/* Answers an import whose module is "spectest"; false if there is no such name. */
bool spectest_resolve(const struct spectest *spectest, const char *name, size_t name_len, struct engine_extern *ret_extern);

#endif
