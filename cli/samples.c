/* Samples of what a module executes: see samples.h.
 *
 * A timer of CPU time asks the running store to look up at its next loop head or call; nothing is measured in between, so
 * what runs is as fast as without. Stacks are counted by function indices; names are looked up once at the end. */
#include "samples.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "cli.h"

enum { PERIOD_US = 1000, DEEPEST = 128 };

struct stack {
	uint64_t count, hash;
	size_t n;
	struct place {
		const engine_module_t *module;
		uint32_t func;
	} *places; /* innermost first */
};

static struct {
	FILE *out;
	pthread_mutex_t lock;
	struct stack *stacks; /* a hash table of room slots, a power of two; places NULL: free */
	size_t n, room;
	uint64_t lost; /* for want of memory */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void on_time(int signal)
{
	(void)signal;
	engine_store_t *store = engine_running();
	if (store)
		engine_poll(store);
}

static struct stack *slot_of(struct stack *stacks, size_t room, const struct stack *wanted)
{
	size_t i = wanted->hash & (room - 1);
	while (stacks[i].places &&
	       (stacks[i].hash != wanted->hash || stacks[i].n != wanted->n ||
		memcmp(stacks[i].places, wanted->places, wanted->n * sizeof(*wanted->places))))
		i = (i + 1) & (room - 1);
	return &stacks[i];
}

static bool make_room(void)
{
	if (state.n * 2 < state.room)
		return true;
	size_t room = state.room ? state.room * 2 : 256;
	struct stack *stacks = calloc(room, sizeof(*stacks));
	if (!stacks)
		return false;
	for (size_t i = 0; i < state.room; i++) {
		if (state.stacks[i].places)
			*slot_of(stacks, room, &state.stacks[i]) = state.stacks[i];
	}
	free(state.stacks);
	state.stacks = stacks;
	state.room = room;
	return true;
}

static void count(const struct stack *seen)
{
	if (!make_room()) {
		state.lost++;
		return;
	}
	struct stack *slot = slot_of(state.stacks, state.room, seen);
	if (!slot->places) {
		struct place *places = malloc(seen->n * sizeof(*places));
		if (!places) {
			state.lost++;
			return;
		}
		memcpy(places, seen->places, seen->n * sizeof(*places));
		*slot = (struct stack){ .hash = seen->hash, .n = seen->n, .places = places };
		state.n++;
	}
	slot->count++;
}

static void on_poll(void *user, const struct engine_frame *frames, size_t n)
{
	(void)user;
	struct place places[DEEPEST];
	struct stack seen = { .hash = 14695981039346656037u, .n = n < DEEPEST ? n : DEEPEST, .places = places };
	memset(places, 0, sizeof(places)); /* they are compared with their padding */
	for (size_t i = 0; i < seen.n; i++) {
		places[i].module = frames[i].module;
		places[i].func = frames[i].func_index;
		seen.hash = (seen.hash ^ (uintptr_t)frames[i].module ^ frames[i].func_index) * 1099511628211u;
		seen.hash ^= seen.hash >> 29;
	}
	if (!seen.n)
		return;
	pthread_mutex_lock(&state.lock);
	count(&seen);
	pthread_mutex_unlock(&state.lock);
}

void samples_open(const char *file)
{
	state.out = fopen(file, "we");
	if (!state.out)
		cli_die(CLI_FAILED, "--samples %s: %s", file, strerror(errno));
}

void samples_start(void)
{
	if (!state.out)
		return;
	struct sigaction action = { .sa_handler = on_time, .sa_flags = SA_RESTART };
	sigaction(SIGPROF, &action, NULL);
	struct itimerval timer = { { 0, PERIOD_US }, { 0, PERIOD_US } };
	setitimer(ITIMER_PROF, &timer, NULL);
}

void samples_of(engine_store_t *store)
{
	if (state.out)
		engine_on_poll(store, on_poll, NULL);
}

static void write_name(const struct place *place)
{
	const char *name;
	size_t len;
	if (!engine_func_name(place->module, place->func, &name, &len) || !len) {
		fprintf(state.out, "function[%u]", place->func);
		return;
	}
	for (size_t i = 0; i < len; i++)
		fputc(name[i] == ';' ? ':' : (unsigned char)name[i] < ' ' ? '?' : name[i], state.out);
}

void samples_write(void)
{
	if (!state.out)
		return;
	setitimer(ITIMER_PROF, &(struct itimerval){ 0 }, NULL);
	pthread_mutex_lock(&state.lock); /* other threads may still be running */
	for (size_t i = 0; i < state.room; i++) {
		const struct stack *s = &state.stacks[i];
		if (!s->places)
			continue;
		for (size_t k = s->n; k > 0; k--) {
			write_name(&s->places[k - 1]);
			fputc(k > 1 ? ';' : ' ', state.out);
		}
		fprintf(state.out, "%llu\n", (unsigned long long)s->count);
	}
	if (fclose(state.out))
		cli_complain("--samples: %s", strerror(errno));
	if (state.lost)
		cli_complain("--samples: %llu samples lost for want of memory", (unsigned long long)state.lost);
	state.out = NULL;
	pthread_mutex_unlock(&state.lock);
}
