/* tests/bench/hand.h - names for the plain functions and derivatives by hand. Their files know
 * nothing of Duet and are compiled by gcc and by clang; bench links both, so a name ends in its
 * compiler's.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_HAND_H
#define BENCH_HAND_H

#include "inputs.h"

#ifdef __clang__
#define COMPILED(name) name##_clang
#else
#define COMPILED(name) name##_gcc
#endif

#define PLAIN(workload) void COMPILED(plain_##workload)(const double *x, double *f)
#define HAND(workload) void COMPILED(hand_##workload)(const double *x, double *f, double *g)
/* a second way by hand, faster than the formula's own: loops turned inside out, another formula for
 * the same function */
#define HAND2(workload) void COMPILED(hand2_##workload)(const double *x, double *f, double *g)

#endif
