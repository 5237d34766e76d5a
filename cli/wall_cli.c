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

bool wall_begin(const struct run_options *o, struct wall *wall, enum wall_guest guest)
{
	if (o->wall == CLI_WALL_OFF) {
		if (o->rules.limits.time_ns)
			cli_die(CLI_FAILED, "--timeout needs the wall: add --wall auto");
		return false;
	}
	refuse_directories();
	if (wall_enter(wall, wall_kernel_linux(), guest) < 0)
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
