/* Random bytes come in any number and are not all alike. */
#include "twin.h"

int main(void)
{
	static unsigned char a[512], b[256];
	SHOW(getentropy(a, 256));
	SHOW(getentropy(b, sizeof b));
	printf("differ: %d\n", memcmp(a, b, sizeof b) != 0);
	SHOW(getentropy(a, 0));
	SHOW(getentropy(a, 257));
	int zeros = 0;
	for (size_t i = 0; i < sizeof b; i++)
		zeros += a[i] == 0;
	printf("few zeros: %d\n", zeros < 20);
	return 0;
}
