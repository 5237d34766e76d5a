/* Users, of whom there are none: see absent.h. */
#ifndef ABSENT_PWD_H
#define ABSENT_PWD_H

#include <sys/types.h>

struct passwd {
	char *pw_name, *pw_dir, *pw_shell;
	uid_t pw_uid;
	gid_t pw_gid;
};
struct passwd *getpwuid(uid_t uid);
struct passwd *getpwnam(const char *name);

#endif
