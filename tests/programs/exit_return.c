/* A value returned from main is the exit status. */
#include "twin.h"

int main(void)
{
	puts("returning 7");
	return 7;
}
