/* Streams over memory. */
#include "twin.h"

int main(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = PTR(open_memstream(&text, &len));
	fprintf(file, "%s-%04d", "number", 7);
	SHOW(fclose(file));
	printf("%zu: %s\n", len, text);
	file = PTR(fmemopen(text, len, "r"));
	char word[8];
	PTR(fgets(word, sizeof word, file));
	puts(word);
	SHOW(fclose(file));
	return 0;
}
