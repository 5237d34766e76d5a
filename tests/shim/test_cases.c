/* Each case of cases.def: a fresh tree, the launcher, the shim, the probe. What matters is the probe's exit status. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *pattern, ...)
{
	va_list ap;
	char *text;

	va_start(ap, pattern);
	cr_assert(vasprintf(&text, pattern, ap) >= 0);
	va_end(ap);
	return text;
}

static void put(const char *dir, const char *name, const char *text)
{
	FILE *f = fopen(format("%s/%s", dir, name), "w");

	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

static void make_link(const char *contents, const char *dir, const char *name)
{
	cr_assert(symlink(contents, format("%s/%s", dir, name)) == 0);
}

static void run_tool(const char *command)
{
	cr_assert(system(command) == 0, "%s", command);
}

/* What the C library would read if it were told to: a zone, a locale, a conversion, messages. */
static void make_library_data(const char *root)
{
	char *outside = format("%s/outside", root);

	put(outside, "gconv-modules", "alias SECRET// UTF-8//\n");
	put(outside, "messages.txt", "$set 1\n1 SECRET\n");
	put(outside, "messages.po", "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\n"
				    "msgid \"text\"\nmsgstr \"SECRET\"\n");
	run_tool(format("cd %s && cp /usr/share/zoneinfo/Asia/Tokyo zone && cp -r /usr/lib/locale/C.utf8 xx.utf8 && "
			"gencat messages.cat messages.txt && mkdir -p xx/LC_MESSAGES && "
			"msgfmt -o xx/LC_MESSAGES/messages.mo messages.po",
			outside));
}

/* The tree that cases.def speaks of. */
static char *make_tree(void)
{
	char *root = format("/tmp/shim-test-XXXXXX"), *data;

	cr_assert(mkdtemp(root));
	data = format("%s/data", root);
	cr_assert(mkdir(data, 0755) == 0 && mkdir(format("%s/dir", data), 0755) == 0);
	cr_assert(mkdir(format("%s/ro", root), 0755) == 0 && mkdir(format("%s/outside", root), 0755) == 0);
	put(data, "a", "content of a");
	put(data, "dir/inner", "inner");
	put(root, "ro/r", "read only");
	put(root, "outside/secret", "SECRET");
	make_link("a", data, "link");
	make_link("/data/a", data, "abs");
	make_link("/data/dir", data, "abs-dir");
	make_link("/ro/r", data, "to-ro");
	make_link("../ro/r", data, "to-ro-relative");
	make_link("loop", data, "loop");
	make_link("/data/abs-loop", data, "abs-loop");
	make_link(format("%s/outside/secret", root), data, "out");
	make_link(format("%s/outside", root), data, "out-dir");
	make_link("../outside/secret", data, "out-relative");
	run_tool(format("cp %s %s/ro/probe", SHIM_PROBE, root));
	run_tool(format("cp %s %s/static", SHIM_STATIC, data));
	run_tool(format("cp %s %s/setuid", SHIM_PROBE, data));
	return root;
}

static void run_case(const char *name, const char *profile, char *options)
{
	char *root = make_tree(), *argv[32], *at = options;
	int n = 0, status;

	if (strncmp(name, "variables", 9) == 0)
		make_library_data(root);
	argv[n++] = (char *)SHIM_LAUNCH;
	if (SHIM_MUSL_PROBE)
		argv[n++] = (char *)"--musl";
	if (strcmp(profile, "strict") == 0)
		argv[n++] = (char *)"--strict";
	for (char *word; (word = strsep(&at, " "));) {
		if (*word)
			argv[n++] = word;
	}
	argv[n++] = (char *)"--cwd";
	argv[n++] = strcmp(profile, "strict") == 0 ? (char *)"/" : (char *)"/data";
	argv[n++] = (char *)"--dir";
	argv[n++] = format("%s/data::/data", root);
	argv[n++] = (char *)"--dir";
	argv[n++] = format("%s/ro::/ro:ro", root);
	argv[n++] = (char *)SHIM_PROBE;
	argv[n++] = (char *)name;
	argv[n] = NULL;

	pid_t pid = fork();
	if (pid == 0) {
		setenv("SHIM", SHIM_LIBRARY, 1);
		setenv("SHIM_MUSL", SHIM_MUSL_LIBRARY, 1);
		umask(022);
		int null = open("/dev/null", O_RDONLY);
		dup2(null, 0);
		execv(argv[0], argv);
		_exit(126);
	}
	cr_assert(waitpid(pid, &status, 0) == pid);
	run_tool(format("test \"$(cat %s/outside/secret)\" = SECRET", root));
	run_tool(format("rm -rf %s", root));
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x: see the line above", status);
}

#define CASE(name, profile, options)           \
	Test(shim, name, .timeout = 60)        \
	{                                      \
		char words[] = options;        \
		run_case(#name, #profile, words); \
	}
#include "cases.def"
