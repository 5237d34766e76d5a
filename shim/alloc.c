/* Memory of the shim's own.
 *
 * The guest's malloc may be what called us: allocators open files of the system while they start, with their locks held,
 * and signal handlers that interrupt malloc may open files too. So neither the shim nor the core in it uses the guest's
 * malloc: the linker turns their calls of malloc, free and relatives (--wrap) into these. They take no lock, which makes
 * them safe in signal handlers and after a fork: blocks come in powers of two, and free ones of a size hang on a list whose
 * head is changed by compare-and-swap, with a tag against the list having changed and changed back meanwhile.
 *
 * Memory that the guest frees itself comes from guest_malloc. free() takes memory of both kinds, because the C library
 * hands out the guest's, too (asprintf). */
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"

enum {
	UNIT = 16, /* alignment, and the header before each block */
	SMALLEST = 5, /* binary logarithm of a block with its header */
	LARGEST = 26,
	STATIC_BYTES = 256 << 10, /* costs nothing until touched; most programs need no more */
	MORE_BYTES = 256 << 20	  /* address space reserved when that is used up */
};

struct block {
	uint32_t class;
	_Atomic uint32_t next; /* while free: number of the next one, 0 ends */
};

struct region {
	uint8_t *_Atomic base;
	_Atomic size_t used;
	size_t bytes;
	uint32_t first; /* number of its first unit */
};

static _Alignas(4096) uint8_t at_first[STATIC_BYTES];
static struct region regions[] = {
	{.base = at_first, .bytes = STATIC_BYTES, .first = 1},
	{.bytes = MORE_BYTES, .first = 1 + STATIC_BYTES / UNIT},
};
static _Atomic uint64_t heads[LARGEST + 1]; /* tag << 32 | number */

static struct block *block_at(uint32_t number)
{
	const struct region *r = &regions[number >= regions[1].first];

	return (struct block *)(r->base + (size_t)(number - r->first) * UNIT);
}

/* The number of the block with this address, 0 if it is not ours. */
static uint32_t number_of(const void *p)
{
	for (int i = 0; i < 2; i++) {
		const uint8_t *base = regions[i].base;
		if (base && (uintptr_t)p - (uintptr_t)base < regions[i].bytes)
			return regions[i].first + (uint32_t)(((uintptr_t)p - (uintptr_t)base) / UNIT);
	}
	return 0;
}

static struct block *take(uint32_t class)
{
	uint64_t head = heads[class];

	while ((uint32_t)head) {
		struct block *b = block_at((uint32_t)head);
		uint64_t next = ((head >> 32) + 1) << 32 | b->next;
		if (atomic_compare_exchange_weak(&heads[class], &head, next))
			return b;
	}
	return NULL;
}

static void give(struct block *b, uint32_t number)
{
	uint64_t head = heads[b->class];

	do {
		b->next = (uint32_t)head;
	} while (!atomic_compare_exchange_weak(&heads[b->class], &head, ((head >> 32) + 1) << 32 | number));
}

static bool reserve(struct region *r)
{
	uint8_t *expected = NULL;
	void *p = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	if (!atomic_compare_exchange_strong(&r->base, &expected, (uint8_t *)p))
		munmap(p, r->bytes);
	return true;
}

static struct block *carve(uint32_t class)
{
	size_t bytes = (size_t)1 << class;

	for (int i = 0; i < 2; i++) {
		struct region *r = &regions[i];
		if (!r->base && !reserve(r))
			return NULL;
		size_t used = r->used;
		while (bytes <= r->bytes - used) {
			if (atomic_compare_exchange_weak(&r->used, &used, used + bytes)) {
				struct block *b = (struct block *)(r->base + used);
				b->class = class;
				return b;
			}
		}
	}
	return NULL;
}

static void *allocate(size_t size, bool clear)
{
	uint32_t class = SMALLEST;
	bool fresh = false;

	while (class <= LARGEST && size > ((size_t)1 << class) - UNIT)
		class++;
	struct block *b = class <= LARGEST ? take(class) : NULL;
	if (!b && class <= LARGEST) {
		b = carve(class);
		fresh = true;
	}
	if (!b) /* more than anybody needs; better the guest's than none */
		return clear ? __real_calloc(1, size) : __real_malloc(size);
	void *p = (uint8_t *)b + UNIT;
	return clear && !fresh ? memset(p, 0, size) : p;
}

void *__wrap_malloc(size_t size)
{
	return allocate(size, false);
}

void *__wrap_calloc(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : allocate(bytes, true);
}

void __wrap_free(void *p)
{
	uint32_t number = p ? number_of((uint8_t *)p - UNIT) : 0;

	if (number)
		give((struct block *)((uint8_t *)p - UNIT), number);
	else
		__real_free(p);
}

void *__wrap_realloc(void *p, size_t size)
{
	if (p && !number_of((uint8_t *)p - UNIT))
		return __real_realloc(p, size);
	size_t room = p ? ((size_t)1 << ((struct block *)((uint8_t *)p - UNIT))->class) - UNIT : 0;
	if (p && size <= room)
		return p;
	void *bigger = allocate(size, false);
	if (bigger && p) {
		memcpy(bigger, p, room);
		__wrap_free(p);
	}
	return bigger;
}

char *__wrap_strndup(const char *text, size_t max)
{
	size_t len = strnlen(text, max);
	char *copy = allocate(len + 1, false);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, SIZE_MAX);
}
