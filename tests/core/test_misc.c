/* Arguments, environment, clocks, randomness, the end. */
#include "core_test.h"

#include <setjmp.h>
#include <time.h>

SUITE(args_get);
SUITE(args_sizes_get);
SUITE(environ_get);
SUITE(environ_sizes_get);
SUITE(clock_res_get);
SUITE(clock_time_get);
SUITE(random_get);
SUITE(sched_yield);
SUITE(proc_exit);
SUITE(proc_raise);

Test(args_get, gives_the_strings_as_they_were_set)
{
	const char *args[] = {"prog", "", "with space", "\xff\x01"};
	char *argv[4], buf[64];

	OK(wasi_ctx_set_args(w.ctx, 4, args));
	args[0] = "changed later";
	OK(wasi_args_get(w.ctx, argv, buf));
	cr_assert_str_eq(argv[0], "prog");
	cr_assert_str_eq(argv[1], "");
	cr_assert_str_eq(argv[2], "with space");
	cr_assert_str_eq(argv[3], "\xff\x01");
	cr_assert_eq(argv[0], buf);
}

Test(args_get, none_at_all_is_legal)
{
	OK(wasi_args_get(w.ctx, NULL, NULL));
}

Test(args_sizes_get, counts_each_string_with_its_nul)
{
	wasi_size_t count = 9, bytes = 9;

	OK(wasi_args_sizes_get(w.ctx, &count, &bytes));
	cr_assert(count == 0 && bytes == 0);
	OK(wasi_ctx_set_args(w.ctx, 2, (const char *const[]){"a", "bcd"}));
	OK(wasi_args_sizes_get(w.ctx, &count, &bytes));
	cr_assert(count == 2 && bytes == 6);
}

Test(environ_get, gives_several_variables)
{
	char *environ_[3], buf[32];

	OK(wasi_ctx_set_environ(w.ctx, 3, (const char *const[]){"A=1", "B=", "C=x=y"}));
	OK(wasi_environ_get(w.ctx, environ_, buf));
	cr_assert_str_eq(environ_[0], "A=1");
	cr_assert_str_eq(environ_[1], "B=");
	cr_assert_str_eq(environ_[2], "C=x=y");
}

Test(environ_sizes_get, agrees_with_environ_get)
{
	wasi_size_t count, bytes;

	OK(wasi_ctx_set_environ(w.ctx, 1, (const char *const[]){"A=1"}));
	OK(wasi_environ_sizes_get(w.ctx, &count, &bytes));
	cr_assert(count == 1 && bytes == 4);
}

Test(clock_res_get, knows_four_clocks_and_no_fifth)
{
	wasi_timestamp_t resolution;

	for (wasi_clockid_t id = 0; id < 4; id++) {
		resolution = 0;
		OK(wasi_clock_res_get(w.ctx, id, &resolution));
		cr_assert_neq(resolution, 0);
	}
	FAILS(INVAL, wasi_clock_res_get(w.ctx, 4, &resolution));
}

Test(clock_time_get, monotonic_does_not_go_back)
{
	wasi_timestamp_t a, b;

	OK(wasi_clock_time_get(w.ctx, WASI_CLOCKID_MONOTONIC, 0, &a));
	OK(wasi_clock_time_get(w.ctx, WASI_CLOCKID_MONOTONIC, 1, &b));
	cr_assert(a <= b);
	OK(wasi_clock_time_get(w.ctx, WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &a));
	OK(wasi_clock_time_get(w.ctx, WASI_CLOCKID_THREAD_CPUTIME_ID, 0, &b));
}

static wasi_timestamp_t host_time(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (wasi_timestamp_t)t.tv_sec * 1000000000 + (wasi_timestamp_t)t.tv_nsec;
}

Test(clock_time_get, realtime_is_the_hosts)
{
	wasi_timestamp_t t, before = host_time(CLOCK_REALTIME);

	OK(wasi_clock_time_get(w.ctx, WASI_CLOCKID_REALTIME, 0, &t));
	cr_assert(before <= t && t <= host_time(CLOCK_REALTIME));
}

Test(clock_time_get, unknown_clock_is_inval)
{
	wasi_timestamp_t t = 42;

	FAILS(INVAL, wasi_clock_time_get(w.ctx, 4, 0, &t));
	FAILS(INVAL, wasi_clock_time_get(w.ctx, UINT32_MAX, 0, &t));
	cr_assert_eq(t, 42);
}

Test(clock_time_get, monotonic_can_start_at_zero)
{
	wasi_timestamp_t t, before = host_time(CLOCK_MONOTONIC);

	remake_world(&(struct wasi_ctx_config){.zero_monotonic = true});
	OK(wasi_clock_time_get(w.ctx, WASI_CLOCKID_MONOTONIC, 0, &t));
	cr_assert(t <= host_time(CLOCK_MONOTONIC) - before);
}

static long far_future(int id, struct timespec *ret)
{
	(void)id;
	*ret = (struct timespec){.tv_sec = 18446744074};
	return 0;
}

Test(clock_time_get, what_64_bits_cannot_hold_is_overflow)
{
	wasi_timestamp_t t;

	fake_host(NULL)->clock_gettime = far_future;
	FAILS(OVERFLOW, wasi_clock_time_get(w.ctx, WASI_CLOCKID_REALTIME, 0, &t));
}

Test(random_get, fills_and_differs)
{
	char a[64] = {0}, b[64] = {0};

	OK(wasi_random_get(w.ctx, a, sizeof(a)));
	OK(wasi_random_get(w.ctx, b, sizeof(b)));
	cr_assert(memcmp(a, b, sizeof(a)) != 0);
	OK(wasi_random_get(w.ctx, NULL, 0));
}

static int calls;

static long stingy(void *buf, size_t len, unsigned flags)
{
	(void)flags;
	if (++calls % 2)
		return -EINTR;
	memset(buf, 'r', len < 3 ? len : 3);
	return len < 3 ? (long)len : 3;
}

Test(random_get, goes_on_after_short_and_interrupted_answers)
{
	char buf[10] = {0};

	fake_host(&(struct wasi_ctx_config){.return_eintr = true})->getrandom = stingy;
	OK(wasi_random_get(w.ctx, buf, sizeof(buf)));
	cr_assert(memcmp(buf, "rrrrrrrrrr", 10) == 0);
}

Test(sched_yield, succeeds)
{
	OK(wasi_sched_yield(w.ctx));
}

static wasi_exitcode_t seen_code;
static jmp_buf out;
static bool traced_exit;

static void on_exit_jump(void *user, wasi_exitcode_t code)
{
	(void)user;
	seen_code = code;
	longjmp(out, 1);
}

static void on_trace(void *user, const struct wasi_trace_event *event)
{
	(void)user;
	traced_exit = strcmp(event->name, "proc_exit") == 0 && strstr(event->args, "4294967295");
}

Test(proc_exit, hands_the_full_code_to_the_embedder_after_tracing_it)
{
	remake_world(&(struct wasi_ctx_config){.on_exit = on_exit_jump});
	wasi_ctx_set_trace(w.ctx, on_trace, NULL, false);
	if (setjmp(out) == 0)
		wasi_proc_exit(w.ctx, UINT32_MAX);
	cr_assert_eq(seen_code, UINT32_MAX);
	cr_assert(traced_exit);
}

Test(proc_exit, returns_where_nobody_listens)
{
	OK(wasi_proc_exit(w.ctx, 33));
}

Test(proc_raise, is_not_there)
{
	FAILS(NOSYS, wasi_proc_raise(w.ctx, 9));
}
