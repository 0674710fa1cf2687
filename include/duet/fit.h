/* duet/fit.h - regression to the last digit, and its summary.
 *
 *     du_fit fit;
 *     if (du_fit_model(&misra1a, &data, 2, start, NULL, &fit)) puts(fit.message);
 *     else du_fit_summary(&fit, NULL, stdout);
 *     du_fit_free(&fit);
 *
 * Data with a response: nonlinear least squares by GSL's trust region with exact Jacobian and
 * second directional derivative, from the given start in two scalings (More's and Levenberg's),
 * each followed by Newton steps with the exact Hessian; the smaller sum of squares is kept.
 * Data without (y NULL): the model is the negative log-likelihood of one observation; Newton steps
 * with the exact Hessian, damped where it is not positive definite or a step goes uphill.
 *
 * GSL's error handler, which is one for the whole process, is switched off during a fit and
 * restored after it. Models are made by DU_MODEL (function.h) in C; this header alone may be
 * included from C++ too. Link with libduet-gsl.
 * SPDX-License-Identifier: MIT */
#ifndef DU_FIT_H
#define DU_FIT_H

#include <stdio.h>
#include "observe.h"

typedef struct {
    size_t max_iterations;  /* of the trust region, in each scaling; 0 for 5000 */
    size_t newton_steps;    /* at most, of least squares; 0 for 20 */
    /* The fit's own arrays come from its allocator too, under a byte_cap of their own; GSL's
     * workspace and the results come from malloc. */
    du_observer_options observer;
    void (*progress)(size_t iteration, double s, const double b[], void *user); /* NULL for none */
    void *user;
} du_fit_options;

typedef struct {
    int status;             /* what du_fit_model returned, */
    char message[200];      /* and the same in words, with the numbers */
    size_t rows, p;         /* observations, parameters */
    size_t freedom;         /* observations of positive weight, less p; at least 0 */
    int likelihood;         /* 0 for least squares */
    double *b;              /* [p] estimates */
    double *se;             /* [p] standard errors: the roots of the covariance's diagonal */
    double *covariance;     /* [p*p] sigma^2 (J^T J)^-1; likelihood: the inverse Hessian */
    double *residuals;      /* [rows] weighted, model - observed; likelihood: the shares of s */
    double s;               /* weighted sum of squares, or the negative log-likelihood */
    double sigma;           /* sqrt(s/freedom), NaN without any; likelihood: 1 */
    size_t iterations;      /* of the trust region in the scaling that was kept; likelihood: all */
    size_t newton;          /* Newton steps after them; likelihood: those of them that were taken */
    size_t f_evaluations, jacobian_evaluations;     /* of the trust region in both scalings */
    const char *scaling;    /* that was kept: "more" or "levenberg"; likelihood: "newton" */
} du_fit;

DU_BEGIN

/* start[p] in. *fit is always filled: on failure status and message say why, and the rest is 0.
 * Freeing it is always allowed.
 *     DU_EINVAL      a pointer is NULL, or p or a count of the data is 0
 *     DU_ESHAPE      p or the columns of the data are not the model's declared counts
 *     DU_EROWS       fewer observations than parameters
 *     DU_ERANGE      more than 4096 parameters
 *     DU_ENONFINITE  the data, or the model at the start, are not finite
 *     DU_ENOCONV     no stationary point was reached
 *     DU_ESINGULAR   one was reached, but the data do not tell the parameters apart
 * and what else du_observer_new and running the observer (observe.h) return. */
DU_API int du_fit_model(const du_model *model, const du_data *data, size_t p, const double start[],
                        const du_fit_options *options, du_fit *fit);
DU_API void du_fit_free(du_fit *fit);

/* The functions below return the status of a fit that failed, and DU_EINVAL for NULL. */

/* Two-sided confidence intervals lo[p], hi[p] at a level in (0, 1): Student's t with `freedom`
 * degrees of freedom, or the normal distribution for a likelihood. DU_ERANGE for another level,
 * DU_EROWS for least squares without a degree of freedom. */
DU_API int du_fit_interval(const du_fit *fit, double level, double lo[], double hi[]);
/* Estimate over standard error, and the probability of one as far from 0 by chance; NaN where there
 * is none. */
DU_API double du_fit_ratio(const du_fit *fit, size_t j);
DU_API double du_fit_p_value(const du_fit *fit, size_t j);
/* correlation[p*p] of the estimates */
DU_API int du_fit_correlation(const du_fit *fit, double correlation[]);
/* As R prints summary(nls(...)) or summary(glm(...)): quantiles of the residuals, the table of
 * estimates, standard errors, ratios and probabilities with stars, the residual standard error or
 * the log-likelihood, the correlation of the estimates. names[p], NULL for b0, b1, ... */
DU_API int du_fit_summary(const du_fit *fit, const char *const names[], FILE *stream);

DU_END

#endif
