/* Functions that wasi-libc lacks, as the strict profile answers for them: ENOSYS. See absent.h. */
#include "absent.h"

#include <errno.h>
#include <pthread.h>
#include <pwd.h>

#define REFUSE(result)          \
	{                       \
		errno = ENOSYS; \
		return result;  \
	}

int chmod(const char *path, mode_t mode) REFUSE(-1)
int fchmod(int fd, mode_t mode) REFUSE(-1)
int chown(const char *path, uid_t uid, gid_t gid) REFUSE(-1)
int fchown(int fd, uid_t uid, gid_t gid) REFUSE(-1)
uid_t getuid(void) REFUSE((uid_t)-1)
uid_t geteuid(void) REFUSE((uid_t)-1)
FILE *tmpfile(void) REFUSE(NULL)
int system(const char *command) REFUSE(-1)
FILE *popen(const char *command, const char *mode) REFUSE(NULL)
int pclose(FILE *stream) REFUSE(-1)
char *realpath(const char *path, char *resolved) REFUSE(NULL)
struct passwd *getpwuid(uid_t uid) REFUSE(NULL)
struct passwd *getpwnam(const char *name) REFUSE(NULL)

/* ---- one thread ---- */

static const void *values[64];
static unsigned keys;

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	if (keys == 64)
		return EAGAIN;
	*key = keys++;
	return 0;
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	values[key] = value;
	return 0;
}

void *pthread_getspecific(pthread_key_t key)
{
	return (void *)values[key];
}

int pthread_once(pthread_once_t *once, void (*routine)(void))
{
	if (!*once) {
		*once = 1;
		routine();
	}
	return 0;
}
