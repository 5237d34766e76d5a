/* Running the command and looking at what came of it. */
#ifndef TEST_COMMAND_H
#define TEST_COMMAND_H

#include <stddef.h>

struct outcome {
	int status;     /* exit status, or 128 + signal */
	char *out, *err; /* all of both streams, NUL-terminated; live as long as the test */
};

/* Runs wasiward (environment variable WASIWARD) with these words in the directory dir, NULL for here. */
struct outcome command(const char *dir, const char *const *words);
#define COMMAND(dir, ...) command(dir, (const char *const[]){ __VA_ARGS__, NULL })

/* A fresh directory in /tmp with what every test may use: a.txt ("hello\n") and sub/b.txt ("inner\n"). */
char *fresh_dir(void);

/* Writes a file; path is dir/name. Returns the path. */
char *put_file(const char *dir, const char *name, const void *bytes, size_t len, int mode);

/* A module in text form, assembled by wat2wasm into dir/name. */
char *put_wat(const char *dir, const char *name, const char *text);

#endif
