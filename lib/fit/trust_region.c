/* lib/fit/trust_region.c - nonlinear least squares: GSL's trust region in two scalings, each
 * polished by Newton's steps, and the covariance. SPDX-License-Identifier: MIT */
#include "fitter.h"
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <string.h>

/* ---- what GSL calls ---- */

/* GSL gives up where a trial step leaves the model's domain. To a trust region such a step is only
 * too long: a residual far above any other has it rejected and shortened, and a second derivative
 * of zero asks for no acceleration. At the start itself a result that is not finite is an error. */
enum { REJECTED_LOG2 = 400 };

static int code_of(int status)
{
    if (status == DU_OK) return GSL_SUCCESS;
    return status == DU_ENONFINITE ? GSL_EBADFUNC : status == DU_ENOMEM ? GSL_ENOMEM : GSL_EFAILED;
}

static void gather(const gsl_vector *x, double *to)
{
    for (size_t j = 0; j < x->size; j++) to[j] = x->data[j * x->stride];
}

static int evaluate(void *owner, const double *x, double *f, double *j)
{
    du_fitter *t = owner;
    int status = j ? du_observe_jacobian(t->observer, x, f, j, t->p)
                   : du_observe_residuals(t->observer, x, f, 1);
    return status ? du_fit_observer_failed(t, status) : DU_OK;
}

static int trial_f(const gsl_vector *x, void *params, gsl_vector *f)
{
    du_fitter *t = params;
    gather(x, t->trial);
    int code = code_of(du_points_f(&t->points, t->trial));
    for (size_t i = 0; i < t->rows && !code; i++) f->data[i * f->stride] = t->points.f[i];
    if (code != GSL_EBADFUNC || !t->started) return code;
    gsl_vector_set_all(f, ldexp(1.0, REJECTED_LOG2));
    return GSL_SUCCESS;
}

static int trial_df(const gsl_vector *x, void *params, gsl_matrix *jac)
{
    du_fitter *t = params;
    gather(x, t->trial);
    int code = code_of(du_points_j(&t->points, t->trial));
    for (size_t i = 0; i < t->rows && !code; i++)
        memcpy(jac->data + i * jac->tda, t->points.j + i * t->p, t->p * sizeof *t->points.j);
    return code;
}

static int trial_fvv(const gsl_vector *x, const gsl_vector *v, void *params, gsl_vector *fvv)
{
    du_fitter *t = params;
    gather(x, t->trial);
    gather(v, t->step);
    int status = du_observe_fvv(t->observer, t->trial, t->step, fvv->data, fvv->stride);
    for (size_t i = 0; i < t->rows && !status; i++)
        if (!isfinite(fvv->data[i * fvv->stride])) status = DU_ENONFINITE;
    if (status == DU_ENONFINITE) gsl_vector_set_zero(fvv);
    else if (status) return code_of(du_fit_observer_failed(t, status));
    return GSL_SUCCESS;
}

static void progress(const size_t iteration, void *params, const gsl_multifit_nlinear_workspace *w)
{
    const du_fitter *t = params;
    if (!t->options->progress) return;
    double norm = gsl_blas_dnrm2(gsl_multifit_nlinear_residual(w));
    const double *b = gsl_multifit_nlinear_position(w)->data;
    t->options->progress(iteration, norm * norm, b, t->options->user);
}

/* ---- one scaling ---- */

typedef struct {
    const gsl_multifit_nlinear_scale *scale;
    const char *name;
} scaling;

static gsl_multifit_nlinear_workspace *workspace(const du_fitter *t, const scaling *how)
{
    gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
    parameters.trs = gsl_multifit_nlinear_trs_lmaccel;
    parameters.scale = how->scale;
    return gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, t->rows, t->p);
}

/* The callbacks have set the report, unless it was GSL itself that failed. */
static int failed_at_start(du_fitter *t)
{
    du_report why = t->report;
    if (!why.status)
        return du_report_set(&t->report, DU_ENONFINITE, "%s: GSL cannot begin at the start",
                             t->name);
    if (why.status != DU_ENONFINITE) return why.status;
    return du_report_set(&t->report, DU_ENONFINITE, "%s at the start: %.150s", t->name, why.text);
}

/* From the start to where GSL stops: t->trial. What GSL says of convergence is not asked: Newton's
 * steps decide. */
