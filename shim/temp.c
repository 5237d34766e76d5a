/* Temporary files and directories. Names are tried in the guest's name space, so the C library's own code will not do. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "file.h"

#define TRIES 200

/* Writes six random letters over the X's that end `suffix_len` bytes before the end. False if they are not there. */
static bool fill(char *name, size_t suffix_len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = strlen(name);
	uint64_t random = 0;

	if (len < 6 + suffix_len)
		return false;
	RAW(SYS_getrandom, &random, sizeof(random), 0);
	for (size_t i = 0; i < 6; i++) {
		name[len - suffix_len - 6 + i] = letters[random % 62];
		random /= 62;
	}
	return true;
}

static bool valid(const char *name, int suffix_len)
{
	size_t len = strlen(name);

	return suffix_len >= 0 && len >= 6 + (size_t)suffix_len &&
	       memcmp(name + len - (size_t)suffix_len - 6, "XXXXXX", 6) == 0;
}

static int make_file(char *name, int suffix_len, int flags)
{
	int saved = errno;

	if (!valid(name, suffix_len))
		return fail_with(EINVAL);
	for (int i = 0; i < TRIES; i++) {
		fill(name, (size_t)suffix_len);
		int fd = file_open(AT_FDCWD, name, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL, 0600, "mkstemp");
		if (fd >= 0)
			errno = saved;
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return fail_with(EEXIST);
}

WRAPPER(int, mkstemp, (char *name))
{
	return make_file(name, 0, 0);
}

WRAPPER(int, mkostemp, (char *name, int flags))
{
	return make_file(name, 0, flags);
}

WRAPPER(int, mkstemps, (char *name, int suffix_len))
{
	return make_file(name, suffix_len, 0);
}

WRAPPER(int, mkostemps, (char *name, int suffix_len, int flags))
{
	return make_file(name, suffix_len, flags);
}

WRAPPER(char *, mkdtemp, (char *name))
{
	int saved = errno;

	if (!valid(name, 0)) {
		errno = EINVAL;
		return NULL;
	}
	for (int i = 0; i < TRIES; i++) {
		fill(name, 0);
		if (mkdir(name, 0700) == 0) {
			errno = saved;
			return name;
		}
		if (errno != EEXIST)
			return NULL;
	}
	return NULL;
}

/* A name that nothing has at the moment, or "" as these functions say it. */
static char *free_name(char *name)
{
	struct stat st;
	int saved = errno;

	for (int i = 0; i < TRIES; i++) {
		fill(name, 0);
		if (lstat(name, &st) && errno == ENOENT) {
			errno = saved;
			return name;
		}
	}
	name[0] = '\0';
	errno = EEXIST;
	return name;
}

/* The library's declaration carries a warning about using it. */
WRAPPER_UNDECLARED(char *, mktemp, (char *name))
{
	if (valid(name, 0))
		return free_name(name);
	errno = EINVAL;
	name[0] = '\0';
	return name;
}

WRAPPER_UNDECLARED(char *, tmpnam_r, (char *buf))
{
	if (!buf)
		return NULL;
	strcpy(buf, "/tmp/fileXXXXXX");
	return *free_name(buf) ? buf : NULL;
}

WRAPPER_UNDECLARED(char *, tmpnam, (char *buf))
{
	static char own[L_tmpnam];

	return wrap_tmpnam_r(buf ? buf : own);
}

static bool usable(const char *dir)
{
	struct stat st;

	return dir && *dir && stat(dir, &st) == 0 && S_ISDIR(st.st_mode);
}

WRAPPER_UNDECLARED(char *, tempnam, (const char *dir, const char *prefix))
{
	const char *candidates[] = {secure_getenv("TMPDIR"), dir, P_tmpdir};
	char *name;

	for (int i = 0; i < 3; i++) {
		if (!usable(candidates[i]))
			continue;
		if (asprintf(&name, "%s/%.5sXXXXXX", candidates[i], prefix ? prefix : "file") < 0)
			return NULL;
		if (*free_name(name))
			return name;
		free(name);
		return NULL;
	}
	errno = ENOENT;
	return NULL;
}

WRAPPER(FILE *, tmpfile, (void))
{
	char name[] = "/tmp/tmpfXXXXXX";
	int fd = file_open(AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR | O_EXCL, 0600, __func__);

	if (fd < 0) {
		fd = make_file(name, 0, 0);
		if (fd >= 0)
			unlink(name);
	}
	/* It never has a name, so it needs no granted directory. */
	if (fd < 0 && !shim.strict)
		fd = fd_adopt_result(RAW(SYS_memfd_create, "tmpfile", 0));
	FILE *f = fd < 0 ? NULL : NEXT(fdopen)(fd, "w+");
	if (fd >= 0 && !f)
		fd_close(fd);
	return f;
}
