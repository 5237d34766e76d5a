/* Every chain of chains.def does what its instructions do: both are run from the same random state, with the same random operands,
 * and must leave the same slots, memory, globals and accumulators and go on at the same place, or trap in the same way at the same
 * place. So must whatever begins in the middle of a chain's code.
 *
 *	test_chain_parts [rounds [seed]]
 *
 * The code is made here, not by the compiler: programs that lead to each chain there is would be hard to find, and would hardly
 * bring each part to each of its ends. What operands an instruction takes is known from insn.def and ir_layouts.def, so a new
 * row of chains.def needs nothing. Each chain gets new operands and a new state until all of it has been seen: branches taken and
 * not, traps wherever one is possible, its end; and at least for so many rounds.
 *
 * The code stands in place of that of a real function, so that traps and polls find it. Around a chain are exits: words with
 * the address of a function that notes where it was come to, and what is in the registers. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chains.h"
#include "ir_operands.h"
#include "text.h"

enum {
	PARTS_MOST = 4,
	EXITS = TABLE_MOST + 1,				 /* of one part in each direction */
	CHAIN_AT = PARTS_MOST * EXITS,			 /* exits of branches backward are before the chain, */
	CHAIN_ROOM = PARTS_MOST * INSN_WORDS + 1,	 /* one is behind it, */
	FORWARD_AT = CHAIN_AT + CHAIN_ROOM,		 /* and then come those of branches forward */
	CODE_WORDS = FORWARD_AT + PARTS_MOST * EXITS,
	MEMORIES = 8,	      /* how many contents a memory may begin with */
	ENDS_LEAST = 8,	      /* a chain must have run through to its last part this often */
	ROUNDS_LEAST = 24,
	ROUNDS_MOST = 100000, /* until all of a chain has been seen */
	MIDDLE_ROUNDS = 8,    /* in so many of them it is entered in the middle, too */
	REPORTED = 20,
	STACK_BYTES = 256 << 10
};

static const struct row {
	uint8_t n;
	uint16_t parts[PARTS_MOST];
} rows[] = {
#define CHAIN2(a, b) {2, {IR_##a, IR_##b}},
#define CHAIN3(a, b, c) {3, {IR_##a, IR_##b, IR_##c}},
#define CHAIN4(a, b, c, d) {4, {IR_##a, IR_##b, IR_##c, IR_##d}},
#include "chains.def"
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };
_Static_assert(ROWS == IR_COUNT - IR_CHAINS, "rows are numbered as in enum ir");

/* ---- running code ---- */

typedef uint64_t globals[FRAME_TYPES][GLOBALS][2];

/* All that instructions may read or change, except for the memory. */
struct state {
	uint64_t slots[FRAME_SLOTS];
	globals globals;
	uint64_t r0;
	double d0;
	float s0;
	v128 v0;
	enum { POLL_NOT, POLL_CALLS, POLL_INTERRUPTS } poll;
};

struct outcome {
	int kind;    /* enum engine_error_kind */
	uint32_t at; /* the word that would be next, or at which it trapped */
	uint32_t polls, polled_at;
	char message[sizeof(((struct engine_error *)0)->message)];
	struct state state; /* the accumulators are zero if it trapped: nobody can see them */
	uint8_t memory[MEMORY_BYTES];
};

static struct engine {
	engine_module_t *module;
	engine_store_t *store;
	engine_instance_t *instance;
	engine_func_t *func; /* whose code is replaced */
	uint8_t *memory;
	globals globals;
	uint64_t code[CODE_WORDS];
	struct outcome *noting; /* by exits and polls */
} engine;

static int leave(HANDLER_PARAMS)
{
	struct outcome *o = engine.noting;
	if (x != engine.store || sp != x->top || mem != engine.memory)
		return ENGINE_INVALID;
	o->at = (uint32_t)(pc - engine.code);
	o->state.r0 = r0;
	o->state.d0 = d0;
	o->state.s0 = s0;
	o->state.v0 = v0;
	return ENGINE_OK;
}

static void note_poll(void *user, const struct engine_frame *frames, size_t n)
{
	(void)user, (void)frames, (void)n;
	engine.noting->polls++;
	engine.noting->polled_at = (uint32_t)(engine.store->raw_frames[0].pc - engine.code);
}

