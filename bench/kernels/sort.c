/* Comparisons that nobody predicts: quicksort and heapsort of pseudo-random words. */
#include <stdint.h>
#include <stdio.h>

#include "size.h"

#define N SIZED(1500000, 2000)
static uint32_t a[N];

static void fill(uint32_t seed)
{
	for (int i = 0; i < N; i++) {
		seed = seed * 1664525u + 1013904223u;
		a[i] = seed >> 3;
	}
}

static void swap(uint32_t *x, uint32_t *y)
{
	uint32_t t = *x;
	*x = *y;
	*y = t;
}

static void quick(uint32_t *from, uint32_t *to)
{
	while (to - from > 1) {
		uint32_t pivot = from[(to - from - 1) / 2], *i = from - 1, *j = to;
		for (;;) {
			do
				i++;
			while (*i < pivot);
			do
				j--;
			while (*j > pivot);
			if (i >= j)
				break;
			swap(i, j);
		}
		quick(from, j + 1);
		from = j + 1;
	}
}

static void sift(uint32_t *h, int i, int n)
{
	for (int child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && h[child + 1] > h[child])
			child++;
		if (h[i] >= h[child])
			return;
		swap(&h[i], &h[child]);
	}
}

int main(void)
{
	uint32_t check = 0;
	for (uint32_t round = 0; round < 2; round++) {
		fill(round);
		quick(a, a + N);
		check = check * 31 + a[N / 3];
		fill(round + 100);
		for (int i = N / 2; i-- > 0;)
			sift(a, i, N);
		for (int i = N; --i > 0;) {
			swap(&a[0], &a[i]);
			sift(a, 0, i);
		}
		check = check * 31 + a[N / 3];
	}
	printf("%u\n", (unsigned)check);
	return 0;
}
