/* @dir none
 * Without any grant no path exists. Which errno says so depends on the version of wasi-libc. */
#include "twin.h"

#define FAILS(call) printf("%s: %s\n", #call, (call) ? "fails" : "WORKS")

int main(void)
{
	struct stat st;
	FAILS(open("hello.txt", O_RDONLY) < 0);
	FAILS(open("/", O_RDONLY) < 0);
	FAILS(open("/etc/passwd", O_RDONLY) < 0);
	FAILS(open("new", O_WRONLY | O_CREAT, 0666) < 0);
	FAILS(stat("/", &st) < 0);
	FAILS(stat(".", &st) < 0);
	FAILS(opendir(".") == NULL);
	FAILS(mkdir("d", 0777) < 0);
	FAILS(chdir("/") < 0);
	puts("standard output still works");
	return 0;
}
