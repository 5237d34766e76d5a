/* unlink, rmdir, remove: what each refuses. */
#include "twin.h"

int main(void)
{
	mkdir("d", 0777);
	mkdir("full", 0777);
	put("full/x", "");
	put("f", "");
	symlink("f", "l");
	symlink("d", "ld");
	SHOW(unlink("d"));
	SHOW(unlink("d/"));
	SHOW(unlink("none"));
	SHOW(unlink("none/x"));
	SHOW(unlink("f/"));
	SHOW(unlink("f/x"));
	SHOW(unlink("l/"));
	SHOW(unlink(""));
	SHOW(unlink("."));
	SHOW(rmdir("f"));
	SHOW(rmdir("none"));
	SHOW(rmdir("full"));
	SHOW(rmdir("ld"));
	SHOW(rmdir("ld/"));
	SHOW(rmdir("."));
	SHOW(rmdir("d/."));
	SHOW(rmdir("full/.."));
	SHOW(rmdir(""));
	SHOW(remove("full"));
	SHOW(remove("full/x"));
	SHOW(remove("full"));
	SHOW(remove("none"));
	SHOW(unlink("l"));
	SHOW(unlink("ld"));
	SHOW(rmdir("d/"));
	int fd = open("f", O_RDWR);
	SHOW(unlink("f"));
	SHOW(write(fd, "still", 5));
	SHOW(lseek(fd, 0, SEEK_END));
	FD(open("f", O_RDONLY));
	return 0;
}
