/* Bytes, hashes and copies: an LZ77 compressor with a hash table, and its decompressor. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "size.h"

#define N SIZED(4 << 20, 1 << 14)
static uint8_t input[N], packed[N * 2], output[N];
static int table[1 << 15];

static unsigned hash(const uint8_t *p)
{
	uint32_t v = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return v * 2654435761u >> 17;
}

/* Tokens: a byte n < 128 and n + 1 literals, or 128 + length - 4 and a 16-bit distance. */
static int pack(void)
{
	int in = 0, out = 0, literals = 0;
	memset(table, 0xff, sizeof(table));
	while (in < N) {
		int length = 0, from = 0;
		if (in + 4 <= N) {
			unsigned h = hash(input + in);
			from = table[h];
			table[h] = in;
			if (from >= 0 && in - from < 65536) {
				while (length < 131 && in + length < N && input[from + length] == input[in + length])
					length++;
			}
		}
		if (length >= 4) {
			literals = 0;
			packed[out++] = (uint8_t)(128 + length - 4);
			packed[out++] = (uint8_t)(in - from);
			packed[out++] = (uint8_t)((in - from) >> 8);
			in += length;
		} else {
			if (literals == 0 || packed[literals - 1] == 127) {
				packed[out++] = 0;
				literals = out;
			} else {
				packed[literals - 1]++;
			}
			packed[out++] = input[in++];
		}
	}
	return out;
}

static int unpack(int n)
{
	int out = 0;
	for (int in = 0; in < n;) {
		int token = packed[in++];
		if (token < 128) {
			for (int i = 0; i <= token; i++)
				output[out++] = packed[in++];
		} else {
			int distance = packed[in] | packed[in + 1] << 8;
			in += 2;
			for (int i = 0; i < token - 124; i++, out++)
				output[out] = output[out - distance];
		}
	}
	return out;
}

int main(void)
{
	uint32_t seed = 1;
	for (int i = 0; i < N; i++) {
		seed = seed * 1103515245u + 12345u;
		input[i] = i > 5000 && seed >> 29 ? input[i - 1 - (int)(seed >> 16 & 0xfff)] : (uint8_t)('a' + (seed >> 24 & 15));
	}
	int n = 0;
	for (int round = 0; round < 3; round++)
		n = pack();
	int m = unpack(n);
	printf("%d %d %d\n", n, m, memcmp(input, output, N));
	return 0;
}
