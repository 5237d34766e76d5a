/* fseek, ftell, fgetpos and ungetc. */
#include "twin.h"

int main(void)
{
	FILE *file = PTR(fopen("hello.txt", "r+"));
	fpos_t here;
	printf("%c", fgetc(file));
	SHOW(ftell(file));
	SHOW(fgetpos(file, &here));
	SHOW(fseek(file, -3, SEEK_END));
	SHOW(ftell(file));
	SHOW(fgetc(file));
	SHOW(fsetpos(file, &here));
	SHOW(ungetc('J', file));
	SHOW(fgetc(file));
	SHOW(fgetc(file));
	SHOW(fseek(file, -100, SEEK_SET));
	fseek(file, 0, SEEK_CUR);
	fputs("XY", file);
	fclose(file);
	cat("hello.txt");
	return 0;
}
