/* link and linkat: counts, contents, links to links, errors. */
#include "twin.h"

static void count(const char *path)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		printf("  %s: %s\n", path, errno_name(errno));
	else
		printf("  %s: %s, nlink %lu\n", path, type_name(st.st_mode), (unsigned long)st.st_nlink);
}

int main(void)
{
	put("a", "contents");
	SHOW(link("a", "b"));
	count("a");
	put("b", "changed");
	cat("a");
	SHOW(link("a", "b"));
	SHOW(link("none", "c"));
	SHOW(link("a", "none/c"));
	SHOW(link("a", "c/"));
	SHOW(link("a/", "c"));
	SHOW(link("dir", "d"));
	SHOW(link("a", "dir"));
	SHOW(link("link", "link2"));
	count("link2");
	SHOW(link("dangling", "dangling2"));
	count("dangling2");
	SHOW(linkat(AT_FDCWD, "link", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
	count("followed");
	SHOW(unlink("a"));
	count("b");
	return 0;
}
