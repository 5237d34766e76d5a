/* Programs that are linked with musl: which shim they get, also from programs of the other C library, and what happens
 * without one. GLIBC_CHAIN and MUSL_CHAIN name chain.c's programs. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define HAS(text, part) cr_expect(strstr(text, part), "missing \"%s\" in:\n%s", part, text)

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
	char *line;
	va_list ap;
	va_start(ap, format);
	cr_assert_gt(vasprintf(&line, format, ap), 0);
	va_end(ap);
	cr_assert_eq(system(line), 0, "%s", line);
}

/* A directory with the programs g and m, to be granted as /data. */
static char *programs(void)
{
	char *dir = fresh_dir();
	shell("cp %s %s/g", GLIBC_CHAIN, dir);
	shell("cp %s %s/m", MUSL_CHAIN, dir);
	return dir;
}

#define SEEN(libc) libc " in /data/sub reads hello, passes nothing\n"

Test(musl, exec_switches_libraries_and_the_policy_crosses)
{
	char *dir = programs();
	struct outcome o = COMMAND(dir, "run", "--dir", ".::/data", "./g", "--first", "/data/m", "/data/m", "/data/g", "/data/m");
	cr_expect_eq(o.status, 0, "%s", o.err);
	cr_expect_str_eq(o.out, SEEN("glibc") SEEN("musl") SEEN("musl") SEEN("glibc") SEEN("musl"), "%s", o.out);
	o = COMMAND(dir, "run", "--wall", "off", "--dir", ".::/data", "./m", "--first", "/data/g", "/data/m");
	cr_expect_eq(o.status, 0, "%s", o.err);
	cr_expect_str_eq(o.out, SEEN("musl") SEEN("glibc") SEEN("musl"), "%s", o.out);
}

Test(musl, scripts_get_the_shim_of_their_interpreter)
{
	char *dir = programs();
	const char line[] = "#!/data/m --last\n";
	put_file(dir, "script", line, sizeof(line) - 1, 0755);
	struct outcome o = COMMAND(dir, "run", "--dir", ".::/data", "./g", "--first", "/data/script");
	cr_expect_eq(o.status, 0, "%s", o.err);
	cr_expect_str_eq(o.out, SEEN("glibc") SEEN("musl"), "%s", o.out);
	char *own;
	cr_assert_gt(asprintf(&own, "#!%s/m --last\n", dir), 0);
	put_file(dir, "own", own, strlen(own), 0755);
	o = COMMAND(dir, "run", "--dir", ".::/data", "./own");
	cr_expect_eq(o.status, 0, "%s", o.err);
	HAS(o.out, "musl in ");
	HAS(o.out, "passes nothing");
}

Test(musl, a_denial_is_explained)
{
	char *dir = programs();
	struct outcome o = COMMAND(dir, "run", "--explain", "--dir", ".::/data", "./m", "--first");
	cr_expect_eq(o.status, 0, "%s", o.err);
	HAS(o.err, "denied: open \"/etc/passwd\"");
	HAS(o.err, "allow with: --dir /etc::/etc:ro");
}

Test(musl, static_programs_are_refused_without_the_wall)
{
	char *dir = programs();
	put_file(dir, "s.c", "int main(void){return 3;}\n", 26, 0644);
	shell("musl-gcc -static -o %s/s %s/s.c", dir, dir);
	struct outcome o = COMMAND(dir, "run", "--wall", "off", "--dir", ".::/data", "./s");
	cr_expect_eq(o.status, 126);
	HAS(o.err, "it is statically linked");
	o = COMMAND(dir, "run", "--wall", "off", "--dir", ".::/data", "./m", "--first", "/data/s");
	cr_expect_eq(o.status, 2);
	HAS(o.out, "/data/s: Permission denied");
}

Test(musl, without_its_shim_a_program_is_refused)
{
	char *dir = programs(), *copy, *saved = getenv("WASIWARD");
	shell("mkdir -p %s/t/cli && cp \"$WASIWARD\" %s/t/cli/", dir, dir);
	shell("mkdir -p %s/t/shim && cp \"$(dirname \"$WASIWARD\")/../shim/libwasi-shim.so\" %s/t/shim/", dir, dir);
	cr_assert_gt(asprintf(&copy, "%s/t/cli/wasiward", dir), 0);
	setenv("WASIWARD", copy, 1);
	struct outcome o = COMMAND(dir, "run", "--dir", ".::/data", "./m", "--first");
	cr_expect_eq(o.status, 126);
	HAS(o.err, "it is linked with musl, and the shim for that is not installed");
	HAS(o.err, "musl-dev");
	o = COMMAND(dir, "run", "--explain", "--dir", ".::/data", "./g", "--first", "/data/m");
	cr_expect_eq(o.status, 2);
	HAS(o.out, "/data/m: Permission denied");
	HAS(o.err, "the shim for programs of its C library is not installed");
	HAS(COMMAND(dir, "doctor").out, "musl  NOT INSTALLED");
	setenv("WASIWARD", saved, 1);
	HAS(COMMAND(dir, "doctor").out, "libwasi-shim-musl.so");
}
