/* A hash that nobody outside can predict, for tables of what modules bring: with any other, a module of names that all fall into
 * one bucket takes as many times longer to load as it has names. SipHash-1-3 (Aumasson, Bernstein: SipHash, a fast short-input PRF) with the key that the
 * kernel gives each process. */
#ifndef WASIWARD_KEYED_HASH_H
#define WASIWARD_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

struct keyed_hash {
	uint64_t v[4];
	uint64_t words;
};

static inline uint64_t keyed_hash_rotated(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void keyed_hash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = keyed_hash_rotated(v[1], 13) ^ v[0];
	v[3] = keyed_hash_rotated(v[3], 16) ^ v[2];
	v[0] = keyed_hash_rotated(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = keyed_hash_rotated(v[3], 21) ^ v[0];
	v[1] = keyed_hash_rotated(v[1], 17) ^ v[2];
	v[2] = keyed_hash_rotated(v[2], 32);
}

/* key: 16 bytes. */
static inline struct keyed_hash keyed_hash_begin_with(const void *key)
{
	uint64_t k[2];
	memcpy(k, key, sizeof(k));
	return (struct keyed_hash){ .v = { k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d, k[0] ^ 0x6c7967656e657261,
					   k[1] ^ 0x7465646279746573 } };
}

static inline struct keyed_hash keyed_hash_begin(void)
{
	return keyed_hash_begin_with((const void *)getauxval(AT_RANDOM));
}

static inline void keyed_hash_add(struct keyed_hash *h, uint64_t word)
{
	h->v[3] ^= word;
	keyed_hash_round(h->v);
	h->v[0] ^= word;
	h->words++;
}

/* The hash of all words that were added, and of up to seven more bytes. */
static inline uint64_t keyed_hash_end_with(struct keyed_hash *h, const void *bytes, size_t len)
{
	uint64_t last = 0;
	for (size_t i = 0; i < len; i++)
		last |= (uint64_t)((const uint8_t *)bytes)[i] << 8 * i;
	keyed_hash_add(h, last | (h->words * 8 + len) << 56);
	h->v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		keyed_hash_round(h->v);
	return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}

/* The hash of bytes, and of the words that were added before. */
static inline uint64_t keyed_hash_bytes(struct keyed_hash *h, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word = 0;
		memcpy(&word, p, sizeof(word));
		keyed_hash_add(h, word);
	}
	return keyed_hash_end_with(h, p, len);
}

#endif
