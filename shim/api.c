/* <wasi/api.h> for programs under the shim: the calls act on the guest's context. The functions are those of wasi-core/api.c,
 * which stand in front of the library's own. */
#include <pthread.h>
#include <sys/syscall.h>

#include "api_host.h"
#include "libc.h"
#include "shim.h"
#include "trace.h"

static struct libc_stack start;

__attribute__((constructor)) static void remember(int argc, char **argv, char **env)
{
	start = libc_stack(argc, argv, env);
}

/* Only these calls ask the context for arguments and environment; the C library has its own. */
static void give_strings(void)
{
	size_t count = 0;

	while (environ && environ[count])
		count++;
	if (wasi_ctx_set_args(shim.ctx, (size_t)start.argc, (const char *const *)start.argv) ||
	    wasi_ctx_set_environ(shim.ctx, count, (const char *const *)environ))
		shim_die("out of memory");
}

wasi_ctx_t *api_ctx(const char *call)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	shim_init();
	pthread_once(&once, give_strings);
	if (shim.policy->trace)
		trace_function = call;
	return shim.ctx;
}

void api_exit(wasi_exitcode_t code)
{
	for (;;)
		RAW(SYS_exit_group, code & 0xff);
}
