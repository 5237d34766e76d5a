/* Doubles in structures: five bodies under gravity. */
#include <math.h>
#include <stdio.h>

#include "size.h"

struct body {
	double x[3], v[3], mass;
};

#define N 5
static struct body bodies[N] = {
	{ { 0, 0, 0 }, { 0, 0, 0 }, 39.47841760435743 },
	{ { 4.84143144246472090, -1.16032004402742839, -0.103622044471123109 },
	  { 0.606326392995832, 2.81198684491626, -0.02521836165988763 }, 0.03769367487038949 },
	{ { 8.34336671824457987, 4.12479856412430479, -0.403523417114321381 },
	  { -1.01077434617879236, 1.82566237123041186, 0.00841576137658415351 }, 0.0112863261319687668 },
	{ { 12.8943695621391310, -15.1111514016986312, -0.223307578892655734 },
	  { 1.08279100644153536, 0.868713018169608220, -0.0108326374013636358 }, 0.00172372405705971183 },
	{ { 15.3796971148509165, -25.9193146099879641, 0.179258772950371181 },
	  { 0.979090732243897976, 0.594698998647676060, -0.0347559555078104484 }, 0.00203368686992463042 },
};

static void advance(double dt)
{
	for (int i = 0; i < N; i++) {
		struct body *a = &bodies[i];
		for (int j = i + 1; j < N; j++) {
			struct body *b = &bodies[j];
			double d[3], square = 0;
			for (int k = 0; k < 3; k++) {
				d[k] = a->x[k] - b->x[k];
				square += d[k] * d[k];
			}
			double force = dt / (square * sqrt(square));
			for (int k = 0; k < 3; k++) {
				a->v[k] -= d[k] * b->mass * force;
				b->v[k] += d[k] * a->mass * force;
			}
		}
	}
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < 3; k++)
			bodies[i].x[k] += dt * bodies[i].v[k];
	}
}

int main(void)
{
	for (int i = 0; i < SIZED(3000000, 500); i++)
		advance(0.001);
	printf("%.9f %.9f\n", bodies[0].x[0], bodies[4].v[2]);
	return 0;
}
