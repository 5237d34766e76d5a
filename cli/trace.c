/* `wasiward trace`: runs a program with run --trace into a pipe, and shows what comes out of it as is wanted. Taking calls
 * apart is in trace_parse.c, writing them in trace_write.c. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "option_table.h"
#include "record.h"

/* Options of our own, and those of run, which are handed on. */
enum option_id {
	OPTION_FIRST = OPTION_NONE,
#define OPTION(ID, name, short_name, ARG, metavar, help) OPTION_##ID,
#define GROUP(heading)
#include "trace.def"
	OPTION_OWN_END,
#define OPTION(ID, name, short_name, ARG, metavar, help) OPTION_RUN_##ID,
#define GROUP(heading)
#include "options.def"
};

static const struct option_row rows[] = {
#define OPTION OPTION_ROW
#define GROUP OPTION_HEADING
#include "trace.def"
#define OPTION(ID, name, short_name, ARG, metavar, help) { OPTION_RUN_##ID, name, short_name, ARG_##ARG, metavar, help },
#define GROUP OPTION_HEADING
#include "options.def"
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static struct option_set options = {
	.command = "trace",
	.head = "Usage: wasiward trace [OPTIONS] [OPTIONS OF run] [--] PROGRAM [ARGS]…\n\n"
		"Runs PROGRAM as `wasiward run` does, with the same options, and shows its preview1 calls. Child processes are\n"
		"followed. Tracing costs five to ten microseconds a call; not tracing costs nothing.\n",
	.tail = "\nExit status: that of run; 128 and the signal's number for a program that a signal ended.\n\n"
		"Examples:\n"
		"  wasiward trace --dir . ls\n"
		"  wasiward trace -e errno=!success -o failed.txt --dir . make\n"
		"  wasiward trace -c --dir .:ro tool.wasm\n"
		"  wasiward trace --json -e 'path=*.conf' --dir . tool.wasm\n",
};

/* Ours, and of run's those that do not collide: help, version and trace are not handed on. */
static void collect_rows(void)
{
	static struct option_row chosen[N_ROWS];
	size_t n = 0;
	for (size_t i = 0; i < N_ROWS; i++) {
		int id = rows[i].id;
		if (id == OPTION_RUN_TRACE || id == OPTION_RUN_HELP || id == OPTION_RUN_VERSION)
			continue;
		if (!rows[i].name && i + 1 < N_ROWS && rows[i + 1].id == OPTION_RUN_HELP)
			continue; /* a heading with nothing below it */
		chosen[n++] = rows[i];
	}
	options.rows = chosen;
	options.n_rows = n;
}

struct plan {
	struct trace_style style;
	bool calls, table;
	struct filter *filters;
	size_t n_filters;
	const char *output;
	char **run; /* arguments of run; room for what follows is there from the start */
	int n_run;
};

static void hand_on(struct plan *plan, int id)
{
	for (size_t i = 0; i < options.n_rows; i++) {
		if (options.rows[i].id != id)
			continue;
		char *word;
		int n = options.rows[i].arg == ARG_NO ? asprintf(&word, "--%s", options.rows[i].name)
						      : asprintf(&word, "--%s=%s", options.rows[i].name, optarg);
		if (n < 0)
			cli_die(CLI_FAILED, "out of memory");
		plan->run[plan->n_run++] = word;
	}
}

static void parse(struct plan *plan, int argc, char **argv)
{
	char *end;
	*plan = (struct plan){ .style = { .max_string = SIZE_MAX }, .calls = true };
	plan->run = cli_alloc(((size_t)argc + 4) * sizeof(*plan->run));
	plan->run[plan->n_run++] = cli_copy("run");
	collect_rows();
	optind = 0;
	for (int id; (id = options_next(&options, argc, argv)) != OPTION_END;) {
		switch (id) {
		case OPTION_FILTER:
			plan->filters = reallocarray(plan->filters, plan->n_filters + 1, sizeof(*plan->filters));
			if (!plan->filters)
				cli_die(CLI_FAILED, "out of memory");
			plan->filters[plan->n_filters++] = filter_parse(optarg);
			break;
		case OPTION_OUTPUT:
			plan->output = optarg;
			break;
		case OPTION_COUNT:
			plan->table = true;
			plan->calls = false;
			break;
		case OPTION_COUNT_TOO:
			plan->table = true;
			break;
		case OPTION_TIME:
			plan->style.time = true;
			break;
		case OPTION_RELATIVE:
			plan->style.relative = true;
			break;
		case OPTION_DURATION:
			plan->style.duration = true;
			break;
		case OPTION_STRINGS:
			plan->style.max_string = strtoul(optarg, &end, 10);
			if (!*optarg || *end || *optarg == '-')
				cli_die(CLI_FAILED, "--strings %s: must be a number of bytes", optarg);
			break;
		case OPTION_JSON:
			plan->style.json = true;
			break;
		case OPTION_HELP:
			options_help(&options, stdout);
			cli_finish(0);
		default:
			hand_on(plan, id);
		}
	}
	if (optind >= argc)
		cli_die(CLI_FAILED, "no program is named; see wasiward trace --help");
	plan->run[plan->n_run++] = cli_copy("--");
	for (int i = optind; i < argc; i++)
		plan->run[plan->n_run++] = argv[i];
}

/* A copy of the place that standard error is now: the program may close or replace its own. */
static FILE *open_output(const char *name)
{
	FILE *out;
	if (name) {
		out = fopen(name, "we");
	} else {
		int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		out = fd < 0 ? NULL : fdopen(fd, "w");
	}
	if (!out)
		cli_die(CLI_FAILED, "%s: %s", name ? name : "standard error", strerror(errno));
	return out;
}

static void show(struct plan *plan, FILE *calls, struct tally *tally)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	while ((len = getline(&line, &room, calls)) > 0) {
		struct call call;
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (!strncmp(line, RECORD_MARK, strlen(RECORD_MARK))) {
			/* Of use to those who read the file again, not to those who watch. */
			if (plan->output && plan->calls)
				trace_write_other(&plan->style, line);
			continue;
		}
		if (!call_parse(line, &call)) {
			/* A system call past the C library is counted; its answer, if the core gave it, is a call of its own. */
			if (plan->table && !strncmp(line, "stray ", 6))
				tally_add(tally, &(struct call){ .name = line });
			if (plan->calls || strncmp(line, "stray ", 6))
				trace_write_other(&plan->style, line);
			continue;
		}
		bool fits = true;
		for (size_t i = 0; i < plan->n_filters && fits; i++)
			fits = filter_fits(&plan->filters[i], &call);
		if (!fits)
			continue;
		if (plan->calls)
			trace_write_call(&plan->style, &call);
		if (plan->table)
			tally_add(tally, &call);
	}
	free(line);
}

