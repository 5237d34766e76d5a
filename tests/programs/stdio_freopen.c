/* freopen and fdopen: streams move between files and descriptors. */
#include "twin.h"

int main(void)
{
	put("in.txt", "alpha\nbeta\n");
	char word[16];
	PTR(freopen("in.txt", "r", stdin));
	while (scanf("%15s", word) == 1)
		printf("word %s\n", word);
	FILE *file = fopen("first.txt", "w");
	fputs("one\n", file);
	file = freopen("second.txt", "w", file);
	fputs("two\n", file);
	fclose(file);
	cat("first.txt");
	cat("second.txt");
	int fd = FD(open("first.txt", O_RDWR));
	FILE *stream = PTR(fdopen(fd, "r+"));
	fseek(stream, 0, SEEK_END);
	fputs("more\n", stream);
	printf("fileno is the descriptor: %d\n", fileno(stream) == fd);
	fclose(stream);
	SHOW(close(fd));
	cat("first.txt");
	fflush(stdout);
	freopen("stdout.txt", "w", stdout);
	puts("this line goes to a file");
	return 0;
}
