/* Policy files: what they say, what they must not say, and that what is written reads back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

/* Reads a text as the file "f"; returns all messages, "" if there are none. */
static char *read_text(const char *text, size_t len, struct rules *rules)
{
	char *errors = NULL;
	size_t size = 0;
	FILE *in = fmemopen((char *)(uintptr_t)text, len, "r"), *out = open_memstream(&errors, &size);
	cr_assert(in && out);
	unsigned n = policy_read(in, "f", rules, out);
	fclose(in);
	fclose(out);
	unsigned lines = 0;
	for (const char *c = errors; *c; c++)
		lines += *c == '\n';
	cr_expect_eq(n, lines, "as many mistakes as lines: %s", errors);
	return errors;
}

static char *mistakes(const char *text)
{
	struct rules rules = rules_default();
	return read_text(text, strlen(text), &rules);
}
#define MISTAKE(text, message) cr_expect_str_eq(mistakes(text), message)

static struct rules good(const char *text)
{
	struct rules rules = rules_default();
	cr_expect_str_eq(read_text(text, strlen(text), &rules), "");
	return rules;
}

static char *written(const struct rules *rules)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	policy_write(out, rules, NULL);
	fclose(out);
	return text;
}

Test(policy_file, comments_and_json_are_both_read)
{
	struct rules a = good("# mine\nversion: 1\ndirs:\n  - host: src # there\n    rights: [fd_read, path_open]\nlimits:\n  time: 2.5\n");
	struct rules b = good("{\n\t\"version\": 1,\n\t\"dirs\": [{\"host\":\"src\",\"rights\":\"fd_read,path_open\"}],\n"
			      "\t\"limits\": {\"time\":2.5}\n}\n");
	cr_expect_eq(a.n_dirs, 1);
	cr_expect_str_eq(a.dirs[0].host, "src");
	cr_expect_null(a.dirs[0].guest);
	cr_expect_eq(a.dirs[0].rights, WASI_RIGHTS_FD_READ | WASI_RIGHTS_PATH_OPEN);
	cr_expect_str_eq(a.dirs[0].where, "f:4");
	cr_expect_eq(a.limits.time_ns, 2500000000u);
	cr_expect_str_eq(written(&a), written(&b));
}

Test(policy_file, every_key_is_read_and_written)
{
	const char *text = "version: 1\n"
			   "\ndirs:\n  - host: .\n    guest: \"/a b\"\n    rights: rw\n  - host: /x\n    rights: [ro, fd_write]\n"
			   "    optional: true\n"
			   "\nenv:\n  A: \"x\\\"y\\\\ \\x01é\"\n  B: \"\"\n"
			   "\nprofile: strict\nruntime: [/usr/lib, /usr/bin]\ncwd: /a\nexec: [/bin/sh]\njit: refused\ntmp: private\n"
			   "proc: own\nclock: \"offset:-1.5\"\nrandom: \"seed:7\"\nreaddir: sorted\n"
			   "\nstdio:\n  stdin: \"null\"\n  stdout: \"null\"\n  stderr: \"null\"\n"
			   "\nlimits:\n  time: 0.25\n  memory: 2G\n  processes: 3\n  descriptors: 9\n  output: 1000\n  file_size: 1K\n";
	struct rules r = good(text);
	cr_expect_str_eq(written(&r), text);
	for (int i = 0; i < RULE_COUNT; i++)
		cr_expect(i == RULE_NET || !rule_is_default(&r, (enum rule)i), "%s has a value of its own above", rule_key((enum rule)i));
	struct rules empty = good("{}");
	cr_expect_str_eq(written(&empty), "version: 1\n");
}

Test(policy_file, a_mistake_has_its_file_line_and_key)
{
	MISTAKE("dirs:\n  - host: .\n    rigths: ro\n", "f:3: rigths: no such key; did you mean \"rights\"?\n");
	MISTAKE("dirs:\n  - rights: ro\n", "f:2: dirs: \"host\" is missing: the directory to grant\n");
	MISTAKE("dirs:\n  - {host: a, rights: [fd_raed]}\n", "f:2: rights: no right \"fd_raed\"; did you mean \"fd_read\"?\n");
	MISTAKE("dirs: .\n", "f:1: dirs: must be a sequence: [ { host: …, rights: … }, … ]\n");
	MISTAKE("dirs: [{host: a, optional: yes}]\n", "f:1: optional: must be true or false\n");
	MISTAKE("\nlimits:\n  memory: lots\n",
		"f:3: limits.memory: lots: not a number of bytes; write 1000000, 64K, 512M or 2G\n");
	MISTAKE("limits: {memroy: 1}\n", "f:1: limits.memroy: no such key; did you mean \"limits.memory\"?\n");
	MISTAKE("limits: {processes: 0}\n", "f:1: limits.processes: 0: not a whole number above 0\n");
	MISTAKE("limits: 3\n", "f:1: limits: must be a mapping: { name: value, … }\n");
	MISTAKE("exec: sh\n", "f:1: exec: sh: \"sh\": write any, none or absolute paths\n");
	MISTAKE("profile: [posix, strict]\n", "f:1: profile: takes one value\n");
	MISTAKE("exec: []\n", "f:1: exec: needs a value\n");
	MISTAKE("network: all\n", "f:1: network: all: must be none: addresses cannot be granted yet\n");
	MISTAKE("clock: soon\n", "f:1: clock: soon: write fixed:TIME or offset:SECONDS\n");
	MISTAKE("version: 2\n", "f:1: version: 2: this wasiward knows version 1\n");
	MISTAKE("env: {A=B: c}\n", "f:1: env: \"A=B\" is no name of a variable\n");
	MISTAKE("env: {A: [1]}\n", "f:1: A: must be a single value\n");
}

