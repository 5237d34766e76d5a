/* Text of many kinds, formatted into files and read back. */
#include "twin.h"

int main(void)
{
	FILE *file = PTR(fopen("formats", "w"));
	fprintf(file, "%5d|%-5d|%05d|%+d|%x|%#o|%c\n", 42, 42, 42, 42, 255, 8, 'z');
	fprintf(file, "%.3f|%e|%g|%10.2f|%s|%.2s|%%\n", 3.14159, 12345.678, 0.0001, -2.5, "text", "cut");
	fprintf(file, "%lld|%zu|%hhd\n", -1234567890123ll, sizeof(char), (signed char)-1);
	fwrite("zero\0byte", 1, 9, file);
	SHOW(fclose(file));
	cat("formats");
	return 0;
}
