/* duet/fit.h - regression to the last digit, and its summary.
 *
 *     du_fit fit;
 *     if (du_fit_model(&misra1a, &data, 2, start, NULL, &fit) == DU_OK)
 *         du_fit_summary(&fit, NULL, stdout);
 *     du_fit_free(&fit);
 *
 * Data with a response: nonlinear least squares by GSL's trust region with exact Jacobian and second
 * directional derivative, from the given start in two scalings (More's and Levenberg's; the smaller
 * sum of squares wins), then Newton steps with the exact Hessian.
 * Data without (y NULL): the model is the negative log-likelihood of one observation; Newton steps
 * with the exact Hessian, damped where it is not positive definite or a step goes uphill.
 * SPDX-License-Identifier: MIT */
#ifndef DU_FIT_H
#define DU_FIT_H

#include <stdio.h>
#include "model.h"

typedef struct {
    size_t max_iterations;  /* of the trust region, each scaling; 0 for 5000 */
    size_t newton_steps;    /* at most, of least squares; 0 for 20 */
    du_options options;     /* ctx, byte_cap, allocator */
    void (*progress)(size_t iteration, double s, const double b[], void *user); /* NULL for none */
    void *user;
} du_fit_options;

typedef struct {
    size_t n, p;            /* observations, parameters */
    size_t freedom;         /* observations of positive weight, less p; at least 0 */
    int likelihood;         /* 0 for least squares */
    double *b;              /* [p] estimates */
    double *se;             /* [p] standard errors: the roots of the covariance's diagonal */
    double *covariance;     /* [p*p] s^2 (J^T J)^-1 with s = sigma, or the inverse Hessian */
    double *residuals;      /* [n] weighted, model - observed; likelihood: each observation's share */
    double s;               /* weighted sum of squares, or the negative log-likelihood */
    double sigma;           /* sqrt(S/freedom), NaN without any; likelihood: 1 */
    size_t iterations, newton;                      /* of the scaling that won; newton after or among them */
    size_t f_evaluations, jacobian_evaluations;     /* of both */
    const char *scaling;    /* which won: "more" or "levenberg"; likelihood: "newton" */
} du_fit;

/* start[p] in. *fit is filled on DU_OK and zeroed otherwise (freeing it is always allowed).
 * DU_ENONFINITE: data, or the model at the start; DU_ENOCONV: no stationary point was reached;
 * DU_ESINGULAR: one was, but the data do not tell the parameters apart;
 * DU_EINVAL: fewer observations than parameters. */
int du_fit_model(const du_model *model, const du_data *data, size_t p, const double start[],
                 const du_fit_options *options, du_fit *fit);
void du_fit_free(du_fit *fit);

/* Two-sided confidence intervals lo[p], hi[p] at a level in (0, 1): Student's t with `freedom` degrees of
 * freedom, or the normal distribution for a likelihood. */
int du_fit_interval(const du_fit *fit, double level, double lo[], double hi[]);
/* estimate over standard error, and the probability of one as far from 0 by chance */
double du_fit_ratio(const du_fit *fit, size_t j);
double du_fit_p_value(const du_fit *fit, size_t j);
/* correlation[p*p] of the estimates */
int du_fit_correlation(const du_fit *fit, double correlation[]);
/* As R prints summary(nls(...)) or summary(glm(...)): quantiles of the residuals, the table of
 * estimates, standard errors, ratios and probabilities with stars, the residual standard error or
 * the log-likelihood, the correlation of the estimates. names[p], NULL for b0, b1, ... */
int du_fit_summary(const du_fit *fit, const char *const names[], FILE *stream);

#endif
