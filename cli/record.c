/* The head of a recorded trace: under which policy it was made. `wasiward policy from-trace` reads it. */
#include "record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "version.h"

/* Where the front ends put the granted directories in the core's table. */
static unsigned first_number(const struct policy *policy)
{
	return policy->profile == POLICY_POSIX ? POLICY_DIR_FD_POSIX : 3;
}

void record_head(int fd, const struct run_options *o, const struct policy *policy)
{
	if (!o->trace || (!o->trace_to && !o->trace_file))
		return;
	char *rules = NULL, *text = NULL;
	size_t rules_len, len;
	FILE *memory = open_memstream(&rules, &rules_len), *out = open_memstream(&text, &len);
	if (!memory || !out)
		cli_die(CLI_FAILED, "out of memory");
	policy_write(memory, &o->rules, NULL);
	fclose(memory);
	fprintf(out, RECORD_MARK "version 1, wasiward " WASIWARD_VERSION "\n");
	for (char *line = strtok(rules, "\n"); line; line = strtok(NULL, "\n"))
		fprintf(out, RECORD_MARK "policy %s\n", line);
	/* Directories that are optional and missing stand in the rules only. */
	size_t next = 0;
	for (size_t i = 0; i < policy->n_dirs; i++) {
		if (policy->dirs[i].origin != POLICY_FROM_OPTION)
			continue;
		while (next < o->rules.n_dirs && strcmp(o->rules.dirs[next].host, policy->dirs[i].host))
			next++;
		fprintf(out, RECORD_MARK "grant %zu at %zu\n", next++, first_number(policy) + i);
	}
	fclose(out);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, text + done, len - done);
		if (n <= 0)
			break; /* the calls that follow will not get there either */
		done += (size_t)n;
	}
	free(rules);
	free(text);
}
