/* Several hundred entries: every one is seen once, also after rewinddir, and while removing. */
#include "twin.h"

enum { FILES = 400 };

static int count(DIR *dir)
{
	int seen = 0;
	while (readdir(dir))
		seen++;
	return seen;
}

int main(void)
{
	char name[64];
	mkdir("many", 0777);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "many/a-rather-long-name-of-an-entry-%04d", i);
		close(open(name, O_CREAT | O_WRONLY, 0666));
	}
	DIR *dir = opendir("many");
	printf("all: %d\n", count(dir));
	printf("at the end: %d\n", count(dir));
	rewinddir(dir);
	printf("again: %d\n", count(dir));
	rewinddir(dir);
	for (int i = 0; i < 100; i++)
		readdir(dir);
	printf("rest: %d\n", count(dir));
	rewinddir(dir);
	int removed = 0;
	for (struct dirent *entry; (entry = readdir(dir));)
		removed += unlinkat(dirfd(dir), entry->d_name, 0) == 0;
	closedir(dir);
	printf("removed all: %d\n", removed == FILES);
	SHOW(rmdir("many"));
	return 0;
}
