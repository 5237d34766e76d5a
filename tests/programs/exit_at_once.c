/* _Exit neither flushes nor runs handlers. */
#include "twin.h"

static void handler(void)
{
	puts("must not be seen");
}

int main(void)
{
	atexit(handler);
	printf("flushed\n");
	fflush(stdout);
	printf("not flushed");
	_Exit(3);
}
