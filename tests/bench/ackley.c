/* tests/bench/ackley.c - Ackley's function of ten variables. SPDX-License-Identifier: MIT */
#include "bench.h"
#include <math.h>

enum { N = 10 };
#define TWO_PI 6.28318530717958647693

DU_FUNCTION(ackley, x, y,
    T squares = du_constant(T, 0.0);
    T waves = du_constant(T, 0.0);
    for (size_t i = 0; i < n; i++) {
        squares = du_add(squares, du_sqr(x[i]));
        waves = du_add(waves, du_cos(du_mul(TWO_PI, x[i])));
    }
    T radius = du_sqrt(du_div(squares, n));
    y[0] = du_add(du_sub(du_mul(-20.0, du_exp(du_mul(-0.2, radius))), du_exp(du_div(waves, n))), 20.0 + exp(1.0));
)

static double value(const double *x)
{
    double squares = 0.0, waves = 0.0;
    for (int i = 0; i < N; i++) {
        squares += x[i] * x[i];
        waves += cos(TWO_PI * x[i]);
    }
    return -20.0 * exp(-0.2 * sqrt(squares / N)) - exp(waves / N) + 20.0 + exp(1.0);
}

static void gradient(const double *x, double *f, double *g)
{
    double squares = 0.0, waves = 0.0;
    for (int i = 0; i < N; i++) {
        double c = cos(TWO_PI * x[i]);
        g[i] = sin(TWO_PI * x[i]);
        squares += x[i] * x[i];
        waves += c;
    }
    double radius = sqrt(squares / N), e = -20.0 * exp(-0.2 * radius), w = exp(waves / N);
    double along = -0.2 * e / (N * radius);
    for (int i = 0; i < N; i++) g[i] = along * x[i] + w * TWO_PI / N * g[i];
    *f = e - w + 20.0 + exp(1.0);
}

static void point(double *x) { for (int i = 0; i < N; i++) x[i] = 0.3 + 0.07 * i; }

const bench_workload ackley_forward = { "ackley_forward", N, &ackley, value, gradient, point, peers_ackley_forward };
