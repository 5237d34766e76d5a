/* Programs against <wasi/api.h>: arguments, environment, clocks, waiting, and the end.
 * @args one "two words"
 * @env LETTER=x */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define SHOW(call) printf("%s: %d\n", #call, (int)(call))

static void strings(const char *what, __wasi_errno_t (*sizes)(__wasi_size_t *, __wasi_size_t *),
		    __wasi_errno_t (*get)(uint8_t **, uint8_t *), __wasi_size_t from)
{
	__wasi_size_t count = 0, bytes = 0;
	printf("%s: %d\n", what, (int)sizes(&count, &bytes));
	uint8_t **list = calloc(count + 1, sizeof *list), *buf = malloc(bytes + 1);
	printf("%d\n", (int)get(list, buf));
	for (__wasi_size_t i = from; i < count; i++)
		printf("  %s\n", (const char *)list[i]);
	free(list);
	free(buf);
}

int main(void)
{
	__wasi_timestamp_t first = 0, second = 0, resolution = 0;
	__wasi_size_t n = 0;
	strings("args", __wasi_args_sizes_get, __wasi_args_get, 1);
	strings("environ", __wasi_environ_sizes_get, __wasi_environ_get, 0);
	SHOW(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &first));
	SHOW(__wasi_clock_res_get(__WASI_CLOCKID_MONOTONIC, &resolution));
	SHOW(__wasi_clock_time_get(99, 1, &second));
	__wasi_subscription_t wait = {.userdata = 42};
	__wasi_event_t event;
	wait.u.tag = __WASI_EVENTTYPE_CLOCK;
	wait.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
	wait.u.u.clock.timeout = 2000000;
	SHOW(__wasi_poll_oneoff(&wait, &event, 1, &n));
	printf("%d event, type %d, for %d, error %d\n", (int)n, event.type, (int)event.userdata, event.error);
	SHOW(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &second));
	printf("later: %d\n", second >= first + 2000000);
	uint8_t random[64] = {0}, zero[64] = {0};
	SHOW(__wasi_random_get(random, sizeof random));
	printf("random: %d\n", memcmp(random, zero, sizeof zero) != 0);
	SHOW(__wasi_sched_yield());
	fflush(stdout);
	__wasi_proc_exit(7);
}
