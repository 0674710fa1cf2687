/* tests/bench/recurrence.c - x <- a sin(x) + x^2, a million steps. SPDX-License-Identifier: MIT */
#include "bench.h"
#include <math.h>

enum { STEPS = 1000000 };
static const double A = 1.0; /* with x from below 0 the derivative falls like 1/steps^2, not to 0 */

DU_FUNCTION(repeated, x, y,
    T z = x[0];
    for (int i = 0; i < STEPS; i++) z = du_add(du_mul(A, du_sin(z)), du_sqr(z));
    y[0] = z;
)

static double value(const double *x)
{
    double z = x[0];
    for (int i = 0; i < STEPS; i++) z = A * sin(z) + z * z;
    return z;
}

static void gradient(const double *x, double *f, double *g)
{
    double z = x[0], d = 1.0;
    for (int i = 0; i < STEPS; i++) {
        double s = sin(z), c = cos(z);
        d *= A * c + 2.0 * z;
        z = A * s + z * z;
    }
    *f = z;
    *g = d;
}

static void point(double *x) { x[0] = -0.3; }

const bench_workload recurrence = { "recurrence", 1, &repeated, value, gradient, point, peers_recurrence };
