/* The Mandelbrot set in floats, neighbouring points at a time: comparisons that end in masks. */
#include <stdio.h>

#include "../kernels/size.h"
#include "lanes.h"

int main(void)
{
	unsigned long long total = 0;
	for (int py = 0; py < SIZED(300, 12); py++) {
		for (int px = 0; px < 400; px += LANES) {
			floats cx = {0}, x = {0}, y = {0}, cy = (floats){0} + (py / 150.0f - 1.0f);
			mask n = {0}, inside = (mask){0} - 1;
			for (int i = 0; i < LANES; i++)
				LANE(cx, i) = (float)(px + i) / 200.0f - 1.5f;
			for (int i = 0; i < 500 && ANY(inside); i++) {
				floats xx = x * x, yy = y * y;
				y = 2.0f * x * y + cy;
				x = xx - yy + cx;
#if defined(__wasm_simd128__)
				inside &= xx + yy < (floats){4, 4, 4, 4};
#else
				inside = -(xx + yy < 4.0f);
#endif
				n -= inside;
			}
			for (int i = 0; i < LANES; i++)
				total += (unsigned)LANE(n, i);
		}
	}
	printf("%llu\n", total);
	return 0;
}
