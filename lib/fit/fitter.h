/* lib/fit/fitter.h - inside a fit: what the trust region, Newton's method and maximum likelihood
 * share. Not installed. SPDX-License-Identifier: MIT */
#ifndef DU_FITTER_H
#define DU_FITTER_H

#include "../base/arena.h"
#include "../base/message.h"
#include "points.h"
#include <duet/fit.h>

enum { DU_FIT_MOST_PARAMETERS = 4096, DU_FIT_ITERATIONS = 5000, DU_FIT_NEWTON_STEPS = 20 };

typedef struct {
    const du_fit_options *options;
    const char *name; /* of the model */
    size_t rows, p;
    const double *start; /* [p] */
    du_observer *observer;
    du_memory memory; /* of the arrays below */
    du_arena arena;
    du_report report; /* why the fit failed */
    du_points points; /* residuals and Jacobian, for the trust region */
    int started;      /* the trust region has the residuals at the start */
    double *trial, *gradient, *trial_gradient, *step, *best; /* [p] */
    double *scale, *residual, *solution;                     /* [p]: of newton_step */
    double *hessian, *trial_hessian, *damped, *factor;       /* [p*p] */
    double s;                                                /* sum of squares at best */
    double natural; /* size of the response: sum of squares of a model that is 0 */
} du_fitter;

/* ---- fit.c ---- */

/* The observer's status and words as the fit's. */
int du_fit_observer_failed(du_fitter *t, int status);

/* ---- newton.c ---- */

/* Solves H step = -g, scaled to a unit diagonal, with two rounds of refinement whose residuals are
 * long double: t->step[p]. 0 when H is not positive definite or the step not finite. */
int du_fit_newton_step(du_fitter *t, const double *g, const double *h);
/* The longest step of a parameter, relative to the parameter at[p]. Near 0 it is relative to a
 * millionth of what would change the model by as much as the response is large, so that a parameter
 * may be 0. h is the Hessian, s the sum of squares. */
double du_fit_relative_step(const du_fitter *t, const double *at, const double *h, double s);
/* Whether the step is rounding, or no longer shrinks close to the minimum. */
int du_fit_settled(double size, double before);
/* Whether the gradient is 0 to rounding where no step could be computed: then the data do not tell
 * the parameters apart. */
int du_fit_stationary(const du_fitter *t, double s);
/* DU_ESINGULAR, in words */
int du_fit_singular(du_fitter *t);
/* Newton's steps from t->trial to where they settle; the sum of squares there to *s. DU_ENOCONV
 * when they do not settle, DU_ESINGULAR at a stationary point where no step can be computed. */
int du_fit_polish(du_fitter *t, double *s, size_t *steps);

/* ---- trust_region.c, likelihood.c: the two kinds of fit; t->best, and the results but b and
 * residuals ---- */

int du_fit_least_squares(du_fitter *t, du_fit *fit);
int du_fit_maximum_likelihood(du_fitter *t, du_fit *fit);

#endif
