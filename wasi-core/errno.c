/* Error numbers: the one place that maps them and puts them into words. */
#include <errno.h>

#include "wasi.h"

static const struct {
	const char *name, *text;
	int host;
} errors[] = {
#define ERRNO(NAME, name, HOST, text) {#name, text, HOST},
#include "errno.def"
};
_Static_assert(sizeof(errors) / sizeof(errors[0]) == 77, "preview1 has 77 error numbers");
_Static_assert(WASI_ERRNO_NOTCAPABLE == 76, "errno.def is in the order of typenames.witx");

const char *wasi_errno_name(wasi_errno_t error)
{
	return error < WASI_ERRNO_COUNT ? errors[error].name : "?";
}

const char *wasi_errno_text(wasi_errno_t error)
{
	return error < WASI_ERRNO_COUNT ? errors[error].text : "?";
}

int wasi_errno_to_host(wasi_errno_t error)
{
	return error < WASI_ERRNO_COUNT ? errors[error].host : EIO;
}

wasi_errno_t wasi_errno_from_host(int host_errno)
{
	/* A switch, so that the compiler rejects two rows with one host value; EACCES belongs to acces, not to
	 * notcapable. */
	switch (host_errno) {
#define ERRNO(NAME, name, HOST, text)                                                                                  \
	case (WASI_ERRNO_##NAME == WASI_ERRNO_NOTCAPABLE ? -1 : HOST):                                                 \
		return WASI_ERRNO_##NAME;
#include "errno.def"
	default:
		return WASI_ERRNO_IO;
	}
}
