/* What a thread's cancellation calls in here. The core's frames have something to let go of (wasi-core/dispatch.c), so they
 * name two functions of libgcc_s. Linked with it, the library would be loaded into every program, which costs each start
 * 0.1 ms (its constructor asks the processor for its features, and virtual machines answer slowly). Here it is looked up by
 * those few that cancel threads, when the C library has loaded it to unwind with. A copy of our own would not do: the two
 * halves of an unwinder share structures that no interface describes. */
#include <dlfcn.h>

#include "shim.h"

struct exception; /* the unwinder's */
struct frame;

int __gcc_personality_v0(int version, int actions, uint64_t class, struct exception *exception, struct frame *frame);
_Noreturn void _Unwind_Resume(struct exception *exception);

static void *unwinder(const char *name)
{
	void *library = NEXT(dlopen)("libgcc_s.so.1", RTLD_LAZY);
	void *function = library ? dlsym(library, name) : NULL;

	if (!function)
		shim_die("a thread is cancelled, but there is no libgcc_s.so.1");
	return function;
}

int __gcc_personality_v0(int version, int actions, uint64_t class, struct exception *exception, struct frame *frame)
{
	__typeof__(&__gcc_personality_v0) there = unwinder("__gcc_personality_v0");

	return there(version, actions, class, exception, frame);
}

_Noreturn void _Unwind_Resume(struct exception *exception)
{
	__typeof__(&_Unwind_Resume) there = unwinder("_Unwind_Resume");

	there(exception);
	__builtin_unreachable();
}
