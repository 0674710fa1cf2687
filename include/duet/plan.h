/* duet/plan.h - derivatives of a function: make a plan once, run it many times.
 *
 *     du_plan *p = du_plan_gradient(&rosenbrock, n, &(du_plan_options){ .ctx = data });
 *     if (du_run_gradient(p, x, &y, g)) fprintf(stderr, "%s\n", du_plan_message(p));
 *     du_plan_explain(p, stdout);
 *     du_plan_free(p);
 *
 * or in one call: du_gradient(&rosenbrock, n, x, data, &y, g).
 *
 * A plan holds its inputs seeded, its tape and its memory: after the first run along the same
 * branches nothing is allocated. Every run records anew, so branches may change from run to run.
 * Running returns a status (status.h) and writes no output unless it is DU_OK; outputs may overlap
 * inputs. One plan belongs to one thread at a time; the function must not write to ctx unless only
 * one plan uses it.
 *
 * Functions are made by DU_FUNCTION (function.h) in C; this header alone may be included from C++
 * too.
 * SPDX-License-Identifier: MIT */
#ifndef DU_PLAN_H
#define DU_PLAN_H

#include <stdio.h>
#include "memory.h"
#include "policy.h"
#include "status.h"

typedef struct du_function du_function;
#define DU_DECLARE(id) extern const du_function id

typedef struct {
    const void *ctx;          /* handed to the function */
    du_allocator allocator;   /* default: malloc and free */
    size_t byte_cap;          /* of all memory the plan holds; 0 for no limit */
    du_mode mode;             /* DU_AUTO, a forced mode, or DU_MEASURE */
    size_t chunk;             /* forced directions a pass, 0 for any */
    const du_strategy *strategy; /* forced, of du_plan_strategy; NULL: by mode and chunk */
    const double *measure_at; /* DU_MEASURE: the point [n] to time at */
} du_plan_options;

typedef struct du_plan du_plan;

DU_BEGIN

/* n inputs, m outputs; NULL options: defaults. NULL when memory is out. Counts other than the
 * declared ones are DU_ESHAPE, a mode that cannot do it DU_EMODE: the plan says so, and so does
 * running it. */
DU_API du_plan *du_plan_gradient(const du_function *f, size_t n, const du_plan_options *options);
DU_API du_plan *du_plan_jacobian(const du_function *f, size_t n, size_t m,
                                 const du_plan_options *options);
DU_API du_plan *du_plan_hessian(const du_function *f, size_t n, const du_plan_options *options);
DU_API du_plan *du_plan_jvp(const du_function *f, size_t n, size_t m,
                            const du_plan_options *options);
DU_API du_plan *du_plan_vjp(const du_function *f, size_t n, size_t m,
                            const du_plan_options *options);
DU_API du_plan *du_plan_hvp(const du_function *f, size_t n, const du_plan_options *options);
DU_API void du_plan_free(du_plan *p);

/* Why the plan cannot run, or what its last run returned; in words, with the numbers. DU_ENOMEM for
 * NULL. */
DU_API int du_plan_status(const du_plan *p);
DU_API const char *du_plan_message(const du_plan *p);

/* A plan for another task is DU_EKIND. x[n] in; y and g[n] = dy/dx out */
DU_API int du_run_gradient(du_plan *p, const double x[], double *y, double g[]);
/* x[n] in; y[m] and jac[m*n] out, J(i,j) = dy_i/dx_j at jac[i*n + j] */
DU_API int du_run_jacobian(du_plan *p, const double x[], double y[], double jac[]);
/* x[n] in; y, g[n] and h[n*n] out, symmetric */
DU_API int du_run_hessian(du_plan *p, const double x[], double *y, double g[], double h[]);
/* x[n], v[n] in; y[m] and jv[m] = J v out */
DU_API int du_run_jvp(du_plan *p, const double x[], const double v[], double y[], double jv[]);
/* x[n], w[m] in; y[m] and wj[n] = J^T w out */
DU_API int du_run_vjp(du_plan *p, const double x[], const double w[], double y[], double wj[]);
/* x[n], v[n] in; y, g[n] and hv[n] = H v out */
DU_API int du_run_hvp(du_plan *p, const double x[], const double v[], double *y, double g[],
                      double hv[]);

/* The same in one call: plan, run, free. */
DU_API int du_gradient(const du_function *f, size_t n, const double x[], const void *ctx,
                       double *y, double g[]);
DU_API int du_jacobian(const du_function *f, size_t n, size_t m, const double x[], const void *ctx,
                       double y[], double jac[]);
DU_API int du_hessian(const du_function *f, size_t n, const double x[], const void *ctx,
                      double *y, double g[], double h[]);
DU_API int du_jvp(const du_function *f, size_t n, size_t m, const double x[], const double v[],
                  const void *ctx, double y[], double jv[]);
DU_API int du_vjp(const du_function *f, size_t n, size_t m, const double x[], const double w[],
                  const void *ctx, double y[], double wj[]);
DU_API int du_hvp(const du_function *f, size_t n, const double x[], const double v[],
                  const void *ctx, double *y, double g[], double hv[]);

/* What was chosen and why; after a run a second line: runs, bytes held, growth, joins. */
DU_API int du_plan_explain(const du_plan *p, FILE *stream);

/* runs made; blocks asked of the allocator in all and after the first run; bytes held, and on the
 * tape: slots and joins of the last run. Zeros for NULL. */
typedef struct {
    size_t runs, allocations, allocations_after_first;
    size_t bytes;
    size_t tape_slots, tape_joins;
    du_choice choice;
} du_plan_info;
DU_API du_plan_info du_plan_inspect(const du_plan *p);

DU_END

#endif
