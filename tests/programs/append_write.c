/* Append mode: every write goes to the end, reads and offsets go on as usual; two writers. */
#include "twin.h"

int main(void)
{
	char text[16] = "";
	put("work", "start\n");
	int a = open("work", O_RDWR | O_APPEND), b = open("work", O_WRONLY | O_APPEND), plain = open("work", O_WRONLY);
	SHOW(lseek(a, 0, SEEK_CUR));
	SHOW(write(a, "one\n", 4));
	SHOW(lseek(a, 0, SEEK_CUR));
	SHOW(write(b, "two\n", 4));
	SHOW(lseek(a, 0, SEEK_SET));
	SHOW(read(a, text, 5));
	SHOW(write(a, "three\n", 6));
	SHOW(lseek(a, 0, SEEK_CUR));
	SHOW(lseek(b, 0, SEEK_CUR));
	SHOW(write(plain, "STA", 3));
	cat("work");
	SHOW(pwrite(a, "PW", 2, 0));
	SHOW(lseek(a, 0, SEEK_CUR));
	cat("work");
	return 0;
}
