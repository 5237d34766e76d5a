/* Random numbers that are the same in every run.
 * @option --random=seed:7 */
#include "twin.h"

int main(void)
{
	unsigned char bytes[3 + 32] = { 0 };
	SHOW(getentropy(bytes, 3));
	SHOW(getentropy(bytes + 3, 32));
	for (size_t i = 0; i < sizeof bytes; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
	return 0;
}
