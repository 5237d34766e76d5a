/* `wasiward run`: native or module, the same rules. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int trace_open(const struct run_options *o)
{
	if (!o->trace && !o->explain && !o->reached)
		return -1;
	int fd;
	if (o->trace_to)
		fd = fcntl(o->trace_to, F_DUPFD_CLOEXEC, 3);
	else if (o->trace_file)
		fd = open(o->trace_file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	else
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 && o->trace_file)
		cli_die(CLI_FAILED, "--trace=%s: %s", o->trace_file, strerror(errno));
	return fd;
}

/* /dev/null in place of the standard streams that are not passed on. */
static void put_streams(const struct rules *r)
{
	for (int fd = 0; fd < 3; fd++) {
		if (r->stream[fd])
			continue;
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0)
			cli_die(CLI_FAILED, "/dev/null: %s", strerror(errno));
		if (null != fd) {
			dup2(null, fd);
			close(null);
		} else {
			fcntl(fd, F_SETFD, 0);
		}
	}
}

static int run(struct run_options *options)
{
	struct program program;
	program_find(options->argv[0], &program);
	put_streams(&options->rules);
	if (program.kind == PROGRAM_WASM)
		return run_wasm(options, &program);
	run_native(options, &program);
}

int cmd_run(int argc, char **argv)
{
	struct run_options options;
	run_options_parse(argc, argv, &options);
	return run(&options);
}

int run_traced(int argc, char **argv, int trace_to)
{
	struct run_options options;
	run_options_parse(argc, argv, &options);
	options.trace_to = trace_to;
	options.trace = true;
	return run(&options);
}

int run_watched(int argc, char **argv, int to)
{
	struct run_options options;
	run_options_parse(argc, argv, &options);
	options.trace_to = to;
	options.reached = true;
	return run(&options);
}
