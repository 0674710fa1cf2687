/* lib/fit/likelihood.c - maximum likelihood: Newton's method on the negative log-likelihood Q,
 * damped. SPDX-License-Identifier: MIT */
#include "fitter.h"
#include <float.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

typedef struct {
    double q;       /* at t->best */
    double damping; /* multiplies the Hessian's diagonal */
    double before;  /* relative size of the last step that was taken */
    int done;       /* the steps have settled */
    int stuck;      /* no damping helps */
} descent;

/* Solves (H + damping diag|H|) step = -g; 0 when the matrix is not positive definite. */
static int damped_step(du_fitter *t, double damping)
{
    size_t p = t->p;
    double *h = t->damped;
    memcpy(h, t->hessian, p * p * sizeof *h);
    for (size_t j = 0; j < p; j++) h[j * p + j] += damping * fmax(fabs(h[j * p + j]), DBL_MIN);
    return du_fit_newton_step(t, t->gradient, h);
}

static void accept(du_fitter *t, descent *d, double q, double size)
{
    d->q = q;
    memcpy(t->best, t->trial, t->p * sizeof *t->best);
    memcpy(t->gradient, t->trial_gradient, t->p * sizeof *t->gradient);
    memcpy(t->hessian, t->trial_hessian, t->p * t->p * sizeof *t->hessian);
    d->damping = d->damping < 1e-6 ? 0.0 : 0.1 * d->damping;
    d->before = size;
}

static void damp(descent *d)
{
    if (d->damping > 1e20) d->stuck = 1;
    else d->damping = d->damping > 0.0 ? 10.0 * d->damping : 1e-4;
}

/* A step is taken when it lowers Q, or when it is so short that Q cannot tell: when the decrease it
 * promises is below the rounding of Q. Otherwise the next is damped tenfold. */
static int iterate(du_fitter *t, descent *d, du_fit *fit)
{
    t->natural = fmax(fabs(d->q), 1.0);
    if (!damped_step(t, d->damping)) {
        if (d->damping == 0.0 && du_fit_stationary(t, 0.0)) return du_fit_singular(t);
        damp(d);
        return DU_OK;
    }
    double q = INFINITY, decrease = 0.0;
    for (size_t j = 0; j < t->p; j++) {
        t->trial[j] = t->best[j] + t->step[j];
        decrease -= t->step[j] * t->gradient[j];
    }
    double size = du_fit_relative_step(t, t->best, t->damped, 0.0);
    int cannot_tell = decrease <= 1e-11 * fabs(d->q);
    int status = du_observe_curvature(t->observer, t->trial, &q, t->trial_gradient,
                                      t->trial_hessian);
    if (status) return du_fit_observer_failed(t, status);
    d->done = d->damping == 0.0 && du_fit_settled(size, d->before);
    if (isfinite(q) && (q < d->q || cannot_tell)) {
        accept(t, d, q, size);
        fit->newton++;
    } else damp(d);
    return DU_OK;
}

/* the inverse Hessian, and the roots of its diagonal */
static int covariance(du_fitter *t, du_fit *fit)
{
    size_t p = t->p;
    gsl_matrix_view c = gsl_matrix_view_array(fit->covariance, p, p);
    memcpy(fit->covariance, t->hessian, p * p * sizeof *fit->covariance);
    if (gsl_linalg_cholesky_decomp1(&c.matrix) || gsl_linalg_cholesky_invert(&c.matrix))
        return du_fit_singular(t);
    for (size_t k = 0; k < p; k++) fit->se[k] = sqrt(fit->covariance[k * p + k]);
    return DU_OK;
}

static int begin(du_fitter *t, descent *d)
{
    int status = du_observe_curvature(t->observer, t->start, &d->q, t->gradient, t->hessian);
    if (status) return du_fit_observer_failed(t, status);
    memcpy(t->best, t->start, t->p * sizeof *t->best);
    if (isfinite(d->q)) return DU_OK;
    return du_report_set(&t->report, DU_ENONFINITE,
                         "%s: the negative log-likelihood at the start is %g", t->name, d->q);
}

int du_fit_maximum_likelihood(du_fitter *t, du_fit *fit)
{
    size_t most = t->options->max_iterations ? t->options->max_iterations : DU_FIT_ITERATIONS;
    descent d = { .before = INFINITY };
    int status = begin(t, &d);
    for (size_t i = 0; i < most && !status && !d.done; i++) {
        if (t->options->progress) t->options->progress(i, d.q, t->best, t->options->user);
        status = iterate(t, &d, fit);
        if (d.stuck) break;
        fit->iterations = i + 1;
    }
    if (status) return status;
    if (!d.done)
        return du_report_set(&t->report, DU_ENOCONV,
                             "%s: Newton's method did not converge in %zu iterations: "
                             "Q = %.6g, damping %.3g",
                             t->name, fit->iterations, d.q, d.damping);
    fit->s = d.q;
    fit->sigma = 1.0;
    fit->scaling = "newton";
    return covariance(t, fit);
}
