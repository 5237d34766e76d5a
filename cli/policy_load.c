/* Finding and reading policy files for the options that name them. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "install_paths.h"

/* Beside the command in a build tree, else where it is installed. */
static FILE *open_profile(const char *name, char **ret_path)
{
	static const char *const places[] = { "/profiles", "/" WASIWARD_PROFILES_FROM_PREFIX };
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(exe, '/');
		if (slash)
			*slash = '\0';
	}
	for (size_t i = 0; i < 3; i++) {
		const char *base = i < 2 ? exe : "", *place = i < 2 ? places[i] : WASIWARD_PROFILES_INSTALLED;
		if (i < 2 && n <= 0)
			continue;
		if (asprintf(ret_path, "%s%s/%s.yaml", base, place, name) < 0)
			cli_die(CLI_FAILED, "out of memory");
		FILE *in = fopen(*ret_path, "re");
		if (in)
			return in;
		free(*ret_path);
	}
	*ret_path = NULL;
	errno = ENOENT;
	return NULL;
}

FILE *policy_find(const char *name, char **ret_path)
{
	if (!strpbrk(name, "/."))
		return open_profile(name, ret_path);
	FILE *in = fopen(name, "re");
	*ret_path = in ? cli_copy(name) : NULL;
	return in;
}

void policy_load(const char *name, struct rules *rules)
{
	char *path;
	FILE *in = policy_find(name, &path);
	if (!in && !strpbrk(name, "/."))
		cli_die(CLI_FAILED, "--policy %s: no such profile (see wasiward policy list); a file needs a slash or a dot in its name",
			name);
	if (!in)
		cli_die(CLI_FAILED, "--policy %s: %s", name, strerror(errno));
	char *errors = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&errors, &len);
	if (!out)
		cli_die(CLI_FAILED, "out of memory");
	unsigned wrong = policy_read(in, path, rules, out);
	fclose(out);
	fclose(in);
	if (wrong) {
		for (char *line = strtok(errors, "\n"); line; line = strtok(NULL, "\n"))
			cli_complain("%s", line);
		cli_die(CLI_FAILED, "--policy %s: nothing was run", name);
	}
	free(errors);
	free(path);
}
