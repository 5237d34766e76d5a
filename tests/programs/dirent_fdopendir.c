/* fdopendir, dirfd, scandir with filter and order, inode numbers that agree with stat. */
#include "twin.h"

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(void)
{
	int fd = FD(open("dir", O_RDONLY | O_DIRECTORY));
	DIR *dir = PTR(fdopendir(fd));
	printf("dirfd agrees: %d\n", dirfd(dir) == fd);
	int agree = 0, entries = 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat st;
		if (entry->d_name[0] == '.')
			continue;
		entries++;
		agree += fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == entry->d_ino;
	}
	printf("%d of %d inode numbers agree\n", agree, entries);
	SHOW(closedir(dir));
	SHOW(close(fd));
	int file = FD(open("hello.txt", O_RDONLY));
	PTR(fdopendir(file));
	PTR(fdopendir(fd));
	struct dirent **list;
	int found = scandir("dir", &list, no_dots, alphasort);
	for (int i = 0; i < found; i++)
		printf("scandir %s\n", list[i]->d_name);
	SHOW(scandir("none", &list, NULL, alphasort));
	return 0;
}
