/* Which rights a traced call needs, and of which descriptor: for policies from traces. */
#ifndef WASIWARD_NEEDED_H
#define WASIWARD_NEEDED_H

#include "trace.h"
#include "wasi.h"

struct needed {
	unsigned long fd;
	wasi_rights_t rights;
};

/* Fills at most two of them; returns how many. What the core checks is said by wasi.def and native.def and by the functions
 * themselves (path_open, fd_seek, …); here is the same in terms of a trace. */
size_t needed_by(const struct call *call, struct needed ret[2]);

#endif
