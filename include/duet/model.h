/* duet/model.h - a DU_MODEL over a table of observations.
 *
 *     With a response y, least squares:   r_i = sqrt(w_i) (f(b; x_i) - y_i),   Q = sum of r_i^2 / 2
 *     Without (y NULL), a likelihood:     r_i = w_i f(b; x_i),                 Q = sum of r_i
 *
 * where f is then the negative log-likelihood of one observation; a row of weight 0 still has to be finite. Residuals, Jacobian and its
 * products, second directional derivative, and Q with its exact gradient and Hessian. The weights
 * belong to the data: everything here is already weighted.
 *
 *     du_observer *o = du_observe(&decay, &data, 3, NULL);
 *     du_observe_objective(o, b, &q, g);          Q and its gradient, J never stored
 *     du_observer_explain(o, stdout);
 *     du_observer_free(o);
 *
 * First derivatives go eight observations at a time (pack.h) by duals or a tape, or by a loop of the model's own where
 * the compiler knows which partial derivatives are always zero (sparse.h, up to 16 parameters), by threads over
 * blocks of observations, as the policy finds (policy.h); options force it. Sums are taken over fixed blocks in the
 * order of the rows: results are the same, bit for bit, for every number of threads. A model used by
 * threads must not write to ctx or to anything static. A DU_SCALAR_MODEL goes an observation at a time.
 * SPDX-License-Identifier: MIT */
#ifndef DU_MODEL_H
#define DU_MODEL_H

#include "function.h"
#include "plan.h"

/* rows observations of cols predictors; x[i*cols + k]. The caller's arrays, not copied. */
typedef struct {
    size_t rows, cols;
    const double *x;        /* [rows*cols] */
    const double *y;        /* [rows], the response; NULL for a likelihood */
    const double *weights;  /* [rows], NULL for ones; negative or NaN is DU_EINVAL */
} du_data;

typedef struct du_observer du_observer;

/* A model of p parameters on data. Options: ctx, allocator, byte_cap, mode (DU_MEASURE is DU_EMODE), chunk, lanes,
 * threads, status. DU_ENONFINITE when the data hold a NaN or infinity (see du_data_nonfinite_row). NULL on
 * failure. */
du_observer *du_observe(const du_model *model, const du_data *data, size_t p, const du_options *options);
void du_observer_free(du_observer *o);

/* The first row with a NaN or infinite number, counted from 1; 0 when there is none. */
size_t du_data_nonfinite_row(const du_data *data);

/* b[p] in, r[rows] out, r_i at r[i*stride] */
int du_observe_residuals(du_observer *o, const double b[], double r[], size_t stride);
/* b[p] in; jac(i,j) = dr_i/db_j at jac[i*tda + j], tda at least p. (On a tape, a model that branches may run out of
 * memory at a later observation; the rows before it are then written, here and below.) */
int du_observe_jacobian(du_observer *o, const double b[], double jac[], size_t tda);
/* b[p] in; r[rows] and the Jacobian in one pass, for the price of the Jacobian */
int du_observe_both(du_observer *o, const double b[], double r[], double jac[], size_t tda);
/* b[p], v[p] in; J v at jv[i*stride] */
int du_observe_jv(du_observer *o, const double b[], const double v[], double jv[], size_t stride);
/* b[p], u[rows] (u_i at u[i*stride]) in; J^T u to jtu[p]. J is never stored. */
int du_observe_jtu(du_observer *o, const double b[], const double u[], size_t stride, double jtu[]);
/* b[p] in; J^T J, all of it, to jtj[j*tda + k], summed over blocks of rows */
int du_observe_jtj(du_observer *o, const double b[], double jtj[], size_t tda);
/* b[p] in; J^T J and J^T r (p, NULL if not wanted) in one pass: a Gauss-Newton step's equations */
int du_observe_normal(du_observer *o, const double b[], double jtj[], size_t tda, double jtr[]);
/* b[p], v[p] in; second derivative of r_i along v at fvv[i*stride] */
int du_observe_fvv(du_observer *o, const double b[], const double v[], double fvv[], size_t stride);
/* b[p] in; Q, and its gradient g[p] */
int du_observe_objective(du_observer *o, const double b[], double *q, double g[]);
/* b[p] in; Q, g[p] = grad Q and h[p*p] = Hessian of Q (all terms), sums in long double */
int du_observe_curvature(du_observer *o, const double b[], double *q, double g[], double h[]);
/* b[p], v[p] in; Q, g[p] and the product of the Hessian of Q with v, hv[p] */
int du_observe_hv(du_observer *o, const double b[], const double v[], double *q, double g[], double hv[]);

/* Which way rows and sums of rows are computed, and why; bytes held. */
int du_observer_explain(const du_observer *o, FILE *stream);
typedef struct {
    du_choice rows, sums;               /* of the Jacobian, jtu and jtj; of the objective */
    size_t bytes, allocations;          /* held; blocks ever asked of the allocator */
    size_t tape_bytes;                  /* of the workers' tapes */
} du_observer_info;
int du_observer_inspect(const du_observer *o, du_observer_info *info);

/* ---- the same formula at many points ---- */

/* Q of an observer as a number: a term of a DU_FUNCTION's body for any T over double. For a du_var it is one
 * entry on the tape, with the gradient from du_observe_objective; values are taken the same way. The types of
 * second order and dual numbers evaluate the model in themselves, an observation at a time: a plan of a function
 * with such a term does best in reverse (.mode = DU_REVERSE), which the policy cannot know.
 *
 *     T s = du_total(observer, q);          q: the observer's p parameters, of type T
 *
 * One observer belongs to one thread at a time. Trouble makes a tape's status sticky; other types get NaN. */
#define DU_TOTAL_DECLARE_(t, ...) du_##t du_##t##_total(du_observer *o, const du_##t *q);
DU_ALL_TYPES(DU_TOTAL_DECLARE_, ~)
#undef DU_TOTAL_DECLARE_
#define DU_TOTAL_CASE_(t, ...) du_##t: du_##t##_total,
#define du_total(o, ...) _Generic(*(__VA_ARGS__), DU_TYPES(DU_TOTAL_CASE_, ~) default: du_double_total)(o, __VA_ARGS__)

/* A model of m outputs at parameters that every row has of its own: b[rows*p] in, y[rows*m] and the Jacobians out,
 * dy_i/db_j of row r at jac[(r*m + i)*p + j]. x[rows*cols] is the model's data, NULL for cols = 0. Other functions
 * on this observer return DU_EINVAL, and this one on others. */
du_observer *du_observe_map(const du_model *model, size_t rows, size_t cols, const double x[], size_t p, size_t m,
                            const du_options *options);
int du_observe_each(du_observer *o, const double b[], double y[], double jac[]);

#endif
