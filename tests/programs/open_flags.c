/* open's flags on files, directories and links that exist or not. */
#include "twin.h"

static void try_open(const char *path, const char *text, int flags)
{
	int fd = open(path, flags, 0666);
	printf("%-10s %-30s %s", path, text, fd < 0 ? errno_name(errno) : "ok");
	if (fd >= 0) {
		struct stat st;
		if (fstat(fd, &st) == 0)
			printf(" %s", type_name(st.st_mode));
		if (S_ISREG(st.st_mode))
			printf(" %lld", (long long)st.st_size);
		close(fd);
	}
	putchar('\n');
}

int main(void)
{
	static const char *const paths[] = {"hello.txt", "dir", "link", "to-dir", "dangling", "loop", "none", "none/x", "hello.txt/x", "dir/", "hello.txt/", "none/", "."};
#define FLAGS(f) {f, #f}
	static const struct {
		int flags;
		const char *text;
	} flags[] = {
		FLAGS(O_RDONLY), FLAGS(O_WRONLY), FLAGS(O_RDWR), FLAGS(O_RDONLY | O_DIRECTORY), FLAGS(O_RDONLY | O_NOFOLLOW),
		FLAGS(O_RDONLY | O_DIRECTORY | O_NOFOLLOW), FLAGS(O_WRONLY | O_CREAT | O_EXCL), FLAGS(O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW),
		FLAGS(O_WRONLY | O_CREAT), FLAGS(O_WRONLY | O_TRUNC), FLAGS(O_RDONLY | O_NONBLOCK), FLAGS(O_RDONLY | O_CREAT | O_DIRECTORY),
		FLAGS(O_WRONLY | O_APPEND),
	};
	for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++) {
		for (size_t p = 0; p < sizeof paths / sizeof paths[0]; p++)
			try_open(paths[p], flags[f].text, flags[f].flags);
		/* Back to the start: what was created or truncated is as it was. */
		unlink("none");
		unlink("gone");
		put("hello.txt", "hello, world\n");
	}
	return 0;
}
