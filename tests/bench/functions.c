/* tests/bench/functions.c - the workloads written once as DU_FUNCTIONs, which bench.c runs through
 * plans.
 * SPDX-License-Identifier: MIT */
#include "functions.h"
#include <math.h>

#define TWO_PI 6.28318530717958647693

DU_FUNCTION(rosenbrock, x[], y[1],
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i + 1 < n; i++) {
        T a = du_sub(x[i + 1], du_sqr(x[i]));
        T b = du_sub(1.0, x[i]);
        s = du_add(s, du_mul(100.0, du_sqr(a)), du_sqr(b));
    }
    y[0] = s;
)
const du_function *const function_rosenbrock_1000 = &rosenbrock;
const du_function *const function_rosenbrock_100000 = &rosenbrock;

DU_FUNCTION(rosenbrock_of_10, x[10], y[1],
    T s = du_constant(T, 0.0);
    DU_UNROLL for (size_t i = 0; i + 1 < n; i++) {
        T a = du_sub(x[i + 1], du_sqr(x[i]));
        T b = du_sub(1.0, x[i]);
        s = du_add(s, du_mul(100.0, du_sqr(a)), du_sqr(b));
    }
    y[0] = s;
)
const du_function *const function_rosenbrock_forward = &rosenbrock_of_10;

DU_FUNCTION(repeated, x[1], y[1],
    T z = x[0];
    for (int i = 0; i < RECURRENCE_STEPS; i++) z = du_add(du_mul(RECURRENCE_A, du_sin(z)),
        du_sqr(z));
    y[0] = z;
)
const du_function *const function_recurrence = &repeated;

DU_FUNCTION(ackley, x[10], y[1],
    T squares = du_constant(T, 0.0);
    T waves = du_constant(T, 0.0);
    DU_UNROLL for (size_t i = 0; i < n; i++) {
        squares = du_add(squares, du_sqr(x[i]));
        waves = du_add(waves, du_cos(du_mul(TWO_PI, x[i])));
    }
    T radius = du_sqrt(du_div(squares, n));
    y[0] = du_add(du_sub(du_mul(-20.0, du_exp(du_mul(-0.2, radius))), du_exp(du_div(waves, n))),
        20.0 + exp(1.0));
)
const du_function *const function_ackley_forward = &ackley;

/* 2.4 GB of entries and 0.8 GB of adjoints */
DU_FUNCTION(long_sum, x[2], y[1],
    T s = x[0];
    for (int i = 0; i < JOINS; i++) s = du_add(s, x[1]);
    y[0] = s;
)
const du_function *const function_joins_100000000 = &long_sum;
