/* Odd spellings of paths. */
#include "twin.h"

int main(void)
{
	struct stat st;
	SHOW(stat("./hello.txt", &st));
	SHOW(stat("dir/../hello.txt", &st));
	SHOW(stat("dir//a", &st));
	SHOW(stat("dir/./a", &st));
	SHOW(stat("hello.txt/.", &st));
	SHOW(stat("gone/../hello.txt", &st));
	SHOW(stat("", &st));
	SHOW(stat("dir/a/", &st));
	SHOW(lstat("to-dir/", &st));
	printf("%s\n", type_name(st.st_mode));
	char name[300];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	SHOW(stat(name, &st));
	return 0;
}
