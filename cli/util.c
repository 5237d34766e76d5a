/* Complaints and memory for the command. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

__attribute__((format(printf, 1, 0))) static void complain(const char *format, va_list ap)
{
	flockfile(stderr);
	fputs("wasiward: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void cli_complain(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
}

void cli_die(enum cli_exit status, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
	exit(status);
}

void cli_finish(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		cli_die(CLI_FAILED, "standard output: %s", strerror(errno));
	exit(status);
}

void *cli_alloc(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);
	if (!p)
		cli_die(CLI_FAILED, "out of memory");
	return p;
}

char *cli_copy_n(const char *string, size_t len)
{
	char *copy = cli_alloc(len + 1);
	memcpy(copy, string, len);
	return copy;
}

char *cli_copy(const char *string)
{
	return cli_copy_n(string, strlen(string));
}
