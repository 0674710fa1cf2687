/* duet/policy.h - which mode for which shape: a pure function of the task and of the input and
 * output counts, with its reason in words. It knows no function and no tape.
 *
 *     du_choice c = du_policy(&(du_question){ .task = DU_GRADIENT, .n = 100, .m = 1 });
 *     puts(c.reason);
 *
 * Costs are in evaluations of the plain function: a forward pass with C directions costs a little
 * more than one evaluation and a share per direction; recording and sweeping a tape costs the same
 * whatever the number of inputs. The constants are medians over the benchmark workloads.
 * SPDX-License-Identifier: MIT */
#ifndef DU_POLICY_H
#define DU_POLICY_H

#include <stddef.h>
#include "status.h"

/* of a function; and of a model over observations: rows of the Jacobian, gradient of a sum over the
 * rows */
typedef enum { DU_GRADIENT, DU_JACOBIAN, DU_HESSIAN, DU_JVP, DU_VJP, DU_HVP, DU_ROWS, DU_SUM }
    du_task;

/* DU_AUTO leaves the choice to the policy; DU_MEASURE times the candidates once (plan.h). */
typedef enum { DU_AUTO, DU_FORWARD, DU_REVERSE, DU_FORWARD_OVER_REVERSE, DU_MEASURE } du_mode;

/* Observations at a time: DU_ANY_LANES leaves the choice to the policy. */
typedef enum { DU_ANY_LANES, DU_ONE_LANE, DU_EIGHT_LANES } du_lanes;

/* A way to compute derivatives. The library has a list of those of functions and one of those of
 * models; tests and benchmarks walk them. */
typedef struct {
    const char *name;           /* "forward-8" */
    du_mode mode;
    size_t chunk;               /* directions a pass (forward), adjoints a pass (reverse) */
    unsigned tasks;             /* bit 1 << task: what it can compute */
    double base, each;          /* cost of a pass: base + each * directions (or adjoints) */
    du_lanes lanes;             /* observations at a time, of a model */
    size_t inputs, outputs;     /* at most so many; 0 for any */
    int straight;               /* zeros are left out, where the compiler knows them (function.h) */
} du_strategy;

/* What the policy is asked. Members that do not apply stay 0. */
typedef struct {
    /* whose strategies: du_plan_strategy (NULL too) or du_observer_strategy */
    const du_strategy *(*among)(size_t k);
    du_task task;
    size_t n, m;                /* inputs and outputs; of a model parameters and outputs */
    size_t rows;                /* of a model: observations */
    /* of a model: whether it has packed instances; one that branches has none */
    int packs;
    /* bit 1 << du_lanes: there is a straight instance; the compiler knows its zeros */
    unsigned straight, known;
    size_t available;           /* of a model: threads that there are */
    du_mode mode;               /* forced, or DU_AUTO */
    size_t chunk;               /* forced directions a pass, or 0 */
    du_lanes lanes;             /* forced, or DU_ANY_LANES */
    /* forced, or 0: `available` from some 20 000 evaluations on, else one */
    size_t threads;
    const du_strategy *strategy; /* forced, or NULL */
} du_question;

typedef struct {
    const du_strategy *strategy; /* NULL when none can do it */
    size_t passes;
    double predicted;           /* evaluations of the plain function; of a model, an observation */
    size_t threads;             /* of a model */
    char reason[280];           /* "forward, 2 chunks of 16: n = 20, m = 1, predicted ..." */
} du_choice;

DU_BEGIN

/* The best strategy for what is asked. */
DU_API du_choice du_policy(const du_question *question);
/* The strategies of functions, and of models for DU_ROWS and DU_SUM: the k-th, NULL past the last.
 */
DU_API const du_strategy *du_plan_strategy(size_t k);
DU_API const du_strategy *du_observer_strategy(size_t k);
/* Whether a strategy can compute the task for n inputs and m outputs; a straight one, of what has
 * the instance. */
DU_API int du_strategy_can(const du_strategy *s, du_task task, size_t n, size_t m);

DU_END

#endif
