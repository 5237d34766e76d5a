/* Numbers and words read from a file. */
#include "twin.h"

int main(void)
{
	put("numbers", "12 -7 0x1f 3.5 word rest of line\n");
	FILE *file = PTR(fopen("numbers", "r"));
	int a = 0, b = 0, c = 0;
	double d = 0;
	char word[16] = "", rest[32] = "";
	printf("%d\n", fscanf(file, "%d %d %i %lf %15s %31[^\n]", &a, &b, &c, &d, word, rest));
	printf("%d %d %d %g %s [%s]\n", a, b, c, d, word, rest);
	printf("%d\n", fscanf(file, "%d", &a));
	fclose(file);
	return 0;
}
