/* tests/bench/hand_rosenbrock.c - sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 for many variables
 * and ten.
 * SPDX-License-Identifier: MIT */
#include "hand.h"

static inline double value(size_t n, const double *x)
{
    double s = 0.0;
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        s += 100.0 * a * a + b * b;
    }
    return s;
}

/* The sum waits for each addition; the derivatives, in a loop of their own, do not. */
static inline double gradient(size_t n, const double *restrict x, double *restrict g)
{
    for (size_t i = 1; i + 1 < n; i++)
        g[i] = 200.0 * (x[i] - x[i - 1] * x[i - 1]) - 400.0 * (x[i + 1] - x[i] * x[i]) * x[i] -
            2.0 * (1.0 - x[i]);
    g[0] = -400.0 * (x[1] - x[0] * x[0]) * x[0] - 2.0 * (1.0 - x[0]);
    g[n - 1] = 200.0 * (x[n - 1] - x[n - 2] * x[n - 2]);
    return value(n, x);
}

#define CASE(workload, n) \
    PLAIN(workload) { *f = value(n, x); } \
    HAND(workload) { *f = gradient(n, x, g); }
CASE(rosenbrock_1000, 1000)
CASE(rosenbrock_100000, 100000)
CASE(rosenbrock_forward, 10)
