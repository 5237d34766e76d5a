/* What a program with one thread needs of keys and of once: see absent.h. */
#ifndef ABSENT_PTHREAD_H
#define ABSENT_PTHREAD_H

typedef unsigned pthread_key_t;
typedef int pthread_once_t;
#define PTHREAD_ONCE_INIT 0

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int pthread_setspecific(pthread_key_t key, const void *value);
void *pthread_getspecific(pthread_key_t key);
int pthread_once(pthread_once_t *once, void (*routine)(void));

#endif
