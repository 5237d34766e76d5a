/* Positions in a directory: told, sought, told again; a long has 32 bits in wasm. */
#include "twin.h"

enum { FILES = 40 };

int main(void)
{
	char name[32];
	mkdir("many", 0777);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "many/%d", i);
		put(name, "");
	}
	DIR *dir = opendir("many");
	long at[FILES + 2];
	char seen[FILES + 2][256];
	int n = 0, wrong = 0, fits = 0;
	struct dirent *entry;
	for (; n < FILES + 2; n++) {
		at[n] = telldir(dir);
		entry = readdir(dir);
		if (!entry)
			break;
		strcpy(seen[n], entry->d_name);
		fits += at[n] == (long)(int)at[n];
	}
	printf("%d entries, %d positions fit 32 bits\n", n, fits);
	for (int i = n; i-- > 0;) {
		seekdir(dir, at[i]);
		entry = readdir(dir);
		wrong += !entry || strcmp(entry->d_name, seen[i]) != 0;
	}
	printf("%d wrong backwards\n", wrong);
	seekdir(dir, at[0]);
	for (n = 0; readdir(dir); n++)
		;
	printf("%d again from the first\n", n);
	SHOW(closedir(dir));
	return 0;
}
