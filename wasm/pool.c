#include "pool.h"

#include <stdint.h>
#include <stdlib.h>

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
		return p;
	}
	struct pool_block *block = calloc(1, sizeof(*block) + block_bytes);
	if (!block)
		return NULL;
	if (bytes >= LARGE_BYTES && pool->blocks) { /* keep filling the current block */
		block->next = pool->blocks->next;
		pool->blocks->next = block;
		return block->data;
	}
	block->next = pool->blocks;
	pool->blocks = block;
	pool->used = bytes >= LARGE_BYTES ? BLOCK_BYTES : bytes;
	return block->data;
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
