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

/* of a function; and of a model over observations: rows of the Jacobian, gradient of a sum over the rows */
typedef enum { DU_GRADIENT, DU_JACOBIAN, DU_HESSIAN, DU_JVP, DU_VJP, DU_HVP, DU_ROWS, DU_SUM } du_task;

/* DU_AUTO leaves the choice to the policy; DU_MEASURE times the candidates once (plan.h). */
typedef enum { DU_AUTO, DU_FORWARD, DU_REVERSE, DU_FORWARD_OVER_REVERSE, DU_MEASURE } du_mode;

/* Observations at a time: DU_ANY_LANES leaves the choice to the policy. */
typedef enum { DU_ANY_LANES, DU_ONE_LANE, DU_EIGHT_LANES } du_lanes;

/* A strategy is an entry of a registry; plans, tests and benchmarks walk it. */
typedef struct {
    const char *name;   /* "forward-8" */
    du_mode mode;
    size_t chunk;       /* directions a pass (forward), adjoints a pass (reverse) */
    unsigned tasks;     /* bit 1 << task: what it can compute */
    double base, each;  /* cost of a pass: base + each * directions (or adjoints) */
    du_lanes lanes;     /* observations at a time, of a model */
    int sparse;         /* zeros are left out (sparse.h): of at most chunk inputs and four outputs, where they are known */
} du_strategy;

extern const du_strategy du_strategies[];
extern const size_t du_strategy_count;

typedef struct {
    const du_strategy *strategy;    /* NULL when none can do it */
    size_t passes;
    double predicted;               /* evaluations of the plain function; of a model, an observation */
    size_t threads;                 /* of a model */
    char reason[280];               /* "forward, 2 chunks of 16: n = 20, m = 1, predicted ..." */
} du_choice;

/* Whether a strategy can compute the task for n inputs and m outputs; a sparse one, of what has the instance. */
int du_strategy_can(const du_strategy *s, du_task task, size_t n, size_t m);
/* The best strategy for n inputs, m outputs; mode and chunk restrict the choice (DU_AUTO, 0: any). */
du_choice du_policy(du_task task, size_t n, size_t m, du_mode mode, size_t chunk);
/* The same of a fixed function whose zeros are known (function.h). */
du_choice du_policy_straight(du_task task, size_t n, size_t m, du_mode mode, size_t chunk);
/* What the policy knows of a model over observations. */
typedef struct {
    size_t rows, p, m;      /* observations, parameters, outputs */
    int packs;              /* whether the model has packed instances; a model that branches has none */
    size_t threads;         /* at most; more than one only where they pay */
    unsigned sparse, known; /* bit 1 << du_lanes: whether there is such a sparse instance (sparse.h); with known zeros */
} du_model_shape;
/* The best strategy for DU_ROWS or DU_SUM; mode, chunk and lanes restrict the choice. Threads are as many as
 * there are, from some 20 000 evaluations on; up to `forced` (0: none forced) whatever the size. */
du_choice du_policy_model(du_task task, const du_model_shape *shape, du_mode mode, size_t chunk, du_lanes lanes, size_t forced);

/* The choice spelt out for a given strategy. */
du_choice du_policy_for(const du_strategy *s, du_task task, size_t n, size_t m);

#endif
