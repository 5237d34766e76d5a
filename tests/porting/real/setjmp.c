/* What clang calls in place of setjmp and longjmp (LLVM 14's names and contracts).
 *
 * A function that calls setjmp keeps a table of the points it may be sent back to. longjmp throws the buffer and the value; the
 * function catches them, asks whether the point is one of its own, and throws on if it is not. */
#include <stdint.h>
#include <stdlib.h>

enum { TAG_OF_LONGJMP = 1 };

/* An entry: which call of setjmp, and which place in the function. id 0 ends the table. */
struct point {
	uint32_t id, label;
};

static uint32_t last_id, second_result;
static struct {
	void *env;
	int value;
} thrown;

void setTempRet0(uint32_t value);
uint32_t getTempRet0(void);
struct point *saveSetjmp(uint32_t *env, uint32_t label, struct point *table, uint32_t size);
uint32_t testSetjmp(uint32_t id, const struct point *table, uint32_t size);
void __wasm_longjmp(void *env, int value);

void setTempRet0(uint32_t value)
{
	second_result = value;
}

uint32_t getTempRet0(void)
{
	return second_result;
}

/* Notes a point in a table of `size` entries. Returns the table; its size is the second result. */
struct point *saveSetjmp(uint32_t *env, uint32_t label, struct point *table, uint32_t size)
{
	uint32_t i = 0;
	while (i < size && table[i].id && table[i].label != label)
		i++;
	if (i + 1 >= size) {
		table = realloc(table, 2 * (size_t)size * sizeof *table);
		if (!table)
			abort();
		for (uint32_t k = size; k < 2 * size; k++)
			table[k] = (struct point){0, 0};
		size *= 2;
	}
	*env = ++last_id;
	table[i] = (struct point){*env, label};
	second_result = size;
	return table;
}

/* The place that a call of setjmp stands for, 0 if it is another function's. */
uint32_t testSetjmp(uint32_t id, const struct point *table, uint32_t size)
{
	for (uint32_t i = 0; i < size && table[i].id; i++)
		if (table[i].id == id)
			return table[i].label;
	return 0;
}

void __wasm_longjmp(void *env, int value)
{
	thrown.env = env;
	thrown.value = value ? value : 1;
	__builtin_wasm_throw(TAG_OF_LONGJMP, &thrown);
}
