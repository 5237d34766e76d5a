/* stat, lstat and fstat: types, sizes, link counts, identity, trailing slashes. */
#include "twin.h"

static void show(const char *path)
{
	struct stat st;
	printf("%-14s stat ", path);
	if (stat(path, &st) < 0)
		printf("%s", errno_name(errno));
	else
		printf("%s", type_name(st.st_mode));
	if (lstat(path, &st) < 0)
		printf(", lstat %s", errno_name(errno));
	else
		printf(", lstat %s", type_name(st.st_mode));
	if (errno == 0 && !S_ISDIR(st.st_mode))
		printf(" size %lld nlink %lu", (long long)st.st_size, (unsigned long)st.st_nlink);
	putchar('\n');
	errno = 0;
}

int main(void)
{
	static const char *const paths[] = {
		"hello.txt", "dir", "dir/", "dir/.", "dir/..", ".", "/", "/dir/a", "link", "link/", "to-dir", "to-dir/", "to-dir/a",
		"dangling", "loop", "loop/x", "none", "none/x", "hello.txt/", "hello.txt/x", "", "dir//a", "dir/./a", "dir/sub/../a", "./dir/a",
	};
	errno = 0;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		show(paths[i]);
	struct stat a, b, c;
	stat("hello.txt", &a);
	stat("link", &b);
	int fd = open("hello.txt", O_RDONLY);
	fstat(fd, &c);
	printf("same through link %d, through descriptor %d\n", a.st_ino == b.st_ino && a.st_dev == b.st_dev,
	       a.st_ino == c.st_ino && a.st_dev == c.st_dev);
	stat("dir/a", &b);
	printf("another file: same device %d, same inode %d\n", a.st_dev == b.st_dev, a.st_ino == b.st_ino);
	return 0;
}
