/* mkdir: existing names, missing parents, slashes, long names. */
#include "twin.h"

int main(void)
{
	static char name[5000];
	SHOW(mkdir("d", 0777));
	SHOW(mkdir("d", 0777));
	SHOW(mkdir("d/", 0777));
	SHOW(mkdir("e/", 0777));
	SHOW(mkdir("d/e/f", 0777));
	SHOW(mkdir("hello.txt", 0777));
	SHOW(mkdir("hello.txt/x", 0777));
	SHOW(mkdir("link", 0777));
	SHOW(mkdir("dangling", 0777));
	SHOW(mkdir("", 0777));
	SHOW(mkdir(".", 0777));
	SHOW(mkdir("/", 0777));
	SHOW(mkdir("n/.", 0777));
	memset(name, 'n', 255);
	SHOW(mkdir(name, 0777));
	SHOW(rmdir(name));
	memset(name, 'n', 256);
	SHOW(mkdir(name, 0777));
	memset(name, 'n', sizeof name - 1);
	SHOW(mkdir(name, 0777));
	for (int i = 0; i < 4998; i += 2)
		memcpy(name + i, "./", 2);
	SHOW(mkdir(name, 0777));
	return 0;
}
