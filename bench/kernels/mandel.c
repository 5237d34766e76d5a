/* A tight loop of doubles with a compare: the Mandelbrot set. */
#include <stdio.h>

#include "size.h"

int main(void)
{
	unsigned long long total = 0;
	for (int py = 0; py < SIZED(500, 20); py++) {
		for (int px = 0; px < 500; px++) {
			double cx = px / 250.0 - 1.5, cy = py / 250.0 - 1.0, x = 0, y = 0;
			int n = 0;
			while (n < 1000 && x * x + y * y < 4.0) {
				double t = x * x - y * y + cx;
				y = 2 * x * y + cy;
				x = t;
				n++;
			}
			total += (unsigned)n;
		}
	}
	printf("%llu\n", total);
	return 0;
}
