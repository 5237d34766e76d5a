#include "wasm_stats.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli.h"
#include "dump.h"

enum { MOST = 50, SEQUENCE_MOST = 3 };

/* What ended threads have counted, in a store that runs nothing; NULL until there is one. */
static struct {
	pthread_mutex_t lock;
	engine_store_t *sum;
} ended = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Adds to the sum; with the lock held. */
static void add(const struct wasm_linked *linked)
{
	if (!ended.sum)
		ended.sum = engine_store_new(&(struct engine_config){ .count_instructions = true });
	if (!ended.sum || !engine_opcode_counts_add(ended.sum, linked->store))
		cli_die(CLI_FAILED, "--stats=opcodes: out of memory");
}

void wasm_stats_keep(const struct wasm_linked *linked)
{
	if (!linked->program->config.count_instructions || !linked->store)
		return;
	pthread_mutex_lock(&ended.lock);
	add(linked);
	pthread_mutex_unlock(&ended.lock);
}

/* One line each: what it is, how often, its share of all instructions, the names. */
static void print_sequences(unsigned length, uint64_t total)
{
	static const char *const kinds[] = { "opcode", "pair", "triple" };
	struct engine_opcode_count counts[MOST];
	size_t n = engine_opcode_counts(ended.sum, length, counts, MOST);
	if (n == SIZE_MAX)
		cli_die(CLI_FAILED, "--stats=opcodes: out of memory");
	for (size_t i = 0; i < n && i < MOST; i++) {
		fprintf(stderr, "%-7s %14" PRIu64 " %6.2f%%", kinds[length - 1], counts[i].count,
			100 * (double)counts[i].count / (double)total);
		for (unsigned k = 0; k < length; k++)
			fprintf(stderr, " %-*s", k + 1 < length ? 24 : 0, counts[i].names[k]);
		fputc('\n', stderr);
	}
}

/* A thread that others have seen end, through memory, may still be on its way out. One that runs on is not waited for long. */
static void let_threads_end(const struct wasi_threads *threads)
{
	for (int ms = 0; ms < 1000 && atomic_load(&threads->running); ms++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void print_opcodes(const struct wasm_linked *linked)
{
	struct engine_stats s;
	let_threads_end(&linked->program->threads);
	pthread_mutex_lock(&ended.lock);
	add(linked);
	engine_stats(ended.sum, &s);
	fprintf(stderr, "instructions        %" PRIu64 " executed\n", s.instructions);
	for (unsigned length = 1; length <= SEQUENCE_MOST; length++)
		print_sequences(length, s.instructions);
	pthread_mutex_unlock(&ended.lock);
}

void wasm_stats_print(const struct run_options *o, const struct wasm_linked *linked)
{
	struct engine_stats s;
	engine_stats(linked->store, &s);
	fprintf(stderr,
		"functions compiled  %zu of %zu\n"
		"bytecode            %" PRIu64 " bytes of these\n"
		"compiled to         %" PRIu64 " bytes\n"
		"linear memory       %" PRIu64 " bytes\n",
		s.functions, engine_module_n_funcs(linked->program->main.module), s.bytecode_bytes, s.code_bytes, s.memory_bytes);
	if (linked->program->config.fuel)
		fprintf(stderr, "fuel                %" PRIu64 " left of %" PRIu64 "\n", s.fuel, linked->program->config.fuel);
	if (o->count_opcodes)
		print_opcodes(linked);
	if (o->count_code)
		engine_dump_counts(linked->store, stderr);
}
