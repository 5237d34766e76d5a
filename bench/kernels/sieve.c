/* Byte stores with a stride: the sieve of Eratosthenes, again and again. */
#include <stdio.h>
#include <string.h>

#include "size.h"

#define N SIZED(2000000, 5000)
static unsigned char composite[N + 1];

int main(void)
{
	unsigned total = 0;
	for (int round = 0; round < 40; round++) {
		memset(composite, 0, sizeof(composite));
		unsigned primes = 0;
		for (unsigned i = 2; i <= N; i++) {
			if (composite[i])
				continue;
			primes++;
			for (unsigned long long j = (unsigned long long)i * i; j <= N; j += i)
				composite[j] = 1;
		}
		total += primes;
	}
	printf("%u\n", total);
	return 0;
}