int cmd_trace(int argc, char **argv)
{
	struct plan plan;
	struct tally tally = { 0 };
	int ends[2], status;
	parse(&plan, argc, argv);
	plan.style.out = open_output(plan.output);
	if (pipe2(ends, O_CLOEXEC) < 0)
		cli_die(CLI_FAILED, "cannot make a pipe: %s", strerror(errno));

	pid_t pid = fork();
	if (pid < 0)
		cli_die(CLI_FAILED, "cannot start a process: %s", strerror(errno));
	if (pid == 0) {
		close(ends[0]);
		exit(run_traced(plan.n_run, plan.run, ends[1]));
	}
	/* The terminal's signals are the program's; what it did until then is still to be shown. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	close(ends[1]);
	if (plan.output && plan.n_filters)
		trace_write_other(&plan.style, RECORD_MARK "filtered");
	FILE *calls = fdopen(ends[0], "r");
	if (!calls)
		cli_die(CLI_FAILED, "out of memory");
	show(&plan, calls, &tally);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (plan.calls)
		trace_write_exit(&plan.style, status);
	if (plan.table)
		tally_write(&plan.style, &tally);
	if (fclose(plan.style.out))
		cli_die(CLI_FAILED, "%s: %s", plan.output ? plan.output : "standard error", strerror(errno));
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
