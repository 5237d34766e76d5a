/* Linear memories. A guarded one reserves all that a 32-bit address plus a 32-bit offset can reach and makes pages
 * accessible as it grows, so its base never moves and the handlers need no checks. A shared one reserves its maximum at
 * least: other threads use it while it grows. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime.h"

/* 2^32 - 1 + 2^32 - 1 + 8 bytes, rounded up. */
#define RESERVATION ((uint64_t)8 << 30 | PAGE_BYTES)

/* 2^48 bytes: no address space has more. */
#define MOST_PAGES64 ((uint64_t)1 << 32)

uint64_t memory_max_pages(const engine_store_t *store, const struct engine_limits *pages)
{
	uint64_t most = pages->index64 ? MOST_PAGES64 : memory_most_pages(false);
	if (store->config.max_memory && store->config.max_memory / PAGE_BYTES < most)
		most = store->config.max_memory / PAGE_BYTES;
	return pages->max < most ? pages->max : most;
}

/* Address space for all that the memory may become. */
static bool reserve(engine_memory_t *memory, uint64_t bytes)
{
	void *base = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return false;
	memory->base = base;
	memory->reserved = bytes;
	memory->pinned = true;
	return true;
}

static bool link_to(engine_store_t *store, engine_memory_t *memory)
{
	struct memory_link *link = pool_alloc(&store->pool, 1, sizeof(*link));
	if (!link)
		return false;
	*link = (struct memory_link){memory, store->memories};
	store->memories = link;
	return true;
}

engine_memory_t *memory_new(engine_store_t *store, struct engine_limits pages)
{
	engine_memory_t *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return NULL;
	memory->max_pages = memory_max_pages(store, &pages);
	memory->type = pages;
	atomic_init(&memory->refs, 1);
	pthread_mutex_init(&memory->growing, NULL);
	if (!store->config.no_guard_pages && !pages.index64 && reserve(memory, RESERVATION)) {
		memory->guarded = true;
		trap_install();
	}
	bool stays = !pages.shared || memory->pinned || memory->max_pages == 0 ||
		     reserve(memory, memory->max_pages * PAGE_BYTES);
	if (!stays || pages.min > memory->max_pages || (pages.min && memory_grow(memory, pages.min) == UINT64_MAX) ||
	    !link_to(store, memory)) {
		memory_release(memory);
		return NULL;
	}
	return memory;
}

void memory_release(engine_memory_t *memory)
{
	if (atomic_fetch_sub(&memory->refs, 1) > 1)
		return;
	if (memory->base)
		munmap(memory->base, memory->reserved);
	pthread_mutex_destroy(&memory->growing);
	free(memory);
}

static bool grow_mapping(engine_memory_t *memory, uint64_t bytes)
{
	if (memory->pinned)
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
	if (memory->type.shared)
		pthread_mutex_lock(&memory->growing);
	uint64_t old = memory->bytes / PAGE_BYTES, result = UINT64_MAX;
	if (pages <= memory->max_pages - old && (pages == 0 || grow_mapping(memory, (old + pages) * PAGE_BYTES))) {
		/* What the other threads see as size is accessible already. */
		__atomic_store_n(&memory->bytes, (old + pages) * PAGE_BYTES, __ATOMIC_RELEASE);
		result = old;
	}
	if (memory->type.shared)
		pthread_mutex_unlock(&memory->growing);
	return result;
}

engine_memory_t *engine_memory_host(engine_store_t *store, struct engine_limits pages)
{
	if (pages.shared && pages.max == UINT64_MAX)
		return NULL;
	return memory_new(store, pages);
}

bool engine_memory_share(engine_store_t *store, engine_memory_t *memory)
{
	if (!memory->type.shared)
		return false;
	for (const struct memory_link *link = store->memories; link; link = link->next)
		if (link->memory == memory)
			return true;
	if (!link_to(store, memory))
		return false;
	atomic_fetch_add(&memory->refs, 1);
	return true;
}

uint8_t *engine_memory_data(engine_memory_t *memory, uint64_t *ret_bytes)
{
	*ret_bytes = memory_bytes(memory);
	return memory->base;
}
