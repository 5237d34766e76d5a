/* utimensat and futimens: exact values, UTIME_OMIT, UTIME_NOW, links themselves. */
#include <time.h>

#include "twin.h"

static void show(const char *path, int flags)
{
	struct stat st;
	fstatat(AT_FDCWD, path, &st, flags);
	printf("  %s atime %lld.%09ld mtime %lld.%09ld\n", path, (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
	       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

int main(void)
{
	struct timespec exact[2] = {{1000000000, 123456700}, {1500000000, 987654300}};
	struct timespec only_m[2] = {{0, UTIME_OMIT}, {7, 500}};
	struct timespec now[2] = {{0, UTIME_NOW}, {7, 600}};
	struct timespec bad[2] = {{0, 1000000000}, {0, 0}};
	put("work", "x");
	SHOW(utimensat(AT_FDCWD, "work", exact, 0));
	show("work", 0);
	SHOW(utimensat(AT_FDCWD, "work", only_m, 0));
	show("work", 0);
	struct stat before, after;
	SHOW(utimensat(AT_FDCWD, "work", now, 0));
	stat("work", &after);
	printf("now is later than 2020: %d, mtime %lld\n", after.st_atim.tv_sec > 1577836800, (long long)after.st_mtim.tv_sec);
	SHOW(utimensat(AT_FDCWD, "work", bad, 0));
	int fd = open("work", O_RDWR);
	SHOW(futimens(fd, exact));
	show("work", 0);
	lstat("hello.txt", &before);
	SHOW(utimensat(AT_FDCWD, "link", only_m, AT_SYMLINK_NOFOLLOW));
	stat("hello.txt", &after);
	printf("the target keeps its time: %d\n", before.st_mtim.tv_sec == after.st_mtim.tv_sec);
	struct stat link;
	lstat("link", &link);
	printf("the link has it: %lld\n", (long long)link.st_mtim.tv_sec);
	SHOW(utimensat(AT_FDCWD, "none", exact, 0));
	SHOW(utimensat(AT_FDCWD, "dangling", exact, 0));
	SHOW(utimensat(AT_FDCWD, "dir", exact, 0));
	show("dir", 0);
	return 0;
}
