/* Room for the frames that native profilers see: shown.h. */
#include "shown.h"

#include <sys/mman.h>

/* A frame has at least its link, so no stack holds more of them. Nothing is touched before it is needed. */
static size_t bytes_for(size_t stack_bytes)
{
	return sizeof(struct shown) + (stack_bytes / (LINK_SLOTS * sizeof(uint64_t)) + 2) * sizeof(struct shown_entry);
}

struct shown *shown_new(size_t stack_bytes)
{
	struct shown *shown = mmap(NULL, bytes_for(stack_bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				   -1, 0);
	if (shown == MAP_FAILED)
		return NULL;
	shown->bytes = bytes_for(stack_bytes);
	shown->top = shown->entries;
	/* An address within the function, as a return address would be. */
	shown->now.address = shown->top->frame.address = (uint64_t)(uintptr_t)engine_call + 1;
	return shown;
}

void shown_free(struct shown *shown)
{
	if (shown)
		munmap(shown, shown->bytes);
}

bool engine_can_show_frames(void)
{
#if defined(WASIWARD_SHOWS_FRAMES)
	return true;
#else
	return false;
#endif
}
