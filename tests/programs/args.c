/* @args first "second argument" "" --option=x "tab	here" ünïcode
 * Arguments arrive unchanged. The program's own name is left out: the two files are called differently. */
#include "twin.h"

int main(int argc, char **argv)
{
	printf("argc %d\n", argc);
	for (int i = 1; i < argc; i++)
		printf("argv[%d] = \"%s\" (%zu)\n", i, argv[i], strlen(argv[i]));
	printf("the list ends with NULL: %d\n", argv[argc] == NULL);
	return 0;
}
