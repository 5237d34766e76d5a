/* What the command says to its users: help, mistakes, suggestions. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

Test(options, help_goes_to_standard_output_and_names_every_option)
{
	struct outcome o = COMMAND(NULL, "run", "--help");
	cr_expect_eq(o.status, 0);
	static const char *const names[] = {
#define OPTION(ID, name, short_name, ARG, metavar, help) "--" name,
#define GROUP(heading)
#include "options.def"
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		HAS(o.out, names[i]);
	HAS(o.out, "Exit status");
	cr_expect_str_empty(o.err);
	HAS(COMMAND(NULL, "--help").out, "Examples");
	cr_expect_str_eq(COMMAND(NULL, "help", "run").out, o.out);
}

Test(options, version_is_one_line)
{
	struct outcome o = COMMAND(NULL, "--version");
	cr_expect_eq(o.status, 0);
	cr_expect_eq(strncmp(o.out, "wasiward ", 9), 0);
	cr_expect_str_eq(COMMAND(NULL, "run", "--version").out, o.out);
}

Test(options, nothing_to_do_is_a_mistake)
{
	cr_expect_eq(command(NULL, (const char *const[]){ NULL }).status, 125);
	struct outcome o = COMMAND(NULL, "run");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "no program is named");
}

Test(options, unknown_options_name_the_nearest)
{
	struct outcome o = COMMAND(NULL, "run", "--explian", "true");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "no option \"--explian\", did you mean \"--explain\"?");
	HAS(COMMAND(NULL, "run", "--trcae=x", "true").err, "did you mean \"--trace\"?");
	HAS(COMMAND(NULL, "run", "--xyzzy-nothing-like-it", "true").err, "no option \"--xyzzy-nothing-like-it\"; see");
	HAS(COMMAND(NULL, "run", "-q", "true").err, "no option \"-q\"");
	HAS(COMMAND(NULL, "run", "--dir").err, "--dir needs a value");
	HAS(COMMAND(NULL, "rnu", "true").err, "did you mean \"run\"?");
}

Test(options, unknown_rights_name_the_nearest)
{
	struct outcome o = COMMAND(NULL, "run", "--dir", "/tmp:fd_raed", "true");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "no right \"fd_raed\"; did you mean \"fd_read\"?");
	HAS(COMMAND(NULL, "run", "--dir", "/tmp:r", "true").err, "did you mean \"ro\"?");
	HAS(COMMAND(NULL, "run", "--dir", "/tmp:completely-different", "true").err, "after a colon come ro, rw or rights");
}

Test(options, bad_directories_are_named)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "--dir", "missing", "true");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "--dir missing: No such file or directory");
	HAS(COMMAND(dir, "run", "--dir", "a.txt", "true").err, "--dir a.txt: Not a directory");
	o = COMMAND(dir, "run", "--dir", "sub::/d", "--dir", ".::/d", "true");
	cr_expect_eq(o.status, 125);
	HAS(o.err, "would see two directories as /d");
	HAS(COMMAND(dir, "run", "--dir", ".", "--dir", "./", "true").err, "would see two directories");
	HAS(COMMAND(dir, "run", "--dir", "::/d", "true").err, "no directory is named");
	HAS(COMMAND(dir, "run", "--dir", ".::", "true").err, "guest's name is empty");
}

Test(options, bad_values_name_the_choices)
{
	HAS(COMMAND(NULL, "run", "--profile", "strcit", "true").err, "did you mean \"strict\"?");
	HAS(COMMAND(NULL, "run", "--profile", "zzzzzzzzz", "true").err, "must be posix or strict");
	HAS(COMMAND(NULL, "run", "--env", "=x", "true").err, "the variable has no name");
	HAS(COMMAND(fresh_dir(), "run", "--trace=gone/file", "true").err, "--trace=gone/file: No such file");
}

Test(options, clock_and_random_say_what_they_take)
{
	HAS(COMMAND(NULL, "run", "--clock", "fixed:yesterday", "true").err, "is no time since 1970");
	HAS(COMMAND(NULL, "run", "--clock", "fixed:-1", "true").err, "is no time since 1970");
	HAS(COMMAND(NULL, "run", "--clock", "fixed:99999999999999", "true").err, "is no time since 1970");
	HAS(COMMAND(NULL, "run", "--clock", "offset:1h", "true").err, "is no number of seconds");
	HAS(COMMAND(NULL, "run", "--clock", "later", "true").err, "write fixed:TIME or offset:SECONDS");
	HAS(COMMAND(NULL, "run", "--random", "seed:", "true").err, "write seed:NUMBER");
	HAS(COMMAND(NULL, "run", "--random", "7", "true").err, "write seed:NUMBER");
	HAS(COMMAND(NULL, "run", "--clock", "fixed:0", "true").err, "needs --profile strict");
}
