/* duet/plan.h - derivatives of a DU_FUNCTION: make a plan once, run it many times.
 *
 *     du_plan *p = du_plan_gradient(&rosenbrock, n, &(du_options){ .ctx = data });
 *     du_run_gradient(p, x, &f, g);
 *     du_plan_explain(p, stdout);
 *     du_plan_free(p);
 *
 * or in one call: du_gradient(&rosenbrock, n, x, data, &f, g).
 *
 * A plan holds its inputs seeded, its tape and its memory: after the first run along the same
 * branches nothing is allocated. Every run records anew, so branches may change from run to run.
 * Every function returns a status (status.h) and writes no output unless it is DU_OK; outputs may
 * overlap inputs. One plan belongs to one thread at a time; the function must not write to ctx
 * unless only one plan uses it.
 * SPDX-License-Identifier: MIT */
#ifndef DU_PLAN_H
#define DU_PLAN_H

#include <stdio.h>
#include "arena.h"
#include "function.h"
#include "policy.h"
#include "status.h"

typedef struct {
    const void *ctx;            /* handed to the function */
    du_allocator allocator;     /* default: malloc and free */
    size_t byte_cap;            /* of all memory the plan holds; 0 for no limit */
    du_mode mode;               /* DU_AUTO, a forced mode, or DU_MEASURE */
    size_t chunk;               /* forced directions a pass, 0 for any */
    du_lanes lanes;             /* models: forced observations at a time, DU_ANY_LANES for any */
    size_t threads;             /* models: forced number of threads; 0: the policy's, up to what OpenMP offers */
    const double *measure_at;   /* DU_MEASURE: the point [n] to time at */
    int *status;                /* when not NULL: why a plan could not be made */
} du_options;

typedef struct du_plan du_plan;

/* n inputs, m outputs; DU_EINVAL for a fixed function of another number of inputs. NULL options: defaults. NULL on
 * failure; running NULL is DU_EINVAL. */
du_plan *du_plan_gradient(const du_function *f, size_t n, const du_options *options);
du_plan *du_plan_jacobian(const du_function *f, size_t n, size_t m, const du_options *options);
du_plan *du_plan_hessian(const du_function *f, size_t n, const du_options *options);
du_plan *du_plan_jvp(const du_function *f, size_t n, size_t m, const du_options *options);
du_plan *du_plan_vjp(const du_function *f, size_t n, size_t m, const du_options *options);
du_plan *du_plan_hvp(const du_function *f, size_t n, const du_options *options);
void du_plan_free(du_plan *p);

/* x[n] in; f and g[n] = df/dx out */
int du_run_gradient(du_plan *p, const double x[], double *f, double g[]);
/* x[n] in; y[m] and jac[m*n] out, J(i,j) = dy_i/dx_j at jac[i*n + j] */
int du_run_jacobian(du_plan *p, const double x[], double y[], double jac[]);
/* x[n] in; f, g[n] and h[n*n] out, symmetric */
int du_run_hessian(du_plan *p, const double x[], double *f, double g[], double h[]);
/* x[n], v[n] in; y[m] and jv[m] = J v out */
int du_run_jvp(du_plan *p, const double x[], const double v[], double y[], double jv[]);
/* x[n], w[m] in; y[m] and wj[n] = J^T w out */
int du_run_vjp(du_plan *p, const double x[], const double w[], double y[], double wj[]);
/* x[n], v[n] in; f, g[n] and hv[n] = H v out */
int du_run_hvp(du_plan *p, const double x[], const double v[], double *f, double g[], double hv[]);

/* The same in one call: plan, run, free. */
int du_gradient(const du_function *f, size_t n, const double x[], const void *ctx, double *y, double g[]);
int du_jacobian(const du_function *f, size_t n, size_t m, const double x[], const void *ctx,
                double y[], double jac[]);
int du_hessian(const du_function *f, size_t n, const double x[], const void *ctx,
               double *y, double g[], double h[]);
int du_jvp(const du_function *f, size_t n, size_t m, const double x[], const double v[],
           const void *ctx, double y[], double jv[]);
int du_vjp(const du_function *f, size_t n, size_t m, const double x[], const double w[],
           const void *ctx, double y[], double wj[]);
int du_hvp(const du_function *f, size_t n, const double x[], const double v[],
           const void *ctx, double *y, double g[], double hv[]);

/* What was chosen and why; after a run a second line: runs, bytes held, growth, joins. */
int du_plan_explain(const du_plan *p, FILE *stream);

/* runs made; blocks asked of the allocator in all and after the first run; bytes held, and on the
 * tape: slots and joins of the last run */
typedef struct {
    size_t runs, allocations, allocations_after_first;
    size_t bytes;
    size_t tape_slots, tape_joins;
    du_choice choice;
} du_plan_info;
int du_plan_inspect(const du_plan *p, du_plan_info *info);

#endif
