/* Lines of any length, with and without an end. */
#include "twin.h"

int main(void)
{
	put("lines", "one\n\nthree, which is longer\nno end");
	FILE *file = PTR(fopen("lines", "r"));
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	while ((n = getline(&line, &room, file)) > 0)
		printf("%zd: %s\n", n, line);
	printf("end of file: %d, error: %d\n", feof(file) != 0, ferror(file) != 0);
	rewind(file);
	SHOW(getdelim(&line, &room, 't', file));
	puts(line);
	fclose(file);
	return 0;
}
