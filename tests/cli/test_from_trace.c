/* `wasiward policy from-trace`: policies that fit, and recordings that are none. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)
#define LACKS(text, part) cr_expect(!strstr(text, part), "unexpected \"%s\" in:\n%s", part, text)

/* Runs a line of shell in the directory, with WASIWARD set. */
static int in_dir(const char *dir, const char *text)
{
	char *line;
	cr_assert_gt(asprintf(&line, "cd %s && { %s; }", dir, text), 0);
	int status = system(line);
	free(line);
	return status;
}

/* The program reads a file, makes one, and is refused what is not there; what it does all the same must go on as it went. */
static const char source[] =
	"#include <fcntl.h>\n#include <stdio.h>\n#include <sys/stat.h>\n#include <unistd.h>\n"
	"int main(void)\n{\n\tchar buf[8];\n\tstruct stat st;\n"
	"\tint fd = open(\"a.txt\", O_RDONLY), out = open(\"made\", O_WRONLY | O_CREAT | O_TRUNC, 0644);\n"
	"\tint dir = open(\"sub\", O_RDONLY | O_DIRECTORY);\n"
	"\tssize_t n = dir < 0 ? -1 : read(fd, buf, sizeof buf);\n\twrite(out, buf, n);\n\tclose(out);\n"
	"\treturn n != 6 || stat(\"made\", &st) || st.st_size != 6 || stat(\"none\", &st) == 0 || mkdir(\"d\", 0777) || rmdir(\"d\");\n}\n";

static char *recorded(const char *name)
{
	char *dir = fresh_dir(), *line;
	put_file(dir, "p.c", source, strlen(source), 0644);
	cr_assert_eq(in_dir(dir, "mkdir unused && cc -w -o p p.c"), 0);
	cr_assert_gt(asprintf(&line, "\"$WASIWARD\" trace -o %s --dir .::/w --dir unused::/unused --cwd /w ./p", name), 0);
	cr_assert_eq(in_dir(dir, line), 0);
	return dir;
}

Test(from_trace, a_run_under_its_own_policy_is_refused_nothing)
{
	char *dir = recorded("calls");
	struct outcome o = COMMAND(dir, "policy", "from-trace", "calls");
	cr_expect_eq(o.status, 0, "%s", o.err);
	HAS(o.out, "  # path_create_file: path_open_mode(\"made\", creat|trunc) from open\n");
	HAS(o.out, "  # path_create_directory: path_create_directory_mode(\"d\") from mkdir\n");
	HAS(o.out, "guest: /w\n");
	HAS(o.out, "# not needed: --dir unused::/unused\n");
	HAS(o.out, "exec: none\n");
	LACKS(o.out, "path_unlink_file");
	LACKS(o.out, "path_symlink");
	put_file(dir, "p.yaml", o.out, strlen(o.out), 0644);
	cr_expect_eq(COMMAND(dir, "policy", "check", "p.yaml").status, 0);
	o = COMMAND(dir, "run", "--explain", "--policy", "p.yaml", "./p");
	cr_expect_eq(o.status, 0);
	cr_expect_str_empty(o.err);
}

/* Every right that is written down is needed: without it the program does not end as it did. Rights that change nothing outside
 * and only look at or tune a descriptor may be missed silently. */
Test(from_trace, no_right_can_be_taken_away)
{
	static const char *const silent[] = { "fd_seek", "fd_advise", "fd_filestat_get", "fd_tell" };
	char *dir = recorded("calls");
	struct outcome o = COMMAND(dir, "policy", "from-trace", "calls");
	char *list = strstr(o.out, "rights: [");
	cr_assert(list);
	list += 9;
	char *end = strchr(list, ']');
	cr_assert(end);
	int tried = 0;
	for (char *word = list; word < end;) {
		size_t len = strcspn(word, ",]");
		char *right = strndup(word, len), *policy, *before = strndup(o.out, (size_t)(word - o.out));
		bool last = word[len] == ']';
		bool may = false;
		for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
			may |= !strcmp(right, silent[i]);
		if (last) /* the comma before it goes, too */
			before[strlen(before) - 2] = '\0';
		cr_assert_gt(asprintf(&policy, "%s%s", before, word + len + (last ? 0 : 2)), 0);
		put_file(dir, "less.yaml", policy, strlen(policy), 0644);
		cr_assert_eq(in_dir(dir, "rm -f made"), 0);
		struct outcome less = COMMAND(dir, "run", "--policy", "less.yaml", "./p");
		cr_expect(may || less.status != 0, "%s is not needed", right);
		tried++;
		word += len + 2;
	}
	cr_expect_gt(tried, 5);
}

