/* What the programs of this directory use and Debian's wasi-libc lacks. Included before each of their sources, for wasm only;
 * absent.c has the functions. A port would change the program instead; here its text stays what it is. */
#ifndef ABSENT_H
#define ABSENT_H

#include <stdio.h>
#include <sys/types.h>

int chmod(const char *path, mode_t mode);
int fchmod(int fd, mode_t mode);
int chown(const char *path, uid_t uid, gid_t gid);
int fchown(int fd, uid_t uid, gid_t gid);
uid_t getuid(void);
uid_t geteuid(void);
FILE *tmpfile(void);
int system(const char *command);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *stream);
char *realpath(const char *path, char *resolved);

/* Locks: fcntl refuses them. */
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2

#endif
