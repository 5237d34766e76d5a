/* A megabyte through buffered streams, with each kind of buffering, and back with checks. */
#include "twin.h"

enum { LINES = 20000 };

static void write_lines(const char *path, int mode, size_t size)
{
	FILE *file = fopen(path, "w");
	setvbuf(file, NULL, mode, size);
	int lines = mode == _IONBF ? 100 : LINES;
	for (int i = 0; i < lines; i++)
		fprintf(file, "line %06d of a file that is made of lines\n", i);
	fclose(file);
}

int main(void)
{
	static const struct {
		const char *path;
		int mode;
		size_t size;
	} files[] = {{"full", _IOFBF, 4096}, {"line", _IOLBF, 256}, {"none", _IONBF, 0}, {"big", _IOFBF, 1 << 16}};
	for (size_t i = 0; i < 4; i++) {
		struct stat st;
		write_lines(files[i].path, files[i].mode, files[i].size);
		stat(files[i].path, &st);
		FILE *file = fopen(files[i].path, "r");
		char line[80];
		int lines = 0, bad = 0, number;
		while (fgets(line, sizeof line, file))
			bad += sscanf(line, "line %d", &number) != 1 || number != lines++;
		fseek(file, -43, SEEK_END);
		fgets(line, sizeof line, file);
		fclose(file);
		printf("%s: %lld bytes, %d lines, %d bad, last: %s", files[i].path, (long long)st.st_size, lines, bad, line);
	}
	return 0;
}
