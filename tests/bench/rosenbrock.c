/* tests/bench/rosenbrock.c - sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, for a hundred thousand
 * variables and for ten. SPDX-License-Identifier: MIT */
#include "bench.h"
#include <string.h>

DU_FUNCTION(rosenbrock, x, y,
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i + 1 < n; i++) {
        T a = du_sub(x[i + 1], du_sqr(x[i]));
        T b = du_sub(1.0, x[i]);
        s = du_add(s, du_mul(100.0, du_sqr(a)), du_sqr(b));
    }
    y[0] = s;
)

static inline double value(size_t n, const double *x)
{
    double s = 0.0;
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        s += 100.0 * a * a + b * b;
    }
    return s;
}

static inline void gradient(size_t n, const double *x, double *f, double *g)
{
    double s = 0.0;
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        s += 100.0 * a * a + b * b;
        g[i + 1] += 200.0 * a;
        g[i] += -400.0 * a * x[i] - 2.0 * b;
    }
    *f = s;
}

#define CASE(N, id, peer_list) \
    static double value_##N(const double *x) { return value(N, x); } \
    static void gradient_##N(const double *x, double *f, double *g) { gradient(N, x, f, g); } \
    static void point_##N(double *x) { for (int i = 0; i < N; i++) x[i] = 0.5 + 0.001 * (i % 997); } \
    const bench_workload id = { #id, N, &rosenbrock, value_##N, gradient_##N, point_##N, peer_list };
CASE(100000, rosenbrock_100000, peers_rosenbrock_100000)
CASE(10, rosenbrock_forward, peers_rosenbrock_forward)
