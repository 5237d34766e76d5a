/* Calls: the naive Fibonacci recursion. */
#include <stdio.h>

#include "size.h"

__attribute__((noinline)) static unsigned fib(unsigned n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(void)
{
	volatile unsigned n = SIZED(39, 20); /* hides the constant from the optimiser */
	printf("%u\n", fib(n));
	return 0;
}
