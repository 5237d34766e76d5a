/* Memory that the guest names: pointers may be wrong, and then the answer is EFAULT, as the kernel's would be. */
#ifndef SHIM_GUEST_H
#define SHIM_GUEST_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `len` bytes can be read. Asks the kernel about pages that this thread has not asked about before; a page that
 * was unmapped since is not noticed. Async-signal-safe. */
bool guest_readable(const void *pointer, size_t len);

/* Whether `len` bytes can be written, by us; nothing is changed. The same otherwise. */
bool guest_writable(void *pointer, size_t len);

/* Whether a string of the guest's ends before its memory does; of one that is longer than a path, only as much counts. */
bool guest_string(const char *string);

#endif
