/* qsort and bsearch over lines, written to a file. */
#include "twin.h"

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(void)
{
	const char *words[] = { "pear", "fig", "apple", "quince", "date" };
	qsort(words, 5, sizeof *words, compare);
	FILE *file = PTR(fopen("sorted", "w"));
	for (int i = 0; i < 5; i++)
		fprintf(file, "%s\n", words[i]);
	fclose(file);
	cat("sorted");
	const char *key = "fig";
	const char **found = bsearch(&key, words, 5, sizeof *words, compare);
	printf("%s at %d\n", *found, (int)(found - words));
	return 0;
}
