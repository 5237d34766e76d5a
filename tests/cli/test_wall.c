/* The wall as its users meet it: options, exit statuses, what is left behind. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

/* Compiles to a static program, into which no shim can come. */
static char *compile_static(const char *dir, const char *text)
{
	char *line, *program;
	put_file(dir, "p.c", text, strlen(text), 0644);
	cr_assert_gt(asprintf(&program, "%s/p", dir), 0);
	cr_assert_gt(asprintf(&line, "cc -w -static -o %s %s/p.c", program, dir), 0);
	cr_assert_eq(system(line), 0);
	return program;
}

#define READS "#include <fcntl.h>\nint main(int c, char **v) { return open(v[1], 0) < 0 ? 9 : 3; }\n"

Test(wall, a_static_program_runs_behind_it_alone)
{
	char *dir = fresh_dir();
	char *program = compile_static(dir, READS);
	struct outcome o = COMMAND(dir, "run", "--wall", "auto", "--dir", ".:ro", program, "a.txt");
	cr_expect_eq(o.status, 3, "%s", o.err);
	HAS(o.err, "runs behind the wall alone: it is statically linked");
	cr_expect_eq(COMMAND(dir, "run", "--wall", "auto", "--dir", ".", program, "/etc/passwd").status, 9);
	/* Not where the wall cannot say what the policy says, and not without it. */
	o = COMMAND(dir, "run", "--wall", "auto", "--dir", ".:rw,-path_unlink_file", program, "a.txt");
	cr_expect_eq(o.status, 126);
	HAS(o.err, "the wall alone cannot keep all rights");
	cr_expect_eq(COMMAND(dir, "run", "--wall", "off", "--dir", ".", program, "a.txt").status, 126);
	cr_expect_eq(COMMAND(dir, "run", "--wall", "auto", "--profile", "strict", "--dir", ".", program, "a.txt").status, 126);
}

Test(wall, a_time_limit_ends_everything)
{
	struct outcome o = COMMAND(NULL, "run", "--wall", "auto", "--timeout", "0.2", "sh", "-c", "sleep 600 & sleep 600");
	cr_expect_eq(o.status, 124);
	HAS(o.err, "ended after 0.2 seconds");
	cr_expect_eq(COMMAND(NULL, "run", "--wall", "auto", "--timeout", "600", "sh", "-c", "exit 4").status, 4);
	cr_expect_eq(COMMAND(NULL, "run", "--wall", "auto", "--timeout", "soon", "true").status, 125);
	HAS(COMMAND(NULL, "run", "--wall", "off", "--timeout", "1", "true").err, "--timeout needs the wall");
}

Test(wall, nothing_is_left_running)
{
	/* The output is open until both have ended. */
	struct outcome o = COMMAND(NULL, "run", "--wall", "auto", "sh", "-c", "sleep 600 & exit 6");
	cr_expect_eq(o.status, 6);
}

Test(wall, a_killed_launcher_takes_the_program_along)
{
	struct running r = START(NULL, "run", "--wall", "auto", "sh", "-c", "sleep 600 & echo ready; wait");
	kill(r.pid, SIGKILL);
	waitpid(r.pid, NULL, 0);
	cr_expect(all_have_ended(r.out));
}

/* There is no /proc by which the loader finds where a program lies. */
Test(wall, libraries_beside_a_program_are_found)
{
	static const char build[] =
		"cd %s && mkdir -p app/bin app/lib other && echo 'int answer(void) { return 7; }' > lib.c && "
		"echo 'int answer(void); int main(void) { return answer(); }' > main.c && cc -shared -fPIC -o app/lib/liborigin.so lib.c && "
		"cc -o app/bin/main main.c -Lapp/lib -lorigin -Wl,-rpath,'$ORIGIN/../lib' && ln -s ../app/bin/main other/link && "
		"printf '#! /data/other/link\n' > other/script && chmod +x other/script && sed 's/7/8/' lib.c > lib8.c && "
		"mkdir other/lib other/bin && cc -shared -fPIC -o other/lib/liborigin.so lib8.c";
	char *dir = fresh_dir(), *line;
	cr_assert_gt(asprintf(&line, build, dir), 0);
	cr_assert_eq(system(line), 0);
	cr_expect_eq(COMMAND(dir, "run", "--dir", ".", "app/bin/main").status, 7);
	cr_expect_eq(COMMAND(dir, "run", "--dir", ".", "other/link").status, 7);
	struct outcome o = COMMAND(dir, "run", "--dir", ".::/data:ro", "--cwd", "/data", "sh", "-c",
				   "app/bin/main; echo $?; other/link; echo $?; other/script; echo $?; cd other; ../app/bin/main; echo $?; "
				   "LD_ORIGIN_PATH=/data/other/bin /data/app/bin/main; echo $?; env | grep LD_; readlink /proc/self/exe");
	cr_expect_str_eq(o.out, "7\n7\n7\n7\n7\n/usr/bin/readlink\n", "%s%s", o.out, o.err);
}

Test(wall, signals_are_passed_on)
{
	struct running r = START(NULL, "run", "--wall", "auto", "sh", "-c", "trap 'exit 7' TERM; sleep 600 & echo ready; wait");
	kill(r.pid, SIGTERM);
	int status;
	waitpid(r.pid, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "%x", (unsigned)status);
}

