/* Processes: what crosses a fork and an exec. */
#include <dlfcn.h>
#include <fmtmsg.h>
#include <grp.h>
#include <libintl.h>
#include <nl_types.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <time.h>

#include "probe.h"

extern char **environ;

/* The probe itself lies in the read-only grant. */
#define PROBE "/ro/probe"

static int status_of(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Runs PROBE with two words in a child, with this environment. */
static int run(const char *a, const char *b, char **env)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = {(char *)PROBE, (char *)a, (char *)b, NULL};
		execve(PROBE, argv, env);
		_exit(99);
	}
	return status_of(pid);
}

void case_fork_shares_and_separates(void)
{
	int fd = open("a", O_RDONLY);
	char c;
	pid_t pid = fork();

	if (pid == 0) {
		if (read(fd, &c, 1) != 1 || close(fd) || chdir("dir"))
			_exit(1);
		_exit(open("inner", O_RDONLY) >= 0 ? 0 : 2);
	}
	CHECK(status_of(pid) == 0);
	CHECK(lseek(fd, 0, SEEK_CUR) == 1 && is("a", "content of a"));
	pid = vfork();
	if (pid == 0) {
		close(fd);
		_exit(0);
	}
	CHECK(status_of(pid) == 0 && read(fd, &c, 1) == 1);
}

void case_exec_hands_the_policy_on(void)
{
	CHECK(run("--denied", "", environ) == 0);
	CHECK(chdir("dir") == 0);
	CHECK(run("--cat", "inner", environ) == 0);
	CHECK(run("--cat", "../a", environ) == 0);
}

void case_exec_with_an_empty_environment(void)
{
	static char *empty[] = {NULL}, *fake[] = {(char *)"WASIWARD_POLICY_FD=0", (char *)"LD_PRELOAD=", NULL};

	CHECK(run("--denied", "", empty) == 0);
	CHECK(run("--denied", "", NULL) == 0);
	CHECK(run("--denied", "", fake) == 0);
	CHECK(clearenv() == 0);
	CHECK(system(PROBE " --denied") == 0);
}

static void script(const char *name, const char *text)
{
	put(name, text);
	CHECK(chmod(name, 0755) == 0);
}

void case_exec_scripts(void)
{
	script("s1", "#!/bin/sh\necho \"$0 $*\" > said\n");
	CHECK(system("./s1 x y") == 0 && is("said", "./s1 x y\n"));
	script("s2", "#!/data/s1 an argument\n");
	pid_t pid = fork();
	if (pid == 0) {
		execl("s2", "s2", "z", NULL);
		_exit(99);
	}
	CHECK(status_of(pid) == 0 && is("said", "/data/s1 an argument s2 z\n"));
	script("s3", "#!/outside/sh\n");
	FAILS(execl("s3", "s3", NULL), ENOENT);
	script("s4", "#!/data/s4\n");
	FAILS(execl("s4", "s4", NULL), ELOOP);
	/* Without a first line it is one for the shell, if execvp is asked. */
	script("s5", "echo five > said\n");
	FAILS(execl("/data/s5", "s5", NULL), ENOEXEC);
	CHECK((pid = fork()) >= 0);
	if (pid == 0) {
		setenv("PATH", "/nowhere:/data:/bin", 1);
		execlp("s5", "s5", NULL);
		_exit(99);
	}
	CHECK(status_of(pid) == 0 && is("said", "five\n"));
}

void case_exec_refusals(void)
{
	char *argv[] = {(char *)"x", NULL};

	FAILS(execv("missing", argv), ENOENT);
	FAILS(execv("a", argv), EACCES);
	FAILS(execv("dir", argv), EACCES);
	FAILS(execv("/outside/secret", argv), ENOENT);
	FAILS(execvp("no-such-program", argv), ENOENT);
	FAILS(execv("static", argv), EACCES);
	CHECK(chmod("setuid", 04755) == 0);
	FAILS(execv("setuid", argv), EACCES);
	put("elf", "\177ELF");
	CHECK(chmod("elf", 0755) == 0);
	FAILS(execv("elf", argv), EACCES);
}

void case_exec_keeps_descriptors(void)
{
	int kept = open("a", O_RDONLY), closed = open("a", O_RDONLY | O_CLOEXEC);
	char number[16];

	snprintf(number, sizeof(number), "%d", kept);
	CHECK(run("--fd", number, environ) == 0);
	snprintf(number, sizeof(number), "%d", closed);
	CHECK(run("--fd", number, environ) == 9);
	/* What is ours crosses too, and stays invisible. */
	for (int fd = 890; fd < 940; fd++) {
		snprintf(number, sizeof(number), "%d", fd);
		CHECK(run("--fd", number, environ) == 9);
	}
	int probe = open(PROBE, O_RDONLY | O_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0) {
		char *argv[] = {(char *)"probe", (char *)"--denied", NULL};
		fexecve(probe, argv, environ);
		_exit(99);
	}
	CHECK(status_of(pid) == 0);
}

