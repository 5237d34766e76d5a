/* Products of matrices of floats, row by row: clang makes vectors of the innermost loop by itself. */
#include <stdio.h>

#include "../kernels/size.h"

#define N SIZED(256, 24)
static float a[N][N], b[N][N], c[N][N];

int main(void)
{
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++) {
			a[i][j] = (float)((i * 3 + j) % 17);
			b[i][j] = (float)((i + j * 5) % 13);
		}
	}
	for (int round = 0; round < 8; round++)
		for (int i = 0; i < N; i++)
			for (int k = 0; k < N; k++)
				for (int j = 0; j < N; j++)
					c[i][j] += a[i][k] * b[k][j];
	double trace = 0;
	for (int i = 0; i < N; i++)
		trace += c[i][i];
	printf("%.1f\n", trace);
	return 0;
}
