/* A dozen small tools in one program, named by its first argument, in the spirit of coreutils and with what of POSIX they need. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int status;

/* Complains with a reason of its own: texts of strerror are the C library's. */
static void fail(const char *what, const char *why)
{
	fprintf(stderr, "tools: %s: %s\n", what, why);
	status = 1;
}

static const char *reason(void)
{
	switch (errno) {
	case ENOENT:
		return "not there";
	case EEXIST:
		return "is there already";
	case ENOTDIR:
		return "no directory";
	case EISDIR:
		return "a directory";
	case ENOTEMPTY:
		return "not empty";
	case EINVAL:
		return "makes no sense";
	default:
		return "refused";
	}
}

static char *join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	char *path = malloc(len + strlen(name) + 2);
	if (!path)
		abort();
	sprintf(path, "%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", name);
	return path;
}

/* Calls each(path, user) for what is in a directory, in the order of names. */
static void each_entry(const char *dir, void (*each)(const char *path, void *user), void *user)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort);
	if (n < 0)
		fail(dir, reason());
	for (int i = 0; i < n; i++) {
		if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, "..")) {
			char *path = join(dir, list[i]->d_name);
			each(path, user);
			free(path);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static FILE *input(const char *name)
{
	FILE *in = name ? fopen(name, "r") : stdin;
	struct stat st;
	if (!in) {
		fail(name, reason());
	} else if (fstat(fileno(in), &st) == 0 && S_ISDIR(st.st_mode)) {
		fail(name, "a directory");
		fclose(in);
		in = NULL;
	}
	return in;
}

static void done(FILE *in)
{
	if (in != stdin)
		fclose(in);
}

/* ---- text ---- */

static void cat(char **argv)
{
	char **name = argv;
	do {
		FILE *in = input(*name);
		char buf[4096];
		size_t n;
		while (in && (n = fread(buf, 1, sizeof buf, in)) > 0)
			fwrite(buf, 1, n, stdout);
		if (in)
			done(in);
	} while (*name && *++name);
}

static void wc(char **argv)
{
	char **name = argv;
	do {
		FILE *in = input(*name);
		unsigned long lines = 0, words = 0, bytes = 0;
		bool within = false;
		for (int c; in && (c = getc(in)) != EOF; bytes++) {
			bool blank = c == ' ' || c == '\n' || c == '\t';
			lines += c == '\n';
			words += !blank && !within;
			within = !blank;
		}
		if (!in)
			continue;
		printf("%lu %lu %lu %s\n", lines, words, bytes, *name ? *name : "-");
		done(in);
	} while (*name && *++name);
}

struct text {
	char **lines;
	size_t n;
};

static struct text read_text(const char *name)
{
	struct text t = {NULL, 0};
	FILE *in = input(name);
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	while (in && (len = getline(&line, &room, in)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		t.lines = realloc(t.lines, (t.n + 1) * sizeof *t.lines);
		if (!t.lines)
			abort();
		t.lines[t.n++] = strdup(line);
	}
	free(line);
	if (in)
		done(in);
	return t;
}

static void free_text(struct text *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->lines[i]);
	free(t->lines);
}

static int ascending(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int descending(const void *a, const void *b)
{
	return -ascending(a, b);
}

static void sort(char **argv)
{
	bool reverse = *argv && !strcmp(*argv, "-r");
	struct text t = read_text(argv[reverse]);
	if (t.n)
		qsort(t.lines, t.n, sizeof *t.lines, reverse ? descending : ascending);
	for (size_t i = 0; i < t.n; i++)
		puts(t.lines[i]);
	free_text(&t);
}

static void uniq(char **argv)
{
	bool count = *argv && !strcmp(*argv, "-c");
	struct text t = read_text(argv[count]);
	for (size_t i = 0, from = 0; i < t.n; i++) {
		if (i + 1 < t.n && !strcmp(t.lines[i], t.lines[i + 1]))
			continue;
		if (count)
			printf("%7zu ", i + 1 - from);
		puts(t.lines[i]);
		from = i + 1;
	}
	free_text(&t);
}

/* The first or last lines: -n NUMBER FILE. */
static void part(char **argv, bool last)
{
	size_t wanted = 10;
	if (argv[0] && argv[1] && !strcmp(argv[0], "-n")) {
		wanted = strtoul(argv[1], NULL, 10);
		argv += 2;
	}
	struct text t = read_text(*argv);
	size_t from = last && t.n > wanted ? t.n - wanted : 0;
	for (size_t i = from; i < t.n && i < from + wanted; i++)
		puts(t.lines[i]);
	free_text(&t);
}

static void head(char **argv)
{
	part(argv, false);
}

static void tail(char **argv)
{
	part(argv, true);
}

/* -d C -f N FILE */
static void cut(char **argv)
{
	if (!argv[0] || !argv[1] || !argv[2] || !argv[3]) {
		fail("cut", "needs -d C -f N");
		return;
	}
	struct text t = read_text(argv[4]);
	for (size_t i = 0; i < t.n; i++) {
		const char *field = t.lines[i];
		for (int n = atoi(argv[3]); n > 1 && field; n--) {
			field = strchr(field, argv[1][0]);
			field += field != NULL;
		}
		if (field)
			printf("%.*s", (int)strcspn(field, argv[1]), field);
		putchar('\n');
	}
	free_text(&t);
}

/* tr a-y b-z: two ranges */
static void tr(char **argv)
{
	if (!argv[0] || !argv[1] || strlen(argv[0]) != 3 || strlen(argv[1]) != 3) {
		fail("tr", "needs two ranges");
		return;
	}
	for (int c; (c = getchar()) != EOF;)
		putchar(c >= argv[0][0] && c <= argv[0][2] ? c - argv[0][0] + argv[1][0] : c);
}

static void cksum(char **argv)
{
	FILE *in = input(*argv);
	uint32_t sum = 0;
	unsigned long length = 0, n;
	for (int c; in && (c = getc(in)) != EOF; length++) {
		sum ^= (uint32_t)c << 24;
		for (int bit = 0; bit < 8; bit++)
			sum = sum << 1 ^ (sum >> 31 ? 0x04c11db7 : 0);
	}
	for (n = length; n; n >>= 8) {
		sum ^= (uint32_t)(n & 255) << 24;
		for (int bit = 0; bit < 8; bit++)
			sum = sum << 1 ^ (sum >> 31 ? 0x04c11db7 : 0);
	}
	if (in) {
		printf("%lu %lu\n", (unsigned long)(uint32_t)~sum, length);
		done(in);
	}
}

/* ---- files ---- */

static void list(const char *path, void *recursive)
{
	struct stat st;
	if (lstat(path, &st) < 0) {
		fail(path, reason());
		return;
	}
	char kind = S_ISDIR(st.st_mode) ? 'd' : S_ISLNK(st.st_mode) ? 'l' : '-';
	printf("%c %8lld %s\n", kind, S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_size, path);
	if (S_ISDIR(st.st_mode) && recursive)
		each_entry(path, list, recursive);
}

static void ls(char **argv)
{
	bool recursive = *argv && !strcmp(*argv, "-R");
	each_entry(argv[recursive] ? argv[recursive] : ".", list, recursive ? &status : NULL);
}

static void find_one(const char *path, void *user)
{
	struct stat st;
	puts(path);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		each_entry(path, find_one, user);
}

static void find(char **argv)
{
	find_one(*argv ? *argv : ".", NULL);
}

static void add_size(const char *path, void *sum)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		fail(path, reason());
	else if (S_ISDIR(st.st_mode))
		each_entry(path, add_size, sum);
	else
		*(long long *)sum += st.st_size;
}

static void du(char **argv)
{
	long long sum = 0;
	add_size(*argv ? *argv : ".", &sum);
	printf("%lld bytes\n", sum);
}

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	char buf[8192];
	ssize_t n;
	if (in < 0 || out < 0)
		fail(in < 0 ? from : to, reason());
	while (out >= 0 && (n = read(in, buf, sizeof buf)) > 0) {
		if (write(out, buf, (size_t)n) != n)
			fail(to, reason());
	}
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) < 0)
		fail(to, reason());
}

