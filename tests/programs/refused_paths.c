/* What lies outside the grant is refused whatever way it is named. */
#include "twin.h"

int main(void)
{
	static const char *const paths[] = {
		"../outside/secret", "dir/../../outside/secret", "/../outside/secret", "..", "../", "dir/../..", "escape/secret", "escape",
		"escape-file", "absolute", "dir/up/secret", "hello.txt/../../outside/secret", "none/../../outside/secret", "dir/sub/../../../x",
	};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct stat st;
		char text[64];
		printf("%s\n", paths[i]);
		printf("  open %s", open(paths[i], O_RDONLY) < 0 ? errno_name(errno) : "OK");
		printf(", create %s", open(paths[i], O_WRONLY | O_CREAT, 0666) < 0 ? errno_name(errno) : "OK");
		printf(", stat %s", stat(paths[i], &st) < 0 ? errno_name(errno) : "OK");
		printf(", lstat %s", lstat(paths[i], &st) < 0 ? errno_name(errno) : type_name(st.st_mode));
		printf(", access %s", access(paths[i], F_OK) < 0 ? errno_name(errno) : "OK");
		printf(", readlink %s\n", readlink(paths[i], text, sizeof text) < 0 ? errno_name(errno) : "OK");
		printf("  opendir %s", opendir(paths[i]) ? "OK" : errno_name(errno));
		printf(", truncate %s", truncate(paths[i], 0) < 0 ? errno_name(errno) : "OK");
		printf(", chdir %s\n", chdir(paths[i]) < 0 ? errno_name(errno) : "OK");
	}
	SHOW(mkdir("../made", 0777));
	SHOW(mkdir("escape/made", 0777));
	SHOW(unlink("../outside/secret"));
	SHOW(unlink("escape/secret"));
	SHOW(rmdir("../outside"));
	SHOW(rename("hello.txt", "../stolen"));
	SHOW(rename("escape/secret", "stolen"));
	SHOW(rename("../outside/secret", "stolen"));
	SHOW(link("../outside/secret", "stolen"));
	SHOW(link("hello.txt", "escape/given"));
	SHOW(symlink("x", "../made"));
	SHOW(symlink("x", "escape/made"));
	return 0;
}
