/* `wasiward policy from-trace`: the smallest policy that a recorded run needs. */
#include "from_trace.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "needed.h"
#include "record.h"

enum { MAX_FD = 1 << 21, NO_GRANT = -1, NOTE_MAX = 160 };

/* What a grant was used for. */
struct grant {
	size_t index;     /* in the rules */
	unsigned long fd; /* of the granted directory itself */
	wasi_rights_t rights;
	char *first[WASI_RIGHT_COUNT]; /* for each right the first call that needed it */
};

struct recording {
	struct grant *grants;
	size_t n_grants;
	int *by_fd; /* index of the grant that a descriptor came from, or NO_GRANT */
	size_t n_fds;
	char *policy; /* lines of the head */
	bool head, end, filtered, executes, waits;
	size_t calls, odd, cut;
	char *denied; /* the first call that was refused */
	size_t n_denied;
};

static void set_fd(struct recording *r, unsigned long fd, int grant)
{
	if (fd >= MAX_FD)
		return;
	if (fd >= r->n_fds) {
		size_t n = fd + 64;
		r->by_fd = reallocarray(r->by_fd, n, sizeof(*r->by_fd));
		if (!r->by_fd)
			cli_die(CLI_FAILED, "out of memory");
		for (size_t i = r->n_fds; i < n; i++)
			r->by_fd[i] = NO_GRANT;
		r->n_fds = n;
	}
	r->by_fd[fd] = grant;
}

static struct grant *grant_of(struct recording *r, unsigned long fd)
{
	return fd < r->n_fds && r->by_fd[fd] != NO_GRANT ? &r->grants[r->by_fd[fd]] : NULL;
}

static bool read_head(struct recording *r, const char *line, FILE *policy)
{
	size_t len = strlen(RECORD_MARK), index;
	unsigned long number;
	if (strncmp(line, RECORD_MARK, len))
		return false;
	line += len;
	if (!strncmp(line, "version 1,", 10))
		r->head = true;
	else if (!strncmp(line, "policy ", 7))
		fprintf(policy, "%s\n", line + 7);
	else if (!strcmp(line, "filtered"))
		r->filtered = true;
	else if (sscanf(line, "grant %zu at %lu", &index, &number) == 2) {
		r->grants = reallocarray(r->grants, r->n_grants + 1, sizeof(*r->grants));
		if (!r->grants)
			cli_die(CLI_FAILED, "out of memory");
		r->grants[r->n_grants] = (struct grant){ .index = index, .fd = number };
		set_fd(r, number, (int)r->n_grants++);
	}
	return true;
}

/* The call in short, as a reason: its name, its paths, and the function behind it. */
static char *reason(const struct call *call)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		cli_die(CLI_FAILED, "out of memory");
	fprintf(out, "%s(", call->name);
	struct parameter p;
	bool any = false;
	for (const char *list = call->args; parameter_next(&list, &p);) {
		bool shown = p.quoted || (p.name_len == 6 && !memcmp(p.name, "oflags", 6) && !(p.value_len == 1 && *p.value == '0'));
		if (!shown)
			continue;
		int n = p.value_len > NOTE_MAX ? NOTE_MAX : (int)p.value_len;
		fprintf(out, "%s%s%.*s%s", any ? ", " : "", p.quoted ? "\"" : "", n, p.value, p.quoted ? "\"" : "");
		any = true;
	}
	fputc(')', out);
	if (call->function[0])
		fprintf(out, " from %s", call->function);
	if (fclose(out))
		cli_die(CLI_FAILED, "out of memory");
	return text;
}

static void need(struct grant *grant, wasi_rights_t rights, const struct call *call)
{
	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++) {
		if (rights >> bit & ~grant->rights >> bit & 1)
			grant->first[bit] = reason(call);
	}
	grant->rights |= rights;
}

