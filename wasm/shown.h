/* Frames that native profilers see: engine_config.address_of.
 *
 * Profilers find the callers of what they interrupt by following the frame pointer: it points at the caller's frame pointer, and
 * behind that lies the return address. Handlers have no frames of their own and never touch the register. So it points at `now`
 * all the while code runs, and the instructions show_frame and show_return, at the entry of every function and behind every call, keep
 * there what a frame of the running function would hold, with an address that stands for the function.
 *
 * Frames go by where they begin on the interpreter's stack. What ended in other ways than by coming back (tail calls, exceptions,
 * traps) is cleared away by whoever next enters or comes back to a frame further down. */
#ifndef WASIWARD_SHOWN_H
#define WASIWARD_SHOWN_H

#include "runtime.h"

struct shown_frame {
	const struct shown_frame *caller;
	uint64_t address;
};

struct shown {
	size_t bytes; /* of all of this */
	struct shown_frame now; /* as the topmost entry's */
	struct shown_entry {
		struct shown_frame frame;
		const uint64_t *sp;
	} *top, entries[]; /* the first stands for who called the engine, and begins at NULL */
};

/* Room for all frames of a stack of so many bytes. NULL for want of memory. */
struct shown *shown_new(size_t stack_bytes);
void shown_free(struct shown *shown); /* may be NULL */

static inline void shown_set_top(struct shown *shown, struct shown_entry *top)
{
	shown->top = top;
	shown->now = top->frame;
}

/* A function has been entered, whose frame begins at sp. */
static inline void shown_enter(struct shown *shown, const uint64_t *sp, uint64_t address)
{
	struct shown_entry *caller = shown->top;
	while (caller->sp >= sp)
		caller--;
	caller[1] = (struct shown_entry){{&caller->frame, address}, sp};
	shown_set_top(shown, caller + 1);
}

/* The frame that begins at sp goes on; or, if there is none, whoever has the frames before that. */
static inline void shown_return(struct shown *shown, const uint64_t *sp)
{
	struct shown_entry *top = shown->top;
	while (top->sp > sp)
		top--;
	shown_set_top(shown, top);
}

/* run_shown.S: calls the first handler of code with the frame pointer at a frame. Only if WASIWARD_SHOWS_FRAMES. */
int run_shown(const uint64_t *pc, uint64_t *sp, uint8_t *mem, uint64_t r0, engine_store_t *x, const struct shown_frame *frame);

#endif
