/* Traps: raised by handlers, or faults of guarded memories turned into them; and the backtrace of what led there. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fault.h"
#include "runtime.h"

const char *const trap_texts[TRAP_COUNT] = {
#define TRAP(name, text) text,
#include "traps.def"
};

/* The store whose code this thread runs, for the signal handler. */
static _Thread_local engine_store_t *current;

void trap_set_current(engine_store_t *store)
{
	current = store;
}

engine_store_t *trap_current(void)
{
	return current;
}

/* Notes the frames from the instruction at pc in frame sp outwards; the innermost are kept. */
void trap_capture(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	struct frame_walk walk = frame_walk(store, pc, sp, true);
	struct frame frame;
	store->n_frames = 0;
	while (store->n_frames < BACKTRACE_FRAMES && frame_next(&walk, &frame))
		store->raw_frames[store->n_frames++] = (struct raw_frame){frame.func, frame.pc};
}

int trap_raise(engine_store_t *store, const uint64_t *pc, uint64_t *sp, enum trap trap)
{
	store->error = (struct engine_error){.kind = ENGINE_TRAP, .offset = SIZE_MAX};
	snprintf(store->error.message, sizeof(store->error.message), "%s", trap_texts[trap]);
	trap_capture(store, pc, sp);
	if (trap == TRAP_interrupted) {
		atomic_store(&store->interrupt, false);
		atomic_store(&store->limit, store->stack_limit);
	}
	return ENGINE_TRAP;
}

void engine_interrupt(engine_store_t *store)
{
	atomic_store(&store->interrupt, true);
	atomic_store(&store->limit, NULL);
}

void engine_on_poll(engine_store_t *store, engine_poll_fn *fn, void *user)
{
	store->poll = fn;
	store->poll_user = user;
}

void engine_poll(engine_store_t *store)
{
	atomic_store(&store->polled, true);
	atomic_store(&store->limit, NULL);
}

enum trap_poll_result trap_poll(engine_store_t *store, const uint64_t *pc, uint64_t *sp)
{
	if (atomic_load(&store->interrupt))
		return POLL_INTERRUPTED;
	if (!atomic_exchange(&store->polled, false))
		return POLL_NOTHING;
	atomic_store(&store->limit, store->stack_limit);
	/* Who asked for anything meanwhile must not wait for the next time. */
	if (atomic_load(&store->interrupt) || atomic_load(&store->polled))
		atomic_store(&store->limit, NULL);
	if (store->poll) {
		struct engine_frame frames[BACKTRACE_FRAMES];
		trap_capture(store, pc, sp);
		for (size_t i = 0; i < store->n_frames; i++) {
			const engine_func_t *func = store->raw_frames[i].func;
			frames[i] = (struct engine_frame){NULL, 0, func->instance->module, func->index, SIZE_MAX};
		}
		store->poll(store->poll_user, frames, store->n_frames);
		store->n_frames = 0; /* it was no trap */
	}
	return POLL_AGAIN;
}

/* ---- faults ---- */

static struct sigaction previous_segv, previous_bus;

static void pass_on(int sig, siginfo_t *info, void *context)
{
	struct sigaction *previous = sig == SIGSEGV ? &previous_segv : &previous_bus;
	if (previous->sa_flags & SA_SIGINFO) {
		previous->sa_sigaction(sig, info, context);
	} else if (previous->sa_handler != SIG_DFL && previous->sa_handler != SIG_IGN) {
		previous->sa_handler(sig);
	} else {
		/* Back to the faulting instruction, which now has its default effect. */
		signal(sig, SIG_DFL);
	}
}

static bool in_memory(const engine_store_t *store, const uint8_t *address)
{
	for (const struct memory_link *link = store->memories; link; link = link->next) {
		const engine_memory_t *m = link->memory;
		if (m->guarded && address >= m->base && (uint64_t)(address - m->base) < m->reserved)
			return true;
	}
	return false;
}

extern const char handlers_start[] __asm__("__start_wasm_handlers"), handlers_stop[] __asm__("__stop_wasm_handlers");

static void on_fault(int sig, siginfo_t *info, void *context)
{
	engine_store_t *store = current;
	struct fault fault;
	if (store && store->activation && in_memory(store, info->si_addr) && fault_registers(context, &fault) &&
	    fault.at >= (uint64_t)handlers_start && fault.at < (uint64_t)handlers_stop) {
		int saved = errno;
		trap_raise(store, fault.pc, fault.sp, TRAP_memory_bounds);
		errno = saved;
		siglongjmp(store->activation->on_fault, ENGINE_TRAP);
	}
	pass_on(sig, info, context);
}

static void install_once(void)
{
	/* SA_NODEFER: the handler leaves by siglongjmp, which then has no signal mask to restore. */
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	action.sa_sigaction = on_fault;
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &previous_segv);
	sigaction(SIGBUS, &action, &previous_bus);
}

void trap_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, install_once);
}

/* ---- backtraces ---- */

engine_store_t *engine_running(void)
{
	return current;
}

size_t engine_callers(engine_store_t *store, struct engine_frame *frames, size_t room)
{
	if (!store->activation || !store->activation->host_pc)
		return 0;
	trap_capture(store, store->activation->host_pc, store->activation->host_sp);
	size_t n = store->n_frames < room ? store->n_frames : room;
	for (size_t i = 0; i < n; i++) {
		const struct raw_frame *raw = &store->raw_frames[i];
		/* Where exactly would mean compiling the function again. */
		frames[i] = (struct engine_frame){NULL, 0, raw->func->instance->module, raw->func->index, SIZE_MAX};
	}
	store->n_frames = 0; /* it was no trap */
	return n;
}

size_t engine_backtrace(const engine_store_t *store, struct engine_frame *frames, size_t room)
{
	size_t n = 0;
	for (; n < store->n_frames && n < room; n++) {
		const struct raw_frame *raw = &store->raw_frames[n];
		const engine_module_t *module = raw->func->instance->module;
		frames[n] = (struct engine_frame){NULL, 0, module, raw->func->index, code_offset(raw->func, raw->pc)};
		engine_func_name(module, raw->func->index, &frames[n].name, &frames[n].name_len);
	}
	return n;
}
