/* Indirect calls: a table of small functions, called in an order nobody predicts. */
#include <stdint.h>
#include <stdio.h>

#include "size.h"

static uint32_t add(uint32_t a, uint32_t b) { return a + b; }
static uint32_t sub(uint32_t a, uint32_t b) { return a - b * 3; }
static uint32_t mix(uint32_t a, uint32_t b) { return (a ^ b) * 0x9e3779b1u; }
static uint32_t turn(uint32_t a, uint32_t b) { return a << 7 | (a + b) >> 25; }
static uint32_t half(uint32_t a, uint32_t b) { return (a >> 1) + (b << 1); }
static uint32_t keep(uint32_t a, uint32_t b) { return a | (b & 0xff); }
static uint32_t flip(uint32_t a, uint32_t b) { return ~a + b; }
static uint32_t both(uint32_t a, uint32_t b) { return a * 5 + b * 7; }

static uint32_t (*volatile const table[])(uint32_t, uint32_t) = { add, sub, mix, turn, half, keep, flip, both };

int main(void)
{
	uint32_t a = 1, b = 2;
	for (uint32_t i = 0; i < SIZED(60000000, 20000); i++) {
		uint32_t r = table[(a ^ i) & 7](a, b);
		b = a;
		a = r;
	}
	printf("%u\n", (unsigned)(a ^ b));
	return 0;
}
