/* duet/model.h - a DU_MODEL over a table of observations: residuals, Jacobian, second directional
 * derivative, and the exact curvature of the sum of squares.
 *
 *     r_i = sqrt(w_i) (f(b; x_i) - y_i),     S = sum of r_i^2
 *
 * The weights belong to the data: everything here is already weighted.
 * SPDX-License-Identifier: MIT */
#ifndef DU_MODEL_H
#define DU_MODEL_H

#include "function.h"
#include "plan.h"

/* rows observations of cols predictors; x[i*cols + k]. The caller's arrays, not copied. */
typedef struct {
    size_t rows, cols;
    const double *x;        /* [rows*cols] */
    const double *y;        /* [rows], the response */
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
/* b[p], v[p] in; second derivative of r_i along v at fvv[i*stride] */
int du_observe_fvv(du_observer *o, const double b[], const double v[], double fvv[], size_t stride);
/* b[p] in; S, g[p] = grad(S/2) and h[p*p] = Hessian of S/2 (all terms), sums in long double */
int du_observe_curvature(du_observer *o, const double b[], double *s, double g[], double h[]);

#endif
