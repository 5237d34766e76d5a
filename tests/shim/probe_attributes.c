/* Extended attributes. */
#include <sys/xattr.h>

#include "probe.h"

/* Whether the file system of /data keeps attributes; says so if not. */
static bool kept(void)
{
	if (setxattr("a", "user.probe", "x", 1, 0) == 0)
		return true;
	CHECK(errno == EOPNOTSUPP);
	fprintf(stderr, "probe: no extended attributes where /tmp is: only refusals are checked\n");
	return false;
}

void case_attributes_by_rights(void)
{
	char value[64] = "", list[256], *volatile nowhere = (char *)8;
	int fd = open("a", O_RDONLY);
	ssize_t n;

	FAILS(setxattr("/ro/r", "user.a", "x", 1, 0), EACCES);
	FAILS(lsetxattr("/ro/r", "user.a", "x", 1, 0), EACCES);
	FAILS(fsetxattr(open("/ro/r", O_RDONLY), "user.a", "x", 1, 0), EACCES);
	FAILS(removexattr("/ro/r", "user.a"), EACCES);
	FAILS(setxattr("/outside/secret", "user.a", "x", 1, 0), ENOENT);
	FAILS(getxattr("/outside/secret", "user.a", value, sizeof(value)), ENOENT);
	FAILS(getxattr("out", "user.a", value, sizeof(value)), EACCES);
	FAILS(setxattr("out-relative", "user.a", "x", 1, 0), EACCES);
	FAILS(getxattr("out-dir/secret", "user.a", value, sizeof(value)), EACCES);
	FAILS(setxattr("a", "security.capability", "x", 1, 0), EPERM);
	FAILS(getxattr("missing", "user.a", value, sizeof(value)), ENOENT);
	FAILS(getxattr("loop", "user.a", value, sizeof(value)), ELOOP);
	FAILS(fgetxattr(700, "user.a", value, sizeof(value)), EBADF);
	FAILS(fgetxattr(900, "user.a", value, sizeof(value)), EBADF);
	FAILS(getxattr((const char *)8, "user.a", value, sizeof(value)), EFAULT);
	FAILS(getxattr("a", (const char *)8, value, sizeof(value)), EFAULT);
	/* What has no object of its own behind it. */
	FAILS(getxattr("/", "user.a", value, sizeof(value)), EOPNOTSUPP);
	FAILS(listxattr("/dev/null", list, sizeof(list)), EOPNOTSUPP);
	if (!kept())
		return;
	CHECK(setxattr("abs", "user.a", "one", 3, XATTR_CREATE) == 0 && getxattr("a", "user.a", NULL, 0) == 3);
	CHECK(getxattr("/data/dir/../a", "user.a", value, sizeof(value)) == 3 && strcmp(value, "one") == 0);
	CHECK(lgetxattr("a", "user.a", value, sizeof(value)) == 3 && fgetxattr(fd, "user.a", value, sizeof(value)) == 3);
	FAILS(getxattr("a", "user.a", value, 2), ERANGE);
	FAILS(getxattr("a", "user.none", value, 2), ENODATA);
	FAILS(getxattr("a", "user.a", nowhere, 20), EFAULT);
	FAILS(setxattr("a", "user.a", "x", 1, XATTR_CREATE), EEXIST);
	FAILS(setxattr("a", "user.none", "x", 1, XATTR_REPLACE), ENODATA);
	CHECK((n = listxattr("a", list, sizeof(list))) > 0 && memmem(list, (size_t)n, "user.a", 7));
	CHECK(llistxattr("a", list, sizeof(list)) == n && flistxattr(fd, list, sizeof(list)) == n);
	CHECK(fsetxattr(fd, "user.b", "two", 3, 0) == 0 && fremovexattr(fd, "user.b") == 0);
	FAILS(fremovexattr(fd, "user.b"), ENODATA);
	CHECK(setxattr("dir/", "user.d", "d", 1, 0) == 0 && lremovexattr("dir", "user.d") == 0);
	CHECK(removexattr("a", "user.a") == 0);
	FAILS(getxattr("a", "user.a", value, sizeof(value)), ENODATA);
	/* A link has attributes of its own, and the user cannot give it any. */
	FAILS(lsetxattr("link", "user.a", "x", 1, 0), EPERM);
}
