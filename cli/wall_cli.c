/* The wall as the options ask for it: all of it, or an error that says what is missing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

/* A directory among the standard streams is a way out that nobody named: `..` of it is the host's. */
static void refuse_directories(void)
{
	static const char *const names[] = { "standard input", "standard output", "standard error" };
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			cli_die(CLI_FAILED, "%s is a directory, through which the program would leave the wall; grant it with --dir",
				names[fd]);
	}
}

/* A rule that nobody would keep is not taken. */
static void refuse_without_wall(const char *rule, bool asked)
{
	if (asked)
		cli_die(CLI_FAILED, "%s needs the wall: add --wall auto", rule);
}

bool wall_begin(const struct run_options *o, struct wall *wall, enum wall_guest guest)
{
	const struct rules *r = &o->rules;
	if (guest == WALL_GUEST_WASM && r->proc)
		cli_die(CLI_FAILED, "proc: modules have no processes to see there");
	/* A program that another starts is handed its policy in a file in memory, which could be mapped as code. */
	if (guest == WALL_GUEST_NATIVE && !r->jit && r->exec.mode != POLICY_EXEC_NONE)
		cli_die(CLI_FAILED, "jit: refused: needs exec: none");
	if (o->wall == CLI_WALL_OFF) {
		bool native = guest == WALL_GUEST_NATIVE;
		refuse_without_wall("tmp", r->tmp);
		refuse_without_wall("proc", r->proc);
		refuse_without_wall("jit: refused", native && !r->jit);
		refuse_without_wall("--timeout", native && r->limits.time_ns);
		refuse_without_wall("--max-processes", native && r->limits.processes);
		refuse_without_wall("--max-output", native && r->limits.output);
		return false;
	}
	refuse_directories();
	if (wall_enter(wall, wall_kernel_linux(), guest, &o->rules) < 0)
		cli_die(CLI_FAILED, "the wall: %s", wall->failure);
	char *lacks = wall_lacks(wall);
	bool weaker = *lacks;
	for (char *line = strtok(lacks, "\n"); line; line = strtok(NULL, "\n"))
		cli_complain("the wall: %s", line);
	free(lacks);
	if (weaker && (!o->allow_weaker || o->wall == CLI_WALL_REQUIRE))
		cli_die(CLI_FAILED, "this kernel cannot keep the grants%s (see wasiward doctor)",
			o->wall == CLI_WALL_REQUIRE ? "" : "; --allow-weaker runs nevertheless, --wall off does without");
	return true;
}

void wall_finish(struct wall *wall, struct policy *policy)
{
	if (wall_build(wall, policy) < 0)
		cli_die(CLI_FAILED, "the wall: %s", wall->failure);
}
