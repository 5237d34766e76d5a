/* abort ends the program with status 134: a trap in wasm, SIGABRT natively. */
#include "twin.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	abort();
}
