/* What api.c asks of the library that it is built into. */
#ifndef WASI_API_HOST_H
#define WASI_API_HOST_H

#include "wasi.h"

/* The context that a call of this name acts on; never NULL. */
wasi_ctx_t *api_ctx(const char *call);

/* Ends the process at once, as proc_exit does: nothing is flushed, no handler runs. */
__attribute__((noreturn)) void api_exit(wasi_exitcode_t code);

#endif