/* A function of its own: no variable may be alive over sigsetjmp in the function that calls it. */
static __attribute__((noinline)) int run_guarded(struct activation *activation, const struct state *from, uint32_t at)
{
	int kind = sigsetjmp(activation->on_fault, 0);
	if (kind != 0)
		return kind;
	const uint64_t *pc = engine.code + at;
	return ((handler_fn *)pc[0])(pc, engine.store->top, engine.memory, from->r0, engine.store, from->d0, from->s0, from->v0);
}

/* Runs the code from a word on. */
static void run(const struct state *from, const uint8_t *memory, uint32_t at, struct outcome *ret)
{
	engine_store_t *store = engine.store;
	memset(ret, 0, offsetof(struct outcome, memory));
	memcpy(store->top + FRAME_FIRST, from->slots + FRAME_FIRST, sizeof(from->slots) - FRAME_FIRST * sizeof(*from->slots));
	store->top[0] = return_code(code_finish, engine.func->type);
	store->top[1] = (uint64_t)store->top;
	memcpy(engine.globals, from->globals, sizeof(globals));
	memcpy(engine.memory, memory, MEMORY_BYTES);
	store->n_frames = 0;
	store->error.message[0] = 0;
	if (from->poll == POLL_CALLS)
		engine_poll(store);
	else if (from->poll == POLL_INTERRUPTS)
		engine_interrupt(store);
	struct activation activation = {.outer = NULL};
	store->activation = &activation;
	engine.noting = ret;
	trap_set_current(store);
	ret->kind = run_guarded(&activation, from, at);
	trap_set_current(NULL);
	store->activation = NULL;
	atomic_store(&store->interrupt, false);
	atomic_store(&store->polled, false);
	atomic_store(&store->limit, store->stack_limit);
	if (ret->kind == ENGINE_TRAP)
		ret->at = store->n_frames ? (uint32_t)(store->raw_frames[0].pc - engine.code) : UINT32_MAX;
	memcpy(ret->message, store->error.message, strlen(store->error.message) + 1);
	memcpy(ret->state.slots, store->top, sizeof(ret->state.slots));
	memcpy(ret->state.globals, engine.globals, sizeof(globals));
	memcpy(ret->memory, engine.memory, MEMORY_BYTES);
}

static bool begin(void)
{
	static const char text[] = "(module (memory 1) (func (export \"f\")))";
	uint8_t *bytes;
	size_t len;
	struct engine_error error;
	struct engine_extern f;
	engine.store = engine_store_new(&(struct engine_config){0});
	if (!engine.store || text_assemble(text, strlen(text), &bytes, &len, &error) != ENGINE_OK ||
	    engine_module_load(bytes, len, &engine.module, &error) != ENGINE_OK ||
	    engine_instantiate(engine.store, engine.module, NULL, NULL, &engine.instance, &error) != ENGINE_OK ||
	    !engine_export(engine.instance, "f", 1, &f) || engine_call(engine.store, f.u.func, NULL, NULL, &error) != ENGINE_OK)
		return false;
	engine_on_poll(engine.store, note_poll, NULL);
	engine.func = f.u.func;
	engine.func->entry = engine.code;
	engine.func->code_words = CODE_WORDS;
	engine.store->compiled_sorted = false;
	engine.memory = instance_memory0(engine.instance)->base;
	return true;
}

/* ---- making code ---- */

struct program {
	uint32_t n;
	struct ir_layout layouts[PARTS_MOST];
	uint32_t at[PARTS_MOST + 1]; /* where each part begins, and what is behind the last */
	char r0[PARTS_MOST];	     /* type of what is in r0 before each part */
	uint64_t numbers[CODE_WORDS]; /* as the compiler leaves it: numbers in place of handlers' addresses */
};

/* What r0 must be for the parts from a given one on. */
static char wanted(struct source *s, const struct program *p, uint32_t from)
{
	for (uint32_t i = from; i < p->n; i++) {
		if (p->layouts[i].reads == 'i' || p->layouts[i].reads == 'l')
			return p->layouts[i].reads;
		if (p->layouts[i].leaves != '-')
			break;
	}
	return "il"[source_below(s, 2)];
}

