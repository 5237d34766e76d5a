/* Changes to the environment are the program's own.
 * @env KEEP=this
 * @env EMPTY= */
#include "twin.h"

int main(void)
{
	printf("%s [%s] %s\n", getenv("KEEP"), getenv("EMPTY"), getenv("NONE") ? "set" : "not set");
	SHOW(setenv("KEEP", "other", 0));
	puts(getenv("KEEP"));
	SHOW(setenv("KEEP", "other", 1));
	puts(getenv("KEEP"));
	SHOW(unsetenv("KEEP"));
	printf("%d\n", getenv("KEEP") == NULL);
	SHOW(setenv("A=B", "x", 1));
	SHOW(setenv("", "x", 1));
	return 0;
}
