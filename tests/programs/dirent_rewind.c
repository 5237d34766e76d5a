/* A directory read twice, after a change in between. */
#include "twin.h"

int main(void)
{
	DIR *dir = opendir("dir");
	int first = 0, second = 0;
	while (readdir(dir))
		first++;
	put("dir/more", "x");
	rewinddir(dir);
	while (readdir(dir))
		second++;
	printf("%d then %d entries\n", first, second);
	SHOW(closedir(dir));
	return 0;
}
