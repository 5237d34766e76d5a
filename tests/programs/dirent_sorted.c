/* With --readdir sorted, the order of readdir is that of the names' bytes.
 * @option --readdir=sorted */
#include "twin.h"

int main(void)
{
	put("z", "");
	put("B", "");
	put("a-b", "");
	DIR *dir = opendir(".");
	struct dirent *entry;
	while ((entry = readdir(dir)))
		printf("%s\n", entry->d_name);
	SHOW(closedir(dir));
	return 0;
}