Test(policy_file, every_mistake_is_told)
{
	MISTAKE("cwd: /\ncwd: /x\nclok: real\nstdio.stdin: null\n",
		"f:2: cwd: stands here twice\nf:3: clok: no such key; did you mean \"clock\"?\n"
		"f:4: stdio.stdin: no such key; sections are written as mappings\n");
}

Test(policy_file, what_is_no_policy_is_refused)
{
	MISTAKE(" ", "f:1: the file is empty; a policy that grants nothing is {}\n");
	MISTAKE("[1, 2]", "f:1: must be a mapping: { name: value, … }\n");
	MISTAKE("{}\n---\n{}\n", "f:3: a second document; a file holds one policy\n");
	MISTAKE("dirs: [\n  {host: a", "f:3: did not find expected ',' or '}', while parsing a flow mapping\n");
	MISTAKE("exec: &x /bin/sh\ncwd: *x\n", "f:1: cwd: stands in several places (\"*\"); write it out\n");
	MISTAKE("env: &x [*x]\n", "f:1: env: stands in several places (\"*\"); write it out\n");
	MISTAKE("cwd: \"a\\0b\"\n", "f:1: cwd: has a NUL in it\n");
	MISTAKE("cwd: \xff\n", "f:1: invalid leading UTF-8 octet\n");
	struct rules rules = rules_default();
	size_t large = (1u << 20) + 1;
	char *text = malloc(large);
	memset(text, ' ', large);
	cr_expect(strstr(read_text(text, large, &rules), "larger than 1 MiB"));
	memset(text, '[', large);
	cr_expect_str_eq(read_text(text, 100000, &rules), "f:1: nested deeper than 16; no policy is\n");
}

Test(policy_file, later_words_win_and_grants_add_up)
{
	struct rules r = good("dirs: [a]\nenv: {A: 1}\nclock: \"fixed:5\"\n");
	const char *more = "dirs: [b:ro]\nenv: {A: 2, B: 3}\nclock: real\n";
	cr_expect_str_eq(read_text(more, strlen(more), &r), "");
	cr_expect_eq(r.n_dirs, 2);
	cr_expect_eq(r.n_env, 2);
	cr_expect_str_eq(r.env[0], "A=2");
	cr_expect(rule_is_default(&r, RULE_CLOCK));
}

Test(policy_file, a_variable_without_value_is_the_callers_own)
{
	setenv("WASIWARD_TEST_THERE", "x=y", 1);
	struct rules r = good("env:\n  WASIWARD_TEST_THERE:\n  WASIWARD_TEST_ABSENT: null\n  QUOTED: \"\"\n");
	cr_assert_eq(r.n_env, 2);
	cr_expect_str_eq(r.env[0], "WASIWARD_TEST_THERE=x=y");
	cr_expect_str_eq(r.env[1], "QUOTED=");
}

Test(policy_file, names_that_are_no_text_are_left_out_aloud)
{
	struct rules r = rules_default();
	rules_add_dir(&r, (struct rules_dir){ .host = strdup("a\xff"), .rights = WASI_RIGHTS_FD_READ, .note = strdup("why\nand how") });
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	cr_expect_eq(policy_write(out, &r, "head"), 1);
	fclose(out);
	cr_expect_str_eq(text, "# head\nversion: 1\n\ndirs:\n  # why\n  # and how\n"
			       "  # a directory whose name is no text (UTF-8) was left out; name it with --dir\n");
}

Test(rules, a_failed_setting_leaves_what_was_there)
{
	struct rules r = good("exec: [/bin/sh]\nrandom: \"seed:3\"\n");
	char message[RULES_MESSAGE];
	cr_expect_not(rules_set_text(&r, RULE_EXEC, "/bin/cat,x", message));
	cr_expect_not(rules_set_text(&r, RULE_RANDOM, "seed:x", message));
	cr_expect_str_eq(written(&r), "version: 1\n\nexec: [/bin/sh]\nrandom: \"seed:3\"\n");
}

Test(rules, numbers_have_ends)
{
	struct rules r = rules_default();
	char message[RULES_MESSAGE];
	static const char *const bad[] = { "", "-1", "0", "1X", "1KK", "99999999999999999999", "9000000T", "1.5G" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(rules_set_text(&r, RULE_MAX_MEMORY, bad[i], message), "%s", bad[i]);
	cr_expect(rules_set_text(&r, RULE_MAX_MEMORY, "4T", message));
	cr_expect_eq(r.limits.memory, UINT64_C(4) << 40);
	cr_expect_not(rules_set_text(&r, RULE_MAX_PROCESSES, "3000000000", message));
	cr_expect_not(rules_set_text(&r, RULE_TIMEOUT, "nan", message));
	cr_expect_not(rules_set_text(&r, RULE_TIMEOUT, "0", message));
}
