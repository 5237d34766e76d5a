/* `wasiward policy`: policy files checked, shown, and listed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "from_trace.h"
#include "nearest.h"

static int check(int argc, char **argv)
{
	if (argc < 2)
		cli_die(CLI_FAILED, "policy check: no file is named");
	int status = 0;
	for (int i = 1; i < argc; i++) {
		char *path;
		FILE *in = policy_find(argv[i], &path);
		if (!in) {
			cli_complain("%s: %s", argv[i], strerror(errno));
			status = 1;
			continue;
		}
		struct rules rules = rules_default();
		if (policy_read(in, path, &rules, stdout))
			status = 1;
		else
			printf("%s: good\n", path);
		fclose(in);
		free(path);
	}
	return status;
}

static int show(int argc, char **argv)
{
	struct run_options options;
	run_options_parse_only(argc, argv, &options);
	for (char **name = options.argv; *name; name++) {
		if (**name == '-')
			cli_die(CLI_FAILED, "policy show: options stand before files, and %s does not", *name);
		policy_load(*name, &options.rules);
	}
	return policy_write(stdout, &options.rules, NULL) != 0;
}

/* The shipped profiles, each with the first line of its own comment. */
static int list(int argc, char **argv)
{
	if (argc > 1)
		cli_die(CLI_FAILED, "policy list: takes no arguments, and \"%s\" is one", argv[1]);
	static const char *const names[] = { "build", "script", "viewer" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path, line[256] = "";
		FILE *in = policy_find(names[i], &path);
		if (!in)
			cli_die(CLI_FAILED, "the profile %s is not where it was installed", names[i]);
		if (fgets(line, sizeof(line), in))
			line[strcspn(line, "\n")] = '\0';
		printf("%-8s %s\n", names[i], line + strspn(line, "# "));
		fclose(in);
		free(path);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = { { "check", check }, { "show", show }, { "list", list }, { "from-trace", policy_from_trace } };

static void help(FILE *out)
{
	fputs("Usage: wasiward policy check FILE…\n"
	      "       wasiward policy show [OPTIONS of run] [FILE…]\n"
	      "       wasiward policy list\n"
	      "       wasiward policy from-trace TRACE\n\n"
	      "A policy file says what run's options say. It is YAML, of which JSON is a part; see wasiward-policy(5).\n"
	      "  check  Reads files, prints each mistake with its file, line and key, and runs nothing. Exit status 1 if any.\n"
	      "  show   Prints the policy that files and options make together, as a file.\n"
	      "  list   Names the profiles that come along. Where a file is asked for, they may be named, too.\n"
	      "  from-trace  Prints the smallest policy that a recorded run needs, with the call that needed each right first.\n"
	      "         TRACE is what trace -o or run --trace=FILE wrote. Exit status 1 if the recording is incomplete.\n\n"
	      "Examples:\n"
	      "  wasiward policy check mine.yaml\n"
	      "  wasiward policy show --dir .:ro --timeout 5 >mine.yaml\n"
	      "  wasiward run --policy build make\n"
	      "  wasiward trace -o calls --dir . make && wasiward policy from-trace calls >mine.yaml\n",
	      out);
}

int cmd_policy(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return CLI_FAILED;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help(stdout);
		return 0;
	}
	struct nearest search = nearest_start(argv[1], strlen(argv[1]));
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
		nearest_try(&search, verbs[i].name);
	}
	const char *near = nearest_result(&search);
	cli_die(CLI_FAILED, "policy: no such verb \"%s\"%s%s%s; see wasiward policy --help", argv[1], near ? ", did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
}
