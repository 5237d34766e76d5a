/* The current directory starts at / and is a name: chdir, getcwd, relative paths, dots. */
#include "twin.h"

static void where(void)
{
	char path[256];
	printf("  cwd %s\n", getcwd(path, sizeof path) ? path : errno_name(errno));
}

int main(void)
{
	char small[2];
	where();
	cat("hello.txt");
	cat("./hello.txt");
	cat("/hello.txt");
	SHOW(chdir("dir"));
	where();
	cat("a");
	cat("./a");
	cat("/hello.txt");
	FD(open("a", O_RDONLY));
	put("made", "made in dir");
	SHOW(chdir("sub"));
	where();
	cat("deep");
	SHOW(chdir("/"));
	where();
	cat("dir/made");
	SHOW(chdir("/dir/sub"));
	where();
	SHOW(chdir("none"));
	SHOW(chdir("/hello.txt"));
	SHOW(chdir("/dangling"));
	where();
	SHOW(chdir("/dir"));
	PTR(getcwd(small, sizeof small));
	char *path = getcwd(NULL, 0);
	printf("allocated: %s\n", path);
	free(path);
	struct stat st;
	SHOW(stat(".", &st));
	printf("  . is a %s\n", type_name(st.st_mode));
	return 0;
}
