/* The calls of <wasi/api.h>: those of wasi.h on the context that api_host.h gives. Built into the library, and into the shim,
 * which puts its own in front. */
#include <wasi/api.h>

#include <string.h>

#include "api_host.h"

/* The same bytes under two declarations. */
#define SAME_LAYOUT(type, size) _Static_assert(sizeof(__##type) == (size) && sizeof(type) == (size), #type)
SAME_LAYOUT(wasi_prestat_t, 8);
SAME_LAYOUT(wasi_subscription_t, 48);
_Static_assert(offsetof(__wasi_prestat_t, u) == offsetof(wasi_prestat_t, pr_name_len), "the name's length moved");
_Static_assert(offsetof(__wasi_subscription_t, u.u) == offsetof(wasi_subscription_t, u), "the subscription's union moved");

#define GIVE_A(t, a, n) , GIVE_##t(a, n) GIVE_B
#define GIVE_B(t, a, n) , GIVE_##t(a, n) GIVE_A
#define GIVE_A_END
#define GIVE_B_END
#define GIVE_F(rights, n) n
#define GIVE_P(kind, n) KIND_##kind(GIVE, n)
#define GIVE_SCALAR(word, ctype, show, n) n
#define GIVE_OUT(ctype, show, n) (ctype *)n
#define GIVE_PATH(n) n, strlen(n)
#define GIVE_OUT_BUF(n) n, n##_len
#define GIVE_IOVS(ctype, n) n, n##_len
#define GIVE_STRINGS(which, n) (char **)n, (char *)n##_buf
#define GIVE_POLL(n) (const wasi_subscription_t *)n, out, nsubscriptions

#define FINISH_proc_exit , api_exit(rval)
#define FINISH(name) WASI_API_PICK(FINISH_##name, return error, 0)

/* Exported in whatever it is built into. */
#define EXPORTED __attribute__((visibility("default")))

#define WASI(name, seq)                                                                                        \
	EXPORTED WASI_API_RETURNS(name) __wasi_##name(WASI_WALK(WASI_API_PARAM_FIRST seq))                     \
	{                                                                                                      \
		wasi_errno_t error = wasi_##name(api_ctx("__wasi_" #name) WASI_WALK(GIVE_A seq));              \
		(void)error;                                                                                   \
		FINISH(name);                                                                                  \
	}
#include "wasi.def"
