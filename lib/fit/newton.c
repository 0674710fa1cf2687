/* lib/fit/newton.c - Newton's steps with the exact Hessian, and when they are done.
 * SPDX-License-Identifier: MIT */
#include "fitter.h"
#include <float.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

/* d = 1/sqrt(diagonal of H) to t->scale, and the Cholesky factor of d H d to t->factor; 0 when H is
 * not positive definite. */
static int factorise(du_fitter *t, const double *h)
{
    size_t p = t->p;
    double *d = t->scale;
    for (size_t j = 0; j < p; j++) {
        if (!(h[j * p + j] > 0.0) || !isfinite(h[j * p + j])) return 0;
        d[j] = 1.0 / sqrt(h[j * p + j]);
    }
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) t->factor[j * p + k] = d[j] * h[j * p + k] * d[k];
    gsl_matrix_view factor = gsl_matrix_view_array(t->factor, p, p);
    return gsl_linalg_cholesky_decomp1(&factor.matrix) == 0;
}

int du_fit_newton_step(du_fitter *t, const double *g, const double *h)
{
    size_t p = t->p;
    double *d = t->scale, *z = t->solution;
    if (!factorise(t, h)) return 0;
    gsl_matrix_view factor = gsl_matrix_view_array(t->factor, p, p);
    gsl_vector_view residual = gsl_vector_view_array(t->residual, p);
    memset(z, 0, p * sizeof *z);
    for (int round = 0; round < 3; round++) {
        for (size_t j = 0; j < p; j++) {
            long double r = -(long double)d[j] * g[j];
            for (size_t k = 0; k < p; k++) r -= (long double)d[j] * h[j * p + k] * d[k] * z[k];
            t->residual[j] = (double)r;
        }
        if (gsl_linalg_cholesky_svx(&factor.matrix, &residual.vector)) return 0;
        for (size_t j = 0; j < p; j++) z[j] += t->residual[j];
    }
    int finite = 1;
    for (size_t j = 0; j < p; j++) {
        t->step[j] = d[j] * z[j];
        finite &= isfinite(t->step[j]) != 0;
    }
    return finite;
}

double du_fit_relative_step(const du_fitter *t, const double *at, const double *h, double s)
{
    double size = 0.0;
    for (size_t j = 0; j < t->p; j++) {
        double floor = 1e-6 * sqrt((s + t->natural) / h[j * t->p + j]);
        size = fmax(size, fabs(t->step[j]) / (fabs(at[j]) + floor + DBL_MIN));
    }
    return size;
}

int du_fit_settled(double size, double before)
{
    return size < 1e-15 || (size < 1e-9 && size >= 0.5 * before);
}

int du_fit_stationary(const du_fitter *t, double s)
{
    double decrease = 0.0;
    for (size_t j = 0; j < t->p; j++) {
        double h = t->hessian[j * t->p + j];
        if (h > 0.0) decrease += t->gradient[j] * t->gradient[j] / h;
        else if (t->gradient[j] != 0.0) return 0;
    }
    return decrease <= 1e-12 * (s + t->natural);
}

int du_fit_singular(du_fitter *t)
{
    return du_report_set(&t->report, DU_ESINGULAR,
                         "%s: the data do not tell the %zu parameters apart: the Hessian at the "
                         "stationary point is not positive definite",
                         t->name, t->p);
}

static int no_step(du_fitter *t, double s, size_t taken)
{
    if (du_fit_stationary(t, s)) return du_fit_singular(t);
    return du_report_set(&t->report, DU_ENOCONV,
                         "%s: the Hessian is not positive definite after %zu Newton steps, "
                         "S = %.6g, and the gradient is not 0",
                         t->name, taken, s);
}

static int not_settled(du_fitter *t, size_t taken, double size)
{
    if (size < 1e-9) return DU_OK;
    return du_report_set(&t->report, DU_ENOCONV,
                         "%s: no stationary point after %zu Newton steps: the next one's relative "
                         "length is %.3g",
                         t->name, taken, size);
}

int du_fit_polish(du_fitter *t, double *s, size_t *steps)
{
    size_t most = t->options->newton_steps ? t->options->newton_steps : DU_FIT_NEWTON_STEPS;
    double before = INFINITY;
    for (size_t i = 0;; i++) {
        double q;
        int status = du_observe_curvature(t->observer, t->trial, &q, t->gradient, t->hessian);
        if (status) return du_fit_observer_failed(t, status);
        *s = 2.0 * q;
        if (!isfinite(q))
            return du_report_set(&t->report, DU_ENONFINITE,
                                 "%s: the sum of squares after %zu Newton steps is %g", t->name, i,
                                 *s);
        if (!du_fit_newton_step(t, t->gradient, t->hessian)) return no_step(t, *s, i);
        double size = du_fit_relative_step(t, t->trial, t->hessian, *s);
        if (du_fit_settled(size, before)) return DU_OK;
        if (i == most || (i > 2 && size > 1e3 * before)) return not_settled(t, i, size);
        before = size;
        for (size_t j = 0; j < t->p; j++) t->trial[j] += t->step[j];
        ++*steps;
    }
}
