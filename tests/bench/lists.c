/* tests/bench/lists.c - the empty lists and the NULLs that stand where no file defines a workload's
 * tools or its DU_FUNCTION. SPDX-License-Identifier: MIT */
#include "bench.h"
#include "functions.h"

#define EMPTY(tool, workload) \
    __attribute__((weak)) const bench_tool tool##_##workload[] = { { NULL, NULL } };
#define WORKLOAD(name, ...) \
    BENCH_LISTS(EMPTY, name) \
    __attribute__((weak)) const du_function *const function_##name = NULL;
#include "workloads.def"
