/* Running the command and looking at what came of it. */
#ifndef TEST_COMMAND_H
#define TEST_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct outcome {
	int status;     /* exit status, or 128 + signal */
	char *out, *err; /* all of both streams, NUL-terminated; live as long as the test */
};

/* Runs wasiward (environment variable WASIWARD) with these words in the directory dir, NULL for here, until nobody has its output
 * open any more: what it leaves running is waited for, and is a failure when it runs on. */
struct outcome command(const char *dir, const char *const *words);
#define COMMAND(dir, ...) command(dir, (const char *const[]){ __VA_ARGS__, NULL })

/* A command that goes on running. */
struct running {
	pid_t pid;
	int out; /* its standard output, behind the first line */
};

/* Starts wasiward in the same way, and returns when the program has written a line: it is there, and what it said is true. */
struct running command_up_to_a_line(const char *dir, const char *const *words);
#define START(dir, ...) command_up_to_a_line(dir, (const char *const[]){ __VA_ARGS__, NULL })

/* Whether all who have this output open close it by ending. Returns as soon as they have; false after a long wait. */
bool all_have_ended(int out);

/* A fresh directory in /tmp with what every test may use: a.txt ("hello\n") and sub/b.txt ("inner\n"). */
char *fresh_dir(void);

/* Writes a file; path is dir/name. Returns the path. */
char *put_file(const char *dir, const char *name, const void *bytes, size_t len, int mode);

/* A module in text form, assembled by wat2wasm into dir/name. */
char *put_wat(const char *dir, const char *name, const char *text);

#endif