static int trust_region(du_fitter *t, const scaling *how, du_fit *fit, size_t *iterations)
{
    gsl_multifit_nlinear_workspace *w = workspace(t, how);
    if (!w) return du_report_status(&t->report, DU_ENOMEM);
    size_t most = t->options->max_iterations ? t->options->max_iterations : DU_FIT_ITERATIONS;
    gsl_vector_const_view start = gsl_vector_const_view_array(t->start, t->p);
    gsl_multifit_nlinear_fdf fdf = {
        .f = trial_f, .df = trial_df, .fvv = trial_fvv, .n = t->rows, .p = t->p, .params = t
    };
    int info, status = DU_OK;
    t->started = 0;
    t->report.status = DU_OK;
    if (gsl_multifit_nlinear_init(&start.vector, &fdf, w)) status = failed_at_start(t);
    t->started = 1;
    if (!status) {
        gsl_multifit_nlinear_driver(most, 1e-12, 1e-12, 0.0, progress, t, &info, w);
        gather(gsl_multifit_nlinear_position(w), t->trial);
        *iterations = gsl_multifit_nlinear_niter(w);
        fit->f_evaluations += fdf.nevalf;
        fit->jacobian_evaluations += fdf.nevaldf;
    }
    gsl_multifit_nlinear_free(w);
    return status;
}

/* ---- both, and what follows ---- */

/* Runs one scaling and keeps its result if it is the best so far. *worst is why it came to none;
 * only what no other scaling can help is returned. */
static int try_scaling(du_fitter *t, const scaling *how, du_fit *fit, int *worst)
{
    double s = INFINITY;
    size_t iterations = 0, steps = 0;
    int status = trust_region(t, how, fit, &iterations);
    if (status) return status;
    status = du_fit_polish(t, &s, &steps);
    if (status) *worst = status;
    if (status == DU_ENOMEM) return status;
    if (status || !(s < t->s)) return DU_OK;
    t->s = s;
    memcpy(t->best, t->trial, t->p * sizeof *t->best);
    fit->scaling = how->name;
    fit->iterations = iterations;
    fit->newton = steps;
    return DU_OK;
}

/* covariance = sigma^2 (J^T J)^-1 by GSL's QR of J */
static int covariance(du_fitter *t, du_fit *fit)
{
    size_t p = t->p;
    gsl_matrix *j = gsl_matrix_alloc(t->rows, p);
    if (!j) return du_report_status(&t->report, DU_ENOMEM);
    gsl_matrix_view c = gsl_matrix_view_array(fit->covariance, p, p);
    int status = du_observe_jacobian(t->observer, t->best, NULL, j->data, j->tda);
    if (status) status = du_fit_observer_failed(t, status);
    else if (gsl_multifit_nlinear_covar(j, 0.0, &c.matrix))
        status = du_report_set(&t->report, DU_ESINGULAR, "%s: J^T J is singular at the estimates",
                               t->name);
    for (size_t k = 0; k < p && !status; k++) {
        double v = fit->covariance[k * p + k];
        if (!(v > 0.0) || !isfinite(v))
            status = du_report_set(&t->report, DU_ESINGULAR,
                                   "%s: J^T J is singular at the estimates: the data do not "
                                   "determine parameter %zu",
                                   t->name, k);
    }
    gsl_matrix_free(j);
    if (status) return status;
    gsl_matrix_scale(&c.matrix, fit->sigma * fit->sigma);
    for (size_t k = 0; k < p; k++) fit->se[k] = sqrt(fit->covariance[k * p + k]);
    return DU_OK;
}

int du_fit_least_squares(du_fitter *t, du_fit *fit)
{
    const scaling tries[] = { { gsl_multifit_nlinear_scale_more, "more" },
                              { gsl_multifit_nlinear_scale_levenberg, "levenberg" } };
    t->points = (du_points){ .evaluate = evaluate,
                             .owner = t,
                             .mode = DU_POINTS_ADAPTIVE,
                             .observations = 1,
                             .n = t->rows,
                             .p = t->p,
                             .arena = &t->arena,
                             .report = &t->report };
    if (du_points_init(&t->points)) return du_report_status(&t->report, DU_ENOMEM);
    int worst = DU_ENOCONV;
    t->s = INFINITY;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        int status = try_scaling(t, &tries[i], fit, &worst);
        if (status) return status;
    }
    if (!(t->s < INFINITY)) return worst;
    fit->s = t->s;
    fit->sigma = fit->freedom ? sqrt(t->s / (double)fit->freedom) : (double)NAN;
    return covariance(t, fit);
}
