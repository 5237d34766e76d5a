/* Modules whose names and types all had one hash when the hash was one that everybody can compute: they load as fast as others. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "keyed_hash.h"
#include "support.h"
#include "text.h"

enum { STAGES = 14, MANY = 1 << STAGES, MOST_LETTERS = 16, TRIES = 1 << 18 };

/* What a hash becomes with one more letter of a name, or one more type. */
typedef uint32_t step_fn(uint32_t hash, uint8_t letter);

static uint32_t step_name(uint32_t hash, uint8_t letter)
{
	return (hash ^ letter) * 16777619u;
}

static uint32_t step_type(uint32_t hash, uint8_t letter)
{
	hash = (hash ^ letter) * 0x9e3779b1u;
	return hash ^ hash >> 15;
}

/* Two blocks of letters for each stage, either of which may come next: so there are MANY sequences with the same hash. */
struct blocks {
	unsigned len;
	uint8_t letters[STAGES][2][MOST_LETTERS];
};

static uint32_t random_word(void)
{
	static uint64_t state = 1;
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static struct blocks find_blocks(uint32_t hash, step_fn *step, const char *alphabet, unsigned len)
{
	struct blocks found = {.len = len};
	struct seen {
		uint32_t hash;
		bool used;
		uint8_t letters[MOST_LETTERS];
	} *seen = calloc(TRIES * 2, sizeof(*seen));
	for (int stage = 0; stage < STAGES; stage++) {
		memset(seen, 0, TRIES * 2 * sizeof(*seen));
		int tries = 0;
		for (; tries < TRIES; tries++) {
			struct seen one = {hash, true, {0}};
			for (unsigned i = 0; i < len; i++) {
				one.letters[i] = (uint8_t)alphabet[random_word() % strlen(alphabet)];
				one.hash = step(one.hash, one.letters[i]);
			}
			uint32_t at = one.hash % (TRIES * 2);
			while (seen[at].used && seen[at].hash != one.hash)
				at = (at + 1) % (TRIES * 2);
			if (seen[at].used && memcmp(seen[at].letters, one.letters, len)) {
				memcpy(found.letters[stage][0], seen[at].letters, len);
				memcpy(found.letters[stage][1], one.letters, len);
				hash = one.hash;
				break;
			}
			seen[at] = one;
		}
		cr_assert_lt(tries, TRIES, "no collision in stage %d", stage);
	}
	free(seen);
	return found;
}

/* Sequence i of the MANY; with mix, not one that has the hash of the others. */
static unsigned spell(const struct blocks *blocks, unsigned i, bool mix, const char *alphabet, uint8_t ret[STAGES * MOST_LETTERS])
{
	for (unsigned stage = 0; stage < STAGES; stage++)
		memcpy(ret + stage * blocks->len, blocks->letters[stage][i >> stage & 1], blocks->len);
	for (unsigned k = 0; mix && k < 4; k++)
		ret[k] = (uint8_t)alphabet[random_word() % strlen(alphabet)];
	return STAGES * blocks->len;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The least of three times. */
static double time_to_load(const char *text)
{
	double least = 1e9;
	for (int i = 0; i < 3; i++) {
		struct engine_error error;
		uint8_t *bytes;
		size_t len;
		engine_module_t *module;
		double start = seconds();
		cr_assert_eq(text_assemble(text, strlen(text), &bytes, &len, &error), ENGINE_OK, "%s", error.message);
		cr_assert_eq(engine_module_load(bytes, len, &module, &error), ENGINE_OK, "%s", error.message);
		double took = seconds() - start;
		if (took < least)
			least = took;
		engine_module_free(module);
		free(bytes);
	}
	return least;
}

/* They were 100 to 1000 times as slow. */
static void expect_equally_fast(const char *colliding, const char *others)
{
	double a = time_to_load(colliding), b = time_to_load(others);
	cr_assert_lt(a, 10 * b, "%.4f s, others %.4f s", a, b);
}

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz"
static char *module_of_names(const struct blocks *blocks, bool mix, const char *before, const char *behind)
{
	char *text, word[STAGES * MOST_LETTERS];
	size_t len;
	FILE *out = open_memstream(&text, &len);
	fputs("(module (func)", out);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned n = spell(blocks, i, mix, NAME_LETTERS, (uint8_t *)word);
		fprintf(out, "%s%.*s%s\n", before, (int)n, word, behind);
	}
	fputs(")", out);
	fclose(out);
	return text;
}

static void expect_names(uint32_t hash, const char *before, const char *behind)
{
	struct blocks blocks = find_blocks(hash, step_name, NAME_LETTERS, 6);
	char *colliding = module_of_names(&blocks, false, before, behind), *others = module_of_names(&blocks, true, before, behind);
	expect_equally_fast(colliding, others);
	free(colliding);
	free(others);
}

Test(collisions, of_exports_cost_no_more)
{
	expect_names(2166136261u, "(export \"", "\" (func 0))");
}

Test(collisions, of_identifiers_cost_no_more)
{
	expect_names(2166136261u ^ 4, "(global $", " i32 (i32.const 0))"); /* 4: globals have names of their own */
}

static char *module_of_types(const struct blocks *blocks, bool mix, const char *alphabet)
{
	static const char *const names[] = {"f64", "f32", "i64", "i32"}; /* from 0x7c on */
	char *text;
	uint8_t word[STAGES * MOST_LETTERS];
	size_t len;
	FILE *out = open_memstream(&text, &len);
	fputs("(module", out);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned n = spell(blocks, i, mix, alphabet, word);
		fputs("(type (func (param", out);
		for (unsigned k = 0; k < n; k++)
			fprintf(out, " %s", names[word[k] - 0x7c]);
		fputs(")))", out);
	}
	fputs(")", out);
	fclose(out);
	return text;
}

Test(collisions, of_types_cost_no_more)
{
	static const char alphabet[] = "\x7c\x7d\x7e\x7f";
	uint32_t hash = 1; /* one type, a function's: kind, supertype, parameters, results, fields */
	const uint32_t words[] = {0 << 1 | 1, 0, STAGES * 12, 0, 0};
	for (unsigned i = 0; i < 5; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b1u;
		hash ^= hash >> 15;
	}
	struct blocks blocks = find_blocks(hash, step_type, alphabet, 12);
	char *colliding = module_of_types(&blocks, false, alphabet), *others = module_of_types(&blocks, true, alphabet);
	expect_equally_fast(colliding, others);
	free(colliding);
	free(others);
}

/* As CPython computes hash(bytes(range(n))) with a key of zeros (PYTHONHASHSEED=0). */
Test(collisions, the_hash_is_siphash)
{
	static const struct {
		unsigned len;
		uint64_t hash;
	} known[] = {{1, 0x68a914128e01e473},  {7, 0x2f098ab0c751325a},	 {8, 0xead411e67ebe2eea},  {9, 0x75927f9d95124362},
		     {15, 0xf30eb725bb91c9ea}, {16, 0x8972188433a5c5b7}, {33, 0x7fb71d24dfa4c9f6}};
	uint8_t key[16] = {0}, bytes[40];
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct keyed_hash h = keyed_hash_begin_with(key);
		cr_expect_eq(keyed_hash_bytes(&h, bytes, known[i].len), known[i].hash, "%u bytes", known[i].len);
	}
}
