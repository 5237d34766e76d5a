#include "pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16384, LARGE_BYTES = 4096 };

struct pool_block {
	struct pool_block *next;
	max_align_t data[];
};

void *pool_alloc(struct pool *pool, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX - 64)
		return NULL;
	bytes = (bytes + 15) & ~(size_t)15;
	bytes = bytes ? bytes : 16;
	size_t block_bytes = bytes >= LARGE_BYTES ? bytes : BLOCK_BYTES;
	if (pool->blocks && bytes < LARGE_BYTES && pool->used + bytes <= BLOCK_BYTES) {
		void *p = (char *)pool->blocks->data + pool->used;
		pool->used += bytes;
		return memset(p, 0, bytes);
	}
	/* Memory that nobody asks for is not touched: a small module should not pay for a block's pages. */
	bool large = bytes >= LARGE_BYTES;
	struct pool_block *block = large ? calloc(1, sizeof(*block) + block_bytes) : malloc(sizeof(*block) + block_bytes);
	if (!block)
		return NULL;
	if (large && pool->blocks) { /* keep filling the current block */
		block->next = pool->blocks->next;
		pool->blocks->next = block;
		return block->data;
	}
	block->next = pool->blocks;
	pool->blocks = block;
	pool->used = large ? BLOCK_BYTES : bytes;
	return large ? block->data : memset(block->data, 0, bytes);
}

void pool_free(struct pool *pool)
{
	for (struct pool_block *block = pool->blocks; block;) {
		struct pool_block *next = block->next;
		free(block);
		block = next;
	}
	*pool = (struct pool){0};
}