struct copying {
	const char *from, *to;
};

static void copy(const char *from, void *user)
{
	const struct copying *c = user;
	struct stat st;
	char *to = malloc(strlen(c->to) + strlen(from) + 1);
	if (!to)
		abort();
	sprintf(to, "%s%s", c->to, from + strlen(c->from));
	if (lstat(from, &st) < 0) {
		fail(from, reason());
	} else if (S_ISDIR(st.st_mode)) {
		if (mkdir(to, 0777) < 0)
			fail(to, reason());
		else
			each_entry(from, copy, user);
	} else {
		copy_file(from, to);
	}
	free(to);
}

static void cp(char **argv)
{
	bool recursive = *argv && !strcmp(*argv, "-r");
	argv += recursive;
	if (!argv[0] || !argv[1])
		fail("cp", "needs two names");
	else if (recursive)
		copy(argv[0], &(struct copying){argv[0], argv[1]});
	else
		copy_file(argv[0], argv[1]);
}

static void mv(char **argv)
{
	if (!argv[0] || !argv[1])
		fail("mv", "needs two names");
	else if (rename(argv[0], argv[1]) < 0)
		fail(argv[0], reason());
}

static void remove_all(const char *path, void *user)
{
	struct stat st;
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		each_entry(path, remove_all, user);
		if (rmdir(path) < 0)
			fail(path, reason());
	} else if (unlink(path) < 0) {
		fail(path, reason());
	}
}

