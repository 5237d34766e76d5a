/* Named semaphores. The library keeps them in files of /dev/shm, shared with the whole machine; here a name belongs to
 * a process and what it forks, which is what they are mostly used for. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "shim.h"

struct named {
	struct named *next;
	sem_t *sem; /* in memory that children share */
	int users;
	bool unlinked;
	char name[];
};

static struct named *list;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct named *find(const char *name)
{
	struct named *n = list;

	while (n && (n->unlinked || strcmp(n->name, name) != 0))
		n = n->next;
	return n;
}

static void drop_unused(struct named *unused)
{
	for (struct named **at = &list; *at; at = &(*at)->next) {
		if (*at == unused) {
			*at = unused->next;
			RAW(SYS_munmap, unused->sem, sizeof(sem_t));
			free(unused);
			return;
		}
	}
}

static struct named *make(const char *name, unsigned value)
{
	struct named *n = calloc(1, sizeof(*n) + strlen(name) + 1);
	long memory = RAW(SYS_mmap, NULL, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!n || memory < 0) {
		free(n);
		errno = ENOMEM;
		return NULL;
	}
	n->sem = (sem_t *)memory;
	strcpy(n->name, name);
	if (sem_init(n->sem, 1, value)) {
		RAW(SYS_munmap, n->sem, sizeof(sem_t));
		free(n);
		return NULL;
	}
	n->next = list;
	return list = n;
}

WRAPPER(sem_t *, sem_open, (const char *name, int flags, ...))
{
	unsigned value = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		(void)va_arg(ap, mode_t);
		value = va_arg(ap, unsigned);
		va_end(ap);
	}
	while (*name == '/')
		name++;
	if (!*name || strchr(name, '/') || strlen(name) > NAME_MAX - 4) {
		errno = EINVAL;
		return SEM_FAILED;
	}
	pthread_mutex_lock(&lock);
	struct named *n = find(name);
	if (n && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
		n = NULL;
		errno = EEXIST;
	} else if (!n && flags & O_CREAT) {
		n = make(name, value);
	} else if (!n) {
		errno = ENOENT;
	}
	if (n)
		n->users++;
	pthread_mutex_unlock(&lock);
	return n ? n->sem : SEM_FAILED;
}

WRAPPER(int, sem_close, (sem_t *sem))
{
	struct named *n;

	pthread_mutex_lock(&lock);
	for (n = list; n && n->sem != sem;)
		n = n->next;
	if (n && n->users > 0 && --n->users == 0 && n->unlinked)
		drop_unused(n);
	pthread_mutex_unlock(&lock);
	return n ? 0 : fail_with(EINVAL);
}

WRAPPER(int, sem_unlink, (const char *name))
{
	while (*name == '/')
		name++;
	pthread_mutex_lock(&lock);
	struct named *n = find(name);
	if (n) {
		n->unlinked = true;
		if (n->users == 0)
			drop_unused(n);
	}
	pthread_mutex_unlock(&lock);
	return n ? 0 : fail_with(ENOENT);
}
