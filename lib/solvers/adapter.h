/* lib/solvers/adapter.h - what the callbacks (gsl_structs.c) know of the adapter (gsl.c). Letters
 * are GSL's: n outputs of p inputs. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_GSL_ADAPTER_H
#define DU_GSL_ADAPTER_H

#include "../base/arena.h"
#include "../base/message.h"
#include "../fit/points.h"
#include <duet/detail/descriptor.h>
#include <duet/gsl.h>

/* rows of a function's Jacobian that J^T J holds at a time: the adjoints of one sweep */
enum { DU_GSL_ROWS = 8 };

struct du_gsl {
    const du_model *model;          /* of the observer, */
    const du_function *function;    /* or of the plans, */
    du_tensor_objective *objective; /* or of tensors, on the tape: the others are NULL */
    const char *name;
    const void *ctx;
    size_t n, p;
    int broken; /* it cannot be used, and the report says why */
    du_report report;
    du_memory memory;
    du_arena arena;
    du_observer *observer;
    du_plan *plan;              /* the Jacobian of a function, */
    du_plan *jvp, *vjp;         /* and its products, which multilarge asks for */
    du_tape *tape;              /* of a function's J^T J; of tensors */
    du_points points;           /* values and Jacobian at the last points */
    double *at_q, q, *gradient; /* a model's objective: the last point, value, gradient [p] */
    int have_q;
    double *point, *direction; /* [p] scratch */
    double *outputs, *product; /* [n], [max(n, p)] scratch */
    du_jet *jets;              /* of a function: [p + n], */
    du_var *vars;              /* [p + n], */
    double *rows;              /* [DU_GSL_ROWS*p] */
};

/* The status of an observer, a plan or a tape and its words as the adapter's; GSL's code. */
int du_gsl_observer_failed(du_gsl *d, int status);
int du_gsl_plan_failed(du_gsl *d, const du_plan *plan, int status);
int du_gsl_tape_failed(du_gsl *d, int status);
/* "output 0 of f was not set": GSL's code */
int du_gsl_not_set(du_gsl *d, size_t i);

#endif
