/* @env PLAIN=value
 * @env EMPTY=
 * @env EQUALS=a=b=c
 * @env SPACES=two words
 * The environment is exactly what was given, in any order; changes stay inside. */
#include "twin.h"

extern char **environ;

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show(const char *name)
{
	const char *value = getenv(name);
	printf("%s: %s%s%s\n", name, value ? "\"" : "", value ? value : "unset", value ? "\"" : "");
}

int main(void)
{
	size_t count = 0;
	while (environ[count])
		count++;
	qsort(environ, count, sizeof *environ, by_text);
	for (size_t i = 0; i < count; i++)
		printf("%s\n", environ[i]);
	show("PLAIN");
	show("EMPTY");
	show("EQUALS");
	show("SPACES");
	show("HOME");
	SHOW(setenv("NEW", "1", 0));
	SHOW(setenv("NEW", "2", 0));
	show("NEW");
	SHOW(setenv("NEW", "3", 1));
	show("NEW");
	SHOW(unsetenv("PLAIN"));
	show("PLAIN");
	SHOW(setenv("BAD=NAME", "1", 1));
	return 0;
}
