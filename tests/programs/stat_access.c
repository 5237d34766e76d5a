/* access and faccessat: existence only matters, as wasi-libc sees it. */
#include "twin.h"

int main(void)
{
	SHOW(access("hello.txt", F_OK));
	SHOW(access("hello.txt", R_OK));
	SHOW(access("hello.txt", W_OK));
	SHOW(access("hello.txt", R_OK | W_OK));
	SHOW(access("dir", F_OK));
	SHOW(access("dir", R_OK | W_OK));
	SHOW(access("none", F_OK));
	SHOW(access("none/x", F_OK));
	SHOW(access("hello.txt/x", F_OK));
	SHOW(access("link", R_OK));
	SHOW(access("dangling", F_OK));
	SHOW(access("loop", F_OK));
	SHOW(access("", F_OK));
	SHOW(access("hello.txt", 255));
	int dir = open("dir", O_RDONLY | O_DIRECTORY);
	SHOW(faccessat(dir, "a", R_OK, 0));
	SHOW(faccessat(dir, "none", R_OK, 0));
	SHOW(faccessat(dir, "../hello.txt", R_OK, 0));
	return 0;
}
