/* lseek on files, directories and streams; reads and writes beyond the end. */
#include "twin.h"

int main(void)
{
	char text[16] = "";
	put("work", "0123456789");
	int fd = open("work", O_RDWR);
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(lseek(fd, 4, SEEK_SET));
	SHOW(lseek(fd, 2, SEEK_CUR));
	SHOW(lseek(fd, -3, SEEK_END));
	SHOW(read(fd, text, 15));
	printf("  \"%s\"\n", text);
	SHOW(lseek(fd, -20, SEEK_CUR));
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(lseek(fd, -1, SEEK_SET));
	SHOW(lseek(fd, 0, 17));
	SHOW(lseek(fd, 100, SEEK_SET));
	SHOW(read(fd, text, 1));
	SHOW(write(fd, "end", 3));
	SHOW(lseek(fd, 0, SEEK_END));
	SHOW(lseek(fd, 0x7fffffffffffffff, SEEK_SET));
	SHOW(lseek(fd, 1, SEEK_CUR));
	int dir = open("dir", O_RDONLY | O_DIRECTORY);
	printf("reading a directory: %s\n", read(dir, text, 1) < 0 ? "fails" : "works");
	FILE *file = fopen("work", "r+");
	fseek(file, 5, SEEK_SET);
	int got = getc(file);
	printf("getc '%c' ftell %ld\n", got, ftell(file));
	fseek(file, 0, SEEK_CUR);
	fputs("!!", file);
	rewind(file);
	printf("fgets \"%s\"\n", fgets(text, 11, file));
	SHOW(fseek(file, -1, SEEK_SET));
	fclose(file);
	return 0;
}
