/* Which handlers this machine uses, and what they are called. */
#include "handler.h"

#include <pthread.h>
#include <stdlib.h>

/* The C library has asked the processor already; each question takes a virtual machine some microseconds. */
#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif

/* handler_table.S */
extern const int32_t ir_handlers_portable[IR_COUNT];
#if defined(WASIWARD_HAVE_SSE41)
extern const int32_t ir_handlers_sse41[IR_COUNT];
#endif

const int32_t *ir_handlers = ir_handlers_portable;

bool ir_use_portable_handlers(void)
{
	bool other = ir_handlers != ir_handlers_portable;
	ir_handlers = ir_handlers_portable;
	return other;
}

#if defined(WASIWARD_HAVE_SSE41)
__attribute__((constructor)) static void choose_handlers(void)
{
#if defined(CPU_FEATURE_PRESENT)
	bool sse41 = CPU_FEATURE_PRESENT(SSE4_1);
#else
	__builtin_cpu_init();
	bool sse41 = __builtin_cpu_supports("sse4.1");
#endif
	if (sse41)
		ir_handlers = ir_handlers_sse41;
}
#endif

/* One after the other, each with its NUL: an array of pointers would have to be relocated. */
static const struct {
#define NAME(name) char n_##name[sizeof(#name)];
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(NAME, name)
#include "insn.def"
#define OP(name) NAME(name)
#include "ir.def"
#define FUSED(name) NAME(name)
#include "fused.def"
#define CHAIN2(a, b) NAME(a##__##b)
#define CHAIN3(a, b, c) NAME(a##__##b##__##c)
#define CHAIN4(a, b, c, d) NAME(a##__##b##__##c##__##d)
#include "chains.def"
#undef NAME
} names = {
#define NAME(name) #name,
#define INSN(code, name, text, cls, res, arg, extra) EACH_##cls(NAME, name)
#include "insn.def"
#define OP(name) NAME(name)
#include "ir.def"
#define FUSED(name) NAME(name)
#include "fused.def"
#define CHAIN2(a, b) NAME(a##__##b)
#define CHAIN3(a, b, c) NAME(a##__##b##__##c)
#define CHAIN4(a, b, c, d) NAME(a##__##b##__##c##__##d)
#include "chains.def"
};

struct named {
	uint64_t handler;
	const char *name;
};

static struct named by_handler[IR_COUNT]; /* in order; dumps ask for every word of the code */

static int compare_handlers(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	return x->handler < y->handler ? -1 : x->handler > y->handler;
}

static void sort_names(void)
{
	const char *name = (const char *)&names;
	for (uint32_t i = 0; i < IR_COUNT; i++, name += strlen(name) + 1)
		by_handler[i] = (struct named){ir_handler(i), name};
	qsort(by_handler, IR_COUNT, sizeof(*by_handler), compare_handlers);
}

const char *ir_name(uint64_t handler)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, sort_names);
	const struct named *found = bsearch(&(struct named){handler, NULL}, by_handler, IR_COUNT, sizeof(*by_handler),
					    compare_handlers);
	return found ? found->name : NULL;
}
