/* tests/bench/joins.c - a hundred million joins on one tape: 2.4 GB of entries and 0.8 GB of adjoints.
 * SPDX-License-Identifier: MIT */
#include "bench.h"

enum { JOINS = 100000000 };

DU_FUNCTION(long_sum, x, y,
    T s = x[0];
    for (int i = 0; i < JOINS; i++) s = du_add(s, x[1]);
    y[0] = s;
)

static double value(const double *x)
{
    double s = x[0];
    for (int i = 0; i < JOINS; i++) s += x[1];
    return s;
}

static void gradient(const double *x, double *f, double *g)
{
    *f = value(x);
    g[0] = 1.0;
    g[1] = JOINS;
}

static void point(double *x)
{
    x[0] = 1.0;
    x[1] = 1e-8;
}

const bench_workload joins_100000000 = { "joins_100000000", 2, &long_sum, value, gradient, point, peers_joins_100000000 };
