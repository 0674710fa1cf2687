/* duet/observe.h - a DU_MODEL over a table of observations.
 *
 *     With a response y, least squares:   r_i = sqrt(w_i) (f(b; x_i) - y_i),   Q = sum of r_i^2 / 2
 *     Without (y NULL), a likelihood:     r_i = w_i f(b; x_i),                 Q = sum of r_i
 *
 * where f is then the negative log-likelihood of one observation; a row of weight 0 still has to be
 * finite. Residuals, Jacobian and its products, second directional derivative, and Q with its exact
 * gradient and Hessian. The weights belong to the data: everything here is already weighted.
 *
 *     du_observer *o = du_observer_new(&decay, &data, 2, NULL);
 *     if (du_observe_objective(o, b, &q, g)) puts(du_observer_message(o));
 *     du_observer_explain(o, stdout);
 *     du_observer_free(o);
 *
 * First derivatives go eight observations at a time (pack.h) by dual numbers or a tape, or by a
 * loop of the model's own where the compiler knows which partial derivatives are always zero (up to
 * 16 parameters), by threads over blocks of observations, as the policy finds (policy.h); options
 * force it. Sums are taken over fixed blocks in the order of the rows: results are the same, bit
 * for bit, for every number of threads. A model used by threads must not write to ctx or to
 * anything static. A DU_SCALAR_MODEL goes an observation at a time.
 *
 * Models are made by DU_MODEL (function.h) in C; this header alone may be included from C++ too.
 * SPDX-License-Identifier: MIT */
#ifndef DU_OBSERVE_H
#define DU_OBSERVE_H

#include <stdio.h>
#include "memory.h"
#include "policy.h"
#include "status.h"

typedef struct du_model du_model;
#define DU_DECLARE_MODEL(id) extern const du_model id

/* rows observations of cols predictors; x[i*cols + k]. The caller's arrays, not copied. */
typedef struct {
    size_t rows, cols;
    const double *x;        /* [rows*cols] */
    const double *y;        /* [rows], the response; NULL for a likelihood */
    const double *weights;  /* [rows], NULL for ones; negative or NaN is DU_EWEIGHT */
} du_data;

typedef struct {
    const void *ctx;            /* handed to the model */
    du_allocator allocator;     /* default: malloc and free */
    size_t byte_cap;            /* of all memory the observer holds; 0 for no limit */
    du_mode mode;               /* DU_AUTO or a forced mode; DU_MEASURE is DU_EMODE */
    size_t chunk;               /* forced directions a pass, 0 for any */
    du_lanes lanes;             /* forced observations at a time, DU_ANY_LANES for any */
    const du_strategy *strategy; /* forced, of du_observer_strategy; NULL: by those above */
    /* forced number of threads; 0: the policy's, up to what OpenMP offers. 1 in a child of fork,
     * which OpenMP's threads do not follow: GNU's waits for them for ever. */
    size_t threads;
} du_observer_options;

typedef struct du_observer du_observer;

DU_BEGIN

/* A model of p parameters on data. NULL when memory is out. p or cols other than the declared ones,
 * or a model of more than one output: DU_ESHAPE; a NaN or infinity among the data: DU_ENONFINITE,
 * with the row. */
DU_API du_observer *du_observer_new(const du_model *model, const du_data *data, size_t p,
                                    const du_observer_options *options);
DU_API void du_observer_free(du_observer *o);

/* Why the observer cannot run, or what its last run returned; in words, with the numbers. DU_ENOMEM
 * for NULL. */
DU_API int du_observer_status(const du_observer *o);
DU_API const char *du_observer_message(const du_observer *o);

/* The first row with a NaN or infinite number, counted from 1; 0 when there is none. */
DU_API size_t du_data_nonfinite_row(const du_data *data);

/* b[p] in, r[rows] out, r_i at r[i*stride] */
DU_API int du_observe_residuals(du_observer *o, const double b[], double r[], size_t stride);
/* b[p] in; jac(i,j) = dr_i/db_j at jac[i*tda + j], tda at least p, and r[rows] in the same pass
 * (NULL if not wanted). Rows before one that fails (for want of memory, or of an output that the
 * model sets) may have been written, by this and by the others that write rows; sums are not. */
DU_API int du_observe_jacobian(du_observer *o, const double b[], double r[], double jac[],
                               size_t tda);
/* b[p], v[p] in; J v at jv[i*stride] */
DU_API int du_observe_jv(du_observer *o, const double b[], const double v[], double jv[],
                         size_t stride);
/* b[p], u[rows] (u_i at u[i*stride]) in; J^T u to jtu[p]. J is never stored. */
DU_API int du_observe_jtu(du_observer *o, const double b[], const double u[], size_t stride,
                          double jtu[]);
/* b[p] in; J^T J, all of it, to jtj[j*tda + k], summed over blocks of rows, and J^T r (p, NULL if
 * not wanted) in one pass: a Gauss-Newton step's equations */
DU_API int du_observe_normal(du_observer *o, const double b[], double jtj[], size_t tda,
                             double jtr[]);
/* b[p], v[p] in; second derivative of r_i along v at fvv[i*stride] */
DU_API int du_observe_fvv(du_observer *o, const double b[], const double v[], double fvv[],
                          size_t stride);
/* b[p] in; Q, and its gradient g[p] */
DU_API int du_observe_objective(du_observer *o, const double b[], double *q, double g[]);
/* b[p] in; Q, g[p] = grad Q and h[p*p] = Hessian of Q (all terms), sums in long double */
DU_API int du_observe_curvature(du_observer *o, const double b[], double *q, double g[],
                                double h[]);
/* b[p], v[p] in; Q, g[p] and the product of the Hessian of Q with v, hv[p] */
DU_API int du_observe_hv(du_observer *o, const double b[], const double v[], double *q,
                         double g[], double hv[]);

/* Which way rows and sums of rows are computed, and why; bytes held. */
DU_API int du_observer_explain(const du_observer *o, FILE *stream);
typedef struct {
    du_choice rows, sums;               /* of the Jacobian, jtu and jtj; of the objective */
    size_t bytes, allocations;          /* held; blocks ever asked of the allocator */
    size_t tape_bytes;                  /* of the workers' tapes */
} du_observer_info;
DU_API du_observer_info du_observer_inspect(const du_observer *o);

/* ---- the same formula at many points ---- */

/* A model of m outputs at parameters that every row has of its own: b[rows*p] in, y[rows*m] and the
 * Jacobians out, dy_i/db_j of row r at jac[(r*m + i)*p + j]. x[rows*cols] is the model's data, NULL
 * for cols = 0. Other functions on this observer return DU_EKIND, and this one on others. */
DU_API du_observer *du_observer_map(const du_model *model, size_t rows, size_t cols,
                                    const double x[], size_t p,
                                    size_t m, const du_observer_options *options);
DU_API int du_observe_each(du_observer *o, const double b[], double y[], double jac[]);

DU_END

#endif
