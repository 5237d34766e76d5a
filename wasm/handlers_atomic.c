/* Atomic accesses, all sequentially consistent. Operands lie in consecutive slots from [base], the result goes to [base] and
 * r0: [base] {memory} {offset}. Whatever the memory, bounds are checked here. */
#include "handler.h"
#include "wait.h"

/* The host address of the operand; traps if it is not aligned or out of bounds. */
#define ATOMIC_AT(T) \
	({ \
		const engine_memory_t *m_ = (const engine_memory_t *)pc[2]; \
		uint64_t end_; \
		if (unlikely(__builtin_add_overflow(base[0], pc[3], &end_))) \
			TRAP_NOW(memory_bounds); \
		if (unlikely(end_ % sizeof(T))) \
			TRAP_NOW(unaligned_atomic); \
		if (unlikely(__builtin_add_overflow(end_, sizeof(T), &end_) || end_ > memory_bytes(m_))) \
			TRAP_NOW(memory_bounds); \
		(T *)(m_->base + (end_ - sizeof(T))); \
	})
#define RESULT(v) \
	do { \
		r0 = (v); \
		base[0] = r0; \
	} while (0)

#define DO_load(T) RESULT(__atomic_load_n(p, __ATOMIC_SEQ_CST))
#define DO_store(T) __atomic_store_n(p, (T)base[1], __ATOMIC_SEQ_CST)
#define DO_add(T) RESULT(__atomic_fetch_add(p, (T)base[1], __ATOMIC_SEQ_CST))
#define DO_sub(T) RESULT(__atomic_fetch_sub(p, (T)base[1], __ATOMIC_SEQ_CST))
#define DO_and(T) RESULT(__atomic_fetch_and(p, (T)base[1], __ATOMIC_SEQ_CST))
#define DO_or(T) RESULT(__atomic_fetch_or(p, (T)base[1], __ATOMIC_SEQ_CST))
#define DO_xor(T) RESULT(__atomic_fetch_xor(p, (T)base[1], __ATOMIC_SEQ_CST))
#define DO_xchg(T) RESULT(__atomic_exchange_n(p, (T)base[1], __ATOMIC_SEQ_CST))
#define DO_cmpxchg(T) \
	do { \
		T expected = (T)base[1]; \
		__atomic_compare_exchange_n(p, &expected, (T)base[2], false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
		RESULT(expected); \
	} while (0)
#define DO_notify(T) RESULT(wait_notify(p, (uint32_t)base[1]))
#define DO_wait(T) \
	do { \
		if (unlikely(!((const engine_memory_t *)pc[2])->type.shared)) \
			TRAP_NOW(not_shared); \
		enum wait_result result = wait_for(p, sizeof(T), base[1], (int64_t)base[2], &x->interrupt); \
		if (unlikely(result == WAIT_INTERRUPTED)) \
			TRAP_NOW(interrupted); \
		RESULT(result); \
	} while (0)

#define DEFINE_ATOMIC(name, T, operation) \
	H(H_##name) \
	{ \
		uint64_t *base = &SLOT(0); \
		T *p = ATOMIC_AT(T); \
		DO_##operation(T); \
		NEXT(4); \
	}

#define EXTRA(T, operation) T, operation
#define EXPAND(macro, ...) macro(__VA_ARGS__)
#define INSN(code, name, text, cls, res, arg, extra) SELECT_##cls(name, extra)
#define SELECT_ATOMIC(name, extra) EXPAND(DEFINE_ATOMIC, name, EXTRA extra)
#include "select_rows.h"

H(H_atomic_fence)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	NEXT(2);
}
