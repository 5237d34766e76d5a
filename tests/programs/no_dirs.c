/* @dir none
 * Without any grant no path exists. */
#include "twin.h"

int main(void)
{
	struct stat st;
	char path[64];
	FD(open("hello.txt", O_RDONLY));
	FD(open("/", O_RDONLY));
	FD(open("/etc/passwd", O_RDONLY));
	FD(open("new", O_WRONLY | O_CREAT, 0666));
	SHOW(stat("/", &st));
	SHOW(stat(".", &st));
	PTR(opendir("."));
	SHOW(mkdir("d", 0777));
	SHOW(chdir("/"));
	PTR(getcwd(path, sizeof path));
	puts("standard output still works");
	return 0;
}
