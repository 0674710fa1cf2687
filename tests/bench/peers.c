/* tests/bench/peers.c - the empty lists that stand where no peer was built for a workload.
 * SPDX-License-Identifier: MIT */
#include "bench.h"

#define NONE(workload) __attribute__((weak)) const bench_tool peers_##workload[] = { { NULL, NULL } };
NONE(rosenbrock_100000)
NONE(recurrence)
NONE(rosenbrock_forward)
NONE(ackley_forward)
NONE(joins_100000000)
