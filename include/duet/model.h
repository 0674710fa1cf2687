/* duet/model.h - a DU_MODEL over a table of observations.
 *
 *     With a response y, least squares:   r_i = sqrt(w_i) (f(b; x_i) - y_i),   Q = sum of r_i^2 / 2
 *     Without (y NULL), a likelihood:     r_i = w_i f(b; x_i),                 Q = sum of r_i
 *
 * where f is then the negative log-likelihood of one observation. Residuals, Jacobian and its
 * products, second directional derivative, and Q with its exact gradient and Hessian. The weights
 * belong to the data: everything here is already weighted.
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

/* A model of p parameters on data. Options: ctx, allocator, byte_cap, status. DU_ENONFINITE when
 * the data hold a NaN or infinity (see du_data_nonfinite_row). NULL on failure. */
du_observer *du_observe(const du_model *model, const du_data *data, size_t p, const du_options *options);
void du_observer_free(du_observer *o);

/* The first row with a NaN or infinite number, counted from 1; 0 when there is none. */
size_t du_data_nonfinite_row(const du_data *data);

/* b[p] in, r[rows] out, r_i at r[i*stride] */
int du_observe_residuals(du_observer *o, const double b[], double r[], size_t stride);
/* b[p] in; jac(i,j) = dr_i/db_j at jac[i*tda + j], tda at least p */
int du_observe_jacobian(du_observer *o, const double b[], double jac[], size_t tda);
/* b[p] in; r[rows] and the Jacobian in one pass, for the price of the Jacobian */
int du_observe_both(du_observer *o, const double b[], double r[], double jac[], size_t tda);
/* b[p], v[p] in; J v at jv[i*stride] */
int du_observe_jv(du_observer *o, const double b[], const double v[], double jv[], size_t stride);
/* b[p], u[rows] (u_i at u[i*stride]) in; J^T u to jtu[p]. J is never stored. */
int du_observe_jtu(du_observer *o, const double b[], const double u[], size_t stride, double jtu[]);
/* b[p] in; J^T J, all of it, to jtj[j*tda + k], summed over blocks of rows */
int du_observe_jtj(du_observer *o, const double b[], double jtj[], size_t tda);
/* b[p], v[p] in; second derivative of r_i along v at fvv[i*stride] */
int du_observe_fvv(du_observer *o, const double b[], const double v[], double fvv[], size_t stride);
/* b[p] in; Q, and its gradient g[p] by forward mode */
int du_observe_objective(du_observer *o, const double b[], double *q, double g[]);
/* b[p] in; Q, g[p] = grad Q and h[p*p] = Hessian of Q (all terms), sums in long double */
int du_observe_curvature(du_observer *o, const double b[], double *q, double g[], double h[]);
/* b[p], v[p] in; Q, g[p] and the product of the Hessian of Q with v, hv[p] */
int du_observe_hv(du_observer *o, const double b[], const double v[], double *q, double g[], double hv[]);

#endif
