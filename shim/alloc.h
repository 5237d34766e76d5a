/* The shim's own memory (alloc.c) and the guest's.
 *
 * malloc, calloc, realloc, free, strdup and strndup mean the shim's own in everything that is linked into it. */
#ifndef WASIWARD_SHIM_ALLOC_H
#define WASIWARD_SHIM_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* What the linker's --wrap=NAME leads callers of NAME to, and the guest's own function behind it. As malloc(3) and
 * strdup(3) describe them; async-signal-safe, unlike those. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);

/* Memory of the guest's heap, for results that the guest frees itself: scandir(3), realpath(3), getcwd(3). As malloc(3) and
 * realloc(3); free() takes it back. */
#if defined(WASIWARD_OWN_MEMORY)
#define guest_malloc(size) __real_malloc(size)
#define guest_realloc(p, size) __real_realloc(p, size)
#else
#define guest_malloc(size) malloc(size)
#define guest_realloc(p, size) realloc(p, size)
#endif

#endif
