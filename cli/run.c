/* `wasiward run`: native or module, the same rules. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int trace_open(const struct run_options *o)
{
	if (!o->trace && !o->explain)
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

/* A limit that nobody keeps would be a lie. */
static void refuse_unkept(const struct rules *r)
{
	static const enum rule unkept[] = { RULE_JIT, RULE_TMP, RULE_PROC, RULE_STDIN, RULE_STDOUT, RULE_STDERR, RULE_MAX_MEMORY,
					    RULE_MAX_PROCESSES, RULE_MAX_DESCRIPTORS, RULE_MAX_OUTPUT, RULE_MAX_FILE_SIZE };
	for (size_t i = 0; i < sizeof(unkept) / sizeof(unkept[0]); i++) {
		if (!rule_is_default(r, unkept[i]))
			cli_die(CLI_FAILED, "%s: nothing keeps this rule yet", rule_key(unkept[i]));
	}
	if (r->exec.mode == POLICY_EXEC_LISTED)
		cli_die(CLI_FAILED, "exec: nothing keeps a list yet");
}

int cmd_run(int argc, char **argv)
{
	return run_traced(argc, argv, 0);
}

int run_traced(int argc, char **argv, int trace_to)
{
	struct run_options options;
	struct program program;
	run_options_parse(argc, argv, &options);
	refuse_unkept(&options.rules);
	options.trace_to = trace_to;
	options.trace |= trace_to > 0;
	program_find(options.argv[0], &program);
	if (program.kind == PROGRAM_WASM)
		return run_wasm(&options, &program);
	run_native(&options, &program);
}