/* Returns the part whose operands cannot be made, or their number. */
static uint32_t make_program(struct source *s, const struct row *row, struct program *ret)
{
	uint32_t at = CHAIN_AT;
	char r0 = wanted(s, ret, 0);
	for (uint32_t i = 0; i < ret->n; i++) {
		const struct ir_layout *layout = &ret->layouts[i];
		if (layout->reads == 'i' && r0 != 'i')
			return i;
		struct place place = {at, i * EXITS, FORWARD_AT + i * EXITS, r0, wanted(s, ret, i + 1)};
		ret->at[i] = at;
		ret->r0[i] = r0;
		ret->numbers[at] = row->parts[i];
		at += make_operands(s, row->parts[i], layout, &place, ret->numbers + at);
		if (layout->leaves != '-')
			r0 = layout->leaves == 'x' ? place.wanted : layout->leaves;
	}
	ret->at[ret->n] = at;
	ret->numbers[at] = IR_return_void; /* begins no chain and is in none, so the chain ends here */
	return ret->n;
}

static void put_exits(const struct program *p)
{
	for (uint32_t i = 0; i < CODE_WORDS; i++)
		if (i < CHAIN_AT || i >= p->at[p->n])
			engine.code[i] = (uint64_t)leave;
}

static void use_parts(const struct row *row, const struct program *p)
{
	memcpy(engine.code, p->numbers, sizeof(engine.code));
	for (uint32_t i = 0; i < p->n; i++)
		engine.code[p->at[i]] = ir_handler(row->parts[i]);
	put_exits(p);
}

static void use_chains(struct program *p)
{
	uint64_t starts[CODE_WORDS / 64 + 1] = {0};
	for (uint32_t i = 0; i <= p->n; i++)
		starts[p->at[i] / 64] |= UINT64_C(1) << p->at[i] % 64;
	struct compiler c = {.code = p->numbers, .pos = p->at[p->n] + 1, .starts = starts};
	chains_apply(&c, engine.code);
	put_exits(p);
}

static struct state make_state(struct source *s, char r0)
{
	static const char types[] = "ilfdv";
	struct state ret = {.r0 = source_value(s, r0)};
	for (uint32_t i = 0; i < FRAME_TYPES; i++) {
		for (uint32_t k = 0; k < FRAME_RANGE; k++)
			ret.slots[frame_first(types[i]) + k] = source_value(s, types[i]);
		for (uint32_t k = 0; k < GLOBALS; k++) {
			ret.globals[i][k][0] = source_value(s, types[i]);
			ret.globals[i][k][1] = source_value(s, types[i]);
		}
	}
	uint64_t d = source_value(s, 'd'), f = source_value(s, 'f');
	memcpy(&ret.d0, &d, sizeof(d));
	memcpy(&ret.s0, &f, sizeof(ret.s0));
	ret.v0 = (v128){source_value(s, 'v'), source_value(s, 'v')};
	uint32_t poll = source_below(s, 8);
	ret.poll = poll == 0 ? POLL_CALLS : poll == 1 ? POLL_INTERRUPTS : POLL_NOT;
	return ret;
}

/* ---- comparing ---- */

enum {
	SEEN_PASSED = 1,  /* the part was run, and what is behind it was gone on with */
	SEEN_TAKEN = 2,	  /* it branched */
	SEEN_TRAPPED = 4,
};

/* What a run says of the parts from one on. Returns false if it ended nowhere where code made of these parts may end. */
static bool look(const struct program *p, uint32_t from, const struct outcome *o, unsigned seen[PARTS_MOST])
{
	uint32_t part = from;
	unsigned how = 0;
	if (o->at < CHAIN_AT || (o->at >= FORWARD_AT && o->at < CODE_WORDS)) {
		part = (o->at < CHAIN_AT ? o->at : o->at - FORWARD_AT) / EXITS;
		how = SEEN_TAKEN;
	} else {
		while (part < p->n && p->at[part] != o->at)
			part++;
		if (o->at != p->at[part] || (o->kind == ENGINE_TRAP) != (part < p->n))
			return false;
		how = SEEN_TRAPPED;
	}
	if (part < from || (o->kind != ENGINE_OK && o->kind != ENGINE_TRAP))
		return false;
	for (uint32_t i = from; i < part; i++)
		seen[i] |= SEEN_PASSED;
	if (part < p->n)
		seen[part] |= how;
	return true;
}