Test(from_trace, the_file_of_run_and_times_and_processes_are_read_too)
{
	char *dir = fresh_dir();
	cr_assert_eq(in_dir(dir, "\"$WASIWARD\" run --trace=raw --dir . sh -c 'cat a.txt >/dev/null; echo x >new; rm new'"), 0);
	struct outcome o = COMMAND(dir, "policy", "from-trace", "raw");
	HAS(o.out, "path_unlink_file: path_unlink_file(\"new\") from unlinkat\n");
	LACKS(o.out, "exec: none");
	cr_assert_eq(in_dir(dir, "\"$WASIWARD\" trace -trT -o timed --dir . sh -c 'cat a.txt >/dev/null; echo x >new; rm new'"), 0);
	struct outcome timed = COMMAND(dir, "policy", "from-trace", "timed");
	cr_expect_eq(timed.status, 0);
	HAS(timed.out, "path_unlink_file: path_unlink_file(\"new\") from unlinkat\n");
}

Test(from_trace, incomplete_recordings_are_marked_and_what_is_there_is_kept)
{
	char *dir = recorded("calls");
	cr_assert_eq(in_dir(dir, "sed -n '1,/fd_write(/p' calls | head -c -20 >cut && sed 's/^+++.*/garbage/' calls >garbled"), 0);
	struct outcome o = COMMAND(dir, "policy", "from-trace", "cut");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "# INCOMPLETE: the recording does not have the program's end");
	HAS(o.out, "path_create_file: ");
	LACKS(o.out, "path_create_directory: ");
	LACKS(o.out, "exec: none");
	HAS(o.err, "cut: incomplete recording");
	o = COMMAND(dir, "policy", "from-trace", "garbled");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "# INCOMPLETE: 1 lines of the recording were no calls");
	cr_assert_eq(in_dir(dir, "\"$WASIWARD\" trace -o some -e call=path_stat --dir .::/w --cwd /w ./p"), 0);
	o = COMMAND(dir, "policy", "from-trace", "some");
	cr_expect_eq(o.status, 1);
	HAS(o.out, "# INCOMPLETE: the recording was made with filters (-e)");
}

Test(from_trace, a_killed_program_gives_what_it_did_so_far)
{
	char *dir = fresh_dir();
	cr_expect_neq(in_dir(dir, "\"$WASIWARD\" trace -o killed --dir . -- sh -c 'echo x >new; kill -9 $$; rm new'"), 0);
	struct outcome o = COMMAND(dir, "policy", "from-trace", "killed");
	cr_expect_eq(o.status, 0);
	HAS(o.out, "path_create_file: ");
	LACKS(o.out, "path_unlink_file");
}

Test(from_trace, what_is_no_recording_is_told_apart)
{
	char *dir = recorded("calls");
	cr_assert_eq(in_dir(dir, "printf 'open(\"a\") = 3\\n' >strace; : >empty; grep -v '^# wasiward' calls >headless; "
				 "\"$WASIWARD\" trace --json -o json --dir .::/w --cwd /w ./p; sed 's/rights: rw/rights: rx/' calls >bad"), 0);
	struct outcome o = COMMAND(dir, "policy", "from-trace", "p");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "p: is a program, not a trace of one");
	HAS(COMMAND(dir, "policy", "from-trace", "json").err, "has lines of JSON; record it without --json");
	HAS(COMMAND(dir, "policy", "from-trace", "empty").err, "empty: is no trace of wasiward's");
	HAS(COMMAND(dir, "policy", "from-trace", "strace").err, "strace: does not say under which policy it was made");
	HAS(COMMAND(dir, "policy", "from-trace", "headless").err, "does not say under which policy it was made");
	HAS(COMMAND(dir, "policy", "from-trace", "bad").err, "the policy that it was made under cannot be read");
	HAS(COMMAND(dir, "policy", "from-trace", "gone").err, "gone: No such file or directory");
	cr_expect_eq(COMMAND(dir, "policy", "from-trace").status, 125);
}
