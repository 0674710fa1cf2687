/* tests/bench/hand_joins.c - a sum of a hundred million terms. SPDX-License-Identifier: MIT */
#include "hand.h"

static double sum(const double *x)
{
    double s = x[0];
    for (int i = 0; i < JOINS; i++) s += x[1];
    return s;
}

PLAIN(joins_100000000) { *f = sum(x); }

HAND(joins_100000000)
{
    *f = sum(x);
    g[0] = 1.0;
    g[1] = JOINS;
}
