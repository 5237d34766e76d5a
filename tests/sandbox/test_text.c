/* Rights as options spell them, suggestions, explanations, trace lines. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "nearest.h"
#include "rights_text.h"

static wasi_rights_t parse(const char *text)
{
	wasi_rights_t rights = 0;
	const char *bad = NULL;
	size_t bad_len = 0;
	cr_assert(rights_from_text(text, strlen(text), &rights, &bad, &bad_len), "%s: refused at %.*s", text, (int)bad_len, bad);
	return rights;
}

static wasi_rights_t rw(void)
{
	return wasi_rights_preopen_base() | wasi_rights_preopen_inheriting();
}

Test(rights_text, ro_and_rw_are_the_sets_of_a_preopen)
{
	cr_expect_eq(parse("rw"), rw());
	cr_expect_eq(parse("ro"), wasi_rights_readonly(rw()));
	cr_expect_eq(parse("ro") & (WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_PATH_UNLINK_FILE | WASI_RIGHTS_PATH_CREATE_FILE), 0);
}

Test(rights_text, lists_add_and_take_away)
{
	cr_expect_eq(parse("fd_read"), WASI_RIGHTS_FD_READ);
	cr_expect_eq(parse("fd_read,fd_seek"), WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK);
	cr_expect_eq(parse("rw,-path_unlink_file"), rw() & ~(wasi_rights_t)WASI_RIGHTS_PATH_UNLINK_FILE);
	cr_expect_eq(parse("rw,-rw"), 0);
}

Test(rights_text, what_is_written_reads_back)
{
	char text[1024];
	for (unsigned seed = 1; seed < 2000; seed++) {
		wasi_rights_t rights = (seed * UINT64_C(2654435761) >> 3) & rw();
		rights_to_text(rights, text, sizeof(text));
		if (rights)
			cr_expect_eq(parse(text), rights, "%s", text);
	}
	rights_to_text(parse("ro") | WASI_RIGHTS_PATH_CREATE_FILE, text, sizeof(text));
	cr_expect_str_eq(text, "ro,path_create_file");
	rights_to_text(rw() & ~(wasi_rights_t)WASI_RIGHTS_PATH_SYMLINK, text, sizeof(text));
	cr_expect_str_eq(text, "rw,-path_symlink");
}

Test(rights_text, unknown_words_are_named_and_the_nearest_right_found)
{
	wasi_rights_t rights = 77;
	const char *bad;
	size_t bad_len;
	cr_expect_not(rights_from_text("ro,fd_raed", 10, &rights, &bad, &bad_len));
	cr_expect_eq(rights, 77);
	cr_expect_eq(bad_len, 7);
	cr_expect_str_eq(rights_nearest(bad, bad_len), "fd_read");
	cr_expect_null(rights_nearest("xyzzyplugh", 10));
	cr_expect_not(rights_from_text("", 0, &rights, &bad, &bad_len));
	cr_expect_not(rights_from_text("ro,", 3, &rights, &bad, &bad_len));
}

Test(rights_text, short_buffers_are_cut_not_overrun)
{
	char text[8];
	memset(text, 'x', sizeof(text));
	rights_names(WASI_RIGHTS_ALL, text, 6);
	cr_expect_str_eq(text, "fd_da");
	cr_expect_eq(text[6], 'x');
}

Test(nearest, swaps_and_single_mistakes_count_one)
{
	struct nearest s = nearest_start("trcae", 5);
	nearest_try(&s, "trace");
	cr_expect_eq(s.distance, 1);
	cr_expect_str_eq(nearest_result(&s), "trace");
	s = nearest_start("", 0);
	nearest_try(&s, "explain");
	cr_expect_null(nearest_result(&s));
	char longest[200];
	memset(longest, 'a', sizeof(longest));
	s = nearest_start(longest, sizeof(longest));
	nearest_try(&s, "a");
	cr_expect_null(nearest_result(&s));
}

static const char *explained(struct denial d)
{
	static char text[2048];
	explain_denial(&d, text, sizeof(text));
	return text;
}

Test(explain, says_what_which_rule_and_how_to_allow_it)
{
	const char *text = explained((struct denial){
		.call = "open", .path = "/etc/shadow", .error = "ENOENT", .reason = DENIED_NOT_GRANTED });
	cr_expect_str_eq(text, "wasiward: denied: open \"/etc/shadow\": no granted directory covers it (ENOENT)\n"
			       "wasiward:   allow with: --dir /etc::/etc:ro (or :rw)\n");
	struct policy_dir dir = { .guest = "/d", .host = "data", .base = parse("ro"), .inheriting = parse("ro") };
	text = explained((struct denial){ .call = "unlink", .path = "/d/x", .error = "EACCES", .reason = DENIED_RIGHT,
					  .missing = WASI_RIGHTS_PATH_UNLINK_FILE, .dir = &dir });
	cr_expect(strstr(text, "missing right path_unlink_file (remove files) in --dir data::/d (EACCES)"), "%s", text);
	cr_expect(strstr(text, "allow with: --dir data::/d:ro,path_unlink_file\n"), "%s", text);
}

Test(explain, names_from_the_guest_cannot_play_with_the_terminal)
{
	const char *text = explained((struct denial){
		.call = "open", .path = "/a\033[2J\n\"", .error = "ENOENT", .reason = DENIED_ESCAPE });
	cr_expect(strstr(text, "\"/a\\x1b[2J\\x0a\\\"\""), "%s", text);
}

Test(explain, a_cut_paragraph_still_ends_its_line)
{
	char text[40];
	struct denial d = { .call = "open", .path = "/a/very/long/path/that/does/not/fit", .error = "ENOENT" };
	size_t n = explain_denial(&d, text, sizeof(text));
	cr_expect_eq(n, sizeof(text) - 1);
	cr_expect_eq(text[n - 1], '\n');
	cr_expect_eq(text[n], '\0');
}

Test(explain, each_denial_is_first_once)
{
	static struct explain_log log;
	struct denial a = { .call = "open", .path = "/a", .reason = DENIED_ESCAPE }, b = a;
	b.path = "/b";
	cr_expect(explain_first(&log, &a));
	cr_expect_not(explain_first(&log, &a));
	cr_expect(explain_first(&log, &b));
	b.reason = DENIED_RIGHT;
	cr_expect(explain_first(&log, &b));
	char path[16];
	b.path = path;
	int first = 0;
	for (int i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		first += explain_first(&log, &b);
	}
	cr_expect(first > 400 && first < 512, "a full log answers false: %d", first);
}

Test(trace, a_line_has_time_call_result_and_duration)
{
	struct wasi_trace_event e = { .name = "fd_read", .args = "fd=3", .results = "nread=5", .start_ns = 3661000001000,
				      .duration_ns = 12345 };
	char line[256];
	size_t n = trace_format(&e, 0, 42, NULL, 0, line, sizeof(line));
	cr_expect_str_eq(line, "01:01:01.000001 42 fd_read(fd=3) = 0 nread=5 <0.000012>\n");
	cr_expect_eq(n, strlen(line));
	e.error = WASI_ERRNO_NOTCAPABLE;
	e.results = "";
	e.missing = WASI_RIGHTS_FD_READ;
	trace_format(&e, 1000, 0, "fread", 5, line, sizeof(line));
	cr_expect_str_eq(line, "01:01:01.000002 fd_read(fd=3) = 76 notcapable (missing fd_read) [fread] <0.000012>\n");
	trace_format(&e, 1000, 0, "f[0]\n", 5, line, sizeof(line));
	cr_expect(strstr(line, " [f(0).] <0.000012>\n"), "%s", line);
}

Test(explain, what_libselinux_looks_for_is_not_explained)
{
	static struct explain_log log;
	struct denial d = { .call = "fopen", .path = "/proc/mounts", .error = "ENOENT", .reason = DENIED_NOT_GRANTED };
	cr_expect(explain_first(&log, &d), "a program of its own wish");
	d.path = "/sys/fs/selinux";
	d.call = "statfs";
	cr_expect_not(explain_first(&log, &d));
	d.path = "/proc/filesystems";
	d.call = "fopen";
	cr_expect_not(explain_first(&log, &d));
	d.call = "open";
	cr_expect(explain_first(&log, &d));
	d.path = "/sys/fs/selinux/x";
	cr_expect(explain_first(&log, &d));
	d.path = "/selinux";
	d.reason = DENIED_RIGHT;
	cr_expect(explain_first(&log, &d));
}

Test(explain, search_along_PATH_is_not_explained)
{
	static struct explain_log log;
	struct denial d = { .call = "stat", .path = "/opt/bin/ls", .error = "ENOENT", .reason = DENIED_NOT_GRANTED };
	setenv("PATH", "/usr/bin:/opt/bin:/home/x", 1);
	cr_expect_not(explain_first(&log, &d));
	d.path = "/home/x/ls";
	cr_expect_not(explain_first(&log, &d));
	d.path = "/opt/bin/sub/ls";
	cr_expect(explain_first(&log, &d));
	d.path = "/opt/bi";
	cr_expect(explain_first(&log, &d));
	unsetenv("PATH");
	d.path = "/home/x/ls";
	cr_expect(explain_first(&log, &d));
}
