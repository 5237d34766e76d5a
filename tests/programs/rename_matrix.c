/* rename: every kind onto every kind, with and without trailing slashes, into itself. */
#include "twin.h"

static void make(void)
{
	put("f1", "f1");
	put("f2", "f2");
	mkdir("d1", 0777);
	mkdir("d2", 0777);
	mkdir("full", 0777);
	put("full/x", "x");
	symlink("f1", "l1");
	symlink("d1", "ld");
}

static void clean(void)
{
	static const char *const files[] = {"f1", "f2", "l1", "ld", "n1", "full/x", "full/y", "d1/x", "n1/x", "d2/x", "d1/n", "d2/f"};
	static const char *const dirs[] = {"d1/in", "d1", "d2", "full", "n1", "f1"};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		unlink(files[i]);
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		rmdir(dirs[i]);
}

int main(void)
{
	static const char *const pairs[][2] = {
		{"f1", "n1"}, {"f1", "f2"}, {"f1", "d1"}, {"f1", "f1"}, {"f1", "l1"}, {"f1", "n1/"}, {"f1", "f2/"}, {"f1/", "n1"},
		{"d1", "n1"}, {"d1", "d2"}, {"d1", "full"}, {"d1", "f1"}, {"d1/", "n1"}, {"d1", "n1/"}, {"d1/", "d2/"}, {"d1", "d1"},
		{"d1", "d1/in"}, {"d1", "ld"}, {"full", "d2"}, {"full", "full/y"}, {"l1", "n1"}, {"l1", "f2"}, {"l1", "d1"}, {"ld", "n1"},
		{"ld/", "n1"}, {"none", "n1"}, {"f1", "none/x"}, {"none/x", "n1"}, {"f1/x", "n1"}, {"f1", "f2/x"}, {"", "n1"}, {"f1", ""},
		{".", "n1"}, {"d1/.", "n1"}, {"d1", "."}, {"f1", "d1/n"}, {"full/x", "d2/f"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		make();
		int result = rename(pairs[i][0], pairs[i][1]);
		struct stat st;
		printf("\"%s\" -> \"%s\": %s", pairs[i][0], pairs[i][1], result < 0 ? errno_name(errno) : "ok");
		printf(", old %s", lstat(pairs[i][0], &st) < 0 ? "gone" : type_name(st.st_mode));
		printf(", new %s\n", lstat(pairs[i][1], &st) < 0 ? "missing" : type_name(st.st_mode));
		clean();
	}
	return 0;
}