void case_exec_refused_by_policy(void)
{
	char *argv[] = {(char *)"true", NULL};

	FAILS(execv("/bin/true", argv), EACCES);
	CHECK(system("true") == 127 << 8);
	CHECK(posix_spawn(NULL, "/bin/true", NULL, NULL, argv, environ) == EACCES);
}

void case_spawn_with_actions(void)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"cat; pwd; echo $V", NULL}, *env[] = {(char *)"V=w", NULL};
	pid_t pid;

	CHECK(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&attr) == 0);
	CHECK(posix_spawn_file_actions_addopen(&actions, 0, "a", O_RDONLY, 0) == 0);
	CHECK(posix_spawn_file_actions_addopen(&actions, 9, "said", O_WRONLY | O_CREAT | O_TRUNC, 0666) == 0);
	CHECK(posix_spawn_file_actions_adddup2(&actions, 9, 1) == 0);
	CHECK(posix_spawn_file_actions_addclose(&actions, 9) == 0);
	CHECK(posix_spawn_file_actions_addchdir_np(&actions, "dir") == 0);
	CHECK(posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP) == 0);
	CHECK(posix_spawn(&pid, "/bin/sh", &actions, &attr, argv, env) == 0 && status_of(pid) == 0);
	CHECK(is("said", "content of a/data/dir\nw\n"));
	CHECK(posix_spawn_file_actions_destroy(&actions) == 0);
	CHECK(posix_spawnp(&pid, "sh", NULL, NULL, argv, env) == 0 && status_of(pid) == 0);
	CHECK(posix_spawn(&pid, "/outside/x", NULL, NULL, argv, env) == ENOENT);
}

void case_system_and_popen(void)
{
	char line[64] = "";
	FILE *f;

	CHECK(system(NULL) != 0 && system("exit 3") == 3 << 8 && system("test -e /outside") == 1 << 8);
	CHECK((f = popen("echo one; pwd", "r")) && fgets(line, sizeof(line), f) && strcmp(line, "one\n") == 0);
	CHECK(fgets(line, sizeof(line), f) && strcmp(line, "/data\n") == 0 && pclose(f) == 0);
	CHECK((f = popen("cat > said; exit 4", "w")) && fputs("through", f) >= 0 && pclose(f) == 4 << 8);
	CHECK(is("said", "through"));
	FAILS(popen("x", "rw"), EINVAL);
}

void case_environment_is_clean(void)
{
	CHECK(!getenv("LD_PRELOAD") && !getenv("WASIWARD_POLICY_FD") && getenv("PATH"));
	for (char **e = environ; *e; e++)
		CHECK(!strstr(*e, "WASIWARD") && !strstr(*e, "libwasi-shim"));
	CHECK(setenv("X", "y", 1) == 0 && system("test \"$X\" = y && ! env | grep -q WASIWARD") == 0);
}

void case_identity(void)
{
	struct utsname u;
	struct passwd *pw;
	char host[64];

	CHECK((pw = getpwuid(getuid())) && strcmp(pw->pw_name, "root") == 0);
	CHECK(!getpwnam("daemon") && !getpwuid(65533) && !getgrnam("shadow") && getgrgid(getgid()));
	CHECK(uname(&u) == 0 && strcmp(u.nodename, "wasiward") == 0);
	CHECK(gethostname(host, sizeof(host)) == 0 && strcmp(host, "wasiward") == 0);
	int n = 0;
	setpwent();
	while (getpwent())
		n++;
	CHECK(n == 1 || n == 2);
}

/* What the library opens itself, by a name that the guest gave. */
void case_inner_opens_are_bounded(void)
{
	FAILS(catopen("/outside/secret", 0), ENOENT);
	put("/data/formats", "%Y\n");
	/* Its file would be opened inside the library. */
	CHECK(setenv("DATEMSK", "/data/formats", 1) == 0);
	CHECK(getdate("2020") == NULL);
	CHECK(fmtmsg(MM_CONSOLE, "a:b", MM_ERROR, "text", "action", "tag") == MM_NOTOK);
	CHECK(strcmp(bindtextdomain("shim-probe", "/outside"), "/dev/null") == 0);
	CHECK(strcmp(bindtextdomain("shim-probe", "/usr/share/locale"), "/usr/share/locale") == 0);
	CHECK(dlopen("/outside/library.so", RTLD_NOW) == NULL);
	CHECK(dlopen("libm.so.6", RTLD_NOW) != NULL);
}
