/* tests/bench/bench.h - what takes part in a benchmark. A workload (workloads.def) has n inputs, m
 * values f and an array g of derivatives; beside its plain function and its derivative by hand,
 * which hand.h names, it is run by tools: each fills lists <tool>_<workload>[], ended by a NULL
 * name, in files of its own. A list that no file defines is the empty one of lists.c.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H

#include "inputs.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void bench_value(const double *x, double *f);
typedef void bench_derivative(const double *x, double *f, double *g);
typedef struct {
    const char *name;
    bench_derivative *run;
} bench_tool;

/* who fills lists: Duet's own ways beside its plans, and the peers */
#define BENCH_LISTS(X, workload) \
    X(duet, workload) X(ceres, workload) X(adolc, workload) X(sacado, workload)

#define BENCH_LIST(tool, workload) extern const bench_tool tool##_##workload[];
#define WORKLOAD(name, ...) BENCH_LISTS(BENCH_LIST, name)
#include "workloads.def"
#undef BENCH_LIST

#ifdef __cplusplus
}
#endif

#endif
