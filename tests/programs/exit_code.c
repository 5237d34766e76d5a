/* exit runs handlers in reverse order and flushes; its low eight bits are the status. */
#include "twin.h"

static void first(void)
{
	puts("first handler, runs last");
}

static void second(void)
{
	puts("second handler, runs first");
}

int main(void)
{
	atexit(first);
	atexit(second);
	printf("buffered, without newline");
	exit(256 + 42);
}