static void rm(char **argv)
{
	bool recursive = *argv && !strcmp(*argv, "-r");
	for (argv += recursive; *argv; argv++) {
		if (recursive)
			remove_all(*argv, NULL);
		else if (unlink(*argv) < 0)
			fail(*argv, reason());
	}
}

static void make_dir(char **argv)
{
	bool parents = *argv && !strcmp(*argv, "-p");
	char *path = argv[parents];
	if (!path) {
		fail("mkdir", "needs a name");
		return;
	}
	for (char *slash = parents ? strchr(path + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			fail(path, reason());
		*slash = '/';
	}
	if (mkdir(path, 0777) < 0)
		fail(path, reason());
}

static void ln(char **argv)
{
	bool soft = *argv && !strcmp(*argv, "-s");
	argv += soft;
	if (!argv[0] || !argv[1])
		fail("ln", "needs two names");
	else if ((soft ? symlink(argv[0], argv[1]) : link(argv[0], argv[1])) < 0)
		fail(argv[1], reason());
}

static void touch(char **argv)
{
	for (; *argv; argv++) {
		int fd = open(*argv, O_WRONLY | O_CREAT, 0666);
		if (fd < 0 || futimens(fd, NULL) < 0)
			fail(*argv, reason());
		if (fd >= 0)
			close(fd);
	}
}

static void read_link(char **argv)
{
	char target[PATH_MAX];
	ssize_t n = *argv ? readlink(*argv, target, sizeof target) : -1;
	if (n < 0)
		fail(*argv ? *argv : "readlink", reason());
	else
		printf("%.*s\n", (int)n, target);
}

static void pwd(char **argv)
{
	char name[PATH_MAX];
	(void)argv;
	puts(getcwd(name, sizeof name) ? name : "?");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(char **argv);
	} tools[] = {
		{"cat", cat}, {"wc", wc}, {"sort", sort}, {"uniq", uniq}, {"head", head}, {"tail", tail}, {"cut", cut}, {"tr", tr},
		{"cksum", cksum}, {"ls", ls}, {"find", find}, {"du", du}, {"cp", cp}, {"mv", mv}, {"rm", rm}, {"mkdir", make_dir},
		{"ln", ln}, {"touch", touch}, {"readlink", read_link}, {"pwd", pwd},
	};
	for (size_t i = 0; argc > 1 && i < sizeof tools / sizeof tools[0]; i++) {
		if (strcmp(argv[1], tools[i].name))
			continue;
		tools[i].run(argv + 2);
		return fflush(stdout) ? 1 : status;
	}
	fprintf(stderr, "tools: no such tool\n");
	return 2;
}
