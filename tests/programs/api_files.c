/* Programs against <wasi/api.h>: preopens, files, directories, refusals. */
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

/* Prints an errno's number: preview1's in both worlds. */
#define SHOW(call) printf("%s: %d\n", #call, (int)(call))

static __wasi_rights_t file_rights(void)
{
	return __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL |
	       __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE;
}

static void write_and_read(__wasi_fd_t dir)
{
	__wasi_fd_t fd = 0;
	__wasi_size_t n = 0;
	__wasi_filesize_t at = 0;
	__wasi_filestat_t stat;
	char text[16] = "", rest[16] = "";
	const __wasi_ciovec_t out[] = {{(const void *)"hello, ", 7}, {(const void *)"api", 3}};
	const __wasi_iovec_t in[] = {{(void *)text, 5}, {(void *)rest, sizeof rest - 1}};
	SHOW(__wasi_path_open(dir, 0, "made", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, file_rights(), 0, 0, &fd));
	SHOW(__wasi_fd_write(fd, out, 2, &n));
	SHOW(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
	SHOW(__wasi_fd_read(fd, in, 2, &n));
	printf("%d bytes: %s|%s\n", (int)n, text, rest);
	SHOW(__wasi_fd_tell(fd, &at));
	SHOW(__wasi_fd_filestat_get(fd, &stat));
	printf("at %d, size %d, type %d\n", (int)at, (int)stat.size, stat.filetype);
	SHOW(__wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_NORMAL));
	SHOW(__wasi_fd_close(fd));
	SHOW(__wasi_fd_close(fd));
	SHOW(__wasi_path_open(dir, 0, "made", __WASI_OFLAGS_EXCL | __WASI_OFLAGS_CREAT, file_rights(), 0, 0, &fd));
	SHOW(__wasi_path_open(dir, 0, "../outside/secret", 0, file_rights(), 0, 0, &fd));
	SHOW(__wasi_path_open(dir, 0, "/etc/passwd", 0, file_rights(), 0, 0, &fd));
	SHOW(__wasi_path_open(dir, 16, "made", 0, file_rights(), 0, 0, &fd));
}

static void names(__wasi_fd_t dir)
{
	__wasi_filestat_t stat;
	__wasi_size_t n = 0;
	uint8_t target[8];
	SHOW(__wasi_path_create_directory(dir, "new"));
	SHOW(__wasi_path_rename(dir, "made", dir, "new/moved"));
	SHOW(__wasi_path_link(dir, 0, "new/moved", dir, "linked"));
	SHOW(__wasi_path_symlink("linked", dir, "soft"));
	SHOW(__wasi_path_readlink(dir, "soft", target, 4, &n));
	printf("%d bytes of the target: %.*s\n", (int)n, (int)n, (const char *)target);
	SHOW(__wasi_path_filestat_get(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "soft", &stat));
	printf("type %d, %d links\n", stat.filetype, (int)stat.nlink);
	SHOW(__wasi_path_filestat_get(dir, 0, "soft", &stat));
	printf("type %d\n", stat.filetype);
	SHOW(__wasi_path_remove_directory(dir, "new"));
	SHOW(__wasi_path_unlink_file(dir, "new"));
	SHOW(__wasi_path_filestat_set_times(dir, 0, "linked", 1000000000, 2000000000, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
	SHOW(__wasi_path_filestat_get(dir, 0, "linked", &stat));
	printf("modified at %lld\n", (long long)stat.mtim);
}

static void list(__wasi_fd_t dir)
{
	uint8_t buf[4096];
	__wasi_size_t used = 0;
	unsigned n = 0;
	SHOW(__wasi_fd_readdir(dir, buf, sizeof buf, __WASI_DIRCOOKIE_START, &used));
	for (size_t at = 0; at + sizeof(__wasi_dirent_t) <= used; n++) {
		__wasi_dirent_t entry;
		memcpy(&entry, buf + at, sizeof entry);
		at += sizeof entry + entry.d_namlen;
	}
	printf("%u entries\n", n);
}

int main(void)
{
	__wasi_prestat_t prestat;
	uint8_t name[16] = "";
	SHOW(__wasi_fd_prestat_get(3, &prestat));
	printf("tag %d, %d bytes\n", prestat.tag, (int)prestat.u.dir.pr_name_len);
	SHOW(__wasi_fd_prestat_dir_name(3, name, prestat.u.dir.pr_name_len));
	printf("%s\n", (const char *)name);
	SHOW(__wasi_fd_prestat_get(4, &prestat));
	write_and_read(3);
	names(3);
	list(3);
	return 0;
}
