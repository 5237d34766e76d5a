/* wasiward: picks the subcommand. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "nearest.h"
#include "version.h"

static const struct command {
	const char *name, *text;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", "Run a native program or a WebAssembly module under WASI rules.", cmd_run },
	{ "policy", "Check and show policy files.", cmd_policy },
	{ "validate", "Check WebAssembly modules, binary or text, in full.", cmd_validate },
	{ "doctor", "Tell what this kernel offers, and who keeps which right.", cmd_doctor },
	{ "trace", "Run a program and show its preview1 calls.", cmd_trace },
	{ "audit", "Say what of a native program wasi-libc has, and the way out of the rest.", cmd_audit },
	{ "compare", "Run a native program and its module alike, and show the first difference.", cmd_compare },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs("Usage: wasiward COMMAND [OPTIONS] …\n\n"
	      "Gives native programs and WebAssembly modules the same rules: those of WASI preview1.\n\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].text);
	fputs("  help       Print this text, or that of a command.\n"
	      "  version    Print the version.\n\n"
	      "Examples:\n"
	      "  wasiward run --dir . tar cf backup.tar src      a native tool that sees this directory only\n"
	      "  wasiward run --dir data:ro tool.wasm data/in    a module that may read but not change\n"
	      "  wasiward run --explain --dir . cat /etc/shadow  what was refused, and what would allow it\n",
	      out);
}

static int run_command(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";
	if (argc < 2) {
		print_help(stderr);
		return CLI_FAILED;
	}
	if (!strcmp(name, "version") || !strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("wasiward " WASIWARD_VERSION);
		return 0;
	}
	if (!strcmp(name, "help") && argc > 2) {
		char *help[] = { argv[2], (char[]){ "--help" }, NULL };
		for (size_t i = 0; i < N_COMMANDS; i++) {
			if (!strcmp(argv[2], commands[i].name))
				return commands[i].run(2, help);
		}
		name = argv[2];
	} else if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h")) {
		print_help(stdout);
		return 0;
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}

	struct nearest search = nearest_start(name, strlen(name));
	nearest_try(&search, "help");
	nearest_try(&search, "version");
	for (size_t i = 0; i < N_COMMANDS; i++)
		nearest_try(&search, commands[i].name);
	const char *near = nearest_result(&search);
	cli_die(CLI_FAILED, "no command \"%s\"%s%s%s; see wasiward --help", name, near ? ", did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
}

int main(int argc, char **argv)
{
	cli_finish(run_command(argc, argv));
}
