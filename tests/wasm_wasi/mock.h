/* A core whose 46 calls only note what they were given, and the few engine functions that the thunks need. */
#ifndef WASIWARD_TEST_MOCK_H
#define WASIWARD_TEST_MOCK_H

#include "engine.h"
#include "wasi.h"

enum { MOCK_ARGC = 3, MOCK_ARGS_BYTES = 9 };
extern const char *const mock_args[MOCK_ARGC]; /* what args_get and environ_get of the mock give */

enum { MOCK_MAX_PARAMS = 16 };
struct mock_core {
	unsigned calls;
	const char *name;                 /* of the last call */
	wasi_errno_t answer;              /* what every call returns */
	uint64_t scalars[MOCK_MAX_PARAMS]; /* the scalar parameters of the last call, in order */
	unsigned n_scalars;
	const void *buffer;               /* its last buffer or path */
	size_t buffer_len;
	char start[8];                    /* its first bytes, for what is gone after the call */
	size_t n_iovs, iovs_bytes;        /* its list of buffers */
	wasi_iovec_t iovs[2048];
	wasi_subscription_t subscription; /* the first one of poll_oneoff */
};
extern struct mock_core mock_core;

struct mock_engine {
	char trap[256]; /* the last trap's message */
	uint32_t exit_code;
	unsigned funcs; /* host functions made */
	engine_type_t params[MOCK_MAX_PARAMS], result;
	struct engine_functype type; /* of the last one */
	engine_host_fn *fn;
	void *data;
};
extern struct mock_engine mock_engine;

void mock_reset(void);

#endif
