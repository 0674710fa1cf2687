/* lib/plan/plan.h - inside a plan: what its strategies (strategies.c) and its life (plan.c) share.
 * Not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_PLAN_INTERNAL_H
#define DU_PLAN_INTERNAL_H

#include "../base/message.h"
#include "../tape/layout.h"
#include <duet/detail/descriptor.h>
#include <duet/plan.h>

/* What a run reads and writes; which members are set depends on the task. */
typedef struct {
    const double *x, *v, *w; /* point [n]; direction [n]; output weights [m] */
    double *y;               /* values [m] */
    double *first;           /* gradient, Jacobian or product */
    double *second;          /* Hessian [n*n] or its product [n] */
} du_job;

/* A strategy and how to carry it out: prepare takes the plan's memory, run writes the job's outputs
 * unless it fails. */
typedef struct {
    du_strategy about;
    int (*prepare)(du_plan *p);
    int (*run)(du_plan *p, const du_job *j);
} du_plan_engine;

struct du_plan {
    const du_function *f;
    du_task task;
    size_t n, m;
    const void *ctx;
    int straight; /* the compiler knows the zeros of f */
    du_memory memory;
    du_arena arena;
    du_choice choice;
    const du_plan_engine *engine; /* NULL when the plan cannot run */
    du_report report;
    du_tape *tape;
    du_mark start;   /* just after the independents */
    void *x, *y;     /* the engine's numbers: [n], [m] */
    double *scratch; /* the engine's: n doubles, or what prepare_second says */
    size_t runs, first_allocations;
    uint64_t joins;
    uint32_t slots;
};

/* Whether the compiler knows the zeros of f. */
int du_plan_knows_zeros(const du_function *f);

#endif
