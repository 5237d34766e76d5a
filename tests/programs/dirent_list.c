/* Listing directories: names, types, the dots, an empty one; errors of opendir. */
#include "twin.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
	char *lines[64];
	size_t count = 0;
	DIR *dir = opendir(path);
	printf("%s: %s\n", path, dir ? "ok" : errno_name(errno));
	if (!dir)
		return;
	errno = 0;
	for (struct dirent *entry; count < 64 && (entry = readdir(dir));) {
		const char *type = entry->d_type == DT_REG ? "file" : entry->d_type == DT_DIR ? "dir" : entry->d_type == DT_LNK ? "link" : "other";
		lines[count] = malloc(strlen(entry->d_name) + 8);
		sprintf(lines[count++], "%s %s", entry->d_name, type);
	}
	printf("  %zu entries, errno %s\n", count, errno_name(errno));
	qsort(lines, count, sizeof lines[0], by_name);
	for (size_t i = 0; i < count; i++) {
		printf("  %s\n", lines[i]);
		free(lines[i]);
	}
	closedir(dir);
}

int main(void)
{
	mkdir("blank", 0777);
	list("/");
	list(".");
	list("dir");
	list("dir/");
	list("/dir");
	list("blank");
	list("to-dir");
	list("hello.txt");
	list("none");
	list("dangling");
	list("");
	return 0;
}
