/* symlink and readlink: any contents but absolute ones, truncation, use through chains and loops. */
#include "twin.h"

static void show(const char *path, size_t room)
{
	char text[64];
	memset(text, '#', sizeof text);
	ssize_t len = readlink(path, text, room);
	if (len < 0)
		printf("readlink %s: %s\n", path, errno_name(errno));
	else
		printf("readlink %s (%zu): %zd \"%.*s\" then '%c'\n", path, room, len, (int)len, text, text[len]);
}

int main(void)
{
	SHOW(symlink("hello.txt", "s1"));
	SHOW(symlink("s1", "s2"));
	SHOW(symlink("dir", "sd"));
	SHOW(symlink("nowhere/at/all", "s3"));
	SHOW(symlink("s4", "s4"));
	SHOW(symlink("../up", "s5"));
	SHOW(symlink("x", "s1"));
	SHOW(symlink("x", "dir"));
	SHOW(symlink("x", "none/s"));
	SHOW(symlink("", "s6"));
	SHOW(symlink("x", ""));
	printf("absolute contents fail: %d\n", symlink("/etc/passwd", "s7") < 0);
	show("s1", 63);
	show("s1", 5);
	show("s1", 1);
	show("s3", 63);
	show("s4", 63);
	show("hello.txt", 63);
	show("dir", 63);
	show("none", 63);
	show("s1/", 63);
	show("sd/", 63);
	cat("s2");
	cat("sd/a");
	cat("s3");
	cat("s4");
	/* A chain one longer than the kernel follows. */
	char from[16], to[16];
	symlink("hello.txt", "c0");
	for (int i = 1; i <= 41; i++) {
		snprintf(from, sizeof from, "c%d", i - 1);
		snprintf(to, sizeof to, "c%d", i);
		symlink(from, to);
	}
	cat("c30");
	cat("c41");
	return 0;
}
