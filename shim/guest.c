/* Which memory can be read and written: asked of the kernel, remembered by page. See guest.h. */
#include "guest.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include "shim.h"

_Static_assert(PATH_MAX <= 4096, "a path may lie in three pages");
#define PAGE 4096
#define KNOWN 64

/* Page numbers that were readable, and writable. Zero is no page. */
static __thread uintptr_t known[KNOWN], known_writable[KNOWN];

/* rt_sigprocmask(2) reads the set before it looks at what to do with it, and then refuses: nothing is changed. */
static bool page_readable(uintptr_t page)
{
	uintptr_t *slot = &known[page % KNOWN];

	/* An empty slot looks like the first page, which nobody has. */
	if (unlikely(page == 0))
		return false;
	if (likely(*slot == page))
		return true;
	if (RAW(SYS_rt_sigprocmask, -1, page * PAGE, NULL, 8) == -EFAULT)
		return false;
	*slot = page;
	return true;
}

bool guest_readable(const void *pointer, size_t len)
{
	uintptr_t first = (uintptr_t)pointer / PAGE, last = ((uintptr_t)pointer + (len ? len - 1 : 0)) / PAGE;

	if (last < first)
		return false;
	for (uintptr_t page = first; page <= last; page++) {
		if (!page_readable(page))
			return false;
	}
	return true;
}

/* <linux/futex.h>, which musl's headers come without. */
#define FUTEX_WAKE_OP_PRIVATE (5 | 128)
#define FUTEX_OP_ADD_ZERO (1 << 28 | 0xfff) /* add 0; wake more if the word was 0xfff */

/* futex(2) can add to a word while it wakes: zero is added here, and nobody waits. */
static bool page_writable(uintptr_t page)
{
	static uint32_t nobody;
	uintptr_t *slot = &known_writable[page % KNOWN];

	if (unlikely(page == 0))
		return false;
	if (likely(*slot == page))
		return true;
	if (RAW(SYS_futex, &nobody, FUTEX_WAKE_OP_PRIVATE, 0, 0, page * PAGE, FUTEX_OP_ADD_ZERO) == -EFAULT)
		return false;
	*slot = page;
	return true;
}

bool guest_writable(void *pointer, size_t len)
{
	uintptr_t first = (uintptr_t)pointer / PAGE, last = ((uintptr_t)pointer + (len ? len - 1 : 0)) / PAGE;

	if (last < first)
		return false;
	for (uintptr_t page = first; page <= last; page++) {
		if (!page_writable(page))
			return false;
	}
	return true;
}

bool guest_string(const char *string)
{
	uintptr_t page = (uintptr_t)string / PAGE;

	if (!page_readable(page))
		return false;
	/* A path ends in this page or in the next; most have both. */
	if (likely(known[(page + 1) % KNOWN] == page + 1))
		return true;
	size_t room = PAGE - (uintptr_t)string % PAGE;
	return strnlen(string, room) < room || page_readable(page + 1);
}
