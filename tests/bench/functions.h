/* tests/bench/functions.h - function_<workload>: the DU_FUNCTION that bench.c puts through a plan
 * of every strategy, or NULL (lists.c) where no file defines it. SPDX-License-Identifier: MIT */
#ifndef BENCH_FUNCTIONS_H
#define BENCH_FUNCTIONS_H

#include "inputs.h"
#include <duet/function.h>

#define WORKLOAD(name, ...) extern const du_function *const function_##name;
#include "workloads.def"

#endif
