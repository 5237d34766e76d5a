/* fopen's modes: what each creates, truncates, and where it writes. */
#include "twin.h"

static void try_mode(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);
	printf("fopen %s %s: %s\n", path, mode, file ? "ok" : errno_name(errno));
	if (!file)
		return;
	char text[32] = "";
	size_t got = fread(text, 1, sizeof text - 1, file);
	printf("  read %zu \"%s\" error %d eof %d\n", got, text, ferror(file) != 0, feof(file) != 0);
	clearerr(file);
	fseek(file, 2, SEEK_SET);
	int put_ok = fputs("XY", file);
	int flushed = fflush(file);
	printf("  write %s at %ld\n", put_ok >= 0 && flushed == 0 ? "ok" : "failed", ftell(file));
	fclose(file);
	cat(path);
}

int main(void)
{
	static const char *const modes[] = {"r", "r+", "w", "w+", "a", "a+", "rb", "wx"};
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		put("work.txt", "0123456789");
		try_mode("work.txt", modes[i]);
		unlink("new.txt");
		try_mode("new.txt", modes[i]);
	}
	PTR(fopen("empty", "r"));
	PTR(fopen("empty", "w"));
	PTR(fopen("none/file", "w"));
	PTR(fopen("hello.txt/", "r"));
	PTR(fopen("", "r"));
	return 0;
}
