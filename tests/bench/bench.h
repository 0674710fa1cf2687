/* tests/bench/bench.h - a workload is a function, its gradient by hand, and tools that compute the
 * same gradient. SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H

#include <duet/function.h>

typedef struct {
    const char *name;
    void (*run)(const double *x, double *f, double *g);
} bench_tool;

typedef struct {
    const char *name;
    size_t n;
    const du_function *function;
    double (*plain)(const double *x);
    void (*hand)(const double *x, double *f, double *g);
    void (*point)(double *x);
    const bench_tool *peers;    /* ended by a NULL name; NULL for none */
} bench_workload;

extern const bench_workload rosenbrock_100000, recurrence, rosenbrock_forward, ackley_forward, joins_100000000;

/* Peers that were built define their entries; the others are the weak empty list. */
extern const bench_tool peers_rosenbrock_forward[], peers_ackley_forward[], peers_rosenbrock_100000[],
    peers_recurrence[], peers_joins_100000000[];

#endif
