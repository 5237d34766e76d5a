#include "command.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_MS = 100000 }; /* however slow the machine is, nothing here is silent for so long */

struct stream {
	int fd;
	char *text;
	size_t len;
};

static bool take(struct stream *s)
{
	s->text = realloc(s->text, s->len + 65537);
	ssize_t n = read(s->fd, s->text + s->len, 65536);
	if (n > 0)
		s->len += (size_t)n;
	s->text[s->len] = '\0';
	return n > 0;
}

/* Starts the command with these for its output. */
static pid_t launch(const char *dir, const char *const *words, int out, int err)
{
	const char *program = getenv("WASIWARD");
	cr_assert(program, "the environment variable WASIWARD names the command");
	pid_t pid = fork();
	if (pid == 0) {
		const char *argv[64] = { "wasiward" };
		for (size_t i = 0; words[i] && i < 62; i++)
			argv[1 + i] = words[i];
		if (dir && chdir(dir) < 0)
			_exit(99);
		int null = open("/dev/null", O_RDONLY);
		dup2(null, 0);
		dup2(out, 1);
		dup2(err, 2);
		execv(program, (char *const *)(uintptr_t)argv);
		_exit(98);
	}
	return pid;
}

struct running command_up_to_a_line(const char *dir, const char *const *words)
{
	int out[2];
	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	struct running running = { .pid = launch(dir, words, out[1], 2), .out = out[0] };
	close(out[1]);
	char c = 0;
	while (c != '\n')
		cr_assert_eq(read(out[0], &c, 1), 1, "the command ends without a line");
	return running;
}

bool all_have_ended(int out)
{
	struct pollfd waiting = { .fd = out, .events = POLLIN };
	char bytes[512];
	while (poll(&waiting, 1, HANG_MS) > 0) {
		if (read(out, bytes, sizeof(bytes)) <= 0) {
			close(out);
			return true;
		}
	}
	return false;
}

struct outcome command(const char *dir, const char *const *words)
{
	int out[2], err[2];
	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(err, O_CLOEXEC), 0);
	pid_t pid = launch(dir, words, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	struct stream streams[2] = { { .fd = out[0] }, { .fd = err[0] } };
	struct pollfd waiting[2] = { { .fd = out[0], .events = POLLIN }, { .fd = err[0], .events = POLLIN } };
	for (int open_streams = 2; open_streams;) {
		cr_assert_gt(poll(waiting, 2, HANG_MS), 0, "the command hangs, or what it has left behind");
		for (int i = 0; i < 2; i++) {
			if (waiting[i].revents && !take(&streams[i])) {
				waiting[i].fd = -1;
				open_streams--;
			}
		}
	}
	close(out[0]);
	close(err[0]);
	int status;
	waitpid(pid, &status, 0);
	return (struct outcome){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		.out = streams[0].text,
		.err = streams[1].text,
	};
}

char *put_file(const char *dir, const char *name, const void *bytes, size_t len, int mode)
{
	char *path;
	cr_assert_gt(asprintf(&path, "%s/%s", dir, name), 0);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	return path;
}

char *fresh_dir(void)
{
	char *dir = strdup("/tmp/wasiward-cli-XXXXXX");
	cr_assert(mkdtemp(dir));
	char *sub;
	cr_assert_gt(asprintf(&sub, "%s/sub", dir), 0);
	mkdir(sub, 0755);
	put_file(dir, "a.txt", "hello\n", 6, 0644);
	put_file(sub, "b.txt", "inner\n", 6, 0644);
	return dir;
}

char *put_wat(const char *dir, const char *name, const char *text)
{
	char *source = put_file(dir, "module.wat", text, strlen(text), 0644);
	char *path, *line;
	cr_assert_gt(asprintf(&path, "%s/%s", dir, name), 0);
	cr_assert_gt(asprintf(&line, "wat2wasm --enable-exceptions --debug-names '%s' -o '%s'", source, path), 0);
	cr_assert_eq(system(line), 0);
	return path;
}
