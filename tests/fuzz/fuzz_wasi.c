/* The core: random sequences of the 46 calls on a context over a small tree of files.
 *
 * The input is read as a list of calls and parameters; wasi.def says what each takes. After every call the oracle looks
 * at the descriptors: none may lead out of the granted directory. At the end the file beside it must be untouched.
 *
 * The target works in a directory of its own: name the corpus by an absolute path. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kinds.def"
#include "sequence.h"
#include "wasi.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_CALLS = 64, MAX_FDS = 24, ROOM = 4096 };

static char top[64]; /* holds "granted" and "secret" */

/* ---- parameters from the input ---- */

struct input {
	const uint8_t *at, *end;
};

static uint8_t take(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* Mostly small numbers, sometimes any number. */
static uint64_t take_number(struct input *input)
{
	uint8_t first = take(input);
	if (first < 0xf0)
		return first % 32;
	uint64_t value = 0;
	for (int i = 0; i < 8; i++)
		value = value << 8 | take(input);
	return value >> (first & 7) * 8;
}

/* Rights: all, none, or any. */
static uint64_t take_rights(struct input *input)
{
	uint8_t first = take(input);
	return first < 0x80 ? WASI_RIGHTS_ALL : first < 0xa0 ? 0 : take_number(input) << (first & 31);
}

static const char *take_path(struct input *input, char *buffer, size_t *ret_len)
{
	static const char *const parts[] = {
		"dir", "file", "link", "..", ".", "/", "escape", "absolute", "loop", "deep", "new", "to-dir", "dangling", "//", "secret", "",
	};
	size_t len = 0;
	uint8_t count = take(input) % 8;
	for (uint8_t i = 0; i < count && len < ROOM - 300; i++) {
		uint8_t which = take(input);
		if (which >= 0xf8) {
			buffer[len++] = (char)take(input);
			continue;
		}
		const char *part = parts[which % 16];
		memcpy(buffer + len, part, strlen(part));
		len += strlen(part);
		if (which & 0x10)
			buffer[len++] = '/';
	}
	*ret_len = len;
	return buffer;
}

static char bytes[ROOM];

static size_t take_iovs(struct input *input, wasi_iovec_t *iovs)
{
	size_t count = take(input) % 4;
	for (size_t i = 0; i < count; i++)
		iovs[i] = (wasi_iovec_t){bytes, take(input)};
	return count;
}

/* Waits are kept below a millisecond. */
static size_t take_poll(struct input *input, wasi_subscription_t *subscriptions)
{
	size_t count = take(input) % 4;
	memset(subscriptions, 0, count * sizeof *subscriptions);
	for (size_t i = 0; i < count; i++) {
		wasi_subscription_t *sub = &subscriptions[i];
		sub->userdata = i;
		sub->tag = take(input) % 4;
		if (sub->tag == WASI_EVENTTYPE_CLOCK) {
			sub->u.clock.id = take(input) % 5;
			sub->u.clock.timeout = take(input) * UINT64_C(1000);
			sub->u.clock.flags = take(input) % 4;
		} else {
			sub->u.fd_readwrite.file_descriptor = (wasi_fd_t)take_number(input);
		}
	}
	/* One clock that ends the wait in any case. */
	subscriptions[count].u.clock = (wasi_subscription_clock_t){.id = WASI_CLOCKID_MONOTONIC, .timeout = 1000};
	return count + 1;
}

/* ---- calls by number ---- */

#define TAKE_A(t, a, n) TAKE_##t(a, n) TAKE_B
#define TAKE_B(t, a, n) TAKE_##t(a, n) TAKE_A
#define TAKE_A_END
#define TAKE_B_END
#define TAKE_F(needed, n) wasi_fd_t n = (wasi_fd_t)take_number(input);
#define TAKE_P(kind, n) KIND_##kind(TAKE, n)
#define TAKE_SCALAR(word, ctype, show, n) ctype n = (ctype)TAKE_SECOND(TAKE_AS_##show, take_number(input), 0);
#define TAKE_AS_rights , take_rights(input)
#define TAKE_SECOND(...) TAKE_SECOND_(__VA_ARGS__)
#define TAKE_SECOND_(a, b, ...) b
#define TAKE_OUT(ctype, show, n) ctype n;
#define TAKE_PATH(n) \
	static char n##_bytes[ROOM]; \
	size_t n##_len; \
	const char *n = take_path(input, n##_bytes, &n##_len);
#define TAKE_OUT_BUF(n) \
	void *n = bytes; \
	size_t n##_len = take(input) * (ROOM / 256);
#define TAKE_IOVS(ctype, n) \
	wasi_iovec_t n[4]; \
	size_t n##_len = take_iovs(input, n);
#define TAKE_STRINGS(which, n) \
	char *n[4]; \
	char n##_buf[64];
#define TAKE_POLL(n) \
	wasi_subscription_t n[5]; \
	wasi_event_t out[5]; \
	size_t nsubscriptions = take_poll(input, n);

#define PASS_A(t, a, n) PASS_##t(a, n) PASS_B
#define PASS_B(t, a, n) PASS_##t(a, n) PASS_A
#define PASS_A_END
#define PASS_B_END
#define PASS_F(needed, n) , n
#define PASS_P(kind, n) KIND_##kind(PASS, n)
#define PASS_SCALAR(word, ctype, show, n) , n
#define PASS_OUT(ctype, show, n) , &n
#define PASS_PATH(n) , n, n##_len
#define PASS_OUT_BUF(n) , n, n##_len
#define PASS_IOVS(ctype, n) , (const ctype *)n, n##_len
#define PASS_STRINGS(which, n) , n, n##_buf
#define PASS_POLL(n) , n, out, nsubscriptions

/* One parameter is called environ, as is a variable of libc. */
#pragma GCC diagnostic ignored "-Wshadow"
#define WASI(name, seq) \
	static wasi_errno_t call_##name(wasi_ctx_t *ctx, struct input *input) \
	{ \
		(void)input; \
		WASI_WALK(TAKE_A seq) \
		return wasi_##name(ctx WASI_WALK(PASS_A seq)); \
	}
#include "wasi.def"

static wasi_errno_t (*const calls[])(wasi_ctx_t *, struct input *) = {
#define WASI(name, seq) call_##name,
#include "wasi.def"
};
enum { N_CALLS = sizeof calls / sizeof calls[0] };

/* ---- the tree and the oracle ---- */

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static void remove_tree(int parent, const char *name)
{
	if (unlinkat(parent, name, 0) == 0)
		return;
	fchmodat(parent, name, 0700, 0);
	DIR *dir = fdopendir(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(dirfd(dir), entry->d_name);
	closedir(dir);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static void make_tree(void)
{
	static const char *const links[][2] = {
		{"granted/link", "file"}, {"granted/to-dir", "dir"}, {"granted/escape", ".."}, {"granted/absolute", "/etc"},
		{"granted/loop", "loop"}, {"granted/dangling", "gone"}, {"granted/dir/link", "../../secret"},
	};
	remove_tree(AT_FDCWD, "granted");
	if (mkdir("granted", 0700) || mkdir("granted/dir", 0700) || mkdir("granted/dir/deep", 0700))
		abort();
	put("granted/file", "0123456789");
	put("granted/dir/file", "abc");
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
		if (symlink(links[i][1], links[i][0]) != 0)
			abort();
}

static void check_descriptors(wasi_ctx_t *ctx)
{
	char prefix[128];
	size_t len = (size_t)snprintf(prefix, sizeof prefix, "%s/granted", top);
	for (wasi_fd_t fd = 0; fd < MAX_FDS; fd++) {
		struct wasi_fd_info info;
		char link[64], path[ROOM];
		if (wasi_ctx_fd_info(ctx, fd, &info) != WASI_ERRNO_SUCCESS || info.host_fd < 0)
			continue;
		snprintf(link, sizeof link, "/proc/self/fd/%d", info.host_fd);
		ssize_t got = readlink(link, path, sizeof path - 1);
		if (got < 0)
			abort();
		path[got] = '\0';
		if (strncmp(path, prefix, len) != 0 || (path[len] && path[len] != '/' && path[len] != ' ')) {
			fprintf(stderr, "descriptor %u leads to %s\n", fd, path);
			abort();
		}
		if ((info.base | info.inheriting) & ~WASI_RIGHTS_ALL)
			abort();
	}
}

static void check_secret(void)
{
	char text[16] = "";
	struct stat st;
	int fd = open("secret", O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_nlink != 1 || read(fd, text, sizeof text) != 6 || memcmp(text, "secret", 6) != 0)
		abort();
	close(fd);
}

static void clean_up(void)
{
	if (chdir("/") == 0)
		remove_tree(AT_FDCWD, top);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* A tree in memory if possible; files stay small whatever fd_allocate is asked. */
	snprintf(top, sizeof top, "%s/wasiward-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	struct rlimit limit = {1 << 20, 1 << 20};
	signal(SIGXFSZ, SIG_IGN);
	if (!mkdtemp(top) || chdir(top) != 0 || setrlimit(RLIMIT_FSIZE, &limit) != 0) {
		perror("fuzz_wasi");
		exit(2);
	}
	put("secret", "secret");
	atexit(clean_up);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const args[] = {"prog", "arg"};
	struct input input = {data, data + size};
	struct wasi_ctx_config config = {.max_fds = MAX_FDS};
	wasi_ctx_t *ctx;
	make_tree();
	if (wasi_ctx_new(&config, &ctx) != WASI_ERRNO_SUCCESS || wasi_ctx_set_args(ctx, 2, args) != WASI_ERRNO_SUCCESS)
		abort();
	for (int i = 0; i < 2; i++) {
		/* The second grant is read-only, over the same directory. */
		wasi_rights_t base = wasi_rights_preopen_base(), inheriting = wasi_rights_preopen_inheriting();
		int fd = open("granted", O_PATH | O_DIRECTORY);
		if (wasi_ctx_add_preopen(ctx, WASI_FD_AUTO, fd, i ? "/ro" : "/", i ? wasi_rights_readonly(base) : base,
					 i ? wasi_rights_readonly(inheriting) : inheriting, &(wasi_fd_t){0}) != WASI_ERRNO_SUCCESS)
			abort();
	}
	for (int i = 0; i < MAX_CALLS && input.at < input.end; i++) {
		wasi_errno_t error = calls[take(&input) % N_CALLS](ctx, &input);
		if (error >= WASI_ERRNO_COUNT)
			abort();
		check_descriptors(ctx);
	}
	wasi_ctx_free(ctx);
	check_secret();
	return 0;
}
