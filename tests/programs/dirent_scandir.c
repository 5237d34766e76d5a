/* scandir with a filter, in order. */
#include "twin.h"

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(void)
{
	struct dirent **list;
	int n = (int)SHOW(scandir("dir", &list, visible, alphasort));
	for (int i = 0; i < n; i++)
		puts(list[i]->d_name);
	SHOW(scandir("hello.txt", &list, NULL, alphasort));
	SHOW(scandir("gone", &list, NULL, alphasort));
	return 0;
}