/* Descriptors that a call made belong to the same grant as the one they came from. */
static void follow(struct recording *r, const struct call *call)
{
	struct parameter p;
	unsigned long from = ULONG_MAX, to = ULONG_MAX;
	for (const char *list = call->args; parameter_next(&list, &p);) {
		if (p.name_len == 2 && !memcmp(p.name, "fd", 2))
			from = strtoul(p.value, NULL, 10);
		else if (p.name_len == 2 && !memcmp(p.name, "to", 2))
			to = strtoul(p.value, NULL, 10);
	}
	for (const char *list = call->results; parameter_next(&list, &p);) {
		if ((p.name_len == 9 && !memcmp(p.name, "opened_fd", 9)) || (p.name_len == 6 && !memcmp(p.name, "new_fd", 6)))
			to = strtoul(p.value, NULL, 10);
	}
	if (to == ULONG_MAX)
		return;
	struct grant *grant = grant_of(r, from);
	set_fd(r, to, grant ? (int)(grant - r->grants) : NO_GRANT);
}

static void use_call(struct recording *r, const struct call *call)
{
	struct needed needed[2];
	static const char *const executing[] = { "exec", "fexecve", "posix_spawn", "system", "popen", "wordexp" };
	r->calls++;
	for (size_t i = 0; i < sizeof(executing) / sizeof(executing[0]); i++)
		r->executes |= !strncmp(call->function, executing[i], strlen(executing[i]));
	r->waits |= !strcmp(call->name, "poll_oneoff");
	if (call->error == WASI_ERRNO_NOTCAPABLE || call->error == WASI_ERRNO_ROFS) {
		/* It was refused, and the program did what it did all the same. */
		if (!r->n_denied++)
			r->denied = reason(call);
		return;
	}
	size_t n = needed_by(call, needed);
	for (size_t i = 0; i < n; i++) {
		struct grant *grant = grant_of(r, needed[i].fd);
		/* What turns out to be a directory was opened to be read. */
		if (grant && needed[i].fd != grant->fd && (!strncmp(call->name, "path_", 5) || call->error == WASI_ERRNO_ISDIR))
			needed[i].rights |= WASI_RIGHTS_FD_READDIR;
		if (grant)
			need(grant, needed[i].rights, call);
	}
	if (!call->error)
		follow(r, call);
}

/* Reads a whole recording. Ends the process (125) when the file is none. */
static void read_recording(FILE *in, const char *name, struct recording *r)
{
	char *line = NULL, *policy = NULL;
	size_t room = 0, len;
	FILE *head = open_memstream(&policy, &len);
	if (!head)
		cli_die(CLI_FAILED, "out of memory");
	for (ssize_t n; (n = getline(&line, &room, in)) > 0;) {
		struct call call;
		bool whole = line[n - 1] == '\n';
		if (whole)
			line[n - 1] = '\0';
		if (!strncmp(line, "\x7f" "ELF", 4) || !strncmp(line, "\0asm", 4))
			cli_die(CLI_FAILED, "%s: is a program, not a trace of one; record it with `wasiward trace -o FILE %s`", name, name);
		if (line[0] == '{')
			cli_die(CLI_FAILED, "%s: has lines of JSON; record it without --json", name);
		if (read_head(r, line, head))
			continue;
		r->end |= !strncmp(line, "+++ ", 4);
		bool cut = strstr(line, "\"...") != NULL;
		if (whole && call_parse(line, &call)) {
			use_call(r, &call);
			r->cut += cut;
		} else if (!whole || (strncmp(line, "+++ ", 4) && strncmp(line, "wasiward: ", 10) && strncmp(line, "stray ", 6))) {
			r->odd++;
		}
	}
	if (ferror(in))
		cli_die(CLI_FAILED, "%s: %s", name, strerror(errno));
	fclose(head);
	free(line);
	r->policy = policy;
	if (!r->head)
		cli_die(CLI_FAILED, "%s: %s; record one with `wasiward trace -o FILE PROGRAM` or `wasiward run --trace=FILE PROGRAM`", name,
			r->calls ? "does not say under which policy it was made" : "is no trace of wasiward's");
}

