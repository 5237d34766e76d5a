/* Where the shims are: a library for programs of each C library. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "install_paths.h"

char *shim_find(enum policy_libc libc)
{
	const char *const places[] = { "/shim/", "/" WASIWARD_SHIMS_FROM_PREFIX "/" };
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *candidate = NULL;
	if (n > 0) {
		exe[n] = '\0';
		for (int up = 0; up < 2; up++) {
			char *slash = strrchr(exe, '/');
			if (slash)
				*slash = '\0';
		}
	}
	for (size_t i = 0; i < 3; i++) {
		bool installed = i == 2;
		if (n <= 0 && !installed)
			continue;
		if (asprintf(&candidate, "%s%s%s", installed ? WASIWARD_SHIMS_INSTALLED "/" : exe, installed ? "" : places[i],
			     policy_libc_shim(libc)) < 0)
			cli_die(CLI_FAILED, "out of memory");
		if (access(candidate, R_OK) == 0)
			break;
		free(candidate);
		candidate = NULL;
	}
	return candidate;
}

void shims_find(const struct run_options *o, const struct program *program, enum policy_libc own, char **ret_shims)
{
	bool others = o->rules.profile == POLICY_POSIX && o->rules.exec.mode != POLICY_EXEC_NONE;
	for (int i = 0; i < POLICY_LIBCS; i++) {
		enum policy_libc libc = (enum policy_libc)i;
		bool wanted = libc == own || (others && access(policy_libc_loader(libc), F_OK) == 0);
		ret_shims[i] = wanted ? shim_find(libc) : NULL;
	}
	/* ld.so splits LD_PRELOAD at blanks and colons, warns about what it cannot load, and goes on without it. */
	for (int i = 0; i < POLICY_LIBCS; i++) {
		if (ret_shims[i] && strpbrk(ret_shims[i], ": "))
			cli_die(CLI_FAILED, "%s: the loader cannot preload a library whose path has a blank or a colon", ret_shims[i]);
	}
	if (own != POLICY_LIBCS && !ret_shims[own])
		cli_die(CLI_NOT_EXECUTABLE,
			"%s: refused: it is linked with %s, and the shim for that is not installed (%s/%s), without which it would run without its rules; build wasiward where %s is installed",
			program->path, policy_libc_name(own), WASIWARD_SHIMS_INSTALLED, policy_libc_shim(own),
			policy_libc_package(own));
}
