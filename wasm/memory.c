/* Linear memories. A guarded one reserves all that a 32-bit address plus a 32-bit offset can reach and makes pages
 * accessible as it grows, so its base never moves and the handlers need no checks. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime.h"

/* 2^32 - 1 + 2^32 - 1 + 8 bytes, rounded up. */
#define RESERVATION ((uint64_t)8 << 30 | PAGE_BYTES)

static uint64_t max_pages(const engine_store_t *store, struct engine_limits pages)
{
	uint64_t most = 65536;
	if (store->config.max_memory && store->config.max_memory / PAGE_BYTES < most)
		most = store->config.max_memory / PAGE_BYTES;
	return pages.max < most ? pages.max : most;
}

engine_memory_t *memory_new(engine_store_t *store, struct engine_limits pages)
{
	engine_memory_t *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return NULL;
	memory->max_pages = max_pages(store, pages);
	memory->has_max = pages.max != UINT64_MAX;
	memory->declared_max = pages.max;
	if (!store->config.no_guard_pages) {
		void *base = mmap(NULL, RESERVATION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (base != MAP_FAILED) {
			memory->base = base;
			memory->reserved = RESERVATION;
			memory->guarded = true;
			trap_install();
		}
	}
	if (pages.min > memory->max_pages || (pages.min && memory_grow(memory, pages.min) == UINT64_MAX)) {
		memory_free(memory);
		return NULL;
	}
	memory->next = store->memories;
	store->memories = memory;
	return memory;
}

void memory_free(engine_memory_t *memory)
{
	if (memory->base)
		munmap(memory->base, memory->reserved);
	free(memory);
}

static bool grow_mapping(engine_memory_t *memory, uint64_t bytes)
{
	if (memory->guarded)
		return mprotect(memory->base + memory->bytes, bytes - memory->bytes, PROT_READ | PROT_WRITE) == 0;
	void *base = memory->base ? mremap(memory->base, memory->reserved, bytes, MREMAP_MAYMOVE)
				  : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return false;
	memory->base = base;
	memory->reserved = bytes;
	return true;
}

uint64_t memory_grow(engine_memory_t *memory, uint64_t pages)
{
	uint64_t old = memory->bytes / PAGE_BYTES;
	if (pages > memory->max_pages - old)
		return UINT64_MAX;
	if (pages && !grow_mapping(memory, (old + pages) * PAGE_BYTES))
		return UINT64_MAX;
	memory->bytes = (old + pages) * PAGE_BYTES;
	return old;
}

engine_memory_t *engine_memory_host(engine_store_t *store, struct engine_limits pages)
{
	return memory_new(store, pages);
}

uint8_t *engine_memory_data(engine_memory_t *memory, uint64_t *ret_bytes)
{
	*ret_bytes = memory->bytes;
	return memory->base;
}
