/* lib/gsl_adapter.h - what the callbacks (gsl_structs.c) know of the adapter (gsl.c); not installed.
 * SPDX-License-Identifier: MIT */
#ifndef DU_GSL_ADAPTER_H
#define DU_GSL_ADAPTER_H

#include <duet/gsl.h>

/* rows of a function's Jacobian that J^T J holds at a time: one sweep's adjoints */
enum { DU_GSL_ROWS = 8 };

struct du_gsl {
    du_observer *observer;          /* of a model, or */
    du_plan *plan;                  /* of a function */
    const du_function *function;
    du_tensor_objective *objective; /* or of tensors, on tape */
    const void *ctx;
    size_t n, p;                    /* outputs and inputs */
    du_memory memory;
    du_arena arena;
    double *at_f, *f, *at_j, *j;    /* the last point and result of each kind: f[n] and j[n*p] */
    double *at_q, q, *gradient;     /* multimin of a model: the last point, objective, gradient [p] */
    double *point, *direction;      /* [p] scratch */
    double *outputs, *product;      /* [n], [max(n, p)] scratch */
    du_plan *jvp, *vjp;             /* of a function: what multilarge asks for, */
    du_jet *jets;                   /* [p + n], */
    du_tape *tape;                  /* and J^T J */
    du_var *vars;                   /* [p + n] */
    double *rows;                   /* [DU_GSL_ROWS*p] */
    int have_f, have_j, have_q;
    size_t points, both;            /* points f was asked at, and of them those J was asked at too */
    int counted;                    /* whether the last of them is among the latter */
    int status;
    char message[160];
};

/* The last failure, as GSL's code. */
int du_gsl_failed(du_gsl *d, int status);
int du_gsl_name_output(du_gsl *d, size_t i, double v);
/* d->f and d->j at x[p], each computed once for the same x; a GSL code. */
int du_gsl_compute_f(du_gsl *d, const double *x);
int du_gsl_compute_j(du_gsl *d, const double *x);

#endif
