/* duet/policy.h - which mode for which shape: a pure function of the task and of the input and
 * output counts, with its reason in words. It knows no function and no tape.
 *
 * Costs are in evaluations of the plain function: a forward pass with C directions costs a little
 * more than one evaluation and a share per direction; recording and sweeping a tape costs the same
 * whatever the number of inputs. The constants are medians over the benchmark workloads.
 * SPDX-License-Identifier: MIT */
#ifndef DU_POLICY_H
#define DU_POLICY_H

#include <stddef.h>
#include "status.h"

typedef enum { DU_GRADIENT, DU_JACOBIAN, DU_HESSIAN, DU_JVP, DU_VJP, DU_HVP } du_task;

/* DU_AUTO leaves the choice to the policy; DU_MEASURE times the candidates once (plan.h). */
typedef enum { DU_AUTO, DU_FORWARD, DU_REVERSE, DU_FORWARD_OVER_REVERSE, DU_MEASURE } du_mode;

/* A strategy is an entry of a registry; plans, tests and benchmarks walk it. */
typedef struct {
    const char *name;   /* "forward-8" */
    du_mode mode;
    size_t chunk;       /* directions a pass (forward), adjoints a pass (reverse) */
    unsigned tasks;     /* bit 1 << task: what it can compute */
    double base, each;  /* cost of a pass: base + each * directions (or adjoints) */
} du_strategy;

extern const du_strategy du_strategies[];
extern const size_t du_strategy_count;

typedef struct {
    const du_strategy *strategy;    /* NULL when none can do it */
    size_t passes;
    double predicted;               /* evaluations of the plain function */
    char reason[200];               /* "forward, 2 chunks of 16: n = 20, m = 1, predicted ..." */
} du_choice;

/* Whether a strategy can compute the task for n inputs and m outputs. */
int du_strategy_can(const du_strategy *s, du_task task, size_t n, size_t m);
/* The best strategy for n inputs, m outputs; mode and chunk restrict the choice (DU_AUTO, 0: any). */
du_choice du_policy(du_task task, size_t n, size_t m, du_mode mode, size_t chunk);
/* The choice spelt out for a given strategy. */
du_choice du_policy_for(const du_strategy *s, du_task task, size_t n, size_t m);

#endif
