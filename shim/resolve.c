/* Where the rows of wrap.def lead. A row is looked at when its symbol is first called: a program uses few of them. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <threads.h>

#include "shim.h"
#include "trace.h"

extern _Atomic(void *) shim_slots[INDEX_COUNT]; /* thunk_<arch>.S */

/* ---- names ---- */

/* One string, no pointers, nothing to relocate. */
static const struct names {
#define WRAP(name, family, strict, posix) char n_##name[sizeof(#name)];
#define PASSED(name, family, reason)
#include "wrap.def"
} names = {
#define WRAP(name, family, strict, posix) #name,
#define PASSED(name, family, reason)
#include "wrap.def"
};
static const uint16_t name_at[INDEX_COUNT] = {
#define WRAP(name, family, strict, posix) offsetof(struct names, n_##name),
#define PASSED(name, family, reason)
#include "wrap.def"
};
_Static_assert(sizeof(struct names) < UINT16_MAX, "name_at is too narrow");

static _Atomic(void *) next_functions[INDEX_COUNT];

void *shim_next(enum shim_index index)
{
	void *function = atomic_load_explicit(&next_functions[index], memory_order_acquire);

	if (likely(function != NULL))
		return function;
	int saved = errno;
	function = dlsym(RTLD_NEXT, (const char *)&names + name_at[index]);
	if (!function)
		shim_die((const char *)&names + name_at[index]);
	atomic_store_explicit(&next_functions[index], function, memory_order_release);
	errno = saved;
	return function;
}

/* ---- refusals ---- */

#define REFUSE(kind, error, type, value)       \
	__attribute__((unused)) static type refuse_##kind##_##error(void) \
	{                                      \
		errno = error;                 \
		return value;                  \
	}
#define REFUSE_BY_VALUE(kind, error, value)     \
	__attribute__((unused)) static long refuse_##kind##_##error(void) \
	{                                       \
		return value;                   \
	}

/* long: the callers that expect an int read its lower half. */
REFUSE(int, ENOSYS, long, -1)
REFUSE(int, ENOTSUP, long, -1)
REFUSE(int, EOPNOTSUPP, long, -1)
REFUSE(int, EPERM, long, -1)
REFUSE(int, EACCES, long, -1)
REFUSE(int, ENOENT, long, -1)
REFUSE(int, EBADF, long, -1)
REFUSE(int, ENOTTY, long, -1)
REFUSE(int, ECONNREFUSED, long, -1)
REFUSE(ptr, ENOSYS, void *, NULL)
REFUSE(ptr, EACCES, void *, NULL)
REFUSE(ptr, ENOENT, void *, NULL)
REFUSE(ptr, ENOTTY, void *, NULL)
REFUSE(ptr, ENXIO, void *, NULL)
REFUSE(map, ENOSYS, void *, MAP_FAILED)
REFUSE(one, ENOSYS, long, 1)
REFUSE(one, ENOENT, long, 1)
REFUSE_BY_VALUE(err, ENOSYS, ENOSYS)
REFUSE_BY_VALUE(err, ENOTSUP, ENOTSUP)
REFUSE_BY_VALUE(err, EACCES, EACCES)
REFUSE_BY_VALUE(err, ENOENT, ENOENT)
REFUSE_BY_VALUE(err, ENOTTY, ENOTTY)
REFUSE_BY_VALUE(eai, EAI_FAIL, EAI_FAIL)
REFUSE_BY_VALUE(thrd, ENOTSUP, thrd_error)
REFUSE_BY_VALUE(zero, 0, 0)
#define refuse_void_0 refuse_zero_0

static void *refuse_host_NO_RECOVERY(void)
{
	h_errno = NO_RECOVERY;
	return NULL;
}

/* ---- rows ---- */

#define CORE(fn) void wrap_##fn(void);
#define EMUL(fn) void wrap_##fn(void);
#define PASS
#define NO(kind, error)
#define WRAP(name, family, strict, posix) strict posix
#define PASSED(name, family, reason)
#include "wrap.def"
#undef CORE
#undef EMUL
#undef PASS
#undef NO

#define CORE(fn) (void *)wrap_##fn
#define EMUL(fn) (void *)wrap_##fn
#define PASS shim_next(index)
#define NO(kind, error) (void *)refuse_##kind##_##error

/* A switch: its table holds distances, which need no relocation. */
static void *row(enum shim_index index)
{
	switch (index) {
#define WRAP(name, family, strict_, posix) \
	case INDEX_##name:                 \
		return shim.strict ? strict_ : posix;
#define PASSED(name, family, reason)
#include "wrap.def"
	default:
		__builtin_unreachable();
	}
}

/* This library's own code. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

/* Notes which function of the library the guest called. While calls are traced every call comes by here, because the slots
 * stay empty; that is what leaves runs without a trace as they are. */
static void note(enum shim_index index)
{
	static _Atomic bool reached[INDEX_COUNT];
	const char *name = (const char *)&names + name_at[index];

	if (shim.policy->trace)
		trace_function = name;
	if (shim.policy->reached && !atomic_exchange_explicit(&reached[index], true, memory_order_relaxed))
		trace_reached(name);
}

void *shim_resolve(unsigned index, const char *return_address)
{
	int saved = errno;
	bool ready = shim_init();
	/* What the start itself calls goes past the core: it is ours. */
	void *function = ready ? row(index) : shim_next(index);

	/* The shim goes through these symbols, too. */
	bool watched = ready && unlikely(shim.policy->trace || shim.policy->reached);
	bool ours = watched && return_address >= __ehdr_start && return_address < etext;

	if (watched && !ours)
		note(index);
	if (ready && likely(!shim.policy->trace && !ours))
		atomic_store_explicit(&shim_slots[index], function, memory_order_release);
	errno = saved;
	return function;
}

void *shim_target(enum shim_index index)
{
	void *function = atomic_load_explicit(&shim_slots[index], memory_order_acquire);

	return likely(function != NULL) ? function : shim_resolve(index, NULL);
}