Test(wall, guest_names_nest_and_hide)
{
	char *dir = fresh_dir();
	struct outcome o = COMMAND(dir, "run", "--wall", "auto", "--dir", ".::/data:ro", "--dir", "sub::/data/sub", "sh", "-c",
				   "cat /data/a.txt /data/sub/b.txt; echo x > /data/sub/new && cat /data/sub/new; echo x > /data/new");
	cr_expect_str_eq(o.out, "hello\ninner\nx\n");
	cr_expect_neq(o.status, 0);
	/* A grant that takes the runtime's place is the user's to make. */
	cr_expect_str_eq(COMMAND(dir, "run", "--wall", "auto", "--dir", "sub::/usr", "cat", "/usr/b.txt").out, "inner\n");
	cr_expect_str_eq(COMMAND(dir, "run", "--wall", "auto", "--runtime", "none", "--dir", ".::/", "/bin/cat", "/a.txt").out, "hello\n");
	HAS(COMMAND(dir, "run", "--wall", "auto", "--dir", ".::/x/../y", "true").err, "has a \"..\"");
}

Test(wall, a_thousand_grants)
{
	char *dir = fresh_dir();
	const char *script = "cd \"$1\"; set --; i=0; while [ $i -lt 1000 ]; do set -- \"$@\" --dir sub::/g/$((i % 7))/$i; i=$((i+1)); done; "
			     "exec \"$WASIWARD\" run --wall auto \"$@\" cat /g/0/994/b.txt /g/5/999/b.txt";
	char *line;
	cr_assert_gt(asprintf(&line, "sh -c '%s' sh %s | grep -c inner | grep -qx 2", script, dir), 0);
	cr_expect_eq(system(line), 0);
}

Test(wall, a_directory_as_standard_input_is_refused)
{
	char *line;
	cr_assert_gt(asprintf(&line, "%s run --wall auto true < / 2>/dev/null", getenv("WASIWARD")), 0);
	cr_expect_eq(WEXITSTATUS(system(line)), 125);
}

Test(wall, a_kernel_that_offers_less_is_an_error)
{
	/* A namespace that allows no further ones, and nobody with a privilege in it. */
	const char *within = "unshare -U --map-root-user sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv "
			     "--bounding-set -all --inh-caps -all \"$@\"' sh";
	char *line;
	cr_assert_gt(asprintf(&line, "%s true 2>/dev/null", within), 0);
	if (system(line) != 0)
		cr_skip_test("no user namespaces here");
	const char *w = getenv("WASIWARD");
	cr_assert_gt(asprintf(&line, "%s %s run --wall auto true 2>&1 | grep -q 'allow-weaker runs nevertheless'", within, w), 0);
	cr_expect_eq(system(line), 0);
	cr_assert_gt(asprintf(&line, "cd /tmp && %s %s run --wall auto --allow-weaker --dir . sh -c 'exit 8' 2>/dev/null", within, w), 0);
	cr_expect_eq(WEXITSTATUS(system(line)), 8);
	cr_assert_gt(asprintf(&line, "%s %s run --allow-weaker --wall require true 2>/dev/null", within, w), 0);
	cr_expect_eq(WEXITSTATUS(system(line)), 125);
	cr_assert_gt(asprintf(&line, "%s %s doctor >/dev/null", within, w), 0);
	cr_expect_eq(WEXITSTATUS(system(line)), 1);
}

/* The command beside a library that the loader cannot load. */
static char *with_broken_shim(const char *dir)
{
	char *line, *copy;
	cr_assert_gt(asprintf(&line, "mkdir %s/t %s/t/cli %s/t/shim && cp \"$WASIWARD\" %s/t/cli/ && echo x > %s/t/shim/libwasi-shim.so", dir, dir,
			      dir, dir, dir), 0);
	cr_assert_eq(system(line), 0);
	cr_assert_gt(asprintf(&copy, "%s/t/cli/wasiward", dir), 0);
	return copy;
}

Test(wall, a_program_without_its_shim_is_ended_or_told_of)
{
	char *dir = fresh_dir(), *copy = with_broken_shim(dir), *saved = getenv("WASIWARD");
	setenv("WASIWARD", copy, 1);
	/* ro and rw are the wall's own, too. */
	struct outcome o = COMMAND(dir, "run", "--wall", "auto", "--dir", ".:ro", "cat", "a.txt");
	cr_expect_eq(o.status, 0);
	HAS(o.err, "the shim did not come into the program, which runs behind the wall alone");
	/* Once, whenever it is noticed. */
	o = COMMAND(dir, "run", "--wall", "auto", "sleep", "0.5");
	char *told = strstr(o.err, "the shim did not");
	cr_expect(told && !strstr(told + 1, "the shim did not"), "%s", o.err);
	const char *fine = ".:rw,-path_unlink_file";
	o = COMMAND(dir, "run", "--wall", "auto", "--dir", fine, "cat", "a.txt");
	cr_expect_eq(o.status, 126);
	HAS(o.err, "the wall alone cannot keep all rights");
	/* Not only when it is over, and soon. */
	struct timespec before, after;
	clock_gettime(CLOCK_MONOTONIC, &before);
	o = COMMAND(dir, "run", "--wall", "auto", "--timeout", "25", "--dir", fine, "sleep", "30");
	clock_gettime(CLOCK_MONOTONIC, &after);
	cr_expect_eq(o.status, 126);
	cr_expect_leq(after.tv_sec - before.tv_sec, 5);
	setenv("WASIWARD", saved, 1);
	cr_expect_eq(COMMAND(dir, "run", "--wall", "auto", "--dir", fine, "cat", "a.txt").status, 0);
}
