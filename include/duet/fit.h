/* duet/fit.h - nonlinear least squares to the last digit: GSL's trust region with exact Jacobian
 * and second directional derivative, then Newton steps with the exact Hessian.
 *
 *     du_fit fit;
 *     if (du_fit_model(&misra1a, &data, 2, start, NULL, &fit) == DU_OK)
 *         printf("%.10g +- %.3g\n", fit.b[0], fit.se[0]);
 *     du_fit_free(&fit);
 *
 * Two scalings are tried (Moré's, Levenberg's) from the same start; the smaller sum of squares
 * wins. SPDX-License-Identifier: MIT */
#ifndef DU_FIT_H
#define DU_FIT_H

#include "model.h"

typedef struct {
    size_t max_iterations;  /* of the trust region, each scaling; 0 for 5000 */
    size_t newton_steps;    /* at most; 0 for 20 */
    du_options options;     /* ctx, byte_cap, allocator */
    void (*progress)(size_t iteration, double s, const double b[], void *user); /* NULL for none */
    void *user;
} du_fit_options;

typedef struct {
    size_t n, p;            /* observations, parameters */
    double *b;              /* [p] estimates */
    double *se;             /* [p] standard errors, sqrt(diag(s^2 (J^T J)^-1)), s^2 = S/(n - p) */
    double *covariance;     /* [p*p] */
    double s;               /* weighted sum of squares */
    double sigma;           /* sqrt(S/(n - p)) */
    size_t iterations, newton, f_evaluations, jacobian_evaluations;
    const char *scaling;    /* which won: "more" or "levenberg" */
} du_fit;

/* start[p] in. *fit is filled on DU_OK and zeroed otherwise (freeing it is always allowed).
 * DU_ENONFINITE: data, or the model at the start; DU_ENOCONV: no stationary point was reached;
 * DU_EINVAL: fewer observations than parameters. */
int du_fit_model(const du_model *model, const du_data *data, size_t p, const double start[],
                 const du_fit_options *options, du_fit *fit);
void du_fit_free(du_fit *fit);

#endif