/* One line for each right of a grant: which call needed it first. */
static char *notes_of(const struct grant *grant)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		cli_die(CLI_FAILED, "out of memory");
	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++) {
		if (grant->first[bit])
			fprintf(out, "%s: %s\n", wasi_right_name(bit), grant->first[bit]);
		else if (grant->rights >> bit & 1)
			fprintf(out, "%s: poll_oneoff, which does not say of what\n", wasi_right_name(bit));
	}
	if (fclose(out))
		cli_die(CLI_FAILED, "out of memory");
	return text;
}

/* Cuts the recorded rules down to what was used, with the reasons as notes. unused: lists what was not. */
static void cut_down(struct recording *r, struct rules *rules, FILE *unused)
{
	size_t kept = 0;
	for (size_t i = 0; i < rules->n_dirs; i++) {
		struct rules_dir dir = rules->dirs[i];
		struct grant *grant = NULL;
		for (size_t k = 0; k < r->n_grants; k++) {
			if (r->grants[k].index == i)
				grant = &r->grants[k];
		}
		if (!grant || !grant->rights) {
			fprintf(unused, "not needed: --dir %s%s%s\n", dir.host, dir.guest ? "::" : "", dir.guest ? dir.guest : "");
			continue;
		}
		if (r->waits)
			grant->rights |= WASI_RIGHTS_POLL_FD_READWRITE & dir.rights;
		dir.rights &= grant->rights;
		dir.note = notes_of(grant);
		rules->dirs[kept++] = dir;
	}
	rules->n_dirs = kept;
	if (!r->executes && !r->filtered && r->end && rules->profile == POLICY_POSIX && rules->exec.mode == POLICY_EXEC_ANY)
		rules->exec.mode = POLICY_EXEC_NONE;
}

/* What a reader of the policy must know about the recording. */
static void put_doubts(FILE *out, const struct recording *r)
{
	if (!r->end)
		fputs("INCOMPLETE: the recording does not have the program's end; what came behind is not allowed.\n", out);
	if (r->odd)
		fprintf(out, "INCOMPLETE: %zu lines of the recording were no calls and are not counted.\n", r->odd);
	if (r->filtered)
		fputs("INCOMPLETE: the recording was made with filters (-e); calls that they left out are not allowed.\n", out);
	if (r->n_denied)
		fprintf(out, "%zu calls were refused in the recorded run, and are again; the first was %s.\n", r->n_denied, r->denied);
}

int policy_from_trace(int argc, char **argv)
{
	if (argc != 2 || !strcmp(argv[1], "--help"))
		cli_die(CLI_FAILED, "policy from-trace: name one trace, or - for standard input");
	const char *name = argv[1];
	FILE *in = strcmp(name, "-") ? fopen(name, "re") : stdin;
	if (!in)
		cli_die(CLI_FAILED, "%s: %s", name, strerror(errno));
	struct recording r = { 0 };
	read_recording(in, name, &r);
	struct rules rules = rules_default();
	char *comment = NULL;
	size_t len;
	FILE *policy = fmemopen(r.policy, strlen(r.policy), "r"), *out = open_memstream(&comment, &len);
	if (!policy || !out)
		cli_die(CLI_FAILED, "%s: the policy that it was made under cannot be read", name);
	if (policy_read(policy, name, &rules, stderr))
		cli_die(CLI_FAILED, "%s: the policy that it was made under cannot be read", name);
	fclose(policy);
	fprintf(out, "What a run needed that made %zu calls, and which call needed each right first.\n", r.calls);
	put_doubts(out, &r);
	cut_down(&r, &rules, out);
	fclose(out);
	bool partial = !r.end || r.odd || r.filtered;
	if (partial)
		cli_complain("%s: incomplete recording; its policy says so", name);
	unsigned lost = policy_write(stdout, &rules, comment);
	if (fflush(stdout))
		cli_die(CLI_FAILED, "standard output: %s", strerror(errno));
	return partial || lost;
}
