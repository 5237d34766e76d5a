/* The command: what its files share. */
#ifndef WASIWARD_CLI_H
#define WASIWARD_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"
#include "rules.h"
#include "wall.h"

/* Exit statuses of our own; anything else is the program's. As env(1), and 134 as an aborted process. */
enum cli_exit {
	CLI_LIMIT = 124,          /* a limit ended it; as timeout(1) */
	CLI_FAILED = 125,         /* our own failure: options, policy, a broken module */
	CLI_NOT_EXECUTABLE = 126, /* found, but it cannot be run under the rules */
	CLI_NOT_FOUND = 127,
	CLI_TRAP = 134
};

/* Prints "wasiward: …" on standard error. */
__attribute__((format(printf, 1, 2))) void cli_complain(const char *format, ...);

/* The same and ends the process with `status`. */
__attribute__((noreturn, format(printf, 2, 3))) void cli_die(enum cli_exit status, const char *format, ...);

/* Ends the process with this status, or as cli_die does when what was printed cannot be written: a full disk is no success. */
__attribute__((noreturn)) void cli_finish(int status);

/* Memory that is there or ends the process; the command makes only small things. */
void *cli_alloc(size_t bytes);
char *cli_copy(const char *string);
char *cli_copy_n(const char *string, size_t len);

enum cli_wall { CLI_WALL_AUTO, CLI_WALL_OFF, CLI_WALL_REQUIRE };

/* Reads HOST[::GUEST][:RIGHTS] as a --dir; ends the process on mistakes (125). */
struct rules_dir cli_parse_dir(const char *text);

/* Sets a rule as the option --name does; ends the process on mistakes (125). */
void cli_set_rule(struct rules *rules, enum rule rule, const char *name, const char *text);

/* Reads NAME[=y|n],… as a --wasm into a set of enum engine_feature; ends the process on mistakes (125). */
void cli_parse_wasm(const char *text, unsigned *features);

/* `wasiward run`, parsed. Lists are owned and live as long as the process. */
struct run_options {
	struct rules rules;
	const char *argv0, *invoke;
	char **preloads; /* NAME=FILE, as written */
	size_t n_preloads;
	enum cli_wall wall;
	bool allow_weaker;
	unsigned wasm_features; /* enum engine_feature */
	bool trace, explain, reached, stats, count_opcodes, count_code, perf_map;
	const char *samples_file; /* NULL: take none */
	uint64_t fuel;		  /* 0: no end */
	int trace_to;           /* a descriptor to trace to instead; 0: none */
	const char *trace_file; /* NULL: standard error */
	char **argv;            /* the program and its arguments, NULL-terminated; empty if none is needed */
};

/* Parses the arguments after "run"; ends the process on mistakes (125), --help and --version (0). */
void run_options_parse(int argc, char **argv, struct run_options *ret_options);

/* The same where no program need be named: what is left are arguments of the caller's. */
void run_options_parse_only(int argc, char **argv, struct run_options *ret_options);

/* Reads a policy file over the rules: a path when the name has a slash or a dot, else a profile that is shipped. Ends the
 * process on mistakes, all of them printed (125). */
void policy_load(const char *name, struct rules *rules);

/* The file that policy_load reads: opened, with its path in *ret_path (malloced). NULL with errno when there is none. */
FILE *policy_find(const char *name, char **ret_path);

/* The subcommands. They return the exit status or never. */
int cmd_run(int argc, char **argv);
int run_traced(int argc, char **argv, int trace_to); /* the same as run, traced to a descriptor */
int run_watched(int argc, char **argv, int to); /* the same, with the functions of the C library that are called */
int cmd_doctor(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_validate(int argc, char **argv);

/* A program found on the host. */
struct program {
	char *path;  /* host path */
	int fd;      /* open for reading */
	enum program_kind { PROGRAM_WASM, PROGRAM_ELF, PROGRAM_SCRIPT } kind;
	bool setuid;
};

/* Finds and opens what the user named: a path when it has a slash or ends in .wasm or .wat, else along PATH. Ends the process
 * with 127, 126 or 125 when there is nothing to run. */
void program_find(const char *name, struct program *ret_program);

/* Why no shim can enter this ELF program, in words, or NULL if one can: then *ret_libc is the C library whose shim it is.
 * *ret_behind_wall: whether it can run without the shim where the wall keeps every rule. */
const char *program_refusal(const struct program *program, enum policy_libc *ret_libc, bool *ret_behind_wall);

/* The shim for programs of a C library: beside the command in a build tree, else where it is installed. Malloced; NULL if it is
 * not there. */
char *shim_find(enum policy_libc libc);

/* The shim for the program's C library, own (POLICY_LIBCS: none), and those for others that the rules let it start, into
 * ret_shims[POLICY_LIBCS]; NULL for what is not wanted or not there. Ends the process when its own is missing (126), or lies
 * where the loader cannot preload it from (125). */
void shims_find(const struct run_options *options, const struct program *program, enum policy_libc own, char **ret_shims);

/* The command that a script's first line names: interpreter and at most one argument, NULL if none. */
void program_script_line(const struct program *program, char **ret_interpreter, char **ret_argument);

/* Opens the granted directories and makes the policy. native: host paths become guest paths as the posix profile wants. */
struct policy *grants_make(const struct run_options *options, bool native);

/* The guest's name of a file that is open on the host: its real path, with the granted directory that it lies in replaced by
 * the guest's name for that. Only in the posix profile, and before the wall is put up. Malloced; NULL when it lies in none. */
char *grants_name_of(const struct policy *policy, int fd);

/* Adds the runtime's read-only directories and files to a policy of the posix profile. */
void grants_add_runtime(struct policy *policy, const struct rules *rules);

/* Where a trace goes: a descriptor of its own, so that the program's closing of standard error does not end it. */
int trace_open(const struct run_options *options);

/* Begins the wall as the options say, before the grants are opened. Ends the process when the kernel offers less than is
 * asked. False: run without. */
bool wall_begin(const struct run_options *options, struct wall *wall, enum wall_guest guest);

/* Puts the wall up around the policy, or ends the process. */
void wall_finish(struct wall *wall, struct policy *policy);

/* Run a native program: returns only by exec. Run a module: returns the exit status. */
__attribute__((noreturn)) void run_native(const struct run_options *options, struct program *program);
int run_wasm(const struct run_options *options, struct program *program);

#endif
