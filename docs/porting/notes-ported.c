/* The same with the temporary file in the directory that is granted. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void copy(FILE *from, FILE *to)
{
	for (int c; (c = getc(from)) != EOF;)
		putc(c, to);
}

int main(int argc, char **argv)
{
	const char *temporary = "/notes/new";
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) {
		fprintf(stderr, "%s: cannot be written\n", temporary);
		return 1;
	}
	FILE *old = fopen("/notes/list", "r");
	if (old)
		copy(old, out);
	fprintf(out, "%s\n", argc > 1 ? argv[1] : "nothing");
	fclose(out);
	if (rename(temporary, "/notes/list") < 0) {
		fprintf(stderr, "/notes/list: cannot be replaced\n");
		return 1;
	}
	puts("noted");
	return 0;
}
