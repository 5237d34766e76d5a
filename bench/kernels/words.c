/* Strings: splitting text into words and counting them in a hash table with chains. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"

#define N SIZED(2 << 20, 1 << 13)
#define BUCKETS 4096

struct word {
	struct word *next;
	unsigned count;
	char text[];
};

static char text[N + 1];
static struct word *buckets[BUCKETS];

static void count(const char *word, size_t len)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)word[i]) * 16777619u;
	struct word **slot = &buckets[h % BUCKETS];
	for (struct word *w = *slot; w; w = w->next) {
		if (!strncmp(w->text, word, len) && !w->text[len]) {
			w->count++;
			return;
		}
	}
	struct word *w = malloc(sizeof(*w) + len + 1);
	memcpy(w->text, word, len);
	w->text[len] = '\0';
	w->count = 1;
	w->next = *slot;
	*slot = w;
}

int main(void)
{
	uint32_t seed = 7;
	for (int i = 0; i < N;) {
		seed = seed * 1664525u + 1013904223u;
		uint32_t id = (seed >> 16) * (seed >> 24) % 20000;
		char word[16];
		int n = snprintf(word, sizeof(word), "w%xq", (unsigned)(id * 2654435761u >> 8));
		for (int k = 0; k < n && i < N; k++)
			text[i++] = word[k];
		if (i < N)
			text[i++] = seed & 1 ? ' ' : '\n';
	}
	for (int round = 0; round < 8; round++) {
		const char *p = text;
		while (*p) {
			size_t len = strcspn(p, " \n");
			if (len)
				count(p, len);
			p += len;
			p += strspn(p, " \n");
		}
	}
	unsigned words = 0, most = 0;
	for (int i = 0; i < BUCKETS; i++) {
		for (struct word *w = buckets[i]; w; w = w->next) {
			words++;
			if (w->count > most)
				most = w->count;
		}
	}
	printf("%u %u\n", words, most);
	return 0;
}
