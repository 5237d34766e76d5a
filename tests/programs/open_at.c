/* openat and relatives: paths relative to a directory descriptor, and what is no such descriptor. */
#include "twin.h"

int main(void)
{
	int dir = FD(open("dir", O_RDONLY | O_DIRECTORY));
	int file = FD(open("hello.txt", O_RDONLY));
	FD(openat(dir, "a", O_RDONLY));
	FD(openat(dir, "sub/deep", O_RDONLY));
	FD(openat(dir, "new", O_WRONLY | O_CREAT | O_EXCL, 0666));
	FD(openat(dir, "/hello.txt", O_RDONLY));
	FD(openat(dir, "../hello.txt", O_RDONLY));
	FD(openat(dir, "sub/../a", O_RDONLY));
	FD(openat(dir, "sub/../../hello.txt", O_RDONLY));
	FD(openat(dir, ".", O_RDONLY));
	FD(openat(dir, "", O_RDONLY));
	FD(openat(file, "a", O_RDONLY));
	FD(openat(AT_FDCWD, "dir/a", O_RDONLY));
	FD(openat(99, "a", O_RDONLY));
	SHOW(mkdirat(dir, "made", 0777));
	SHOW(renameat(dir, "new", dir, "made/renamed"));
	SHOW(symlinkat("a", dir, "to-a"));
	SHOW(linkat(dir, "a", dir, "made/hard", 0));
	SHOW(unlinkat(dir, "made", 0));
	SHOW(unlinkat(dir, "made", AT_REMOVEDIR));
	SHOW(unlinkat(dir, "made/hard", 0));
	SHOW(unlinkat(dir, "a", AT_REMOVEDIR));
	SHOW(unlinkat(file, "a", 0));
	SHOW(unlinkat(99, "a", 0));
	SHOW(close(dir));
	FD(openat(dir, "a", O_RDONLY));
	return 0;
}
