/* Address arithmetic and multiply-add: a plain product of two matrices. */
#include <stdio.h>

#include "size.h"

#define N SIZED(400, 24)
static double a[N][N], b[N][N], c[N][N];

int main(void)
{
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++) {
			a[i][j] = (i * 3 + j) % 17;
			b[i][j] = (i + j * 5) % 13;
		}
	}
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			for (int j = 0; j < N; j++) {
				double sum = c[i][j];
				for (int k = 0; k < N; k++)
					sum += a[i][k] * b[k][j];
				c[i][j] = sum;
			}
		}
	}
	double trace = 0;
	for (int i = 0; i < N; i++)
		trace += c[i][i];
	printf("%.1f\n", trace);
	return 0;
}
