/* What the twin programs share: printing results so that native and wasm runs can be compared word by word. */
#ifndef TWIN_H
#define TWIN_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Numbers differ between the two worlds, names do not: but for ENOTCAPABLE, which Linux does not have and the native
 * side says as EACCES. Both are "refused" here, and so is EPERM. */
static inline const char *errno_name(int number)
{
#define NAME(e) {e, #e}
	static const struct {
		int number;
		const char *name;
	} names[] = {
#ifdef ENOTCAPABLE
		{ENOTCAPABLE, "refused"},
#endif
		{EACCES, "refused"}, {EPERM, "refused"},
		NAME(E2BIG), NAME(EAGAIN), NAME(EBADF), NAME(EBUSY), NAME(EEXIST), NAME(EFBIG), NAME(EINVAL), NAME(EIO),
		NAME(EISDIR), NAME(ELOOP), NAME(EMFILE), NAME(EMLINK), NAME(ENAMETOOLONG), NAME(ENODEV), NAME(ENOENT),
		NAME(ENOMEM), NAME(ENOSPC), NAME(ENOSYS), NAME(ENOTDIR), NAME(ENOTEMPTY), NAME(ENOTSOCK), NAME(ENOTSUP),
		NAME(ENOTTY), NAME(ENXIO), NAME(EOVERFLOW), NAME(EPIPE), NAME(ERANGE), NAME(EROFS), NAME(ESPIPE),
		NAME(ETXTBSY), NAME(EXDEV),
	};
#undef NAME
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].number == number)
			return names[i].name;
	return number == 0 ? "no error" : "another errno";
}

/* Prints the call as written and its value, or the errno if it is negative. */
#define SHOW(call) twin_show(#call, (errno = 0, (long long)(call)))
/* The same for descriptors and pointers, whose values do not matter: ok, or the errno. Returns the value. */
#define FD(call) twin_fd(#call, (errno = 0, (call)))
#define PTR(call) twin_ptr(#call, (errno = 0, (call)))

static inline long long twin_show(const char *text, long long value)
{
	if (value < 0)
		printf("%s: %s\n", text, errno_name(errno));
	else
		printf("%s = %lld\n", text, value);
	return value;
}

static inline int twin_fd(const char *text, int fd)
{
	printf("%s: %s\n", text, fd < 0 ? errno_name(errno) : "ok");
	return fd;
}

static inline void *twin_ptr(const char *text, void *pointer)
{
	printf("%s: %s\n", text, pointer ? "ok" : errno_name(errno));
	return pointer;
}

static inline const char *type_name(mode_t mode)
{
	return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "dir" : S_ISLNK(mode) ? "link" : S_ISCHR(mode) ? "char" : "other";
}

/* Creates or replaces a file with the given text. */
static inline void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		printf("cannot write %s: %s\n", path, errno_name(errno));
}

/* Prints a file's contents in quotes, zero bytes as dots. */
static inline void cat(const char *path)
{
	char text[256];
	FILE *file = fopen(path, "r");
	if (!file) {
		printf("%s: %s\n", path, errno_name(errno));
		return;
	}
	size_t len = fread(text, 1, sizeof text - 1, file);
	for (size_t i = 0; i < len; i++)
		text[i] = text[i] ? text[i] : '.';
	text[len] = '\0';
	fclose(file);
	printf("%s: \"%s\"\n", path, text);
}

#endif
