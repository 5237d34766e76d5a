/* Memory that is freed all at once. */
#ifndef WASIWARD_POOL_H
#define WASIWARD_POOL_H

#include <stddef.h>

struct pool_block;

struct pool {
	struct pool_block *blocks;
	size_t used;
};

/* Zeroed memory for n objects of size bytes, or NULL (also when the product overflows). Large pieces come as untouched
 * zero pages, so that tables which are filled lazily cost nothing. */
void *pool_alloc(struct pool *pool, size_t n, size_t size);
void pool_free(struct pool *pool);

#endif