/* Says how two outcomes differ; false: they do not. */
static bool differ(const struct outcome *parts, const struct outcome *chain, char *ret, size_t size)
{
	if (parts->kind != chain->kind || parts->at != chain->at || strcmp(parts->message, chain->message)) {
		snprintf(ret, size, "parts end with %d at word %u %s, the chain with %d at word %u %s", parts->kind, parts->at,
			 parts->message, chain->kind, chain->at, chain->message);
		return true;
	}
	if (parts->polls != chain->polls || parts->polled_at != chain->polled_at) {
		snprintf(ret, size, "parts are polled %u times, at word %u, the chain %u times, at word %u", parts->polls,
			 parts->polled_at, chain->polls, chain->polled_at);
		return true;
	}
	for (uint32_t i = 0; i < FRAME_SLOTS; i++) {
		uint64_t a = parts->state.slots[i], b = chain->state.slots[i];
		if (a != b) {
			snprintf(ret, size, "parts leave %#llx in slot %u, the chain %#llx", (unsigned long long)a, i,
				 (unsigned long long)b);
			return true;
		}
	}
	const struct {
		const char *name;
		const void *parts, *chain;
		size_t size;
	} rest[] = {
#define BOTH(member) &parts->member, &chain->member, sizeof(parts->member)
		{"memory", BOTH(memory)}, {"globals", BOTH(state.globals)}, {"r0", BOTH(state.r0)},
		{"d0", BOTH(state.d0)},	  {"s0", BOTH(state.s0)},	    {"v0", BOTH(state.v0)},
	};
	for (size_t i = 0; i < sizeof(rest) / sizeof(*rest); i++)
		if (memcmp(rest[i].parts, rest[i].chain, rest[i].size)) {
			snprintf(ret, size, "parts and chain leave different things in %s", rest[i].name);
			return true;
		}
	return false;
}

static struct counts_of_all {
	unsigned long long chains, middles, traps, branches, polls;
} counted;

static uint8_t memories[MEMORIES][MEMORY_BYTES];

/* Runs code of a row from one of its parts on, both ways. id: what its code begins with, an enum ir. Fills *message and returns
 * false if that differs. */
static bool compare(struct source *s, const struct row *row, uint32_t id, struct program *p, uint32_t from,
		    unsigned seen[PARTS_MOST], char *message, size_t size)
{
	static struct outcome parts, chain;
	const uint8_t *memory = memories[source_below(s, MEMORIES)];
	struct state state = make_state(s, p->r0[from]);
	use_parts(row, p);
	run(&state, memory, p->at[from], &parts);
	use_chains(p);
	if (engine.code[CHAIN_AT] != ir_handler(id)) {
		snprintf(message, size, "code of its parts does not begin with it, but with %s", ir_name(engine.code[CHAIN_AT]));
		return false;
	}
	run(&state, memory, p->at[from], &chain);
	char difference[768];
	if (differ(&parts, &chain, difference, sizeof(difference))) {
		snprintf(message, size, "entered at part %u: %s", from + 1, difference);
		return false;
	}
	if (!look(p, from, &parts, seen)) {
		snprintf(message, size, "entered at part %u, its parts end with %d at word %u: are their layouts right?", from + 1,
			 parts.kind, parts.at);
		return false;
	}
	counted.chains += from == 0 && id >= IR_CHAINS;
	counted.middles += from != 0;
	counted.traps += parts.kind == ENGINE_TRAP;
	counted.branches += parts.at != p->at[p->n] && parts.kind == ENGINE_OK;
	counted.polls += parts.polls;
	return true;
}

/* What is still to be seen of a part; NULL: nothing. */
static const char *missing(const struct ir_layout *layout, unsigned seen)
{
	if (layout->falls && !(seen & SEEN_PASSED))
		return "has never gone on with the next instruction";
	if (layout->branches && !(seen & SEEN_TAKEN))
		return "has never branched";
	if (layout->traps && !(seen & SEEN_TRAPPED))
		return "has never trapped";
	return NULL;
}

