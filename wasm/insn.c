#include "insn.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "ir.h"
#include "v128.h"

enum { TYPE_i32 = ENGINE_I32, TYPE_i64 = ENGINE_I64, TYPE_f32 = ENGINE_F32, TYPE_f64 = ENGINE_F64, TYPE_v128 = ENGINE_V128 };

#define FIRST_CTL(name) 0
#define FIRST_UN(name) IR_##name##_SS
#define FIRST_BINC(name) IR_##name##_SSS
#define FIRST_BIN(name) IR_##name##_SSS
#define FIRST_CMPI(name) IR_##name##_SSS
#define FIRST_CMPF(name) IR_##name##_SSS
#define FIRST_LOAD(name) IR_##name##_SS
#define FIRST_STOREI(name) IR_##name##_SS
#define FIRST_STOREF(name) IR_##name##_SS
#define FIRST_ATOMIC(name) IR_##name
#define FIRST_VUN(name) IR_##name##_SS
#define FIRST_VBINC(name) IR_##name##_SSS
#define FIRST_VBIN(name) IR_##name##_SSS
#define FIRST_VTERN(name) IR_##name##_SSSS
#define FIRST_VSHIFT(name) IR_##name##_SSS
#define FIRST_VSHUFFLE(name) IR_##name##_SSS
#define FIRST_VEXTRACT(name) IR_##name##_SS
#define FIRST_VREPLACE(name) IR_##name##_SSS
#define FIRST_LANELOAD(name) IR_##name##_SSS
#define FIRST_LANESTORE(name) IR_##name##_SS

#define BYTES_CTL(extra) 1
#define BYTES_UN(extra) 1
#define BYTES_BINC(extra) 1
#define BYTES_BIN(extra) 1
#define BYTES_CMPI(extra) 1
#define BYTES_CMPF(extra) 1
#define BYTES_LOAD(extra) sizeof(extra)
#define BYTES_STOREI(extra) sizeof(extra)
#define BYTES_STOREF(extra) sizeof(extra)
#define BYTES_ATOMIC(extra) sizeof(ATOMIC_TYPE extra)
#define ATOMIC_TYPE(type, operation) type
#define BYTES_VUN(extra) 1
#define BYTES_VBINC(extra) 1
#define BYTES_VBIN(extra) 1
#define BYTES_VTERN(extra) 1
#define BYTES_VSHIFT(extra) 1
#define BYTES_VSHUFFLE(extra) 1
#define BYTES_VEXTRACT(extra) sizeof(extra)
#define BYTES_VREPLACE(extra) sizeof(extra)
#define BYTES_LANELOAD(extra) sizeof(extra)
#define BYTES_LANESTORE(extra) sizeof(extra)
#define LOG2(n) ((n) == 16 ? 4 : (n) == 8 ? 3 : (n) == 4 ? 2 : (n) == 2 ? 1 : 0)

/* A page of 256 for the bytes, one for each prefix, one for the numbers of 0xfd beyond a byte. */
#define INDEX(code) \
	((code) < 0x100 ? (code) : ((code) & 0xff) + ((code) < 0x10000 ? ((code) >> 8) - 0xfa : 5) * 0x100)

static const struct insn insns[0x600] = {
#define INSN(code, name, text, cls, res, arg, extra) \
	[INDEX(code)] = {code, FIRST_##cls(name), INSN_##cls, TYPE_##res, TYPE_##arg, LOG2(BYTES_##cls(extra))},
#include "insn.def"
};

const struct insn *insn_find(uint32_t opcode)
{
	if (opcode >= 0x100 && (opcode < 0xfb00 || opcode > 0xfeff) && (opcode < 0xfd100 || opcode > 0xfd1ff))
		return NULL;
	const struct insn *insn = &insns[INDEX(opcode)];
	return insn->cls == INSN_NONE ? NULL : insn;
}

/* ---- by name ---- */

enum {
#define INSN(code, name, text, cls, res, arg, extra) COUNT_##name,
#include "insn.def"
	N_INSNS
};

/* One after the other, each with its NUL: pointers would have to be relocated at every start. */
static const struct {
#define INSN(code, name, text, cls, res, arg, extra) char t_##name[sizeof(text)];
#include "insn.def"
} texts = {
#define INSN(code, name, text, cls, res, arg, extra) text,
#include "insn.def"
};

static const uint32_t codes[N_INSNS] = {
#define INSN(code, name, text, cls, res, arg, extra) code,
#include "insn.def"
};

static struct named {
	const char *text;
	uint32_t code;
} by_name[N_INSNS];
static pthread_once_t sorted = PTHREAD_ONCE_INIT;

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->text, ((const struct named *)b)->text);
}

static void sort_names(void)
{
	const char *text = (const char *)&texts;
	for (size_t i = 0; i < N_INSNS; i++, text += strlen(text) + 1)
		by_name[i] = (struct named){text, codes[i]};
	qsort(by_name, N_INSNS, sizeof(by_name[0]), compare_names);
}

const struct insn *insn_by_name(const char *name, size_t len)
{
	pthread_once(&sorted, sort_names);
	size_t low = 0, high = N_INSNS;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(by_name[middle].text, name, len);
		if (order == 0 && by_name[middle].text[len] == 0)
			return insn_find(by_name[middle].code);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
