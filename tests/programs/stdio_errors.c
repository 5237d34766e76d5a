/* What a stream says of a file that is of the wrong kind. */
#include "twin.h"

int main(void)
{
	PTR(fopen("dir", "w"));
	PTR(fopen("gone/new", "w"));
	PTR(fopen("hello.txt/", "r"));
	PTR(fopen("new", "wx"));
	PTR(fopen("new", "wx"));
	PTR(fopen("hello.txt", "z"));
	FILE *file = PTR(fopen("hello.txt", "r"));
	printf("%d\n", fputc('x', file)); /* only glibc sets errno */
	printf("error: %d\n", ferror(file) != 0);
	clearerr(file);
	printf("error: %d\n", ferror(file) != 0);
	fclose(file);
	return 0;
}