/* id: the number of the row's chain, or of its instruction, if it is only one. */
static bool test_row(const struct row *row, uint32_t id, uint32_t rounds, uint64_t seed, char *message, size_t size)
{
	static struct program p;
	struct source s = {.state = (seed << 16) + id + 1, .globals = engine.globals};
	unsigned seen[PARTS_MOST] = {0}, ends = 0;
	p.n = row->n;
	for (uint32_t i = 0; i < p.n; i++)
		if (!ir_layout(row->parts[i], &p.layouts[i])) {
			snprintf(message, size, "ir_layouts.def does not say what operands %s has",
				 ir_name(ir_handler(row->parts[i])));
			return false;
		}
	for (uint32_t round = 0; round < ROUNDS_MOST; round++) {
		source_round(&s);
		uint32_t made = make_program(&s, row, &p);
		if (made < p.n) {
			snprintf(message, size, "part %u takes 32 bits from r0, where the parts before it leave 64", made + 1);
			return false;
		}
		unsigned now[PARTS_MOST] = {0}, ignored[PARTS_MOST] = {0};
		if (!compare(&s, row, id, &p, 0, now, message, size))
			return false;
		for (uint32_t i = 1; round < MIDDLE_ROUNDS && i < p.n; i++)
			if (!compare(&s, row, id, &p, i, ignored, message, size))
				return false;
		ends += (now[p.n - 1] & (SEEN_PASSED | SEEN_TAKEN)) != 0;
		bool all = ends >= ENDS_LEAST;
		for (uint32_t i = 0; i < p.n; i++) {
			seen[i] |= now[i];
			all &= !missing(&p.layouts[i], seen[i]);
		}
		if (all && round + 1 >= rounds)
			return true;
	}
	snprintf(message, size, "ran through %u times only", ends);
	for (uint32_t i = 0; i < p.n; i++)
		if (missing(&p.layouts[i], seen[i]))
			snprintf(message, size, "part %u %s", i + 1, missing(&p.layouts[i], seen[i]));
	return false;
}

/* A chain that goes wrong may well crash or run for ever, and is to be named then, too. */
static uint32_t current; /* an enum ir */

static void name_crash(int sig)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s: ended by signal %d\n", ir_name(ir_handler(current)), sig);
	if (write(STDOUT_FILENO, text, (size_t)n) != n)
		_exit(3);
	_exit(2);
}

static bool test_current(const struct row *row, uint32_t rounds, uint64_t seed)
{
	static uint32_t failed;
	char message[1024];
	alarm(60);
	if (test_row(row, current, rounds, seed, message, sizeof(message)))
		return true;
	if (failed++ < REPORTED)
		printf("%s: %s\n", ir_name(ir_handler(current)), message);
	return false;
}

static struct options {
	uint32_t rounds;
	uint64_t seed;
	int status; /* what came of it */
} options = {ROUNDS_LEAST, 1, 1};

static void *test_all(void *unused)
{
	uint32_t passed = 0, failed = 0, alone = 0;
	if (!begin()) {
		puts("no engine to run chains in");
		return unused;
	}
	if (!instance_memory0(engine.instance)->guarded) {
		puts("no memory with guard pages to be had here: other forms of instructions are used");
		options.status = 77;
		return unused;
	}
	struct source s = {.state = options.seed};
	for (uint32_t i = 0; i < MEMORIES; i++)
		source_memory(&s, memories[i]);
	/* First each instruction for itself: is its layout right? */
	struct ir_layout layout;
	for (current = 0; current < IR_CHAINS; current++)
		if (ir_layout(current, &layout)) {
			alone++;
			failed += !test_current(&(struct row){1, {(uint16_t)current}}, ENDS_LEAST, options.seed);
		}
	for (uint32_t i = 0; i < ROWS; i++) {
		current = IR_CHAINS + i;
		if (test_current(&rows[i], options.rounds, options.seed))
			passed++;
		else
			failed++;
	}
	printf("%u instructions alone; %llu runs of chains, %llu from the middle on; %llu trapped, %llu branched, %llu polled\n",
	       alone, counted.chains, counted.middles, counted.traps, counted.branches, counted.polls);
	printf("%u passed, %u failed\n", passed, failed);
	options.status = failed > 0;
	return unused;
}

int main(int argc, char **argv)
{
	static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
	if (argc > 1)
		options.rounds = (uint32_t)atoi(argv[1]);
	if (argc > 2)
		options.seed = (uint64_t)atoi(argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaction(ends[i], &(struct sigaction){.sa_handler = name_crash, .sa_flags = SA_ONSTACK}, NULL);
	/* On a small stack: with every fault, AddressSanitizer clears what it knows of all of it. */
	pthread_t thread;
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(&thread, &attr, test_all, NULL) || pthread_join(thread, NULL))
		return 1;
	pthread_attr_destroy(&attr);
	return options.status;
}
