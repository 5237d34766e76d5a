/* What the probe's files share: cases and checks. A failed check prints itself and ends the process with 1. */
#ifndef PROBE_H
#define PROBE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(x)                                                                                  \
	do {                                                                                      \
		errno = 0;                                                                        \
		if (!(x)) {                                                                       \
			int error_ = errno;                                                       \
			fprintf(stderr, "%s:%d: %s: errno %d (%s)\n", __FILE__, __LINE__, #x, error_, \
				strerror(error_));                                                \
			exit(1);                                                                  \
		}                                                                                 \
	} while (0)

/* The call fails with this errno. */
#define FAILS(call, wanted)                                                                              \
	do {                                                                                             \
		errno = 0;                                                                               \
		long got_ = (long)(call);                                                                \
		int error_ = errno;                                                                      \
		if ((got_ != -1 && got_ != 0) || error_ != (wanted)) {                                   \
			fprintf(stderr, "%s:%d: %s: got %ld errno %d (%s), not %s\n", __FILE__, __LINE__, #call, \
				got_, error_, strerror(error_), #wanted);                                \
			exit(1);                                                                         \
		}                                                                                        \
	} while (0)

#define CASE(name, profile, options) void case_##name(void);
#include "cases.def"

/* A file with contents, in one call each. */
static inline void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	CHECK(f);
	CHECK(fputs(text, f) >= 0);
	CHECK(fclose(f) == 0);
}

static inline const char *get(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "r");
	CHECK(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	CHECK(fclose(f) == 0);
	return text;
}

static inline bool is(const char *path, const char *text)
{
	return strcmp(get(path), text) == 0;
}

/* Where C libraries differ. */
#if defined(__GLIBC__)
#define GLIBC true
#else
#define GLIBC false
#endif

#endif
