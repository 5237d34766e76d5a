/* @stdin first line\nsecond line, longer\n\nlast without newline
 * Reading standard input by character, line and block; ungetc; end of file. */
#include "twin.h"

int main(void)
{
	int first = getchar();
	ungetc(first, stdin);
	printf("peeked '%c'\n", first);
	char *line = NULL;
	size_t room = 0;
	ssize_t len = getline(&line, &room, stdin);
	printf("getline %zd: %s", len, line);
	free(line);
	char buffer[64];
	printf("fgets: %s", fgets(buffer, 8, stdin));
	printf("\nrest:");
	while (fgets(buffer, sizeof buffer, stdin))
		printf(" [%s]", buffer);
	printf("\nfeof %d ferror %d getchar %d\n", feof(stdin) != 0, ferror(stdin) != 0, getchar());
	SHOW(isatty(0));
	SHOW(isatty(1));
	return 0;
}
