/* `wasiward audit --run`: see audit_run.h. */
#include "audit_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void read_names(FILE *in, struct reached *r)
{
	char *line = NULL;
	size_t room = 0;
	for (ssize_t len; (len = getline(&line, &room, in)) > 0;) {
		if (strncmp(line, "reached ", 8) || line[len - 1] != '\n')
			continue;
		line[len - 1] = '\0';
		r->names = reallocarray(r->names, r->n + 1, sizeof(*r->names));
		if (!r->names)
			cli_die(CLI_FAILED, "out of memory");
		r->names[r->n++] = cli_copy(line + 8);
	}
	free(line);
	if (r->n)
		qsort(r->names, r->n, sizeof(*r->names), compare_names);
}

void audit_run(int argc, char **argv, struct reached *r)
{
	struct run_options options;
	struct program program;
	int ends[2];
	*r = (struct reached){ 0 };
	run_options_parse(argc, argv, &options);
	program_find(options.argv[0], &program);
	if (program.kind != PROGRAM_ELF)
		cli_die(CLI_FAILED, "--run %s: only native programs (ELF) can be audited", program.path);
	close(program.fd);
	r->path = program.path;
	if (pipe2(ends, O_CLOEXEC) < 0)
		cli_die(CLI_FAILED, "cannot make a pipe: %s", strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		cli_die(CLI_FAILED, "cannot start a process: %s", strerror(errno));
	if (pid == 0) {
		close(ends[0]);
		exit(run_watched(argc, argv, ends[1]));
	}
	/* The terminal's signals are the program's; what it called until then still counts. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	close(ends[1]);
	FILE *in = fdopen(ends[0], "r");
	if (!in)
		cli_die(CLI_FAILED, "out of memory");
	read_names(in, r);
	fclose(in);
	while (waitpid(pid, &r->status, 0) < 0 && errno == EINTR)
		;
}

bool reached_is_noticed(const char *symbol)
{
	/* One after the other, each with its NUL: pointers would have to be relocated whenever the command starts. */
	static const struct {
#define WRAP(name, family, strict, posix) char n_##name[sizeof(#name)];
#define PASSED(name, family, reason)
#include "../shim/wrap.def"
	} names = {
#define WRAP(name, family, strict, posix) #name,
#define PASSED(name, family, reason)
#include "../shim/wrap.def"
	};
	const char *end = (const char *)(&names + 1);
	for (const char *name = (const char *)&names; name < end; name += strlen(name) + 1) {
		if (!strcmp(name, symbol))
			return true;
	}
	return false;
}

bool reached_has(const struct reached *r, const char *symbol)
{
	return r->n && bsearch(&symbol, r->names, r->n, sizeof(*r->names), compare_names);
}
