/* Functions that run at the end, last first, and may still write. */
#include "twin.h"

static void first(void)
{
	puts("first");
	put("left-behind", "written at the end");
}

static void second(void)
{
	puts("second");
}

int main(void)
{
	atexit(first);
	atexit(second);
	puts("main");
	return 3;
}
